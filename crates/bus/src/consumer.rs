//! Reading records as a member of a group, one event at a time and without copying.
//!
//! A consumer belongs to one thread, which calls [`Consumer::next`] in a loop. Rebalances come
//! out of that call as events like records do, rather than as callbacks from inside librdkafka:
//! the owner settles its books (commits what is confirmed, drops what is not), and the next call
//! of `next` carries the rebalance out.
//!
//! Assignment is cooperative-sticky: when an agency's topic appears or a member joins, only the
//! partitions that move stand still. Membership is dynamic: with static membership, librdkafka
//! 2.12 ends fatally when it is fenced (librdkafka issue 5585).

mod context;
mod options;

pub use options::{ConsumerOptions, POLL_INTERVAL_MAX, SESSION, Subscription};

use crate::admin::{Committed, fetch_committed};
use crate::{Config, Error, Record};
use context::{Context, Rebalance};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a seek or a look at committed offsets may take.
const REQUEST: Duration = Duration::from_secs(10);

/// The most that can be stored beside an offset: a string's length has 15 bits in Kafka's protocol,
/// and a broker closes the connection on a longer one.
pub const COMMIT_METADATA_BYTES_MAX: usize = 32_767;

/// A partition of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition {
    /// The topic.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
}

impl Partition {
    /// Partition number `partition` of `topic`.
    pub fn new(topic: impl Into<String>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

/// What a commit says: up to where, and a note beside it.
#[derive(Debug, Clone, Copy)]
pub struct Commit<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The next offset to read.
    pub offset: i64,
    /// Stored beside the offset; at most [`COMMIT_METADATA_BYTES_MAX`], and at most what the
    /// broker's `offset.metadata.max.bytes` says (4,096 unless set).
    pub metadata: &'a str,
}

/// What [`Consumer::next`] found.
#[derive(Debug)]
pub enum Polled<'a> {
    /// A record.
    Record(Message<'a>),
    /// These partitions are ours now. They start at their committed offset, or where
    /// [`Consumer::start_at`] says before the next call.
    Assigned(Vec<Partition>),
    /// These partitions go away with the next call: commit what is confirmed of them now.
    Revoked(Vec<Partition>),
    /// These partitions are gone already (the group took us for dead): do not commit them.
    Lost(Vec<Partition>),
    /// Nothing within the timeout.
    Idle,
}

/// A record in librdkafka's own memory.
#[derive(Debug)]
pub struct Message<'a>(BorrowedMessage<'a>);

impl Message<'_> {
    /// The record, borrowed from the message.
    pub fn record(&self) -> Record<'_> {
        Record::kafka(&self.0)
    }
}

/// A member of a consumer group. Dropping it leaves the group, which may take seconds: drop it on
/// a thread that may block.
pub struct Consumer {
    base: BaseConsumer<Context>,
    group: String,
    pending: Mutex<Pending>,
}

/// The rebalance that the owner was told of and that the next call of `next` carries out.
#[derive(Default)]
struct Pending {
    rebalance: Option<Rebalance>,
    starts: HashMap<Partition, i64>,
}

impl Consumer {
    /// Joins `options.group`; no broker need be there yet, nor any topic that matches.
    pub fn open(config: &Config, options: &ConsumerOptions) -> Result<Self, Error> {
        let settings = options.settings(config)?;
        let base = BaseConsumer::from_config_and_context(&settings, Context::default())
            .map_err(|source| Error::Create { what: "consumer", source })?;
        let topics = options.subscription.names();
        base.subscribe(&topics)
            .map_err(|source| Error::Request { what: format!("subscribe {topics:?}"), source })?;
        Ok(Self { base, group: options.group.clone(), pending: Mutex::default() })
    }

