//! Where in a JSON text a span lies: within a string, or in a number that must become one.

use std::ops::Range;

/// Tells strings from what is outside of them, for spans asked about in order: each byte is looked
/// at once, however many spans there are.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    at: usize,
    inside: bool,
}

impl Strings {
    /// The whole number around `span`, where that is a number of the JSON itself.
    ///
    /// `json` must be valid. A value that is recognised begins and ends with a digit, so a number
    /// around it is only longer by a sign, a fraction or an exponent.
    pub(crate) fn bare_number(&mut self, json: &[u8], span: Range<usize>) -> Option<Range<usize>> {
        self.move_to(json, span.start);
        if self.inside {
            return None;
        }
        let part = |b: &u8| b.is_ascii_digit() || b"+-.eE".contains(b);
        let start = json[..span.start].iter().rposition(|b| !part(b)).map_or(0, |at| at + 1);
        let tail = json[span.end..].iter().position(|b| !part(b));
        Some(start..tail.map_or(json.len(), |to| span.end + to))
    }

    fn move_to(&mut self, json: &[u8], to: usize) {
        for quote in memchr::memchr_iter(b'"', &json[self.at..to]) {
            let before = &json[..self.at + quote];
            let escapes = before.iter().rev().take_while(|b| **b == b'\\').count();
            if !self.inside || escapes.is_multiple_of(2) {
                self.inside = !self.inside;
            }
        }
        self.at = to;
    }
}

/// The quote that a number in JSON within text needs around its token: `"nid":123` in a raw line,
/// `\"nid\":123` in the same line within JSON, and so on; empty where it stands in no such place.
pub(crate) fn quote_like_key(before: &[u8]) -> &[u8] {
    let trimmed = before.trim_ascii_end();
    let Some(key) = trimmed.strip_suffix(b":").map(<[u8]>::trim_ascii_end) else { return b"" };
    let Some(body) = key.strip_suffix(b"\"") else { return b"" };
    let escapes = body.iter().rev().take_while(|b| **b == b'\\').count();
    &key[body.len() - escapes..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_strings() {
        let json = br#"{"a":"x\" 123","b":-456.5,"c":[789]}"#;
        let find = |needle: &str| {
            let at = memchr::memmem::find(json, needle.as_bytes()).unwrap();
            Strings::default()
                .bare_number(json, at..at + needle.len())
                .map(|range| String::from_utf8(json[range].to_vec()).unwrap())
        };
        assert_eq!(find("123"), None);
        assert_eq!(find("456").as_deref(), Some("-456.5"));
        assert_eq!(find("789").as_deref(), Some("789"));
    }

    #[test]
    fn quotes_are_the_keys() {
        for (before, expected) in [
            (r#"{"nid":"#, r#"""#),
            (r#"{\"nid\" : "#, r#"\""#),
            (r#"{\\\"nid\\\":"#, r#"\\\""#),
            (r#"{"nid":""#, ""),
            ("nid: ", ""),
        ] {
            assert_eq!(quote_like_key(before.as_bytes()), expected.as_bytes(), "{before}");
        }
    }
}
