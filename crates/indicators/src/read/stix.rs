//! STIX 2.1: the indicators of a bundle whose patterns name single things.

use super::{Sink, parse_json, seconds};
use crate::{Error, Kind, Tlp, Value};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;

#[derive(Deserialize)]
struct Object<'j> {
    #[serde(borrow, default, rename = "type")]
    kind: Cow<'j, str>,
    #[serde(borrow, default)]
    id: Cow<'j, str>,
    #[serde(borrow, default)]
    name: Option<Cow<'j, str>>,
    #[serde(borrow, default)]
    pattern: Option<Cow<'j, str>>,
    #[serde(borrow, default)]
    pattern_type: Option<Cow<'j, str>>,
    #[serde(borrow, default)]
    valid_until: Option<Cow<'j, str>>,
    #[serde(borrow, default)]
    created_by_ref: Option<Cow<'j, str>>,
    #[serde(borrow, default)]
    object_marking_refs: Vec<Cow<'j, str>>,
    #[serde(default)]
    definition: Option<Definition>,
    #[serde(default)]
    confidence: Option<u8>,
    #[serde(default)]
    revoked: bool,
}

#[derive(Deserialize)]
struct Definition {
    #[serde(default)]
    tlp: Option<String>,
}

/// The marking definitions that the TLP of STIX 2.1 fixes, section 7.2.1.4 and its TLP 2.0 extension.
const MARKINGS: [(&str, Tlp); 9] = [
    ("613f2e26-407d-48c7-9eca-b8e91df99dc9", Tlp::Clear),
    ("34098fce-860f-48ae-8e50-ebd3cc5e41da", Tlp::Green),
    ("f88d31f6-486b-44da-b317-01333bde0b82", Tlp::Amber),
    ("5e57c739-391a-4eb3-b6be-7d15ca92d5ed", Tlp::Red),
    ("94868c89-83c2-464b-929b-a1a8aa3c8487", Tlp::Clear),
    ("bab4a63c-aed9-4cf5-a766-dfca5abac2bb", Tlp::Green),
    ("55d920b0-5e8b-4f79-9ee9-91f868d9b421", Tlp::Amber),
    ("939a9414-2ddd-4d32-a0cd-375ea402b003", Tlp::AmberStrict),
    ("e828b379-4e03-4974-9ac4-e53a884c97c1", Tlp::Red),
];

/// Reads the objects of a bundle, as a JSON list.
pub(super) fn read(objects: &str, sink: &mut Sink<'_>) -> Result<(), Error> {
    let objects: Vec<Object<'_>> = parse_json(sink.file, objects.as_bytes())?;
    let mut names: HashMap<&str, &str> = HashMap::new();
    let mut colours: HashMap<&str, Tlp> = HashMap::new();
    for object in &objects {
        if let Some(name) = &object.name {
            names.insert(&object.id, name);
        }
        let defined = object.definition.as_ref().and_then(|d| d.tlp.as_deref());
        if let Some(tlp) = defined.or(object.name.as_deref()).and_then(Tlp::named) {
            colours.insert(&object.id, tlp);
        }
    }
    let colour = |id: &str| {
        let fixed = MARKINGS.iter().find(|(uuid, _)| id.ends_with(uuid)).map(|(_, tlp)| *tlp);
        fixed.or_else(|| colours.get(id).copied())
    };
    for object in objects.iter().filter(|object| object.kind == "indicator") {
        let mut note = sink.note();
        if let Some(name) = object.created_by_ref.as_deref().and_then(|id| names.get(id)) {
            note.source = format!("{} ({name})", note.source);
        }
        note.reference = Some(object.id.clone().into_owned());
        note.label = object.name.as_deref().map(str::to_owned);
        note.confidence = object.confidence.filter(|confidence| *confidence <= 100);
        note.tlp = object.object_marking_refs.iter().filter_map(|id| colour(id)).max();
        let place = || object.id.to_string();
        if let Some(until) = &object.valid_until {
            note.expires = seconds(until);
            if note.expires.is_none() {
                sink.skipped.add("valid_until is no time", place);
                continue;
            }
        }
        if object.revoked {
            sink.skipped.add("revoked", place);
            sink.skipped.revoked.push(object.id.to_string());
            continue;
        }
        let pattern = object.pattern.as_deref().unwrap_or_default();
        if object.pattern_type.as_deref().is_some_and(|kind| kind != "stix") {
            sink.skipped.add("a pattern of another language than STIX's", place);
            continue;
        }
        match values(pattern) {
            Ok(values) => values.into_iter().for_each(|value| sink.put(value, note.clone())),
            Err(reason) => sink.skipped.add(reason, place),
        }
    }
    Ok(())
}

