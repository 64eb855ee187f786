//! Records that a collector sent once more after it was killed.
//!
//! A collector that is killed resumes at its checkpoint, which may lie behind what Kafka had
//! confirmed: the same lines come again, with the same stream, generation and offset, at new places
//! of the raw topic. Within one stream generation and offset only rise (a stream's records stay in
//! one partition, in order), so what does not rise is a repetition.
//!
//! The memory outlives the process. Every [`SAVE_OFFSETS`] of a raw partition, the streams that
//! moved are written to the compacted topic `streams`, as output of a raw record: they are
//! confirmed before that record is committed. Who takes a partition over is shown the topic, and
//! then the last 2 × [`SAVE_OFFSETS`] raw records before the committed one; together they are the
//! memory that the last owner had.
//!
//! Numbers that are passed over are records that never came: a spool that was full, a damaged disk.
//! They are counted with their stream, for the ledger.
//!
//! A dead letter that is sent again on purpose (`dead_letters`) does not rise either. It is known by
//! its header, and remembered by its own offset once it has become events.

mod saved;

use model::Origin;
use saved::Saved;
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// Streams remembered for each raw partition; some 200 bytes each. At the limit those of the
/// partition are forgotten and counted, which costs at most a repetition each.
const STREAMS_MAX: usize = 100_000;
/// How many raw offsets lie between two writings of what moved. Less would write more, more would
/// show more again at each start (2 × 5,000 records of some 300 bytes a partition).
pub(crate) const SAVE_OFFSETS: i64 = 5_000;

/// How far each stream has come, for every raw partition that is read.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    partitions: Vec<Memory>,
    /// Where the last record's partition was: records come in runs of one partition.
    last: usize,
}

/// The streams of one raw partition.
#[derive(Debug)]
struct Memory {
    topic: String,
    partition: i32,
    streams: HashMap<Box<[u8]>, Seen>,
    /// Streams that moved since they were last written.
    moved: Vec<Box<[u8]>>,
    /// The raw offset at which that was.
    saved_at: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    /// The highest generation and offset.
    place: (u64, u64),
    /// The raw offset at which that was.
    raw: i64,
    /// The raw offsets of the latest repetitions, for when the relay reads them again.
    repeats: Option<RangeInclusive<i64>>,
    /// Whether it is in [`Memory::moved`].
    moved: bool,
    /// The number that the next record of this generation has; `None` where that is not known.
    next: Option<u64>,
    /// How many numbers were passed over, and when that was last found, in ms since the epoch.
    missing: u64,
    missing_ms: i64,
}

/// What the memory says of a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Judged {
    /// It was sent before.
    pub(crate) repeated: bool,
    /// Streams that had to be forgotten.
    pub(crate) forgotten: usize,
    /// Numbers between the last record of its stream and this one: records that never came.
    pub(crate) missing: u64,
}

/// A record of a raw partition, as far as the memory is concerned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent<'a> {
    /// The raw topic.
    pub(crate) topic: &'a str,
    /// The raw partition.
    pub(crate) partition: i32,
    /// The raw offset.
    pub(crate) raw: i64,
    /// The `origin` header, as read and as bytes.
    pub(crate) origin: &'a Origin<'a>,
    pub(crate) header: &'a [u8],
}

impl Repeats {
    /// Whether the record was sent before, and what is missing before it. One that the relay reads
    /// again after a failure is judged as the first time, but that a gap is told of once.
    pub(crate) fn judge(&mut self, sent: &Sent<'_>) -> Judged {
        let memory = self.memory(sent.topic, sent.partition);
        let place = (sent.origin.generation, sent.origin.offset);
        let key = stream_key(sent.header);
        let raw = sent.raw;
        let next = sent.origin.sequence.saturating_add(1);
        let Some(seen) = memory.streams.get_mut(key) else {
            let forgotten = memory.make_room();
            // What came before it is not known: it may be older than what Kafka keeps.
            let seen = Seen { next: Some(next), moved: true, ..Seen::at(place, raw) };
            memory.moved.push(key.into());
            memory.streams.insert(key.into(), seen);
            return Judged { forgotten, ..Judged::default() };
        };
        if raw <= seen.raw {
            let repeated = seen.repeats.as_ref().is_some_and(|repeats| repeats.contains(&raw));
            return Judged { repeated, ..Judged::default() };
        }
        if !std::mem::replace(&mut seen.moved, true) {
            memory.moved.push(key.into());
        }
        if place > seen.place {
            // A generation begins with number 0.
            let expected = if place.0 == seen.place.0 { seen.next } else { Some(0) };
            let missing =
                expected.map_or(0, |expected| sent.origin.sequence.saturating_sub(expected));
            (seen.place, seen.raw, seen.next) = (place, raw, Some(next));
            seen.missing = seen.missing.saturating_add(missing);
            return Judged { missing, ..Judged::default() };
        }
        let first = seen.repeats.as_ref().map(|r| *r.start()).filter(|first| *first > seen.raw);
        seen.repeats = Some(first.unwrap_or(raw)..=raw);
        Judged { repeated: true, ..Judged::default() }
    }

