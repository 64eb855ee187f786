//! `key=value` logs of any vendor: Fortinet, Sophos, SonicWall, logfmt, and what looks like them.

use crate::Cx;
use crate::scan::quoted;
use crate::words::{Guess, Target, alias};
use memchr::memchr;
use ocsf::Event;

/// Pairs of one record that are looked at; the rest stays in the raw text.
const PAIRS_MAX: usize = 600;

/// Walks over the pairs of a text.
///
/// A value is quoted, or ends before the blank (comma, bar, semicolon) in front of the next key.
pub(crate) struct Pairs<'a> {
    rest: &'a str,
    separator: u8,
}

/// What stands between pairs.
pub(crate) fn pairs(text: &str, separator: u8) -> Pairs<'_> {
    Pairs { rest: text, separator }
}

/// Whether a text may be a key.
fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.[]@/#".contains(&b))
        && text.as_bytes()[0] != b'='
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        loop {
            let equals = memchr(b'=', self.rest.as_bytes())?;
            let before = &self.rest[..equals];
            let joint = |c: char| " \t,;|({\"<".contains(c) || c == char::from(self.separator);
            let key = before.rsplit(joint).next().unwrap_or(before);
            let after = &self.rest[equals + 1..];
            if !is_key(key) {
                self.rest = after;
                continue;
            }
            let (value, rest) = self.value(after);
            self.rest = rest;
            return Some((key, value));
        }
    }
}

impl<'a> Pairs<'a> {
    fn value(&self, after: &'a str) -> (&'a str, &'a str) {
        if let Some((value, rest)) = quoted(after) {
            return (value, rest);
        }
        let bytes = after.as_bytes();
        // Most values are one word; with another separator blanks are part of the value.
        let end = memchr(self.separator, bytes).unwrap_or(bytes.len());
        let value = after[..end].trim_end_matches([' ', '\t']);
        let value = if self.separator == b' ' { value.trim_end_matches([',', ';']) } else { value };
        (value, &after[end..])
    }
}

/// How many pairs a text has at least, counted up to `enough`.
pub(crate) fn count(text: &str, enough: usize) -> usize {
    pairs(text, b' ').take(enough).count()
}

/// Reads pairs: each is kept under its own name, and what the names tell is set.
pub(crate) fn read<'a>(
    text: &'a str,
    separator: u8,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
    guess: &mut Guess,
) {
    let mut date = None;
    for (key, value) in pairs(text, separator).take(PAIRS_MAX) {
        event.unmapped(key, value);
        match (key, alias(key)) {
            ("date" | "DATE", _) => date = Some(value),
            ("time", _) if date.is_some() => {
                let day = date.take().unwrap_or("");
                let joined = cx.write(format_args!("{day} {value}"));
                guess.offer(event, cx, Target::Time, 1, joined);
            }
            (_, Some((target, rank))) => guess.offer(event, cx, target, rank, value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_all_kinds() {
        let check = |text: &str, separator: u8, expected: &[(&str, &str)]| {
            assert_eq!(pairs(text, separator).collect::<Vec<_>>(), expected, "{text}");
        };
        check("a=1 b=\"two words\" c=", b' ', &[("a", "1"), ("b", "two words"), ("c", "")]);
        check("x: a=1, b=2; c=3", b' ', &[("a", "1"), ("b", "2"), ("c", "3")]);
        check("a=one two|b=3", b'|', &[("a", "one two"), ("b", "3")]);
        check("url=/x?y=z q=1", b' ', &[("url", "/x?y=z"), ("q", "1")]);
        check("no pairs", b' ', &[]);
        check("==== a=b", b' ', &[("a", "b")]);
        check("a=\"open", b' ', &[("a", "open")]);
    }
}
