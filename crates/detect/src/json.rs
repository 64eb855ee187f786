//! Events as trees: plain and slow, for explanations and as the oracle of tests.

use crate::BadEvent;
use crate::scan::DEPTH_MAX;
use crate::token::{Kind, compact, leaf, skip_blank, text_end, unescape};

/// A JSON value. Numbers keep their text, objects all of their members, also those whose key
/// comes twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A text, with its escapes resolved.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, and its own JSON without blanks.
    Map(Vec<(String, Json)>, String),
}

impl Json {
    /// Reads an event, which is an object.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadEvent> {
        let at = skip_blank(bytes, 0);
        if bytes.get(at) != Some(&b'{') {
            return Err(BadEvent { at, expected: "an object" });
        }
        let (value, after) = value(bytes, at, 0)?;
        let end = skip_blank(bytes, after);
        if end < bytes.len() {
            return Err(BadEvent { at: end, expected: "the end" });
        }
        Ok(value)
    }

    /// The value of the first member `key` of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(members, _) => members.iter().find(|(name, _)| name == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The value at a dotted path of objects.
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |value, key| value.get(key))
    }

    /// The text of a scalar other than null.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            Self::Number(text) | Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

fn value(bytes: &[u8], at: usize, depth: usize) -> Result<(Json, usize), BadEvent> {
    if depth > DEPTH_MAX {
        return Err(BadEvent { at, expected: "no deeper nesting" });
    }
    match bytes.get(at) {
        Some(b'{') => object(bytes, at, depth),
        Some(b'[') => list(bytes, at, depth),
        _ => scalar(bytes, at),
    }
}

fn scalar(bytes: &[u8], at: usize) -> Result<(Json, usize), BadEvent> {
    let leaf = leaf(bytes, at).ok_or(BadEvent { at, expected: "a value" })?;
    let inside = &bytes[leaf.start..leaf.end];
    let mut text = String::new();
    let json = match leaf.kind {
        Kind::Null => Json::Null,
        Kind::True => Json::Bool(true),
        Kind::False => Json::Bool(false),
        Kind::Number => Json::Number(String::from_utf8_lossy(inside).into_owned()),
        Kind::Text | Kind::Escaped | Kind::Object => {
            unescape(inside, &mut text);
            Json::Text(text)
        }
    };
    Ok((json, leaf.after))
}

fn list(bytes: &[u8], start: usize, depth: usize) -> Result<(Json, usize), BadEvent> {
    let mut items = Vec::new();
    let mut at = skip_blank(bytes, start + 1);
    if bytes.get(at) == Some(&b']') {
        return Ok((Json::List(items), at + 1));
    }
    loop {
        let (item, after) = value(bytes, at, depth + 1)?;
        items.push(item);
        at = skip_blank(bytes, after);
        match bytes.get(at) {
            Some(b',') => at = skip_blank(bytes, at + 1),
            Some(b']') => return Ok((Json::List(items), at + 1)),
            _ => return Err(BadEvent { at, expected: "\",\" or \"]\"" }),
        }
    }
}

fn object(bytes: &[u8], start: usize, depth: usize) -> Result<(Json, usize), BadEvent> {
    let mut members = Vec::new();
    let mut at = skip_blank(bytes, start + 1);
    if bytes.get(at) == Some(&b'}') {
        return Ok((Json::Map(members, "{}".into()), at + 1));
    }
    loop {
        if bytes.get(at) != Some(&b'"') {
            return Err(BadEvent { at, expected: "a key" });
        }
        let (end, _) = text_end(bytes, at + 1).ok_or(BadEvent { at, expected: "a key" })?;
        let mut key = String::new();
        unescape(&bytes[at + 1..end], &mut key);
        at = skip_blank(bytes, end + 1);
        if bytes.get(at) != Some(&b':') {
            return Err(BadEvent { at, expected: "\":\"" });
        }
        let (member, after) = value(bytes, skip_blank(bytes, at + 1), depth + 1)?;
        members.push((key, member));
        at = skip_blank(bytes, after);
        match bytes.get(at) {
            Some(b',') => at = skip_blank(bytes, at + 1),
            Some(b'}') => {
                let mut text = String::new();
                compact(&bytes[start..=at], &mut text);
                return Ok((Json::Map(members, text), at + 1));
            }
            _ => return Err(BadEvent { at, expected: "\",\" or \"}\"" }),
        }
    }
}
