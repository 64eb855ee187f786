//! Records on disk that wait for a confirmation: a bounded queue of checksummed segments.
//!
//! What cannot be read again at its source is written here first and read from here. A segment is
//! a file that is only ever appended to; it is deleted once all of its records are confirmed. How
//! far that has come stands in the segments themselves, so there is nothing beside them that
//! could be lost or disagree with them:
//!
//! ```text
//! 00000000000000004711.seg
//!   magic, number of the first record, records confirmed so far, checksum      (32 bytes)
//!   frame: magic, kind, length, number, checksum, payload                      (20 bytes + payload)
//!   …      a record; or a mark: everything below its number is confirmed
//! ```
//!
//! Checksums are CRC-32C. What is promised:
//!
//! * **A record that was flushed is read again after a kill**, and after a power cut once it was
//!   synced ([`Spool::unsynced`]). What a crash tore at the end of a segment had not been taken.
//! * **Damage costs what it touches.** The reader finds the next good frame; the numbers between
//!   are counted ([`Losses::damaged`]), as are those of a segment that is missing.
//! * **Opening needs no operator** and reads one segment, whatever the rest holds.
//! * **The disk's limit is kept** ([`Options::bytes_max`]) by a [`WhenFull`]. Deleting takes no
//!   space, so a full disk empties by itself.
//! * **A disk that cannot be written stops nothing**: records go on in memory, up to
//!   [`MEMORY_BYTES_MAX`], and to disk once it can be written again.
//!
//! One reader, one writer, no clock and no thread: the owner calls [`Spool::tend`] now and then.

mod error;
mod frame;
mod open;
mod point;
mod read;
mod segment;
mod write;

pub use error::Error;
pub use frame::PAYLOAD_BYTES_MAX;
pub use point::{Hook, Point};
pub use read::Chunk;
pub use write::{Pushed, Unsynced};

use read::Reader;
use segment::Segment;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

/// A segment is a part of the limit this small, so that dropping the oldest one costs little.
const SEGMENTS_MIN: u64 = 8;
/// The largest segment: what opening reads, at most.
const SEGMENT_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The smallest limit: eight segments, each with room for a few of the longest records.
pub const BYTES_MAX_MIN: u64 = 16 * 1024 * 1024;
/// Bytes that are held in memory while the disk cannot be written.
pub const MEMORY_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// How a spool behaves.
#[derive(Clone)]
pub struct Options {
    /// Bytes on disk, at most; at least [`BYTES_MAX_MIN`].
    pub bytes_max: u64,
    /// What happens then.
    pub when_full: WhenFull,
    /// Called at each named [`Point`]; for tests.
    pub hook: Option<Hook>,
}

/// What happens to a record for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// It is not taken: whoever has it waits.
    Block,
    /// The oldest segment is dropped for it.
    DropOldest,
    /// It is dropped itself.
    DropNewest,
}

/// Records that will never be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    /// Dropped to make room for newer ones.
    pub oldest: u64,
    /// Dropped because there was no room.
    pub newest: u64,
    /// On damaged, unreadable or missing parts of the disk.
    pub damaged: u64,
}

/// What waits, and where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Level {
    /// Records that are not confirmed.
    pub records: u64,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Bytes that are in memory because the disk cannot be written.
    pub memory_bytes: u64,
}

/// A queue of records on disk.
pub struct Spool {
    dir: PathBuf,
    options: Options,
    /// Oldest first.
    segments: VecDeque<Segment>,
    /// The last segment is open for appending.
    open: bool,
    /// Number of the next record.
    next: u64,
    /// Everything below is confirmed.
    confirmed: u64,
    /// What the newest mark on disk says.
    marked: u64,
    reader: Reader,
    /// Frames that were pushed and are not written, and the number of the first record in them.
    out: Vec<u8>,
    out_first: u64,
    losses: Losses,
    /// Why the disk cannot be written, while it cannot.
    failure: Option<Arc<std::io::Error>>,
    /// Whether the disk may be tried again.
    retry: bool,
    /// What the segments take ([`Level`]).
    disk_bytes: u64,
    memory_bytes: u64,
    /// Segments were made or deleted since the directory was synced.
    dir_changed: bool,
}

impl Spool {
    /// Everything below `number` is confirmed; segments that hold nothing else are deleted.
    pub fn confirm(&mut self, number: u64) {
        self.confirmed = self.confirmed.max(number.min(self.next));
        if self.segments.get(1).is_some_and(|second| second.first <= self.confirmed) {
            // Whoever finds the rest must not take what is deleted for lost. On a full disk it is
            // deleted all the same: space has to come from somewhere.
            self.retry = true;
            self.mark();
        }
        while let Some(second) = self.segments.get(1) {
            if second.first > self.confirmed {
                break;
            }
            if !self.remove_front() {
                break;
            }
        }
    }

    /// Reads again from record `number` on. How many of those that lie before what is left were
    /// dropped meanwhile.
    pub fn rewind(&mut self, number: u64) -> u64 {
        let floor = self.segments.front().map_or(self.flushed(), |segment| segment.first);
        let to = number.max(floor);
        self.reader = Reader::at(to);
        to - number
    }

    /// To be called about every second: marks on disk how far confirmations have come, tries a
    /// disk that could not be written again, and deletes what nobody needs.
    pub fn tend(&mut self) {
        self.retry = true;
        self.flush();
        if self.failure.is_some() || self.memory_bytes > 0 {
            self.rescue();
        }
        if self.confirmed == self.next && self.segments.iter().any(Segment::is_large) {
            self.remove_all();
        }
        self.mark();
    }

    /// Writes what is in memory, marks what is confirmed, and removes every file when all is.
    pub fn close(&mut self) {
        self.tend();
        if self.confirmed == self.next {
            self.remove_all();
        }
    }

    /// Number of the next record that [`Self::push`] takes.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Whether something was flushed and not read.
    pub fn has_unread(&self) -> bool {
        self.reader.number < self.flushed()
    }

    /// Records below are written; those from here on were pushed only.
    fn flushed(&self) -> u64 {
        if self.out.is_empty() { self.next } else { self.out_first }
    }

    /// Everything below is confirmed.
    pub fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// What was lost since this was last asked.
    pub fn take_losses(&mut self) -> Losses {
        std::mem::take(&mut self.losses)
    }

    /// Why the disk cannot be written, while it cannot.
    pub fn failure(&self) -> Option<&std::io::Error> {
        self.failure.as_deref()
    }

    /// What waits, and where.
    pub fn level(&self) -> Level {
        let records = self.next - self.confirmed;
        Level { records, disk_bytes: self.disk_bytes, memory_bytes: self.memory_bytes }
    }

    /// Below this number nothing is owed any more: it was confirmed, or dropped and counted.
    fn floor(&self) -> u64 {
        let first = self.segments.front().map_or(0, |segment| segment.first);
        self.confirmed.max(first)
    }

    fn segment_bytes_max(&self) -> u64 {
        (self.options.bytes_max / SEGMENTS_MIN).min(SEGMENT_BYTES_MAX)
    }

    fn at(&self, point: Point) -> std::io::Result<()> {
        self.options.hook.as_ref().map_or(Ok(()), |hook| hook(point))
    }
}

#[cfg(test)]
mod tests;
