//! A member of the consumer group: a thread that reads, encodes, announces and acknowledges, while
//! its batches are written beside it.

use crate::batch::{Kind, Taken};
use crate::metrics::Metrics;
use crate::note::Note;
use crate::partition::{Effect, Job, Machine};
use crate::write::Writer;
use crate::{Config, Error};
use backoff::Backoff;
use bus::{Commit, Consumer, ConsumerOptions, Partition, Polled, Record, Subscription};
use service::{Part, Shutdown};
use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// How long a poll waits while batches are under way: what a finished insert may wait for its
/// acknowledgement.
const POLL_BUSY: Duration = Duration::from_millis(10);
/// How long a poll waits otherwise.
const POLL_IDLE: Duration = Duration::from_millis(100);
/// Records between two looks at what is to be done.
const RECORDS_A_TURN: u32 = 256;
/// How long batches under way may take to end when the service does. What is not stored by then is
/// looked at after the next start.
const DRAIN: Duration = Duration::from_secs(5);
/// Ceilings of the waits after a commit or a look at commits failed.
const WAIT_BASE: Duration = Duration::from_millis(100);
const WAIT_CAP: Duration = Duration::from_secs(5);

/// One member.
pub(crate) struct Worker {
    consumer: Consumer,
    machines: HashMap<(Kind, i32), Slot>,
    writes: JoinSet<(u64, Job)>,
    writer: Writer,
    runtime: Handle,
    status: Part,
    shutdown: Shutdown,
    clock: Instant,
    /// Tells a partition that came back from the one that was lost.
    assignments: u64,
    retry: Backoff,
    commit_after: Instant,
}

struct Slot {
    machine: Machine,
    assignment: u64,
    paused: bool,
}

impl Worker {
    pub(crate) fn open(
        config: &Config,
        writer: Writer,
        status: Part,
        shutdown: Shutdown,
    ) -> Result<Self, Error> {
        let topics = crate::TOPICS.map(str::to_owned).to_vec();
        let options = ConsumerOptions::new(&config.loader.group, Subscription::Topics(topics));
        let now = Instant::now();
        Ok(Self {
            consumer: Consumer::open(&config.bus, &options)?,
            machines: HashMap::new(),
            writes: JoinSet::new(),
            writer,
            runtime: Handle::current(),
            status,
            shutdown,
            clock: now,
            assignments: 0,
            retry: Backoff::new(WAIT_BASE, WAIT_CAP, u64::from(std::process::id())),
            commit_after: now,
        })
    }

