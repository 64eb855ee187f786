//! One partition's way into the store, as a state machine without clock, network or threads.
//!
//! Batches are cut by rows, bytes or time. Each is *announced* by a commit of its first offset with
//! a [`Note`] that holds its end; when that is confirmed it is written; the next announcement, or a
//! commit without a batch when there is nothing to follow, acknowledges it. After a restart the
//! announced batch is cut at exactly the same offsets again, with the same marks, and so makes the
//! same rows.

use crate::batch::{Batch, Filling, Kind, Taken};
use crate::high_water::HighWater;
use crate::note::{Announced, Note};
use bus::Record;

/// Rows of a batch: large enough that parts stay few, small enough that a look after a doubt
/// (some 50,000 offsets) is cheap.
pub(crate) const BATCH_ROWS_MAX: usize = 50_000;
/// Bytes of a batch's bodies. Each partition holds at most two batches and what is being added:
/// four partitions of events stay below 200 MiB.
pub(crate) const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long the first record of a batch waits for others. Half a second keeps the way from line
/// to store below two seconds, and parts at two a second and partition.
pub(crate) const BATCH_WAIT_MS: u64 = 500;

/// How long a batch announced before a restart is waited for. Its last records may be gone (a log
/// cut short by a power failure), and what is there must not wait for ever; but mostly it is Kafka
/// that is away, and then waiting is right.
pub(crate) const REPLAY_WAIT_MS: u64 = 600_000;

/// What the machine wants done next.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Commit this offset with this metadata, then call [`Machine::committed`].
    Commit { offset: i64, metadata: String, marks_lost: usize },
    /// Store this batch, then call [`Machine::written`].
    Write(Job),
}

/// A batch to store.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) kind: Kind,
    pub(crate) partition: i32,
    pub(crate) batch: Batch,
    /// Whether an earlier try may have stored it already.
    pub(crate) replayed: bool,
}

/// What is under way.
enum Phase {
    Idle,
    /// The announcement of the batch is being committed; `asked` once [`Effect::Commit`] was given.
    Announcing {
        batch: Batch,
        asked: bool,
    },
    Writing {
        end: i64,
    },
    /// All is stored; a commit without a batch is under way.
    Settling,
}

/// One partition.
pub(crate) struct Machine {
    kind: Kind,
    partition: i32,
    high: HighWater,
    filling: Filling,
    ready: Option<Batch>,
    phase: Phase,
    /// What was announced before a restart and not yet cut again.
    replay: Option<Announced>,
    /// What lies before this offset may be stored already.
    doubtful_before: i64,
    /// The same of a restored backup, which nothing waits for.
    restored: Option<i64>,
    /// Everything before is stored.
    stored: i64,
    /// What the group has committed, when it is all stored.
    settled: Option<i64>,
}

impl Machine {
    /// A partition that is read from `offset` on, with the note beside that offset.
    pub(crate) fn new(kind: Kind, partition: i32, offset: i64, note: Note) -> Self {
        let settled = note.batch.is_none().then_some(offset);
        Self {
            kind,
            partition,
            filling: Filling::new(kind, offset, note.high.clone()),
            high: note.high,
            ready: None,
            phase: Phase::Idle,
            // A batch that ends where it begins would never be cut.
            replay: note.batch.filter(|batch| batch.end > offset),
            doubtful_before: note.batch.map_or(offset, |batch| batch.end),
            restored: note.restored,
            stored: offset,
            settled,
        }
    }

    /// Adds a record; offsets only rise.
    pub(crate) fn take(&mut self, record: &Record<'_>, now_ms: u64) -> Taken {
        if self.filling.is_empty() && self.replay.is_none() {
            // Nobody knows yet where the first record lies, nor what retention has deleted.
            self.filling.start = record.offset;
            self.filling.end = record.offset;
        }
        if let Some(replay) = self.replay.filter(|replay| record.offset >= replay.end) {
            // The announced batch ends before this record: offsets are missing at its end.
            self.cut_replay(replay);
        }
        let taken = self.filling.take(self.kind, record, &mut self.high, now_ms);
        match self.replay {
            Some(replay) if record.offset + 1 >= replay.end => self.cut_replay(replay),
            None if self.is_full() && self.ready.is_none() => self.cut(self.filling.end),
            _ => {}
        }
        taken
    }

    /// What is to be done now, if anything.
    pub(crate) fn next(&mut self, now_ms: u64) -> Option<Effect> {
        if matches!(self.phase, Phase::Idle) {
            self.begin(now_ms);
        }
        match &mut self.phase {
            Phase::Announcing { batch, asked } if !*asked => {
                *asked = true;
                let announced = Announced { end: batch.end, rows: batch.rows };
                let (offset, high) = (batch.start, batch.before.clone());
                let restored = self.restored.filter(|end| offset < *end);
                let (metadata, marks_lost) =
                    Note { batch: Some(announced), high, restored }.encode();
                Some(Effect::Commit { offset, metadata, marks_lost })
            }
            _ => None,
        }
    }

