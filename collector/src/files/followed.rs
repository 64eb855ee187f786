//! One file that is followed, under whatever name.

use super::framer::{Format, Framer};
use super::prefix::Prefix;
use super::source::Source;
use super::{FileInput, Labels, stream};
use crate::checkpoint::FileState;
use crate::flight::{Flight, Position};
use crate::header::Header;
use crate::heartbeat::Place;
use std::fs::Metadata;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many bytes before the place of the next read are looked at again with it: where they have
/// changed, the file was truncated and has grown again beyond that place.
const MARK_BYTES: usize = 32;
/// How far before a file's end the beginning of its unfinished last line is looked for.
const LAST_LINE_BYTES_MAX: usize = 65_536;

/// Device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileId {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

impl FileId {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    pub(crate) fn saved(state: &FileState) -> Self {
        Self { device: state.device, inode: state.inode }
    }
}

/// A file that is held open, and how far it was read and confirmed.
#[derive(Debug)]
pub(crate) struct Followed {
    file: Source,
    pub(crate) id: FileId,
    /// Index of the input that found it.
    pub(crate) input: usize,
    pub(crate) stream: Arc<str>,
    pub(crate) generation: u64,
    pub(crate) header: Header,
    /// Where an input finds it; `None` once it was renamed away or deleted.
    pub(crate) path: Option<PathBuf>,
    /// Where it lay when last looked at.
    pub(crate) last_path: PathBuf,
    /// It is not, or no longer, at the path that its stream is named after.
    pub(crate) rotated: bool,
    pub(crate) prefix: Prefix,
    /// Generation and fingerprint are on disk: its records may be sent.
    pub(crate) announced: bool,
    pub(crate) lines: Framer,
    /// Offset of the next byte to read.
    read_at: u64,
    /// Number of the next record.
    pub(crate) sequence: u64,
    /// The last bytes before `read_at`.
    mark: ([u8; MARK_BYTES], usize),
    pub(crate) flight: Flight,
    /// What is still under way of the generations that a truncation ended.
    orphans: Vec<Flight>,
    /// A record ends here though no newline does; reads stop here.
    pub(crate) barrier: Option<u64>,
    /// The older file of the stream, which is to be read to its end first.
    pub(crate) after: Option<usize>,
    /// The newer file of the stream, which waits for this one.
    pub(crate) before: Option<usize>,
    pub(crate) queued: bool,
    /// The last read came to the end.
    pub(crate) at_end: bool,
    /// The last read found that it was truncated.
    pub(crate) truncated: bool,
    /// The last read failed.
    pub(crate) failing: bool,
    /// When it last was found longer.
    pub(crate) grown_ms: i64,
    /// Its size when last looked at, if that was not by reading.
    pub(crate) size: u64,
}

/// What a read came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pull {
    /// Bytes, in this range of the buffer.
    Data(std::ops::Range<usize>),
    /// There is nothing more for now, or up to the barrier.
    End,
    /// The file is not the one whose beginning was read: it was truncated.
    Truncated,
}

impl Followed {
    #[expect(clippy::too_many_arguments, reason = "it only puts together what its file is")]
    pub(crate) fn new(
        file: Source,
        id: FileId,
        input: usize,
        path: &Path,
        stream: Arc<str>,
        generation: u64,
        header: Header,
        format: Arc<Format>,
    ) -> Self {
        Self {
            // Nothing is ever added to a packed file that is whole.
            rotated: file.is_packed() || *stream != *stream::of_file(path),
            file,
            id,
            input,
            stream,
            generation,
            header,
            path: Some(path.into()),
            last_path: path.into(),
            prefix: Prefix::default(),
            announced: false,
            lines: Framer::new(format),
            read_at: 0,
            sequence: 0,
            mark: ([0; MARK_BYTES], 0),
            flight: Flight::new(Position::default(), 0),
            orphans: Vec::new(),
            barrier: None,
            after: None,
            before: None,
            queued: false,
            at_end: false,
            truncated: false,
            failing: false,
            grown_ms: 0,
            size: 0,
        }
    }

    /// Goes on at `position`; the next record's number is `first`.
    pub(crate) fn seek(&mut self, position: Position, first: u64) {
        self.flight = Flight::new(position, first);
        self.go_back(position);
    }

