//! The finding itself.

use crate::head::{self, class, joined};
use crate::json::string;
use crate::message::{Facts, Language};
use crate::risk::{self, Quality};
use crate::source::Source;
use detect::Clause;
use serde_json::{Value, json};
use sigma::{Level, Rule};
use std::fmt::Write as _;
use std::sync::Arc;

/// How many clauses a finding lists; what is left out is counted in `unmapped.matched_left_out`.
pub const CLAUSES_MAX: usize = 100;
/// How much of a clause's value a finding repeats, in characters; the event has the whole.
pub const VALUE_CHARS_MAX: usize = 4_000;
/// What stands in place of an event that is only referred to.
const TOO_LARGE: &str = "the event is too large to be repeated here; look it up by metadata.uid";

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

/// What the findings of one rule have in common, as JSON, so that it is written once.
///
/// Each part is an object without its last brace.
#[derive(Debug)]
pub struct Template {
    rule: Arc<Rule>,
    quality: Quality,
    head: Box<str>,
    metadata: Box<str>,
    info: Box<str>,
    details: Box<str>,
    /// The risk where nobody has said how much depends on what the event is about.
    risk: Box<str>,
}

impl Template {
    /// The template of `rule`, which is so sure; `ruleset` is the version of the rules in force.
    pub fn new(rule: Arc<Rule>, quality: Quality, ruleset: &str) -> Self {
        let severity = severity(rule.level);
        let more = json!({
            "count": 1,
            "is_alert": rule.level.is_none_or(|level| level > Level::Informational),
        });
        let head = joined(class((1, "Create"), severity), more);
        let info = joined(
            head::info(&rule, "Sigma"),
            json!({ "related_events_count": 1, "data_sources": data_sources(&rule) }),
        );
        let details = head::details(&rule, &rule.detection.condition_text, ruleset);
        let details = joined(details, json!({ "fields": rule.fields }));
        Self {
            head: open(head).into(),
            metadata: open(product()).into(),
            info: open(info).into(),
            details: open(json!({ "rule": details })).into(),
            risk: risk_text(severity.0, None, quality).into(),
            quality,
            rule,
        }
    }

