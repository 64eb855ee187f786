//! The real engine, started as a process of its own, under the official client and plain HTTP.
#![allow(clippy::unwrap_used, reason = "a failed helper is a failed test")]

mod client;
mod durability;
mod errors;
mod formats;
mod inserts;
mod lifecycle;
mod requests;
mod support;
mod tables;
