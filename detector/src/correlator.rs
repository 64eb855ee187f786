//! Stage two: matches in, alerts of correlations out.
//!
//! Each partition of `matches` has an engine of its own. Its state is never stored: who takes a
//! partition over is shown again what was processed before, from the offset that stands beside the
//! committed one, and says nothing about it.

mod shard;

use crate::Metrics;
use crate::live::{Live, Ruleset};
use crate::matched::matched;
use crate::scatter::{agency, shard_of};
use alert::Evidence;
use bus::relay::{Outbox, Stage};
use bus::{Outgoing, Partition, Record};
use correlate::{Alarm, Options};
use detect::Json;
use model::matches::{MATCH_HEADER, MatchOf, PROGRESS_HEADER, Progress};
use model::{EventPlace, coordinates, topic};
use ruleset::Fate;
use shard::Shard;
use std::collections::HashMap;
use std::sync::Arc;

/// How stage two correlates.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Limits and lateness; `sources` is the number of partitions of `events`.
    pub options: Options,
    /// The number of partitions of `matches`.
    pub shards: i32,
}

/// One thread's correlator.
pub struct Correlator {
    live: Arc<Live>,
    generation: u64,
    ruleset: Arc<Ruleset>,
    names: Names,
    setting: Setting,
    shards: HashMap<i32, Shard>,
    metrics: Metrics,
}

/// The ruleset's units and rules by their ids.
#[derive(Debug)]
struct Names {
    units: HashMap<String, usize>,
    rules: HashMap<String, usize>,
}

impl Names {
    fn new(ruleset: &Ruleset) -> Self {
        let units = ruleset.plan.units().iter().enumerate();
        let rules = ruleset.engine.rules().iter().enumerate();
        Self {
            units: units.map(|(i, unit)| (unit.correlation().uid().to_owned(), i)).collect(),
            rules: rules.map(|(i, rule)| (rule.uid().to_owned(), i)).collect(),
        }
    }
}

impl Correlator {
    /// A correlator by the rules in force.
    pub fn new(live: Arc<Live>, setting: Setting, metrics: Metrics) -> Self {
        let (generation, ruleset) = (live.generation(), live.ruleset());
        let names = Names::new(&ruleset);
        Self { live, generation, ruleset, names, setting, shards: HashMap::new(), metrics }
    }

    /// Takes over rules that have been swapped in. Correlations that did not change keep their
    /// state; others begin with what comes.
    fn keep_up(&mut self) {
        let generation = self.live.generation();
        if generation != self.generation {
            self.generation = generation;
            self.ruleset = self.live.ruleset();
            self.names = Names::new(&self.ruleset);
            for shard in self.shards.values_mut() {
                shard.engine.adopt(Arc::clone(&self.ruleset.plan));
            }
        }
    }

    /// Looks at a record; what it decides.
    fn look(&mut self, record: &Record<'_>) -> Vec<Alarm> {
        self.keep_up();
        let mut alarms = Vec::new();
        let setting = &self.setting;
        let shard = self
            .shards
            .entry(record.partition)
            .or_insert_with(|| Shard::new(Arc::clone(&self.ruleset.plan), setting.options.clone()));
        if let Some(Ok(progress)) = record.headers.get(PROGRESS_HEADER).map(Progress::decode) {
            let source = u32::try_from(progress.partition).unwrap_or_default();
            shard.engine.progress(source, progress.arrival_ms, &mut alarms);
            shard.pass(record.offset, progress.arrival_ms);
            shard.show(&self.metrics);
            return alarms;
        }
        let arrival = self.take(record);
        if let (None, Some(shard)) = (arrival, self.shards.get_mut(&record.partition)) {
            self.metrics.correlation.bad.inc();
            shard.pass(record.offset, i64::MIN);
        }
        alarms
    }

