//! Stored events as a stream of lines, in the order of their times, with bounded memory.

use query::Range;
use query::sql::Condition;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use store::{Scope, Store};

/// About how much is handed over at a time.
const CHUNK_BYTES: usize = 256 * 1024;
/// How many pieces may wait for the engine; ClickHouse waits then.
const CHUNKS_MAX: usize = 16;
/// How many events ClickHouse sorts at a time, unless one hour alone has more.
const SLICE_EVENTS: u64 = 200_000;
const HOUR_MS: i64 = 3_600_000;

/// How far a hunt has come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Events in the range.
    pub(super) total: u64,
    /// Events that were read.
    pub(super) read: u64,
}

/// Shared between who reads and who tells.
#[derive(Debug, Default)]
pub(super) struct Shared {
    total: AtomicU64,
    read: AtomicU64,
    failure: Mutex<Option<store::Error>>,
}

impl Shared {
    pub(super) fn take(&self) -> Counts {
        Counts {
            total: self.total.load(Ordering::Relaxed),
            read: self.read.load(Ordering::Relaxed),
        }
    }

    /// What ended the reading too early.
    pub(super) fn failure(&self) -> Option<store::Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn fail(&self, error: store::Error) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// The events, one JSON document a line.
#[derive(Debug)]
pub(super) struct Events {
    chunks: Receiver<Vec<u8>>,
    chunk: Vec<u8>,
    at: usize,
    shared: Arc<Shared>,
}

impl Events {
    /// Begins to read, in a thread of its own, which ends with this stream.
    pub(super) fn start(
        store: Store,
        scope: Scope,
        condition: Condition,
        range: Range,
    ) -> anyhow::Result<Self> {
        let (sender, chunks) = sync_channel(CHUNKS_MAX);
        let shared = Arc::new(Shared::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let told = Arc::clone(&shared);
        std::thread::Builder::new().name("events".into()).spawn(move || {
            let reader = Reader { store, scope, condition, sender, shared: told };
            if let Err(error) = runtime.block_on(reader.all(range)) {
                reader.shared.fail(error);
            }
        })?;
        Ok(Self { chunks, chunk: Vec::new(), at: 0, shared })
    }

    pub(super) fn counts(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}

impl Read for Events {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
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
    scope: Scope,
    condition: Condition,
    sender: SyncSender<Vec<u8>>,
    shared: Arc<Shared>,
}

impl Reader {
    async fn all(&self, range: Range) -> Result<(), store::Error> {
        let hours = self.store.events_by_hour(&self.scope, range).await?;
        let total = hours.iter().map(|(_, events)| events).sum();
        self.shared.total.store(total, Ordering::Relaxed);
        for slice in slices(&hours, range) {
            if !self.slice(slice).await? {
                break;
            }
        }
        Ok(())
    }

    /// Whether anybody wants more.
    async fn slice(&self, range: Range) -> Result<bool, store::Error> {
        let mut documents = self.store.documents(&self.scope, &self.condition, range)?;
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        while let Some(document) = documents.next().await? {
            self.shared.read.fetch_add(1, Ordering::Relaxed);
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
