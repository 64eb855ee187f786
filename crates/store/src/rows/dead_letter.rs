//! One dead letter: a record that became no event, as a row.

use super::block::{Block, Row, Table};
use super::{Place, arrival_ms, encode};

/// A row of table `dead_letters`.
#[derive(Debug, Clone, Default)]
pub struct DeadLetterRow<'a> {
    /// The agency of the raw topic; empty where even that is unknown.
    pub agency: &'a str,
    /// Kafka's time of the raw record, or of this one where that is unknown.
    pub kafka_ms: i64,
    /// Why ([`model::DeadLetterCode`], as text: a later normalizer may know more of them).
    pub code: &'a str,
    /// Why, for a person.
    pub reason: &'a str,
    /// Parser and version.
    pub parser: &'a str,
    /// The header `origin` as it came.
    pub origin: &'a [u8],
    /// The bytes.
    pub raw: &'a [u8],
    /// The raw record's topic.
    pub raw_topic: &'a str,
    /// The raw record's partition.
    pub raw_partition: u16,
    /// The raw record's offset.
    pub raw_offset: u64,
    /// Which event of the raw record, where this was one.
    pub raw_index: u32,
    /// The topic that this was read from.
    pub topic: &'a str,
}

impl Block {
    /// An empty block of dead letters.
    pub fn dead_letters() -> Self {
        Self::new::<Placed<'_, '_>>()
    }

    /// Adds a dead letter.
    pub fn push_dead_letter(&mut self, row: &DeadLetterRow<'_>, place: Place) {
        let ms = arrival_ms(row.kafka_ms);
        self.push(&Placed { row, place }, place.offset, ms, "");
    }
}

/// A dead letter and where it was read.
struct Placed<'r, 'a> {
    row: &'r DeadLetterRow<'a>,
    place: Place,
}

impl Row for Placed<'_, '_> {
    const TABLE: Table = Table::DeadLetters;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("agency", "LowCardinality(String)"),
        ("kafka_time", "DateTime64(3, 'UTC')"),
        ("code", "LowCardinality(String)"),
        ("reason", "String"),
        ("parser", "LowCardinality(String)"),
        ("origin", "String"),
        ("raw", "String"),
        ("raw_topic", "LowCardinality(String)"),
        ("raw_partition", "UInt16"),
        ("raw_offset", "UInt64"),
        ("raw_index", "UInt32"),
        ("topic", "LowCardinality(String)"),
        ("partition", "UInt16"),
        ("offset", "UInt64"),
    ];

    fn encode(&self, out: &mut Vec<u8>) {
        let row = self.row;
        encode::bytes(out, row.agency.as_bytes());
        out.extend_from_slice(&arrival_ms(row.kafka_ms).to_le_bytes());
        for text in [row.code, row.reason, row.parser] {
            encode::bytes(out, text.as_bytes());
        }
        encode::bytes(out, row.origin);
        encode::bytes(out, row.raw);
        encode::bytes(out, row.raw_topic.as_bytes());
        out.extend_from_slice(&row.raw_partition.to_le_bytes());
        out.extend_from_slice(&row.raw_offset.to_le_bytes());
        out.extend_from_slice(&row.raw_index.to_le_bytes());
        encode::bytes(out, row.topic.as_bytes());
        out.extend_from_slice(&self.place.partition.to_le_bytes());
        out.extend_from_slice(&self.place.offset.to_le_bytes());
    }
}
