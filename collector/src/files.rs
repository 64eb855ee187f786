//! Files that are written to, renamed, truncated and deleted while they are read.
//!
//! [`Tailer`] holds the files and moves only when told to: it is looked at ([`Tailer::look`],
//! [`Tailer::discover`]), read ([`Tailer::step`]), told of confirmations ([`Tailer::confirm`]) and
//! tended ([`Tailer::tend`]); the clock is passed in. [`agent`] is the thread that drives it.
//!
//! What it holds to:
//!
//! * A file is known by device and inode and by the hash of its first bytes ([`prefix`]).
//! * A file that was renamed or deleted is held open until it is read to its end, confirmed, and
//!   was quiet for a while ([`tend`]).
//! * A generation is on disk before its first record is sent ([`Step::Unsaved`]): after a crash the
//!   same bytes get the same generation, offset and sequence again, and other bytes never do.
//! * The checkpoint holds for each file the lowest offset that is not confirmed.
//! * The newer file of a stream is not read before the older one was read to its end.

pub(crate) mod agent;
mod discovery;
mod followed;
pub(crate) mod framer;
pub(crate) mod glob;
mod packed;
pub(crate) mod prefix;
mod source;
mod tend;
mod turn;
mod watch;

use crate::checkpoint::{FileState, State};
use crate::heartbeat::Place;
use crate::metrics::FileMetrics;
use crate::stream::{self, Generations};
use followed::{FileId, Followed};
use glob::Globs;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use turn::Step;

/// One `[[file]]` of the configuration.
#[derive(Debug, Clone)]
pub(crate) struct FileInput {
    /// Its name, unique among the inputs.
    pub(crate) name: String,
    /// Which files.
    pub(crate) globs: Globs,
    /// Where files begin that are there when the input first looks.
    pub(crate) start: Start,
    /// The source type of its records, if configured.
    pub(crate) source: Option<String>,
    /// How its bytes become records.
    pub(crate) format: Arc<framer::Format>,
}

/// Where to begin in a file that was there before the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Start {
    /// At its first byte.
    Beginning,
    /// At its last line's end.
    End,
}

/// Who is collecting: what all origins have in common.
#[derive(Debug, Clone)]
pub(crate) struct Labels {
    /// The collector's id.
    pub(crate) collector: Arc<str>,
    /// The host's name for itself.
    pub(crate) host: Option<Arc<str>>,
}

/// Low bits of a tag that number the record; those above say which slot it is of.
const NUMBER_BITS: u32 = 40;
/// Most files that are held open at a time. More wait, counted, until one is let go.
pub(crate) const FILES_MAX: usize = 20_000;

/// All files of all inputs.
pub(crate) struct Tailer {
    inputs: Vec<FileInput>,
    labels: Labels,
    metrics: FileMetrics,
    slots: Vec<Slot>,
    free: Vec<usize>,
    by_id: HashMap<FileId, usize>,
    by_path: HashMap<PathBuf, usize>,
    /// The newest file of each stream.
    newest: HashMap<Arc<str>, usize>,
    generations: Generations,
    /// Inputs that have looked for their files before.
    looked: BTreeSet<String>,
    /// Files of the checkpoint that have not been found (again).
    missing: HashMap<FileId, FileState>,
    /// Those of them whose place another file has taken, until the end of the walk.
    replaced: Vec<FileState>,
    /// Only files of the checkpoint are looked for.
    only_known: bool,
    /// What is known of packed files.
    packed: packed::Memory,
    /// Slots to read, in turn.
    ready: VecDeque<usize>,
    /// Slots with something to read, whose generation is not on disk yet.
    unannounced: Vec<usize>,
    reader: turn::Reader,
    dirs: BTreeSet<PathBuf>,
    links: BTreeSet<PathBuf>,
    /// Files that could not be opened, which was logged.
    closed: BTreeSet<PathBuf>,
    /// The state differs from what was saved last.
    changed: bool,
}

/// A place for a file; tags name it by its index.
#[derive(Default)]
struct Slot {
    file: Option<Box<Followed>>,
    /// Number of the first record that the next file in this place sends: tags of the file before
    /// it must not be taken for its own.
    first: u64,
}

impl Tailer {
    /// A tailer that goes on where `state` ends.
    pub(crate) fn new(
        inputs: Vec<FileInput>,
        labels: Labels,
        metrics: FileMetrics,
        state: State,
    ) -> Self {
        let (unpacked, files): (Vec<_>, Vec<_>) =
            state.files.into_iter().partition(|file| file.unpacked);
        let missing = files.into_iter().map(|file| (FileId::saved(&file), file)).collect();
        let packed = packed::Memory::new(unpacked, state.let_go);
        Self {
            inputs,
            labels,
            metrics,
            slots: Vec::new(),
            free: Vec::new(),
            by_id: HashMap::new(),
            by_path: HashMap::new(),
            newest: HashMap::new(),
            generations: Generations::new(state.generations),
            looked: state.inputs,
            missing,
            replaced: Vec::new(),
            only_known: false,
            packed,
            ready: VecDeque::new(),
            unannounced: Vec::new(),
            reader: turn::Reader::default(),
            dirs: BTreeSet::new(),
            links: BTreeSet::new(),
            closed: BTreeSet::new(),
            changed: true,
        }
    }

