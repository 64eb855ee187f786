//! `key=value` logs of any vendor: Fortinet, Sophos, SonicWall, logfmt, and what looks like them.

mod products;

pub(crate) use products::{Signs, utm_message};

use crate::Cx;
use crate::scan::{cut, cut_at, quoted};
use crate::words::{Guess, Target, alias};
use memchr::{memchr, memchr_iter};
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

/// It may stand in a key.
const KEY: u8 = 1;
/// It may stand before a key.
const JOINT: u8 = 1 << 1;

/// Each byte's classes.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        classes[at] = match byte {
            b' ' | b'\t' | b',' | b';' | b'|' | b'(' | b'{' | b'"' | b'<' => JOINT,
            b'_' | b'-' | b'.' | b'[' | b']' | b'@' | b'/' | b'#' => KEY,
            _ if byte.is_ascii_alphanumeric() => KEY,
            _ => 0,
        };
        at += 1;
    }
    classes
};

/// The longest key.
const KEY_BYTES_MAX: usize = 64;

/// The key at the end of a text: what follows the last joint, where all of that may stand in a key.
#[inline]
fn key(before: &str, separator: u8) -> Option<&str> {
    let bytes = before.as_bytes();
    let is_key = |byte: &u8| CLASSES[usize::from(*byte)] & KEY != 0 && *byte != separator;
    let length = bytes.iter().rev().take(KEY_BYTES_MAX + 1).take_while(|byte| is_key(byte)).count();
    let begin = bytes.len() - length;
    let joined = begin == 0 || {
        let byte = bytes[begin - 1];
        byte == separator || CLASSES[usize::from(byte)] & JOINT != 0
    };
    // What joins is ASCII, so what is behind it is whole.
    (joined && (1..=KEY_BYTES_MAX).contains(&length)).then(|| &before[begin..])
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        loop {
            let equals = memchr(b'=', self.rest.as_bytes())?;
            let key = key(&self.rest[..equals], self.separator);
            let after = &self.rest[equals + 1..];
            let Some(key) = key else {
                self.rest = after;
                continue;
            };
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
    pairs(text, separator(text)).take(enough).count()
}

/// What stands between the pairs of a text that has at least `enough` of them.
pub(crate) fn separator_of(text: &str, enough: usize) -> Option<u8> {
    let separator = separator(text);
    (pairs(text, separator).take(enough).count() >= enough).then_some(separator)
}

/// How many pairs must agree on what stands before them.
const AGREED: usize = 3;

/// What stands between the pairs of a text: the mark that stands before most of its keys.
fn separator(text: &str) -> u8 {
    const MARKS: [u8; 5] = [b' ', b'|', b'\t', b',', b';'];
    let near = crate::generic::head(text, 1024).as_bytes();
    if memchr_iter(b'=', near).take(AGREED).count() < AGREED {
        return b' ';
    }
    let mut counts = [0; MARKS.len()];
    // Where a mark before the next key may stand.
    let mut from = 0;
    for equals in memchr_iter(b'=', near) {
        let is_mark = |byte: &u8| matches!(byte, b' ' | b'|' | b'\t' | b',' | b';');
        let mark = near[from..equals].iter().rposition(is_mark);
        let Some(mark) = mark.map(|at| from + at) else {
            from = equals;
            continue;
        };
        from = mark;
        if mark + 1 < equals {
            if let Some(mark) = MARKS.iter().position(|known| *known == near[mark]) {
                counts[mark] += 1;
            }
            from = equals + 1;
        }
    }
    let best = (0..MARKS.len()).rev().max_by_key(|mark| counts[*mark]).unwrap_or(0);
    if counts[best] >= AGREED { MARKS[best] } else { b' ' }
}

/// Reads pairs: each is kept under its own name, and what the names tell is set. Returns the signs
/// of who wrote them.
pub(crate) fn read<'a>(
    text: &'a str,
    separator: u8,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
    guess: &mut Guess,
) -> Signs {
    walk(pairs(text, separator), cx, event, guess)
}

