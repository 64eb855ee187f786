//! One partition of `matches`: its engine, and from where it must be read again.

use crate::Metrics;
use crate::replay::Replay;
use crate::trail::Trail;
use correlate::{Counters, Engine, Options, Plan};
use model::EventPlace;
use std::collections::HashMap;
use std::sync::Arc;

/// A partition's state.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) engine: Engine,
    trail: Trail,
    /// By rule whose alerts fold: what stage one wrote twice.
    replays: HashMap<String, Replay>,
    /// What the metrics have been told.
    told: Counters,
    groups: i64,
    evidence_bytes: i64,
    /// By correlation: limits met.
    limits: Vec<(String, u64, u64)>,
}

impl Shard {
    pub(super) fn new(plan: Arc<Plan>, options: Options) -> Self {
        Self {
            engine: Engine::new(plan, options),
            trail: Trail::default(),
            replays: HashMap::new(),
            told: Counters::default(),
            groups: 0,
            evidence_bytes: 0,
            limits: Vec::new(),
        }
    }

    /// Whether a match of this rule is new. A window tells repetitions apart by itself, but the
    /// alerts of a rule fold without one.
    pub(super) fn is_new(&mut self, rule: &str, place: &EventPlace<'_>) -> bool {
        if !self.replays.contains_key(rule) {
            self.replays.insert(rule.to_owned(), Replay::default());
        }
        self.replays.get_mut(rule).is_none_or(|replay| replay.is_new(0, place))
    }

    /// A record that arrived then has been looked at.
    pub(super) fn pass(&mut self, offset: i64, arrival_ms: i64) {
        let needed_ms = self.engine.now().saturating_sub(self.engine.reach_ms());
        self.trail.pass(offset, arrival_ms, needed_ms);
    }

    /// What stands beside a committed offset: version, and the offset to read again from.
    pub(super) fn note(&mut self, committed: i64) -> String {
        format!("1\t{}", self.trail.start(committed))
    }

    /// Adds what happened since the last time to the metrics.
    pub(super) fn show(&mut self, metrics: &Metrics) {
        let (now, told) = (self.engine.counters(), self.told);
        let of = &metrics.correlation;
        for (counter, now, told) in [
            (&of.matches, now.matches, told.matches),
            (&of.duplicates, now.duplicates, told.duplicates),
            (&of.ungrouped, now.ungrouped, told.ungrouped),
            (&of.late, now.late, told.late),
            (&of.too_late, now.too_late, told.too_late),
            (&of.folded, now.folded, told.folded),
            (&of.evidence_left_out, now.evidence_left_out, told.evidence_left_out),
        ] {
            counter.inc_by(now - told);
        }
        if (now.groups_evicted, now.window_full) != (told.groups_evicted, told.window_full) {
            self.show_limits(metrics);
        }
        self.told = now;
        let (groups, bytes) = (self.engine.groups() as i64, self.engine.evidence_bytes() as i64);
        of.groups.add(groups - self.groups);
        of.evidence_bytes.add(bytes - self.evidence_bytes);
        (self.groups, self.evidence_bytes) = (groups, bytes);
    }

    fn show_limits(&mut self, metrics: &Metrics) {
        let limits: Vec<(String, u64, u64)> = self
            .engine
            .limits()
            .map(|(rule, evicted, full)| (rule.to_owned(), evicted, full))
            .collect();
        for (rule, evicted, full) in &limits {
            let told = self.limits.iter().find(|(known, ..)| known == rule);
            let (told_evicted, told_full) =
                told.map_or((0, 0), |(_, evicted, full)| (*evicted, *full));
            let of = &metrics.correlation.limits;
            of.with_label_values(&[rule, "groups"]).inc_by(evicted.saturating_sub(told_evicted));
            of.with_label_values(&[rule, "window"]).inc_by(full.saturating_sub(told_full));
        }
        self.limits = limits;
    }

    /// Takes what is held out of the gauges, as another member holds it now.
    pub(super) fn hide(self, metrics: &Metrics) {
        metrics.correlation.groups.sub(self.groups);
        metrics.correlation.evidence_bytes.sub(self.evidence_bytes);
    }
}

/// The offset in a note; nothing where it is none of ours.
pub(super) fn read_note(note: &str) -> Option<i64> {
    note.strip_prefix("1\t")?.split('\t').next()?.parse().ok()
}
