//! The relay's counters.

use crate::Error;
use prometheus::{IntCounter, IntGauge, Registry};

/// What a relay has done and is doing, all threads together.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Records read.
    pub records_in: IntCounter,
    /// Bytes of their values.
    pub bytes_in: IntCounter,
    /// Records taken by the producer.
    pub records_out: IntCounter,
    /// Bytes of their keys, values and headers.
    pub bytes_out: IntCounter,
    /// Commits begun.
    pub commits: IntCounter,
    /// Commits refused; each is made up for by the next.
    pub commit_failures: IntCounter,
    /// Times that the producer's queue was full and the stage waited.
    pub waits: IntCounter,
    /// Sessions that ended by a failure and began anew from the committed offsets.
    pub restarts: IntCounter,
    /// Records on which the stage panicked.
    pub panics: IntCounter,
    /// Records that the stage made and that no topic takes.
    pub too_large: IntCounter,
    /// Partitions that are read.
    pub partitions: IntGauge,
    /// Records read whose offset cannot be committed yet.
    pub in_flight: IntGauge,
}

impl Metrics {
    /// Registers them all as `prohori_relay_…`.
    pub fn register(registry: &Registry) -> Result<Self, Error> {
        let counter = |name: &str, help: &str| -> Result<IntCounter, Error> {
            let counter = IntCounter::new(format!("prohori_relay_{name}"), help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, Error> {
            let gauge = IntGauge::new(format!("prohori_relay_{name}"), help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        Ok(Self {
            records_in: counter("records_in_total", "Records read from Kafka")?,
            bytes_in: counter("bytes_in_total", "Bytes of the values read")?,
            records_out: counter("records_out_total", "Records handed to the producer")?,
            bytes_out: counter("bytes_out_total", "Bytes of key, value and headers handed over")?,
            commits: counter("commits_total", "Offset commits begun")?,
            commit_failures: counter("commit_failures_total", "Offset commits refused")?,
            waits: counter("waits_total", "Waits for room in the producer's queue")?,
            restarts: counter("restarts_total", "Sessions that failed and began anew")?,
            panics: counter("panics_total", "Records on which the stage panicked")?,
            too_large: counter("too_large_total", "Records made that no topic takes")?,
            partitions: gauge("partitions", "Partitions that are read")?,
            in_flight: gauge("in_flight", "Records read and not yet committable")?,
        })
    }
}
