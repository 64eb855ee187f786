//! The loop of the normalizer and the detector: consume, process, produce, commit.
//!
//! Each thread is a member of the consumer group with a producer of its own. A record's offset is
//! committed once every record made from it, and from all before it in its partition, is confirmed
//! ([`crate::Watermark`]). What was in flight when a process is killed is made and sent again:
//! duplicates, never gaps, and always in the order of the raw partition.
//!
//! A failure that outlives librdkafka's own retries (a fatal producer, a refused record) ends the
//! thread's *session*: producer and consumer are dropped with all that is unconfirmed, and a new
//! pair begins at the committed offsets. So there is one way to recover, and it is the one that a
//! restart takes.

mod deliveries;
mod member;
mod metrics;
mod outbox;
mod recall;
mod session;
mod slots;

pub use metrics::Metrics;

use crate::admin::Committed;
use crate::{Config, ConsumerOptions, Error, Outgoing, Partition, ProducerOptions, Record};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a relay reads, writes and how often it commits.
#[derive(Debug, Clone)]
pub struct Options {
    /// The cluster.
    pub config: Config,
    /// What is read, and in which group.
    pub consumer: ConsumerOptions,
    /// How it is written.
    pub producer: ProducerOptions,
    /// Threads, each a member of the group; more than there are partitions would idle.
    pub threads: usize,
    /// How often offsets are committed. A kill replays up to this much.
    pub commit_interval: Duration,
    /// How long the end may wait for confirmations.
    pub drain: Duration,
}

impl Options {
    /// The usual intervals.
    pub fn new(config: Config, consumer: ConsumerOptions, threads: usize) -> Self {
        let producer =
            ProducerOptions { client_id: consumer.client_id.clone(), ..ProducerOptions::default() };
        Self {
            config,
            consumer,
            producer,
            threads: threads.max(1),
            commit_interval: Duration::from_millis(250),
            drain: Duration::from_secs(10),
        }
    }
}

/// What a stage must know again before it goes on with a partition.
///
/// A stage that remembers writes its memory to a compacted topic, as output of the records that it
/// processes: so the memory is confirmed before the offset is committed. What it learned since is
/// shown to it again. A stage that writes at least every `offsets` / 2 offsets forgets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recall {
    /// The compacted topic, written to the partition with the number of the one that was read.
    pub topic: &'static str,
    /// How many offsets before the committed one are shown again.
    pub offsets: i64,
}

/// What a service does with each record.
pub trait Stage {
    /// What [`Self::recall`] is to be shown when partitions begin to be read.
    fn recalls(&self) -> Option<Recall> {
        None
    }

    /// A record of the memory's topic, or one of an assigned partition that was processed before:
    /// there is nothing to send, only to remember.
    fn recall(&mut self, record: &Record<'_>) {
        let _ = record;
    }

    /// Makes any number of records of one. Must not block, and must not fail: a record that cannot
    /// be understood is sent on as a dead letter.
    fn process(&mut self, record: &Record<'_>, out: &mut dyn Outbox);

    /// Called when [`Self::process`] panicked on `record`, which is committed either way: the
    /// place to send a dead letter. Its state must be as good as before.
    fn panicked(&mut self, record: &Record<'_>, message: &str, out: &mut dyn Outbox) {
        let _ = (record, message, out);
    }

    /// Whether the stage wants to be shown records of a partition again that were processed before,
    /// from [`Self::back_to`] on, because its state can only be had from them.
    fn reads_back(&self) -> bool {
        false
    }

    /// From which offset on records are to be shown again to a stage that [`Self::reads_back`];
    /// `committed` has what [`Self::note`] wrote.
    fn back_to(&mut self, partition: &Partition, committed: &Committed) -> i64 {
        let _ = partition;
        committed.offset
    }

    /// What to store beside the commit of `offset`, the next to read.
    fn note(&mut self, partition: &Partition, offset: i64) -> String {
        let _ = (partition, offset);
        String::new()
    }

    /// Called between records, at least every tenth of a second or so. What is sent is made of no
    /// record, so that no commit waits for it.
    fn tick(&mut self, out: &mut dyn Outbox) {
        let _ = out;
    }

    /// These partitions begin to be read by this stage.
    fn assigned(&mut self, partitions: &[Partition]) {
        let _ = partitions;
    }

    /// These partitions are read by this stage no longer.
    fn revoked(&mut self, partitions: &[Partition]) {
        let _ = partitions;
    }
}

/// Where a stage puts what it makes; also a place to stand in for Kafka (the filters, tests).
pub trait Outbox {
    /// Sends a record. Waits while the producer's queue is full. The only failure that is the
    /// stage's business is a record that no topic takes; it can be shortened and sent again.
    fn send(&mut self, record: &Outgoing<'_>) -> Result<(), TooLarge>;
}

/// A record larger than [`crate::RECORD_BYTES_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record of {bytes} bytes is larger than {bytes_max}")]
pub struct TooLarge {
    /// Its size.
    pub bytes: usize,
    /// The limit.
    pub bytes_max: usize,
}

/// Runs the relay on `options.threads` threads until `stop` says so, then drains it. Blocks.
///
/// `stage` makes the stage of each thread. `stop` is asked often. An error is one of
/// configuration; failures of Kafka are waited out, however long they last.
pub fn run<S: Stage>(
    options: &Options,
    metrics: &Metrics,
    stop: &(dyn Fn() -> bool + Sync),
    stage: &(dyn Fn(usize) -> S + Sync),
) -> Result<(), Error> {
    let failed = AtomicBool::new(false);
    let stop = || failed.load(Ordering::Relaxed) || stop();
    std::thread::scope(|scope| {
        let mut members = Vec::new();
        for index in 0..options.threads {
            let name = format!("{}-{index}", options.consumer.group);
            let member = member::Member { options, metrics, stop: &stop };
            let failed = &failed;
            let work = move || {
                let result = member.run(|| stage(index));
                failed.fetch_or(result.is_err(), Ordering::Relaxed);
                result
            };
            let thread = std::thread::Builder::new().name(name.clone()).spawn_scoped(scope, work);
            match thread {
                Ok(thread) => members.push(thread),
                Err(source) => {
                    failed.store(true, Ordering::Relaxed);
                    return Err(Error::Thread { name, source });
                }
            }
        }
        let results = members
            .into_iter()
            .map(|m| m.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        results.fold(Ok(()), Result::and)
    })
}
