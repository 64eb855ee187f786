//! Records of one partition on their way into the store, as rows.

use crate::decode::{Decoded, decode};
use crate::high_water::HighWater;
use bus::Record;
use std::collections::HashSet;
use std::sync::Arc;
use store::{Block, Place};

/// What a partition holds, by its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// OCSF events.
    Events,
    /// Detection Findings.
    Alerts,
    /// Raw records that made no event.
    DeadLetters,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Events, Self::Alerts, Self::DeadLetters];

    pub(crate) fn topic(self) -> &'static str {
        match self {
            Self::Events => model::topic::EVENTS,
            Self::Alerts => model::topic::ALERTS,
            Self::DeadLetters => model::topic::DEAD_LETTERS,
        }
    }

    pub(crate) fn of(topic: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.topic() == topic)
    }
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// A row was made.
    Row,
    /// A dead letter was made of what should have been an event or an alert.
    Bad,
    /// It had been seen before.
    Repeated,
}

/// A batch that is still growing.
pub(crate) struct Filling {
    /// Its first offset.
    pub(crate) start: i64,
    /// One past its last.
    pub(crate) end: i64,
    /// The marks before it.
    pub(crate) before: HighWater,
    /// Time of the first record, on the caller's clock.
    pub(crate) since_ms: u64,
    stamp_ms: i64,
    newest_ms: i64,
    rows: Block,
    updates: Block,
    bad: Block,
    ids: HashSet<String>,
}

/// A batch that grows no more.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) before: HighWater,
    pub(crate) rows: u64,
    pub(crate) bytes: usize,
    /// What tells the batch from one with the same offsets of a topic that was deleted and made
    /// again: Kafka's time of its first record.
    pub(crate) stamp_ms: i64,
    /// Kafka's time of its newest record.
    pub(crate) newest_ms: i64,
    /// The blocks that have rows.
    pub(crate) blocks: Vec<Arc<Block>>,
}

impl Filling {
    pub(crate) fn new(kind: Kind, start: i64, before: HighWater) -> Self {
        let rows = match kind {
            Kind::Events => Block::events(),
            Kind::Alerts => Block::alerts(),
            Kind::DeadLetters => Block::dead_letters(),
        };
        Self {
            start,
            end: start,
            before,
            since_ms: 0,
            stamp_ms: 0,
            newest_ms: 0,
            rows,
            updates: Block::alert_updates(),
            bad: Block::dead_letters(),
            ids: HashSet::new(),
        }
    }

    /// Whether it holds no record.
    pub(crate) fn is_empty(&self) -> bool {
        self.end == self.start
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows.rows() + self.updates.rows() + self.bad.rows()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.rows.bytes() + self.updates.bytes() + self.bad.bytes()
    }

    /// Adds a record. `high` are the marks behind everything taken so far.
    pub(crate) fn take(
        &mut self,
        kind: Kind,
        record: &Record<'_>,
        high: &mut HighWater,
        now_ms: u64,
    ) -> Taken {
        if self.is_empty() {
            self.since_ms = now_ms;
            self.stamp_ms = record.kafka_ms;
            self.newest_ms = record.kafka_ms;
        }
        self.end = record.offset + 1;
        self.newest_ms = self.newest_ms.max(record.kafka_ms);
        let place = Place {
            partition: u16::try_from(record.partition).unwrap_or(u16::MAX),
            offset: u64::try_from(record.offset).unwrap_or_default(),
        };
        match decode(kind, record, place, high) {
            Decoded::Event(row) => self.rows.push_event(&row),
            Decoded::Alert(row) if row.is_update() => self.updates.push_alert_update(&row),
            Decoded::Alert(row) if !self.ids.insert(row.id().to_owned()) => return Taken::Repeated,
            Decoded::Alert(row) => self.rows.push_alert(&row),
            Decoded::DeadLetter(row) => self.rows.push_dead_letter(&row, place),
            Decoded::Repeated => return Taken::Repeated,
            Decoded::Bad(letter, reason) => {
                let letter = store::DeadLetterRow { reason: &reason, ..letter };
                self.bad.push_dead_letter(&letter, place);
                return Taken::Bad;
            }
        }
        Taken::Row
    }

    /// Ends it at `end`, which may lie behind its last record where Kafka left offsets out.
    pub(crate) fn close(self, end: i64) -> Batch {
        Batch {
            start: self.start,
            end,
            rows: self.rows() as u64,
            bytes: self.bytes(),
            before: self.before,
            stamp_ms: self.stamp_ms,
            newest_ms: self.newest_ms,
            blocks: [self.rows, self.updates, self.bad]
                .into_iter()
                .filter(|b| !b.is_empty())
                .map(Arc::new)
                .collect(),
        }
    }
}
