//! Rows of one table on their way into it.

use super::encode;
use std::fmt;

/// A table that rows are loaded into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// One row an event.
    Events,
    /// One row an alert.
    Alerts,
    /// One row each time an alert is told of again.
    AlertUpdates,
    /// One row a dead letter.
    DeadLetters,
}

impl Table {
    /// Its name in the database, fit for a metric's label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Alerts => "alerts",
            Self::AlertUpdates => "alert_updates",
            Self::DeadLetters => "dead_letters",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A row that knows its table and its bytes.
pub(super) trait Row {
    const TABLE: Table;
    /// Names and types, in the order of `encode`. A test on the real engine holds them to the
    /// migrations.
    const COLUMNS: &'static [(&'static str, &'static str)];
    fn encode(&self, out: &mut Vec<u8>);
}

/// What of a row must be known again after its encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    end: usize,
    offset: u64,
    arrival_ms: i64,
    /// The alert's id; empty in other tables.
    id: String,
}

/// Encoded rows of one table, in the order of their offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    table: Table,
    columns: &'static [(&'static str, &'static str)],
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

impl Block {
    pub(super) fn new<R: Row>() -> Self {
        let mut bytes = Vec::new();
        encode::header(&mut bytes, R::COLUMNS);
        Self { table: R::TABLE, columns: R::COLUMNS, bytes, entries: Vec::new() }
    }

    pub(super) fn push<R: Row>(&mut self, row: &R, offset: u64, arrival_ms: i64, id: &str) {
        debug_assert_eq!(self.table, R::TABLE);
        row.encode(&mut self.bytes);
        let entry = Entry { end: self.bytes.len(), offset, arrival_ms, id: id.to_owned() };
        self.entries.push(entry);
    }

    /// Its table.
    pub fn table(&self) -> Table {
        self.table
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds no row.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Length of the insert's body.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The offset of each row's record.
    pub fn offsets(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().map(|entry| entry.offset)
    }

    /// The id of each row, for alerts.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.id.as_str())
    }

    /// The earliest and the latest arrival.
    pub fn arrivals(&self) -> Option<(i64, i64)> {
        let times = || self.entries.iter().map(|entry| entry.arrival_ms);
        Some((times().min()?, times().max()?))
    }

    /// The rows for which `keep` says so, given offset and id; the bytes of each stay the same.
    pub fn only(&self, keep: impl Fn(u64, &str) -> bool) -> Self {
        let mut bytes = Vec::new();
        encode::header(&mut bytes, self.columns);
        let mut start = bytes.len();
        let mut entries = Vec::new();
        for entry in &self.entries {
            if keep(entry.offset, &entry.id) {
                bytes.extend_from_slice(&self.bytes[start..entry.end]);
                entries.push(Entry { end: bytes.len(), ..entry.clone() });
            }
            start = entry.end;
        }
        Self { table: self.table, columns: self.columns, bytes, entries }
    }

    /// The statement that the body belongs to.
    pub(crate) fn statement(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| *name).collect();
        let (table, names) = (self.table, names.join(", "));
        format!("INSERT INTO {table} ({names}) FORMAT RowBinaryWithNamesAndTypes")
    }

    /// The insert's body.
    pub(crate) fn body(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Number(u8);

    impl Row for Number {
        const TABLE: Table = Table::Events;
        const COLUMNS: &'static [(&'static str, &'static str)] = &[("n", "UInt8")];
        fn encode(&self, out: &mut Vec<u8>) {
            out.push(self.0);
        }
    }

    fn block(numbers: &[u8]) -> Block {
        let mut block = Block::new::<Number>();
        for n in numbers {
            block.push(&Number(*n), u64::from(*n), i64::from(*n) * 10, "");
        }
        block
    }

    #[test]
    fn a_part_of_a_block_is_the_block_of_that_part() {
        let all = block(&[3, 4, 5, 6]);
        assert_eq!(all.only(|offset, _| offset % 2 == 0), block(&[4, 6]));
        assert_eq!(all.only(|_, _| true), all);
        assert!(all.only(|_, _| false).is_empty());
        assert_eq!(all.arrivals(), Some((30, 60)));
        assert_eq!(block(&[]).arrivals(), None);
    }

    #[test]
    fn the_body_begins_with_names_and_types() {
        assert_eq!(block(&[7]).body(), b"\x01\x01n\x05UInt8\x07");
        let statement = "INSERT INTO events (n) FORMAT RowBinaryWithNamesAndTypes";
        assert_eq!(block(&[7]).statement(), statement);
    }
}
