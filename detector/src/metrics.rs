//! The detector's own counters.

use crate::Error;
use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// What the detector has done.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Events asked about.
    pub events: IntCounter,
    /// Events that a restarted normalizer wrote again, left out.
    pub replayed: IntCounter,
    /// Events that could not be read, sent to dead letters.
    pub bad_events: IntCounter,
    /// Alerts written.
    pub alerts: IntCounter,
    /// Alerts whose event was too large to be repeated in them.
    pub referred: IntCounter,
    /// Matches by rule id; only rules that have matched.
    pub rule_matches: IntCounterVec,
    /// Rules in force.
    pub rules: IntGauge,
    /// Rules that do not compile.
    pub rule_errors: IntGauge,
    /// Sets of rules taken over while running.
    pub reloads: IntCounter,
}

impl Metrics {
    /// Registers them all as `prohori_detector_…`.
    pub fn register(registry: &Registry) -> Result<Self, Error> {
        let counter = |name: &str, help: &str| -> Result<IntCounter, Error> {
            let counter = IntCounter::new(format!("prohori_detector_{name}"), help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, Error> {
            let gauge = IntGauge::new(format!("prohori_detector_{name}"), help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let options = Opts::new("prohori_detector_rule_matches_total", "Matches by rule");
        let rule_matches = IntCounterVec::new(options, &["rule"])?;
        registry.register(Box::new(rule_matches.clone()))?;
        Ok(Self {
            events: counter("events_total", "Events that rules were asked about")?,
            replayed: counter("replayed_total", "Events left out as written before")?,
            bad_events: counter("bad_events_total", "Events that could not be read")?,
            alerts: counter("alerts_total", "Alerts written")?,
            referred: counter("referred_total", "Alerts without their event, which is too large")?,
            rule_matches,
            rules: gauge("rules", "Rules in force")?,
            rule_errors: gauge("rule_errors", "Rules that do not compile")?,
            reloads: counter("reloads_total", "Rule sets taken over while running")?,
        })
    }
}
