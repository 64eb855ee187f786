//! From stage one to stage two: matches to the shard where they can meet, and how far stage one has
//! come.

use crate::Metrics;
use crate::live::Ruleset;
use crate::matched::{Matched, matched};
use crate::quiet::Quiet;
use bus::relay::Outbox;
use bus::{Outgoing, Record};
use detect::Json;
use model::matches::{MATCH_HEADER, MatchOf, PROGRESS_HEADER, Progress};
use model::{EventPlace, coordinates, topic};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// How often progress is told. Alarms wait for it, but each telling is a record for every shard.
const TELL_MS: i64 = 500;
/// A partition without a record for this long may be at its end: it is asked whether it is quiet.
const IDLE_MS: i64 = 2_000;
/// How far the brokers' clocks, which say when a record arrived, may be behind ours.
const CLOCKS_APART_MS: i64 = 2_000;

/// What one thread of stage one sends to stage two.
#[derive(Debug)]
pub(crate) struct Scatter {
    /// Partitions of topic `matches`.
    shards: i32,
    /// Milliseconds since the epoch, passed in.
    clock: fn() -> i64,
    quiet: Arc<Quiet>,
    sources: HashMap<i32, Source>,
    told_at_ms: i64,
}

/// A partition of `events`.
#[derive(Debug)]
struct Source {
    arrival_ms: i64,
    /// Whether there was a record since the last look at the clock.
    moved: bool,
    moved_at_ms: i64,
    told_ms: i64,
}

impl Scatter {
    pub(crate) fn new(shards: i32, clock: fn() -> i64, quiet: Arc<Quiet>) -> Self {
        Self { shards: shards.max(1), clock, quiet, sources: HashMap::new(), told_at_ms: 0 }
    }

    /// This partition begins to be read.
    pub(crate) fn begin(&mut self, partition: i32) {
        let moved_at_ms = (self.clock)();
        let source = Source { arrival_ms: 0, moved: false, moved_at_ms, told_ms: 0 };
        self.sources.insert(partition, source);
    }

    pub(crate) fn forget(&mut self, partition: i32) {
        self.sources.remove(&partition);
    }

    /// A record of this partition has been read, whose raw record reached Kafka then.
    pub(crate) fn pass(&mut self, partition: i32, arrival_ms: i64) {
        if let Some(source) = self.sources.get_mut(&partition) {
            source.arrival_ms = source.arrival_ms.max(arrival_ms);
            source.moved = true;
        }
    }

    /// Sends the match of rule number `rule` to every shard where a correlation wants it.
    pub(crate) fn send(
        &self,
        ruleset: &Ruleset,
        rule: usize,
        event: &Json,
        (record, place): (&Record<'_>, &EventPlace<'_>),
        metrics: &Metrics,
        out: &mut dyn Outbox,
    ) {
        let scope = agency(place);
        let mut sent: BTreeSet<(usize, i32)> = BTreeSet::new();
        for matched in matched(ruleset, rule, event, scope) {
            let Some(shard) = self.shard(&matched, ruleset) else {
                metrics.correlation.ungrouped.inc();
                continue;
            };
            if sent.insert((matched.leaf.unit, shard)) {
                let unit = &ruleset.plan.units()[matched.leaf.unit];
                let of = MatchOf {
                    correlation: unit.correlation().uid(),
                    rule: ruleset.engine.rules()[rule].uid(),
                };
                self.send_to(shard, &of, record, out);
            }
        }
    }

    fn send_to(&self, shard: i32, of: &MatchOf<'_>, record: &Record<'_>, out: &mut dyn Outbox) {
        let raw = record.headers.get(coordinates::HEADER).unwrap_or_default();
        let of = of.encode();
        let headers = [(coordinates::HEADER, raw), (MATCH_HEADER, of.as_bytes())];
        let outgoing = Outgoing {
            topic: topic::MATCHES,
            partition: Some(shard),
            key: None,
            value: record.value,
            headers: &headers,
        };
        if let Err(error) = out.send(&outgoing) {
            // The event itself came by Kafka, and this is hardly larger.
            tracing::error!(partition = record.partition, offset = record.offset, %error, "match lost");
        }
    }

    fn shard(&self, matched: &Matched, ruleset: &Ruleset) -> Option<i32> {
        Some(shard_of(matched.shard(ruleset)?, self.shards))
    }

    /// Tells every shard how far each partition has come, when it is time.
    pub(crate) fn tick(&mut self, out: &mut dyn Outbox) {
        let now = (self.clock)();
        if now - self.told_at_ms < TELL_MS {
            return;
        }
        self.told_at_ms = now;
        for (partition, source) in &mut self.sources {
            if std::mem::take(&mut source.moved) {
                source.moved_at_ms = now;
            } else if now - source.moved_at_ms >= IDLE_MS
                && let Some(until_ms) = self.quiet.until(*partition)
            {
                source.arrival_ms = source.arrival_ms.max(until_ms - CLOCKS_APART_MS);
            }
            if source.arrival_ms <= source.told_ms {
                continue;
            }
            source.told_ms = source.arrival_ms;
            let progress = Progress { partition: *partition, arrival_ms: source.arrival_ms };
            for shard in 0..self.shards {
                tell(shard, progress, out);
            }
        }
    }
}

fn tell(shard: i32, progress: Progress, out: &mut dyn Outbox) {
    let value = progress.encode();
    let outgoing = Outgoing {
        topic: topic::MATCHES,
        partition: Some(shard),
        key: None,
        value: b"",
        headers: &[(PROGRESS_HEADER, value.as_bytes())],
    };
    if let Err(error) = out.send(&outgoing) {
        tracing::error!(shard, %error, "progress not told");
    }
}

/// The agency that an event is of: nothing is correlated across two.
pub(crate) fn agency<'a>(place: &EventPlace<'a>) -> &'a str {
    place.raw.topic.strip_prefix(topic::RAW_PREFIX).unwrap_or(place.raw.topic)
}

/// The partition of `matches` for what [`Matched::shard`] says.
pub(crate) fn shard_of(hash: u64, shards: i32) -> i32 {
    let shards = u64::try_from(shards).unwrap_or(1).max(1);
    i32::try_from(hash % shards).unwrap_or_default()
}
