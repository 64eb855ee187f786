//! JSON as it stands: where the members of an object lie, and text written into a buffer.
//!
//! An alert repeats parts of its event byte by byte, so what is not JSON to the letter must be told
//! from what is; the engine that matched the event is more lenient.

use std::borrow::Cow;
use std::fmt::Write as _;

/// How deep JSON may nest: as deep as the engine reads.
const DEPTH_MAX: usize = 128;

/// A member of an object: its key's inside and its value, as ranges of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    key: (usize, usize),
    /// Whether its key has escapes, which it need not.
    is_escaped: bool,
    value: (usize, usize),
}

impl Member {
    /// Its value in `text`, which it was found in.
    pub(crate) fn value<'t>(&self, text: &'t str) -> &'t str {
        &text[self.value.0..self.value.1]
    }
}

/// The members of the object that `text` is, or `None` where it is no JSON object.
pub(crate) fn members(text: &str) -> Option<Vec<Member>> {
    let mut members = Vec::with_capacity(24);
    let reader = Reader { bytes: text.as_bytes() };
    let at = reader.blank(0);
    (reader.byte(at)? == b'{').then_some(())?;
    let after = reader.object(at, 0, &mut |member| members.push(member))?;
    (reader.blank(after) == text.len()).then_some(members)
}

/// The value of the first member `key` of an object in `text` with `members`; nothing for a null.
pub(crate) fn get<'t>(text: &'t str, members: &[Member], key: &str) -> Option<&'t str> {
    let inside = |member: &Member| &text.as_bytes()[member.key.0..member.key.1];
    let written_so = |member: &Member| {
        let quoted = &text[member.key.0 - 1..member.key.1 + 1];
        unquoted(quoted).is_some_and(|name| name == key)
    };
    let named = |member: &&Member| match member.is_escaped {
        false => inside(member) == key.as_bytes(),
        true => written_so(member),
    };
    Some(members.iter().find(named)?.value(text)).filter(|value| *value != "null")
}

/// The text that a JSON string with its quotes stands for.
pub(crate) fn unquoted(string: &str) -> Option<Cow<'_, str>> {
    let inside = string.strip_prefix('"')?.strip_suffix('"')?;
    match inside.contains('\\') {
        false => Some(inside.into()),
        true => serde_json::from_str::<String>(string).ok().map(Into::into),
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !PLAIN[usize::from(byte)]) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{control:04x}");
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// Bytes that stand for themselves within a string.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut byte = 0;
    while byte < 0x20 {
        plain[byte] = false;
        byte += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain
};

struct Reader<'t> {
    bytes: &'t [u8],
}

