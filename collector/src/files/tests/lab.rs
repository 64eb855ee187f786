//! A directory, a tailer over it, and an output that remembers.

use super::*;
use crate::header;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use tempfile::TempDir;

/// A record as the output got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) stream: String,
    pub(super) generation: u64,
    pub(super) sequence: u64,
    pub(super) offset: u64,
    pub(super) text: String,
    pub(super) cut: bool,
    pub(super) tag: u64,
}

/// Remembers what it took, as long as it has room.
pub(super) struct Taker {
    pub(super) taken: Vec<Taken>,
    pub(super) room: usize,
}

impl Output for Taker {
    fn send(&mut self, record: &Record<'_>) -> bool {
        if self.room == 0 {
            return false;
        }
        self.room -= 1;
        let origin = header::read(record.origin);
        assert_eq!(origin.stream, record.stream);
        self.taken.push(Taken {
            stream: record.stream.to_owned(),
            generation: origin.generation,
            sequence: origin.sequence,
            offset: origin.offset,
            text: String::from_utf8_lossy(record.bytes).into_owned(),
            cut: origin.cut.is_some(),
            tag: record.tag,
        });
        true
    }
}

pub(super) struct Lab {
    pub(super) dir: TempDir,
    pub(super) input: FileInput,
    pub(super) tailer: Tailer,
    pub(super) out: Taker,
    /// What is on disk.
    pub(super) saved: State,
    pub(super) now_ms: i64,
    /// How much was taken when the last tailer crashed: its tags mean nothing to the next.
    crashed_at: usize,
}

impl Lab {
    /// A lab whose files are to match `pattern`.
    pub(super) fn new(pattern: &str) -> Self {
        Self::with(pattern, &[], Start::Beginning)
    }

    pub(super) fn with(pattern: &str, exclude: &[&str], start: Start) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let include = dir.path().join(pattern).to_str().unwrap().to_owned();
        let exclude: Vec<String> = exclude.iter().map(|s| (*s).to_owned()).collect();
        let globs = Globs::new(&[include], &exclude).unwrap();
        let format = Arc::new(framer::Format {
            record_bytes_max: ::model::RAW_BYTES_MAX,
            encoding: None,
            join: framer::Join::No,
            join_ms: 3_000,
        });
        let input = FileInput { name: "test".into(), globs, start, source: None, format };
        let tailer = tailer(&input, State::default());
        let out = Taker { taken: Vec::new(), room: usize::MAX };
        Self { dir, input, tailer, out, saved: State::default(), now_ms: 1_000_000, crashed_at: 0 }
    }

    /// A lab whose lines are joined as `join` has it.
    pub(super) fn joined(pattern: &str, join: framer::Join) -> Self {
        let mut lab = Self::new(pattern);
        let format = framer::Format { join, ..(*lab.input.format).clone() };
        lab.input.format = Arc::new(format);
        lab.tailer = tailer(&lab.input, State::default());
        lab
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn append(&self, name: &str, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    pub(super) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub(super) fn delete(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Empties the file in place, as copytruncate does.
    pub(super) fn truncate(&self, name: &str) {
        File::create(self.path(name)).unwrap();
    }

    pub(super) fn look(&mut self, name: &str) {
        let path: &Path = &self.path(name);
        self.tailer.look(path, self.now_ms);
    }

    pub(super) fn save(&mut self) {
        self.saved = self.tailer.state(self.now_ms);
        self.tailer.saved();
    }

    /// Steps until everything is read or the output is full.
    pub(super) fn run(&mut self) -> Step {
        loop {
            match self.tailer.step(&mut self.out, self.now_ms) {
                Step::More => {}
                Step::Unsaved => self.save(),
                end => return end,
            }
        }
    }

    /// Looks at everything, then reads it.
    pub(super) fn rescan(&mut self) -> Step {
        self.tailer.discover(self.now_ms);
        self.run()
    }

    /// Lets time pass, second by second.
    pub(super) fn wait(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.now_ms += 1000;
            self.tailer.tend(self.now_ms);
            self.run();
        }
    }

    /// Confirms everything taken from `from` on, but for what was taken from a tailer that crashed.
    pub(super) fn confirm_from(&mut self, from: usize) {
        for taken in &self.out.taken[from.max(self.crashed_at)..] {
            self.tailer.confirm(taken.tag);
        }
    }

    pub(super) fn confirm(&mut self) {
        self.confirm_from(0);
    }

    /// As after kill -9: what is on disk is all that is left.
    pub(super) fn crash(&mut self) {
        self.now_ms += 2000;
        self.crashed_at = self.out.taken.len();
        self.tailer = tailer(&self.input, self.saved.clone());
    }

    pub(super) fn texts(&self) -> Vec<&str> {
        self.out.taken.iter().map(|taken| taken.text.as_str()).collect()
    }

    /// Generation, counted from the first one seen, and text.
    pub(super) fn generations(&self) -> Vec<(u64, &str)> {
        let mut seen: Vec<u64> = self.out.taken.iter().map(|taken| taken.generation).collect();
        seen.sort_unstable();
        seen.dedup();
        let number = |g: u64| seen.iter().position(|s| *s == g).unwrap() as u64;
        self.out.taken.iter().map(|t| (number(t.generation), t.text.as_str())).collect()
    }
}

fn tailer(input: &FileInput, state: State) -> Tailer {
    let labels = Labels { collector: "c-test".into(), host: None };
    let metrics = FileMetrics::register(&prometheus::Registry::new()).unwrap();
    Tailer::new(vec![input.clone()], labels, metrics, state)
}
