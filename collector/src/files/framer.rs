//! How the bytes of a file become records: encoding, and which lines belong together.

use encoding_rs::Encoding;
use frame::{Assembler, Frame, Lines, Multiline, Unit};
use regex::bytes::Regex;
use std::borrow::Cow;
use std::sync::Arc;

/// How one `[[file]]` is cut into records.
#[derive(Debug, Clone)]
pub(crate) struct Format {
    /// Bytes of a record, at most; the rest is cut off, counted and hashed.
    pub(crate) record_bytes_max: usize,
    /// How its characters are stored; `None`: they are left as they are.
    pub(crate) encoding: Option<&'static Encoding>,
    /// Which lines belong together.
    pub(crate) join: Join,
    /// How long an unfinished record of whole lines waits for more of them.
    pub(crate) join_ms: i64,
}

/// Which lines make a record.
#[derive(Debug, Clone)]
pub(crate) enum Join {
    /// Each line is one.
    No,
    /// A line that matches begins one.
    Starts(Arc<Regex>),
    /// A line that matches goes on with the one before.
    Continues(Arc<Regex>),
    /// A line that begins with a blank or a tab goes on with the one before.
    Indented,
    /// Those of one audit event do.
    Auditd,
}

impl Join {
    fn begins(&self, line: &[u8]) -> bool {
        match self {
            Self::No | Self::Auditd => true,
            Self::Starts(pattern) => pattern.is_match(line),
            Self::Continues(pattern) => !pattern.is_match(line),
            Self::Indented => !line.starts_with(b" ") && !line.starts_with(b"\t"),
        }
    }
}

impl Format {
    /// UTF-16 is read two bytes at a time.
    pub(crate) fn is_wide(&self) -> bool {
        self.unit() != Unit::Byte
    }

    fn unit(&self) -> Unit {
        match self.encoding {
            Some(encoding) if encoding == encoding_rs::UTF_16LE => Unit::Utf16Le,
            Some(encoding) if encoding == encoding_rs::UTF_16BE => Unit::Utf16Be,
            _ => Unit::Byte,
        }
    }

    /// The record's bytes as they are sent: UTF-8, where another encoding was declared.
    pub(crate) fn decode<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let Some(encoding) = self.encoding else { return Cow::Borrowed(bytes) };
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        // A byte order mark stands before the first line; a carriage return of UTF-16 at the end.
        let trimmed = text.trim_start_matches('\u{feff}').trim_end_matches('\r');
        Cow::Owned(trimmed.as_bytes().to_vec())
    }
}

/// The framer of one file.
#[derive(Debug)]
pub(crate) struct Framer {
    pub(crate) format: Arc<Format>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Lines(Lines),
    Multiline(Multiline),
    Audit(Box<Assembler>),
}

impl Framer {
    pub(crate) fn new(format: Arc<Format>) -> Self {
        // Decoding makes UTF-8 of at most three bytes of each one.
        let bytes_max = match format.encoding {
            None => format.record_bytes_max,
            Some(_) => format.record_bytes_max / 6 * 2,
        };
        let kind = match format.join {
            Join::No => Kind::Lines(Lines::new(bytes_max).of(format.unit())),
            Join::Auditd => Kind::Audit(Box::new(Assembler::new(bytes_max))),
            _ => Kind::Multiline(Multiline::new(bytes_max)),
        };
        Self { format, kind }
    }

    #[inline]
    pub(crate) fn next<'s, 'i: 's>(&'s mut self, input: &mut &'i [u8]) -> Option<Frame<'s>> {
        match &mut self.kind {
            Kind::Lines(lines) => lines.next(input),
            Kind::Multiline(multiline) => {
                multiline.next(input, |line| self.format.join.begins(line))
            }
            Kind::Audit(assembler) => assembler.next(input),
        }
    }