    /// Takes a match; when it arrived, or nothing where it cannot be read.
    fn take(&mut self, record: &Record<'_>) -> Option<i64> {
        let raw = record.headers.get(coordinates::HEADER)?;
        let place = EventPlace::decode(raw).ok()?;
        let of = MatchOf::decode(record.headers.get(MATCH_HEADER)?).ok()?;
        let event = Json::parse(record.value).ok()?;
        let arrival = Some(place.raw.kafka_ms).filter(|ms| *ms > 0);
        let shard = self.shards.get_mut(&record.partition)?;
        shard.pass(record.offset, arrival.unwrap_or(i64::MIN));
        let (Some(unit), Some(rule)) =
            (self.names.units.get(of.correlation), self.names.rules.get(of.rule))
        else {
            self.metrics.correlation.stale.inc();
            return Some(0);
        };
        let of_rule = self.ruleset.plan.units()[*unit].correlation().of_rule;
        if of_rule && !shard.is_new(of.correlation, &place) {
            self.metrics.correlation.duplicates.inc();
            return Some(0);
        }
        let mut body = None;
        for matched in matched(&self.ruleset, *rule, &event, agency(&place)) {
            // A rule may be several leaves of a unit, and each may belong to another shard.
            let here = matched.leaf.unit == *unit
                && matched.shard(&self.ruleset).map(|hash| shard_of(hash, self.setting.shards))
                    == Some(record.partition);
            if here {
                let body = body.get_or_insert_with(|| shard.engine.body(record.value, raw));
                shard.engine.take(matched.found(body.clone(), arrival));
            }
        }
        Some(0)
    }

    fn send(&self, alarm: &Alarm, partition: i32, out: &mut dyn Outbox) {
        let headers = [(coordinates::HEADER, alarm.anchor.note())];
        let mut send = |evidence| {
            let value = self.ruleset.finding(alarm, evidence);
            out.send(&Outgoing {
                topic: topic::ALERTS,
                partition: Some(partition),
                key: None,
                value: value.as_bytes(),
                headers: &headers,
            })
        };
        // An alert that is told again is the same alert.
        let told = match alarm.stage {
            correlate::Stage::Raised => &self.metrics.alerts,
            _ => &self.metrics.alert_updates,
        };
        if send(Evidence::Whole).is_ok() {
            return told.inc();
        }
        self.metrics.referred.inc();
        match send(Evidence::Reference) {
            Ok(()) => told.inc(),
            Err(error) => {
                let rule = alarm.correlation.uid();
                tracing::error!(rule, %error, "alert of a correlation lost");
            }
        }
    }
}

impl Stage for Correlator {
    fn reads_back(&self) -> bool {
        true
    }

    fn back_to(&mut self, _: &Partition, committed: &bus::admin::Committed) -> i64 {
        shard::read_note(&committed.metadata).unwrap_or(committed.offset)
    }

    fn note(&mut self, partition: &Partition, offset: i64) -> String {
        let shard = self.shards.get_mut(&partition.partition);
        shard.map_or_else(String::new, |shard| shard.note(offset))
    }

    fn recall(&mut self, record: &Record<'_>) {
        self.look(record);
    }

    fn process(&mut self, record: &Record<'_>, out: &mut dyn Outbox) {
        for alarm in self.look(record) {
            let id = alarm.correlation.uid();
            let fate = self.ruleset.policy.fate_of_correlation(id, alarm.anchor.scope());
            // A rule's own matches were counted when they were found.
            let is_counted = alarm.correlation.of_rule || alarm.stage != correlate::Stage::Raised;
            if !is_counted && self.metrics.alerts_of(id, fate) {
                self.metrics.rule_matches.with_label_values(&[id]).inc();
            }
            if fate != Fate::Alert {
                continue;
            }
            self.send(&alarm, record.partition, out);
        }
    }

    fn revoked(&mut self, partitions: &[Partition]) {
        for partition in partitions {
            if let Some(shard) = self.shards.remove(&partition.partition) {
                shard.hide(&self.metrics);
            }
        }
    }
}

impl Drop for Correlator {
    fn drop(&mut self) {
        self.shards.drain().for_each(|(_, shard)| shard.hide(&self.metrics));
    }
}

#[cfg(test)]
mod tests;
