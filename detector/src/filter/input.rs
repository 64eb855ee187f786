//! The input of the filter, in pieces of whole lines.

use crate::Error;
use std::io::Read;

/// How much is asked for in one reading. A piece is worked on as soon as it has a whole line, so
/// that a slow input is not waited for.
const READ_BYTES: usize = 256 * 1024;

/// An input that is read piece by piece.
#[derive(Debug)]
pub(super) struct Input<R> {
    input: R,
    /// The beginning of a line, whose end has not been read.
    rest: Vec<u8>,
    ended: bool,
}

/// Some whole lines, and room for the next ones.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// Zeroed once; what lies behind `filled` is left from earlier pieces.
    bytes: Vec<u8>,
    filled: usize,
}

impl Piece {
    /// Begins anew with `rest`, which is emptied.
    fn take(&mut self, rest: &mut Vec<u8>) {
        if self.bytes.len() < rest.len() {
            self.bytes.resize(rest.len(), 0);
        }
        self.bytes[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
        rest.clear();
    }

    /// Where the next reading may go.
    fn room(&mut self) -> &mut [u8] {
        if self.bytes.len() < self.filled + READ_BYTES {
            self.bytes.resize(self.filled + READ_BYTES, 0);
        }
        &mut self.bytes[self.filled..]
    }

    /// The lines, without their ends. Only the very last line may have none.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.bytes[..self.filled];
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let end = memchr::memchr(b'\n', rest);
            let line = &rest[..end.unwrap_or(rest.len())];
            rest = end.map_or(&[], |end| &rest[end + 1..]);
            Some(line)
        })
    }
}

impl<R: Read> Input<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, rest: Vec::new(), ended: false }
    }
}

impl<R: Read + Send> turns::Source for Input<R> {
    type Piece = Piece;
    type Error = Error;

    fn fill(&mut self, piece: &mut Piece) -> Result<bool, Error> {
        piece.take(&mut self.rest);
        while !self.ended {
            let held = piece.filled;
            match self.input.read(piece.room()) {
                Ok(read) => piece.filled += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.ended = true;
                    return Err(Error::Input(error));
                }
            }
            self.ended = piece.filled == held;
            let new = &piece.bytes[held..piece.filled];
            if let Some(end) = memchr::memrchr(b'\n', new) {
                self.rest.extend_from_slice(&new[end + 1..]);
                piece.filled = held + end + 1;
                break;
            }
        }
        Ok(piece.filled > 0)
    }
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
                return Err(std::io::ErrorKind::Interrupted.into());
            }
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn lines(input: impl Read + Send) -> Vec<String> {
        let mut input = Input::new(input);
        let (mut piece, mut found) = (Piece::default(), Vec::new());
        while input.fill(&mut piece).unwrap() {
            found.extend(piece.lines().map(|line| String::from_utf8_lossy(line).into_owned()));
        }
        found
    }

    proptest! {
        #[test]
        fn lines_come_whole_however_they_are_read(text in "[ab\n]{0,60}", step in 1usize..9) {
            let expected: Vec<String> = text.split_terminator('\n').map(str::to_owned).collect();
            prop_assert_eq!(lines(Slow(text.as_bytes(), step, false)), expected);
        }
    }

    #[test]
    fn a_line_longer_than_a_reading_is_one_line() {
        let text = "x".repeat(5 * READ_BYTES) + "\ny";
        let lengths: Vec<usize> = lines(text.as_bytes()).iter().map(String::len).collect();
        assert_eq!(lengths, [5 * READ_BYTES, 1]);
    }
}
