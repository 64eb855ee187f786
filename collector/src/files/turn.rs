//! Reading files in turn and sending their lines.

use super::followed::{Followed, Pull};
use super::{Slot, Tailer, tag};
use crate::header::Line;
use crate::output::{Output, Record};
use frame::Frame;
use std::ops::Range;

/// Bytes read at a time: enough that system calls cost nothing, little enough to stay in cache.
const CHUNK_BYTES: usize = 256 * 1024;
/// Bytes read in one step, before events and confirmations are looked at again.
const STEP_BYTES: usize = 4 * 1024 * 1024;

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// There is more to read.
    More,
    /// Every file was read to its end.
    Idle,
    /// The output takes no more for now.
    Full,
    /// Some files have to wait until [`Tailer::state`] is on disk and [`Tailer::saved`] was called.
    Unsaved,
}

/// The read buffer that all files share, and what was left when the output was full.
#[derive(Default)]
pub(super) struct Reader {
    buffer: Vec<u8>,
    /// The part of the buffer that is not yet cut into lines, and whose it is.
    rest: Option<(usize, Range<usize>)>,
    /// A record that was cut, counted as sent and then not taken.
    refused: Option<Refused>,
    origin: String,
}

struct Refused {
    slot: usize,
    number: u64,
    stream: std::sync::Arc<str>,
    origin: String,
    bytes: Vec<u8>,
}

impl Reader {
    /// Forgets what will be read again. The refused record stays if it cannot be, because its
    /// file was truncated; its slot and number are returned.
    pub(super) fn rewind(&mut self, slots: &[Slot]) -> Option<(usize, u64)> {
        let again = |refused: &Refused| {
            let file = slots[refused.slot].file.as_ref();
            file.is_some_and(|file| file.flight.holds(refused.number))
        };
        if self.refused.as_ref().is_some_and(again) {
            self.refused = None;
            // There is a rest only behind a refused record of the same file.
            self.rest = None;
        }
        self.refused.as_ref().map(|refused| (refused.slot, refused.number))
    }
}

impl Tailer {
    /// Reads and sends until the output is full, all is read, or it is time to look around.
    pub(crate) fn step(&mut self, out: &mut impl Output, now_ms: i64) -> Step {
        if !self.send_refused(out) {
            return Step::Full;
        }
        let mut left = STEP_BYTES;
        while left > 0 {
            let Some(slot) = self.next_slot() else { break };
            let (slot, got) = match slot {
                Next::Rest(slot, rest) => (slot, rest),
                Next::Ready(slot) => match self.pull(slot, now_ms) {
                    Some(got) => (slot, got),
                    None if self.send_unfinished(slot, now_ms, out) => continue,
                    None => return Step::Full,
                },
            };
            left = left.saturating_sub(got.len());
            if !self.send(slot, got, now_ms, out) {
                return Step::Full;
            }
            self.queue(slot);
        }
        if !self.unannounced.is_empty() {
            Step::Unsaved
        } else if self.ready.is_empty() {
            Step::Idle
        } else {
            Step::More
        }
    }

    fn next_slot(&mut self) -> Option<Next> {
        if let Some((slot, rest)) = self.reader.rest.take() {
            return Some(Next::Rest(slot, rest));
        }
        let slot = self.ready.pop_front()?;
        if let Some(file) = self.file(slot) {
            file.queued = false;
        }
        Some(Next::Ready(slot))
    }

    /// Reads the next chunk of the file in `slot`; `None` where there is none to send.
    fn pull(&mut self, slot: usize, now_ms: i64) -> Option<Range<usize>> {
        self.reader.buffer.resize(CHUNK_BYTES, 0);
        let file = self.slots[slot].file.as_deref_mut()?;
        if file.after.is_some() {
            return None;
        }
        let pulled = match file.check_prefix() {
            Ok(true) if file.announced => file.pull(&mut self.reader.buffer),
            // What the prefix is of is not on disk: that comes first. An empty file can wait.
            Ok(true) if !file.prefix.is_empty() => {
                self.unannounced.push(slot);
                self.changed = true;
                return None;
            }
            Ok(true) => Ok(Pull::End),
            Ok(false) => Ok(Pull::Truncated),
            Err(error) => Err(error),
        };
        let file = self.slots[slot].file.as_deref_mut()?;
        match pulled {
            Ok(Pull::Data(range)) => {
                file.failing = false;
                file.grown_ms = now_ms;
                return Some(range);
            }
            Ok(Pull::End) if file.is_at_barrier() => {}
            Ok(Pull::End) => {
                file.failing = false;
                self.reached_end(slot);
            }
            Ok(Pull::Truncated) => file.truncated = true,
            Err(error) => {
                self.metrics.read_errors.inc();
                if !std::mem::replace(&mut file.failing, true) {
                    let path = file.last_path.display();
                    tracing::warn!(%path, %error, "cannot read; it is tried again every second");
                }
                self.reached_end(slot);
            }
        }
        None
    }

