//! OCSF events: a sparse record that a parser fills, and a writer that turns it into JSON.
//!
//! A parser sets attributes in any order ([`Event::set`]), each named by a [`Path`] of one table.
//! [`write()`] then emits nested JSON in the table's order straight into a byte buffer: no tree of
//! maps is built and nothing is allocated per attribute. Whatever a parser does, what is written
//! is valid OCSF 1.8.0: an attribute that the class does not have goes to `unmapped`, a value that
//! does not fit its type too, and required attributes are filled or the event falls back to a
//! class that does not need them ([`complete`]).

pub mod classes;
pub mod complete;
pub mod escape;
pub mod event;
pub mod ip;
pub mod names;
pub mod paths;
mod specials;
pub mod value;
pub mod write;

pub use classes::{Class, class};
pub use event::{Event, Severity, Status, Store};
pub use names::Names;
pub use paths::Path;
pub use value::{HashKind, Value};
pub use write::{Envelope, observables, write, write_completed};

/// The schema version that every event names.
pub const VERSION: &str = "1.8.0";
