//! The service's own metrics.

use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, core::Collector,
};

/// Counters and histograms; clones share them. Routes are the router's patterns, never paths.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// Requests by method, route and status.
    pub(crate) requests: IntCounterVec,
    /// Seconds to the response's head, by route.
    pub(crate) seconds: HistogramVec,
    /// Sign-ins by outcome.
    pub(crate) sign_ins: IntCounterVec,
    /// Requests beyond a limit, by its name.
    pub(crate) rate_limited: IntCounterVec,
    /// Requests with a key that was not good.
    pub(crate) keys_refused: prometheus::IntCounter,
    /// Requests ended by the time limit or by a panic, by which.
    pub(crate) cut_off: IntCounterVec,
    /// Tries to send a message, by kind of channel and result.
    pub(crate) messages: IntCounterVec,
    /// Reads of TAXII collections, by result.
    pub(crate) feeds: IntCounterVec,
    /// Open connections.
    pub(crate) connections: IntGauge,
    /// Connections refused because there were too many.
    pub(crate) connections_refused: prometheus::IntCounter,
}

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = |name, help, labels: &[&str]| {
            register(registry, IntCounterVec::new(Opts::new(name, help), labels)?)
        };
        let seconds = HistogramOpts::new(
            "prohori_api_request_seconds",
            "Time from a request's head to its response's head.",
        )
        .buckets(vec![0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]);
        Ok(Self {
            requests: counters(
                "prohori_api_requests_total",
                "Requests answered.",
                &["method", "route", "status"],
            )?,
            seconds: register(registry, HistogramVec::new(seconds, &["route"])?)?,
            sign_ins: counters("prohori_api_sign_ins_total", "Sign-ins tried.", &["outcome"])?,
            rate_limited: counters(
                "prohori_api_rate_limited_total",
                "Requests refused because the caller asked for too much.",
                &["policy"],
            )?,
            keys_refused: register(
                registry,
                prometheus::IntCounter::new(
                    "prohori_api_keys_refused_total",
                    "Requests with an API key that was unknown, expired, ended or from elsewhere.",
                )?,
            )?,
            cut_off: counters(
                "prohori_api_requests_cut_off_total",
                "Requests ended by the time limit or a panic.",
                &["by"],
            )?,
            messages: counters(
                "prohori_api_messages_total",
                "Tries to send a message of a channel.",
                &["kind", "result"],
            )?,
            feeds: counters(
                "prohori_api_feed_reads_total",
                "Reads of a TAXII server's collection.",
                &["result"],
            )?,
            connections: register(
                registry,
                IntGauge::new("prohori_api_connections", "Open connections.")?,
            )?,
            connections_refused: register(
                registry,
                prometheus::IntCounter::new(
                    "prohori_api_connections_refused_total",
                    "Connections closed at once because too many were open.",
                )?,
            )?,
        })
    }
}

fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    collector: C,
) -> Result<C, prometheus::Error> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}
