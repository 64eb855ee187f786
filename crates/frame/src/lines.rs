//! Records that end with a newline, as in files and on standard input.

use crate::Frame;
use crate::carry::{Carry, limit, without_cr};

/// How the characters of a stream are stored, as far as newlines are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A newline is the byte 10: UTF-8, and every one-byte encoding.
    Byte,
    /// It is the two bytes 10, 0, at an even offset: UTF-16, little-endian.
    Utf16Le,
    /// It is the two bytes 0, 10, at an even offset: UTF-16, big-endian.
    Utf16Be,
}

/// Splits a stream at newlines; a carriage return before one belongs to the delimiter.
///
/// Empty lines are passed over, and their bytes still count in the offsets. An unfinished last
/// line waits for its end, or for [`Lines::finish`].
#[derive(Debug, Clone)]
pub struct Lines {
    max: usize,
    unit: Unit,
    keep_empty: bool,
    start: u64,
    carry: Carry,
    /// The carry was handed out as a frame and is to be forgotten.
    spent: bool,
}

impl Lines {
    /// A framer at offset 0 that cuts lines longer than `bytes_max`.
    pub fn new(bytes_max: usize) -> Self {
        let carry = Carry::default();
        let unit = Unit::Byte;
        Self { max: bytes_max, unit, keep_empty: false, start: 0, carry, spent: false }
    }

    /// Finds newlines as `unit` stores them. Of UTF-16 every input and `bytes_max` must be of even
    /// length, and carriage returns stay where they are.
    pub fn of(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    /// Makes a frame of every line, empty ones too.
    pub fn keep_empty(mut self) -> Self {
        self.keep_empty = true;
        self
    }

    /// Forgets the unfinished line and goes on at `offset`.
    pub fn restart(&mut self, offset: u64) {
        self.start = offset;
        self.carry.clear();
        self.spent = false;
    }

    /// Offset of the first byte that is not yet part of a frame.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Bytes of the unfinished line.
    pub fn pending(&self) -> u64 {
        if self.spent { 0 } else { self.carry.len() }
    }

    /// The next line that ends in `input`, which is moved past it; `None` once all of `input` is
    /// taken up.
    #[inline]
    pub fn next<'s, 'i: 's>(&'s mut self, input: &mut &'i [u8]) -> Option<Frame<'s>> {
        self.forget_spent();
        loop {
            let Some((at, behind)) = self.newline(input) else {
                self.carry.push(input, self.max);
                *input = &[];
                return None;
            };
            let line = &input[..at];
            *input = &input[behind..];
            let (start, strip_cr) = (self.start, self.unit == Unit::Byte);
            self.start = start + self.carry.len() + behind as u64;
            if !self.carry.is_empty() {
                self.carry.push(line, self.max);
                if self.keep_empty || !self.carry.is_lone_cr() {
                    return Some(self.carried(start, strip_cr));
                }
                self.carry.clear();
                continue;
            }
            let line = if strip_cr { without_cr(line) } else { line };
            if !line.is_empty() || self.keep_empty {
                let (bytes, cut) = limit(line, self.max);
                return Some(Frame { bytes, start, end: self.start, cut });
            }
        }
    }

    /// Where the first newline in `input` begins, and what is behind it.
    #[inline]
    fn newline(&self, input: &[u8]) -> Option<(usize, usize)> {
        let wide = |newline: [u8; 2]| {
            let units = input.chunks_exact(2);
            units.into_iter().position(|unit| unit == newline).map(|at| (2 * at, 2 * at + 2))
        };
        match self.unit {
            Unit::Byte => memchr::memchr(b'\n', input).map(|at| (at, at + 1)),
            Unit::Utf16Le => wide([b'\n', 0]),
            Unit::Utf16Be => wide([0, b'\n']),
        }
    }

    /// The unfinished line, when nothing will follow it. A carriage return at its end is kept.
    pub fn finish(&mut self) -> Option<Frame<'_>> {
        self.forget_spent();
        if self.carry.is_empty() {
            return None;
        }
        let start = self.start;
        self.start += self.carry.len();
        Some(self.carried(start, false))
    }

    fn carried(&mut self, start: u64, strip_cr: bool) -> Frame<'_> {
        self.spent = true;
        let (bytes, cut) = self.carry.record(self.max, strip_cr);
        Frame { bytes, start, end: self.start, cut }
    }

    #[inline]
    fn forget_spent(&mut self) {
        if self.spent {
            self.carry.clear();
            self.spent = false;
        }
    }
}

#[cfg(test)]
mod tests;
