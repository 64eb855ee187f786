//! An event's JSON document, cut into columns and joined again.
//!
//! A member is cut out only where its column holds all of it, so that joining gives the same
//! document: equal as JSON, with the members in another order. A column at its default (empty,
//! zero) means that nothing was cut.

use super::members::{Members, members, text};
use std::borrow::Cow;
use std::fmt::Write as _;

/// What is cut out, and what is left.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    /// `metadata.uid`, or zeros.
    pub(crate) uid: [u8; 16],
    /// `metadata.logged_time`, in ms.
    pub(crate) logged_ms: i64,
    /// `metadata.processed_time`, in ms.
    pub(crate) processed_ms: i64,
    /// `time`, in ms.
    pub(crate) time_ms: i64,
    /// `message`.
    pub(crate) message: Cow<'a, str>,
    /// `raw_data`.
    pub(crate) raw: Cow<'a, str>,
    /// The other members; begins with `{"metadata":{`.
    pub(crate) rest: String,
}

/// How every `rest` begins.
const HEAD: &str = r#"{"metadata":{"#;
/// The range of a `DateTime64(3)`: a time outside of it stays in the document.
const TIME_MS: std::ops::Range<i64> = -2_208_988_800_000..9_224_318_015_999; // 1900 to 2262

/// Cuts the document of these members. Without an object `metadata` nothing is cut.
pub(super) fn cut<'a>(document: &Members<'a>) -> Result<Parts<'a>, serde_json::Error> {
    let mut parts = Parts::default();
    let mut rest = String::with_capacity(document.iter().map(|(n, v)| n.len() + v.len() + 4).sum());
    let metadata = document.iter().rev().find(|(name, value)| is_metadata(name, value));
    let Some((_, metadata)) = metadata else {
        rest.push('{');
        document.iter().for_each(|(name, value)| member(&mut rest, name, value));
        close(&mut rest);
        return Ok(Parts { rest, ..parts });
    };
    rest.push_str(HEAD);
    for (name, value) in &members(metadata)? {
        if !parts.take_metadata(name, value) {
            member(&mut rest, name, value);
        }
    }
    close(&mut rest);
    rest.push(',');
    for (name, value) in document {
        if !is_metadata(name, value) && !parts.take_top(name, value) {
            member(&mut rest, name, value);
        }
    }
    close(&mut rest);
    parts.rest = rest;
    Ok(parts)
}

fn is_metadata(name: &str, value: &str) -> bool {
    name == "metadata" && value.starts_with('{')
}

impl<'a> Parts<'a> {
    /// Whether the member of `metadata` now stands in a column.
    fn take_metadata(&mut self, name: &str, value: &'a str) -> bool {
        match name {
            "uid" if self.uid == [0; 16] => unhex(value).is_some_and(|uid| {
                self.uid = uid;
                true
            }),
            "logged_time" => take_time(&mut self.logged_ms, value),
            "processed_time" => take_time(&mut self.processed_ms, value),
            _ => false,
        }
    }

    fn take_top(&mut self, name: &str, value: &'a str) -> bool {
        match name {
            "time" => take_time(&mut self.time_ms, value),
            "message" => take_text(&mut self.message, value),
            "raw_data" => take_text(&mut self.raw, value),
            _ => false,
        }
    }
}

fn take_time(column: &mut i64, value: &str) -> bool {
    let number = value.parse::<i64>().ok();
    match number.filter(|ms| *column == 0 && *ms != 0 && TIME_MS.contains(ms)) {
        Some(ms) => {
            *column = ms;
            true
        }
        None => false,
    }
}

fn take_text<'a>(column: &mut Cow<'a, str>, value: &'a str) -> bool {
    match text(value).filter(|text| column.is_empty() && !text.is_empty()) {
        Some(text) => {
            *column = text;
            true
        }
        None => false,
    }
}

/// A JSON string of 32 lower-case hex digits, not all zero.
fn unhex(value: &str) -> Option<[u8; 16]> {
    let hex = value.strip_prefix('"')?.strip_suffix('"')?;
    let legal = hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let uid = legal.then(|| u128::from_str_radix(hex, 16).ok()).flatten();
    uid.filter(|uid| *uid != 0).map(u128::to_be_bytes)
}

/// Appends `"name":value,`.
fn member(out: &mut String, name: &str, value: &str) {
    quoted(out, name);
    out.push(':');
    out.push_str(value);
    out.push(',');
}

fn quoted(out: &mut String, text: &str) {
    // Displaying a `Value` is the one infallible way to an escaped string that serde_json has.
    let _ = write!(out, "{}", serde_json::Value::from(text));
}

/// Ends an object; the comma behind its last member goes.
fn close(out: &mut String) {
    if out.ends_with(',') {
        out.pop();
    }
    out.push('}');
}

/// The document again: message first and raw text last, as the normalizer writes them, so that who
/// asks for the first value that has a word gets the same one.
pub(crate) fn join(parts: &Parts<'_>) -> String {
    let Some(rest) = parts.rest.strip_prefix(HEAD) else { return parts.rest.clone() };
    let mut out = String::with_capacity(parts.rest.len() + parts.raw.len() * 2 + 256);
    out.push('{');
    number(&mut out, "time", parts.time_ms);
    if !parts.message.is_empty() {
        out.push_str(r#""message":"#);
        quoted(&mut out, &parts.message);
        out.push(',');
    }
    out.push_str(&HEAD[1..]);
    if parts.uid != [0; 16] {
        let _ = write!(out, r#""uid":"{:032x}","#, u128::from_be_bytes(parts.uid));
    }
    number(&mut out, "logged_time", parts.logged_ms);
    number(&mut out, "processed_time", parts.processed_ms);
    if rest.starts_with('}') && out.ends_with(',') {
        out.pop();
    }
    out.push_str(rest);
    if !parts.raw.is_empty() {
        out.pop();
        out.push_str(r#","raw_data":"#);
        quoted(&mut out, &parts.raw);
        out.push('}');
    }
    out
}

fn number(out: &mut String, name: &str, ms: i64) {
    if ms != 0 {
        let _ = write!(out, r#""{name}":{ms},"#);
    }
}

#[cfg(test)]
mod tests;