impl Reader<'_> {
    #[inline]
    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    #[inline]
    fn blank(&self, mut at: usize) -> usize {
        while matches!(self.byte(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            at += 1;
        }
        at
    }

    /// The byte after the value at `at`, if it is one to the letter.
    fn value(&self, at: usize, depth: usize) -> Option<usize> {
        let word = |word: &[u8]| self.bytes[at..].starts_with(word).then_some(at + word.len());
        match self.byte(at)? {
            b'"' => self.string(at),
            b'{' => self.object(at, depth, &mut |_| {}),
            b'[' => self.list(at, depth),
            b't' => word(b"true"),
            b'f' => word(b"false"),
            b'n' => word(b"null"),
            _ => self.number(at),
        }
    }

    fn object(&self, start: usize, depth: usize, found: &mut dyn FnMut(Member)) -> Option<usize> {
        (depth < DEPTH_MAX).then_some(())?;
        let mut at = self.blank(start + 1);
        if self.byte(at)? == b'}' {
            return Some(at + 1);
        }
        loop {
            let after = self.string(at)?;
            let colon = self.blank(after);
            (self.byte(colon)? == b':').then_some(())?;
            let begin = self.blank(colon + 1);
            let end = self.value(begin, depth + 1)?;
            let key = (at + 1, after - 1);
            let is_escaped = self.bytes[key.0..key.1].contains(&b'\\');
            found(Member { key, is_escaped, value: (begin, end) });
            at = self.blank(end);
            match self.byte(at)? {
                b',' => at = self.blank(at + 1),
                b'}' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    fn list(&self, start: usize, depth: usize) -> Option<usize> {
        (depth < DEPTH_MAX).then_some(())?;
        let mut at = self.blank(start + 1);
        if self.byte(at)? == b']' {
            return Some(at + 1);
        }
        loop {
            at = self.blank(self.value(at, depth + 1)?);
            match self.byte(at)? {
                b',' => at = self.blank(at + 1),
                b']' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    fn string(&self, start: usize) -> Option<usize> {
        (self.byte(start)? == b'"').then_some(())?;
        let mut at = start + 1;
        loop {
            at += self.bytes[at..].iter().position(|byte| !PLAIN[usize::from(*byte)])?;
            match (self.bytes[at], self.byte(at + 1)) {
                (b'"', _) => return Some(at + 1),
                (b'\\', Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => at += 2,
                (b'\\', Some(b'u')) => {
                    let digits = self.bytes.get(at + 2..at + 6)?;
                    digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                    at += 6;
                }
                _ => return None,
            }
        }
    }

    fn number(&self, start: usize) -> Option<usize> {
        let digits = |from: usize| {
            let count = self.bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            (count > 0).then_some(from + count)
        };
        let whole = start + usize::from(self.byte(start)? == b'-');
        let mut at = match self.byte(whole)? {
            b'0' => whole + 1,
            _ => digits(whole)?,
        };
        if self.byte(at) == Some(b'.') {
            at = digits(at + 1)?;
        }
        if matches!(self.byte(at), Some(b'e' | b'E')) {
            let signed = matches!(self.byte(at + 1), Some(b'+' | b'-'));
            at = digits(at + 1 + usize::from(signed))?;
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn only_json_to_the_letter_has_members() {
        for (text, expected) in [
            (r#" {"a":1,"b":[{"c":null}],"a":2} "#, true),
            (r#"{"a":-0.5e+10,"b":"\ud83d\"x","c":{}}"#, true),
            ("{}", true),
            (r#"{"a":01}"#, false),
            (r#"{"a":1.}"#, false),
            (r#"{"a":-}"#, false),
            (r#"{"a":1e}"#, false),
            (r#"{"a":"\k"}"#, false),
            (r#"{"a":"\u00g0"}"#, false),
            ("{\"a\":\"\n\"}", false),
            (r#"{"a":1,}"#, false),
            (r#"{"a":[1,]}"#, false),
            (r#"{"a" 1}"#, false),
            (r#"{"a":tru}"#, false),
            (r#"{"a":1} x"#, false),
            ("[1]", false),
            ("", false),
        ] {
            assert_eq!(members(text).is_some(), expected, "{text}");
            let strict = serde_json::from_str::<&serde_json::value::RawValue>(text);
            assert_eq!(strict.is_ok() && text != "[1]", expected, "{text}");
        }
        assert!(members(&format!("{{\"a\":{}}}", "[".repeat(200) + &"]".repeat(200))).is_none());
    }

    #[test]
    fn the_first_member_of_a_name_counts_however_it_is_written() {
        let text = r#"{"n":null,"\u0061":"x\ty","a":2}"#;
        let members = members(text).unwrap();
        assert_eq!(get(text, &members, "a"), Some(r#""x\ty""#));
        assert_eq!(get(text, &members, "a").and_then(unquoted).as_deref(), Some("x\ty"));
        assert_eq!(get(text, &members, "n"), None);
        assert_eq!(get(text, &members, "b"), None);
    }

    proptest! {
        #[test]
        fn it_is_json_when_another_reader_says_so(text in "[{}\\[\\]\":,a0.e\\\\ un-]{0,14}") {
            let text = format!("{{\"k\":{text}}}");
            let strict = serde_json::from_str::<&serde_json::value::RawValue>(&text);
            prop_assert_eq!(members(&text).is_some(), strict.is_ok(), "{}", text);
        }

        #[test]
        fn a_string_reads_back(text in any::<String>()) {
            let mut out = String::new();
            string(&text, &mut out);
            prop_assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), Value::from(text));
        }
    }
}
