//! The loader between the real Kafka and the real ClickHouse engine.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which fail by panicking")]
#![allow(clippy::print_stdout, reason = "says why a test is skipped; carries the child's address")]

#[allow(dead_code, reason = "the store's own tests use all of it")]
#[path = "../../../store/tests/store/engine.rs"]
mod engine;
mod kills;
mod process;
mod records;