    /// Sends the unfinished line of a file that was truncated, or that nothing will follow.
    /// `false`: the output is full.
    fn send_unfinished(&mut self, slot: usize, now_ms: i64, out: &mut impl Output) -> bool {
        let Some(file) = self.slots[slot].file.as_deref_mut() else { return true };
        let is_over = file.announced && file.is_at_barrier();
        if !file.truncated && !is_over {
            return true;
        }
        let before = file.sequence;
        let mut sender = Sender { slot, now_ms, out, origin: &mut self.reader.origin };
        let refused = file.send_unfinished(&mut sender);
        self.metrics.records.inc_by(file.sequence - before);
        self.changed = true;
        // There may be more than one; the others come with the next turn.
        if file.lines.pending() == 0 && std::mem::take(&mut file.truncated) {
            self.metrics.truncations.inc();
            tracing::info!(path = %file.last_path.display(), "truncated; reading it anew");
            self.begin_generation(slot, now_ms);
        }
        self.queue(slot);
        self.reader.refused = refused;
        self.reader.refused.is_none()
    }

    /// Cuts `range` of the buffer into lines and sends them. `false`: the output is full.
    fn send(
        &mut self,
        slot: usize,
        range: Range<usize>,
        now_ms: i64,
        out: &mut impl Output,
    ) -> bool {
        let Some(file) = self.slots[slot].file.as_deref_mut() else { return true };
        let mut rest = &self.reader.buffer[range.clone()];
        let before = file.sequence;
        let mut sender = Sender { slot, now_ms, out, origin: &mut self.reader.origin };
        let refused = file.send_lines(&mut rest, &mut sender, &self.metrics);
        self.metrics.records.inc_by(file.sequence - before);
        self.metrics.bytes.inc_by((range.len() - rest.len()) as u64);
        self.changed = true;
        if refused.is_none() {
            return true;
        }
        self.reader.rest = Some((slot, range.end - rest.len()..range.end));
        self.reader.refused = refused;
        false
    }

    fn send_refused(&mut self, out: &mut impl Output) -> bool {
        let Some(refused) = &self.reader.refused else { return true };
        let Refused { slot, number, stream, origin, bytes } = refused;
        let tag = tag(*slot, *number);
        let taken = out.send(&Record { stream, origin, bytes, tag });
        if taken {
            self.reader.refused = None;
        }
        taken
    }
}

enum Next {
    Rest(usize, Range<usize>),
    Ready(usize),
}

/// What sending takes, apart from the file.
struct Sender<'a, O> {
    slot: usize,
    now_ms: i64,
    out: &'a mut O,
    origin: &'a mut String,
}

impl Followed {
    /// Sends lines until `rest` is used up or one is refused.
    fn send_lines<O: Output>(
        &mut self,
        rest: &mut &[u8],
        sender: &mut Sender<'_, O>,
        metrics: &crate::metrics::FileMetrics,
    ) -> Option<Refused> {
        let Self { lines, header, flight, sequence, stream, .. } = self;
        let format = lines.format.clone();
        while let Some(frame) = lines.next(rest) {
            let text = format.decode(frame.bytes);
            if text.is_empty() {
                continue;
            }
            let frame = Frame { bytes: &text, ..frame };
            if frame.cut.is_some() {
                metrics.cut.inc();
            }
            sender.origin(header, &frame, *sequence);
            *sequence += 1;
            let number = flight.next();
            flight.begin(frame.end);
            if !sender.send(stream, &frame, number) {
                return Some(sender.refused(stream, &frame, number));
            }
        }
        None
    }

    fn send_unfinished<O: Output>(&mut self, sender: &mut Sender<'_, O>) -> Option<Refused> {
        let Self { lines, header, flight, sequence, stream, .. } = self;
        let format = lines.format.clone();
        let frame = lines.finish()?;
        let text = format.decode(frame.bytes);
        let frame = Frame { bytes: &text, ..frame };
        sender.origin(header, &frame, *sequence);
        *sequence += 1;
        let number = flight.next();
        flight.begin(frame.end);
        let taken = sender.send(stream, &frame, number);
        (!taken).then(|| sender.refused(stream, &frame, number))
    }
}

impl<O: Output> Sender<'_, O> {
    #[inline]
    fn origin(&mut self, header: &crate::header::Header, frame: &Frame<'_>, sequence: u64) {
        let (offset, cut) = (frame.start, frame.cut);
        let line = Line { sequence, offset, collected_ms: self.now_ms, sender: None, cut };
        header.write(&line, self.origin);
    }

    #[inline]
    fn send(&mut self, stream: &str, frame: &Frame<'_>, number: u64) -> bool {
        let tag = tag(self.slot, number);
        self.out.send(&Record { stream, origin: self.origin, bytes: frame.bytes, tag })
    }

    fn refused(&self, stream: &std::sync::Arc<str>, frame: &Frame<'_>, number: u64) -> Refused {
        let (origin, bytes) = (self.origin.clone(), frame.bytes.to_vec());
        Refused { slot: self.slot, number, stream: stream.clone(), origin, bytes }
    }
}
