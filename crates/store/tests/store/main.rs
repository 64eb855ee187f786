//! The store against the real engine.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which fail by panicking")]

mod alerts;
mod engine;
mod entities;
mod events;
mod export;
mod grown;
mod isolation;
mod loading;
mod retention;
mod sample;
mod search;
mod secure;
