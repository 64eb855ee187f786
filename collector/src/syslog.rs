//! Syslog from the network.

pub(crate) mod drops;
pub(crate) mod tcp;
pub(crate) mod udp;

use crate::metrics::SyslogMetrics;
use crate::queue::{Queue, StreamId};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a socket needs to hand on what it receives.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) queue: Arc<Queue>,
    pub(crate) stream: StreamId,
    pub(crate) metrics: SyslogMetrics,
}

/// The wall clock, in milliseconds since the epoch.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

#[cfg(test)]
mod tests;
