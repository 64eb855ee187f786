//! Sigma rules matched against OCSF events, all at once.
//!
//! [`Engine`] compiles rules: what any rule asks of a Sigma field is asked once, by a hash for whole
//! values, by one automaton for pieces of them, by regular expressions only where a text that they
//! demand is found. A rule is a formula over these numbered tests. An event's mapping (its channel
//! and event id, its source) decides which rules are for it and where its fields lie: that is a plan.
//!
//! [`Session`] reads events with an engine, one per thread. It finds the wanted values in one pass
//! without building a tree, and remembers, within bounds: the shapes of events, the tests that hold
//! for a field's values, and the rules that match a combination of tests. What it remembers is
//! compared byte by byte, never by hash alone, so nothing that an event holds can hide another.
//!
//! [`naive`] says the same one rule and one event at a time; tests hold the two against each other,
//! and it explains the few events that match.

mod bytes;
mod compile;
mod costs;
mod engine;
mod error;
mod expr;
mod field;
mod gate;
mod hasher;
mod json;
mod locate;
mod memo;
pub mod naive;
mod plan;
mod probe;
mod scan;
mod session;
mod sets;
mod token;
pub mod trace;

pub use costs::{Clock, Cost};
pub use engine::{Clause, Engine};
pub use error::{BadEvent, Error};
pub use gate::texts as demanded_texts;
pub use json::Json;
pub use locate::{KEYWORDS_EXCEPT, UNMAPPED, keys};
pub use session::Session;

#[cfg(test)]
mod tests;
