//! The systemd journal, entry by entry, through `journalctl`.
//!
//! The journal can be read again, so it is its own spool: each record is an entry as `journalctl
//! --output=json --all` writes it, and what Kafka has confirmed moves the [`cursor::Place`], which
//! says where to go on. A restart seeks the last confirmed entry itself; where that is not what
//! comes first, it was vacuumed or rotated away, and the entries between are counted as missing,
//! told apart by journald's own sequence numbers.

mod cursor;

use crate::Error;
use crate::flight::{Flight, Position};
use crate::header::{Header, Line};
use crate::heartbeat::{self, Board};
use crate::kafka::Sender;
use crate::metrics::JournalMetrics;
use crate::output::{Output, Record};
use crate::syslog::now_ms;
use cursor::{Place, cursor_of, missing_between};
use frame::{Frame, Lines};
use model::RAW_BYTES_MAX;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use service::{Part, Shutdown};
use std::collections::VecDeque;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Tags with this bit, and without the queue's, are the journal's.
pub(crate) const JOURNAL_TAG: u64 = 1 << 62;
/// The stream's name: there is one journal on a host.
pub(crate) const STREAM: &str = "journal";

/// Bytes read at a time: a pipe holds no more.
const READ_BYTES: usize = 64 * 1024;
/// Longest wait while nothing comes: confirmations and the shutdown are looked for.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
/// Wait while the output is full.
const FULL_WAIT: Duration = Duration::from_millis(5);
/// How often the place is written.
const TICK: Duration = Duration::from_secs(1);
/// Wait before `journalctl` is started again after it has ended.
const AGAIN: Duration = Duration::from_secs(2);
/// How long confirmations are waited for at the shutdown.
const DRAIN: Duration = Duration::from_secs(3);

/// `[journal]`.
#[derive(Debug, Clone)]
pub(crate) struct JournalInput {
    /// The `journalctl` program.
    pub(crate) program: PathBuf,
    /// A directory of journal files instead of the host's own.
    pub(crate) directory: Option<PathBuf>,
    /// Units whose entries are wanted; none: all entries.
    pub(crate) units: Vec<String>,
    /// Whether the first start reads what is there.
    pub(crate) from_beginning: bool,
    pub(crate) source: Option<String>,
}

impl JournalInput {
    fn command(&self, from: Option<&str>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--output=json", "--all", "--follow", "--no-pager", "--quiet"]);
        if let Some(directory) = &self.directory {
            command.arg("--directory").arg(directory);
        }
        for unit in &self.units {
            command.arg("--unit").arg(unit);
        }
        match from {
            Some(cursor) => command.arg("--no-tail").arg(format!("--cursor={cursor}")),
            None if self.from_beginning => command.arg("--no-tail"),
            None => command.arg("--lines=0"),
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        command
    }
}

/// Tags of confirmed entries on their way to the journal's thread; bounded by what is under way.
#[derive(Default)]
pub(crate) struct Receipts(Mutex<Vec<u64>>);

impl Receipts {
    /// Adds one.
    pub(crate) fn add(&self, tag: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(tag & !JOURNAL_TAG);
    }