    fn go_back(&mut self, to: Position) {
        self.lines.restart(to.offset);
        self.read_at = to.offset;
        self.sequence = to.sequence;
        self.mark.1 = 0;
        self.at_end = false;
    }

    pub(crate) fn begin_generation(
        &mut self,
        generation: u64,
        labels: &Labels,
        source: Option<&str>,
    ) {
        let first = self.flight.next();
        let old = std::mem::replace(&mut self.flight, Flight::new(Position::default(), first));
        if old.len() > 0 {
            self.orphans.push(old);
        }
        self.generation = generation;
        self.header = header(labels, &self.stream, generation, source);
        self.prefix = Prefix::default();
        self.announced = false;
        self.barrier = None;
        self.go_back(Position::default());
    }

    /// Reads what follows into `buffer`. Nothing is read beyond the barrier while it stands.
    pub(crate) fn pull(&mut self, buffer: &mut [u8]) -> io::Result<Pull> {
        let (mark, marked) = (self.mark.0, self.mark.1);
        let room = (buffer.len() - marked) as u64;
        let left = self.stop().map_or(room, |stop| room.min(stop.saturating_sub(self.read_at)));
        let buffer = &mut buffer[..marked + left as usize];
        let from = self.read_at - marked as u64;
        let mut got = self.file.read(buffer, from)?;
        if self.lines.format.is_wide() {
            // The other half of a character comes with the next read.
            got -= got % 2;
        }
        if got < marked || buffer[..marked] != mark[..marked] {
            return Ok(Pull::Truncated);
        }
        if got == marked {
            // Nothing before the place was looked at after a rewind: the size must tell.
            let size = self.metadata()?.len();
            let shorter = marked == 0 && !self.file.is_packed() && size < self.read_at;
            return Ok(if shorter { Pull::Truncated } else { Pull::End });
        }
        self.read_at += (got - marked) as u64;
        let keep = got.min(MARK_BYTES);
        self.mark.0[..keep].copy_from_slice(&buffer[got - keep..got]);
        self.mark.1 = keep;
        Ok(Pull::Data(marked..got))
    }

    /// Where reading is to stop: at the barrier, until the unfinished line before it is sent.
    fn stop(&self) -> Option<u64> {
        self.barrier.filter(|at| self.read_at < *at || self.is_at_barrier())
    }

    /// Lets the unfinished line end here, once that is on disk.
    pub(crate) fn stop_here(&mut self) {
        self.barrier = Some(self.read_at);
        self.announced = false;
    }

    /// Whether the unfinished line is to be sent as it is.
    pub(crate) fn is_at_barrier(&self) -> bool {
        self.barrier == Some(self.read_at) && self.lines.pending() > 0
    }

    /// Compares the file's first bytes with its fingerprint and lets that grow; `false`: the file
    /// was truncated and holds something else.
    pub(crate) fn check_prefix(&mut self) -> io::Result<bool> {
        let start = self.file.start()?;
        let fits = self.prefix.fits(&start);
        if fits && self.prefix.is_short() {
            self.prefix = Prefix::of(&start);
        }
        Ok(fits)
    }

    /// Whether a read would find something, or that the file was truncated.
    pub(crate) fn differs(&mut self, size: u64) -> bool {
        self.size = size;
        let differs =
            if self.file.is_packed() { !self.file.ended_at(size) } else { size != self.read_at };
        differs || self.failing
    }

    pub(crate) fn is_packed(&self) -> bool {
        self.file.is_packed()
    }

    /// Whether it is a packed file that was read to its end and confirmed: it is let go, and only
    /// remembered.
    pub(crate) fn is_unpacked(&self) -> bool {
        self.file.is_packed() && self.is_done() && self.file.ended_at(self.size)
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    pub(crate) fn confirm(&mut self, number: u64) {
        if self.flight.holds(number) {
            return self.flight.confirm(number);
        }
        for orphan in &mut self.orphans {
            orphan.confirm(number);
        }
        self.orphans.retain(|orphan| orphan.len() > 0);
    }

    /// Goes back to the first record that is not confirmed. How many are to be sent again, and how
    /// many cannot be, because a truncation took them; record `kept` is still in memory.
    pub(crate) fn rewind(&mut self, kept: Option<u64>) -> (usize, usize) {
        let kept = |orphan: &Flight| kept.is_some_and(|number| orphan.holds(number));
        let lost = self.orphans.drain(..).map(|o| o.len() - usize::from(kept(&o))).sum();
        let again = self.flight.len();
        if again > 0 {
            self.flight.rewind();
            self.go_back(self.flight.confirmed());
        }
        (again, lost)
    }

    /// Records under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.flight.len() + self.orphans.iter().map(Flight::len).sum::<usize>()
    }

