//! Files of indicators, told apart by what they begin with.

mod csv;
mod misp;
mod plain;
mod stix;

use crate::{Error, Note, Value};
use std::collections::BTreeMap;

/// How many lines or objects that cannot be used are told of one by one.
const TOLD_MAX: usize = 5;

/// A value and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// The value.
    pub value: Value,
    /// The rest.
    pub note: Note,
}

/// What could not be used of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How often, by reason.
    pub counts: BTreeMap<&'static str, u64>,
    /// The first ones: where, and what it was.
    pub told: Vec<String>,
    /// Objects that their feed has taken back, by its ids.
    pub revoked: Vec<String>,
}

impl Skipped {
    fn add(&mut self, reason: &'static str, place: impl FnOnce() -> String) {
        *self.counts.entry(reason).or_default() += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(format!("{}: {reason}", place()));
        }
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}

/// Reads a file of any known form and hands each indicator to `take`. `file` names it in errors;
/// its last part without the ending is the source where the file does not name one.
pub fn read(file: &str, bytes: &[u8], take: &mut dyn FnMut(Indicator)) -> Result<Skipped, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut sink = Sink { file, source: source_of(file), take, skipped: Skipped::default() };
    match bytes.trim_ascii_start().first() {
        Some(b'{' | b'[') => json(bytes, &mut sink)?,
        _ => {
            let text = utf8(file, bytes)?;
            match csv::Columns::of(file, text) {
                Some(columns) => csv::read(text, &columns?, &mut sink)?,
                None => plain::read(text, &mut sink)?,
            }
        }
    }
    Ok(sink.skipped)
}

/// Files in CSV that [`read`] reads to the same indicators, each of at most about `bytes_max`, named by
/// `name` and a number.
pub fn write<'i>(
    name: &str,
    bytes_max: usize,
    indicators: impl IntoIterator<Item = &'i Indicator>,
) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for indicator in indicators {
        if files.last().is_none_or(|(_, text)| text.len() >= bytes_max) {
            files.push((format!("{name}.{}.csv", files.len()), csv::HEAD.to_owned()));
        }
        if let Some((_, text)) = files.last_mut() {
            csv::write(indicator, text);
        }
    }
    files
}

/// Where a reader puts what it finds.
struct Sink<'s> {
    file: &'s str,
    source: String,
    take: &'s mut dyn FnMut(Indicator),
    skipped: Skipped,
}

impl Sink<'_> {
    fn put(&mut self, value: Value, note: Note) {
        (self.take)(Indicator { value, note });
    }

    fn note(&self) -> Note {
        Note { source: self.source.clone(), ..Note::default() }
    }
}

/// `feeds/ipsum.txt` is the source `ipsum`.
fn source_of(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.split_once('.')
        .map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
        .to_owned()
}

/// The bytes as text.
pub(crate) fn utf8<'t>(file: &str, bytes: &'t [u8]) -> Result<&'t str, Error> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = memchr::memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count() + 1;
        Error::Text { file: file.to_owned(), line }
    })
}

/// The members that tell one form of JSON from another.
#[derive(serde::Deserialize)]
struct Shape<'j> {
    #[serde(borrow)]
    objects: Option<&'j serde_json::value::RawValue>,
    #[serde(borrow, rename = "Event")]
    event: Option<&'j serde_json::value::RawValue>,
    #[serde(borrow, rename = "Attribute")]
    attribute: Option<&'j serde_json::value::RawValue>,
    #[serde(borrow)]
    response: Option<&'j serde_json::value::RawValue>,
}

fn json(bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), Error> {
    let whole: &serde_json::value::RawValue = parse_json(sink.file, bytes)?;
    shaped(whole.get(), sink, 0)
}

/// How deep forms lie within each other: a response holds events.
const DEPTH_MAX: usize = 3;

fn shaped(json: &str, sink: &mut Sink<'_>, depth: usize) -> Result<(), Error> {
    let unknown = || Error::Form { file: sink.file.to_owned() };
    if depth > DEPTH_MAX {
        return Err(unknown());
    }
    if json.trim_start().starts_with('[') {
        let items: Vec<&serde_json::value::RawValue> = parse_json(sink.file, json.as_bytes())?;
        // A list of STIX objects is a bundle without its wrapping.
        if items.first().is_some_and(|first| first.get().contains("\"spec_version\"")) {
            return stix::read(json, sink);
        }
        return items.into_iter().try_for_each(|item| shaped(item.get(), sink, depth + 1));
    }
    let shape: Shape<'_> = parse_json(sink.file, json.as_bytes())?;
    match shape {
        Shape { objects: Some(objects), .. } => stix::read(objects.get(), sink),
        Shape { event: Some(event), .. } => misp::event(event.get(), sink),
        Shape { attribute: Some(_), .. } => misp::event(json, sink),
        Shape { response: Some(response), .. } => shaped(response.get(), sink, depth + 1),
        _ => Err(unknown()),
    }
}

/// Parses JSON; an error says where in `bytes`.
pub(crate) fn parse_json<'j, T: serde::Deserialize<'j>>(
    file: &str,
    bytes: &'j [u8],
) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        let what = error.to_string();
        Error::Json {
            file: file.to_owned(),
            line: error.line(),
            column: error.column(),
            what: what.split(" at line ").next().unwrap_or(&what).to_owned(),
        }
    })
}

/// Seconds since the epoch of a time as feeds write it: RFC 3339, a date alone, `date time`, or
/// seconds.
fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return (number >= 0).then_some(number);
    }
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Some(stamp.as_second());
    }
    let civil = text.trim_end_matches(" UTC").parse::<jiff::civil::DateTime>();
    Some(civil.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

/// A confidence from 0 to 100, as a number or a word.
fn confidence(text: &str) -> Option<u8> {
    let text = text.trim().trim_end_matches('%').to_ascii_lowercase();
    match text.as_str() {
        "low" => Some(15),
        "medium" | "moderate" => Some(50),
        "high" => Some(85),
        number => number.parse::<u8>().ok().filter(|number| *number <= 100),
    }
}
