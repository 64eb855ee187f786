//! One consumer and one producer, from joining the group to a failure or the end.

use super::deliveries::{Deliveries, Tag};
use super::outbox::{Cut, KafkaOutbox, wait};
use super::slots::Slots;
use super::{Metrics, Options, Stage, recall};
use crate::{Commit, Consumer, Error, Partition, Polled, Producer, Record};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a poll waits for a record; also how late the end and a commit may be noticed.
const POLL: Duration = Duration::from_millis(100);
/// Records taken between two looks at confirmations and the clock's commit time.
const TURN_RECORDS: usize = 256;
/// Records read and not yet committable; 16 bytes each. Reached only where one partition's broker
/// stands still while others go on, for the producer's queue is smaller.
const IN_FLIGHT_RECORDS_MAX: usize = 400_000;
/// How long a partition that is taken away may wait for confirmations; what is still open then is
/// made again by the next owner.
const REVOKE_FLUSH: Duration = Duration::from_secs(3);

pub(super) struct Session<'a> {
    // Dropped first, so that no confirmation is waited for once the partitions are given back.
    producer: Producer,
    consumer: Consumer,
    books: Books<'a>,
}

/// Everything but the two clients, which stay borrowed while a record is looked at.
struct Books<'a> {
    options: &'a Options,
    metrics: &'a Metrics,
    stop: &'a (dyn Fn() -> bool + Sync),
    deliveries: Arc<Deliveries>,
    slots: Slots,
    confirmed: Vec<Tag>,
    commit_at: Instant,
    commits_failed: u64,
    /// What this session has added to the gauges.
    shown: (i64, i64),
}

impl<'a> Session<'a> {
    pub(super) fn open(
        options: &'a Options,
        metrics: &'a Metrics,
        stop: &'a (dyn Fn() -> bool + Sync),
    ) -> Result<Self, Error> {
        let deliveries = Arc::new(Deliveries::default());
        let mailbox = deliveries.clone();
        let producer = Producer::open(&options.config, &options.producer, move |tag, outcome| {
            mailbox.put(tag, outcome);
        })?;
        let consumer = Consumer::open(&options.config, &options.consumer)?;
        let books = Books {
            options,
            metrics,
            stop,
            deliveries,
            slots: Slots::default(),
            confirmed: Vec::new(),
            commit_at: Instant::now() + options.commit_interval,
            commits_failed: 0,
            shown: (0, 0),
        };
        Ok(Self { producer, consumer, books })
    }

    /// Works until the relay is to stop (`Ok`, after draining) or the session is broken.
    pub(super) fn run<S: Stage>(&mut self, stage: &mut S) -> Result<(), Error> {
        while !(self.books.stop)() {
            match self.turn(stage) {
                Ok(()) => {}
                Err(Cut::Stopped) => break,
                Err(Cut::Failed(error)) => return Err(error),
            }
        }
        self.drain(stage)
    }

    fn turn<S: Stage>(&mut self, stage: &mut S) -> Result<(), Cut> {
        let Self { producer, consumer, books } = self;
        books.make_room()?;
        for _ in 0..TURN_RECORDS {
            match consumer.next(POLL).map_err(Cut::Failed)? {
                Polled::Record(message) => books.handle(producer, &message.record(), stage)?,
                Polled::Idle => break,
                Polled::Assigned(partitions) => {
                    let starts =
                        recall::starts(&books.options.config, consumer, &partitions, stage)
                            .map_err(Cut::Failed)?;
                    partitions
                        .iter()
                        .zip(starts)
                        .for_each(|(p, at)| books.slots.add(p.clone(), at));
                    stage.assigned(&partitions);
                }
                Polled::Revoked(partitions) => {
                    books.release(producer, consumer, &partitions, stage).map_err(Cut::Failed)?;
                    stage.revoked(&partitions);
                }
                Polled::Lost(partitions) => {
                    books.slots.remove(&partitions);
                    stage.revoked(&partitions);
                }
            }
            if Instant::now() >= books.commit_at {
                break;
            }
        }
        books.tick(producer, stage)?;
        books.settle().map_err(Cut::Failed)?;
        books.commit_when_due(consumer, stage);
        Ok(())
    }

    /// Waits for what is under way and commits it; what does not make it is read again next time.
    fn drain<S: Stage>(&mut self, stage: &mut S) -> Result<(), Error> {
        let Self { producer, consumer, books } = self;
        if let Err(error) = producer.flush(books.options.drain) {
            tracing::warn!(%error, "records left unconfirmed; they will be made again");
        }
        let settled = books.settle();
        books.commit_now(consumer, None, stage);
        settled
    }
}

