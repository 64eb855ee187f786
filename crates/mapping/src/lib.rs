//! Where a source's fields go in OCSF, which Sigma log sources an event serves, and where Sigma finds a field.
//!
//! The tables are data (`rules/mappings/*.yml`, whose README gives the form) and are read by both
//! sides: the normalizer writes by them, the detector reads by them, so the two cannot disagree.

mod dead;
mod decision;
mod entry;
mod error;
mod event_map;
mod logsource;
mod path;
mod read;
mod tables;

pub use decision::{Decision, Hints, Key, Ways};
pub use error::Error;
pub use event_map::{As, EventMap, Field, Fixed};
pub use logsource::{LogSource, Served};
pub use path::Path;
pub use tables::{ENTRIES_MAX, Kind, RouteKey, Tables};

#[cfg(test)]
mod schema_tests;
#[cfg(test)]
mod tests;