    /// Whether everything before `at` is confirmed.
    pub(crate) fn is_confirmed_to(&self, at: u64) -> bool {
        let idle = self.in_flight() == 0 && self.lines.start() >= at;
        idle || self.flight.confirmed().offset >= at
    }

    /// Everything that was read is sent and confirmed, and no part of a line is left.
    pub(crate) fn is_done(&self) -> bool {
        self.at_end && self.in_flight() == 0 && self.lines.pending() == 0
    }

    /// Notes that it is no longer where it was found.
    pub(crate) fn leave(&mut self) {
        self.path = None;
        self.rotated = true;
        let link = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        // Of a deleted file the kernel gives the old path with a note behind it.
        if let Ok(path) = std::fs::read_link(link)
            && path.exists()
        {
            self.last_path = path;
        }
    }

    /// Notes where it is found now.
    pub(crate) fn arrive(&mut self, path: &Path) {
        self.rotated = self.file.is_packed() || *self.stream != *stream::of_file(path);
        self.path = Some(path.into());
        self.last_path = path.into();
    }

    /// How far it has come.
    pub(crate) fn place(&self) -> Place {
        let Position { offset, sequence } = self.confirmed();
        Place {
            stream: self.stream.to_string(),
            generation: self.generation,
            sequence,
            offset,
            waiting_records: None,
            waiting_bytes: if self.file.is_packed() {
                0
            } else {
                self.length().saturating_sub(offset)
            },
        }
    }

    /// Up to where it is confirmed. Empty lines behind the last record count as read too.
    fn confirmed(&self) -> Position {
        match self.flight.len() {
            0 => Position { offset: self.lines.start(), sequence: self.sequence },
            _ => self.flight.confirmed(),
        }
    }

    /// How long it is, as far as that is known.
    fn length(&self) -> u64 {
        if self.file.is_packed() { self.size } else { self.size.max(self.read_at) }
    }

    pub(crate) fn state(&self, input: &str, now_ms: i64) -> FileState {
        let position = self.confirmed();
        FileState {
            stream: self.stream.to_string(),
            generation: self.generation,
            path: stream::escape(&self.last_path),
            input: input.to_owned(),
            device: self.id.device,
            inode: self.id.inode,
            prefix: self.prefix,
            offset: position.offset,
            sequence: position.sequence,
            size: self.length(),
            unpacked: false,
            barrier: self.barrier,
            seen_ms: now_ms,
        }
    }
}

/// The header of a file's records.
pub(crate) fn header(
    labels: &Labels,
    stream: &str,
    generation: u64,
    source: Option<&str>,
) -> Header {
    Header::new(&labels.collector, stream, generation, source, labels.host.as_deref())
}

/// Where the last line of `file` begins, if it is unfinished, else the file's end.
pub(crate) fn last_line(file: &mut Source, size: u64) -> io::Result<u64> {
    let from = size.saturating_sub(LAST_LINE_BYTES_MAX as u64);
    let mut tail = vec![0; (size - from) as usize];
    let got = file.read(&mut tail, from)?;
    let newline = tail[..got].iter().rposition(|b| *b == b'\n');
    // A longer line than is looked for is begun in its middle.
    let whole = if from == 0 { 0 } else { size };
    Ok(newline.map_or(whole, |at| from + at as u64 + 1))
}

/// Where the position of `input` puts a file that was there before the input.
pub(crate) fn first_position(file: &mut Source, size: u64, input: &FileInput) -> io::Result<u64> {
    let at = match input.start {
        super::Start::Beginning => 0,
        super::Start::End => last_line(file, size)?,
    };
    Ok(if input.format.is_wide() { at.next_multiple_of(2) } else { at })
}
