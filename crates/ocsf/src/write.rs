//! Events into JSON, straight into a byte buffer.

use crate::classes::{Class, attribute};
use crate::complete::complete;
use crate::escape::{int, string, uint};
use crate::event::{Event, UNMAPPED_MAX, paths};
use crate::paths::{Kind, LAYOUTS, Layout, Node, OUTERMOST, Path, Piece, WORDS};
use crate::value::Value;
use model::EventUid;
use std::io::Write as _;
use std::sync::LazyLock;

/// What an event gets from its record rather than from its text.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// The event's id.
    pub uid: EventUid,
    /// The agency.
    pub tenant: &'a str,
    /// The raw text.
    pub raw: &'a str,
    /// The raw bytes in base64, where they are no UTF-8.
    pub raw_base64: Option<&'a str>,
    /// When the collector read the record, in milliseconds since the epoch.
    pub logged_ms: i64,
    /// When the normalizer made the event.
    pub processed_ms: i64,
    /// The event's time where its text has none: mostly `logged_ms`.
    pub fallback_ms: i64,
}

/// Completes `event` and appends it to `out` as one JSON object without line breaks.
pub fn write<'a>(event: &mut Event<'a>, envelope: &Envelope<'a>, out: &mut Vec<u8>) {
    let class = complete(event);
    write_completed(event, class, envelope, out);
}

/// As [`write()`], for an event that [`complete`] has settled the class of.
pub fn write_completed<'a>(
    event: &mut Event<'a>,
    class: &Class,
    envelope: &Envelope<'a>,
    out: &mut Vec<u8>,
) {
    let used = divert_foreign(event, class);
    let raw = event.raw.unwrap_or(envelope.raw);
    out.reserve(2 * raw.len() + 1024);
    write_head(event, class, envelope, out);
    write_metadata(event, envelope, &used, out);
    let mut writer = Attributes::new(out, 0, OUTERMOST);
    writer.run(event, std::array::from_fn(|word| used[word] & !METADATA[word]));
    writer.close_all();
    write_observables(event, &used, out);
    write_unmapped(event, envelope, out);
    out.extend_from_slice(b",\"raw_data\":");
    string(out, raw);
    out.push(b'}');
}

/// The paths of `metadata`, which is written by itself.
static METADATA: LazyLock<[u64; WORDS]> = LazyLock::new(|| {
    let paths = attribute("metadata").paths.map(Path);
    set(paths)
});

/// The id of the object `metadata`.
static METADATA_ID: LazyLock<u16> =
    LazyLock::new(|| LAYOUTS[usize::from(Path::METADATA_LOG_SOURCE.0)].nodes[0].id);

/// The profiles that an event has by its attributes, each with the paths that make it so.
static PROFILES: LazyLock<[(&str, [u64; WORDS]); 4]> = LazyLock::new(|| {
    let of =
        |names: &[&'static str]| set(names.iter().flat_map(|name| attribute(name).paths).map(Path));
    [
        ("host", of(&["device", "actor"])),
        (
            "security_control",
            of(&["action", "disposition_id", "is_alert", "firewall_rule", "policy", "malware"]),
        ),
        ("cloud", of(&["cloud"])),
        ("osint", set(std::iter::once(Path::OSINT))),
    ]
});

/// Moves attributes that the class does not have to `unmapped`; returns those that stay.
fn divert_foreign(event: &mut Event<'_>, class: &Class) -> [u64; WORDS] {
    let mut kept = event.used;
    for path in paths(std::array::from_fn(|word| event.used[word] & !class.allowed[word])) {
        kept[usize::from(path.0) / 64] &= !(1 << (path.0 % 64));
        let value = event.value(path);
        event.unmapped(path.text(), value);
    }
    kept
}

fn write_head(event: &Event<'_>, class: &Class, envelope: &Envelope<'_>, out: &mut Vec<u8>) {
    let activity = class.activity(event.activity);
    out.push(b'{');
    out.extend_from_slice(activity.head.as_bytes());
    if activity.id == 99 {
        out.extend_from_slice(b",\"activity_name\":");
        string(out, event.activity_name.unwrap_or("Other"));
    }
    out.extend_from_slice(b",\"severity_id\":");
    int(out, event.severity as i64);
    out.extend_from_slice(b",\"severity\":\"");
    out.extend_from_slice(event.severity.name().as_bytes());
    out.extend_from_slice(b"\",\"time\":");
    int(out, event.time.unwrap_or(envelope.fallback_ms));
    if let Some(message) = event.message {
        out.extend_from_slice(b",\"message\":");
        string(out, message);
    }
}

fn write_metadata(
    event: &Event<'_>,
    envelope: &Envelope<'_>,
    used: &[u64; WORDS],
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b",\"metadata\":{\"version\":\"1.8.0\",\"uid\":\"");
    out.extend_from_slice(&envelope.uid.hex());
    out.extend_from_slice(b"\",\"tenant_uid\":");
    string(out, envelope.tenant);
    out.extend_from_slice(b",\"logged_time\":");
    int(out, envelope.logged_ms);
    out.extend_from_slice(b",\"processed_time\":");
    int(out, envelope.processed_ms);
    write_profiles(event, out);
    out.extend_from_slice(b",\"labels\":[\"parser:");
    out.extend_from_slice(event.parser.as_bytes());
    out.push(b'"');
    for label in &event.labels {
        out.push(b',');
        string(out, label);
    }
    out.push(b']');
    if !event.has(Path::METADATA_PRODUCT_NAME) {
        out.extend_from_slice(b",\"product\":{\"name\":\"unknown\"}");
    }
    let mut writer = Attributes::new(out, 1, *METADATA_ID);
    writer.run(event, std::array::from_fn(|word| used[word] & METADATA[word]));
    writer.close_all();
    out.push(b'}');
}

