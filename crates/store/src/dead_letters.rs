//! Reading dead letters.

use crate::cursor::cut_page;
use crate::select::Select;
use crate::views::{DeadLetter, DeadLetterPage};
use crate::{Cursor, Error, Page, Scope, Store};
use clickhouse::Row;
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use std::fmt;

#[derive(Row, Deserialize)]
struct DeadLetterRow {
    time_ms: i64,
    place: String,
    agency: String,
    code: String,
    reason: String,
    parser: String,
    origin: Bytes,
    raw: Bytes,
    raw_topic: String,
    raw_partition: u16,
    raw_offset: u64,
}

/// A `String` column that need not be text.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;
        impl Visitor<'_> for BytesVisitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}

impl Store {
    /// Dead letters, newest arrival first.
    pub async fn dead_letters(&self, scope: &Scope, page: &Page) -> Result<DeadLetterPage, Error> {
        // The place tells equal times apart; digits are padded so that text sorts as numbers do.
        let sql = format!(
            "SELECT toUnixTimestamp64Milli(kafka_time) AS time_ms, \
             concat(topic, '-', leftPad(toString(partition), 5, '0'), '-', \
             leftPad(toString(offset), 20, '0')) AS place, \
             agency, code, reason, parser, origin, raw, raw_topic, raw_partition, raw_offset \
             FROM dead_letters WHERE {{where}} ORDER BY kafka_time DESC, place DESC LIMIT {}",
            page.limit() + 1,
        );
        let rows: Vec<DeadLetterRow> = Select::of(scope, None)
            .after("(kafka_time, place) < (fromUnixTimestamp64Milli({}), {})", page.after.as_ref())
            .fetch(self, "read dead letters", &sql)
            .await?;
        let cursor = |row: &DeadLetterRow| Cursor::at(row.time_ms, &row.place);
        let (rows, next) = cut_page(rows, page.limit(), cursor);
        Ok(DeadLetterPage { items: rows.into_iter().map(DeadLetter::from).collect(), next })
    }
}

/// How many dead letters of an agency have a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterReason {
    /// Whose.
    pub agency: String,
    /// Why, as a code.
    pub code: String,
    /// How many.
    pub letters: u64,
    /// When the last of them arrived, in ms.
    pub last_ms: i64,
    /// One of the reasons, in words.
    pub reason: String,
}

#[derive(Row, Deserialize)]
struct ReasonRow {
    agency: String,
    code: String,
    letters: u64,
    last_ms: i64,
    reason: String,
}

impl Store {
    /// Dead letters by agency and code, the most first.
    pub async fn dead_letter_reasons(&self, scope: &Scope) -> Result<Vec<DeadLetterReason>, Error> {
        let sql = "SELECT agency, code, count() AS letters, \
             max(toUnixTimestamp64Milli(kafka_time)) AS last_ms, any(reason) AS reason \
             FROM dead_letters WHERE {where} GROUP BY agency, code ORDER BY letters DESC, agency, code";
        let select = Select::of(scope, None);
        let rows: Vec<ReasonRow> = select.fetch(self, "count dead letters", sql).await?;
        let reason = |row: ReasonRow| DeadLetterReason {
            agency: row.agency,
            code: row.code,
            letters: row.letters,
            last_ms: row.last_ms,
            reason: row.reason,
        };
        Ok(rows.into_iter().map(reason).collect())
    }
}

impl From<DeadLetterRow> for DeadLetter {
    fn from(row: DeadLetterRow) -> Self {
        Self {
            agency: row.agency,
            time: row.time_ms,
            code: row.code,
            reason: row.reason,
            parser: row.parser,
            origin: String::from_utf8_lossy(&row.origin.0).into_owned(),
            raw_topic: row.raw_topic,
            raw_partition: row.raw_partition,
            raw_offset: row.raw_offset,
            raw: row.raw.0,
        }
    }
}
