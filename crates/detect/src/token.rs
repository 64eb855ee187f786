//! The tokens of JSON, found without copying and without allocation.

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

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte of `word` that is zero; a bit above the first one may be wrong.
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(LOW) & !word & HIGH
}

/// Where the next quote or backslash from `at` on is.
#[inline]
fn quote_or_backslash(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some(chunk) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(chunk.try_into().unwrap_or_default());
        let quotes = zero_bytes(word ^ (LOW * b'"' as u64));
        let backslashes = zero_bytes(word ^ (LOW * b'\\' as u64));
        let found = quotes | backslashes;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    Some(at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?)
}

/// The end of the text whose content begins at `start`: where its closing quote is, and whether
/// there are escapes.
#[inline]
pub(crate) fn text_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut at = start;
    let mut escaped = false;
    loop {
        at = quote_or_backslash(bytes, at)?;
        if bytes[at] == b'"' {
            return Some((at, escaped));
        }
        escaped = true;
        at += 2;
    }
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
/// are no UTF-8 become U+FFFD, and an unknown escape is itself.
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
            other => out.push(other),
        }
    }
    out.push_str(rest);
}

/// Appends what the four digits at the start of `rest` stand for, with those of a second half.
fn unicode<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let unit = |text: &str| u32::from_str_radix(text.get(..4)?, 16).ok();
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
            text in "[a\"\\\\é]{0,40}", start in 0usize..20,
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
            prop_assert_eq!(text_end(bytes, start).map(|(end, _)| end), plain);
        }
    }
}