    /// A record was confirmed. Tags of records that were rewound or are of no file are passed over.
    pub(crate) fn confirm(&mut self, tag: u64) {
        let slot = usize::try_from(tag >> NUMBER_BITS).unwrap_or(usize::MAX);
        if let Some(file) = self.slots.get_mut(slot).and_then(|slot| slot.file.as_mut()) {
            file.confirm(tag & ((1 << NUMBER_BITS) - 1));
            self.changed = true;
        }
    }

    /// Reads and sends everything again that is not confirmed: the producer was lost.
    pub(crate) fn rewind(&mut self) {
        let kept = self.reader.rewind(&self.slots);
        for slot in 0..self.slots.len() {
            let Some(file) = self.slots[slot].file.as_mut() else { continue };
            let kept = kept.filter(|(of, _)| *of == slot).map(|(_, number)| number);
            let (again, lost) = file.rewind(kept);
            self.metrics.resent.inc_by(again as u64);
            self.metrics.lost.inc_by(lost as u64);
            if lost > 0 {
                tracing::error!(
                    stream = %file.stream, records = lost,
                    "lost: the file was truncated before kafka confirmed them and the producer failed"
                );
            }
            if again > 0 {
                self.queue(slot);
            }
        }
    }

    /// What is to be saved.
    pub(crate) fn state(&self, now_ms: i64) -> State {
        let followed = self.files().map(|file| file.state(&self.inputs[file.input].name, now_ms));
        let unpacked = self.packed.unpacked().cloned();
        let files = followed.chain(self.missing.values().cloned()).chain(unpacked).collect();
        let generations = self.generations.saved().clone();
        State { inputs: self.looked.clone(), generations, files, let_go: self.packed.let_go() }
    }

    /// How far each stream has come: of one that has several files, the newest tells.
    pub(crate) fn places(&self) -> Vec<Place> {
        let mut places: HashMap<&str, Place> = HashMap::new();
        for file in self.files() {
            let place = file.place();
            let known = places.entry(&file.stream).or_insert_with(|| place.clone());
            if place.generation > known.generation {
                let waiting_bytes = place.waiting_bytes + known.waiting_bytes;
                *known = Place { waiting_bytes, ..place };
            } else if place.generation < known.generation {
                known.waiting_bytes += place.waiting_bytes;
            }
        }
        places.into_values().collect()
    }

    /// Whether the state differs from what was saved last.
    pub(crate) fn changed(&self) -> bool {
        self.changed
    }

    /// What [`Self::state`] last gave is on disk.
    pub(crate) fn saved(&mut self) {
        self.changed = false;
        for slot in std::mem::take(&mut self.unannounced) {
            if let Some(file) = self.slots[slot].file.as_mut() {
                file.announced = !file.prefix.is_empty();
                self.queue(slot);
            }
        }
    }

    /// Records that were sent and are not confirmed.
    pub(crate) fn in_flight(&self) -> usize {
        self.files().map(|file| file.in_flight()).sum()
    }

    /// The directories in which files are or may come to be.
    pub(crate) fn dirs(&self) -> &BTreeSet<PathBuf> {
        &self.dirs
    }

    /// Followed files whose names are symbolic links: what is written to them is written elsewhere.
    pub(crate) fn links(&self) -> &BTreeSet<PathBuf> {
        &self.links
    }

    fn files(&self) -> impl Iterator<Item = &Followed> {
        self.slots.iter().filter_map(|slot| slot.file.as_deref())
    }

    fn file(&mut self, slot: usize) -> Option<&mut Followed> {
        self.slots.get_mut(slot)?.file.as_deref_mut()
    }

    /// Puts a slot in the queue of those to read, once.
    fn queue(&mut self, slot: usize) {
        let Some(file) = self.file(slot) else { return };
        file.at_end = false;
        if !file.queued && file.after.is_none() {
            file.queued = true;
            self.ready.push_back(slot);
        }
    }

    /// The file in `slot` was read to its end: the next one of its stream may begin.
    fn reached_end(&mut self, slot: usize) {
        let Some(file) = self.file(slot) else { return };
        file.at_end = true;
        if let Some(next) = file.before.take() {
            if let Some(file) = self.file(next) {
                file.after = None;
            }
            self.queue(next);
        }
    }

    /// Gives the file in `slot` a new generation, which begins with an empty file.
    fn begin_generation(&mut self, slot: usize, now_ms: i64) {
        let Some(file) = self.slots[slot].file.as_mut() else { return };
        let generation = self.generations.next(&file.stream, now_ms);
        let source = self.inputs[file.input].source.as_deref();
        file.begin_generation(generation, &self.labels, source);
        self.changed = true;
        self.queue(slot);
    }
}

fn tag(slot: usize, number: u64) -> u64 {
    ((slot as u64) << NUMBER_BITS) | number
}

#[cfg(test)]
mod tests;
