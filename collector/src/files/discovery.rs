//! Finding files, recognising those that are known, and noticing where they have gone.

use super::followed::{self, FileId, Followed};
use super::packed::{self, Packed};
use super::source::{self, Source};
use super::{FILES_MAX, Start, Tailer};
use crate::checkpoint::FileState;
use crate::flight::Position;
use crate::stream;
use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Tailer {
    /// Looks at every path that the inputs want and at every file that is followed. Done at the
    /// start, when a directory came or went, when events were lost, and now and then.
    pub(crate) fn discover(&mut self, now_ms: i64) {
        let mut paths = BTreeSet::new();
        self.dirs.clear();
        self.closed.retain(|path| path.exists());
        self.changed |= self.packed.forget();
        self.links.retain(|path| self.by_path.contains_key(path));
        for input in &self.inputs {
            let found = input.globs.walk();
            paths.extend(found.files);
            self.dirs.extend(found.dirs);
        }
        if !self.missing.is_empty() {
            // Known files first, those that were renamed out of the patterns too: the new file of
            // a stream has to know of the older one, which it follows.
            self.only_known = true;
            for path in &paths {
                self.look_if(path, now_ms, |tailer, id| tailer.missing.contains_key(&id));
            }
            self.only_known = false;
            self.seek_missing(now_ms);
            // Then what they may have become: it too is older than what is new.
            for path in paths.iter().filter(|path| source::is_packed(path)) {
                self.look(path, now_ms);
            }
        }
        let followed = self.by_path.keys().cloned();
        paths.extend(followed);
        for path in &paths {
            self.look(path, now_ms);
        }
        for state in std::mem::take(&mut self.replaced) {
            self.lost_while_down(&state);
        }
        for input in &self.inputs {
            self.changed |= self.looked.insert(input.name.clone());
        }
    }

    /// Something happened at `path`: a file came, went, was replaced, or was written to.
    pub(crate) fn look(&mut self, path: &Path, now_ms: i64) {
        self.look_if(path, now_ms, |_, _| true);
    }

    /// The file at `path` was written to. Cheaper than [`Self::look`] where it is known.
    pub(crate) fn written(&mut self, path: &Path, now_ms: i64) {
        match self.by_path.get(path) {
            Some(slot) => self.queue(*slot),
            None => self.look(path, now_ms),
        }
    }

    fn look_if(&mut self, path: &Path, now_ms: i64, wanted: impl Fn(&Self, FileId) -> bool) {
        let Some(input) = self.inputs.iter().position(|input| input.globs.wants(path)) else {
            return;
        };
        let metadata = std::fs::metadata(path).ok().filter(Metadata::is_file);
        let Some(metadata) = metadata else { return self.left(path) };
        let id = FileId::of(&metadata);
        if !wanted(self, id) || self.packed.is_done(id, metadata.len()) {
            return;
        }
        match self.by_id.get(&id).copied() {
            Some(slot) => {
                if self.by_path.get(path) != Some(&slot) {
                    self.arrived(slot, path);
                }
                self.touch(slot, metadata.len());
            }
            None => {
                self.left(path);
                self.try_follow(path, input, now_ms);
            }
        }
    }

    fn touch(&mut self, slot: usize, size: u64) {
        if self.file(slot).is_some_and(|file| file.differs(size)) {
            self.queue(slot);
        }
    }

    /// What was followed at `path` is there no more.
    fn left(&mut self, path: &Path) {
        let Some(slot) = self.by_path.remove(path) else { return };
        if let Some(file) = self.file(slot) {
            file.leave();
            tracing::debug!(stream = %file.stream, path = %path.display(), "renamed or deleted");
        }
        self.changed = true;
        self.queue(slot);
    }

    /// The known file in `slot` is found at `path`.
    fn arrived(&mut self, slot: usize, path: &Path) {
        let Some(file) = self.file(slot) else { return };
        let (id, old) = (file.id, file.path.clone());
        let still = |old: &PathBuf| std::fs::metadata(old).is_ok_and(|m| FileId::of(&m) == id);
        if old.as_ref().is_some_and(still) {
            // A second name of the same file: a hard or a symbolic link.
            return;
        }
        self.left(path);
        if let Some(old) = old {
            self.by_path.remove(&old);
        }
        if let Some(file) = self.file(slot) {
            file.arrive(path);
        }
        self.by_path.insert(path.into(), slot);
        self.changed = true;
    }

    fn try_follow(&mut self, path: &Path, input: usize, now_ms: i64) {
        if self.by_id.len() >= FILES_MAX {
            self.metrics.waiting.inc();
            return;
        }
        match self.follow(path, input, now_ms) {
            Ok(slot) => {
                self.closed.remove(path);
                self.metrics.followed.set(self.by_id.len() as i64);
                if let Some(slot) = slot {
                    self.queue(slot);
                }
            }
            // It was deleted or replaced just now; an event or the next walk tells.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                self.metrics.open_errors.inc();
                if self.closed.insert(path.into()) {
                    let path = path.display();
                    tracing::warn!(%path, %error, "cannot open; every rescan tries it again");
                }
            }
        }
    }

    /// Opens the file at `path` and goes on where it was left, or begins; `None`: its lines are
    /// known, or not wanted.
    fn follow(&mut self, path: &Path, input: usize, now_ms: i64) -> io::Result<Option<usize>> {
        let mut file = Source::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let id = FileId::of(&metadata);
        if let Some(slot) = self.by_id.get(&id) {
            return Ok(Some(*slot));
        }
        let size = metadata.len();
        if let Some(state) = self.known(id, path, &mut file, size)? {
            return Ok(Some(self.resume(file, id, input, path, &state, now_ms)));
        }
        if self.only_known {
            return Ok(None);
        }
        if file.is_packed() {
            let Some(start) = packed::start_of(&mut file)? else { return Ok(None) };
            match self.identify(&start) {
                Packed::Known => {
                    self.pass_over(id, input, path, size);
                    return Ok(None);
                }
                Packed::Was(state) => {
                    return Ok(Some(self.resume(file, id, input, path, &state, now_ms)));
                }
                Packed::New => {}
            }
            let config = &self.inputs[input];
            if config.start == Start::End && !self.looked.contains(&config.name) {
                self.pass_over(id, input, path, size);
                return Ok(None);
            }
        }
        self.begin(file, id, input, path, size, now_ms).map(Some)
    }

    /// The checkpoint's entry for a file, if it is still the same file.
    fn known(
        &mut self,
        id: FileId,
        path: &Path,
        file: &mut Source,
        size: u64,
    ) -> io::Result<Option<FileState>> {
        if self.missing.is_empty() {
            return Ok(None);
        }
        let (start, packed) = (file.start()?, file.is_packed());
        let fits =
            |state: &FileState| state.prefix.fits(&start) && (packed || size >= state.offset);
        if let Some(state) = self.missing.get(&id) {
            // Where it does not fit, it was truncated meanwhile, or its inode was given anew.
            let (state, same) = (state.clone(), fits(state));
            self.missing.remove(&id);
            if !same {
                // It may have been packed before its inode was given anew.
                self.replaced.push(state);
                return Ok(None);
            }
            return Ok(Some(state));
        }
        // Device numbers may change when the host starts anew; inodes do not.
        let path = stream::escape(path);
        let moved = |state: &&FileState| {
            state.inode == id.inode && state.path == path && !state.prefix.is_empty() && fits(state)
        };
        let old = self.missing.values().find(moved).map(FileId::saved);
        Ok(old.and_then(|old| self.missing.remove(&old)))
    }

    fn resume(
        &mut self,
        file: Source,
        id: FileId,
        input: usize,
        path: &Path,
        state: &FileState,
        now_ms: i64,
    ) -> usize {
        let source = self.inputs[input].source.as_deref();
        let header = followed::header(&self.labels, &state.stream, state.generation, source);
        let stream: Arc<str> = state.stream.as_str().into();
        let format = self.inputs[input].format.clone();
        let generation = state.generation;
        let mut file = Followed::new(file, id, input, path, stream, generation, header, format);
        file.grown_ms = now_ms;
        file.prefix = state.prefix;
        file.announced = !state.prefix.is_empty();
        file.barrier = state.barrier.filter(|at| *at > state.offset);
        let position = Position { offset: state.offset, sequence: state.sequence };
        self.insert(file, position, path)
    }

    fn begin(
        &mut self,
        mut file: Source,
        id: FileId,
        input: usize,
        path: &Path,
        size: u64,
        now_ms: i64,
    ) -> io::Result<usize> {
        let config = &self.inputs[input];
        // Files that appear later are new: all of them is read, whatever the input's start.
        let old = !self.looked.contains(&config.name);
        let offset = if old { followed::first_position(&mut file, size, config)? } else { 0 };
        let stream: Arc<str> = stream::of_file(path).into();
        let generation = self.generations.next(&stream, now_ms);
        let source = config.source.as_deref();
        let header = followed::header(&self.labels, &stream, generation, source);
        tracing::info!(path = %path.display(), %stream, generation, offset, "following");
        let format = config.format.clone();
        let mut file = Followed::new(file, id, input, path, stream, generation, header, format);
        file.grown_ms = now_ms;
        Ok(self.insert(file, Position { offset, sequence: 0 }, path))
    }

    fn insert(&mut self, mut file: Followed, position: Position, path: &Path) -> usize {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(super::Slot::default());
            self.slots.len() - 1
        });
        file.seek(position, self.slots[slot].first);
        // The older file of the stream may have grown just before it was replaced.
        if let Some(older) = self.newest.insert(file.stream.clone(), slot) {
            file.after = Some(older);
            self.queue(older);
        }
        let after = file.after;
        self.by_id.insert(file.id, slot);
        self.by_path.insert(path.into(), slot);
        self.slots[slot].file = Some(Box::new(file));
        if let Some(older) = after.and_then(|older| self.file(older)) {
            older.before = Some(slot);
        }
        if std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) {
            self.links.insert(path.into());
        }
        self.metrics.found.inc();
        self.changed = true;
        slot
    }

    /// Looks for known files that no pattern finds: those that were renamed while the collector
    /// was down lie, as a rule, in the directory in which they were.
    fn seek_missing(&mut self, now_ms: i64) {
        let paths = self.missing.values().map(|state| stream::unescape(&state.path));
        let dirs: BTreeSet<PathBuf> =
            paths.filter_map(|path| path.parent().map(Into::into)).collect();
        let entries = dirs.iter().filter_map(|dir| std::fs::read_dir(dir).ok()).flatten();
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(metadata) = entry.metadata() else { continue };
            let Some(state) = self.missing.get(&FileId::of(&metadata)) else { continue };
            let input = self.inputs.iter().position(|input| input.name == state.input);
            if let Some(input) = input.filter(|_| metadata.is_file()) {
                self.try_follow(&path, input, now_ms);
                self.left(&path);
            }
        }
    }

    fn lost_while_down(&self, state: &FileState) {
        let unread = state.size.saturating_sub(state.offset);
        if unread > 0 {
            self.metrics.lost_bytes.inc_by(unread);
            tracing::error!(
                stream = %state.stream, path = %state.path, bytes = unread,
                "lost: the file was truncated or replaced while the collector was down"
            );
        }
    }
}