fn write_profiles(event: &Event<'_>, out: &mut Vec<u8>) {
    let has = |paths: &[u64; WORDS]| {
        event.used.iter().zip(paths).fold(0, |any, (used, path)| any | (used & path)) != 0
    };
    let mut open = false;
    for (name, _) in PROFILES.iter().filter(|(_, paths)| has(paths)) {
        out.extend_from_slice(if open { b"," } else { b",\"profiles\":[" });
        string(out, name);
        open = true;
    }
    if open {
        out.push(b']');
    }
}

/// Writes runs of attributes, opening and closing the objects around them.
struct Attributes<'o> {
    out: &'o mut Vec<u8>,
    open: &'static [Node],
    /// The id of the innermost open object.
    inner: u16,
    /// How many outer objects are already open.
    skip: usize,
    /// Whether nothing has been written yet in the innermost object.
    first: bool,
}

impl<'o> Attributes<'o> {
    /// Within `skip` objects that are open already, the innermost of them with id `inner`.
    fn new(out: &'o mut Vec<u8>, skip: usize, inner: u16) -> Self {
        Self { out, open: &[], inner, skip, first: false }
    }

    fn run(&mut self, event: &Event<'_>, wanted: [u64; WORDS]) {
        let layouts = LAYOUTS.as_slice();
        for path in paths(wanted) {
            self.attribute(&layouts[usize::from(path.0)], path.kind(), event.value(path));
        }
    }

    #[inline]
    fn attribute(&mut self, layout: &'static Layout, kind: Kind, value: Value<'_>) {
        // Mostly the next attribute lies in the same object.
        if layout.inner != self.inner {
            self.inner = layout.inner;
            self.enter(layout.nodes.get(self.skip..).unwrap_or(&[]));
        }
        self.separated(&layout.key);
        typed(self.out, kind, value);
    }

    /// Closes the objects that are open and opens others.
    fn enter(&mut self, nodes: &'static [Node]) {
        let common = self.open.iter().zip(nodes).take_while(|(a, b)| a.id == b.id).count();
        for node in self.open[common..].iter().rev() {
            self.out.extend_from_slice(node.close.as_bytes());
            self.first = false;
        }
        for node in &nodes[common..] {
            self.separated(&node.open);
            self.first = true;
        }
        self.open = nodes;
    }

    /// Writes text that begins with a comma, without it where nothing stands before.
    #[inline]
    fn separated(&mut self, piece: &Piece) {
        if std::mem::take(&mut self.first) {
            return self.out.extend_from_slice(&piece.text().as_bytes()[1..]);
        }
        piece.write(self.out);
    }

    fn close_all(&mut self) {
        for node in self.open.iter().rev() {
            self.out.extend_from_slice(node.close.as_bytes());
        }
        self.open = &[];
    }
}