    /// Hands `write` the stream of a record before which numbers are missing, at once: who watches
    /// should not learn of it only when the stream is written by turn.
    pub(crate) fn note_gap(
        &mut self,
        sent: &Sent<'_>,
        now_ms: i64,
        write: impl FnOnce(&[u8], &[u8]),
    ) {
        let key = stream_key(sent.header);
        let memory = self.memory(sent.topic, sent.partition);
        let Some(seen) = memory.streams.get_mut(key) else { return };
        seen.missing_ms = now_ms;
        let saved = Saved { topic: sent.topic, partition: sent.partition, key };
        write(&saved.key(), saved.value(seen).as_bytes());
    }

    /// Whether a record that is sent again on purpose became events before, at another raw offset.
    pub(crate) fn replayed(&mut self, sent: &Sent<'_>) -> bool {
        let memory = self.memory(sent.topic, sent.partition);
        let seen = memory.streams.get(replay_key(sent.header).as_slice());
        seen.is_some_and(|seen| seen.raw != sent.raw)
    }

    /// Remembers that such a record became events, and hands `write` what tells the next owner, at
    /// once: whether a later one is a repetition cannot be seen from the raw records alone. The
    /// value that comes back says how many streams had to be forgotten.
    pub(crate) fn note_replay(
        &mut self,
        sent: &Sent<'_>,
        mut write: impl FnMut(&[u8], &[u8]),
    ) -> usize {
        let key = replay_key(sent.header);
        let place = (sent.origin.generation, sent.origin.offset);
        let seen = Seen::at(place, sent.raw);
        let saved = Saved { topic: sent.topic, partition: sent.partition, key: &key };
        write(&saved.key(), saved.value(&seen).as_bytes());
        let memory = self.memory(sent.topic, sent.partition);
        let forgotten = memory.make_room();
        memory.streams.insert(key.into(), seen);
        forgotten
    }

    /// Hands every stream that moved to `write` (key and value), once [`SAVE_OFFSETS`] have passed.
    /// Must be asked before [`Self::contain`] of the record at `raw`.
    pub(crate) fn save(
        &mut self,
        topic: &str,
        partition: i32,
        raw: i64,
        mut write: impl FnMut(&[u8], &[u8]),
    ) {
        let memory = self.memory(topic, partition);
        let due = memory.saved_at.is_none_or(|at| raw - at >= SAVE_OFFSETS);
        if !due {
            return;
        }
        memory.saved_at = Some(raw);
        for key in memory.moved.drain(..) {
            let Some(seen) = memory.streams.get_mut(&key) else { continue };
            seen.moved = false;
            let saved = Saved { topic, partition, key: &key };
            write(&saved.key(), saved.value(seen).as_bytes());
        }
    }

    /// A record of topic `streams`. What cannot be read is of a later version: it is passed over.
    pub(crate) fn recall(&mut self, key: &[u8], value: &[u8]) {
        let Some((saved, seen)) = Saved::read(key, value) else { return };
        let memory = self.memory(saved.topic, saved.partition);
        if memory.streams.len() < STREAMS_MAX {
            memory.streams.insert(saved.key.into(), seen);
        }
    }

    /// Forgets a partition, which another member reads on.
    pub(crate) fn forget(&mut self, topic: &str, partition: i32) {
        self.partitions.retain(|m| (m.topic.as_str(), m.partition) != (topic, partition));
        self.last = 0;
    }

    fn memory(&mut self, topic: &str, partition: i32) -> &mut Memory {
        let is = |m: &Memory| m.partition == partition && m.topic == topic;
        if !self.partitions.get(self.last).is_some_and(is) {
            self.last = self.partitions.iter().position(is).unwrap_or_else(|| {
                self.partitions.push(Memory {
                    topic: topic.to_owned(),
                    partition,
                    streams: HashMap::new(),
                    moved: Vec::new(),
                    saved_at: None,
                });
                self.partitions.len() - 1
            });
        }
        &mut self.partitions[self.last]
    }
}

impl Seen {
    fn at(place: (u64, u64), raw: i64) -> Self {
        Self { place, raw, repeats: None, moved: false, next: None, missing: 0, missing_ms: 0 }
    }
}

impl Memory {
    /// How many streams were forgotten to make room for one more.
    fn make_room(&mut self) -> usize {
        if self.streams.len() < STREAMS_MAX {
            return 0;
        }
        let forgotten = self.streams.len();
        self.streams.clear();
        self.moved.clear();
        forgotten
    }
}

/// Version, collector and stream: the header up to its third tab.
fn stream_key(header: &[u8]) -> &[u8] {
    let third = memchr::memchr_iter(b'\t', header).nth(2);
    &header[..third.unwrap_or(header.len())]
}

/// What ends the key of a record that was sent again on purpose.
const REPLAYED: &[u8] = b"\treplayed";

/// Version, collector, stream, generation, sequence and offset, and that it is no stream's key: the
/// header up to its sixth tab.
pub(crate) fn replay_key(header: &[u8]) -> Vec<u8> {
    let sixth = memchr::memchr_iter(b'\t', header).nth(5);
    [&header[..sixth.unwrap_or(header.len())], REPLAYED].concat()
}

/// Whether a key of topic `streams` is of such a record.
pub(crate) fn is_replay_key(key: &[u8]) -> bool {
    key.ends_with(REPLAYED)
}

#[cfg(test)]
mod tests;
