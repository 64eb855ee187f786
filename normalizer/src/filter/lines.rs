//! Lines of any length in bounded memory, in pieces for several threads.

use crate::Error;
use model::RAW_BYTES_MAX;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{ErrorKind, Read};

/// How much is asked for in one reading. A piece is worked on as soon as it has a whole line, so
/// that a slow input is not waited for.
const READ_BYTES: usize = 256 * 1024;

/// How many of the lines before a piece that may name columns go with it, and how long one may be.
const HEADERS: usize = 16;
const HEADER_BYTES_MAX: usize = 16 * 1024;

/// A line without its end.
pub(super) struct Line<'a> {
    /// Its bytes; the first of a longer one.
    pub(super) bytes: &'a [u8],
    /// Its number, from 0.
    pub(super) sequence: u64,
    /// Where it begins in the input.
    pub(super) offset: u64,
    /// The whole length and the hash of a line that was cut.
    pub(super) cut: Option<(u64, &'a str)>,
}

/// Some whole lines.
#[derive(Debug, Default)]
pub(super) struct Piece {
    bytes: Vec<u8>,
    lines: Vec<Place>,
    headers: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Place {
    end: usize,
    sequence: u64,
    offset: u64,
    cut: Option<(u64, String)>,
}

impl Piece {
    /// The last lines before it that begin as those that name columns do (`#`), in order: a thread
    /// need not have seen them.
    pub(super) fn headers(&self) -> impl Iterator<Item = &[u8]> {
        self.headers.iter().map(Vec::as_slice)
    }

    /// The lines, in order.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut begin = 0;
        self.lines.iter().map(move |place| {
            let bytes = &self.bytes[begin..place.end];
            begin = place.end;
            let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
            let cut = place.cut.as_ref().map(|(whole, sha256)| (*whole, sha256.as_str()));
            Line { bytes, sequence: place.sequence, offset: place.offset, cut }
        })
    }
}

/// Reads lines.
pub(super) struct Lines<R> {
    input: R,
    chunk: Box<[u8]>,
    /// The line whose end has not been read.
    open: Open,
    sequence: u64,
    offset: u64,
    line_bytes_max: usize,
    ended: bool,
    headers: VecDeque<Vec<u8>>,
}

impl<R: Read> Lines<R> {
    /// Lines longer than `line_bytes_max` are cut.
    pub(super) fn new(input: R, line_bytes_max: usize) -> Self {
        Self {
            input,
            chunk: vec![0; READ_BYTES].into_boxed_slice(),
            open: Open::default(),
            sequence: 0,
            offset: 0,
            line_bytes_max,
            ended: false,
            headers: VecDeque::new(),
        }
    }

    /// Adds the line that ends after `text` to `piece`.
    fn close(&mut self, text: &[u8], ended: bool, piece: &mut Piece) {
        let whole = self.open.whole + text.len() as u64;
        let mut cut = None;
        let begin = piece.bytes.len();
        if self.open.whole == 0 && text.len() <= self.line_bytes_max {
            piece.bytes.extend_from_slice(text);
        } else {
            self.open.keep(text, self.line_bytes_max);
            let open = std::mem::take(&mut self.open);
            piece.bytes.extend_from_slice(&open.bytes);
            cut = open.hash.map(|hash| (whole, hex(hash)));
        }
        let line = &piece.bytes[begin..];
        if line.first() == Some(&b'#') && line.len() <= HEADER_BYTES_MAX {
            if self.headers.len() == HEADERS {
                self.headers.pop_front();
            }
            self.headers.push_back(line.strip_suffix(b"\r").unwrap_or(line).to_vec());
        }
        let (sequence, offset) = (self.sequence, self.offset);
        piece.lines.push(Place { end: piece.bytes.len(), sequence, offset, cut });
        self.sequence += 1;
        self.offset += whole + u64::from(ended);
    }

    fn read(&mut self, chunk: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.input.read(chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }
}

impl<R: Read + Send> turns::Source for Lines<R> {
    type Piece = Piece;
    type Error = Error;

