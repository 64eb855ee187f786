//! Dead letters as they lie in Kafka: listed, and sent once more after what was wrong is mended.
//!
//! The topic `dead-letters` is what is read, not the store: it says where in Kafka the raw record
//! lies, it is there while the store is not, and what is sent again must be the raw record's own
//! bytes. A dead letter's bytes may be masked ([`crate::masks`]), so they are sent only when that is
//! asked for. A raw record is sent again to its own partition with its own `origin` header, so that
//! its events get the ids that they would have had, and with the header
//! [`REPLAY_HEADER`](model::dead_letter::REPLAY_HEADER), by which the normalizer knows that it is
//! meant (`repeats`): each becomes events once, however often it is sent.

mod letter;
mod replay;

pub use letter::{Filter, Letter, Letters, read};
pub use replay::{Fate, Planned, Replayed, plan, replay};
