//! The tokens of JSON, found without copying and without allocation.

use crate::bytes::{mask16, mask64};

/// What kind of value a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Kind {
    Null = 0,
    True = 1,
    False = 2,
    Number = 3,
    /// The inside of the quotes, which has no backslash.
    Text = 4,
    /// The inside of the quotes, with escapes to be resolved.
    Escaped = 5,
    /// From brace to brace.
    Object = 6,
}

/// A scalar: what it is, where its content lies, and where the next token may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) after: usize,
}

/// How many bytes are looked at together.
const BLOCK: usize = 64;
/// Every second bit, from the second on.
const ODD_BITS: u64 = 0xaaaa_aaaa_aaaa_aaaa;

/// The end of the text whose content begins at `start`: where its closing quote is, and whether
/// there are escapes.
#[inline]
pub(crate) fn text_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    // Most texts are short and plain.
    for at in [start, start + 16] {
        let Some(part) = bytes.get(at..).and_then(<[u8]>::first_chunk::<16>) else { break };
        let (quotes, backslashes) = (mask16(part, b'"'), mask16(part, b'\\'));
        let quote = quotes.trailing_zeros();
        if quote < backslashes.trailing_zeros() {
            return Some((at + quote as usize, false));
        }
        if backslashes != 0 {
            break;
        }
    }
    long_text_end(bytes, start)
}

/// As [`text_end`], by blocks: a bit for each byte says what it is (the way of simdjson, Langdale
/// and Lemire 2019), so that a text full of escapes costs no more than one without.
fn long_text_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut at = start;
    let mut carried = 0;
    let mut escapes = false;
    while let Some(block) = bytes.get(at..at + BLOCK).and_then(<[u8]>::first_chunk::<BLOCK>) {
        let (quotes, backslashes) = (mask64(block, b'"'), mask64(block, b'\\'));
        let ends = quotes & !escaped(backslashes, &mut carried);
        if ends != 0 {
            let end = ends.trailing_zeros();
            return Some((at + end as usize, escapes || backslashes & ((1 << end) - 1) != 0));
        }
        escapes |= backslashes != 0;
        at += BLOCK;
    }
    at += carried as usize;
    loop {
        match bytes.get(at)? {
            b'"' => return Some((at, escapes)),
            b'\\' => {
                escapes = true;
                at += 2;
            }
            _ => at += 1,
        }
    }
}

/// Which bytes of a block are escaped, given its backslashes and whether the first is; says in
/// `carried` whether the next block's first is.
fn escaped(backslashes: u64, carried: &mut u64) -> u64 {
    let starts = backslashes & !*carried;
    let sequences = ((starts << 1) | ODD_BITS).wrapping_sub(starts) ^ ODD_BITS;
    let escaped = sequences ^ (backslashes | *carried);
    *carried = (sequences & backslashes) >> 63;
    escaped
}

/// The scalar that begins at `at`, if one does.
#[inline]
pub(crate) fn leaf(bytes: &[u8], at: usize) -> Option<Leaf> {
    let word = |text: &[u8], kind| {
        let end = at + text.len();
        bytes[at..].starts_with(text).then_some(Leaf { kind, start: at, end, after: end })
    };
    match *bytes.get(at)? {
        b'"' => {
            let (end, escaped) = text_end(bytes, at + 1)?;
            let kind = if escaped { Kind::Escaped } else { Kind::Text };
            Some(Leaf { kind, start: at + 1, end, after: end + 1 })
        }
        b'-' | b'0'..=b'9' => {
            let digits = bytes[at..]
                .iter()
                .take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
            let end = at + digits.count();
            Some(Leaf { kind: Kind::Number, start: at, end, after: end })
        }
        b't' => word(b"true", Kind::True),
        b'f' => word(b"false", Kind::False),
        b'n' => word(b"null", Kind::Null),
        _ => None,
    }
}

