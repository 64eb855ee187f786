//! Syslog over TCP: octet counting and newlines, told apart frame by frame (RFC 6587).

use crate::Frame;
use crate::carry::{Carry, limit, without_cr};

/// Most digits that an octet count may have; more are text.
const COUNT_DIGITS_MAX: usize = 7;

/// Splits a stream of syslog messages, each framed by an octet count (`17 <13>message text`) or
/// by a newline.
///
/// * A frame that begins with one to seven digits (the first not `0`), a space and `<` is octet
///   counted, as RFC 6587 has it. Newlines within it belong to the message.
/// * Where the space is followed by anything but `<`, the count is believed only if so many bytes
///   arrive without a newline among them (but for the last) and the count is within the limit:
///   `2026 was a good year` is a line.
/// * Everything else ends at its newline, so that a stream gone wrong is right again after one.
///
/// Newlines, carriage returns and NULs at the end of a message are what senders add; they are
/// taken off, except from a message that is too long. Empty messages are passed over.
#[derive(Debug, Clone)]
pub struct SyslogStream {
    max: usize,
    start: u64,
    /// Offset of the next byte of input.
    at: u64,
    state: State,
    carry: Carry,
    spent: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a frame, perhaps after some digits.
    Head { count: usize, digits: usize },
    /// Within a message that is to be `count` bytes long, of which `left` are to come.
    Octets { count: usize, left: usize, trust: Trust },
    /// Within a line.
    Line,
}

/// Whether an octet count is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The byte after the space has not been seen.
    Open,
    /// It was `<`.
    Sure,
    /// It was something else: a newline would prove the count wrong.
    Doubtful,
}

/// What a step came to.
enum Step<'i> {
    /// Look again.
    Again,
    /// The input is used up.
    Starved,
    /// A frame that lies whole in the input.
    Whole(&'i [u8], End),
    /// A frame whose last piece has just been put into the carry.
    Carried(End),
}

/// How a frame ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Newline,
    Count,
}

const HEAD: State = State::Head { count: 0, digits: 0 };

impl SyslogStream {
    /// A framer at offset 0 that cuts messages longer than `bytes_max`.
    pub fn new(bytes_max: usize) -> Self {
        let carry = Carry::default();
        Self { max: bytes_max, start: 0, at: 0, state: HEAD, carry, spent: false }
    }

    /// The next message that ends in `input`, which is moved past it; `None` once all of `input`
    /// is taken up.
    pub fn next<'s, 'i: 's>(&'s mut self, input: &mut &'i [u8]) -> Option<Frame<'s>> {
        self.forget_spent();
        loop {
            let before = input.len();
            let step = self.step(input);
            self.at += (before - input.len()) as u64;
            match step {
                Step::Again => {}
                Step::Starved => return None,
                Step::Whole(message, end) => {
                    let (bytes, cut) = limit(without_end(message, end), self.max);
                    let bytes = if cut.is_none() { trim(bytes) } else { bytes };
                    let start = self.turn();
                    if !bytes.is_empty() {
                        return Some(Frame { bytes, start, end: self.at, cut });
                    }
                }
                Step::Carried(end) => {
                    if self.carry.is_blank(self.max, end == End::Newline) {
                        self.turn();
                        self.carry.clear();
                    } else {
                        return Some(self.carried(end));
                    }
                }
            }
        }
    }

