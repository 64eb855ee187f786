//! An indicator seen in an event, as a finding; and how often it was seen again.

use crate::Source;
use crate::finding::{Evidence, item, metadata, open, tree};
use crate::head::{class, joined};
use crate::risk::{self, Quality};
use indicators::{Kind, Note, confidence, osint};
use serde_json::{Value, json};

/// That an event holds what a feed lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The attribute, such as `src_endpoint.ip`.
    pub name: String,
    /// Its value as the event has it.
    pub value: String,
    /// The kind of the indicator.
    pub kind: Kind,
    /// The indicator as it is listed.
    pub indicator: String,
    /// Who lists it, how surely, until when.
    pub note: Note,
    /// The version of the indicators that were in force.
    pub version: String,
}

/// The sightings of one indicator on one host within one window, after the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Again {
    /// How many there were in all, the first included.
    pub count: u64,
    /// When the first event happened, in milliseconds since the epoch.
    pub first_ms: i64,
    /// When the last one did.
    pub last_ms: i64,
}

/// The id of the first finding of an indicator on the event's host within the window of
/// `window_ms` that the event's time lies in: always the same.
pub fn sighting_uid(sighting: &Sighting, source: &Source<'_>, window_ms: i64) -> String {
    let window = source.time().div_euclid(window_ms.max(1)).to_string();
    let host = source.host().or_else(|| source.address()).unwrap_or_default();
    let tenant = source.text_at(&["metadata", "tenant_uid"]).unwrap_or("local".into());
    let mut bytes = b"indicator".to_vec();
    for part in [
        sighting.kind.as_str(),
        &sighting.indicator,
        &sighting.note.source,
        &tenant,
        &host,
        &window,
    ] {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes))
}

/// The Detection Finding, as JSON, of a sighting in the event of `source`. `uid` is
/// [`sighting_uid`]; with `again` it is the finding that closes the window, with the last event.
pub fn sighted(
    sighting: &Sighting,
    uid: &str,
    source: &Source<'_>,
    again: Option<Again>,
    evidence: Evidence,
) -> String {
    let uid = if again.is_some() { format!("{uid}-again") } else { uid.to_owned() };
    let (severity_id, severity) = severity(sighting.note.confidence);
    let head = class((1, "Create"), (severity_id, severity));
    let (confidence_id, confidence) = confidence(sighting.note.confidence);
    let mut metadata = metadata(&uid, source);
    metadata["profiles"] = json!(["host", "security_control", "osint"]);
    let more = json!({
        "confidence_id": confidence_id,
        "confidence": confidence,
        "time": source.time(),
        "count": again.map_or(1, |again| again.count),
        "is_alert": true,
        "message": english(sighting, source, again),
        "metadata": metadata,
        "finding_info": info(sighting, &uid, source, again),
        "osint": [osint(sighting.kind, &sighting.indicator, &sighting.note)],
        "unmapped": {
            "message_bn": bangla(sighting, source, again),
            "matched": [{
                "selection": "indicator",
                "field": sighting.name,
                "path": sighting.name,
                "modifier": sighting.kind.as_str(),
                "pattern": sighting.indicator,
                "value": sighting.value,
            }],
            "rule": {
                "id": format!("indicator:{}", sighting.note.source),
                "title": title(sighting),
                "level": severity.to_ascii_lowercase(),
                "ruleset": sighting.version,
            },
        },
    });
    let mut finding = joined(head, more);
    if let Some(confidence) = sighting.note.confidence {
        finding["confidence_score"] = confidence.into();
    }
    let rule = finding["finding_info"]["analytic"]["uid"].as_str().unwrap_or_default();
    let group = source.group(rule, &[], source.time());
    finding["metadata"]["correlation_uid"] = group.into();
    let quality = Quality::new(None, sighting.note.confidence);
    for (name, value) in risk::members(severity_id, source.criticality(), quality) {
        finding[name] = value;
    }
    for part in ["device", "actor"] {
        if let Some(value) = source.part(part).and_then(tree) {
            finding[part] = value;
        }
    }
    let mut text = open(finding);
    text.push_str(",\"evidences\":[");
    item(source, evidence, &mut text);
    text.push_str("]}");
    text
}

fn info(sighting: &Sighting, uid: &str, source: &Source<'_>, again: Option<Again>) -> Value {
    let time = source.time();
    let created =
        source.metadata("processed_time").and_then(|time| time.parse().ok()).unwrap_or(time);
    let mut info = json!({
        "uid": uid,
        "title": title(sighting),
        "created_time": created,
        "first_seen_time": again.map_or(time, |again| again.first_ms),
        "last_seen_time": again.map_or(time, |again| again.last_ms),
        "analytic": {
            "uid": format!("indicator:{}", sighting.note.source),
            "name": sighting.note.source,
            "type_id": 9,
            "type": "Exact Data Match",
            "category": "Indicator",
            "version": sighting.version,
        },
        "related_events_count": again.map_or(1, |again| again.count),
    });
    if let Some(label) = &sighting.note.label {
        info["desc"] = label.as_str().into();
    }
    info
}

/// A feed that says nothing of its confidence is taken as middling.
fn severity(confidence: Option<u8>) -> (u8, &'static str) {
    match confidence {
        Some(75..) => (4, "High"),
        Some(0..=29) => (2, "Low"),
        _ => (3, "Medium"),
    }
}

fn title(sighting: &Sighting) -> String {
    format!("Indicator of {}: {}", sighting.note.source, sighting.indicator)
}

fn english(sighting: &Sighting, source: &Source<'_>, again: Option<Again>) -> String {
    let Sighting { name, value, kind, indicator, note, .. } = sighting;
    let host = source.host().map_or(String::new(), |host| format!(" on host {host}"));
    let times = again.map_or(String::new(), |again| format!(" {} times", again.count));
    let kind = kind.as_str();
    let listed = if value == indicator { String::new() } else { format!(" (listed: {indicator})") };
    format!("{name} is “{value}”{host}{times}: {kind} listed by {}{listed}.", note.source)
}

fn bangla(sighting: &Sighting, source: &Source<'_>, again: Option<Again>) -> String {
    let Sighting { name, value, indicator, note, .. } = sighting;
    let host = source.host().map_or(String::new(), |host| format!("হোস্ট {host}-এ "));
    let times = again.map_or(String::new(), |again| format!(" {} বার", again.count));
    let listed = if value == indicator {
        String::new()
    } else {
        format!(" (তালিকায়: {indicator})")
    };
    format!("{host}{name}-এর মান “{value}”{times}: {}-এর হুমকি-তালিকায় আছে{listed}।", note.source)
}