/// The values of a pattern such as `[ipv4-addr:value = '1.2.3.4' OR domain-name:value = 'x.y']`:
/// any one of which is the indicator. A pattern that asks for more than one thing at once is none.
fn values(pattern: &str) -> Result<Vec<Value>, &'static str> {
    let mut found = Vec::new();
    let mut objects = Vec::new();
    let mut joined = false;
    let mut rest = pattern.trim();
    while !rest.is_empty() {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "[]()".contains(c));
        let (word, after) = word(rest);
        match word.to_ascii_uppercase().as_str() {
            "" => break,
            "OR" => rest = after,
            "AND" => {
                joined = true;
                rest = after;
            }
            "NOT" | "FOLLOWEDBY" | "WITHIN" | "REPEATS" | "START" => return Err(TOGETHER),
            _ => {
                let (object, kind) =
                    path(word).ok_or("a pattern over something that is not matched")?;
                objects.push(object);
                rest = comparison(after.trim_start(), kind, &mut found)?;
            }
        }
    }
    // Several hashes of one file are the same thing said twice.
    if joined && objects.iter().any(|object| *object != "file") {
        return Err(TOGETHER);
    }
    if found.is_empty() { Err("an empty pattern") } else { Ok(found) }
}

const TOGETHER: &str = "a pattern that needs several things at once";

/// The word at the start: a path with quotes in it, or an operator.
fn word(text: &str) -> (&str, &str) {
    let mut quote = None;
    let end = text.char_indices().find(|(_, c)| match (quote, *c) {
        (Some(open), c) if c == open => {
            quote = None;
            false
        }
        (Some(_), _) => false,
        (None, '\'' | '"') => {
            quote = Some(*c);
            false
        }
        (None, c) => c.is_whitespace() || "=<>!()[]".contains(c),
    });
    text.split_at(end.map_or(text.len(), |(at, _)| at))
}

/// The object that a path begins with, and the kind of what it leads to.
fn path(path: &str) -> Option<(&str, Kind)> {
    let (object, property) = path.split_once(':')?;
    let kind = match object {
        "ipv4-addr" | "ipv6-addr" if property == "value" => Kind::Address,
        "network-traffic" if matches!(property, "dst_ref.value" | "src_ref.value") => Kind::Address,
        "domain-name" if property == "value" => Kind::Domain,
        "url" if property == "value" => Kind::Url,
        "email-addr" if property == "value" => Kind::Email,
        "email-message" if matches!(property, "from_ref.value" | "sender_ref.value") => Kind::Email,
        "file" if property.starts_with("hashes.") => Kind::Hash,
        _ => return None,
    };
    Some((object, kind))
}

/// Reads `= 'x'`, `IN ('x', 'y')` or `ISSUBSET '10.0.0.0/8'`; the text behind it.
fn comparison<'t>(
    text: &'t str,
    kind: Kind,
    found: &mut Vec<Value>,
) -> Result<&'t str, &'static str> {
    let several = text.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("in"));
    let operator = ["=", "in", "issubset"].into_iter().find(|operator| {
        text.get(..operator.len()).is_some_and(|head| head.eq_ignore_ascii_case(operator))
    });
    let operator = operator.ok_or("a comparison other than =, IN and ISSUBSET")?;
    let mut rest = text[operator.len()..].trim_start();
    if several {
        rest = rest.strip_prefix('(').ok_or("a malformed pattern")?;
    }
    loop {
        let (value, after) = literal(rest.trim_start()).ok_or("a malformed pattern")?;
        found.push(Value::parse(kind, &value).ok_or("a value that is not of its type")?);
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(next) if several => rest = next,
            _ => return Ok(if several { rest.strip_prefix(')').unwrap_or(rest) } else { rest }),
        }
    }
}

/// A text in single quotes, in which a backslash escapes.
fn literal(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('\'')?;
    let mut value = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Some((value, &inner[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, expected) in [
            ("[ipv4-addr:value = '203.0.113.9']", Ok(1)),
            ("[ipv4-addr:value ISSUBSET '203.0.113.0/24']", Ok(1)),
            ("[domain-name:value='a.example' OR url:value = 'http://b.example/x']", Ok(2)),
            ("[domain-name:value = 'a.example'] OR [domain-name:value = 'b.example']", Ok(2)),
            ("[ipv4-addr:value IN ('203.0.113.9', '203.0.113.10')]", Ok(2)),
            (
                "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e' AND file:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80709']",
                Ok(2),
            ),
            ("[url:value = 'http://x.example/a\\'b']", Ok(1)),
            (
                "[domain-name:value = 'a.example' AND ipv4-addr:value = '203.0.113.9']",
                Err(TOGETHER),
            ),
            ("[domain-name:value = 'a.example'] FOLLOWEDBY [url:value = 'b']", Err(TOGETHER)),
            ("[process:name = 'x']", Err("a pattern over something that is not matched")),
            ("[url:value LIKE '%x%']", Err("a comparison other than =, IN and ISSUBSET")),
            ("[domain-name:value = 'unclosed]", Err("a malformed pattern")),
            ("[ipv4-addr:value = 'host']", Err("a value that is not of its type")),
            ("", Err("an empty pattern")),
        ] {
            assert_eq!(values(pattern).map(|values| values.len()), expected, "{pattern}");
        }
    }
}
