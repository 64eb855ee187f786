//! The topics of Prohori, with the settings that its guarantees rest on.

use crate::RECORD_BYTES_MAX;
use model::{Agency, topic};

/// How much a batch may be larger than its one record: frame, key and headers.
const BATCH_OVERHEAD_BYTES: usize = 64 * 1024;

/// How long matches are kept: a restarted correlator reads back seven timespans of its longest
/// rule (four, where nothing waits for a window to close) and the lateness besides. That is enough
/// for timespans of a week; of a longer one, what is older is forgotten by a restart.
pub const MATCHES_KEPT_MS: i64 = 53 * 86_400_000;

/// A topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: i32,
    /// Settings, as Kafka names them.
    pub config: Vec<(String, String)>,
}

impl TopicSpec {
    /// A topic that takes records of up to [`RECORD_BYTES_MAX`], stamped on arrival.
    ///
    /// On arrival (`LogAppendTime`), because the store sorts rows by Kafka's time: the clock of a
    /// host that is years off must not decide where they lie.
    pub fn new(name: impl Into<String>, partitions: i32) -> Self {
        let bytes_max = RECORD_BYTES_MAX + BATCH_OVERHEAD_BYTES;
        Self { name: name.into(), partitions, config: Vec::new() }
            .with("max.message.bytes", &bytes_max.to_string())
            .with("message.timestamp.type", "LogAppendTime")
    }

    /// Sets or replaces one setting.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.config.retain(|(k, _)| k != key);
        self.config.push((key.into(), value.into()));
        self
    }

    /// The raw topic of `agency`.
    pub fn raw(agency: &Agency, partitions: i32) -> Self {
        Self::new(topic::raw(agency), partitions)
    }

    /// The topic of the heartbeats of `agency`'s collectors: the last one of each is kept for good.
    pub fn heartbeats(agency: &Agency) -> Self {
        // One partition: a thousand collectors write some hundred small records a second. Segments
        // are closed every hour, so that old heartbeats can be let go of.
        Self::new(topic::heartbeats(agency), 1)
            .with("cleanup.policy", "compact")
            .with("segment.ms", "3600000")
            .with("max.compaction.lag.ms", "86400000")
    }

    /// The topics that are there once, whatever the agencies.
    pub fn shared(partitions: i32) -> Vec<Self> {
        let plain = [topic::EVENTS, topic::ALERTS, topic::DEAD_LETTERS];
        let mut topics: Vec<_> =
            plain.into_iter().map(|name| Self::new(name, partitions)).collect();
        let kept = Self::new(topic::MATCHES, partitions);
        topics.push(kept.with("retention.ms", &MATCHES_KEPT_MS.to_string()));
        for name in [topic::CONTROL, topic::STREAMS] {
            topics.push(Self::new(name, partitions).with("cleanup.policy", "compact"));
        }
        topics
    }
}
