//! MISP's JSON: events, feeds' event files, and attributes of a search.

use super::{Sink, parse_json, seconds};
use crate::{Error, Kind, Note, Tlp, Value};
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Event<'j> {
    #[serde(borrow, default)]
    uuid: Option<Cow<'j, str>>,
    #[serde(borrow, default)]
    info: Option<Cow<'j, str>>,
    #[serde(borrow, default, rename = "Orgc")]
    creator: Option<Named<'j>>,
    #[serde(borrow, default, rename = "Tag")]
    tags: Vec<Named<'j>>,
    #[serde(borrow, default, rename = "Attribute")]
    attributes: Vec<Attribute<'j>>,
    #[serde(borrow, default, rename = "Object")]
    objects: Vec<Object<'j>>,
}

#[derive(Deserialize)]
struct Named<'j> {
    #[serde(borrow, default)]
    name: Cow<'j, str>,
}

#[derive(Deserialize)]
struct Object<'j> {
    #[serde(borrow, default, rename = "Attribute")]
    attributes: Vec<Attribute<'j>>,
}

#[derive(Deserialize)]
struct Attribute<'j> {
    #[serde(borrow, default, rename = "type")]
    kind: Cow<'j, str>,
    #[serde(borrow, default)]
    value: Cow<'j, str>,
    /// Whether it is meant for detection, as truth value or as text.
    #[serde(default)]
    to_ids: serde_json::Value,
    #[serde(default)]
    deleted: serde_json::Value,
    #[serde(borrow, default, rename = "Tag")]
    tags: Vec<Named<'j>>,
    /// The event that an attribute of a search belongs to.
    #[serde(borrow, default, rename = "Event")]
    event: Option<OfEvent<'j>>,
}

#[derive(Deserialize)]
struct OfEvent<'j> {
    #[serde(borrow, default)]
    uuid: Option<Cow<'j, str>>,
    #[serde(borrow, default)]
    info: Option<Cow<'j, str>>,
}

/// Reads one event, or the attributes of a search, which look like an event without a head.
pub(super) fn event(json: &str, sink: &mut Sink<'_>) -> Result<(), Error> {
    let event: Event<'_> = parse_json(sink.file, json.as_bytes())?;
    let own = |text: &Option<Cow<'_, str>>| text.as_deref().map(str::to_owned);
    let mut note = sink.note();
    if let Some(creator) = event.creator.as_ref().filter(|creator| !creator.name.is_empty()) {
        note.source = format!("{} ({})", note.source, creator.name);
    }
    note.reference = own(&event.uuid);
    note.label = own(&event.info);
    tagged(&mut note, &event.tags);
    let objects = event.objects.iter().flat_map(|object| &object.attributes);
    for attribute in event.attributes.iter().chain(objects) {
        let mut note = note.clone();
        if let Some(of) = &attribute.event {
            note.reference = own(&of.uuid);
            note.label = own(&of.info);
        }
        tagged(&mut note, &attribute.tags);
        one(attribute, &note, sink);
    }
    Ok(())
}

fn one(attribute: &Attribute<'_>, note: &Note, sink: &mut Sink<'_>) {
    let place = || format!("{} {:?}", attribute.kind, attribute.value);
    if is_true(&attribute.deleted) {
        return sink.skipped.add("deleted", place);
    }
    // What does not say whether it is for detection comes from an export that holds nothing else.
    if !attribute.to_ids.is_null() && !is_true(&attribute.to_ids) {
        return sink.skipped.add("not meant for detection (to_ids)", place);
    }
    let mut found = false;
    let values: Vec<&str> = attribute.value.split('|').collect();
    for (part, name) in attribute.kind.split('|').enumerate() {
        let value = match values.get(part) {
            Some(value) => *value,
            None => continue,
        };
        let Some(kind) = Kind::named(name) else { continue };
        if let Some(value) = Value::parse(kind, value) {
            found = true;
            sink.put(value, note.clone());
        }
    }
    if !found {
        sink.skipped.add("a type that is not matched, or a value that is none of it", place);
    }
}

fn is_true(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Bool(truth) => *truth,
        serde_json::Value::Number(number) => number.as_i64() == Some(1),
        serde_json::Value::String(text) => text == "1" || text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

/// Colour, confidence and expiry, which MISP keeps as tags.
fn tagged(note: &mut Note, tags: &[Named<'_>]) {
    for Named { name } in tags {
        if name.starts_with("tlp:") {
            note.tlp = Tlp::named(name).or(note.tlp);
        } else if let Some(level) = name.strip_prefix("misp:confidence-level=") {
            note.confidence = match level.trim_matches('"') {
                "completely-confident" => Some(100),
                "usually-confident" => Some(75),
                "fairly-confident" => Some(50),
                "rarely-confident" => Some(25),
                "unconfident" => Some(0),
                _ => note.confidence,
            };
        } else if let Some(end) = name.strip_prefix("retention:expiration=") {
            note.expires = seconds(end.trim_matches('"')).or(note.expires);
        }
    }
}
