//! The store against the real engine.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which fail by panicking")]
#![allow(clippy::print_stdout, reason = "says why a test is skipped; carries the child's address")]

mod alerts;
mod engine;
mod events;
mod isolation;
mod loading;
mod sample;
