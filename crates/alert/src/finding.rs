//! The finding itself.

use crate::attacks::attacks;
use crate::message::{Language, sentence};
use crate::source::Source;
use detect::Clause;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use sigma::{Level, Rule};

/// How many clauses a finding lists; what is left out is counted in `unmapped.matched_left_out`.
pub const CLAUSES_MAX: usize = 100;
/// How much of a clause's value a finding repeats, in characters; the event has the whole.
pub const VALUE_CHARS_MAX: usize = 4_000;

/// How much of the event a finding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// All of it.
    Whole,
    /// Its metadata only, for an event so large that no topic takes it twice; a note says so.
    Reference,
}

/// The id of the finding of a rule in an event: always the same.
pub fn uid(rule: &Rule, event_uid: &str) -> String {
    let mut bytes = Vec::new();
    for part in [rule.uid(), event_uid] {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes))
}

/// The Detection Finding, as JSON, for `rule` met by the event of `source` in `clauses`;
/// `ruleset` is the version of the rules that were in force.
pub fn finding(
    rule: &Rule,
    clauses: &[Clause],
    source: &Source,
    ruleset: &str,
    evidence: Evidence,
) -> String {
    let (severity_id, severity) = severity(rule.level);
    let mut finding = json!({
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "category_uid": 2,
        "category_name": "Findings",
        "activity_id": 1,
        "activity_name": "Create",
        "type_uid": 200_401,
        "type_name": "Detection Finding: Create",
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 1,
        "status": "New",
        "time": source.time(),
        "count": 1,
        "is_alert": rule.level.is_none_or(|level| level > Level::Informational),
        "message": sentence(Language::English, rule, clauses, source),
        "metadata": metadata(&uid(rule, &source.uid()), source),
        "finding_info": info(rule, source),
        "unmapped": {
            "message_bn": sentence(Language::Bangla, rule, clauses, source),
            "matched": clauses.iter().take(CLAUSES_MAX).map(clause).collect::<Vec<_>>(),
            "rule": rule_details(rule, ruleset),
        },
    });
    if clauses.len() > CLAUSES_MAX {
        finding["unmapped"]["matched_left_out"] = json!(clauses.len() - CLAUSES_MAX);
    }
    for part in ["device", "actor"] {
        if let Some(value) = source.at(&format!("/{part}")) {
            finding[part] = value.clone();
        }
    }
    with_evidence(finding, source, evidence)
}

/// Writes the finding with the event's own text as evidence, which a tree would reorder.
fn with_evidence(finding: Value, source: &Source, evidence: Evidence) -> String {
    format!("{},\"evidences\":[{}]}}", open(finding), item(source, evidence))
}

/// An object with members without its last brace, which is its own.
pub(crate) fn open(value: Value) -> String {
    let mut text = value.to_string();
    text.pop();
    text
}

/// One event as evidence.
pub(crate) fn item(source: &Source, evidence: Evidence) -> String {
    let mut inner = Map::new();
    inner.insert("uid".into(), source.uid().into());
    for part in ["user", "src_endpoint", "dst_endpoint", "process", "file"] {
        if let (Some(value), Evidence::Whole) = (source.at(&format!("/{part}")), evidence) {
            inner.insert(part.into(), value.clone());
        }
    }
    let reference = json!({
        "metadata": source.at("/metadata"),
        "time": source.time(),
        "message": "the event is too large to be repeated here; look it up by metadata.uid",
    });
    let data = match (evidence, serde_json::from_str::<&RawValue>(source.text.trim())) {
        (Evidence::Whole, Ok(raw)) => raw.get().to_owned(),
        (Evidence::Whole, Err(_)) => Value::from(source.text.as_str()).to_string(),
        (Evidence::Reference, _) => reference.to_string(),
    };
    format!("{},\"data\":{data}}}", open(Value::Object(inner)))
}

pub(crate) fn severity(level: Option<Level>) -> (u8, &'static str) {
    match level {
        None => (0, "Unknown"),
        Some(Level::Informational) => (1, "Informational"),
        Some(Level::Low) => (2, "Low"),
        Some(Level::Medium) => (3, "Medium"),
        Some(Level::High) => (4, "High"),
        Some(Level::Critical) => (5, "Critical"),
    }
}

pub(crate) fn metadata(uid: &str, source: &Source) -> Value {
    let mut metadata = json!({
        "version": "1.8.0",
        "uid": uid,
        "product": {"name": "Prohori", "vendor_name": "Prohori"},
        "profiles": ["host", "security_control"],
    });
    for part in [
        "tenant_uid",
        "log_name",
        "log_provider",
        "log_source",
        "event_code",
        "logged_time",
        "processed_time",
    ] {
        if let Some(value) = source.at(&format!("/metadata/{part}")) {
            metadata[part] = value.clone();
        }
    }
    metadata
}

fn info(rule: &Rule, source: &Source) -> Value {
    let time = source.time();
    let created = source.at("/metadata/processed_time").and_then(Value::as_i64).unwrap_or(time);
    let mut info = json!({
        "uid": uid(rule, &source.uid()),
        "title": rule.title,
        "created_time": created,
        "first_seen_time": time,
        "last_seen_time": time,
        "analytic": {
            "uid": rule.uid(),
            "name": rule.title,
            "type_id": 1,
            "type": "Rule",
            "category": "Sigma",
        },
        "related_events_count": 1,
        "data_sources": data_sources(rule),
    });
    if let Some(description) = &rule.description {
        info["desc"] = description.trim().into();
    }
    if let Some(modified) = rule.modified.as_ref().or(rule.date.as_ref()) {
        info["analytic"]["version"] = modified.as_str().into();
    }
    let attacks = attacks(&rule.tags);
    if !attacks.is_empty() {
        info["attacks"] = attacks.into();
    }
    info
}

fn data_sources(rule: &Rule) -> Vec<&str> {
    let source = &rule.logsource;
    [&source.product, &source.category, &source.service]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect()
}

fn clause(clause: &Clause) -> Value {
    let value =
        clause.value.as_deref().map(|value| match value.char_indices().nth(VALUE_CHARS_MAX) {
            Some((at, _)) => format!("{}…", &value[..at]),
            None => value.to_owned(),
        });
    json!({
        "selection": clause.selection,
        "field": clause.field.as_deref().unwrap_or("keywords"),
        "path": clause.path,
        "modifier": clause.modifier,
        "pattern": clause.pattern,
        "value": value,
    })
}

fn rule_details(rule: &Rule, ruleset: &str) -> Value {
    json!({
        "id": rule.uid(),
        "title": rule.title,
        "title_bn": rule.title_bn,
        "level": rule.level.map(Level::as_str),
        "status": rule.status,
        "description": rule.description.as_deref().map(str::trim),
        "author": rule.author,
        "tags": rule.tags,
        "falsepositives": rule.falsepositives,
        "falsepositives_bn": rule.falsepositives_bn,
        "references": rule.references,
        "fields": rule.fields,
        "condition": rule.detection.condition_text,
        "ruleset": ruleset,
    })
}
