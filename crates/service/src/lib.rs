//! What every service needs around its work: configuration, logs, metrics, tasks and an orderly end.
//!
//! A service is `run(config, registry, shutdown)`. Its configuration is read and checked before
//! anything opens ([`config`]); its tasks belong to a [`Tasks`] set, which is awaited under a
//! deadline; its parts say whether they work through a [`Status`], which [`status`] serves as
//! `/live`, `/ready` and `/metrics`.

pub mod config;
pub mod doctor;
pub mod error;
pub mod reload;
pub mod shutdown;
pub mod status;
pub mod tasks;
pub mod telemetry;

pub use config::load;
pub use error::Error;
pub use shutdown::Shutdown;
pub use status::{Part, Status};
pub use tasks::Tasks;

pub use prometheus::Registry;
