//! YAML documents as trees that know where each node stands, within limits.
//!
//! Sigma rules and mapping tables are written by people, so every error must say line and column;
//! and rules may come from anyone, so depth, size and aliases are bounded. Scalars keep the text as
//! written: what it means (a number, a date) is the reader's to decide.

mod build;
mod error;
mod node;

pub use build::{DEPTH_MAX, NODES_MAX, TEXT_BYTES_MAX, documents};
pub use error::Error;
pub use node::{Entry, Kind, Node, Position, Scalar};

#[cfg(test)]
mod tests;