/// Reads RFC 5424's structured data, whose values escape quotes, brackets and backslashes.
pub(crate) fn read_data<'a>(
    data: &'a str,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
    guess: &mut Guess,
) -> Signs {
    if is_colons(data) {
        return walk(colons(data), cx, event, guess);
    }
    let plain = |value: &'a str| match memchr(b'\\', value.as_bytes()) {
        Some(_) => unescape(value, cx),
        None => value,
    };
    walk(pairs(data, b' ').map(|(key, value)| (key, plain(value))), cx, event, guess)
}

/// Whether a text has Check Point's pairs in place of structured data: `[action:"Accept"; …]`.
pub(crate) fn is_colons(text: &str) -> bool {
    let key = text.strip_prefix('[').and_then(|rest| cut(rest, b':'));
    key.is_some_and(|(key, rest)| {
        rest.starts_with('"')
            && key.len() <= 32
            && key.bytes().all(|b| CLASSES[usize::from(b)] & KEY != 0)
    })
}

/// Walks over such pairs.
fn colons(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (before, value) = cut_at(rest, ":\"")?;
        let key = before.rsplit(['[', ' ', ';']).next().unwrap_or(before);
        let (value, behind) = cut(value, b'"')?;
        rest = behind;
        Some((key, value))
    })
}

/// `\"`, `\\` and `\]` are escapes; a backslash before anything else is itself.
fn unescape<'a>(value: &'a str, cx: &Cx<'a>) -> &'a str {
    let mut out = bumpalo::collections::String::with_capacity_in(value.len(), cx.arena);
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = character == '\\' && matches!(characters.peek(), Some('"' | '\\' | ']'));
        out.push(if escaped { characters.next().unwrap_or(character) } else { character });
    }
    out.into_bump_str()
}

fn walk<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
    guess: &mut Guess,
) -> Signs {
    let mut date = None;
    let mut joined = "";
    let mut signs = Signs::default();
    for (key, value) in pairs.take(PAIRS_MAX) {
        signs.note(key, value);
        event.unmapped(key, value);
        match (key, alias(key)) {
            ("date" | "DATE", _) => date = Some(value),
            ("time", _) if date.is_some() => {
                let day = date.take().unwrap_or("");
                joined = cx.write(format_args!("{day} {value}"));
                guess.offer(event, cx, Target::Time, 1, joined);
            }
            ("tz" | "timezone", _) if !joined.is_empty() => {
                let zone = crate::scan::between(value, "(GMT", ")").unwrap_or(value);
                crate::words::set_time(event, cx, cx.write(format_args!("{joined} {zone}")));
            }
            ("logon_user", _) => {
                let (name, machine) = value.split_once('@').unwrap_or((value, ""));
                guess.offer(event, cx, Target::User, 1, name);
                event.set(ocsf::Path::USER_DOMAIN, machine);
            }
            ("ui", _) => products::interface(value, event),
            // Zimbra's and Synology's `name` is a person's where it is an address.
            ("name", None) if ocsf::ip::is_email(value) => {
                guess.offer(event, cx, Target::User, 5, value);
            }
            (_, Some((target, rank))) => guess.offer(event, cx, target, rank, value),
            _ => {}
        }
    }
    signs
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

    #[test]
    fn separators() {
        for (text, expected) in [
            ("", b' '),
            ("a=1|b=2|c=3", b' '),
            ("x|a=1|b=2|c=3", b'|'),
            ("a=1 b=2 c=3 d=4", b' '),
            ("t\ta=1\tb=2\tc=3 d=4", b'\t'),
            ("a==1,=b=2,c==3,d=4, e=5", b','),
            (",=b=1 ,c=2 ,d=3", b','),
            ("a=1;b=2;c=3;d=4;e==", b';'),
        ] {
            assert_eq!(char::from(separator(text)), char::from(expected), "{text}");
        }
    }
}