/// Writes a value as its kind demands.
fn typed(out: &mut Vec<u8>, kind: Kind, value: Value<'_>) {
    match (kind, value) {
        (Kind::List, Value::Str(_)) | (Kind::IntList, Value::Int(_)) => {
            out.push(b'[');
            plain(out, value);
            out.push(b']');
        }
        (Kind::Str, Value::Int(_) | Value::Uint(_) | Value::Bool(_) | Value::Float(_)) => {
            out.push(b'"');
            plain(out, value);
            out.push(b'"');
        }
        _ => plain(out, value),
    }
}

/// Writes a value as it is.
pub(crate) fn plain(out: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Str(text) => string(out, text),
        Value::Int(number) => int(out, number),
        Value::Uint(number) => uint(out, number),
        // Writing to a vector cannot fail.
        Value::Float(number) if number.is_finite() => drop(write!(out, "{number}")),
        Value::Float(_) => out.extend_from_slice(b"null"),
        Value::Bool(truth) => out.extend_from_slice(if truth { b"true" } else { b"false" }),
        Value::Json(json) => out.extend_from_slice(json.as_bytes()),
        Value::List(texts) => {
            array(out, texts, |out, text| string(out, text));
        }
        Value::Hashes(hashes) => array(out, hashes, |out, (kind, value)| {
            out.extend_from_slice(b"{\"algorithm_id\":");
            int(out, *kind as i64);
            out.extend_from_slice(b",\"algorithm\":");
            string(out, kind.name());
            out.extend_from_slice(b",\"value\":");
            string(out, value);
            out.push(b'}');
        }),
    }
}

fn array<T>(out: &mut Vec<u8>, items: &[T], mut each: impl FnMut(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        each(out, item);
    }
    out.push(b']');
}

fn write_observables(event: &Event<'_>, used: &[u64; WORDS], out: &mut Vec<u8>) {
    let mut open = false;
    observed(event, used, |path, text| observable(out, &mut open, path, text));
    if open {
        out.push(b']');
    }
}

/// Hands each value that the observables of an event of `class` name to `take`, with its path.
pub fn observables<'a>(event: &Event<'a>, class: &Class, take: impl FnMut(Path, &'a str)) {
    observed(event, &std::array::from_fn(|word| event.used[word] & class.allowed[word]), take);
}

fn observed<'a>(event: &Event<'a>, used: &[u64; WORDS], mut take: impl FnMut(Path, &'a str)) {
    for path in paths(std::array::from_fn(|word| used[word] & OBSERVED[word])) {
        match event.value(path) {
            Value::Str(text) => take(path, text),
            Value::List(texts) => texts.iter().for_each(|text| take(path, text)),
            Value::Hashes(hashes) => hashes.iter().for_each(|(_, text)| take(path, text)),
            _ => {}
        }
    }
}

static OBSERVED: LazyLock<[u64; WORDS]> =
    LazyLock::new(|| set(Path::all().filter(|p| p.observable() != 0 || p.kind() == Kind::Hashes)));

fn set(paths: impl Iterator<Item = Path>) -> [u64; WORDS] {
    let mut set = [0; WORDS];
    paths.for_each(|path| set[usize::from(path.0) / 64] |= 1 << (path.0 % 64));
    set
}

fn observable(out: &mut Vec<u8>, open: &mut bool, path: Path, value: &str) {
    out.extend_from_slice(if *open { b"," } else { b",\"observables\":[" });
    out.extend_from_slice(LAYOUTS[usize::from(path.0)].observable.as_bytes());
    string(out, value);
    out.push(b'}');
    *open = true;
}

fn write_unmapped(event: &Event<'_>, envelope: &Envelope<'_>, out: &mut Vec<u8>) {
    if event.unmapped.is_empty()
        && event.unmapped_members.is_empty()
        && envelope.raw_base64.is_none()
    {
        return;
    }
    out.extend_from_slice(b",\"unmapped\":{");
    let mut first = event.unmapped_members.is_empty();
    out.extend_from_slice(event.unmapped_members);
    for (name, value) in event.unmapped.iter().take(UNMAPPED_MAX) {
        if !first {
            out.push(b',');
        }
        first = false;
        string(out, name);
        out.push(b':');
        plain(out, *value);
    }
    if let Some(base64) = envelope.raw_base64 {
        if !first {
            out.push(b',');
        }
        out.extend_from_slice(b"\"raw_base64\":");
        string(out, base64);
    }
    out.push(b'}');
}
