//! Reading in order, past whatever is damaged.

use crate::Spool;
use crate::frame::{self, Decoded, HEAD_BYTES, Kind};
use crate::segment::HEADER_BYTES;
use std::ops::Range;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// Some records in a row, and how many of them were taken out.
#[derive(Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    records: Vec<(u64, Range<usize>)>,
    taken: usize,
}

impl Chunk {
    /// The next record, which stays the next until [`Self::advance`]: its number and payload.
    pub fn peek(&self) -> Option<(u64, &[u8])> {
        let (number, range) = self.records.get(self.taken)?;
        Some((*number, &self.bytes[range.clone()]))
    }

    /// Goes on to the record behind.
    pub fn advance(&mut self) {
        self.taken += 1;
    }

    /// Forgets what is left.
    pub fn clear(&mut self) {
        self.records.clear();
        self.taken = 0;
    }
}

/// Where reading is.
pub(crate) struct Reader {
    /// First number of the segment that is read.
    segment: Option<u64>,
    offset: u64,
    /// Number of the next record.
    pub(crate) number: u64,
}

impl Reader {
    /// Before record `number`, wherever it is.
    pub(crate) fn at(number: u64) -> Self {
        Self { segment: None, offset: 0, number }
    }

    /// Looks for the next record anew.
    pub(crate) fn forget_segment(&mut self) {
        self.segment = None;
    }
}

impl Spool {
    /// Fills `chunk` with the next records; `false`: there are none.
    pub fn read(&mut self, chunk: &mut Chunk) -> bool {
        chunk.clear();
        while let Some(index) = self.reading() {
            let segment = &self.segments[index];
            let (first, end) = (segment.first, segment.bytes);
            if self.reader.segment != Some(first) {
                (self.reader.segment, self.reader.offset) = (Some(first), HEADER_BYTES);
            }
            let is_last = index + 1 == self.segments.len();
            if self.reader.offset >= end {
                if is_last {
                    break;
                }
                self.leave(index);
                continue;
            }
            self.read_some(index, chunk);
            if chunk.peek().is_some() {
                return true;
            }
        }
        // What was written and does not come any more: held in memory by a process that was killed.
        self.skip_to(self.flushed());
        false
    }

    /// Index of the segment that is read: the one begun, or the one that has the next record.
    fn reading(&self) -> Option<usize> {
        let begun = self.reader.segment.and_then(|first| self.index_of(first));
        begun.or_else(|| {
            let behind = self.segments.partition_point(|s| s.first <= self.reader.number);
            let index = behind.saturating_sub(1);
            (index < self.segments.len()).then_some(index)
        })
    }

    fn index_of(&self, first: u64) -> Option<usize> {
        self.segments.binary_search_by_key(&first, |segment| segment.first).ok()
    }

    /// Goes on to the segment behind `index`; what did not come before it is lost.
    fn leave(&mut self, index: usize) {
        let next = self.segments[index + 1].first;
        self.skip_to(next);
        self.segments[index].release_if_synced();
        (self.reader.segment, self.reader.offset) = (Some(next), HEADER_BYTES);
    }

    fn skip_to(&mut self, number: u64) {
        let missing = number.saturating_sub(self.reader.number);
        self.losses.damaged += missing;
        self.reader.number += missing;
        if missing > 0 {
            let dir = self.dir.display();
            tracing::error!(records = missing, %dir, "lost: a part of the spool is damaged or gone");
        }
    }

    /// Reads a piece of segment `index` and cuts it into records.
    fn read_some(&mut self, index: usize, chunk: &mut Chunk) {
        let (offset, end) = (self.reader.offset, self.segments[index].bytes);
        let left = (end - offset) as usize;
        // Whatever is read lies below this.
        let limit = self.segments.get(index + 1).map_or(self.flushed(), |next| next.first);
        let mut wanted = left.min(CHUNK_BYTES);
        loop {
            chunk.bytes.resize(wanted, 0);
            if let Err(error) = self.segments[index].read(offset, &mut chunk.bytes) {
                let dir = self.dir.display();
                tracing::error!(%error, %dir, "cannot read a segment of the spool");
                self.skip_to(limit);
                self.reader.offset = end;
                return;
            }
            let (used, more) = self.cut(chunk, limit, wanted == left);
            if used > 0 || more == 0 {
                self.reader.offset += used as u64;
                return;
            }
            wanted = left.min(more);
        }
    }

    /// Cuts `chunk` into records. How many bytes are done with, and how many a frame has that is
    /// not whole. `is_end`: nothing follows.
    fn cut(&mut self, chunk: &mut Chunk, limit: u64, is_end: bool) -> (usize, usize) {
        let mut at = 0;
        while at < chunk.bytes.len() {
            match frame::decode(&chunk.bytes[at..]) {
                Decoded::Frame { kind, number, payload } => {
                    let from = at + HEAD_BYTES;
                    at = from + payload.len();
                    if kind == Kind::Record && (self.reader.number..limit).contains(&number) {
                        let range = from..at;
                        self.skip_to(number);
                        self.reader.number = number + 1;
                        chunk.records.push((number, range));
                    }
                }
                Decoded::Short(bytes) if !is_end => {
                    return (at, bytes.max(2 * CHUNK_BYTES));
                }
                Decoded::Short(_) | Decoded::Bad => at += 1,
            }
        }
        (at, 0)
    }
}
