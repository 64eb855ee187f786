//! Matches and correlations as OCSF 1.8.0 Detection Findings (class 2004), with the evidence inside.
//!
//! A finding depends on nothing but the rule, the event and the ruleset's version: a replay makes
//! the same bytes with the same id. Its times are the event's.

mod attacks;
mod correlated;
mod finding;
mod folded;
mod group;
mod head;
mod json;
mod message;
mod risk;
mod sighting;
mod source;

pub use correlated::{alarm_uid, correlated};
pub use finding::{CLAUSES_MAX, Evidence, Template, VALUE_CHARS_MAX, uid};
pub use folded::folded;
pub use risk::Quality;
pub use sighting::{Again, Sighting, sighted, sighting_uid};
pub use source::Source;

#[cfg(test)]
mod tests;
