//! Records that cannot be read again, kept in memory until Kafka has them.
//!
//! What sockets and standard input deliver waits here, bounded in bytes, and leaves only when it
//! is confirmed; when the producer fails it is sent again. When the queue is full TCP senders and
//! standard input wait; of UDP the kernel drops, and counts, what does not fit its own buffer.
//! **What is in memory is gone when the process is killed**: the disk spool that closes this hole
//! (issue 5) takes the place of this queue, behind the same four calls: [`Queue::push`],
//! [`Queue::send`], [`Queue::confirm`], [`Queue::rewind`].

use crate::header::{Header, Line};
use crate::kafka::QUEUE_TAG;
use crate::metrics::QueueMetrics;
use crate::output::{Output, Record};
use frame::Cut;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// What records of one record besides its bytes take, roughly.
const ENTRY_BYTES: usize = size_of::<Entry>();
/// Bytes that wait or are under way. Sixteen of the longest records, and at 300 bytes a record
/// half a second of 100,000 records a second.
pub(crate) const QUEUE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Records handed to the producer before confirmations are let in.
const SEND_MAX: usize = 1024;

/// Which stream a record belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamId(usize);

/// A record as it was received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) cut: Option<Cut>,
    pub(crate) sender: Option<IpAddr>,
    pub(crate) collected_ms: i64,
}

/// The queue; shared by inputs, the thread that sends, and the one that confirms.
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    /// Something is to be sent.
    work: Condvar,
    /// There is room again.
    room: Notify,
    metrics: QueueMetrics,
}

struct Inner {
    streams: Vec<Stream>,
    entries: VecDeque<Entry>,
    /// Number of the front entry.
    first: u64,
    /// How many entries, from the front on, are under way or confirmed.
    sent: usize,
    bytes: usize,
}

struct Stream {
    name: Box<str>,
    header: Header,
    sequence: u64,
    offset: u64,
}

struct Entry {
    stream: usize,
    sequence: u64,
    offset: u64,
    collected_ms: i64,
    sender: Option<IpAddr>,
    cut: Option<Cut>,
    bytes: Box<[u8]>,
    confirmed: bool,
}

