//! The loader between the real Kafka and the real ClickHouse engine.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which fail by panicking")]

mod engine;
mod kills;
mod process;
mod records;