    fn take(&self) -> Vec<u64> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Everything that reading the journal takes.
pub(crate) struct Journal<O> {
    input: JournalInput,
    file: PathBuf,
    receipts: Arc<Receipts>,
    metrics: JournalMetrics,
    sender: O,
    header: Header,
    generation: u64,
    /// How far confirmations have come, and the cursor of the last confirmed entry.
    flight: Flight,
    confirmed: Option<String>,
    /// Cursors of what is under way, in order.
    cursors: VecDeque<String>,
    /// The last entry that was sent, and what follows it.
    sent: Option<String>,
    next: Position,
    saved: Option<Place>,
    board: Arc<Board>,
}

/// An output that may be replaced by another.
pub(crate) trait Renewable: Output {
    /// Whether it was, since this was last asked: what is not confirmed has to be sent again.
    fn renewed(&mut self) -> bool;
}

impl Renewable for Sender {
    fn renewed(&mut self) -> bool {
        Self::renewed(self)
    }
}

/// Who makes the records, under which generation if the journal is read for the first time, and
/// where it is written down how far they have come.
pub(crate) struct Origin<'a> {
    pub(crate) board: Arc<Board>,
    pub(crate) collector: &'a str,
    pub(crate) host: Option<&'a str>,
    pub(crate) generation: u64,
}

impl<O: Renewable> Journal<O> {
    /// A reader that goes on where `dir` says.
    pub(crate) fn open(
        input: JournalInput,
        dir: &Path,
        origin: &Origin<'_>,
        receipts: Arc<Receipts>,
        metrics: JournalMetrics,
        sender: O,
    ) -> Result<Self, Error> {
        let file = dir.join("journal");
        let saved = Place::load(&file)?;
        let generation = saved.as_ref().map_or(origin.generation, |place| place.generation);
        let source = input.source.as_deref();
        let header = Header::new(origin.collector, STREAM, generation, source, origin.host);
        let next = saved.as_ref().map(Place::position).unwrap_or_default();
        let confirmed = saved.as_ref().map(|place| place.cursor.clone());
        Ok(Self {
            input,
            file,
            receipts,
            metrics,
            sender,
            header,
            generation,
            flight: Flight::new(next, 0),
            sent: confirmed.clone(),
            confirmed,
            cursors: VecDeque::new(),
            next,
            saved,
            board: origin.board.clone(),
        })
    }

    /// Reads until the shutdown.
    pub(crate) fn run(mut self, part: &Part, shutdown: &Shutdown) -> Result<(), Error> {
        let mut origin = String::new();
        while !shutdown.has_begun() {
            match self.input.command(self.sent.as_deref()).spawn() {
                Ok(child) => {
                    part.up();
                    self.follow(child, &mut origin, shutdown)?;
                    if !shutdown.has_begun() {
                        part.down("journalctl has ended");
                    }
                }
                Err(error) => {
                    let program = self.input.program.display();
                    tracing::error!(%error, %program, "cannot start journalctl");
                    part.down(format!("cannot start {program}: {error}"));
                }
            }
            let until = Instant::now() + AGAIN;
            while !shutdown.has_begun() && Instant::now() < until {
                self.settle()?;
                std::thread::sleep(FULL_WAIT);
            }
        }
        let until = Instant::now() + DRAIN;
        while self.flight.len() > 0 && Instant::now() < until {
            self.take_receipts();
            std::thread::sleep(FULL_WAIT);
        }
        self.save()
    }

