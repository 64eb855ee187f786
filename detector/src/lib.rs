//! The detector: events in, alerts out, by all rules at once.
//!
//! [`run`] is the service: the relay of crate `bus` hands each event to a [`stage`], which asks the
//! rules in force ([`live`]) and writes a finding per match. Matches that correlations are about go
//! to topic `matches`, by the values they are grouped by ([`scatter`]); a second relay reads them
//! and correlates ([`correlator`]), on this or another instance; how far it may go where no events
//! come says [`quiet`]. [`filter`] is the same on standard
//! input. Rules are read from folders ([`rules`]) or from the topic `control`, and read again when they
//! change: the new set is compiled aside and swapped whole, or not at all.

mod account;
mod clock;
mod config;
pub mod correlator;
mod error;
pub mod filter;
mod listed;
pub mod live;
mod matched;
mod metrics;
mod notice;
pub mod quiet;
mod replay;
pub mod rules;
mod scatter;
mod service_run;
mod sightings;
pub mod stage;
mod trail;
pub mod watchlist;

pub use config::{Config, RawConfig};
pub use error::Error;
pub use metrics::Metrics;
pub use service_run::run;
