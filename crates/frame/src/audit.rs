//! The kernel's audit log: the lines of one event, interleaved with others, become one record.
//!
//! Each line says which event it belongs to: `type=PATH msg=audit(1364481363.243:24287): …`, time
//! and serial, perhaps after `node=`. The kernel writes the lines of events that happen at the same
//! time on different processors in any order. An event is over
//!
//! * with its `EOE` or `PROCTITLE` line, which come last (audit-userspace, `auparse`);
//! * with its only line, if its type is none that the kernel accompanies by others;
//! * when a line is two seconds younger ([`LATE_S`]), as `auparse` has it;
//! * when too many are open ([`OPEN_MAX`]), or by [`Assembler::finish`].
//!
//! Records come in the order in which their first lines did, so an event that is not over holds up
//! those that began later. A line that comes after its event was handed out makes a record of its
//! own. Whoever starts anew at a record's end reads no event twice, but for such lines of an event
//! before it that stand behind: those come once more, as a record of their own.

use crate::carry::Carry;
use crate::{Cut, Frame, Lines};
use std::collections::VecDeque;

/// Event time after which no more lines of an event are waited for.
pub const LATE_S: u64 = 2;
/// Most events that are open at a time; then the oldest is taken to be over.
const OPEN_MAX: usize = 256;

/// Types of which an event may have several lines. Ends with what `auparse` waits for too.
const COMPOUND: [&[u8]; 26] = [
    b"SYSCALL",
    b"PATH",
    b"IPC",
    b"SOCKETCALL",
    b"SOCKADDR",
    b"CWD",
    b"EXECVE",
    b"IPC_SET_PERM",
    b"MQ_OPEN",
    b"MQ_SENDRECV",
    b"MQ_NOTIFY",
    b"MQ_GETSETATTR",
    b"FD_PAIR",
    b"OBJ_PID",
    b"BPRM_FCAPS",
    b"CAPSET",
    b"MMAP",
    b"NETFILTER_PKT",
    b"NETFILTER_CFG",
    b"KERN_MODULE",
    b"OPENAT2",
    b"BPF",
    b"AVC",
    b"SELINUX_ERR",
    b"URINGOP",
    b"TIME_ADJNTPVAL",
];

/// Puts the lines of audit events together.
#[derive(Debug, Clone)]
pub struct Assembler {
    max: usize,
    lines: Lines,
    /// In the order of their first lines.
    open: VecDeque<Event>,
    /// The record that was handed out.
    done: Carry,
    done_cut: Option<Cut>,
}

#[derive(Debug, Clone)]
struct Event {
    /// Time and serial, as they stand in its lines; empty for a line that is none of an event.
    stamp: Vec<u8>,
    start: u64,
    text: Carry,
    cut: Option<Cut>,
    is_over: bool,
}

impl Assembler {
    /// A framer at offset 0 that cuts records longer than `bytes_max`.
    pub fn new(bytes_max: usize) -> Self {
        Self {
            max: bytes_max,
            lines: Lines::new(bytes_max),
            open: VecDeque::new(),
            done: Carry::default(),
            done_cut: None,
        }
    }

    /// Forgets what is unfinished and goes on at `offset`.
    pub fn restart(&mut self, offset: u64) {
        self.lines.restart(offset);
        self.open.clear();
    }

    /// Offset of the first byte that is not yet part of a frame.
    pub fn start(&self) -> u64 {
        self.open.front().map_or(self.lines.start(), |event| event.start)
    }

    /// Bytes that are not yet part of a frame.
    pub fn pending(&self) -> u64 {
        self.lines.start() + self.lines.pending() - self.start()
    }

    /// Whether the last line is whole.
    pub fn is_at_line(&self) -> bool {
        self.lines.pending() == 0
    }

    /// The next event that is known to be over by `input`, which is moved past what was taken up;
    /// `None` once all of it is.
    pub fn next(&mut self, input: &mut &[u8]) -> Option<Frame<'_>> {
        loop {
            if self.open.front().is_some_and(|event| event.is_over) {
                return self.hand_out();
            }
            let Self { max, lines, open, .. } = self;
            let frame = lines.next(input)?;
            add_line(open, &frame, *max);
        }
    }

    /// The next event, over or not, when nothing will follow. An unfinished line is one of it.
    pub fn finish(&mut self) -> Option<Frame<'_>> {
        let Self { max, lines, open, .. } = self;
        if let Some(frame) = lines.finish() {
            add_line(open, &frame, *max);
        }
        self.hand_out()
    }

    fn hand_out(&mut self) -> Option<Frame<'_>> {
        let event = self.open.pop_front()?;
        (self.done, self.done_cut) = (event.text, event.cut);
        let end = self.start();
        let (bytes, cut) = self.done.record(self.max, false);
        Some(Frame { bytes, start: event.start, end, cut: cut.or(self.done_cut) })
    }
}

fn add_line(open: &mut VecDeque<Event>, frame: &Frame<'_>, max: usize) {
    let line = Line::read(frame.bytes);
    for event in &mut *open {
        event.is_over |= seconds(&event.stamp) + LATE_S <= seconds(line.stamp);
    }
    let same =
        |event: &&mut Event| !line.stamp.is_empty() && !event.is_over && event.stamp == line.stamp;
    if let Some(event) = open.iter_mut().find(same) {
        event.text.push(b"\n", max);
        event.text.push(frame.bytes, max);
        event.cut = event.cut.or(frame.cut);
        event.is_over = line.is_last;
        return;
    }
    if open.len() >= OPEN_MAX
        && let Some(oldest) = open.iter_mut().find(|event| !event.is_over)
    {
        oldest.is_over = true;
    }
    let mut text = Carry::default();
    text.push(frame.bytes, max);
    let (stamp, start, cut) = (line.stamp.to_vec(), frame.start, frame.cut);
    let is_over = line.is_last || line.is_single;
    open.push_back(Event { stamp, start, text, cut, is_over });
}

/// What a line says of its event.
struct Line<'a> {
    stamp: &'a [u8],
    is_last: bool,
    is_single: bool,
}

impl<'a> Line<'a> {
    fn read(line: &'a [u8]) -> Self {
        let kind = after(line, b"type=").map(word).unwrap_or_default();
        let stamp = after(line, b"msg=audit(").and_then(|rest| {
            let end = memchr::memchr(b')', rest)?;
            Some(&rest[..end])
        });
        let stamp = stamp.unwrap_or_default();
        let is_last = kind == b"EOE" || kind == b"PROCTITLE";
        Line { stamp, is_last, is_single: stamp.is_empty() || !COMPOUND.contains(&kind) }
    }
}

/// What follows the first `mark` in the first bytes of `line`.
fn after<'a>(line: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    /// `node=` holds a host name of at most 255 bytes.
    const FAR: usize = 400;
    let at = memchr::memmem::find(&line[..line.len().min(FAR)], mark)?;
    Some(&line[at + mark.len()..])
}

fn word(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(b' ', text).unwrap_or(text.len())]
}

/// The whole seconds of a stamp; 0 where there are none.
fn seconds(stamp: &[u8]) -> u64 {
    let digits = stamp.iter().take_while(|byte| byte.is_ascii_digit()).take(18);
    digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

#[cfg(test)]
mod tests;