    /// Appends the Detection Finding, as JSON, for the event of `source`, which met `clauses`.
    pub fn write(
        &self,
        clauses: &[Clause<'_>],
        source: &Source<'_>,
        evidence: Evidence,
        out: &mut String,
    ) {
        let (uid, time) = (uid(&self.rule, &source.uid()), source.time());
        let created = source.metadata("processed_time").and_then(|time| time.parse().ok());
        let facts = Facts::new(clauses, source);
        out.push_str(&self.head);
        number(",\"time\":", time, out);
        text(",\"message\":", &facts.sentence(Language::English, &self.rule), out);
        out.push_str(",\"metadata\":");
        out.push_str(&self.metadata);
        text(",\"uid\":", &uid, out);
        text(",\"correlation_uid\":", &source.group(self.rule.uid(), &[], time), out);
        for (before, name) in METADATA {
            json_at(before, source.metadata(name), out);
        }
        out.push_str("},\"finding_info\":");
        out.push_str(&self.info);
        text(",\"uid\":", &uid, out);
        number(",\"created_time\":", created.unwrap_or(time), out);
        number(",\"first_seen_time\":", time, out);
        number(",\"last_seen_time\":", time, out);
        out.push_str("},\"unmapped\":");
        out.push_str(&self.details);
        text(",\"message_bn\":", &facts.sentence(Language::Bangla, &self.rule), out);
        matched(clauses, out);
        out.push('}');
        json_at(",\"device\":", source.part("device"), out);
        json_at(",\"actor\":", source.part("actor"), out);
        match source.criticality() {
            None => out.push_str(&self.risk),
            known => out.push_str(&risk_text(severity(self.rule.level).0, known, self.quality)),
        }
        out.push_str(",\"evidences\":[");
        item(source, evidence, out);
        out.push_str("]}");
    }
}

/// The members that tell the risk, each with a comma before it.
fn risk_text(severity_id: u8, criticality: Option<u64>, quality: Quality) -> String {
    let mut out = String::new();
    for (name, value) in risk::members(severity_id, criticality, quality) {
        // Writing to memory cannot fail.
        let _ = write!(out, ",\"{name}\":{value}");
    }
    out
}

impl Template {
    /// The rule, and how sure it is.
    pub(crate) fn rule(&self) -> (&Rule, Quality) {
        (&self.rule, self.quality)
    }
}

/// What of an event's metadata a finding repeats, by the text before it.
const METADATA: [(&str, &str); 7] = [
    (",\"tenant_uid\":", "tenant_uid"),
    (",\"log_name\":", "log_name"),
    (",\"log_provider\":", "log_provider"),
    (",\"log_source\":", "log_source"),
    (",\"event_code\":", "event_code"),
    (",\"logged_time\":", "logged_time"),
    (",\"processed_time\":", "processed_time"),
];
/// What of an event its evidence repeats, in the same way.
const EVIDENCE: [(&str, &str); 5] = [
    (",\"user\":", "user"),
    (",\"src_endpoint\":", "src_endpoint"),
    (",\"dst_endpoint\":", "dst_endpoint"),
    (",\"process\":", "process"),
    (",\"file\":", "file"),
];

fn number(before: &str, number: i64, out: &mut String) {
    out.push_str(before);
    // Writing to memory cannot fail.
    let _ = write!(out, "{number}");
}

fn text(before: &str, text: &str, out: &mut String) {
    out.push_str(before);
    string(text, out);
}

/// JSON as it stands, where there is any.
fn json_at(before: &str, json: Option<&str>, out: &mut String) {
    if let Some(json) = json {
        out.push_str(before);
        out.push_str(json);
    }
}

/// An object with members without its last brace, which is its own.
pub(crate) fn open(value: Value) -> String {
    let mut text = value.to_string();
    text.pop();
    text
}

/// Appends one event as evidence, with its own text, which a tree would reorder.
pub(crate) fn item(source: &Source<'_>, evidence: Evidence, out: &mut String) {
    text("{\"uid\":", &source.uid(), out);
    if evidence == Evidence::Reference {
        out.push_str(",\"data\":{\"metadata\":");
        out.push_str(source.part("metadata").unwrap_or("null"));
        number(",\"time\":", source.time(), out);
        text(",\"message\":", TOO_LARGE, out);
        out.push_str("}}");
        return;
    }
    for (before, name) in EVIDENCE {
        json_at(before, source.part(name), out);
    }
    match source.is_json() {
        true => json_at(",\"data\":", Some(source.text().trim()), out),
        false => text(",\"data\":", source.text(), out),
    }
    out.push('}');
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

fn product() -> Value {
    json!({
        "version": "1.8.0",
        "product": {"name": "Prohori", "vendor_name": "Prohori"},
        "profiles": ["host", "security_control"],
    })
}

/// The metadata of a finding about an event, as a tree.
pub(crate) fn metadata(uid: &str, source: &Source<'_>) -> Value {
    let mut metadata = product();
    metadata["uid"] = uid.into();
    for (_, name) in METADATA {
        if let Some(value) = source.metadata(name).and_then(tree) {
            metadata[name] = value;
        }
    }
    metadata
}

/// JSON as a tree.
pub(crate) fn tree(json: &str) -> Option<Value> {
    serde_json::from_str(json).ok()
}

fn data_sources(rule: &Rule) -> Vec<&str> {
    let source = &rule.logsource;
    [&source.product, &source.category, &source.service]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect()
}

/// Appends the clauses that were met.
fn matched(clauses: &[Clause<'_>], out: &mut String) {
    out.push_str(",\"matched\":[");
    for (index, clause) in clauses.iter().take(CLAUSES_MAX).enumerate() {
        let before = if index > 0 { ",{\"selection\":" } else { "{\"selection\":" };
        text(before, clause.selection, out);
        text(",\"field\":", clause.field.unwrap_or("keywords"), out);
        text_or_null(",\"path\":", clause.path.as_deref(), out);
        text(",\"modifier\":", clause.modifier, out);
        text(",\"pattern\":", clause.pattern, out);
        match clause.value.as_deref().and_then(cut) {
            Some(value) => text(",\"value\":", &value, out),
            None => text_or_null(",\"value\":", clause.value.as_deref(), out),
        }
        out.push('}');
    }
    out.push(']');
    if let Some(more @ 1..) = clauses.len().checked_sub(CLAUSES_MAX) {
        number(",\"matched_left_out\":", more as i64, out);
    }
}

/// A value that is longer than a finding repeats, cut.
fn cut(value: &str) -> Option<String> {
    // No text has more characters than bytes.
    let long = value.len() > VALUE_CHARS_MAX;
    let (at, _) = long.then(|| value.char_indices().nth(VALUE_CHARS_MAX)).flatten()?;
    Some(format!("{}…", &value[..at]))
}

fn text_or_null(before: &str, value: Option<&str>, out: &mut String) {
    match value {
        Some(value) => text(before, value, out),
        None => json_at(before, Some("null"), out),
    }
}
