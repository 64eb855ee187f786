//! A collector and its streams, as they are shown.

use fleet::{Collector, State, Stream};
use model::Agency;
use std::collections::BTreeMap;

/// Whether it is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CollectorState {
    Alive,
    Late,
    Silent,
    Stopped,
}

impl From<State> for CollectorState {
    fn from(state: State) -> Self {
        match state {
            State::Alive => Self::Alive,
            State::Late => Self::Late,
            State::Silent => Self::Silent,
            State::Stopped => Self::Stopped,
        }
    }
}

/// One collector.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct CollectorView {
    agency: String,
    id: String,
    /// What the host calls itself: a label.
    host: Option<String>,
    /// `null` where no heartbeat of it is known yet.
    version: Option<String>,
    /// By its own clock.
    started: Option<i64>,
    /// When Kafka got its last heartbeat.
    last_seen: Option<i64>,
    state: CollectorState,
    /// Seconds between its heartbeats.
    interval_s: u32,
    streams: u64,
    spool_records: u64,
    spool_bytes: u64,
    /// Records that it counts as lost since it started.
    lost: u64,
    /// Records whose numbers never came.
    missing: u64,
    /// What it counts since it started.
    counters: BTreeMap<String, u64>,
}

impl CollectorView {
    pub(crate) fn of(agency: &Agency, known: &Collector, now_ms: i64) -> Self {
        let beat = &known.beat;
        let some = |ms: i64| (ms > 0).then_some(ms);
        Self {
            agency: agency.to_string(),
            id: beat.collector.clone(),
            host: beat.host.clone(),
            version: (!beat.version.is_empty()).then(|| beat.version.clone()),
            started: some(beat.started_ms),
            last_seen: some(known.seen_ms),
            state: known.state(now_ms).into(),
            interval_s: beat.interval_s,
            streams: beat.streams.max(known.streams.len() as u64),
            spool_records: beat.spool_records,
            spool_bytes: beat.spool_bytes,
            lost: known.lost(),
            missing: known.missing(),
            counters: beat.counters.clone(),
        }
    }
}

/// All collectors.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct CollectorList {
    pub(crate) items: Vec<CollectorView>,
    pub(crate) as_of: i64,
}

/// One stream: what a collector reads from one place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct StreamView {
    agency: String,
    stream: String,
    generation: u64,
    /// The number of its next record in this generation.
    sequence: u64,
    offset: u64,
    /// `null` where that is not known.
    waiting_records: Option<u64>,
    waiting_bytes: u64,
    /// When its number last moved, by the collector's clock.
    last_moved: Option<i64>,
    /// When Kafka got its last heartbeat; those of a stream that stands still are rare.
    last_seen: Option<i64>,
    /// Records whose numbers never came.
    missing: u64,
    /// When one was last found missing.
    last_missing: Option<i64>,
}

impl StreamView {
    pub(crate) fn of(agency: &Agency, known: &Stream) -> Self {
        let beat = &known.beat;
        let some = |ms: i64| (ms > 0).then_some(ms);
        Self {
            agency: agency.to_string(),
            stream: beat.stream.clone(),
            generation: beat.generation,
            sequence: beat.sequence,
            offset: beat.offset,
            waiting_records: beat.waiting_records,
            waiting_bytes: beat.waiting_bytes,
            last_moved: some(beat.moved_ms),
            last_seen: some(known.seen_ms),
            missing: known.missing,
            last_missing: some(known.missing_ms),
        }
    }
}

/// All streams of a collector.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct StreamList {
    pub(crate) items: Vec<StreamView>,
}
