//! What a consumer reads, as whom, and the settings that follow.

use crate::{Config, Error, RECORD_BYTES_MAX};
use rdkafka::config::ClientConfig;
use std::time::Duration;

/// The longest time between two polls before the group takes the member for stuck. Long, because
/// a member that waits for a broker or a store to come back is not stuck.
pub const POLL_INTERVAL_MAX: Duration = Duration::from_secs(600);
/// How long the group waits for a member's heartbeat before it gives its partitions away. As
/// short as brokers allow by default: after a kill, nobody reads those partitions for this long.
pub const SESSION: Duration = Duration::from_secs(6);
/// Several heartbeats must fail before the session ends.
const HEARTBEAT: Duration = Duration::from_millis(1500);
/// How soon a new topic that matches the pattern is noticed.
const METADATA_REFRESH: Duration = Duration::from_secs(5);
/// Records read ahead, in KiB, of all partitions together.
const READ_AHEAD_KIB: usize = 32 * 1024;
/// Bytes asked for in one fetch from one partition.
const FETCH_PARTITION_BYTES: usize = 2 * 1024 * 1024;
/// Bytes asked for in one fetch; at least one of the largest records must fit.
const FETCH_BYTES: usize = 2 * RECORD_BYTES_MAX;
/// How long a partition waits once enough is read ahead. The default of a second starves a
/// consumer that empties its queue in less.
const READ_AHEAD_PAUSE: Duration = Duration::from_millis(20);

/// The topics that a consumer reads.
#[derive(Debug, Clone)]
pub enum Subscription {
    /// Topics by name.
    Topics(Vec<String>),
    /// Every topic whose name matches, also those that appear later. Begins with `^`.
    Pattern(String),
}

impl Subscription {
    /// One topic.
    pub fn topic(name: &str) -> Self {
        Self::Topics(vec![name.into()])
    }

    /// The raw topics of all agencies.
    pub fn raw() -> Self {
        Self::Pattern(model::topic::RAW_PATTERN.into())
    }

    /// As librdkafka takes them: a name that begins with `^` is a pattern.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::Topics(names) => names.iter().map(String::as_str).collect(),
            Self::Pattern(pattern) => vec![pattern],
        }
    }
}

/// What a consumer reads, and as whom.
#[derive(Debug, Clone)]
pub struct ConsumerOptions {
    /// The group that shares the partitions.
    pub group: String,
    /// What it reads.
    pub subscription: Subscription,
    /// Name that brokers and their logs see.
    pub client_id: String,
}

impl ConsumerOptions {
    /// A member of `group` that reads `subscription`.
    pub fn new(group: &str, subscription: Subscription) -> Self {
        Self { group: group.into(), subscription, client_id: group.into() }
    }

    pub(super) fn settings(&self, config: &Config) -> Result<ClientConfig, Error> {
        let ms = |duration: Duration| duration.as_millis().to_string();
        let mut settings = config.client(&self.client_id)?;
        settings
            .set("group.id", &self.group)
            // Offsets are committed by hand, after confirmation, and never otherwise.
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // The default, `largest`, would skip what came before the group's first commit.
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            .set("check.crcs", "true")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", ms(SESSION))
            .set("heartbeat.interval.ms", ms(HEARTBEAT))
            .set("max.poll.interval.ms", ms(POLL_INTERVAL_MAX))
            .set("topic.metadata.refresh.interval.ms", ms(METADATA_REFRESH))
            .set("queued.max.messages.kbytes", READ_AHEAD_KIB.to_string())
            .set("fetch.queue.backoff.ms", ms(READ_AHEAD_PAUSE))
            .set("fetch.message.max.bytes", FETCH_PARTITION_BYTES.to_string())
            .set("fetch.max.bytes", FETCH_BYTES.to_string())
            .set("receive.message.max.bytes", (FETCH_BYTES + RECORD_BYTES_MAX).to_string());
        Ok(settings)
    }
}