    /// The commit that [`Self::next`] asked for is done, or its outcome unknown. What is to be
    /// written now, if anything.
    pub(crate) fn committed(&mut self, confirmed: bool) -> Option<Effect> {
        match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Announcing { batch, .. } if confirmed => {
                self.phase = Phase::Writing { end: batch.end };
                self.settled = None;
                let (kind, partition) = (self.kind, self.partition);
                let doubtful = self.doubtful_before.max(self.restored.unwrap_or_default());
                let replayed = batch.start < doubtful;
                Some(Effect::Write(Job { kind, partition, batch, replayed }))
            }
            Phase::Announcing { batch, .. } => {
                self.phase = Phase::Announcing { batch, asked: false };
                None
            }
            Phase::Settling if confirmed => {
                self.settled = Some(self.stored);
                None
            }
            Phase::Settling => None,
            other => {
                self.phase = other;
                None
            }
        }
    }

    /// The batch is stored.
    pub(crate) fn written(&mut self) {
        if let Phase::Writing { end } = self.phase {
            self.stored = end;
            self.phase = Phase::Idle;
        }
    }

    /// When nothing follows what is stored: the commit that says so.
    pub(crate) fn settle(&mut self) -> Option<Effect> {
        let idle = matches!(self.phase, Phase::Idle) && self.ready.is_none();
        let done = idle && self.filling.rows() == 0 && !self.is_doubtful();
        if done && !self.filling.is_empty() {
            // Nothing but repetitions: there is nothing to write.
            self.stored = self.filling.end;
            self.filling = Filling::new(self.kind, self.stored, self.high.clone());
        }
        if !done || self.settled == Some(self.stored) {
            return None;
        }
        self.phase = Phase::Settling;
        let restored = self.restored.filter(|end| self.stored < *end);
        let note = Note { batch: None, high: self.high.clone(), restored };
        let (metadata, marks_lost) = note.encode();
        Some(Effect::Commit { offset: self.stored, metadata, marks_lost })
    }

    /// At the end of the service: the commit that says what is stored, leaving out what was read
    /// and not announced.
    pub(crate) fn settle_stored(&mut self) -> Option<Effect> {
        if !matches!(self.phase, Phase::Idle) || self.is_doubtful() {
            return None;
        }
        let marks = self.ready.take().map_or(self.filling.before.clone(), |batch| batch.before);
        self.filling = Filling::new(self.kind, self.stored, marks.clone());
        self.high = marks;
        self.settle()
    }

    /// Whether it holds as much as it may, so that reading should pause.
    pub(crate) fn is_saturated(&self) -> bool {
        self.ready.is_some() && self.is_full()
    }

    /// Whether records or batches are under way.
    pub(crate) fn is_busy(&self) -> bool {
        !matches!(self.phase, Phase::Idle) || self.ready.is_some() || !self.filling.is_empty()
    }

    /// Bytes of rows that are not yet being written.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.filling.bytes() + self.ready.as_ref().map_or(0, |batch| batch.bytes)
    }

    /// Whether something that was announced before the restart may be stored, and nobody knows yet:
    /// the announcement must then stay where it is.
    fn is_doubtful(&self) -> bool {
        self.stored < self.doubtful_before
    }

    fn is_full(&self) -> bool {
        self.filling.rows() >= BATCH_ROWS_MAX || self.filling.bytes() >= BATCH_BYTES_MAX
    }

    /// Takes up the next batch, if there is one whose time has come.
    fn begin(&mut self, now_ms: u64) {
        let waited_ms = now_ms.saturating_sub(self.filling.since_ms);
        let due = self.filling.rows() > 0 && (waited_ms >= BATCH_WAIT_MS || self.is_full());
        match self.replay {
            Some(_) if !self.filling.is_empty() && waited_ms >= REPLAY_WAIT_MS => {
                self.cut_replay(Announced { end: self.filling.end, rows: 0 });
            }
            None if self.ready.is_none() && due => self.cut(self.filling.end),
            _ => {}
        }
        if let Some(batch) = self.ready.take() {
            self.phase = Phase::Announcing { batch, asked: false };
        }
    }

    /// The batch that was announced before the restart is whole. It has been committed already,
    /// but by another member: it is announced again, which also fences that one off.
    fn cut_replay(&mut self, replay: Announced) {
        self.cut(replay.end);
        self.replay = None;
        let rows = self.ready.as_ref().map_or(0, |batch| batch.rows);
        if rows != replay.rows {
            let (topic, partition) = (self.kind.topic(), self.partition);
            tracing::warn!(
                topic,
                partition,
                announced = replay.rows,
                found = rows,
                "a batch announced before the restart has another number of rows now: \
                 another version wrote it, or retention deleted records that were not stored"
            );
        }
    }

    fn cut(&mut self, end: i64) {
        let next = Filling::new(self.kind, end, self.high.clone());
        self.ready = Some(std::mem::replace(&mut self.filling, next).close(end));
    }
}
