//! Stored events as a stream of lines, in the order of their times, with bounded memory: for those who
//! run rules on what has happened.

use crate::{Error, Scope, Store};
use query::Range;
use query::sql::Condition;
use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// About how much is handed over at a time.
const CHUNK_BYTES: usize = 256 * 1024;
/// How many pieces may wait for the engine; ClickHouse waits then.
const CHUNKS_MAX: usize = 16;
/// How many events ClickHouse sorts at a time, unless one hour alone has more.
const SLICE_EVENTS: u64 = 200_000;
const HOUR_MS: i64 = 3_600_000;

/// How far a reading has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HistoryCounts {
    /// Events in the range.
    pub total: u64,
    /// Events that were read.
    pub read: u64,
    /// Every event before this time has been handed over, in ms since the epoch.
    pub at_ms: i64,
    /// Whether there were more than were wanted.
    pub truncated: bool,
}

/// How far a reading has come, for who does not read himself.
#[derive(Debug, Default)]
pub struct HistoryProgress {
    total: AtomicU64,
    read: AtomicU64,
    at_ms: AtomicI64,
    truncated: AtomicBool,
    stopped: AtomicBool,
    failure: Mutex<Option<Error>>,
}

impl HistoryProgress {
    /// The counts now.
    pub fn counts(&self) -> HistoryCounts {
        HistoryCounts {
            total: self.total.load(Ordering::Relaxed),
            read: self.read.load(Ordering::Relaxed),
            at_ms: self.at_ms.load(Ordering::Relaxed),
            truncated: self.truncated.load(Ordering::Relaxed),
        }
    }

    /// Ends the reading: the stream is over for whoever reads it.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether somebody ended it.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// What ended the reading too early; told once.
    pub fn failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn fail(&self, error: Error) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// What to read.
#[derive(Debug, Clone)]
pub struct HistoryOptions {
    /// Of these agencies.
    pub scope: Scope,
    /// That meet this; it may find more than is meant.
    pub condition: Condition,
    /// Of this time.
    pub range: Range,
    /// At most so many; none: all.
    pub events_max: Option<u64>,
}

/// Stored events, one JSON document a line, in the order of their times.
#[derive(Debug)]
pub struct History {
    chunks: Receiver<Vec<u8>>,
    chunk: Vec<u8>,
    at: usize,
    progress: Arc<HistoryProgress>,
}

impl History {
    /// Begins to read, in a thread of its own, which ends with this stream.
    pub fn start(store: Store, options: HistoryOptions) -> std::io::Result<Self> {
        let (sender, chunks) = sync_channel(CHUNKS_MAX);
        let progress = Arc::new(HistoryProgress::default());
        progress.at_ms.store(options.range.from_ms, Ordering::Relaxed);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let told = Arc::clone(&progress);
        std::thread::Builder::new().name("history".into()).spawn(move || {
            let reader = Reader { store, options, sender, progress: told };
            if let Err(error) = runtime.block_on(reader.all()) {
                reader.progress.fail(error);
            }
        })?;
        Ok(Self { chunks, chunk: Vec::new(), at: 0, progress })
    }

    /// How far it has come, and the means to end it.
    pub fn progress(&self) -> Arc<HistoryProgress> {
        Arc::clone(&self.progress)
    }
}

impl Read for History {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.progress.is_stopped() {
            return Ok(0);
        }
        while self.at == self.chunk.len() {
            match self.chunks.recv() {
                Ok(chunk) => (self.chunk, self.at) = (chunk, 0),
                Err(_) => return Ok(0),
            }
        }
        let length = buffer.len().min(self.chunk.len() - self.at);
        buffer[..length].copy_from_slice(&self.chunk[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

struct Reader {
    store: Store,
    options: HistoryOptions,
    sender: SyncSender<Vec<u8>>,
    progress: Arc<HistoryProgress>,
}

impl Reader {
    async fn all(&self) -> Result<(), Error> {
        let HistoryOptions { scope, range, .. } = &self.options;
        let hours = self.store.events_by_hour(scope, *range).await?;
        let total = hours.iter().map(|(_, events)| events).sum();
        self.progress.total.store(total, Ordering::Relaxed);
        for slice in slices(&hours, *range) {
            if !self.slice(slice).await? {
                return Ok(());
            }
            self.progress.at_ms.store(slice.to_ms, Ordering::Relaxed);
        }
        self.progress.at_ms.store(range.to_ms, Ordering::Relaxed);
        Ok(())
    }

    /// Whether anybody wants more.
    async fn slice(&self, range: Range) -> Result<bool, Error> {
        let HistoryOptions { scope, condition, events_max, .. } = &self.options;
        let mut documents = self.store.documents(scope, condition, range)?;
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        while let Some(document) = documents.next().await? {
            if events_max.is_some_and(|max| self.progress.read.load(Ordering::Relaxed) >= max) {
                self.progress.truncated.store(true, Ordering::Relaxed);
                let _ = self.sender.send(chunk);
                return Ok(false);
            }
            self.progress.read.fetch_add(1, Ordering::Relaxed);
            chunk.extend_from_slice(document.event.as_bytes());
            chunk.push(b'\n');
            if chunk.len() >= CHUNK_BYTES && self.sender.send(std::mem::take(&mut chunk)).is_err() {
                return Ok(false);
            }
        }
        Ok(chunk.is_empty() || self.sender.send(chunk).is_ok())
    }
}

/// Consecutive ranges of about [`SLICE_EVENTS`] events each that cover every hour with events.
fn slices(hours: &[(i64, u64)], range: Range) -> Vec<Range> {
    let mut slices: Vec<(Range, u64)> = Vec::new();
    for (hour_ms, events) in hours {
        let from_ms = (*hour_ms).max(range.from_ms);
        let to_ms = hour_ms.saturating_add(HOUR_MS).min(range.to_ms);
        match slices.last_mut() {
            Some((slice, held)) if *held + events <= SLICE_EVENTS => {
                slice.to_ms = to_ms;
                *held += events;
            }
            _ => slices.push((Range { from_ms, to_ms }, *events)),
        }
    }
    slices.into_iter().map(|(slice, _)| slice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_cover_every_hour_once_and_stay_small() {
        let hour = |n: i64| n * HOUR_MS;
        let range = Range { from_ms: hour(1) + 5, to_ms: hour(9) - 5 };
        let hours =
            [(hour(1), 10), (hour(2), 20), (hour(4), SLICE_EVENTS), (hour(8), SLICE_EVENTS * 3)];
        let found: Vec<(i64, i64)> =
            slices(&hours, range).iter().map(|slice| (slice.from_ms, slice.to_ms)).collect();
        let expected = [(hour(1) + 5, hour(3)), (hour(4), hour(5)), (hour(8), hour(9) - 5)];
        assert_eq!(found, expected);
        assert!(slices(&[], range).is_empty());
    }
}
