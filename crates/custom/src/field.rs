//! Where a field goes, and how its text becomes a value there.

use crate::time::{Format, Read};
use ocsf::paths::Kind;
use ocsf::{Event, HashKind, Path, Severity, Status, Value, ip};
use parse::time::{Stamp, resolve};
use parse::{Cx, Zone};
use std::collections::HashMap;

/// A field of a source.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// The source's own name.
    pub(crate) name: String,
    /// Where it goes: to all of them.
    pub(crate) targets: Vec<Target>,
    /// How it becomes a value.
    pub(crate) convert: Convert,
    /// What single values stand for.
    pub(crate) map: HashMap<String, Fixed>,
    /// What any other value stands for.
    pub(crate) other: Option<Fixed>,
}

/// A place in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// An attribute.
    Path(Path),
    Time,
    Message,
    Activity,
    Status,
    Severity,
    /// `unmapped`, under the field's own name.
    Unmapped,
}

/// How a text becomes a value.
#[derive(Debug, Clone)]
pub(crate) enum Convert {
    Text,
    Lower,
    Int,
    Float,
    Bool,
    Ip,
    Hash,
    Time { format: Format, zone: Option<Zone> },
}

impl Convert {
    /// Its name in files.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Lower => "lower",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Ip => "ip",
            Self::Hash => "hash",
            Self::Time { .. } => "time",
        }
    }

    /// What an attribute of a kind needs.
    pub(crate) fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::Int | Kind::IntList => Self::Int,
            Kind::Bool => Self::Bool,
            Kind::Float => Self::Float,
            Kind::Ip => Self::Ip,
            Kind::Hashes => Self::Hash,
            Kind::Str | Kind::Mac | Kind::Email | Kind::List | Kind::Json => Self::Text,
        }
    }

    /// Whether what it yields can stand at an attribute of a kind.
    pub(crate) fn fits(&self, kind: Kind) -> bool {
        match kind {
            Kind::Int | Kind::IntList => matches!(self, Self::Int | Self::Time { .. }),
            Kind::Bool => matches!(self, Self::Bool),
            Kind::Float => matches!(self, Self::Float),
            Kind::Ip => matches!(self, Self::Ip),
            Kind::Hashes => matches!(self, Self::Hash),
            Kind::Json => false,
            Kind::Mac | Kind::Email => matches!(self, Self::Text | Self::Lower),
            Kind::Str | Kind::List => !matches!(self, Self::Hash | Self::Time { .. }),
        }
    }
}

/// A value that the file says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fixed {
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(String),
    Activity(u8),
    Status(Status),
    Severity(Severity),
}

impl Fixed {
    /// Puts it where it belongs.
    pub(crate) fn apply<'a>(&'a self, target: &Target, name: &'a str, event: &mut Event<'a>) {
        match (target, self) {
            (_, Self::Activity(number)) => event.activity = *number,
            (_, Self::Status(status)) => event.status(*status),
            (_, Self::Severity(severity)) => event.severity = *severity,
            (Target::Path(path), _) => event.set(*path, self.value()),
            (Target::Message, Self::Text(text)) => event.message = Some(text),
            _ => event.unmapped(name, self.value()),
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Int(number) => Value::Int(*number),
            Self::Float(number) => Value::Float(*number),
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Text(text) => Value::Str(text),
            Self::Activity(number) => Value::Int(i64::from(*number)),
            Self::Status(status) => Value::Int(*status as i64),
            Self::Severity(severity) => Value::Int(*severity as i64),
        }
    }
}

/// The text of a value.
pub(crate) fn text<'a>(value: Value<'a>, cx: &Cx<'a>) -> &'a str {
    match value {
        Value::Str(text) | Value::Json(text) => text,
        Value::Int(number) => cx.arena.alloc_str(&number.to_string()),
        Value::Uint(number) => cx.arena.alloc_str(&number.to_string()),
        Value::Float(number) => cx.arena.alloc_str(&number.to_string()),
        Value::Bool(truth) => {
            if truth {
                "true"
            } else {
                "false"
            }
        }
        Value::List(texts) => cx.arena.alloc_str(&texts.join(", ")),
        Value::Hashes(_) => "",
    }
}

