//! Small readers over borrowed text.

mod search;

use memchr::{memchr, memchr2};

/// The text before and after the first `needle`.
#[inline]
pub(crate) fn cut(text: &str, needle: u8) -> Option<(&str, &str)> {
    debug_assert!(needle.is_ascii());
    let at = memchr(needle, text.as_bytes())?;
    Some((&text[..at], &text[at + 1..]))
}

/// The first word and what follows the blanks after it.
#[inline]
pub(crate) fn word(text: &str) -> (&str, &str) {
    match memchr(b' ', text.as_bytes()) {
        Some(at) => (&text[..at], text[at..].trim_start_matches(' ')),
        None => (text, ""),
    }
}

/// The text between the first `open` and the next `close` after it.
pub(crate) fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let start = find(text, open)? + open.len();
    let length = find(&text[start..], close)?;
    Some(&text[start..start + length])
}

/// The text after the first `needle`.
pub(crate) fn after<'a>(text: &'a str, needle: &str) -> Option<&'a str> {
    find(text, needle).map(|at| &text[at + needle.len()..])
}

/// Index of the first `needle`.
#[inline]
pub(crate) fn find(text: &str, needle: &str) -> Option<usize> {
    search::exact(text.as_bytes(), needle.as_bytes())
}

/// Index of the last `needle`, a short one.
#[inline]
pub(crate) fn rfind(text: &str, needle: &str) -> Option<usize> {
    search::last(text.as_bytes(), needle.as_bytes())
}

/// The text before and after the first `needle`.
#[inline]
pub(crate) fn cut_at<'a>(text: &'a str, needle: &str) -> Option<(&'a str, &'a str)> {
    find(text, needle).map(|at| (&text[..at], &text[at + needle.len()..]))
}

/// The text before and after the last `needle`, a short one.
#[inline]
pub(crate) fn rcut_at<'a>(text: &'a str, needle: &str) -> Option<(&'a str, &'a str)> {
    rfind(text, needle).map(|at| (&text[..at], &text[at + needle.len()..]))
}

/// Whether `needle` stands in `text`.
#[inline]
pub(crate) fn has(text: &str, needle: &str) -> bool {
    find(text, needle).is_some()
}

/// A text that begins with a quote: what is within, escapes kept, and what follows it.
///
/// A quote after a backslash does not end it; without an end the whole rest is within.
pub(crate) fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = *text.as_bytes().first().filter(|b| **b == b'"' || **b == b'\'')?;
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(step) = memchr2(quote, b'\\', &bytes[at..]) {
        let stop = at + step;
        if bytes[stop] == quote {
            return Some((&text[1..stop], &text[stop + 1..]));
        }
        // The escaped character may be longer than a byte, but no quote hides in it.
        at = stop + 2;
        if at >= bytes.len() {
            break;
        }
    }
    Some((&text[1..], ""))
}

/// A text that is digits only, as a number.
pub(crate) fn digits(text: &str) -> Option<i64> {
    let fits = !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.bytes().fold(0, |n, b| n * 10 + i64::from(b - b'0')))
}

/// The digits at the start of a text, as a number, and what follows.
pub(crate) fn leading_digits(text: &str) -> Option<(i64, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    Some((digits(&text[..length])?, &text[length..]))
}

/// The value of a hex digit.
pub(crate) fn nibble(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|d| d as u8)
}

/// Bytes of a text of hex digits; `None` where it is none or of odd length.
pub(crate) fn hex(text: &str, out: &mut Vec<u8>) -> Option<()> {
    if text.len() < 2 || !text.len().is_multiple_of(2) {
        return None;
    }
    for pair in text.as_bytes().chunks_exact(2) {
        out.push(nibble(pair[0])? << 4 | nibble(pair[1])?);
    }
    Some(())
}

/// Whether any part of `text` equals `needle`, whatever the case of ASCII letters.
pub(crate) fn has_ignore_case(text: &str, needle: &str) -> bool {
    search::ignoring_case(text.as_bytes(), needle.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes() {
        for (text, expected) in [
            (r#""a b" c"#, Some(("a b", " c"))),
            (r#""a\"b" c"#, Some((r#"a\"b"#, " c"))),
            (r#""a\\" c"#, Some((r"a\\", " c"))),
            (r#"'a"b' c"#, Some((r#"a"b"#, " c"))),
            (r#""open"#, Some(("open", ""))),
            (r#""ends\"#, Some((r"ends\", ""))),
            (r#""\অ" c"#, Some((r"\অ", " c"))),
            ("none", None),
            ("", None),
        ] {
            assert_eq!(quoted(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_and_words() {
        assert_eq!(digits("0042"), Some(42));
        assert_eq!(digits("4x"), None);
        assert_eq!(digits(""), None);
        assert_eq!(word("a  b c"), ("a", "b c"));
        assert_eq!(between("x[1] y[2]", "[", "]"), Some("1"));
        assert!(has_ignore_case("Login FAILED", "failed"));
        assert!(!has_ignore_case("fail", "failed"));
        let mut out = Vec::new();
        assert!(hex("c3A4", &mut out).is_some());
        assert_eq!(out, [0xc3, 0xa4]);
        assert!(hex("c3a", &mut out).is_none());
    }
}
