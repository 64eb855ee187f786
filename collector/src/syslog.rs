//! Syslog from the network.

pub(crate) mod drops;
pub(crate) mod rate;
pub(crate) mod tcp;
pub(crate) mod udp;

use crate::metrics::SyslogMetrics;
use crate::queue::{Queue, StreamId};
use rate::Rate;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What a socket needs to hand on what it receives.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) queue: Arc<Queue>,
    pub(crate) stream: StreamId,
    pub(crate) metrics: SyslogMetrics,
    /// How much each sender may send, if that is limited.
    pub(crate) rate: Option<Arc<Mutex<Rate>>>,
}

impl Receiver {
    /// Whether `sender` may send a record now, or how long it is to wait for that.
    fn admit(&self, sender: IpAddr) -> Result<(), Duration> {
        let Some(rate) = &self.rate else { return Ok(()) };
        let mut rate = rate.lock().unwrap_or_else(PoisonError::into_inner);
        rate.take(sender, Instant::now())
    }
}

/// The wall clock, in milliseconds since the epoch.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

#[cfg(test)]
mod tests;