    /// What is left when the connection ends: the unfinished message, as far as it came.
    pub fn finish(&mut self) -> Option<Frame<'_>> {
        self.forget_spent();
        match self.state {
            State::Head { count, digits } if digits > 0 => {
                self.carry.prepend(count.to_string().as_bytes());
            }
            State::Octets { count, trust: Trust::Open | Trust::Doubtful, .. } => {
                self.carry.prepend(format!("{count} ").as_bytes());
            }
            _ => {}
        }
        if self.carry.is_blank(self.max, false) {
            self.carry.clear();
            self.turn();
            return None;
        }
        Some(self.carried(End::Count))
    }

    /// Offset of the first byte that is not yet part of a frame.
    pub fn start(&self) -> u64 {
        self.start
    }

    fn step<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        if input.is_empty() {
            return Step::Starved;
        }
        match self.state {
            State::Head { count, digits } => self.head(count, digits, input),
            State::Octets { count, left, trust } => self.octets(count, left, trust, input),
            State::Line => self.line(input),
        }
    }

    fn head<'i>(&mut self, count: usize, digits: usize, input: &mut &'i [u8]) -> Step<'i> {
        match input[0] {
            digit @ b'0'..=b'9' if digits < COUNT_DIGITS_MAX && (digits > 0 || digit != b'0') => {
                let count = count * 10 + usize::from(digit - b'0');
                self.state = State::Head { count, digits: digits + 1 };
                *input = &input[1..];
            }
            b' ' if digits > 0 => {
                self.state = State::Octets { count, left: count, trust: Trust::Open };
                *input = &input[1..];
            }
            _ => {
                if digits > 0 {
                    self.carry.push(count.to_string().as_bytes(), self.max);
                }
                self.state = State::Line;
            }
        }
        Step::Again
    }

    fn octets<'i>(
        &mut self,
        count: usize,
        left: usize,
        trust: Trust,
        input: &mut &'i [u8],
    ) -> Step<'i> {
        let here = &input[..left.min(input.len())];
        let trust = match (trust, here[0]) {
            (Trust::Open, b'<') => Trust::Sure,
            (Trust::Open, _) => Trust::Doubtful,
            (known, _) => known,
        };
        if trust == Trust::Doubtful && self.is_line(count, left, here) {
            self.carry.prepend(format!("{count} ").as_bytes());
            self.state = State::Line;
            return Step::Again;
        }
        *input = &input[here.len()..];
        self.state = State::Octets { count, left: left - here.len(), trust };
        if here.len() == count {
            return Step::Whole(here, End::Count);
        }
        self.carry.push(here, self.max);
        if here.len() == left { Step::Carried(End::Count) } else { Step::Again }
    }

    /// Whether a doubtful count is shown to be text by its size or by a newline within `here`.
    fn is_line(&self, count: usize, left: usize, here: &[u8]) -> bool {
        let newline = memchr::memchr(b'\n', here);
        // The prefix is put back before what was kept, which must not have been cut by then.
        let too_long = count + COUNT_DIGITS_MAX + 1 > self.max;
        too_long || newline.is_some_and(|at| at + 1 < left)
    }

    fn line<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        let Some(at) = memchr::memchr(b'\n', input) else {
            self.carry.push(input, self.max);
            *input = &[];
            return Step::Starved;
        };
        let line = &input[..at];
        *input = &input[at + 1..];
        if self.carry.is_empty() {
            return Step::Whole(line, End::Newline);
        }
        self.carry.push(line, self.max);
        Step::Carried(End::Newline)
    }

    fn carried(&mut self, end: End) -> Frame<'_> {
        self.spent = true;
        let start = self.turn();
        let (bytes, cut) = self.carry.record(self.max, end == End::Newline);
        let bytes = if cut.is_none() { trim(bytes) } else { bytes };
        Frame { bytes, start, end: self.at, cut }
    }

    /// Ends the frame; returns where it began.
    fn turn(&mut self) -> u64 {
        self.state = HEAD;
        std::mem::replace(&mut self.start, self.at)
    }

    fn forget_spent(&mut self) {
        if self.spent {
            self.carry.clear();
            self.spent = false;
        }
    }
}

/// A UDP datagram is one message; newlines and NULs at its end are the sender's framing.
pub fn datagram(bytes: &[u8]) -> &[u8] {
    trim(bytes)
}

fn without_end(message: &[u8], end: End) -> &[u8] {
    if end == End::Newline { without_cr(message) } else { message }
}

pub(crate) fn trim(message: &[u8]) -> &[u8] {
    let added = |b: &u8| matches!(b, b'\n' | b'\r' | 0);
    &message[..message.iter().rposition(|b| !added(b)).map_or(0, |at| at + 1)]
}

#[cfg(test)]
mod tests;
