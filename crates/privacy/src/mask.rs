//! The masker: finds what is to be hidden and writes tokens in its place.

use crate::kind::Kinds;
use crate::{Keyring, Kind, digits, email, hex, number, places};
use memchr::memmem;
use std::ops::Range;

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) kinds: Kinds,
}

/// A value to hide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind,
    /// The value in the one form that all its spellings have.
    pub(crate) canonical: String,
}

impl Span {
    /// Takes in what overlaps it. A number within an address, or an address that goes on as another
    /// (`a@b.org@c.org`), must not be left in the domain that a token shows.
    fn join(&mut self, other: &Self) {
        if self.kind == Kind::Email {
            self.canonical = format!("{}@{}@masked.invalid", self.canonical, other.canonical);
        }
        self.end = self.end.max(other.end);
    }
}

/// National ids that the text of a record announced: they are hidden wherever else they stand in
/// its events, where the word that announced them is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known(Vec<String>);

impl Known {
    pub(crate) fn has(&self, digits: &[u8]) -> bool {
        self.0.iter().any(|known| known.as_bytes() == digits)
    }
}

/// Hides one agency's personal data.
#[derive(Debug, Clone)]
pub struct Masker {
    keys: Keyring,
    rules: Rules,
}

impl Masker {
    /// A masker of `kinds` with an agency's keys.
    pub fn new(keys: Keyring, kinds: &[Kind]) -> Self {
        Self { keys, rules: Rules { kinds: Kinds::new(kinds) } }
    }

    /// The tokens of `value` under each key, the oldest first, as whatever it is recognised as; for
    /// those who may ask what a person's token is. `kind` tells what a bare number is.
    pub fn tokens(&self, value: &str, kind: Option<Kind>) -> Vec<String> {
        let mut known = Known::default();
        if kind == Some(Kind::Nid) {
            let digits = (0..value.len()).filter_map(|at| digits::digit(value.as_bytes(), at));
            known.0.push(digits.map(|(digit, _)| char::from(b'0' + digit)).collect());
        }
        let spans = self.spans(value.as_bytes(), &known);
        let fits = |span: &&Span| kind.is_none_or(|kind| span.kind == kind);
        let span = spans.iter().find(fits);
        span.map(|span| self.keys.tokens(span.kind, &span.canonical)).unwrap_or_default()
    }

    /// What a record's text tells that its events may not.
    pub fn known(&self, text: &[u8]) -> Known {
        if !self.rules.kinds.has(Kind::Nid) {
            return Known::default();
        }
        let mut spans = Vec::new();
        self.numbers(text, &Known::default(), &mut spans);
        let nids = spans.into_iter().filter(|span| span.kind == Kind::Nid);
        let mut known: Vec<String> = nids.map(|span| span.canonical).collect();
        known.sort();
        known.dedup();
        Known(known)
    }

    /// The bytes with tokens in place of what is hidden, or `None` where nothing is. Bytes that are
    /// no text stay as they are.
    pub fn mask(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.mask_with(bytes, &Known::default())
    }

    fn mask_with(&self, bytes: &[u8], known: &Known) -> Option<Vec<u8>> {
        let spans = self.spans(bytes, known);
        if spans.is_empty() {
            return None;
        }
        let mut out = Vec::with_capacity(bytes.len() + 32 * spans.len());
        let mut from = 0;
        for span in spans {
            out.extend_from_slice(&bytes[from..span.start]);
            self.write(bytes, &span, known, &mut out);
            from = span.end;
        }
        out.extend_from_slice(&bytes[from..]);
        Some(out)
    }