/// Where the next byte from `at` on is that is no white space.
#[inline]
pub(crate) fn skip_blank(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

/// Appends the text that the inside of a JSON string stands for. Half surrogates and bytes that
/// are no UTF-8 become U+FFFD, and an unknown escape stays as it is.
pub(crate) fn unescape(inside: &[u8], out: &mut String) {
    let text = String::from_utf8_lossy(inside);
    let mut rest = text.as_ref();
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else { return };
        rest = &rest[escape.len_utf8()..];
        match escape {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'u' => rest = unicode(rest, out),
            '"' | '\\' | '/' => out.push(escape),
            // No JSON; the backslash stays, so that whatever hides behind it is seen as it is.
            other => out.extend(['\\', other]),
        }
    }
    out.push_str(rest);
}

/// Appends what the four digits at the start of `rest` stand for, with those of a second half.
fn unicode<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let unit = |text: &str| {
        let digits = text.get(..4).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        u32::from_str_radix(digits?, 16).ok()
    };
    let Some(first) = unit(rest) else {
        out.push(char::REPLACEMENT_CHARACTER);
        return rest;
    };
    let rest = &rest[4..];
    let second = rest.strip_prefix("\\u").and_then(unit).filter(|u| (0xdc00..0xe000).contains(u));
    if let (0xd800..0xdc00, Some(second)) = (first, second) {
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        out.extend(char::from_u32(code));
        return &rest[6..];
    }
    out.push(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
    rest
}

/// Appends an object's JSON without the white space between its tokens.
pub(crate) fn compact(object: &[u8], out: &mut String) {
    let mut at = 0;
    let mut kept = Vec::with_capacity(object.len());
    while let Some(byte) = object.get(at) {
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => at += 1,
            b'"' => {
                let end = text_end(object, at + 1).map_or(object.len(), |(end, _)| end + 1);
                kept.extend_from_slice(&object[at..end]);
                at = end;
            }
            other => {
                kept.push(*other);
                at += 1;
            }
        }
    }
    out.push_str(&String::from_utf8_lossy(&kept));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unescaped(inside: &str) -> String {
        let mut out = String::new();
        unescape(inside.as_bytes(), &mut out);
        out
    }

    #[test]
    fn escapes_are_resolved() {
        for (inside, expected) in [
            ("plain", "plain"),
            (r#"a\\b\/c\"d"#, "a\\b/c\"d"),
            (r"\n\t\r\b\f", "\n\t\r\u{8}\u{c}"),
            (r"\u0041\u00e9\u09aa", "Aéপ"),
            (r"\ud83d\ude00!", "😀!"),
            (r"\ud83dx\ude00", "\u{fffd}x\u{fffd}"),
            (r"\ud83d\u0041", "\u{fffd}A"),
            (r"\u00zz", "\u{fffd}00zz"),
            (r"\u00", "\u{fffd}00"),
            (r"\u+06d", "\u{fffd}+06d"),
            (r"a\kb", r"a\kb"),
            ("\\", ""),
        ] {
            assert_eq!(unescaped(inside), expected, "{inside}");
        }
    }

    #[test]
    fn blanks_between_tokens_go_and_those_in_texts_stay() {
        let mut out = String::new();
        compact(b"{ \"a b\" : [ 1,\n\"x \\\" y\" ] }", &mut out);
        assert_eq!(out, "{\"a b\":[1,\"x \\\" y\"]}");
    }

    proptest! {
        #[test]
        fn a_text_ends_at_its_first_quote_without_backslash(
            text in "[aé]{0,70}[a\"\\\\é]{0,40}[\\\\a]{0,80}[a\"\\\\]{0,40}", start in 0usize..20,
        ) {
            let bytes = text.as_bytes();
            let mut at = start;
            let plain = loop {
                match bytes.get(at) {
                    None => break None,
                    Some(b'"') => break Some(at),
                    Some(b'\\') => at += 2,
                    Some(_) => at += 1,
                }
            };
            let expected = plain.map(|end| (end, bytes[start..end].contains(&b'\\')));
            prop_assert_eq!(text_end(bytes, start), expected);
        }
    }
}