    /// The next event, waiting for it at most `timeout`. Carries out the rebalance that the call
    /// before returned.
    ///
    /// Must be called at least every [`POLL_INTERVAL_MAX`], or the group takes this
    /// member for stuck and gives its partitions away. Errors that pass by themselves are logged
    /// and come out as [`Polled::Idle`]; an `Err` means that this consumer is of no more use.
    pub fn next(&self, timeout: Duration) -> Result<Polled<'_>, Error> {
        self.carry_out()?;
        if let Some(event) = self.announce() {
            return Ok(event);
        }
        match self.base.poll(timeout) {
            Some(Ok(message)) => Ok(Polled::Record(Message(message))),
            Some(Err(KafkaError::MessageConsumptionFatal(code))) => Err(Error::Consumer {
                group: self.group.clone(),
                source: KafkaError::MessageConsumptionFatal(code),
            }),
            // The context has logged it.
            Some(Err(_)) => Ok(Polled::Idle),
            None => Ok(self.announce().unwrap_or(Polled::Idle)),
        }
    }

    /// Makes a partition that was just announced by [`Polled::Assigned`] start at `offset`.
    pub fn start_at(&self, partition: Partition, offset: i64) {
        self.pending().starts.insert(partition, offset);
    }

    /// Commits and waits for the group's coordinator. Fenced: fails when the partition belongs to
    /// another member by now.
    pub fn commit(&self, commits: &[Commit<'_>]) -> Result<(), Error> {
        self.commit_as(commits, CommitMode::Sync)
    }

    /// Begins to commit; [`Self::commits_failed`] tells of failures.
    pub fn commit_async(&self, commits: &[Commit<'_>]) -> Result<(), Error> {
        self.commit_as(commits, CommitMode::Async)
    }

    /// How many asynchronous commits failed so far; the next one makes up for it.
    pub fn commits_failed(&self) -> u64 {
        self.base.context().commits_failed()
    }

    /// What the group has committed, in the order of `partitions`.
    pub fn committed(&self, partitions: &[Partition]) -> Result<Vec<Option<Committed>>, Error> {
        fetch_committed(&self.base, partitions, REQUEST)
    }

    /// One past the last offset of `partition`.
    pub fn end(&self, partition: &Partition) -> Result<i64, Error> {
        let end = self.base.fetch_watermarks(&partition.topic, partition.partition, REQUEST);
        let (_, high) =
            end.map_err(|source| self.request(&format!("end of {partition}"), source))?;
        Ok(high)
    }

    /// The partitions that are ours.
    pub fn assignment(&self) -> Result<Vec<Partition>, Error> {
        let list = self.base.assignment().map_err(|source| self.request("assignment", source))?;
        Ok(partitions(&list))
    }

    /// Stops fetching from partitions that are ours.
    pub fn pause(&self, partitions: &[Partition]) -> Result<(), Error> {
        self.base.pause(&list(partitions)).map_err(|source| self.request("pause", source))
    }

    /// Goes on fetching where [`Self::pause`] stopped.
    pub fn resume(&self, partitions: &[Partition]) -> Result<(), Error> {
        self.base.resume(&list(partitions)).map_err(|source| self.request("resume", source))
    }

    /// Goes to `offset` in a partition that is ours and has begun to be read.
    pub fn seek(&self, partition: &Partition, offset: i64) -> Result<(), Error> {
        self.base
            .seek(&partition.topic, partition.partition, Offset::Offset(offset), REQUEST)
            .map_err(|source| self.request(&format!("seek {partition} to {offset}"), source))
    }

    fn commit_as(&self, commits: &[Commit<'_>], mode: CommitMode) -> Result<(), Error> {
        let mut list = TopicPartitionList::with_capacity(commits.len());
        for commit in commits {
            let mut element = list.add_partition(commit.topic, commit.partition);
            let failed = |source| self.request("commit", source);
            element.set_offset(Offset::Offset(commit.offset)).map_err(failed)?;
            let bytes = commit.metadata.len();
            if bytes > COMMIT_METADATA_BYTES_MAX {
                return Err(Error::Metadata { bytes, bytes_max: COMMIT_METADATA_BYTES_MAX });
            }
            if bytes > 0 {
                element.set_metadata(commit.metadata);
            }
        }
        if list.count() == 0 {
            return Ok(());
        }
        self.base.commit(&list, mode).map_err(|source| self.request("commit", source))
    }

    /// Takes the next rebalance from the context and makes it the pending one.
    fn announce(&self) -> Option<Polled<'_>> {
        let rebalance = self.base.context().take()?;
        let event = match &rebalance {
            Rebalance::Assign(list) => Polled::Assigned(partitions(list)),
            Rebalance::Revoke { list, lost: false } => Polled::Revoked(partitions(list)),
            Rebalance::Revoke { list, lost: true } => Polled::Lost(partitions(list)),
        };
        self.pending().rebalance = Some(rebalance);
        Some(event)
    }

    fn carry_out(&self) -> Result<(), Error> {
        let Pending { rebalance, starts } = std::mem::take(&mut *self.pending());
        let done = match rebalance {
            None => return Ok(()),
            Some(Rebalance::Assign(mut list)) => {
                for (p, offset) in starts {
                    list.set_partition_offset(&p.topic, p.partition, Offset::Offset(offset))
                        .map_err(|source| self.request(&format!("start {p}"), source))?;
                }
                self.base.incremental_assign(&list)
            }
            Some(Rebalance::Revoke { list, .. }) => self.base.incremental_unassign(&list),
        };
        done.map_err(|source| Error::Consumer { group: self.group.clone(), source })
    }

    fn carry_out_quietly(&self) {
        if let Err(error) = self.carry_out() {
            tracing::debug!(%error, "a rebalance was cut short by the consumer's end");
        }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request(&self, what: &str, source: KafkaError) -> Error {
        Error::Request { what: format!("{what} (group {})", self.group), source }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        // From here on the context answers rebalances itself: closing waits for the answers.
        self.base.context().close();
        self.carry_out_quietly();
        while self.announce().is_some() {
            self.carry_out_quietly();
        }
    }
}

fn partitions(list: &TopicPartitionList) -> Vec<Partition> {
    list.elements().iter().map(|e| Partition::new(e.topic(), e.partition())).collect()
}

fn list(partitions: &[Partition]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for p in partitions {
        list.add_partition(&p.topic, p.partition);
    }
    list
}