    /// Hides in the JSON object that begins at `from` of `json`; says whether there was anything.
    /// The object stays valid: a number that is hidden becomes a string.
    pub fn mask_json(&self, json: &mut Vec<u8>, from: usize, known: &Known) -> bool {
        let object = &json[from..];
        let spans = self.spans(object, known);
        if spans.is_empty() {
            return false;
        }
        let mut out = Vec::with_capacity(object.len() + 32 * spans.len());
        let (mut at, mut strings) = (0, places::Strings::default());
        for span in spans {
            match strings.bare_number(object, span.start..span.end) {
                Some(number) if number.start >= at => {
                    out.extend_from_slice(&object[at..number.start]);
                    out.push(b'"');
                    out.extend_from_slice(self.keys.token(span.kind, &span.canonical).as_bytes());
                    out.push(b'"');
                    at = number.end;
                }
                // A second value in one number: the whole number is hidden already.
                Some(_) => {}
                None => {
                    out.extend_from_slice(&object[at..span.start]);
                    self.write(object, &span, known, &mut out);
                    at = span.end;
                }
            }
        }
        out.extend_from_slice(&object[at..]);
        json.truncate(from);
        json.extend_from_slice(&out);
        true
    }

    /// Writes what stands in the place of `span`.
    fn write(&self, bytes: &[u8], span: &Span, known: &Known, out: &mut Vec<u8>) {
        if span.canonical.is_empty() {
            // Hex digits: what they encode is hidden, and encoded again.
            let text = decode(bytes, span.start..span.end);
            out.extend_from_slice(
                hex::encode(&self.mask_with(&text, known).unwrap_or(text)).as_bytes(),
            );
            return;
        }
        let bare = bytes.get(span.end).is_none_or(|next| !matches!(next, b'"' | b'\\'));
        let quote = match span.kind {
            Kind::Email => b"",
            _ if bare => places::quote_like_key(&bytes[..span.start]),
            _ => b"",
        };
        out.extend_from_slice(quote);
        out.extend_from_slice(self.keys.token(span.kind, &span.canonical).as_bytes());
        out.extend_from_slice(quote);
    }

    /// What is to be hidden, in order and apart.
    fn spans(&self, bytes: &[u8], known: &Known) -> Vec<Span> {
        let mut spans = self.plain(bytes, known);
        hex::runs(bytes, |start, end, decoded| {
            if let Some(first) = self.plain(&decoded, known).first() {
                spans.push(Span { start, end, kind: first.kind, canonical: String::new() });
            }
        });
        spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match apart.last_mut().filter(|last| span.start < last.end) {
                Some(last) => last.join(&span),
                None => apart.push(span),
            }
        }
        apart
    }

    fn plain(&self, bytes: &[u8], known: &Known) -> Vec<Span> {
        // Nothing is allocated until something is found.
        let mut spans = Vec::new();
        if self.rules.kinds.has(Kind::Email) {
            email::find(bytes, &mut spans);
        }
        self.numbers(bytes, known, &mut spans);
        spans
    }

    fn numbers(&self, bytes: &[u8], known: &Known, spans: &mut Vec<Span>) {
        let mut next = 0;
        let look: fn(&[u8], usize) -> Option<usize> =
            if has_bangla_digits(bytes) { next_digit } else { digits::next_ascii };
        while let Some(start) = look(bytes, next) {
            let stretch = digits::Stretch::read(bytes, start);
            number::find(bytes, &stretch, &self.rules, known, spans);
            next = stretch.resume;
        }
    }
}

fn decode(bytes: &[u8], span: Range<usize>) -> Vec<u8> {
    let mut text = Vec::new();
    hex::runs(&bytes[span], |_, _, decoded| text = decoded);
    text
}

/// Whether a digit is written in Bangla, in any of its three forms.
fn has_bangla_digits(bytes: &[u8]) -> bool {
    let two = memmem::find_iter(bytes, b"\xe0\xa7");
    two.into_iter().any(|at| digits::digit(bytes, at).is_some())
        || escaped(bytes, b'\\', b"\\u09")
        || escaped(bytes, b'%', b"%E0%A7")
        || escaped(bytes, b'%', b"%e0%a7")
}

fn escaped(bytes: &[u8], sign: u8, form: &[u8]) -> bool {
    memchr::memchr(sign, bytes).is_some()
        && memmem::find_iter(bytes, form).any(|at| digits::digit(bytes, at).is_some())
}

/// The next digit from `from` on, in any form.
fn next_digit(bytes: &[u8], from: usize) -> Option<usize> {
    (from..bytes.len()).find(|at| digits::digit(bytes, *at).is_some())
}
