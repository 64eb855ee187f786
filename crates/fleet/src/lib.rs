//! What collectors say of themselves, and what the whole of it tells: who is silent, where records
//! are missing.
//!
//! A collector writes heartbeats to `heartbeats.<agency>` ([`Heartbeat`]); the normalizer writes to
//! topic `streams` which numbers of each stream never came ([`Gaps`]). [`Fleet`] is the fold of
//! both. That a heartbeat is missing means silence; that a number is missing means a gap: a stream
//! whose heartbeats go on and whose numbers do not move is only quiet.

mod fleet;
mod gaps;
mod heartbeat;

pub use fleet::{Collector, Fleet, State, Stream};
pub use gaps::Gaps;
pub use heartbeat::{CollectorBeat, Counters, Heartbeat, StreamBeat};