    /// Works until the shutdown begins; blocks.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        let mut records = 0;
        while !self.shutdown.has_begun() {
            let busy = self.machines.values().any(|slot| slot.machine.is_busy());
            let event = self.consumer.next(if busy { POLL_BUSY } else { POLL_IDLE })?;
            // The consumer is borrowed by the record; everything else is taken apart from it.
            let turn = match event {
                Polled::Record(message) => {
                    let now_ms = self.clock.elapsed().as_millis() as u64;
                    take(&mut self.machines, &self.writer.metrics, &message.record(), now_ms);
                    records += 1;
                    records % RECORDS_A_TURN == 0
                }
                Polled::Assigned(partitions) => {
                    self.assign(&partitions);
                    true
                }
                Polled::Revoked(partitions) => {
                    self.revoke(&partitions);
                    true
                }
                Polled::Lost(partitions) => {
                    self.forget(&partitions);
                    true
                }
                Polled::Idle => true,
            };
            if turn {
                self.turn();
            }
        }
        self.drain();
        Ok(())
    }

    /// Does what is to be done: finished writes, announcements, acknowledgements, pauses.
    fn turn(&mut self) {
        while let Some(ended) = self.writes.try_join_next() {
            match ended {
                Ok((assignment, job)) => self.written(assignment, &job),
                Err(error) => tracing::error!(%error, "a write ended without a result"),
            }
        }
        if Instant::now() >= self.commit_after {
            self.commit_due();
        }
        self.pause_and_resume();
        let buffered =
            self.machines.values().map(|slot| slot.machine.buffered_bytes()).sum::<usize>();
        self.writer.metrics.buffered_bytes.set(buffered as i64);
    }

    fn written(&mut self, assignment: u64, job: &Job) {
        let metrics = &self.writer.metrics;
        if job.batch.newest_ms > 0 {
            let lag_ms = (unix_ms() - job.batch.newest_ms).max(0);
            metrics.lag_ms.with_label_values(&[job.kind.topic()]).set(lag_ms);
            metrics.lag_seconds.observe(lag_ms as f64 / 1_000.0);
        }
        let slot = self.machines.get_mut(&(job.kind, job.partition));
        if let Some(slot) = slot.filter(|slot| slot.assignment == assignment) {
            slot.machine.written();
        }
    }

    /// Commits what all partitions want committed, in one request.
    fn commit_due(&mut self) {
        let now_ms = self.clock.elapsed().as_millis() as u64;
        let mut wanted = Vec::new();
        for (key, slot) in &mut self.machines {
            let effect = slot.machine.next(now_ms).or_else(|| slot.machine.settle());
            if let Some(Effect::Commit { offset, metadata, marks_lost }) = effect {
                self.writer.metrics.marks_lost.inc_by(marks_lost as u64);
                wanted.push((*key, offset, metadata));
            }
        }
        if wanted.is_empty() {
            return;
        }
        let confirmed = self.commit(&wanted);
        for (key, ..) in wanted {
            let Some(slot) = self.machines.get_mut(&key) else { continue };
            if let Some(Effect::Write(job)) = slot.machine.committed(confirmed) {
                let (writer, assignment) = (self.writer.clone(), slot.assignment);
                let write = async move { (assignment, writer.write(job).await) };
                self.writes.spawn_on(write, &self.runtime);
            }
        }
    }

    fn commit(&mut self, wanted: &[((Kind, i32), i64, String)]) -> bool {
        let commits: Vec<Commit<'_>> = wanted
            .iter()
            .map(|((kind, partition), offset, metadata)| Commit {
                topic: kind.topic(),
                partition: *partition,
                offset: *offset,
                metadata,
            })
            .collect();
        match self.consumer.commit(&commits) {
            Ok(()) => {
                self.retry.reset();
                self.status.up();
                true
            }
            Err(error) => {
                let text = service::telemetry::chain(&error);
                tracing::warn!(error = text, "cannot commit; trying again");
                self.writer.metrics.retries.with_label_values(&["commit"]).inc();
                self.status.down(text);
                self.commit_after = Instant::now() + self.retry.wait();
                false
            }
        }
    }

    /// Partitions that hold all they may are not read on until a batch of theirs is written.
    fn pause_and_resume(&mut self) {
        let (mut pause, mut resume, mut paused) = (Vec::new(), Vec::new(), 0);
        for ((kind, partition), slot) in &mut self.machines {
            let saturated = slot.machine.is_saturated();
            if saturated != slot.paused {
                let list = if saturated { &mut pause } else { &mut resume };
                list.push(Partition::new(kind.topic(), *partition));
                slot.paused = saturated;
            }
            paused += i64::from(saturated);
        }
        self.writer.metrics.paused.set(paused);
        for (list, done) in
            [(&pause, self.consumer.pause(&pause)), (&resume, self.consumer.resume(&resume))]
        {
            if let (false, Err(error)) = (list.is_empty(), done) {
                tracing::warn!(%error, "cannot pause or resume reading");
            }
        }
    }

    /// Begins partitions where the group left them. Without that knowledge nothing may be read, so
    /// it is asked for until it comes.
    fn assign(&mut self, partitions: &[Partition]) {
        let committed = loop {
            match self.consumer.committed(partitions) {
                Ok(committed) => break committed,
                Err(_) if self.shutdown.has_begun() => return,
                Err(error) => {
                    tracing::warn!(%error, "cannot read committed offsets; trying again");
                    self.status.down("cannot read committed offsets");
                    std::thread::sleep(self.retry.wait());
                }
            }
        };
        self.retry.reset();
        self.status.up();
        for (partition, committed) in partitions.iter().zip(committed) {
            let Some(kind) = Kind::of(&partition.topic) else { continue };
            let (offset, metadata) =
                committed.map_or((0, String::new()), |c| (c.offset, c.metadata));
            let note = Note::decode(&metadata).unwrap_or_else(|| {
                tracing::error!(%partition, offset, metadata, "the note beside the offset is not ours");
                Note::default()
            });
            tracing::info!(%partition, offset, announced = ?note.batch, "partition begins");
            self.assignments += 1;
            let machine = Machine::new(kind, partition.partition, offset, note);
            let slot = Slot { machine, assignment: self.assignments, paused: false };
            self.machines.insert((kind, partition.partition), slot);
        }
    }

    /// Says what is stored of partitions that go away. A batch under way stays announced: the next
    /// owner looks whether it is stored.
    fn revoke(&mut self, partitions: &[Partition]) {
        let mut wanted = Vec::new();
        for partition in partitions {
            let Some(kind) = Kind::of(&partition.topic) else { continue };
            let key = (kind, partition.partition);
            let settle = self.machines.get_mut(&key).and_then(|slot| slot.machine.settle());
            if let Some(Effect::Commit { offset, metadata, .. }) = settle {
                wanted.push((key, offset, metadata));
            }
        }
        if !wanted.is_empty() {
            self.commit(&wanted);
        }
        self.forget(partitions);
    }

    fn forget(&mut self, partitions: &[Partition]) {
        for partition in partitions {
            tracing::info!(%partition, "partition ends");
            if let Some(kind) = Kind::of(&partition.topic) {
                self.machines.remove(&(kind, partition.partition));
            }
        }
    }

    /// Waits a while for the batches under way and says what is stored.
    fn drain(&mut self) {
        let runtime = self.runtime.clone();
        let deadline = Instant::now() + DRAIN;
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            let next = self.writes.join_next();
            match runtime.block_on(async { tokio::time::timeout(left, next).await }) {
                Ok(Some(Ok((assignment, job)))) => self.written(assignment, &job),
                Ok(Some(Err(error))) => tracing::error!(%error, "a write ended without a result"),
                Ok(None) | Err(_) => break,
            }
        }
        let settled = self.machines.iter_mut().filter_map(|(key, slot)| {
            match slot.machine.settle_stored()? {
                Effect::Commit { offset, metadata, .. } => Some((*key, offset, metadata)),
                Effect::Write(_) => None,
            }
        });
        let settled: Vec<_> = settled.collect();
        if !settled.is_empty() {
            self.commit(&settled);
        }
    }
}

fn take(
    machines: &mut HashMap<(Kind, i32), Slot>,
    metrics: &Metrics,
    record: &Record<'_>,
    now_ms: u64,
) {
    let kind = Kind::of(record.topic);
    let slot = kind.and_then(|kind| machines.get_mut(&(kind, record.partition)));
    let Some(slot) = slot else {
        // Cannot be: what is read is what was assigned. Not read means not committed.
        tracing::error!(topic = record.topic, "a record of a partition that is not ours");
        return;
    };
    match slot.machine.take(record, now_ms) {
        Taken::Row => {}
        Taken::Repeated => metrics.repeated.with_label_values(&[record.topic]).inc(),
        Taken::Bad => metrics.bad.with_label_values(&[record.topic]).inc(),
    }
}

fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