    /// The next unfinished record; there may be several.
    pub(crate) fn finish(&mut self) -> Option<Frame<'_>> {
        match &mut self.kind {
            Kind::Lines(lines) => lines.finish(),
            Kind::Multiline(multiline) => multiline.finish(|line| self.format.join.begins(line)),
            Kind::Audit(assembler) => assembler.finish(),
        }
    }

    pub(crate) fn restart(&mut self, offset: u64) {
        match &mut self.kind {
            Kind::Lines(lines) => lines.restart(offset),
            Kind::Multiline(multiline) => multiline.restart(offset),
            Kind::Audit(assembler) => assembler.restart(offset),
        }
    }

    /// Offset of the first byte that is not yet part of a record.
    pub(crate) fn start(&self) -> u64 {
        match &self.kind {
            Kind::Lines(lines) => lines.start(),
            Kind::Multiline(multiline) => multiline.start(),
            Kind::Audit(assembler) => assembler.start(),
        }
    }

    /// Bytes of unfinished records.
    pub(crate) fn pending(&self) -> u64 {
        match &self.kind {
            Kind::Lines(lines) => lines.pending(),
            Kind::Multiline(multiline) => multiline.pending(),
            Kind::Audit(assembler) => assembler.pending(),
        }
    }

    /// Whether whole lines wait for others that may belong to them.
    pub(crate) fn holds_lines(&self) -> bool {
        let is_at_line = match &self.kind {
            Kind::Lines(_) => false,
            Kind::Multiline(multiline) => multiline.is_at_line(),
            Kind::Audit(assembler) => assembler.is_at_line(),
        };
        is_at_line && self.pending() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(encoding: Option<&'static Encoding>, join: Join, bytes: &[u8]) -> Vec<String> {
        let format = Format { record_bytes_max: 600, encoding, join, join_ms: 0 };
        let mut framer = Framer::new(Arc::new(format));
        let (mut rest, mut found) = (bytes, Vec::new());
        let format = framer.format.clone();
        let text =
            |frame: &Frame<'_>| String::from_utf8(format.decode(frame.bytes).into()).unwrap();
        while let Some(frame) = framer.next(&mut rest) {
            found.push(text(&frame));
        }
        while let Some(frame) = framer.finish() {
            found.push(text(&frame));
        }
        found
    }

    #[test]
    fn declared_encodings_become_utf_8() {
        let text = "\u{feff}প্রহরী\r\nzweite Zeile: Größe\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let expected = ["প্রহরী", "zweite Zeile: Größe"];
        assert_eq!(read(Some(encoding_rs::UTF_16LE), Join::No, &little), expected);
        assert_eq!(read(Some(encoding_rs::UTF_16BE), Join::No, &big), expected);
        let windows = Some(encoding_rs::WINDOWS_1252);
        assert_eq!(read(windows, Join::No, b"Gr\xf6\xdfe \x80\r\nx\n"), ["Größe €", "x"]);
        // Undeclared bytes are left alone, whatever they are.
        let format = Format { record_bytes_max: 9, encoding: None, join: Join::No, join_ms: 0 };
        assert_eq!(&*format.decode(b"Gr\xf6\xdfe"), b"Gr\xf6\xdfe");
        // What is cut is cut so that the UTF-8 of it fits.
        let long = read(windows, Join::No, &[b'\x80'; 5000]);
        assert_eq!(long[0].len(), 600);
    }

    #[test]
    fn lines_are_joined_as_told() {
        let trace = b"E one\n at a\n\tat b\nI two\nCaused by\n";
        let pattern = |text| Arc::new(Regex::new(text).unwrap());
        let joined = ["E one\n at a\n\tat b", "I two\nCaused by"];
        assert_eq!(read(None, Join::Starts(pattern("^[EI] ")), trace), joined);
        assert_eq!(read(None, Join::Continues(pattern(r"^(\s|Caused)")), trace), joined);
        let indented = ["E one\n at a\n\tat b", "I two", "Caused by"];
        assert_eq!(read(None, Join::Indented, trace), indented);
        let audit = b"type=SYSCALL msg=audit(1.0:2): a\ntype=EOE msg=audit(1.0:2): \n";
        assert_eq!(read(None, Join::Auditd, audit).len(), 1);
    }
}
