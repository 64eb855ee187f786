//! Text into JSON strings, many bytes at a time where nothing needs an escape.

use crate::specials;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends `text` as a JSON string, quotes included.
#[inline]
pub fn string(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2 + STEP_BYTES);
    out.push(b'"');
    body(out, text);
    out.push(b'"');
}

/// Appends `text` escaped, without quotes.
#[inline]
pub fn body(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    if let Some(at) = copied(out, bytes) {
        escaped(out, bytes, at);
    }
}

/// Appends bytes as long as none needs an escape, sixteen at a time and looked at while they are in
/// hand; index of the first that does, up to which they stand in `out` then.
///
/// The last step goes back over bytes that are copied already, so that none is of a length that
/// the compiler does not know: a copy of such a length is a call.
#[inline]
fn copied(out: &mut Vec<u8>, bytes: &[u8]) -> Option<usize> {
    let begin = out.len();
    let (steps, rest) = bytes.as_chunks::<STEP_BYTES>();
    for step in steps {
        let mask = specials::mask16(step);
        out.extend_from_slice(step);
        if mask != 0 {
            let at = out.len() - STEP_BYTES + mask.trailing_zeros() as usize;
            out.truncate(at);
            return Some(at - begin);
        }
    }
    if rest.is_empty() {
        return None;
    }
    if let Some(step) = bytes.last_chunk::<STEP_BYTES>() {
        let at = begin + bytes.len() - STEP_BYTES;
        out.truncate(at);
        out.extend_from_slice(step);
        let mask = specials::mask16(step);
        return (mask != 0).then(|| {
            let at = at + mask.trailing_zeros() as usize;
            out.truncate(at);
            at - begin
        });
    }
    match specials::first(bytes) {
        None => {
            few(out, bytes);
            None
        }
        Some(at) => {
            few(out, &bytes[..at]);
            Some(at)
        }
    }
}

/// Appends fewer than sixteen bytes.
#[inline]
fn few(out: &mut Vec<u8>, bytes: &[u8]) {
    if let Some((head, tail)) = bytes.first_chunk::<8>().zip(bytes.last_chunk::<8>()) {
        let end = out.len() + bytes.len();
        out.extend_from_slice(head);
        out.truncate(end - tail.len());
        out.extend_from_slice(tail);
    } else if let Some((head, tail)) = bytes.first_chunk::<4>().zip(bytes.last_chunk::<4>()) {
        let end = out.len() + bytes.len();
        out.extend_from_slice(head);
        out.truncate(end - tail.len());
        out.extend_from_slice(tail);
    } else {
        bytes.iter().for_each(|byte| out.push(*byte));
    }
}

/// How many bytes are looked at together once a text has shown that it needs escapes.
const BLOCK_BYTES: usize = 64;

/// Appends the bytes from `first` on, which needs an escape.
fn escaped(out: &mut Vec<u8>, bytes: &[u8], first: usize) {
    let mut rest = &bytes[first..];
    let mut room = Room { bytes: [0; ROOM_BYTES], used: 0 };
    // Of a window only the first block is written: what is behind it may be copied along.
    while let Some(window) = rest.first_chunk::<{ BLOCK_BYTES + STEP_BYTES }>() {
        let Some((block, _)) = window.split_first_chunk::<BLOCK_BYTES>() else { break };
        let mask = specials::mask64(block);
        if mask == 0 {
            out.extend_from_slice(block);
        } else {
            room.write(window, mask);
            out.extend_from_slice(&room.bytes[..room.used]);
        }
        rest = &rest[BLOCK_BYTES..];
    }
    while let Some(stop) = specials::first(rest) {
        out.extend_from_slice(&rest[..stop]);
        escape(out, rest[stop]);
        rest = &rest[stop + 1..];
    }
    out.extend_from_slice(rest);
}

/// How many bytes are copied at once, needed or not: two instructions, where a copy of a length that
/// is not known is a call.
const STEP_BYTES: usize = 16;

/// Room for a block of which every byte became six, and for a step too much.
const ROOM_BYTES: usize = BLOCK_BYTES * 6 + 2 * STEP_BYTES;

/// A block being escaped.
struct Room {
    bytes: [u8; ROOM_BYTES],
    used: usize,
}

impl Room {
    /// Writes the window's first block, of which `mask` says what needs an escape.
    #[inline]
    fn write(&mut self, window: &[u8; BLOCK_BYTES + STEP_BYTES], mut mask: u64) {
        self.used = 0;
        let mut from = 0;
        while mask != 0 {
            let stop = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            self.copy(window, from, stop);
            self.escape(window[stop]);
            from = stop + 1;
        }
        self.copy(window, from, BLOCK_BYTES);
    }

    /// Copies the window's bytes from `from` to `to`, in steps of which the last may go beyond.
    #[inline]
    fn copy(&mut self, window: &[u8; BLOCK_BYTES + STEP_BYTES], from: usize, to: usize) {
        let (mut read, mut write) = (from, self.used);
        while read < to {
            let step = window[read..].first_chunk::<STEP_BYTES>();
            let room = self.bytes[write..].first_chunk_mut::<STEP_BYTES>();
            if let Some((step, room)) = step.zip(room) {
                *room = *step;
            }
            (read, write) = (read + STEP_BYTES, write + STEP_BYTES);
        }
        self.used += to - from;
    }

    #[inline]
    fn escape(&mut self, byte: u8) {
        let letter = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => return self.control(byte),
        };
        self.bytes[self.used] = b'\\';
        self.bytes[self.used + 1] = letter;
        self.used += 2;
    }

    #[cold]
    fn control(&mut self, byte: u8) {
        let text = control(byte);
        self.bytes[self.used..self.used + text.len()].copy_from_slice(&text);
        self.used += text.len();
    }
}

#[cold]
fn control(byte: u8) -> [u8; 6] {
    let [high, low] = [byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]);
    [b'\\', b'u', b'0', b'0', high, low]
}

#[inline]
fn escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => out.extend_from_slice(&control(byte)),
    }
}

/// Appends a whole number.
#[inline]
pub fn int(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a whole number that is not negative.
#[inline]
pub fn uint(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_back_as_it_was(text in any::<String>()) {
            let mut out = Vec::new();
            string(&mut out, &text);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }

    #[test]
    fn all_bytes_become_six() {
        let text = "\u{1}".repeat(1000);
        let mut out = Vec::new();
        string(&mut out, &text);
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }

    #[test]
    fn each_byte_at_each_place_of_a_word() {
        for place in 0..200 {
            for byte in 0..128u8 {
                let mut text = vec![b'x'; 200];
                text[place] = byte;
                text[199 - place] = byte;
                let text = String::from_utf8(text).unwrap();
                let mut out = Vec::new();
                string(&mut out, &text);
                assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
            }
        }
    }
}
