//! A listing as OCSF's object `osint`.

use crate::{Kind, Listing, Note};
use serde_json::{Value, json};

impl Listing<'_> {
    /// The object.
    pub fn osint(&self) -> Value {
        osint(self.kind, &self.indicator, self.note)
    }
}

/// What a feed says of an indicator, as OCSF's object `osint`.
pub fn osint(kind: Kind, indicator: &str, note: &Note) -> Value {
    let (type_id, kind) = match kind {
        Kind::Address => (1, "IP Address"),
        Kind::Domain => (2, "Domain"),
        Kind::Hash => (4, "Hash"),
        Kind::Url => (5, "URL"),
        Kind::Email => (9, "Email Address"),
    };
    let (confidence_id, confidence) = confidence(note.confidence);
    let mut osint = json!({
        "type_id": type_id,
        "type": kind,
        "value": indicator,
        "confidence_id": confidence_id,
        "confidence": confidence,
        "vendor_name": note.source,
    });
    let optional = [
        ("tlp", note.tlp.map(|tlp| tlp.as_str().into())),
        ("uid", note.reference.clone().map(Value::from)),
        ("name", note.label.clone().map(Value::from)),
        ("expiration_time", note.expires.map(|seconds| (seconds * 1000).into())),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            osint[name] = value;
        }
    }
    osint
}

/// OCSF's `confidence_id` and its caption.
pub fn confidence(confidence: Option<u8>) -> (u8, &'static str) {
    match confidence {
        None => (0, "Unknown"),
        Some(0..=29) => (1, "Low"),
        Some(30..=69) => (2, "Medium"),
        Some(_) => (3, "High"),
    }
}
