//! What the tables hold, and the bytes that an insert sends.
//!
//! Rows are encoded as they are made, into one body a batch: a retry then sends the same bytes, and
//! a batch's memory is the length of its body. The format is RowBinaryWithNamesAndTypes, so that
//! ClickHouse checks names and types before it takes a row.

mod alert;
mod alert_update;
mod block;
mod dead_letter;
mod document;
mod encode;
mod event;
mod members;
mod observed;

pub use alert::AlertRow;
pub use block::{Block, Table};
pub use dead_letter::DeadLetterRow;
pub use event::EventRow;

pub(crate) use document::{Parts, join};

/// Where in Kafka a row comes from: the record of topic `events`, `alerts` or `dead-letters`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The record's partition.
    pub partition: u16,
    /// The record's offset there.
    pub offset: u64,
}

/// Times that a partition key is made of are kept within these years; a collector's clock is
/// foreign input, and a `Date` ends in 2149.
const ARRIVAL_MS_MIN: i64 = 946_684_800_000; // 2000-01-01
const ARRIVAL_MS_MAX: i64 = 4_102_444_800_000; // 2100-01-01

/// A Kafka time fit for a partition key.
pub fn arrival_ms(kafka_ms: i64) -> i64 {
    kafka_ms.clamp(ARRIVAL_MS_MIN, ARRIVAL_MS_MAX)
}
