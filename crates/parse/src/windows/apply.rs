//! A Windows event's data to attributes, by the mapping tables.

use super::Record;
use crate::hash::Table;
use crate::{Cx, time};
use mapping::{As, EventMap, Fixed, Tables};
use ocsf::{Event, HashKind, Path, Value, class};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Kinds of events whose maps are kept compiled. An attacker who can make up provider names could
/// make any number; beyond this the cache starts anew.
const MAPS_MAX: usize = 4096;

/// The tables, with a map for each kind of event that came by.
pub(crate) struct Maps {
    tables: Arc<Tables>,
    compiled: HashMap<String, Rc<Compiled>>,
    key: String,
}

/// An event map with its paths looked up.
pub(crate) struct Compiled {
    class: Option<u32>,
    activity: Option<u8>,
    set: Vec<(Path, Fixed)>,
    fields: Table<String, Field>,
}

#[derive(Clone, Copy)]
struct Field {
    path: Path,
    convert: As,
    base: Option<Path>,
    domain: Option<Path>,
}

impl Maps {
    pub(crate) fn new(tables: Arc<Tables>) -> Self {
        Self { tables, compiled: HashMap::new(), key: String::new() }
    }

    fn get(&mut self, record: &Record<'_>) -> Rc<Compiled> {
        self.key.clear();
        for part in [record.channel, record.provider, record.code] {
            self.key.push_str(part);
            self.key.push('\0');
        }
        if let Some(known) = self.compiled.get(&self.key) {
            return Rc::clone(known);
        }
        if self.compiled.len() >= MAPS_MAX {
            self.compiled.clear();
        }
        let map = self.tables.native(record.channel, record.provider, record.code);
        let compiled = Rc::new(map.map_or_else(Compiled::empty, |map| Compiled::new(&map)));
        self.compiled.insert(self.key.clone(), Rc::clone(&compiled));
        compiled
    }
}

impl Compiled {
    fn empty() -> Self {
        Self { class: None, activity: None, set: Vec::new(), fields: Table::default() }
    }

    fn new(map: &EventMap) -> Self {
        let fixed = |(path, value): &(String, Fixed)| Some((Path::lookup(path)?, value.clone()));
        let field = |field: &mapping::Field| {
            let compiled = Field {
                path: Path::lookup(&field.path)?,
                convert: field.convert,
                base: field.base.as_deref().and_then(Path::lookup),
                domain: field
                    .path
                    .strip_suffix(".name")
                    .and_then(|o| Path::lookup(&format!("{o}.domain"))),
            };
            Some((field.native.clone(), compiled))
        };
        Self {
            class: map.class_uid,
            activity: map.activity_id.and_then(|id| u8::try_from(id).ok()),
            set: map.set.iter().filter_map(fixed).collect(),
            fields: map.fields().filter_map(field).collect(),
        }
    }
}

/// Writes the record's data to the event.
pub(crate) fn apply<'a>(record: &Record<'a>, cx: &Cx<'a>, maps: &mut Maps, event: &mut Event<'a>) {
    let map = maps.get(record);
    event.kind(map.class.unwrap_or(class::BASE), map.activity.unwrap_or(99));
    event.activity_name = Some(record.code).filter(|code| !code.is_empty());
    for (path, value) in &map.set {
        match value {
            Fixed::Int(number) => event.set(*path, *number),
            Fixed::Text(text) => event.set(*path, &*cx.arena.alloc_str(text)),
        }
    }
    for (name, value) in &record.data {
        field(name, *value, &map, cx, event);
    }
    if let Some(Value::Int(kind)) = event.get(Path::LOGON_TYPE_ID) {
        let (id, name) = logon_type(kind);
        event.set(Path::LOGON_TYPE_ID, id);
        event.set(Path::LOGON_TYPE, name);
    }
}

fn field<'a>(name: &'a str, value: Value<'a>, map: &Compiled, cx: &Cx<'a>, event: &mut Event<'a>) {
    // Blanks in names do not count: `Threat Name` is `ThreatName`.
    let name = match name.contains(' ') {
        true => &*cx.arena.alloc_str(&name.replace(' ', "")),
        false => name,
    };
    let kept = match map.fields.get(name) {
        Some(field) => !convert(*field, value, cx, event),
        None => true,
    };
    if kept {
        event.unmapped(name, value);
    }
}

/// Sets the attribute; returns whether the value stands there word for word.
fn convert<'a>(field: Field, value: Value<'a>, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let text = match value {
        Value::Str("" | "-") => return false,
        Value::Str(text) => text,
        // A number or truth value is itself wherever its kind fits.
        _ => return event.try_set(field.path, value),
    };
    match field.convert {
        As::Text => {
            let fits = event.try_set(field.path, text);
            if let Some(base) = field.base.filter(|_| fits) {
                event.set(base, ocsf::complete::base_name(text));
            }
            fits
        }
        As::Int => {
            let plain =
                text == "0" || !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
            event.try_set(field.path, text) && plain
        }
        As::Ip => event.try_set(field.path, text) && event.text(field.path) == Some(text),
        As::Time => {
            if let Some((civil, _)) = time::scan(text) {
                // Windows writes these times in UTC, whatever the zone of the host.
                let stamp = time::resolve(&civil, &crate::Zone::UTC, cx.arrival_ms);
                event.set(field.path, stamp.ms);
            }
            false
        }
        As::Bool => {
            event.try_set(field.path, text);
            false
        }
        As::Account => account(field, text, event),
        As::Hashes => {
            event.set(field.path, Value::Hashes(hashes(text, cx)));
            false
        }
    }
}

fn account<'a>(field: Field, text: &'a str, event: &mut Event<'a>) -> bool {
    // Members of groups come as `CN=name,OU=…`.
    let named = text.get(..3).filter(|start| start.eq_ignore_ascii_case("cn=")).map(|_| &text[3..]);
    if let Some(rest) = named {
        event.set(field.path, rest.split(",").next().unwrap_or(rest).trim_end_matches('\\'));
        return false;
    }
    match text.split_once('\\') {
        Some((domain, name)) => {
            event.set(field.path, name);
            if let Some(path) = field.domain {
                event.set(path, domain);
            }
            false
        }
        None => event.try_set(field.path, text),
    }
}

/// `SHA1=…,MD5=…`, or a bare digest.
fn hashes<'a>(text: &'a str, cx: &Cx<'a>) -> &'a [(HashKind, &'a str)] {
    let pair = |part: &'a str| match part.trim().split_once('=') {
        Some((name, value)) => (HashKind::of_name(name), value),
        None => (HashKind::of_length(part.trim().len()), part.trim()),
    };
    let mut list = bumpalo::collections::Vec::new_in(cx.arena);
    list.extend(text.split(',').map(pair).filter(|(_, value)| !value.is_empty()).take(16));
    list.into_bump_slice()
}

/// OCSF knows Windows' logon types by the same numbers, but not all of them.
fn logon_type(kind: i64) -> (i64, &'static str) {
    match kind {
        0 => (1, "System"),
        2 => (2, "Interactive"),
        3 => (3, "Network"),
        4 => (4, "Batch"),
        5 => (5, "OS Service"),
        7 => (7, "Unlock"),
        8 => (8, "Network Cleartext"),
        9 => (9, "New Credentials"),
        10 => (10, "Remote Interactive"),
        11 => (11, "Cached Interactive"),
        12 => (12, "Cached Remote Interactive"),
        13 => (13, "Cached Unlock"),
        _ => (99, "Other"),
    }
}
