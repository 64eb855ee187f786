//! The values that travel between the services: who sent a record, where it lies, what it is called.
//!
//! Everything here is pure data. Topic names, header names and header encodings have their one
//! home in this crate, so that a producer and a consumer cannot disagree.

pub mod agency;
pub mod coordinates;
pub mod day;
pub mod dead_letter;
pub mod error;
pub mod matches;
pub mod origin;
pub mod topic;
pub mod uid;

pub use agency::Agency;
pub use coordinates::{EventPlace, RawPlace};
pub use dead_letter::DeadLetterCode;
pub use error::Error;
pub use origin::{Cut, Origin};
pub use uid::{EventUid, UidSeed};

/// The longest raw record, in bytes. Longer ones are cut by the collector and flagged with
/// their whole length and hash ([`Cut`]); Kafka's own default message limit lies just above.
pub const RAW_BYTES_MAX: usize = 1_000_000;
