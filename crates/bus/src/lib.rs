//! Kafka as Prohori uses it: the only home of `rdkafka`.
//!
//! The order to read in: [`config`] says which cluster; [`admin`] makes topics and asks for
//! offsets; [`access`] says who may do what; [`record`] is what travels; [`Producer`] sends with idempotence and never drops in
//! silence; [`Consumer`] reads, one event at a time and without copying, and hands rebalances to
//! its owner; [`Watermark`] knows up to where everything is confirmed; [`relay`] joins them into
//! the loop of the normalizer and the detector.
//!
//! Everything here blocks: call it from a thread of its own (`service::Tasks::spawn_blocking`).

mod client;
mod wire;

pub mod access;
pub mod admin;
pub mod config;
pub mod consumer;
pub mod error;
pub mod producer;
pub mod reader;
pub mod record;
pub mod relay;
pub mod topics;
pub mod watermark;

pub use config::Config;
pub use consumer::{
    COMMIT_METADATA_BYTES_MAX, Commit, Consumer, ConsumerOptions, Partition, Polled, Subscription,
};
pub use error::Error;
pub use producer::{Delivered, DeliveryError, Producer, ProducerOptions, SendError};
pub use record::{Headers, Outgoing, OwnedRecord, Record};
pub use topics::TopicSpec;
pub use watermark::Watermark;

/// The largest record that clients send and topics take, in bytes, before compression.
///
/// A raw record is at most [`model::RAW_BYTES_MAX`]; as an event, every byte of it may become six
/// in JSON (`\u0000`), and some of them appear again in parsed fields. What is larger still is for
/// the sender to shorten ([`SendError::TooLarge`]).
pub const RECORD_BYTES_MAX: usize = 8 * 1024 * 1024;
