//! What the detector does with one event.

use crate::account::Account;
use crate::live::{Live, Ruleset};
use crate::quiet::Quiet;
use crate::replay::Replay;
use crate::scatter::Scatter;
use crate::watchlist::Watchlist;
use crate::{Metrics, clock};
use alert::{Evidence, Source};
use bus::relay::{Outbox, Stage};
use bus::{Outgoing, Partition, Record};
use detect::{Json, Session};
use model::dead_letter::{CODE_HEADER, PARSER_HEADER, REASON_HEADER};
use model::{DeadLetterCode, EventPlace, coordinates, topic};
use ruleset::Fate;
use sigma::Rule;
use std::sync::Arc;

/// Who wrote a dead letter.
const PARSER: &str = concat!("detector/", env!("CARGO_PKG_VERSION"));

/// One thread's detector.
pub struct Detector {
    live: Arc<Live>,
    generation: u64,
    ruleset: Arc<Ruleset>,
    session: Session,
    account: Account,
    replay: Replay,
    scatter: Scatter,
    watchlist: Watchlist,
    metrics: Metrics,
}

impl Detector {
    /// A detector by the rules in force; topic `matches` has `shards` partitions, and `clock` tells
    /// the milliseconds since the epoch.
    pub fn new(
        live: Arc<Live>,
        watchlist: Watchlist,
        metrics: Metrics,
        shards: i32,
        clock: fn() -> i64,
        quiet: Arc<Quiet>,
    ) -> Self {
        let generation = live.generation();
        let ruleset = live.ruleset();
        let (session, account) = (session(&ruleset), Account::new());
        let (replay, scatter) = (Replay::default(), Scatter::new(shards, clock, quiet));
        Self { live, generation, ruleset, session, account, replay, scatter, watchlist, metrics }
    }

    /// Takes over rules that have been swapped in since the last event.
    fn keep_up(&mut self) {
        let generation = self.live.generation();
        if generation != self.generation {
            self.account.tell(&mut self.session, &self.ruleset, &self.metrics);
            self.generation = generation;
            self.ruleset = self.live.ruleset();
            self.session = session(&self.ruleset);
        }
    }

    fn alerts(
        &mut self,
        record: &Record<'_>,
        raw: &[u8],
        place: &EventPlace<'_>,
        out: &mut dyn Outbox,
    ) {
        let matching = match self.session.matches(record.value) {
            Ok(matching) => matching,
            Err(error) => return self.dead_letter(record, &error.to_string(), out),
        };
        if self.ruleset.policy.split(matching).0.is_empty() {
            return;
        }
        let began = clock::nanoseconds();
        let (matching, source) = (matching.to_vec(), Source::new(record.value));
        let ruleset = &self.ruleset;
        let mut json = None;
        for (number, fate) in ruleset.judge(&matching, &source) {
            let (rule, number) = (&ruleset.engine.rules()[number as usize], number as usize);
            self.metrics.rule_matches.with_label_values(&[rule.uid()]).inc();
            let is_alert = self.metrics.alerts_of(rule.uid(), fate);
            if matches!(fate, Fate::LeftOut(_)) {
                continue;
            }
            if !ruleset.plan.leaves(number).is_empty() {
                let from = (record, place);
                if let Some(json) = json.get_or_insert_with(|| Json::parse(record.value).ok()) {
                    self.scatter.send(ruleset, number, json, from, &self.metrics, out);
                }
            }
            if is_alert && !ruleset.plan.is_silent(number) {
                let clauses = self.session.explain(number as u32, record.value);
                let write = |evidence| {
                    let mut text = String::new();
                    ruleset.template(number as u32).write(&clauses, &source, evidence, &mut text);
                    text
                };
                alert(rule, &write, &self.metrics, (record, raw), out);
            }
        }
        let each = (clock::nanoseconds() - began) / matching.len() as u64;
        self.account.spent.extend(matching.iter().map(|number| (*number, each)));
    }

    fn dead_letter(&self, record: &Record<'_>, reason: &str, out: &mut dyn Outbox) {
        self.metrics.bad_events.inc();
        let mut headers: Vec<(&str, &[u8])> = vec![
            (CODE_HEADER, DeadLetterCode::BadEvent.as_str().as_bytes()),
            (REASON_HEADER, reason.as_bytes()),
            (PARSER_HEADER, PARSER.as_bytes()),
        ];
        for name in [coordinates::HEADER, model::origin::HEADER] {
            headers.extend(record.headers.get(name).map(|value| (name, value)));
        }
        let letter = Outgoing {
            topic: topic::DEAD_LETTERS,
            partition: Some(record.partition),
            key: None,
            value: record.value,
            headers: &headers,
        };
        if let Err(error) = out.send(&letter) {
            tracing::error!(partition = record.partition, offset = record.offset, %error, "dead letter lost");
        }
    }
}

/// A session that measures what rules cost.
fn session(ruleset: &Ruleset) -> Session {
    Session::new(Arc::clone(&ruleset.engine)).timed(clock::nanoseconds)
}

/// Sends the finding of a match, with its event where a record has room for both.
fn alert(
    rule: &Rule,
    write: &dyn Fn(Evidence) -> String,
    metrics: &Metrics,
    (record, raw): (&Record<'_>, &[u8]),
    out: &mut dyn Outbox,
) {
    let headers = [(coordinates::HEADER, raw)];
    let mut send = |value: &str| {
        out.send(&Outgoing {
            topic: topic::ALERTS,
            partition: Some(record.partition),
            key: None,
            value: value.as_bytes(),
            headers: &headers,
        })
    };
    if send(&write(Evidence::Whole)).is_err() {
        metrics.referred.inc();
        if let Err(error) = send(&write(Evidence::Reference)) {
            let (partition, offset) = (record.partition, record.offset);
            tracing::error!(rule = rule.uid(), partition, offset, %error, "alert lost");
            return;
        }
    }
    metrics.alerts.inc();
}

impl Stage for Detector {
    fn process(&mut self, record: &Record<'_>, out: &mut dyn Outbox) {
        self.keep_up();
        let raw = record.headers.get(coordinates::HEADER).unwrap_or_default();
        let place = match EventPlace::decode(raw) {
            Ok(place) => place,
            Err(error) => return self.dead_letter(record, &error.to_string(), out),
        };
        self.scatter.pass(record.partition, place.raw.kafka_ms);
        if !self.replay.is_new(record.partition, &place) {
            self.metrics.replayed.inc();
            return;
        }
        self.metrics.events.inc();
        self.alerts(record, raw, &place, out);
        self.watchlist.look(record, raw, &self.metrics, out);
        if self.account.is_due() {
            self.account.tell(&mut self.session, &self.ruleset, &self.metrics);
        }
    }

    fn panicked(&mut self, record: &Record<'_>, message: &str, out: &mut dyn Outbox) {
        self.session = session(&self.ruleset);
        self.dead_letter(record, &format!("the detector panicked: {message}"), out);
    }

    fn tick(&mut self, out: &mut dyn Outbox) {
        if !self.ruleset.plan.is_empty() {
            self.scatter.tick(out);
        }
    }

    fn assigned(&mut self, partitions: &[Partition]) {
        partitions.iter().for_each(|partition| self.scatter.begin(partition.partition));
    }

    fn revoked(&mut self, partitions: &[Partition]) {
        for partition in partitions {
            self.scatter.forget(partition.partition);
            self.replay.forget(partition.partition);
        }
    }
}

#[cfg(test)]
mod tests;
