//! Everything that one event is seen to hold, asked about in one pass.

use crate::{Listing, Set};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The most hits of one event that are told: a mail to thousands must not become thousands of
/// alerts. What is beyond is counted.
pub const HITS_MAX: usize = 32;

/// Something of an event that is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit<'s> {
    /// The attribute, such as `src_endpoint.ip`.
    pub name: String,
    /// Its value as the event has it.
    pub value: String,
    /// The indicator.
    pub listing: Listing<'s>,
}

/// The hits of an event.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hits<'s> {
    /// The first ones, each indicator of a source once.
    pub hits: Vec<Hit<'s>>,
    /// How many more there are.
    pub left_out: usize,
    /// Whose event it is, where that matters.
    agency: Option<String>,
}

impl<'s> Hits<'s> {
    /// Of an event of that agency, in which others' own indicators do not count.
    pub fn of(agency: &str) -> Self {
        Self { agency: Some(agency.to_owned()), ..Self::default() }
    }

    /// Asks about one value: `type_id` is OCSF's type of observable.
    pub fn ask(&mut self, set: &'s Set, name: &str, type_id: i64, value: &str, at: i64) {
        let take = &mut |listing: Listing<'s>| self.add(name, value, listing);
        match type_id {
            1 => set.host(value, at, take),
            2 => {
                if let Ok(address) = value.parse() {
                    set.address(address, at, take);
                }
            }
            5 => set.email(value, at, take),
            6 => set.url(value, at, take),
            8 => set.hash(value, at, take),
            _ => {}
        }
    }

    fn add(&mut self, name: &str, value: &str, listing: Listing<'s>) {
        if self.agency.as_deref().is_some_and(|agency| !listing.note.concerns(agency)) {
            return;
        }
        let same = |hit: &Hit<'_>| {
            hit.listing.indicator == listing.indicator && hit.listing.note == listing.note
        };
        if self.hits.iter().any(same) {
            return;
        }
        if self.hits.len() == HITS_MAX {
            self.left_out += 1;
            return;
        }
        self.hits.push(Hit { name: name.to_owned(), value: value.to_owned(), listing });
    }
}

/// Asks `set` about every observable of an OCSF event in JSON. `at` is the event's time in seconds.
pub fn observe<'s>(set: &'s Set, event: &[u8], at: i64, mut hits: Hits<'s>) -> Hits<'s> {
    each(event, &mut |name, type_id, value| hits.ask(set, name, type_id, value, at));
    hits
}

/// Hands name, type and value of each observable to `take`.
pub fn each(event: &[u8], take: &mut dyn FnMut(&str, i64, &str)) {
    // Within a string the quotes would be escaped, so this is the member or one of its name.
    const MEMBER: &[u8] = b"\"observables\":";
    let Some(at) = memchr::memmem::find(event, MEMBER) else { return walk(event, take) };
    let mut json = serde_json::Deserializer::from_slice(&event[at + MEMBER.len()..]);
    // What is not a list of observables has none.
    let _ = List(take).deserialize(&mut json);
}

/// Events of others may have no list: then every address, host name, URL, mail address and hash
/// counts that stands under OCSF's name for it.
fn walk(event: &[u8], take: &mut dyn FnMut(&str, i64, &str)) {
    let Ok(event) = serde_json::from_slice::<serde_json::Value>(event) else { return };
    let mut open: Vec<(String, &serde_json::Value)> = vec![(String::new(), &event)];
    while let Some((path, value)) = open.pop() {
        match value {
            serde_json::Value::Object(members) => {
                // Native fields have their own names.
                for (name, value) in members.iter().filter(|_| path != "unmapped") {
                    let dot = if path.is_empty() { "" } else { "." };
                    open.push((format!("{path}{dot}{name}"), value));
                }
            }
            serde_json::Value::Array(items) => {
                open.extend(items.iter().map(|item| (path.clone(), item)));
            }
            serde_json::Value::String(text) => {
                let type_id = match path.rsplit('.').next() {
                    Some("ip") => 2,
                    Some("hostname") => 1,
                    Some("url_string") => 6,
                    Some("email_addr" | "from" | "to" | "smtp_from" | "smtp_to") => 5,
                    Some("value") if path.contains("hash") => 8,
                    _ => continue,
                };
                take(&path, type_id, text);
            }
            _ => {}
        }
    }
}

struct List<'t>(&'t mut dyn FnMut(&str, i64, &str));

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of observables")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<Observable<'de>>()? {
            if let Some(value) = item.value {
                (self.0)(&item.name, item.type_id, &value);
            }
        }
        Ok(())
    }
}

/// Name, type and value; written by hand, because a text that needs no unescaping is borrowed.
#[derive(Default)]
struct Observable<'j> {
    name: Cow<'j, str>,
    type_id: i64,
    value: Option<Cow<'j, str>>,
}

impl<'de> serde::Deserialize<'de> for Observable<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Observable<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an observable")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut found = Observable::default();
                while let Some(Text(member)) = map.next_key()? {
                    match &*member {
                        "name" => found.name = map.next_value::<Text<'de>>()?.0,
                        "type_id" => found.type_id = map.next_value()?,
                        "value" => {
                            found.value = map.next_value::<Option<Text<'de>>>()?.map(|t| t.0);
                        }
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(found)
            }
        }
        json.deserialize_map(Members)
    }
}

/// Text, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Text<'j>(#[serde(borrow)] Cow<'j, str>);
