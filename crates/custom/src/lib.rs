//! Parsers that users write: a file a source, read by the normalizer beside the built-in ones.
//!
//! A file says how a source's lines are recognised, how they are taken apart (a pattern,
//! `key=value`, columns, JSON), and where the fields go in OCSF; docs/parsers.md has it for those who
//! write them. [`read`] makes a [`Set`] of files, with [`Problem`]s that say line, column and mend;
//! the set is what [`parse::Cx`] asks. Values in, values out: reading folders is for others.
//!
//! What a record costs is bounded before it is seen: no pattern goes back, each step of one looks at
//! the rest of a text once, and all parsers together may look at [`WORK_BYTES_MAX`] bytes a record.

mod field;
mod file;
mod label;
mod parser;
mod pattern;
mod problem;
mod set;
mod split;
mod time;

pub use parser::Parser;
pub use problem::{Problem, Severity};
pub use set::{File, GAVE_UP, PARSERS_MAX, Read, Set, WORK_BYTES_MAX, read};
