//! Records that cannot be read again, kept on disk until Kafka has them.
//!
//! What sockets and standard input deliver is written to a [`spool`] of its stream first and sent
//! from there; it leaves the disk when it is confirmed, and when the producer fails it is sent
//! again. So a kill, a restart or an outage of Kafka of any length loses nothing that fits the
//! spool's limit, and what happens beyond that is the input's choice ([`spool::WhenFull`]), counted.
//! A record that waits for longer than a second is synced as well, and outlives a power cut.

mod entry;
mod lane;

use crate::Error;
use crate::header::Header;
use crate::heartbeat::Place;
use crate::metrics::QueueMetrics;
use crate::output::Output;
use crate::stream;
use frame::Cut;
use lane::Lane;
use model::RAW_BYTES_MAX;
use service::Part;
use spool::{Losses, Options, Pushed, Spool, WhenFull};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Records handed to the producer before confirmations are let in.
const SEND_MAX: usize = 1024;
/// Records of one stream before the next has its turn.
const TURN_MAX: usize = 256;

/// Which stream a record belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamId(usize);

/// A record as it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) cut: Option<Cut>,
    pub(crate) sender: Option<IpAddr>,
    pub(crate) collected_ms: i64,
}

/// How much of a stream may wait on disk, and what happens then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) bytes_max: u64,
    pub(crate) when_full: WhenFull,
}

/// A stream that is received from now on.
#[derive(Debug, Clone)]
pub(crate) struct StreamOptions {
    pub(crate) name: Arc<str>,
    pub(crate) generation: u64,
    pub(crate) collector: Arc<str>,
    pub(crate) source: Option<Arc<str>>,
    pub(crate) host: Option<Arc<str>>,
    pub(crate) limits: Limits,
}

impl StreamOptions {
    fn header(&self, generation: u64) -> Header {
        let (source, host) = (self.source.as_deref(), self.host.as_deref());
        Header::new(&self.collector, &self.name, generation, source, host)
    }
}

/// The queue; shared by inputs, the thread that sends, and the one that confirms.
pub(crate) struct Queue {
    dir: PathBuf,
    inner: Mutex<Inner>,
    /// Something is to be sent.
    work: Condvar,
    /// There is room again.
    room: Notify,
    metrics: QueueMetrics,
}

#[derive(Default)]
struct Inner {
    lanes: Vec<Lane>,
    /// Whose turn it is to be sent.
    turn: usize,
}

impl Queue {
    /// A queue whose spools lie in directories below `dir`.
    pub(crate) fn new(dir: &Path, metrics: QueueMetrics) -> Self {
        let (work, room) = (Condvar::new(), Notify::new());
        Self { dir: dir.into(), inner: Mutex::default(), work, room, metrics }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a stream, and what is left of it from before. Its records are numbered in the order in
    /// which they are pushed, whichever connection they came by.
    pub(crate) fn stream(&self, options: StreamOptions) -> Result<StreamId, Error> {
        let Limits { bytes_max, when_full } = options.limits;
        let dir = self.dir.join(dir_name(&options.name));
        let mut spool = Spool::open(&dir, Options { bytes_max, when_full, hook: None })?;
        let level = spool.level();
        if level.records > 0 {
            let (records, bytes) = (level.records, level.disk_bytes);
            tracing::info!(stream = %options.name, records, bytes, "going on with what was left");
        }
        self.count(&options.name, spool.take_losses());
        let mut inner = self.lock();
        inner.lanes.push(Lane::new(options, spool));
        self.note(&inner);
        Ok(StreamId(inner.lanes.len() - 1))
    }

    /// Adds the streams that have something left and are received no more: it is sent all the
    /// same. `like` says what they have in common.
    pub(crate) fn adopt(&self, like: &StreamOptions) -> Result<(), Error> {
        let Ok(entries) = std::fs::read_dir(&self.dir) else { return Ok(()) };
        for entry in entries.flatten() {
            let Some(name) = entry.file_name().to_str().map(name_of) else { continue };
            let known = self.lock().lanes.iter().any(|lane| *lane.name() == *name);
            let valid = model::origin::check_name("stream", &name).is_ok();
            if !known && valid && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.stream(StreamOptions { name: name.into(), ..like.clone() })?;
            }
        }
        Ok(())
    }

