//! Records of several lines, as stack traces are: a line either begins one or belongs to the last.

use crate::Frame;
use crate::carry::{Carry, without_cr};

/// How much of a line is looked at to tell whether it begins a record.
const HEAD_BYTES_MAX: usize = 4096;

/// Splits a stream into records of whole lines.
///
/// The caller says which lines begin a record. A record keeps the newlines between its lines, but
/// not the last one; blank lines before the first record are passed over. A record is known to be
/// over when the next one begins, or by [`Multiline::finish`].
#[derive(Debug, Clone)]
pub struct Multiline {
    max: usize,
    /// Offset of the first byte of the record that is open, or of the next line.
    start: u64,
    /// Offset of the next byte of input.
    at: u64,
    /// Offset of the line that is read.
    line: u64,
    /// What is known of that line, until it is decided where it belongs.
    head: Vec<u8>,
    is_decided: bool,
    open: Carry,
    /// The record that was handed out.
    done: Carry,
}

impl Multiline {
    /// A framer at offset 0 that cuts records longer than `bytes_max`.
    pub fn new(bytes_max: usize) -> Self {
        Self {
            max: bytes_max,
            start: 0,
            at: 0,
            line: 0,
            head: Vec::new(),
            is_decided: false,
            open: Carry::default(),
            done: Carry::default(),
        }
    }

    /// Forgets what is unfinished and goes on at `offset`.
    pub fn restart(&mut self, offset: u64) {
        (self.start, self.at, self.line) = (offset, offset, offset);
        self.head.clear();
        self.is_decided = false;
        self.open.clear();
    }

    /// Offset of the first byte that is not yet part of a frame.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Bytes of the unfinished record.
    pub fn pending(&self) -> u64 {
        self.at - self.start
    }

    /// Whether all of the unfinished record's lines are whole.
    pub fn is_at_line(&self) -> bool {
        self.line == self.at
    }

