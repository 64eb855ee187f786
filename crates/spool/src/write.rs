//! Appending, within the limit, and what is done when the disk refuses.

use crate::frame::{self, HEAD_BYTES, Kind, PAYLOAD_BYTES_MAX};
use crate::segment::{self, HEADER_BYTES, Segment, Store};
use crate::{MEMORY_BYTES_MAX, Point, Spool, WhenFull};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;

/// Frames are written together: a system call per record would cost more than all else.
const OUT_BYTES_MAX: usize = 128 * 1024;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It is taken, and safe from a kill after [`Spool::flush`].
    Taken,
    /// There is no room, and whoever has it is to wait ([`WhenFull::Block`]).
    Full,
    /// There is no room: it is dropped and counted.
    Dropped,
}

/// What has to be synced for records to outlive a power cut.
pub struct Unsynced {
    files: Vec<Arc<File>>,
    dir: Option<PathBuf>,
    firsts: Vec<(u64, u64)>,
}

impl Unsynced {
    /// Syncs it. May take long, which is why it needs no spool.
    pub fn sync(&self) -> io::Result<()> {
        for file in &self.files {
            file.sync_data()?;
        }
        self.dir.as_ref().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    }
}

impl Spool {
    /// Takes a record whose payload is `parts`, one after another, if there is room.
    pub fn push(&mut self, parts: &[&[u8]]) -> Pushed {
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        if length > PAYLOAD_BYTES_MAX {
            self.losses.newest += 1;
            return Pushed::Dropped;
        }
        let bytes = (HEAD_BYTES + length) as u64;
        while !self.has_room(bytes) {
            let when_full = self.options.when_full;
            match when_full {
                WhenFull::Block => return Pushed::Full,
                WhenFull::DropOldest if self.drop_oldest() => {}
                _ => {
                    self.losses.newest += 1;
                    return Pushed::Dropped;
                }
            }
        }
        if self.out.is_empty() {
            self.out_first = self.next;
        }
        frame::encode(Kind::Record, self.next, parts, &mut self.out);
        self.next += 1;
        if self.out.len() >= OUT_BYTES_MAX {
            self.flush();
        }
        Pushed::Taken
    }

    /// Whether a record whose payload is so long would be taken without dropping any.
    pub fn has_room_for(&self, payload_bytes: usize) -> bool {
        self.has_room((HEAD_BYTES + payload_bytes) as u64)
    }

    fn has_room(&self, bytes: u64) -> bool {
        let waiting = self.out.len() as u64 + bytes;
        if self.failure.is_some() {
            return self.memory_bytes + waiting <= MEMORY_BYTES_MAX;
        }
        // A segment that is about to begin has a header.
        self.disk_bytes + self.memory_bytes + waiting + HEADER_BYTES <= self.options.bytes_max
    }

    /// Writes what was pushed: to disk, or where that fails to memory. From here on it is read.
    pub fn flush(&mut self) {
        if self.out.is_empty() {
            return;
        }
        let written = match &self.failure {
            Some(error) if !self.retry => Err(error.clone()),
            _ => self.write_out().map_err(Arc::new),
        };
        match written {
            Ok(()) => self.failure = None,
            Err(error) => {
                self.fail(error);
                self.hold_in_memory();
            }
        }
        self.out.clear();
        self.measure();
    }

    /// Adds up what the segments take. Not done for every record: there may be thousands of them.
    pub(crate) fn measure(&mut self) {
        let sum = |disk: bool| {
            let of = self.segments.iter().filter(|segment| segment.is_on_disk() == disk);
            of.map(|segment| segment.bytes).sum()
        };
        (self.disk_bytes, self.memory_bytes) = (sum(true), sum(false));
    }

    fn fail(&mut self, error: Arc<io::Error>) {
        if self.failure.is_none() {
            tracing::error!(
                %error, dir = %self.dir.display(),
                "cannot write the spool: records are held in memory, and a kill would lose them"
            );
        }
        (self.failure, self.retry) = (Some(error), false);
    }

    fn write_out(&mut self) -> io::Result<()> {
        let bytes = self.out.len() as u64;
        let tail = self.segments.back().filter(|tail| self.open && tail.is_on_disk());
        let max = self.segment_bytes_max();
        if tail.is_none_or(|tail| tail.bytes > HEADER_BYTES && tail.bytes + bytes > max) {
            self.begin_segment()?;
        }
        self.at(Point::Append)?;
        let hooked = self.options.hook.is_some();
        let half = if hooked { self.out.len() / 2 } else { self.out.len() };
        let Some(tail) = self.segments.back_mut() else { return Ok(()) };
        let Some(file) = tail.file()? else { return Ok(()) };
        let at = tail.bytes;
        let mut written = file.write_all_at(&self.out[..half], at);
        if hooked && written.is_ok() {
            written = self.at(Point::Torn);
            written = written.and_then(|()| file.write_all_at(&self.out[half..], at + half as u64));
        }
        if let Err(error) = written {
            // Where the torn end cannot be cut off, the reader passes over it; either way nothing
            // is appended to this segment any more.
            let _ = file.set_len(at);
            self.open = false;
            return Err(error);
        }
        if let Some(tail) = self.segments.back_mut() {
            tail.bytes += bytes;
            tail.synced = false;
        }
        self.at(Point::Appended)
    }

