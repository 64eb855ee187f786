//! Raw bytes as text: UTF-8 as it is, UTF-16 decoded, the rest lossily or not at all.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bumpalo::Bump;
use privacy::Masker;

/// Bytes as text.
pub(crate) struct Text<'a> {
    pub(crate) text: &'a str,
    /// The exact bytes, where `text` is not them.
    pub(crate) base64: Option<&'a str>,
}

/// One part in this many may be neither text nor blank; with more it is no text.
const STRANGE_PART: usize = 4;

/// Decodes a record; `None` where it is binary. With a `masker` the bytes that are kept beside the
/// text have no personal data either.
pub(crate) fn decode<'a>(
    raw: &'a [u8],
    masker: Option<&Masker>,
    arena: &'a Bump,
) -> Option<Text<'a>> {
    if let Some(text) = utf16(raw) {
        let masked = masker.and_then(|masker| masker.mask(text.as_bytes()));
        let base64 = match masked {
            Some(masked) => base64(&utf16le(&String::from_utf8_lossy(&masked)), arena),
            None => base64(raw, arena),
        };
        return Some(Text { text: arena.alloc_str(&text), base64: Some(base64) });
    }
    if let Ok(text) = std::str::from_utf8(raw) {
        let strange = count_strange(raw);
        return (strange * STRANGE_PART <= raw.len()).then_some(Text { text, base64: None });
    }
    let text = String::from_utf8_lossy(raw);
    let replaced = text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count();
    let strange = replaced + count_strange(raw);
    let masked = masker.and_then(|masker| masker.mask(raw));
    let bytes = masked.as_deref().unwrap_or(raw);
    (strange * STRANGE_PART <= raw.len())
        .then(|| Text { text: arena.alloc_str(&text), base64: Some(base64(bytes, arena)) })
}

/// Text in UTF-16 with its mark, the least significant byte first.
fn utf16le(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// How many control characters there are that no log writes: not tab, line feed, return, escape,
/// nor the audit record's 0x1d; NUL stands for padding.
fn count_strange(raw: &[u8]) -> usize {
    // The least byte of a block is found by vector instructions, and mostly it is no control.
    let (blocks, rest) = raw.as_chunks::<64>();
    let controlled = |block: &&[u8; 64]| block.iter().fold(u8::MAX, |a, b| a.min(*b)) < 0x20;
    let counts = blocks.iter().filter(controlled).map(|block| strange(block));
    counts.sum::<usize>() + strange(rest)
}

fn strange(raw: &[u8]) -> usize {
    let is_strange =
        |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0 | 0x1b | 0x1d);
    raw.iter().filter(is_strange).count()
}

fn base64<'a>(raw: &[u8], arena: &'a Bump) -> &'a str {
    arena.alloc_str(&STANDARD.encode(raw))
}

/// UTF-16 by its byte-order mark, or by every other byte of its beginning being NUL.
fn utf16(raw: &[u8]) -> Option<String> {
    let (bytes, little) = match raw {
        [0xff, 0xfe, rest @ ..] => (rest, true),
        [0xfe, 0xff, rest @ ..] => (rest, false),
        [a, 0, b, 0, c, 0, ..] if [a, b, c].iter().all(|x| **x != 0) => (raw, true),
        [0, a, 0, b, 0, c, ..] if [a, b, c].iter().all(|x| **x != 0) => (raw, false),
        _ => return None,
    };
    let unit = |pair: &[u8]| match little {
        true => u16::from_le_bytes([pair[0], pair[1]]),
        false => u16::from_be_bytes([pair[0], pair[1]]),
    };
    let units = bytes.chunks_exact(2).map(unit);
    char::decode_utf16(units).collect::<Result<String, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_text() {
        let arena = Bump::new();
        let check = |raw: &[u8], expected: Option<(&str, bool)>| {
            let found = decode(raw, None, &arena).map(|t| (t.text.to_owned(), t.base64.is_some()));
            assert_eq!(found, expected.map(|(t, b)| (t.to_owned(), b)), "{raw:?}");
        };
        check("লগ".as_bytes(), Some(("লগ", false)));
        check(b"a\xffbcd", Some(("a\u{fffd}bcd", true)));
        check(b"\xff\xfeh\0i\0", Some(("hi", true)));
        check(b"\xfe\xff\0h\0i", Some(("hi", true)));
        check(b"a\0b\0c\0d\0", Some(("abcd", true)));
        check(b"\x1f\x8b\x08\x00\xff\xfe\x01\x02", None);
        check(b"text\0\0\0\0", Some(("text\0\0\0\0", false)));
        check(b"\x01\x02\x03\x04", None);
        let long = [b"a".repeat(100), b"\x01".repeat(50), b"\t\n\x1b\x1d\0".repeat(20)].concat();
        check(&long, Some((str::from_utf8(&long).unwrap(), false)));
        check(&[long.as_slice(), &b"\x02".repeat(50)].concat(), None);
    }
}