impl Books<'_> {
    /// Lets the stage send what no record asked for.
    fn tick<S: Stage>(&mut self, producer: &Producer, stage: &mut S) -> Result<(), Cut> {
        let mut out = KafkaOutbox {
            producer,
            deliveries: &self.deliveries,
            metrics: self.metrics,
            stop: self.stop,
            held: None,
            cut: None,
        };
        stage.tick(&mut out);
        out.cut.map_or(Ok(()), Err)
    }

    fn handle<S: Stage>(
        &mut self,
        producer: &Producer,
        record: &Record<'_>,
        stage: &mut S,
    ) -> Result<(), Cut> {
        let Record { topic, partition, offset, .. } = *record;
        if let Some(slot) = self.slots.find(topic, partition)
            && offset >= slot.begins
            && !slot.watermark.begin(offset)
        {
            tracing::warn!(
                topic,
                partition,
                offset,
                "offsets began anew: was the topic recreated?"
            );
            self.slots.restart(topic, partition);
            if let Some(slot) = self.slots.find(topic, partition) {
                slot.watermark.begin(offset);
            }
        }
        // A record of a partition that is no longer ours: its next owner reads it.
        let Some(slot) = self.slots.find(topic, partition) else { return Ok(()) };
        if offset < slot.begins {
            stage.recall(record);
            return Ok(());
        }
        self.metrics.records_in.inc();
        self.metrics.bytes_in.inc_by(record.value.len() as u64);
        let mut out = KafkaOutbox {
            producer,
            deliveries: &self.deliveries,
            metrics: self.metrics,
            stop: self.stop,
            held: Some((&mut slot.watermark, Tag::new(slot.number, offset))),
            cut: None,
        };
        process(stage, record, &mut out);
        match out.cut {
            Some(cut) => Err(cut),
            None => {
                slot.watermark.confirm(offset);
                Ok(())
            }
        }
    }

    /// Applies what was confirmed since the last time.
    fn settle(&mut self) -> Result<(), Error> {
        let outcome = self.deliveries.take(&mut self.confirmed);
        for tag in self.confirmed.drain(..) {
            self.slots.confirm(tag);
        }
        let now = (self.slots.len() as i64, self.slots.in_flight() as i64);
        self.show(now);
        outcome.map_err(Error::from)
    }

    fn make_room(&mut self) -> Result<(), Cut> {
        let since = Instant::now();
        while self.slots.in_flight() > IN_FLIGHT_RECORDS_MAX {
            self.metrics.waits.inc();
            let cut = wait(&self.deliveries, self.stop, since);
            self.settle().map_err(Cut::Failed)?;
            cut.map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    fn commit_when_due<S: Stage>(&mut self, consumer: &Consumer, stage: &mut S) {
        let now = Instant::now();
        if now < self.commit_at {
            return;
        }
        self.commit_at = now + self.options.commit_interval;
        let failed = consumer.commits_failed();
        if failed > self.commits_failed {
            self.metrics.commit_failures.inc_by(failed - self.commits_failed);
            self.commits_failed = failed;
            self.slots.commit_again();
        }
        let commits = self.slots.commits(None);
        self.commit(&commits, stage, |commits| consumer.commit_async(commits));
    }

    fn commit_now<S: Stage>(
        &mut self,
        consumer: &Consumer,
        only: Option<&[Partition]>,
        stage: &mut S,
    ) {
        if only.is_none() {
            self.slots.commit_again();
        }
        let commits = self.slots.commits(only);
        self.commit(&commits, stage, |commits| consumer.commit(commits));
    }

    /// A commit that is refused is no failure: the offsets are committed with the next one, or
    /// the records are made again.
    fn commit<S: Stage>(
        &mut self,
        offsets: &[(Partition, i64)],
        stage: &mut S,
        commit: impl FnOnce(&[Commit<'_>]) -> Result<(), Error>,
    ) {
        if offsets.is_empty() {
            return;
        }
        let notes: Vec<String> = offsets.iter().map(|(p, offset)| stage.note(p, *offset)).collect();
        let commits: Vec<_> = offsets
            .iter()
            .zip(&notes)
            .map(|((p, offset), note)| Commit {
                topic: &p.topic,
                partition: p.partition,
                offset: *offset,
                metadata: note,
            })
            .collect();
        self.metrics.commits.inc();
        if let Err(error) = commit(&commits) {
            tracing::debug!(%error, "commit refused");
            self.metrics.commit_failures.inc();
            self.slots.commit_again();
        }
    }

    /// Settles partitions that another member is to have.
    fn release<S: Stage>(
        &mut self,
        producer: &Producer,
        consumer: &Consumer,
        partitions: &[Partition],
        stage: &mut S,
    ) -> Result<(), Error> {
        if let Err(error) = producer.flush(REVOKE_FLUSH) {
            tracing::debug!(%error, "records unconfirmed as their partition goes");
        }
        let settled = self.settle();
        self.commit_now(consumer, Some(partitions), stage);
        self.slots.remove(partitions);
        settled
    }

    fn show(&mut self, now: (i64, i64)) {
        self.metrics.partitions.add(now.0 - self.shown.0);
        self.metrics.in_flight.add(now.1 - self.shown.1);
        self.shown = now;
    }
}

impl Drop for Books<'_> {
    fn drop(&mut self) {
        self.show((0, 0));
    }
}

/// A panic is a bug in the stage; it costs that record its event, not everybody the service.
fn process<S: Stage>(stage: &mut S, record: &Record<'_>, out: &mut KafkaOutbox<'_>) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(|| stage.process(record, out))) else { return };
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    let message = text.unwrap_or_else(|| "unknown".into());
    let Record { topic, partition, offset, .. } = *record;
    tracing::error!(topic, partition, offset, message, "processing a record panicked");
    out.metrics.panics.inc();
    if catch_unwind(AssertUnwindSafe(|| stage.panicked(record, &message, out))).is_err() {
        tracing::error!(topic, partition, offset, "its dead letter panicked too: record dropped");
    }
}