    /// Takes `records` until the stream's spool is full; how many it took or, if that is the
    /// stream's choice, dropped. They are safe after [`Self::flush`].
    pub(crate) fn push(&self, StreamId(stream): StreamId, records: &[Received<'_>]) -> usize {
        let mut inner = self.lock();
        let lane = &mut inner.lanes[stream];
        let mut taken = 0;
        for record in records {
            if lane.push(record) == Pushed::Full {
                self.metrics.full.inc();
                break;
            }
            self.metrics.record_bytes.inc_by(record.bytes.len() as u64);
            self.metrics.cut.inc_by(u64::from(record.cut.is_some()));
            taken += 1;
        }
        self.metrics.records.inc_by(taken as u64);
        taken
    }

    /// Writes what was pushed to disk, from where it is sent.
    pub(crate) fn flush(&self, StreamId(stream): StreamId) {
        let mut inner = self.lock();
        inner.lanes[stream].spool().flush();
        self.note(&inner);
        drop(inner);
        self.work.notify_one();
    }

    /// Writes what was pushed to disk, and waits until it would outlive a power cut.
    pub(crate) fn sync(&self, StreamId(stream): StreamId) -> std::io::Result<()> {
        self.flush(StreamId(stream));
        let unsynced = {
            let mut inner = self.lock();
            let spool = inner.lanes[stream].spool();
            // What is in memory is not safe at all.
            if let Some(error) = spool.failure() {
                return Err(error.kind().into());
            }
            spool.unsynced()
        };
        let Some(unsynced) = unsynced else { return Ok(()) };
        unsynced.sync()?;
        self.lock().lanes[stream].spool().synced(&unsynced);
        Ok(())
    }

    /// Takes all of `records`, waiting for room where there is none, and writes them to disk.
    ///
    /// # Cancel safety
    /// Not safe: when the future is dropped it is not known which records were taken.
    pub(crate) async fn push_all(&self, stream: StreamId, records: &[Received<'_>]) {
        self.push_room(stream, records).await;
        self.flush(stream);
    }

    /// As [`Self::push_all`], but for writing them, which is left to a [`Self::flush`] after more.
    ///
    /// # Cancel safety
    /// Not safe: when the future is dropped it is not known which records were taken.
    pub(crate) async fn push_room(&self, stream: StreamId, records: &[Received<'_>]) {
        let mut left = records;
        loop {
            left = &left[self.push(stream, left)..];
            let Some(next) = left.first() else { return };
            self.flush(stream);
            // It hears of room made from now on, so that none is missed between look and wait.
            let room = self.room.notified();
            if !self.has_room(stream, next.bytes.len()) {
                room.await;
            }
        }
    }

    /// Whether a record so long would be taken.
    pub(crate) fn has_room(&self, StreamId(stream): StreamId, bytes: usize) -> bool {
        self.lock().lanes[stream].spool().has_room_for(bytes + entry::HEAD_BYTES_MAX)
    }

    /// Whether everything was confirmed.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().lanes.iter().all(Lane::is_done)
    }

    /// How many records are not confirmed, and how many bytes of them are on no disk.
    pub(crate) fn left(&self) -> (u64, u64) {
        let inner = self.lock();
        let levels = inner.lanes.iter().map(Lane::level);
        levels.fold((0, 0), |(records, bytes), level| {
            (records + level.records, bytes + level.memory_bytes)
        })
    }

    /// How far each stream has come.
    pub(crate) fn places(&self) -> Vec<Place> {
        self.lock().lanes.iter().map(Lane::place).collect()
    }

    /// Records that wait, and the bytes that they take on disk.
    pub(crate) fn level(&self) -> (u64, u64) {
        let inner = self.lock();
        let levels = inner.lanes.iter().map(Lane::level);
        levels.fold((0, 0), |(records, bytes), l| (records + l.records, bytes + l.disk_bytes))
    }

    /// Waits until something is to be sent, at most for `timeout`.
    pub(crate) fn wait(&self, timeout: Duration) {
        let inner = self.lock();
        let idle = |inner: &mut Inner| !inner.lanes.iter().any(Lane::has_work);
        drop(self.work.wait_timeout_while(inner, timeout, idle));
    }

    /// Hands records to `out`, as many as it takes, up to a bound. `false`: it takes no more.
    pub(crate) fn send(&self, out: &mut impl Output, origin: &mut String) -> bool {
        let mut inner = self.lock();
        let (count, mut left, mut quiet) = (inner.lanes.len(), SEND_MAX, 0);
        while quiet < count && left > 0 {
            let turn = inner.turn % count;
            let (sent, took) = inner.lanes[turn].send(turn, left.min(TURN_MAX), out, origin);
            if !took {
                return false;
            }
            left -= sent;
            quiet = if sent == 0 { quiet + 1 } else { 0 };
            inner.turn = (turn + 1) % count;
        }
        true
    }

    /// A record was confirmed. Tags from before a rewind are passed over.
    pub(crate) fn confirm(&self, tag: u64) {
        let (stream, number) = lane::read_tag(tag);
        let mut inner = self.lock();
        let Some(lane) = inner.lanes.get_mut(stream) else { return };
        if lane.confirm(number) {
            drop(inner);
            self.room.notify_waiters();
        }
    }

    /// Sends everything again that is not confirmed: the producer was lost.
    pub(crate) fn rewind(&self) {
        let mut inner = self.lock();
        for lane in &mut inner.lanes {
            let (again, oldest) = lane.rewind();
            self.metrics.resent.inc_by(again as u64);
            self.count(lane.name(), Losses { oldest, ..Losses::default() });
        }
        drop(inner);
        self.work.notify_one();
    }

    /// To be called about every second: tends the spools, counts what they lost, syncs what waits
    /// for Kafka, and says through `part` how the disk is.
    pub(crate) fn tend(&self, part: &Part) {
        let mut inner = self.lock();
        let (mut failure, mut unsynced) = (None, Vec::new());
        for (index, lane) in inner.lanes.iter_mut().enumerate() {
            let (losses, waits) = lane.tend();
            self.count(lane.name(), losses);
            if waits && let Some(files) = lane.spool().unsynced() {
                unsynced.push((index, files));
            }
            failure = failure.or(lane.failure().map(|error| format!("cannot write: {error}")));
        }
        self.note(&inner);
        drop(inner);
        for (index, files) in unsynced {
            match files.sync() {
                Ok(()) => self.lock().lanes[index].spool().synced(&files),
                Err(error) => failure = Some(format!("cannot sync: {error}")),
            }
        }
        match failure {
            Some(reason) => {
                self.metrics.spool_errors.inc();
                part.down(reason);
            }
            None => part.up(),
        }
        self.room.notify_waiters();
    }

    /// Closes the spools: what is confirmed leaves the disk, what is not stays for the next start.
    pub(crate) fn close(&self) {
        for lane in &mut self.lock().lanes {
            lane.spool().close();
        }
    }

    fn count(&self, stream: &str, losses: Losses) {
        let Losses { oldest, newest, damaged } = losses;
        self.metrics.dropped_oldest.inc_by(oldest);
        self.metrics.dropped_newest.inc_by(newest);
        self.metrics.damaged.inc_by(damaged);
        if oldest + newest > 0 {
            tracing::error!(stream, oldest, newest, "lost: the spool was full");
        }
        if damaged > 0 {
            tracing::error!(stream, damaged, "lost: records on damaged parts of the disk");
        }
    }

    fn note(&self, inner: &Inner) {
        let (mut records, mut disk, mut memory) = (0, 0, 0);
        for level in inner.lanes.iter().map(Lane::level) {
            records += level.records;
            disk += level.disk_bytes;
            memory += level.memory_bytes;
        }
        self.metrics.waiting.set(records.cast_signed());
        self.metrics.disk_bytes.set(disk.cast_signed());
        self.metrics.memory_bytes.set(memory.cast_signed());
    }
}

/// The longest record and all that is stored with it must fit a frame of the spool.
const _: () = assert!(RAW_BYTES_MAX + entry::HEAD_BYTES_MAX <= spool::PAYLOAD_BYTES_MAX);

/// A stream's name as the name of a directory.
fn dir_name(stream: &str) -> String {
    stream::escape(Path::new(stream)).replace('/', "%2F")
}

/// The stream whose directory is called `name`.
fn name_of(name: &str) -> String {
    stream::unescape(name).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;

/// A queue of one stream in a directory of its own.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use tempfile::TempDir;

    /// A stream called `name` that blocks when it is full.
    pub(crate) fn options(name: &str) -> StreamOptions {
        StreamOptions {
            name: name.into(),
            generation: 7,
            collector: "c".into(),
            source: Some("asa".into()),
            host: None,
            limits: Limits { bytes_max: spool::BYTES_MAX_MIN, when_full: WhenFull::Block },
        }
    }

    pub(crate) fn at(dir: &Path) -> Queue {
        let metrics = QueueMetrics::register(&prometheus::Registry::new()).unwrap();
        Queue::new(dir, metrics)
    }

    pub(crate) fn queue(name: &str) -> (TempDir, Arc<Queue>, StreamId) {
        let dir = TempDir::new().unwrap();
        let queue = at(dir.path());
        let stream = queue.stream(options(name)).unwrap();
        (dir, Arc::new(queue), stream)
    }

    impl Queue {
        pub(crate) fn metrics(&self) -> &QueueMetrics {
            &self.metrics
        }
    }
}
