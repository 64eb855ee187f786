//! The rule writer's tools: `prohori rules check`, `test`, `explain`, `sql` and `coverage`, and those of
//! who writes parsers: `prohori parsers check` and `test`.
//!
//! Each tool reads rule files, works on them with the very normalizer and engine that production
//! runs, and writes text for people or JSON for programs. What it found decides a [`Verdict`], from
//! which the command makes its exit code; an [`Error`] means that it could not do its work at all.

pub mod check;
pub mod coverage;
mod error;
pub mod explain;
mod files;
pub mod parsers;
mod run;
pub mod samples;
mod sequences;
pub mod sql;
mod trials;
mod words;

pub use error::Error;
pub use files::{Format, Input, Verdict};
pub use trials::Workbench;
pub use words::Language;

#[cfg(test)]
mod tests;