    /// Reads from one `journalctl` until it ends, or has to begin anew.
    fn follow(
        &mut self,
        child: Child,
        origin: &mut String,
        shutdown: &Shutdown,
    ) -> Result<(), Error> {
        let mut child = Killed(child);
        let Some(mut output) = child.0.stdout.take() else { return Ok(()) };
        let mut lines = Lines::new(RAW_BYTES_MAX);
        let mut buffer = vec![0; READ_BYTES];
        let mut is_first = self.sent.is_some();
        let mut next_tick = Instant::now() + TICK;
        while !shutdown.has_begun() {
            if Instant::now() >= next_tick {
                next_tick = Instant::now() + TICK;
                self.save()?;
            }
            if self.settle()? {
                return Ok(());
            }
            let Some(bytes) = read_some(&mut output, &mut buffer) else { return Ok(()) };
            let mut rest = &buffer[..bytes];
            while let Some(frame) = lines.next(&mut rest) {
                if !self.entry(&frame, std::mem::take(&mut is_first), origin, shutdown)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Sends one entry. `false`: reading has to begin anew.
    fn entry(
        &mut self,
        frame: &Frame<'_>,
        is_first: bool,
        origin: &mut String,
        shutdown: &Shutdown,
    ) -> Result<bool, Error> {
        let Some(cursor) = cursor_of(frame.bytes) else {
            self.metrics.unknown.inc();
            return Ok(true);
        };
        if let Some(sent) = &self.sent {
            if is_first && sent == cursor {
                // The one that was sent last: only sought to see that it is still there.
                return Ok(true);
            }
            self.note_gap(sent, cursor, is_first);
        }
        let Position { offset, sequence } = self.next;
        let line = Line { sequence, offset, collected_ms: now_ms(), sender: None, cut: frame.cut };
        self.header.write(&line, origin);
        let bytes = frame.bytes;
        let tag = JOURNAL_TAG | self.flight.next();
        while !self.sender.send(&Record { stream: STREAM, origin, bytes, tag }) {
            if shutdown.has_begun() || self.settle()? {
                return Ok(false);
            }
            std::thread::sleep(FULL_WAIT);
        }
        let length = frame.cut.map_or(bytes.len() as u64, |cut| cut.bytes);
        self.next = Position { offset: offset + length, sequence: sequence + 1 };
        self.flight.begin(self.next.offset);
        self.cursors.push_back(cursor.to_owned());
        self.sent = Some(cursor.to_owned());
        self.metrics.entries.inc();
        Ok(true)
    }

    /// Counts what the journal has lost between two entries. Where only some units are read,
    /// numbers have gaps by nature, and only a place that is gone tells.
    fn note_gap(&self, sent: &str, cursor: &str, is_first: bool) {
        if !is_first && !self.input.units.is_empty() {
            return;
        }
        let missing = missing_between(sent, cursor);
        if missing == Some(0) {
            return;
        }
        self.metrics.gaps.inc();
        self.metrics.missing.inc_by(missing.unwrap_or(0));
        tracing::error!(
            entries = missing,
            after = sent,
            "lost: the journal was vacuumed or rotated away before it was read"
        );
    }

    /// Takes confirmations. `true`: the producer is another one, and reading begins anew at the
    /// first entry that is not confirmed.
    fn settle(&mut self) -> Result<bool, Error> {
        self.take_receipts();
        if !self.sender.renewed() {
            return Ok(false);
        }
        self.metrics.resent.inc_by(self.flight.len() as u64);
        self.flight.rewind();
        self.cursors.clear();
        self.sent.clone_from(&self.confirmed);
        self.next = self.flight.confirmed();
        self.save()?;
        Ok(true)
    }

    fn take_receipts(&mut self) {
        for tag in self.receipts.take() {
            let before = self.flight.confirmed().sequence;
            self.flight.confirm(tag);
            for _ in before..self.flight.confirmed().sequence {
                self.confirmed = self.cursors.pop_front();
            }
        }
    }

    /// Writes how far everything is confirmed, if that is news.
    fn save(&mut self) -> Result<(), Error> {
        let Position { offset, sequence } = self.flight.confirmed();
        let generation = self.generation;
        self.board.journal(heartbeat::Place {
            stream: STREAM.to_owned(),
            generation,
            sequence,
            offset,
            waiting_records: Some(self.flight.len() as u64),
            waiting_bytes: self.next.offset.saturating_sub(offset),
        });
        let Some(cursor) = &self.confirmed else { return Ok(()) };
        let place = Place { generation, offset, sequence, cursor: cursor.clone() };
        if self.saved.as_ref() != Some(&place) {
            match place.save(&self.file) {
                Ok(()) => self.saved = Some(place),
                // It is tried again; a restart meanwhile would send entries again.
                Err(error) => tracing::error!(%error, "cannot write the journal's place"),
            }
        }
        Ok(())
    }
}

/// What is there, after waiting for it; 0 where nothing came, `None` at the end.
fn read_some(output: &mut ChildStdout, buffer: &mut [u8]) -> Option<usize> {
    if poll(&mut [PollFd::new(output, PollFlags::IN)], Some(&LOOK)) == Ok(0) {
        return Some(0);
    }
    match output.read(buffer) {
        Ok(0) => None,
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => Some(0),
        Err(_) => None,
    }
}

/// A child that does not outlive its reader.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It fails where the child has ended, which is as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests;
