//! The detector's own counters.

use crate::Error;
use prometheus::{CounterVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use ruleset::Fate;

/// What the detector has done.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Events asked about.
    pub events: IntCounter,
    /// Events that a restarted normalizer wrote again, left out.
    pub replayed: IntCounter,
    /// Events that could not be read, sent to dead letters.
    pub bad_events: IntCounter,
    /// Indicators seen in events, folded ones counted.
    pub sightings: IntCounter,
    /// Indicators in force.
    pub indicators: IntGauge,
    /// Alerts written.
    pub alerts: IntCounter,
    /// Alerts told again, with a count that has grown.
    pub alert_updates: IntCounter,
    /// Alerts whose event was too large to be repeated in them.
    pub referred: IntCounter,
    /// Matches by rule id; only rules that have matched.
    pub rule_matches: IntCounterVec,
    /// Events of each rule's log source, by rule id.
    pub rule_evaluated: IntCounterVec,
    /// Seconds that each rule alone took, estimated by samples, by rule id.
    pub rule_seconds: CounterVec,
    /// Matches that a filter left out, by rule and filter.
    pub rule_left_out: IntCounterVec,
    /// Matches of rules in shadow, and of canaries outside of their agencies, by rule and stage.
    pub rule_counted: IntCounterVec,
    /// Rules in force.
    pub rules: IntGauge,
    /// Rules that do not compile.
    pub rule_errors: IntGauge,
    /// Sets of rules taken over while running.
    pub reloads: IntCounter,
    /// What stage two does.
    pub correlation: CorrelationMetrics,
}

/// What the correlations have done, and what they hold.
#[derive(Debug, Clone)]
pub struct CorrelationMetrics {
    /// Matches taken.
    pub matches: IntCounter,
    /// Matches that had been taken before.
    pub duplicates: IntCounter,
    /// Matches that lack a field to group by, and belong to no group.
    pub ungrouped: IntCounter,
    /// Matches later than the lateness that still counted.
    pub late: IntCounter,
    /// Matches whose window was over: not counted.
    pub too_late: IntCounter,
    /// Matches folded into alerts raised before.
    pub folded: IntCounter,
    /// Events not kept as evidence, for want of room.
    pub evidence_left_out: IntCounter,
    /// Matches for correlations or rules that are no longer in force.
    pub stale: IntCounter,
    /// Records of topic `matches` that could not be read.
    pub bad: IntCounter,
    /// How often a correlation met a limit: groups forgotten, matches left out of a full window.
    pub limits: IntCounterVec,
    /// Groups held.
    pub groups: IntGauge,
    /// Bytes of events held as evidence.
    pub evidence_bytes: IntGauge,
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
        let options = Opts::new(
            "prohori_detector_rule_evaluated_total",
            "Events of each rule's log source, by rule",
        );
        let rule_evaluated = IntCounterVec::new(options, &["rule"])?;
        registry.register(Box::new(rule_evaluated.clone()))?;
        let options = Opts::new(
            "prohori_detector_rule_seconds_total",
            "Time that each rule alone took, estimated by samples, by rule",
        );
        let rule_seconds = CounterVec::new(options, &["rule"])?;
        registry.register(Box::new(rule_seconds.clone()))?;
        let options = Opts::new(
            "prohori_detector_rule_left_out_total",
            "Matches that a filter left out, by rule and filter",
        );
        let rule_left_out = IntCounterVec::new(options, &["rule", "filter"])?;
        registry.register(Box::new(rule_left_out.clone()))?;
        let options = Opts::new(
            "prohori_detector_rule_counted_total",
            "Matches that are no alerts for the rule's stage, by rule and stage",
        );
        let rule_counted = IntCounterVec::new(options, &["rule", "stage"])?;
        registry.register(Box::new(rule_counted.clone()))?;
        Ok(Self {
            events: counter("events_total", "Events that rules were asked about")?,
            replayed: counter("replayed_total", "Events left out as written before")?,
            bad_events: counter("bad_events_total", "Events that could not be read")?,
            sightings: counter("sightings_total", "Indicators seen in events, each time counted")?,
            indicators: gauge("indicators", "Indicators in force")?,
            alerts: counter("alerts_total", "Alerts written")?,
            alert_updates: counter("alert_updates_total", "Alerts told again with more events")?,
            referred: counter("referred_total", "Alerts without their event, which is too large")?,
            rule_matches,
            rule_evaluated,
            rule_seconds,
            rule_left_out,
            rule_counted,
            rules: gauge("rules", "Rules in force")?,
            rule_errors: gauge("rule_errors", "Rules that do not compile")?,
            reloads: counter("reloads_total", "Rule sets taken over while running")?,
            correlation: CorrelationMetrics::register(registry)?,
        })
    }

    /// Counts a match of `rule` by what becomes of it; whether that is an alert.
    pub(crate) fn alerts_of(&self, rule: &str, fate: Fate<'_>) -> bool {
        match fate {
            Fate::Alert => return true,
            Fate::LeftOut(filter) => {
                self.rule_left_out.with_label_values(&[rule, filter.uid()]).inc();
            }
            Fate::Shadow => self.rule_counted.with_label_values(&[rule, "shadow"]).inc(),
            Fate::Elsewhere => self.rule_counted.with_label_values(&[rule, "canary"]).inc(),
        }
        false
    }
}

impl CorrelationMetrics {
    /// Registers them all as `prohori_correlation_…`.
    fn register(registry: &Registry) -> Result<Self, Error> {
        let counter = |name: &str, help: &str| -> Result<IntCounter, Error> {
            let counter = IntCounter::new(format!("prohori_correlation_{name}_total"), help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, Error> {
            let gauge = IntGauge::new(format!("prohori_correlation_{name}"), help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let help = "Groups forgotten and matches left out because a limit was met";
        let options = Opts::new("prohori_correlation_limits_total", help);
        let limits = IntCounterVec::new(options, &["rule", "limit"])?;
        registry.register(Box::new(limits.clone()))?;
        Ok(Self {
            matches: counter("matches", "Matches taken")?,
            duplicates: counter("duplicates", "Matches taken before")?,
            ungrouped: counter("ungrouped", "Matches without a value to group by")?,
            late: counter("late", "Matches later than allowed that still counted")?,
            too_late: counter("too_late", "Matches whose window was over")?,
            folded: counter("folded", "Matches folded into alerts raised before")?,
            evidence_left_out: counter("evidence_left_out", "Events not kept as evidence")?,
            stale: counter("stale", "Matches for rules no longer in force")?,
            bad: counter("bad", "Records that could not be read")?,
            limits,
            groups: gauge("groups", "Groups held")?,
            evidence_bytes: gauge("evidence_bytes", "Bytes of events held as evidence")?,
        })
    }
}
