//! One segment: a file, or while the disk cannot be written, bytes in memory of the same form.

use crate::frame::{self, Decoded, Kind};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a segment's header.
pub(crate) const HEADER_BYTES: u64 = 32;
const MAGIC: [u8; 8] = *b"PRHSPL01";
const EXTENSION: &str = "seg";
/// A segment that is confirmed is kept for what follows while it is no larger than this: small
/// inputs should not make a file a second.
const KEPT_BYTES_MAX: u64 = 1024 * 1024;

/// A segment.
pub(crate) struct Segment {
    /// Number of its first record.
    pub(crate) first: u64,
    pub(crate) bytes: u64,
    pub(crate) store: Store,
    /// All of it is on disk, whatever happens to the power.
    pub(crate) synced: bool,
}

/// Where its bytes are.
pub(crate) enum Store {
    Disk {
        path: PathBuf,
        /// Open while it is written or read.
        file: Option<Arc<File>>,
    },
    Memory(Vec<u8>),
}

impl Segment {
    /// A segment that is on disk already.
    pub(crate) fn found(path: PathBuf, first: u64, bytes: u64) -> Self {
        Self { first, bytes, store: Store::Disk { path, file: None }, synced: true }
    }

    /// An empty segment in memory.
    pub(crate) fn in_memory(first: u64, confirmed: u64) -> Self {
        let bytes = header(first, confirmed).to_vec();
        Self { first, bytes: HEADER_BYTES, store: Store::Memory(bytes), synced: true }
    }

    pub(crate) fn is_on_disk(&self) -> bool {
        matches!(self.store, Store::Disk { .. })
    }

    pub(crate) fn is_large(&self) -> bool {
        self.bytes > KEPT_BYTES_MAX
    }

    /// The file, opened if need be; `None` in memory.
    pub(crate) fn file(&mut self) -> io::Result<Option<Arc<File>>> {
        match &mut self.store {
            Store::Memory(_) => Ok(None),
            Store::Disk { file: Some(file), .. } => Ok(Some(file.clone())),
            Store::Disk { path, file } => {
                let opened = Arc::new(File::open(&*path)?);
                Ok(Some(file.insert(opened).clone()))
            }
        }
    }

    /// Lets go of the file while nobody needs it.
    pub(crate) fn release(&mut self) {
        if let Store::Disk { file, .. } = &mut self.store {
            *file = None;
        }
    }

    /// Lets go of the file if nothing in it is still to be synced.
    pub(crate) fn release_if_synced(&mut self) {
        if self.synced {
            self.release();
        }
    }

    /// Reads what lies at `offset` into `buffer`, which must not reach beyond the end.
    pub(crate) fn read(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        if let Store::Memory(bytes) = &self.store {
            let from = offset as usize;
            buffer.copy_from_slice(&bytes[from..from + buffer.len()]);
            return Ok(());
        }
        match self.file()? {
            Some(file) => file.read_exact_at(buffer, offset),
            None => Ok(()),
        }
    }
}

/// A new file for a segment, open for reading and writing.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)
}

/// The path of the segment in `dir` that begins with record `first`.
pub(crate) fn path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}.{EXTENSION}"))
}

/// The first record's number, if the file at `path` is named like a segment.
pub(crate) fn first_of(path: &Path) -> Option<u64> {
    let stem = path.file_stem()?.to_str()?;
    let named = path.extension()? == EXTENSION && stem.len() == 20;
    named.then(|| stem.parse().ok())?
}

/// A segment's header.
pub(crate) fn header(first: u64, confirmed: u64) -> [u8; HEADER_BYTES as usize] {
    let mut header = [0; HEADER_BYTES as usize];
    header[..8].copy_from_slice(&MAGIC);
    header[8..16].copy_from_slice(&first.to_le_bytes());
    header[16..24].copy_from_slice(&confirmed.to_le_bytes());
    let sum = frame::checksum(&header[..24], &[]);
    header[24..28].copy_from_slice(&sum.to_le_bytes());
    header
}

/// What a header says was confirmed, if it is one of the segment that begins with `first`.
pub(crate) fn confirmed_in(bytes: &[u8], first: u64) -> Option<u64> {
    let head = bytes.get(..HEADER_BYTES as usize)?;
    let whole = head[..8] == MAGIC
        && frame::number64(&head[8..16]) == first
        && frame::number32(&head[24..28]) == frame::checksum(&head[..24], &[]);
    whole.then(|| frame::number64(&head[16..24]))
}

/// Goes over every good frame in `bytes`, whatever lies between.
pub(crate) fn scan(bytes: &[u8], mut each: impl FnMut(Kind, u64)) {
    let mut at = 0;
    while at < bytes.len() {
        match frame::decode(&bytes[at..]) {
            Decoded::Frame { kind, number, payload } => {
                each(kind, number);
                at += frame::HEAD_BYTES + payload.len();
            }
            Decoded::Short(_) | Decoded::Bad => at += 1,
        }
    }
}