    /// The next record that is known to be over by `input`, which is moved past what was taken up;
    /// `None` once all of it is. `begins` tells whether a line (its first bytes, if it is very
    /// long, without its newline) begins a record.
    pub fn next(&mut self, input: &mut &[u8], begins: impl Fn(&[u8]) -> bool) -> Option<Frame<'_>> {
        while !input.is_empty() {
            if self.is_decided {
                self.take_rest(input);
            } else if self.take_head(input) && self.place_line(&begins) {
                return Some(self.hand_out());
            }
        }
        None
    }

    /// The next unfinished record, when nothing will follow: at most two, if the unfinished line
    /// begins one.
    pub fn finish(&mut self, begins: impl Fn(&[u8]) -> bool) -> Option<Frame<'_>> {
        if !self.head.is_empty() && self.place_line(begins) {
            return Some(self.hand_out());
        }
        (self.line, self.is_decided) = (self.at, false);
        if self.open.is_blank(self.max, true) {
            self.open.clear();
            self.start = self.at;
            return None;
        }
        std::mem::swap(&mut self.open, &mut self.done);
        self.open.clear();
        Some(self.hand_out())
    }

    /// Reads on in a line that belongs to the open record.
    fn take_rest(&mut self, input: &mut &[u8]) {
        let newline = memchr::memchr(b'\n', input);
        let (piece, rest) = input.split_at(newline.unwrap_or(input.len()));
        self.open.push(piece, self.max);
        self.at += piece.len() as u64;
        *input = rest;
        if newline.is_some() {
            self.end_line(input);
        }
    }

    fn end_line(&mut self, input: &mut &[u8]) {
        *input = &input[1..];
        self.at += 1;
        (self.line, self.is_decided) = (self.at, false);
    }

    /// Reads a line's first bytes. Whether they are enough to decide.
    fn take_head(&mut self, input: &mut &[u8]) -> bool {
        let room = input.len().min(HEAD_BYTES_MAX - self.head.len());
        let newline = memchr::memchr(b'\n', &input[..room]);
        let (piece, rest) = input.split_at(newline.unwrap_or(room));
        self.head.extend_from_slice(piece);
        self.at += piece.len() as u64;
        *input = rest;
        // The newline itself is read as the rest of the line.
        newline.is_some() || self.head.len() == HEAD_BYTES_MAX
    }

    /// Puts the line where it belongs. Whether the record before it is over by that.
    fn place_line(&mut self, begins: impl Fn(&[u8]) -> bool) -> bool {
        self.is_decided = true;
        let line = without_cr(&self.head);
        if self.open.is_empty() && line.is_empty() {
            self.head.clear();
            // Its newline, which comes next, is all that is left of it.
            self.start = self.at + 1;
            return false;
        }
        let is_over = !self.open.is_empty() && begins(line);
        if is_over {
            std::mem::swap(&mut self.open, &mut self.done);
            self.open.clear();
        }
        if self.open.is_empty() && !is_over {
            self.start = self.line;
        }
        self.append_head();
        is_over
    }

    fn append_head(&mut self) {
        if !self.open.is_empty() {
            self.open.push(b"\n", self.max);
        }
        self.open.push(&self.head, self.max);
        self.head.clear();
    }

    /// The record in `done`, which ends where the present line begins.
    fn hand_out(&mut self) -> Frame<'_> {
        let start = std::mem::replace(&mut self.start, self.line);
        let (bytes, cut) = self.done.record(self.max, true);
        Frame { bytes, start, end: self.line, cut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Found = (u64, u64, String);

    fn frames(chunks: &[&[u8]]) -> Vec<Found> {
        let mut framer = Multiline::new(60);
        let mut found = Vec::new();
        let found_in =
            |f: &Frame<'_>| (f.start, f.end, String::from_utf8_lossy(f.bytes).into_owned());
        for chunk in chunks {
            let mut rest = *chunk;
            while let Some(frame) = framer.next(&mut rest, |line| !line.starts_with(b" ")) {
                found.push(found_in(&frame));
            }
        }
        while let Some(frame) = framer.finish(|line| !line.starts_with(b" ")) {
            found.push(found_in(&frame));
        }
        assert_eq!(framer.pending(), 0);
        found
    }

    #[test]
    fn indented_lines_belong_to_the_one_before() {
        let check = |text: &str, expected: &[(u64, u64, &str)]| {
            let found = frames(&[text.as_bytes()]);
            let found: Vec<_> = found.iter().map(|(s, e, t)| (*s, *e, t.as_str())).collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("", &[]);
        check("one\ntwo\n", &[(0, 4, "one"), (4, 8, "two")]);
        check("one\r\n at a\r\n at b\r\ntwo", &[(0, 19, "one\r\n at a\r\n at b"), (19, 22, "two")]);
        check("\n\r\none\n at\n\ntwo\n", &[(3, 11, "one\n at"), (12, 16, "two")]);
        check(" first\none\n", &[(0, 7, " first"), (7, 11, "one")]);
    }

    #[test]
    fn a_long_record_is_cut_and_counted_whole() {
        let text = format!("one\n {}\n {}\ntwo\n", "x".repeat(5000), "y".repeat(100));
        let mut framer = Multiline::new(60);
        let mut rest = text.as_bytes();
        let frame = framer.next(&mut rest, |line| !line.starts_with(b" ")).unwrap();
        assert_eq!((frame.bytes.len(), frame.cut.unwrap().bytes), (60, 5107));
        assert_eq!(frame.end, 5108);
        assert!(framer.next(&mut rest, |_| true).is_none() && framer.is_at_line());
        assert_eq!((framer.start(), framer.pending()), (5108, 4));
    }

    proptest! {
        /// How the input was split changes nothing; frames follow one another; no byte but
        /// newlines (and what is before them) is left out.
        #[test]
        fn pieces_do_not_matter(text in "[ab \r\n]{0,60}", at in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
            let whole = frames(&[text.as_bytes()]);
            let mut cuts: Vec<usize> = at.iter().map(|at| at.index(text.len() + 1)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &text.as_bytes()[w[0]..w[1]]).collect();
            prop_assert_eq!(frames(&chunks), whole.clone());
            for pair in whole.windows(2) {
                prop_assert!(pair[0].1 <= pair[1].0);
            }
            let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let all: String = whole.iter().map(|(_, _, text)| text.as_str()).collect();
            prop_assert_eq!(visible(&all), visible(&text));
            for (start, end, record) in &whole {
                let from = *start as usize;
                prop_assert!(text[from..*end as usize].starts_with(record.as_str()));
            }
        }
    }
}