impl Queue {
    pub(crate) fn new(metrics: QueueMetrics) -> Self {
        let inner =
            Inner { streams: Vec::new(), entries: VecDeque::new(), first: 0, sent: 0, bytes: 0 };
        Self { inner: Mutex::new(inner), work: Condvar::new(), room: Notify::new(), metrics }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a stream. Its records are numbered in the order in which they are pushed, whichever
    /// connection they came by.
    pub(crate) fn stream(&self, name: &str, header: Header) -> StreamId {
        let mut inner = self.lock();
        inner.streams.push(Stream { name: name.into(), header, sequence: 0, offset: 0 });
        StreamId(inner.streams.len() - 1)
    }

    /// Takes `records` until the queue is full; how many it took. They are taken under one lock,
    /// so that a batch costs one.
    pub(crate) fn push(&self, stream: StreamId, records: &[Received<'_>]) -> usize {
        let mut inner = self.lock();
        let mut taken = 0;
        for record in records {
            if !inner.has_room(record) {
                self.metrics.full.inc();
                break;
            }
            inner.append(stream, record);
            self.metrics.record_bytes.inc_by(record.bytes.len() as u64);
            self.metrics.cut.inc_by(u64::from(record.cut.is_some()));
            taken += 1;
        }
        self.metrics.records.inc_by(taken as u64);
        self.note(&inner);
        drop(inner);
        self.work.notify_one();
        taken
    }

    /// Takes all of `records`, waiting for room where there is none.
    ///
    /// # Cancel safety
    /// Not safe: when the future is dropped it is not known which records were taken.
    pub(crate) async fn push_all(&self, stream: StreamId, records: &[Received<'_>]) {
        let mut left = records;
        loop {
            left = &left[self.push(stream, left)..];
            let Some(next) = left.first() else { return };
            self.room_for(next).await;
        }
    }

    async fn room_for(&self, record: &Received<'_>) {
        // It hears of room made from now on, so that none is missed between look and wait.
        let room = self.room.notified();
        if !self.lock().has_room(record) {
            room.await;
        }
    }

    /// Whether everything was confirmed.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().entries.is_empty()
    }

    /// How many records are not confirmed.
    pub(crate) fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// Waits until something is to be sent, at most for `timeout`.
    pub(crate) fn wait(&self, timeout: Duration) {
        let inner = self.lock();
        let idle = |inner: &mut Inner| inner.sent == inner.entries.len();
        drop(self.work.wait_timeout_while(inner, timeout, idle));
    }

    /// Hands records to `out`, as many as it takes, up to a bound. `false`: it takes no more.
    pub(crate) fn send(&self, out: &mut impl Output, origin: &mut String) -> bool {
        let mut inner = self.lock();
        for _ in 0..SEND_MAX {
            let Inner { streams, entries, first, sent, .. } = &mut *inner;
            let Some(entry) = entries.get(*sent) else { return true };
            if !entry.confirmed {
                let number = *first + *sent as u64;
                if !out.send(&entry.record(&streams[entry.stream], number, origin)) {
                    return false;
                }
            }
            *sent += 1;
        }
        true
    }

    /// A record was confirmed. Numbers from before a rewind are passed over.
    pub(crate) fn confirm(&self, number: u64) {
        let mut inner = self.lock();
        if inner.confirm(number) {
            self.note(&inner);
            drop(inner);
            self.room.notify_waiters();
        }
    }

    /// Sends everything again that is not confirmed: the producer was lost.
    pub(crate) fn rewind(&self) {
        let mut inner = self.lock();
        let again = inner.entries.iter().take(inner.sent).filter(|e| !e.confirmed).count();
        self.metrics.resent.inc_by(again as u64);
        inner.first += inner.sent as u64;
        inner.sent = 0;
        drop(inner);
        self.work.notify_one();
    }

    fn note(&self, inner: &Inner) {
        self.metrics.waiting.set(inner.entries.len() as i64);
        self.metrics.waiting_bytes.set(inner.bytes as i64);
    }
}

impl Inner {
    fn has_room(&self, record: &Received<'_>) -> bool {
        self.bytes == 0 || self.bytes + record.bytes.len() + ENTRY_BYTES <= QUEUE_BYTES_MAX
    }

    fn append(&mut self, StreamId(stream): StreamId, record: &Received<'_>) {
        self.bytes += record.bytes.len() + ENTRY_BYTES;
        let Stream { sequence, offset, .. } = &mut self.streams[stream];
        self.entries.push_back(Entry {
            stream,
            sequence: *sequence,
            offset: *offset,
            collected_ms: record.collected_ms,
            sender: record.sender,
            cut: record.cut,
            bytes: record.bytes.into(),
            confirmed: false,
        });
        *sequence += 1;
        *offset += record.cut.map_or(record.bytes.len() as u64, |cut| cut.bytes);
    }

    /// Whether that made room.
    fn confirm(&mut self, number: u64) -> bool {
        let Some(index) = number.checked_sub(self.first).map(|index| index as usize) else {
            return false;
        };
        if index >= self.sent {
            return false;
        }
        self.entries[index].confirmed = true;
        let before = self.first;
        while self.sent > 0 && self.entries.front().is_some_and(|entry| entry.confirmed) {
            let bytes = self.entries.pop_front().map_or(0, |entry| entry.bytes.len());
            self.bytes -= bytes + ENTRY_BYTES;
            self.first += 1;
            self.sent -= 1;
        }
        self.first > before
    }
}

impl Entry {
    fn record<'a>(&'a self, stream: &'a Stream, number: u64, origin: &'a mut String) -> Record<'a> {
        let sender = self.sender.map(|sender| sender.to_string());
        let line = Line {
            sequence: self.sequence,
            offset: self.offset,
            collected_ms: self.collected_ms,
            sender: sender.as_deref(),
            cut: self.cut,
        };
        stream.header.write(&line, origin);
        Record { stream: &stream.name, origin, bytes: &self.bytes, tag: QUEUE_TAG | number }
    }
}

#[cfg(test)]
mod tests;