    fn begin_segment(&mut self) -> io::Result<()> {
        let first = self.out_first;
        self.at(Point::Create)?;
        let path = segment::path(&self.dir, first);
        let file = segment::create(&path)?;
        let begun = self.at(Point::Created).and_then(|()| {
            file.write_all_at(&segment::header(first, self.floor()), 0)?;
            self.at(Point::Header)
        });
        if let Err(error) = begun {
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        self.replace_recordless(first);
        // Who reads the old one opens it again.
        if let Some(old) = self.segments.back_mut().filter(|old| old.synced) {
            old.release();
        }
        self.marked = self.marked.max(self.floor());
        let mut segment = Segment::found(path.clone(), first, HEADER_BYTES);
        segment.store = Store::Disk { path, file: Some(Arc::new(file)) };
        segment.synced = false;
        self.segments.push_back(segment);
        (self.open, self.dir_changed) = (true, true);
        Ok(())
    }

    /// Forgets the last segment if a failure ended it before its first record, `first`: the one
    /// that is about to begin there has its place and its file.
    fn replace_recordless(&mut self, first: u64) {
        if self.segments.back().is_some_and(|old| old.first == first) {
            self.segments.pop_back();
            self.reader.forget_segment();
        }
    }

    /// Puts what was pushed into memory. A mark alone is not worth it.
    fn hold_in_memory(&mut self) {
        if self.out_first == self.next {
            return;
        }
        let in_memory = self.segments.back().is_some_and(|tail| !tail.is_on_disk());
        if !in_memory {
            self.replace_recordless(self.out_first);
            self.segments.push_back(Segment::in_memory(self.out_first, self.confirmed));
        }
        self.open = false;
        let Some(tail) = self.segments.back_mut() else { return };
        if let Store::Memory(bytes) = &mut tail.store {
            bytes.extend_from_slice(&self.out);
            tail.bytes = bytes.len() as u64;
        }
    }

    /// Writes the segments in memory to disk, now that it may take them.
    pub(crate) fn rescue(&mut self) {
        for index in 0..self.segments.len() {
            let Store::Memory(bytes) = &self.segments[index].store else { continue };
            let first = self.segments[index].first;
            let path = segment::path(&self.dir, first);
            let written = self.at(Point::Rescue).and_then(|()| fs::write(&path, bytes));
            if let Err(error) = written {
                let _ = fs::remove_file(&path);
                return self.fail(Arc::new(error));
            }
            let segment = &mut self.segments[index];
            segment.store = Store::Disk { path, file: None };
            segment.synced = false;
            self.dir_changed = true;
            if self.failure.take().is_some() {
                tracing::info!(dir = %self.dir.display(), "the spool can be written again");
            }
        }
        self.measure();
    }

    /// Notes on disk that everything below the floor is confirmed, if that is news.
    pub(crate) fn mark(&mut self) {
        let floor = self.floor();
        if floor == self.marked || self.segments.is_empty() {
            return;
        }
        self.flush();
        if let Err(error) = self.at(Point::Mark) {
            return self.fail(Arc::new(error));
        }
        self.out_first = self.next;
        frame::encode(Kind::Mark, floor, &[], &mut self.out);
        self.flush();
        if self.failure.is_none() {
            self.marked = floor;
        }
    }

    /// Drops the oldest segment; `false`: there is none.
    fn drop_oldest(&mut self) -> bool {
        self.flush();
        let Some(front) = self.segments.front() else { return false };
        let first = front.first;
        if let Some(error) = &self.failure {
            // Where space is not what is short, the segment would be given up for nothing.
            let full =
                matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
            if front.is_on_disk() && !full {
                return false;
            }
        }
        let end = self.segments.get(1).map_or(self.next, |second| second.first);
        // What was handed to the reader is its own.
        let unread = end.saturating_sub(first.max(self.reader.number));
        if !self.remove_front() {
            return false;
        }
        self.losses.oldest += unread;
        self.reader.number = self.reader.number.max(end);
        if self.failure.is_some() {
            self.rescue();
            return self.failure.is_none();
        }
        self.mark();
        true
    }

    /// Deletes the oldest segment. Where its file cannot be deleted it is kept.
    pub(crate) fn remove_front(&mut self) -> bool {
        let Some(front) = self.segments.front() else { return false };
        if let Store::Disk { path, .. } = &front.store {
            let path = path.clone();
            let removed = self.at(Point::Delete).and_then(|()| match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                removed => removed,
            });
            if let Err(error) = removed {
                self.fail(Arc::new(error));
                return false;
            }
            self.dir_changed = true;
        }
        self.segments.pop_front();
        self.measure();
        self.open &= !self.segments.is_empty();
        if let Err(error) = self.at(Point::Deleted) {
            self.fail(Arc::new(error));
        }
        true
    }

    pub(crate) fn remove_all(&mut self) {
        while !self.segments.is_empty() && self.remove_front() {}
    }

    /// What is not safe from a power cut, if anything is.
    pub fn unsynced(&mut self) -> Option<Unsynced> {
        let dir = std::mem::take(&mut self.dir_changed).then(|| self.dir.clone());
        let mut unsynced = Unsynced { files: Vec::new(), dir, firsts: Vec::new() };
        for segment in self.segments.iter_mut().filter(|segment| !segment.synced) {
            // A file that cannot be opened cannot be read either, which the reader counts.
            if let Ok(Some(file)) = segment.file() {
                unsynced.files.push(file);
                unsynced.firsts.push((segment.first, segment.bytes));
            }
        }
        (!unsynced.files.is_empty()).then_some(unsynced)
    }

    /// Notes that `unsynced` was synced.
    pub fn synced(&mut self, unsynced: &Unsynced) {
        let count = self.segments.len();
        for (index, segment) in self.segments.iter_mut().enumerate() {
            if unsynced.firsts.contains(&(segment.first, segment.bytes)) {
                segment.synced = true;
                if index + 1 < count {
                    segment.release();
                }
            }
        }
    }
}
