//! The part of a record that has been read so far, cut where it grows too long.

use crate::Cut;
use crate::syslog::trim;
use sha2::{Digest, Sha256};

/// A buffer that grew beyond this for one long record is given back when the record is done: with
/// thousands of files, kept buffers would be most of the collector's memory.
const KEPT_CAPACITY_MAX: usize = 4096;

/// Collects the pieces of one record.
///
/// Up to `max + 1` bytes are kept as they are, so that a record of `max` bytes with a carriage
/// return before its newline is not taken for a long one. Beyond that the first `max` are kept and
/// the rest is only counted and hashed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Carry {
    kept: Vec<u8>,
    long: Option<Long>,
}

/// A record that is longer than what is kept of it.
#[derive(Debug, Clone)]
struct Long {
    hash: Sha256,
    /// Bytes hashed.
    hashed: u64,
    /// The newest byte, held back: it may be the carriage return of the delimiter.
    last: u8,
}

impl Carry {
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether this is an empty line of which the carriage return has been read.
    pub(crate) fn is_lone_cr(&self) -> bool {
        self.long.is_none() && self.kept == b"\r"
    }

    /// Whether nothing would be left of the record but what senders add at its end.
    pub(crate) fn is_blank(&self, max: usize, strip_cr: bool) -> bool {
        let record = if strip_cr { without_cr(&self.kept) } else { &self.kept };
        self.long.is_none() && record.len() <= max && trim(record).is_empty()
    }

    /// Bytes collected, kept or not.
    pub(crate) fn len(&self) -> u64 {
        self.long.as_ref().map_or(self.kept.len() as u64, |long| long.hashed + 1)
    }

    pub(crate) fn clear(&mut self) {
        self.long = None;
        if self.kept.capacity() > KEPT_CAPACITY_MAX {
            self.kept = Vec::new();
        } else {
            self.kept.clear();
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], max: usize) {
        let room = (max + 1).saturating_sub(self.kept.len());
        if self.long.is_none() && bytes.len() <= room {
            return self.kept.extend_from_slice(bytes);
        }
        let rest = if self.long.is_some() { bytes } else { self.lengthen(bytes, room, max) };
        let Some(long) = &mut self.long else { return };
        if let Some((last, body)) = rest.split_last() {
            long.hash.update([long.last]);
            long.hash.update(body);
            long.hashed += rest.len() as u64;
            long.last = *last;
        }
    }

    /// Turns to counting and hashing; returns what is left of `bytes`.
    fn lengthen<'b>(&mut self, bytes: &'b [u8], room: usize, max: usize) -> &'b [u8] {
        let (fits, rest) = bytes.split_at(room);
        self.kept.extend_from_slice(fits);
        let hash = Sha256::new_with_prefix(&self.kept[..max]);
        self.long = Some(Long { hash, hashed: max as u64, last: self.kept[max] });
        self.kept.truncate(max);
        rest
    }

    /// Puts `bytes` before what is kept. Only for records that are not long yet.
    pub(crate) fn prepend(&mut self, bytes: &[u8]) {
        self.kept.splice(0..0, bytes.iter().copied());
    }

    /// The record, done. `strip_cr`: a carriage return at its end belongs to the delimiter.
    pub(crate) fn record(&mut self, max: usize, strip_cr: bool) -> (&[u8], Option<Cut>) {
        if let Some(mut long) = self.long.take() {
            if !(strip_cr && long.last == b'\r') {
                long.hash.update([long.last]);
                long.hashed += 1;
            }
            return (&self.kept, Some(cut(long.hash, long.hashed)));
        }
        limit(if strip_cr { without_cr(&self.kept) } else { &self.kept }, max)
    }
}

/// `record` without the carriage return at its end, if it has one.
pub(crate) fn without_cr(record: &[u8]) -> &[u8] {
    record.strip_suffix(b"\r").unwrap_or(record)
}

/// A record that lies whole in memory, cut if it is too long.
pub(crate) fn limit(record: &[u8], max: usize) -> (&[u8], Option<Cut>) {
    if record.len() <= max {
        return (record, None);
    }
    let hash = Sha256::new_with_prefix(record);
    (&record[..max], Some(cut(hash, record.len() as u64)))
}

fn cut(hash: Sha256, bytes: u64) -> Cut {
    let mut sha256 = [0; 16];
    sha256.copy_from_slice(&hash.finalize()[..16]);
    Cut { bytes, sha256 }
}