/// Whether a text stands for nothing in most logs.
fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "-")
}

impl Field {
    /// Puts a value where it belongs. One that is not of the kind that the file says is kept under
    /// the field's own name: nothing is lost, and nothing wrong is in an attribute.
    pub(crate) fn apply<'a>(&'a self, value: Value<'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
        let written = text(value, cx);
        if let Some(fixed) = self.map.get(written).or(self.other.as_ref()) {
            for target in &self.targets {
                fixed.apply(target, &self.name, event);
            }
            // What it was called stays searchable.
            return event.unmapped(&self.name, value);
        }
        if is_nothing(written) {
            return event.unmapped(&self.name, value);
        }
        let done = self.targets.iter().all(|target| self.put(target, value, written, cx, event));
        if !done {
            event.unmapped(&self.name, value);
        }
    }

    /// Whether the value could be put there.
    fn put<'a>(
        &'a self,
        target: &Target,
        value: Value<'a>,
        written: &'a str,
        cx: &Cx<'a>,
        event: &mut Event<'a>,
    ) -> bool {
        match target {
            Target::Path(path) => match self.convert.value(value, written, cx) {
                Some(value) => {
                    event.has(*path) && keeps_first(*path) || event.try_set(*path, value)
                }
                None => false,
            },
            Target::Time => match self.convert.stamp(written, cx) {
                Some(stamp) => {
                    stamp.apply(event, written);
                    true
                }
                None => false,
            },
            Target::Message => {
                event.message = Some(written);
                true
            }
            // These take fixed values only; what no map knows stays native.
            Target::Activity | Target::Status | Target::Severity | Target::Unmapped => false,
        }
    }
}

/// Whether the first of two fields for one attribute wins: of all but the host's, which syslog's
/// header has set before.
fn keeps_first(path: Path) -> bool {
    !path.text().starts_with("device.") && !path.text().starts_with("actor.process.")
}

impl Convert {
    fn value<'a>(&self, value: Value<'a>, written: &'a str, cx: &Cx<'a>) -> Option<Value<'a>> {
        Some(match self {
            Self::Text => value,
            Self::Lower => Value::Str(cx.arena.alloc_str(&written.to_lowercase())),
            Self::Int => Value::Int(int(written)?),
            Self::Float => Value::Float(written.parse().ok().filter(|n: &f64| n.is_finite())?),
            Self::Bool => Value::Bool(truth(written)?),
            Self::Ip => Value::Str(ip::parse(written)?.text),
            Self::Hash => {
                let hex = written.bytes().all(|b| b.is_ascii_hexdigit());
                hex.then(|| {
                    let one = (HashKind::of_length(written.len()), written);
                    Value::Hashes(cx.arena.alloc_slice_copy(&[one]))
                })?
            }
            Self::Time { .. } => Value::Int(self.stamp(written, cx)?.ms),
        })
    }

    fn stamp(&self, written: &str, cx: &Cx<'_>) -> Option<Stamp> {
        let Self::Time { format, zone } = self else { return None };
        let (read, length) = format.read(written)?;
        written[length..].trim().is_empty().then_some(())?;
        Some(match read {
            Read::Instant(ms) => Stamp::exact(ms),
            Read::Civil(civil) => resolve(&civil, zone.as_ref().unwrap_or(cx.zone), cx.arrival_ms),
        })
    }
}

/// Decimal digits, or hex ones behind `0x`.
fn int(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn truth(text: &str) -> Option<bool> {
    let is = |known: &[&str]| known.iter().any(|known| text.eq_ignore_ascii_case(known));
    if is(&["true", "yes", "on", "1"]) {
        return Some(true);
    }
    is(&["false", "no", "off", "0"]).then_some(false)
}