    fn fill(&mut self, piece: &mut Piece) -> Result<bool, Error> {
        piece.bytes.clear();
        piece.lines.clear();
        piece.headers.clear();
        piece.headers.extend(self.headers.iter().cloned());
        let mut chunk = std::mem::take(&mut self.chunk);
        while !self.ended && piece.lines.is_empty() {
            let read = self.read(&mut chunk).map_err(Error::Read)?;
            let mut rest = &chunk[..read];
            while let Some(end) = memchr::memchr(b'\n', rest) {
                self.close(&rest[..end], true, piece);
                rest = &rest[end + 1..];
            }
            self.open.keep(rest, self.line_bytes_max);
            self.ended = read == 0;
            if self.ended && self.open.whole > 0 {
                self.close(&[], false, piece);
            }
        }
        self.chunk = chunk;
        Ok(!piece.lines.is_empty())
    }
}

/// The beginning of a line: what fits, and the hash of all of it where that is not all.
#[derive(Default)]
struct Open {
    bytes: Vec<u8>,
    whole: u64,
    hash: Option<Sha256>,
}

impl Open {
    fn keep(&mut self, text: &[u8], bytes_max: usize) {
        self.whole += text.len() as u64;
        if self.hash.is_none() && self.bytes.len() + text.len() > bytes_max {
            let mut begun = Sha256::new();
            begun.update(&self.bytes);
            self.hash = Some(begun);
        }
        let room = bytes_max - self.bytes.len();
        self.bytes.extend_from_slice(&text[..text.len().min(room)]);
        if let Some(hash) = &mut self.hash {
            hash.update(text);
        }
    }
}

/// The first 16 bytes of the digest, in hex.
fn hex(hash: Sha256) -> String {
    let mut out = String::with_capacity(32);
    for byte in &hash.finalize()[..16] {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Cuts a record that is too long: what stays, and the whole length and hash.
pub(super) fn cut(raw: &[u8]) -> Option<(&[u8], (u64, String))> {
    let head = raw.get(..RAW_BYTES_MAX).filter(|head| head.len() < raw.len())?;
    let mut hash = Sha256::new();
    hash.update(raw);
    Some((head, (raw.len() as u64, hex(hash))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use turns::Source as _;

    /// A reader that hands out few bytes at a time, and is interrupted in between.
    struct Slow<'a>(&'a [u8], usize, bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.2 = !self.2;
            if self.2 {
                return Err(ErrorKind::Interrupted.into());
            }
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn a_piece_brings_the_headers_before_it() {
        let text = "#Fields: a b\r\n1 2\n#Fields: c\n3\n";
        let mut lines = Lines::new(Slow(text.as_bytes(), 1, false), 99);
        let mut piece = Piece::default();
        let mut found = Vec::new();
        while lines.fill(&mut piece).unwrap() {
            found.push(piece.headers().map(<[u8]>::to_vec).collect::<Vec<_>>());
        }
        let (one, two) = (b"#Fields: a b".to_vec(), b"#Fields: c".to_vec());
        assert_eq!(found, [vec![], vec![one.clone()], vec![one.clone()], vec![one, two]]);
    }

    proptest! {
        #[test]
        fn lines_come_whole_or_cut_however_they_are_read(
            text in "[ab\r\n]{0,60}", step in 1usize..9, limit in 3usize..20,
        ) {
            let mut lines = Lines::new(Slow(text.as_bytes(), step, false), limit);
            let mut piece = Piece::default();
            let mut found = Vec::new();
            while lines.fill(&mut piece).unwrap() {
                found.extend(piece.lines().map(|line| {
                    let bytes = String::from_utf8(line.bytes.to_vec()).unwrap();
                    (bytes, line.sequence, line.offset, line.cut.map(|(whole, _)| whole))
                }));
            }
            let mut offset = 0;
            let expected: Vec<_> = text.split_terminator('\n').enumerate().map(|(at, line)| {
                let begin = offset;
                offset += line.len() as u64 + 1;
                let kept = &line[..line.len().min(limit)];
                let kept = kept.strip_suffix('\r').unwrap_or(kept);
                let cut = (line.len() > limit).then_some(line.len() as u64);
                (kept.to_owned(), at as u64, begin, cut)
            }).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
