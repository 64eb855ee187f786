//! What the loader counts.

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};

/// Seconds of an insert: from a small batch on an idle machine to the time-out.
const INSERT_BUCKETS: [f64; 12] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0];
/// Seconds from a record's arrival in its topic until it is stored.
const LAG_BUCKETS: [f64; 11] = [0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0, 15.0, 60.0, 600.0];

/// Everything that `/metrics` shows of the loader.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    /// Rows stored, by table.
    pub(crate) rows: IntCounterVec,
    /// Batches stored, by topic.
    pub(crate) batches: IntCounterVec,
    /// Records that were there twice and were dropped, by topic.
    pub(crate) repeated: IntCounterVec,
    /// Records that could not be read, by topic.
    pub(crate) bad: IntCounterVec,
    /// Tries after a failure, by what failed.
    pub(crate) retries: IntCounterVec,
    /// Rows that were found stored already when a batch was written again.
    pub(crate) found: IntCounter,
    /// How long inserts take.
    pub(crate) insert_seconds: HistogramVec,
    /// From a record's arrival in its topic until it is stored.
    pub(crate) lag_seconds: Histogram,
    /// Age of the newest record of the last batch stored, in ms, by topic.
    pub(crate) lag_ms: IntGaugeVec,
    /// Bytes of rows that wait to be written.
    pub(crate) buffered_bytes: IntGauge,
    /// Partitions that are paused because the store is slower than Kafka.
    pub(crate) paused: IntGauge,
    /// Marks that did not fit beside an offset.
    pub(crate) marks_lost: IntCounter,
}

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str, label: &str| {
            let counter = IntCounterVec::new(Opts::new(name, help), &[label])?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let counter = |name: &str, help: &str| {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let seconds =
            HistogramOpts::new("prohori_loader_insert_seconds", "Time of an insert, by table.");
        let insert_seconds =
            HistogramVec::new(seconds.buckets(INSERT_BUCKETS.to_vec()), &["table"])?;
        registry.register(Box::new(insert_seconds.clone()))?;
        let help = "From a batch's newest record in its topic until the batch is stored.";
        let lag =
            HistogramOpts::new("prohori_loader_lag_seconds", help).buckets(LAG_BUCKETS.to_vec());
        let lag_seconds = Histogram::with_opts(lag)?;
        registry.register(Box::new(lag_seconds.clone()))?;
        let help = "Age of the newest record of the last batch stored, by topic.";
        let lag_ms = IntGaugeVec::new(Opts::new("prohori_loader_lag_ms", help), &["topic"])?;
        registry.register(Box::new(lag_ms.clone()))?;
        Ok(Self {
            rows: counters("prohori_loader_rows_total", "Rows stored, by table.", "table")?,
            batches: counters(
                "prohori_loader_batches_total",
                "Batches stored, by topic.",
                "topic",
            )?,
            repeated: counters(
                "prohori_loader_repeated_total",
                "Records dropped as seen.",
                "topic",
            )?,
            bad: counters("prohori_loader_bad_records_total", "Records not readable.", "topic")?,
            retries: counters("prohori_loader_retries_total", "Tries after a failure.", "what")?,
            found: counter(
                "prohori_loader_rows_found_total",
                "Rows found stored on a second try.",
            )?,
            insert_seconds,
            lag_seconds,
            lag_ms,
            buffered_bytes: gauge(
                "prohori_loader_buffered_bytes",
                "Bytes that wait to be written.",
            )?,
            paused: gauge(
                "prohori_loader_paused_partitions",
                "Partitions that wait for the store.",
            )?,
            marks_lost: counter(
                "prohori_loader_marks_lost_total",
                "Marks too many for an offset.",
            )?,
        })
    }
}
