//! A heartbeat as a record: key and value.

use std::collections::BTreeMap;

/// Counts by name, all of them since the collector started: the names of its metrics without
/// `prohori_collector_` and `_total`.
pub type Counters = BTreeMap<String, u64>;

/// What a heartbeat says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Heartbeat {
    /// Of the collector as a whole.
    Collector(CollectorBeat),
    /// Of one of its streams.
    Stream(StreamBeat),
}

/// A collector that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct CollectorBeat {
    /// Its id.
    pub collector: String,
    /// What its host calls itself: a label.
    pub host: Option<String>,
    /// Its version.
    pub version: String,
    /// When it began to collect, ms since the epoch by its own clock, as all of these times.
    pub started_ms: i64,
    /// When it said this.
    pub sent_ms: i64,
    /// Seconds until the next one is due.
    pub interval_s: u32,
    /// It was told to end: no other heartbeat follows, and that is no silence.
    pub stopping: bool,
    /// How many streams it has.
    pub streams: u64,
    /// Records that wait on its disk.
    pub spool_records: u64,
    /// Bytes that they take there.
    pub spool_bytes: u64,
    /// What it counts.
    pub counters: Counters,
}

/// A stream as far as it has come. One that stands still is told of every few minutes only.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct StreamBeat {
    /// The collector's id.
    pub collector: String,
    /// The stream's name.
    pub stream: String,
    /// Its generation.
    pub generation: u64,
    /// The number of its next record: so many of this generation were made, and all of them that
    /// were not dropped are confirmed by Kafka, but for the ones that wait.
    pub sequence: u64,
    /// The offset of that record.
    pub offset: u64,
    /// Records that were received and are not confirmed; `None` where that is not known.
    pub waiting_records: Option<u64>,
    /// Bytes that are not confirmed: of a file also those that are not read yet.
    pub waiting_bytes: u64,
    /// When the collector said this.
    pub sent_ms: i64,
    /// When the number last moved, as far as the collector has seen it.
    pub moved_ms: i64,
}

impl Heartbeat {
    /// The record's key: the topic keeps the last heartbeat of each.
    pub fn key(&self) -> String {
        match self {
            Self::Collector(beat) => beat.collector.clone(),
            Self::Stream(beat) => format!("{}\t{}", beat.collector, beat.stream),
        }
    }

    /// The record's value.
    pub fn value(&self) -> Vec<u8> {
        // Text and numbers: this cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What a value says; `None` where a later version wrote it, or somebody else.
    pub fn read(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }
}
