//! Packed files: rotated logs that were read already, or not yet, or that nobody knows.
//!
//! When a log is rotated and packed, its lines come to lie in another file. It is told by its first
//! bytes, unpacked: a packed file that begins like one that is followed, or was read to its end and
//! let go, is a copy and is passed over; one that begins like a file that is gone goes on where
//! that was left, in its stream; any other is read from its beginning. Once it is done with, it is
//! only remembered.

use super::Tailer;
use super::followed::{FileId, Followed};
use super::prefix::Prefix;
use super::source::Source;
use crate::checkpoint::FileState;
use crate::stream;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::Path;

/// Fingerprints of files let go that are remembered: with daily rotations of a hundred logs, weeks.
const LET_GO_MAX: usize = 2048;

/// What is known of packed files, and of those that may come to be packed.
#[derive(Default)]
pub(super) struct Memory {
    unpacked: HashMap<FileId, FileState>,
    let_go: VecDeque<Prefix>,
}

/// What a packed file is.
pub(super) enum Packed {
    /// Its lines were read, or are being read where they were.
    Known,
    /// It is what became of this file, which is gone.
    Was(FileState),
    /// Nobody has read it.
    New,
}

impl Memory {
    pub(super) fn new(unpacked: Vec<FileState>, let_go: Vec<Prefix>) -> Self {
        let unpacked = unpacked.into_iter().map(|file| (FileId::saved(&file), file)).collect();
        Self { unpacked, let_go: let_go.into() }
    }

    pub(super) fn unpacked(&self) -> impl Iterator<Item = &FileState> {
        self.unpacked.values()
    }

    pub(super) fn let_go(&self) -> Vec<Prefix> {
        self.let_go.iter().copied().collect()
    }

    /// Whether the file is done with, as large as it is.
    pub(super) fn is_done(&self, id: FileId, size: u64) -> bool {
        self.unpacked.get(&id).is_some_and(|file| file.size == size)
    }

    /// Remembers a plain file that is let go.
    pub(super) fn remember(&mut self, prefix: Prefix) {
        if prefix.is_empty() {
            return;
        }
        if self.let_go.len() >= LET_GO_MAX {
            self.let_go.pop_front();
        }
        self.let_go.push_back(prefix);
    }

    /// Forgets packed files that are gone.
    pub(super) fn forget(&mut self) -> bool {
        let before = self.unpacked.len();
        self.unpacked.retain(|_, file| stream::unescape(&file.path).exists());
        self.unpacked.len() != before
    }
}

impl Tailer {
    /// What the packed file is that begins with `start`. Short files have to be alike whole: many
    /// begin with the same few lines.
    pub(super) fn identify(&mut self, start: &[u8]) -> Packed {
        let prefix = Prefix::of(start);
        let plain = |file: &Followed| !file.is_packed() && file.prefix == prefix;
        if self.files().any(plain) || self.packed.let_go.contains(&prefix) {
            return Packed::Known;
        }
        if let Some(at) = self.replaced.iter().position(|state| state.prefix == prefix) {
            return Packed::Was(self.replaced.swap_remove(at));
        }
        let gone = |(_, state): &(&FileId, &FileState)| state.prefix == prefix;
        let Some(id) = self.missing.iter().find(gone).map(|(id, _)| *id) else {
            return Packed::New;
        };
        self.missing.remove(&id).map_or(Packed::New, Packed::Was)
    }

    /// Notes a packed file as done with, without having followed it.
    pub(super) fn pass_over(&mut self, id: FileId, input: usize, path: &Path, size: u64) {
        tracing::info!(path = %path.display(), "passed over: its lines were read before it was packed");
        let state = FileState {
            stream: stream::of_file(path),
            generation: 0,
            path: stream::escape(path),
            input: self.inputs[input].name.clone(),
            device: id.device,
            inode: id.inode,
            prefix: Prefix::default(),
            offset: 0,
            sequence: 0,
            size,
            barrier: None,
            seen_ms: 0,
            unpacked: true,
        };
        self.packed.unpacked.insert(id, state);
        self.changed = true;
    }

    /// Lets go of the packed file in `slot`, which is done with, and remembers it.
    pub(super) fn put_away(&mut self, slot: usize, now_ms: i64) {
        let Some(file) = self.slots[slot].file.as_deref_mut() else { return };
        let input = self.inputs[file.input].name.clone();
        let mut state = file.state(&input, now_ms);
        state.unpacked = true;
        let (id, path) = (file.id, file.path.take());
        if let Some(path) = path {
            self.by_path.remove(&path);
        }
        self.packed.unpacked.insert(id, state);
        self.forget(slot);
    }
}

/// The first bytes of a packed file; `None` while it has none yet.
pub(super) fn start_of(file: &mut Source) -> io::Result<Option<Vec<u8>>> {
    let start = file.start()?;
    Ok((!start.is_empty()).then_some(start))
}
