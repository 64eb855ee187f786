//! What the process counts of itself.

use crate::exception::Exception;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    exponential_buckets,
};

/// The metrics; clones share them.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// By `kind` (select, insert, other) and `outcome` ([`Outcome`]).
    statements: IntCounterVec,
    /// By `kind`.
    seconds: HistogramVec,
    /// By `reason` ([`Refusal`]): requests that no statement was run for.
    refused: IntCounterVec,
    written_rows: IntCounter,
    running: IntGauge,
    pub(crate) connections: IntGauge,
}

/// How a statement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    /// An error was answered.
    Failed,
    /// An error came after the first rows.
    Broken,
    /// The client went away.
    Gone,
}

/// Which limit or check a request ended at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refusal {
    Credentials,
    TooLarge,
    Busy,
    Malformed,
}

impl Refusal {
    /// By what the client is told.
    pub(crate) fn of(exception: &Exception) -> Self {
        match exception.code {
            194 | 516 => Self::Credentials,
            202 => Self::Busy,
            229 => Self::TooLarge,
            _ => Self::Malformed,
        }
    }
}

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> prometheus::Result<Self> {
        let opts = |name: &str, help: &str| Opts::new(format!("prohori_engine_{name}"), help);
        let statements = opts("statements_total", "Statements by kind and outcome.");
        // From 1 ms, the shortest round trip, to a minute.
        let seconds = HistogramOpts::from(opts("statement_seconds", "Duration of statements."))
            .buckets(exponential_buckets(0.001, 2.0, 17)?);
        let refused = opts("refused_total", "Requests refused before a statement was run.");
        let metrics = Self {
            statements: IntCounterVec::new(statements, &["kind", "outcome"])?,
            seconds: HistogramVec::new(seconds, &["kind"])?,
            refused: IntCounterVec::new(refused, &["reason"])?,
            written_rows: IntCounter::with_opts(opts("written_rows_total", "Rows stored."))?,
            running: IntGauge::with_opts(opts("running_statements", "Statements that run now."))?,
            connections: IntGauge::with_opts(opts("connections", "Open client connections."))?,
        };
        registry.register(Box::new(metrics.statements.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        registry.register(Box::new(metrics.refused.clone()))?;
        registry.register(Box::new(metrics.written_rows.clone()))?;
        registry.register(Box::new(metrics.running.clone()))?;
        registry.register(Box::new(metrics.connections.clone()))?;
        Ok(metrics)
    }

    /// Runs a statement of this kind and counts it.
    pub(crate) fn statement(&self, kind: &str, run: impl FnOnce() -> (Outcome, u64)) {
        self.running.inc();
        let timer = self.seconds.with_label_values(&[kind]).start_timer();
        let (outcome, written_rows) = run();
        timer.observe_duration();
        self.running.dec();
        self.written_rows.inc_by(written_rows);
        let outcome = match outcome {
            Outcome::Ok => "ok",
            Outcome::Failed => "failed",
            Outcome::Broken => "broken",
            Outcome::Gone => "gone",
        };
        self.statements.with_label_values(&[kind, outcome]).inc();
    }

    pub(crate) fn refused(&self, reason: Refusal) {
        let reason = match reason {
            Refusal::Credentials => "credentials",
            Refusal::TooLarge => "too_large",
            Refusal::Busy => "busy",
            Refusal::Malformed => "malformed",
        };
        self.refused.with_label_values(&[reason]).inc();
    }
}
