//! What hosts write meanwhile: lines no two alike, some of which must raise alerts.

use crate::dice::Dice;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Files that are written; each is a stream of its own, and so may be in another partition.
pub(crate) const FILES: usize = 4;
/// Lines a step, and how long a step is.
const STEP_LINES: usize = 20;
const STEP: Duration = Duration::from_millis(50);
/// One line in so many touches the tripwire; after so many, somebody else begins to guess.
const TRIPWIRE_EVERY: usize = 151;
const GUESS_EVERY: usize = 400;
/// Lines between two tries of one who guesses.
const TRY_EVERY: usize = 11;
/// Lines after which a file is rotated.
const ROTATE_EVERY: usize = 3_000;

/// Somebody who tries passwords.
struct Guesser {
    address: String,
    tries_left: usize,
    /// The file in which all tries stand; else each stands in another.
    file: Option<usize>,
    gets_in: bool,
}

/// Everything written so far, and to where.
pub(crate) struct Written {
    folder: PathBuf,
    files: Vec<File>,
    /// All lines in the order in which they happened.
    pub(crate) lines: Vec<String>,
    rotated: usize,
    dice: Dice,
    guessers: Vec<Guesser>,
}

impl Written {
    fn line(&mut self, file: usize, said: &str) {
        // As rsyslog writes it; the moment is that of the line's writing, as on a host.
        let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00");
        let line = format!("{at} chaos-{file} {said}");
        let written = self.files[file].write_all(format!("{line}\n").as_bytes());
        written.unwrap_or_else(|error| panic!("cannot write a log: {error}"));
        self.lines.push(line);
    }

    /// A line in each file that can be found in the store by `word`.
    pub(crate) fn say_everywhere(&mut self, word: &str) {
        for file in 0..FILES {
            let number = self.lines.len();
            self.line(file, &format!("app[7]: {word} is line {number}"));
        }
    }

    fn next(&mut self) {
        let number = self.lines.len();
        if number.is_multiple_of(ROTATE_EVERY) {
            let file = self.dice.below(FILES);
            self.rotate(file);
        }
        if number.is_multiple_of(GUESS_EVERY) {
            let address =
                format!("198.18.{}.{}", number / GUESS_EVERY / 250, number / GUESS_EVERY % 250 + 1);
            let tries_left = *self.dice.one(&[3, 6, 8]);
            let file = *self.dice.one(&[None, Some(0), Some(1), Some(2), Some(3)]);
            let gets_in = self.dice.below(2) == 0;
            self.guessers.push(Guesser { address, tries_left, file, gets_in });
        }
        if number.is_multiple_of(TRY_EVERY) && !self.guessers.is_empty() {
            return self.guess(number);
        }
        let file = self.dice.below(FILES);
        let what =
            if number.is_multiple_of(TRIPWIRE_EVERY) { "tripwire touched" } else { "stored" };
        self.line(file, &format!("app[{}]: {what} by order {number}", 100 + number % 900));
    }

    fn guess(&mut self, number: usize) {
        let which = self.dice.below(self.guessers.len());
        let guesser = &mut self.guessers[which];
        let file = guesser.file.unwrap_or(number % FILES);
        let (address, port) = (guesser.address.clone(), 1024 + number % 60_000);
        if guesser.tries_left > 0 {
            guesser.tries_left -= 1;
            let said = format!(
                "Failed password for invalid user u{number} from {address} port {port} ssh2"
            );
            return self.line(file, &format!("sshd[{number}]: {said}"));
        }
        let gets_in = guesser.gets_in;
        self.guessers.swap_remove(which);
        let what = if gets_in { "Accepted password" } else { "Connection closed" };
        self.line(file, &format!("sshd[{number}]: {what} for u1 from {address} port {port} ssh2"));
    }

    fn rotate(&mut self, file: usize) {
        self.rotated += 1;
        let name = self.folder.join(format!("app-{file}.log"));
        let aside = self.folder.join(format!("app-{file}.{}.log", self.rotated));
        std::fs::rename(&name, aside).expect("a log is renamed");
        self.files[file] = open(&self.folder, file);
    }
}

fn open(folder: &Path, file: usize) -> File {
    let path = folder.join(format!("app-{file}.log"));
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.unwrap_or_else(|error| panic!("cannot open a log: {error}"))
}

/// A thread that writes without a pause.
pub(crate) struct Traffic {
    written: Arc<Mutex<Written>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Traffic {
    pub(crate) fn start(folder: &Path, seed: u64) -> Self {
        let files = (0..FILES).map(|file| open(folder, file)).collect();
        let written = Written {
            folder: folder.to_owned(),
            files,
            lines: Vec::new(),
            rotated: 0,
            dice: Dice::new(seed),
            guessers: Vec::new(),
        };
        let written = Arc::new(Mutex::new(written));
        let is_over = Arc::new(AtomicBool::new(false));
        let (shared, over) = (written.clone(), is_over.clone());
        let thread = std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let mut written = lock(&shared);
                (0..STEP_LINES).for_each(|_| written.next());
                drop(written);
                std::thread::sleep(STEP);
            }
        });
        Self { written, is_over, thread: Some(thread) }
    }

    pub(crate) fn written(&self) -> MutexGuard<'_, Written> {
        lock(&self.written)
    }

    /// Writes no more by itself.
    pub(crate) fn end(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("logs can be written");
        }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

fn lock(written: &Mutex<Written>) -> MutexGuard<'_, Written> {
    written.lock().unwrap_or_else(PoisonError::into_inner)
}
