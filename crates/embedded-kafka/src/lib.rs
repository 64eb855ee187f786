//! A real Apache Kafka broker on this machine, as a supervised child process.
//!
//! [`Broker::start`] checks Java, ports and disk, formats the data directory the first time,
//! starts the broker in KRaft mode (broker and controller in one) on loopback, and returns once it
//! answers. The broker dies with this process, even when that is killed; its data stays, and the
//! next start recovers them. Three brokers with each other as [`Node`]s make a cluster.
//!
//! The jars are those of `deploy/kafka/pom.xml`. Everything here blocks.

mod archive;
mod child;
mod files;
mod java;
mod ports;
mod storage;

pub mod broker;
pub mod config;
pub mod error;
pub mod secure;
pub mod testing;

pub use archive::{archive_path, create_archive};
pub use broker::Broker;
pub use config::{Config, Node, RawConfig};
pub use error::Error;
pub use secure::Secure;
