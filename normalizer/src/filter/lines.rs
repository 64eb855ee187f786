//! Lines of any length in bounded memory.

use model::RAW_BYTES_MAX;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::BufRead;

/// A line without its end.
pub(super) struct Line<'a> {
    /// Its bytes; the first million of a longer one.
    pub(super) bytes: &'a [u8],
    /// Its number, from 0.
    pub(super) sequence: u64,
    /// Where it begins in the input.
    pub(super) offset: u64,
    /// The whole length and the hash of a line that was cut.
    pub(super) cut: Option<(u64, String)>,
}

/// A framed line may hold a whole record in JSON, where a byte takes up to six.
const LINE_BYTES_MAX: usize = RAW_BYTES_MAX;

/// Reads lines.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    sequence: u64,
    offset: u64,
    limit: usize,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), sequence: 0, offset: 0, limit: LINE_BYTES_MAX }
    }

    /// Lets lines be this long before they are cut.
    pub(super) fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// The next line, or `None` at the end.
    pub(super) fn next(&mut self) -> std::io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let (mut whole, mut hash, mut ended) = (0u64, None, false);
        while !ended {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            let end = memchr::memchr(b'\n', chunk);
            let text = &chunk[..end.unwrap_or(chunk.len())];
            keep(text, self.limit, &mut self.buffer, &mut hash);
            whole += text.len() as u64;
            ended = end.is_some();
            let used = text.len() + usize::from(ended);
            self.input.consume(used);
        }
        if whole == 0 && !ended {
            return Ok(None);
        }
        let (sequence, offset) = (self.sequence, self.offset);
        self.sequence += 1;
        self.offset += whole + u64::from(ended);
        let cut = hash.map(|hash| (whole, hex(hash)));
        let end = self.buffer.strip_suffix(b"\r").map_or(self.buffer.len(), <[u8]>::len);
        Ok(Some(Line { bytes: &self.buffer[..end], sequence, offset, cut }))
    }
}

/// Keeps what fits, hashes all of what does not.
fn keep(text: &[u8], limit: usize, buffer: &mut Vec<u8>, hash: &mut Option<Sha256>) {
    if hash.is_none() && buffer.len() + text.len() > limit {
        let mut begun = Sha256::new();
        begun.update(&*buffer);
        *hash = Some(begun);
    }
    let room = limit - buffer.len();
    buffer.extend_from_slice(&text[..text.len().min(room)]);
    if let Some(hash) = hash {
        hash.update(text);
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
