//! Sigma's strings: literal text with the wildcards `*` and `?`.

use crate::fold::fold;
use std::fmt;

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// This text; never empty, and never two in a row.
    Text(String),
    /// `*`: any number of any characters, line breaks too; never two in a row.
    Any,
    /// `?`: exactly one character, of any kind.
    One,
}

/// A string value of a rule, which a whole value of an event must fit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Pattern {
    parts: Vec<Part>,
}

impl Pattern {
    /// Reads a rule's string. A backslash before `*`, `?` or another backslash that is followed by
    /// a backslash or a wildcard takes its special meaning; `\\` is one backslash, and a backslash
    /// before anything else is itself.
    pub fn parse(text: &str) -> Self {
        let mut pattern = Self::default();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match (character, characters.peek()) {
                ('\\', Some(&next @ ('*' | '?' | '\\'))) => {
                    characters.next();
                    pattern.push_char(next);
                }
                ('*', _) => pattern.push_any(),
                ('?', _) => pattern.push(Part::One),
                (other, _) => pattern.push_char(other),
            }
        }
        pattern
    }

    /// A pattern without wildcards.
    pub fn literal(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.push_text(text);
        pattern
    }

    /// The pieces, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text, if there is no wildcard.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// With a `*` in front, unless there is one.
    #[must_use]
    pub fn any_before(mut self) -> Self {
        if self.parts.first() != Some(&Part::Any) {
            self.parts.insert(0, Part::Any);
        }
        self
    }

    /// With a `*` at the end, unless there is one.
    #[must_use]
    pub fn any_after(mut self) -> Self {
        self.push_any();
        self
    }

    /// With the text folded.
    #[must_use]
    pub fn folded(&self) -> Self {
        self.map_text(fold)
    }

    /// With each text changed by `change`.
    #[must_use]
    pub fn map_text(&self, change: impl Fn(&str) -> String) -> Self {
        let mut pattern = Self::default();
        for part in &self.parts {
            match part {
                Part::Text(text) => pattern.push_text(&change(text)),
                other => pattern.push(other.clone()),
            }
        }
        pattern
    }

    /// Appends a part, joining texts and stars.
    pub fn push(&mut self, part: Part) {
        match part {
            Part::Text(text) => self.push_text(&text),
            Part::Any => self.push_any(),
            Part::One => self.parts.push(Part::One),
        }
    }

    pub(crate) fn push_text(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }

    fn push_char(&mut self, character: char) {
        self.push_text(character.encode_utf8(&mut [0; 4]));
    }

    fn push_any(&mut self) {
        if self.parts.last() != Some(&Part::Any) {
            self.parts.push(Part::Any);
        }
    }

    /// Whether all of `value` fits. Both sides must have been folded the same way. Greedy with one
    /// step back: linear in most cases, never worse than pattern times value.
    pub fn fits(&self, value: &str) -> bool {
        let (mut part, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let step = match self.parts.get(part) {
                None if at == value.len() => return true,
                None => None,
                Some(Part::Any) => {
                    retry = Some((part, at));
                    part += 1;
                    if part == self.parts.len() {
                        return true;
                    }
                    continue;
                }
                Some(Part::One) => value[at..].chars().next().map(char::len_utf8),
                Some(Part::Text(text)) => {
                    value[at..].starts_with(text.as_str()).then_some(text.len())
                }
            };
            match (step, retry) {
                (Some(length), _) => {
                    part += 1;
                    at += length;
                }
                (None, None) => return false,
                (None, Some((any, from))) => {
                    let Some(from) = self.next_start(any, from, value) else { return false };
                    retry = Some((any, from));
                    (part, at) = (any + 1, from);
                }
            }
        }
    }

    /// Where, after `from`, the part that follows the `*` at `any` may begin.
    fn next_start(&self, any: usize, from: usize, value: &str) -> Option<usize> {
        let next = from + value[from..].chars().next()?.len_utf8();
        match self.parts.get(any + 1) {
            Some(Part::Text(text)) => value[next..].find(text.as_str()).map(|found| next + found),
            _ => Some(next),
        }
    }
}

impl fmt::Display for Pattern {
    /// As a rule would write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Any => f.write_str("*")?,
                Part::One => f.write_str("?")?,
                Part::Text(text) => {
                    for character in text.chars() {
                        match character {
                            '*' | '?' | '\\' => write!(f, "\\{character}")?,
                            other => write!(f, "{other}")?,
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
