//! A correlation that holds as a finding: what was counted, in which group, with the first events
//! and the last.

use crate::finding::{item, metadata, open, severity, tree};
use crate::head::{self, class, details, joined};
use crate::risk::{self, Quality};
use crate::{Evidence, Source};
use correlate::{Alarm, Fact, Stage};
use serde_json::{Value, json};
use sigma::Level;
use std::fmt::Write as _;
use std::sync::Arc;

/// How much of a group's value a sentence shows, in characters.
const SHOWN_CHARS_MAX: usize = 80;

/// The id of the finding of an alarm, new or closed: always the same.
pub fn alarm_uid(alarm: &Alarm) -> String {
    format!("{:032x}", alarm.uid)
}

/// The Detection Finding, as JSON, for an alarm of a correlation that is so sure; `ruleset` is the
/// version of the rules in force.
pub fn correlated(alarm: &Alarm, quality: Quality, ruleset: &str, evidence: Evidence) -> String {
    let rule = &*alarm.correlation;
    let sources: Vec<Source<'_>> = alarm.evidence.iter().map(source).collect();
    let anchor = source(&alarm.anchor);
    let severity = severity(rule.level);
    let condition = rule.measure.condition.to_string();
    let more = json!({
        "time": alarm.time,
        "start_time": alarm.first,
        "end_time": alarm.last,
        "count": alarm.count,
        "is_alert": rule.level.is_none_or(|level| level > Level::Informational),
        "message": english(alarm),
        "metadata": metadata(&alarm_uid(alarm), &anchor),
        "finding_info": info(alarm, &anchor),
        "unmapped": {
            "message_bn": bangla(alarm),
            "matched": [],
            "rule": details(rule, &condition, ruleset),
            "correlation": {
                "type": rule.kind.as_str(),
                "timespan_ms": rule.timespan_ms,
                "condition": condition,
                "measured": alarm.measured,
                "group": group(alarm),
                "count": alarm.count,
                "folded": alarm.folded,
                "rules": alarm.evidence.iter().map(|fact| fact.rule()).collect::<Vec<_>>(),
                "events_left_out": alarm.count.saturating_sub(sources.len() as u64),
            },
        },
    });
    let mut finding = joined(class(activity(alarm.stage), severity), more);
    shared(&mut finding, &sources);
    belongs(&mut finding, alarm, &anchor, &sources, (severity.0, quality));
    with_evidence(finding, &alarm.evidence, &sources, evidence)
}

/// Writes the group and the risk of an alarm's finding.
pub(crate) fn belongs(
    finding: &mut Value,
    alarm: &Alarm,
    anchor: &Source<'_>,
    sources: &[Source<'_>],
    (severity_id, quality): (u8, Quality),
) {
    let thing: Vec<&str> = alarm.group.iter().map(|(_, value)| value.as_str()).collect();
    let group = anchor.group(alarm.correlation.uid(), &thing, alarm.time);
    finding["metadata"]["correlation_uid"] = group.into();
    let criticality = sources.iter().filter_map(Source::criticality).max();
    for (name, value) in risk::members(severity_id, criticality, quality) {
        finding[name] = value;
    }
}

/// OCSF's activity, by id and name.
pub(crate) fn activity(stage: Stage) -> (u32, &'static str) {
    match stage {
        Stage::Raised => (1, "Create"),
        Stage::Grown | Stage::Closed => (2, "Update"),
    }
}

/// Whose device or account it is can be said only where all events say the same.
pub(crate) fn shared(finding: &mut Value, sources: &[Source]) {
    for part in ["device", "actor"] {
        let mut values = sources.iter().map(|source| source.part(part).and_then(tree));
        let first = values.next().flatten();
        if let Some(value) = first.filter(|first| values.all(|other| other.as_ref() == Some(first)))
        {
            finding[part] = value;
        }
    }
}

/// The event behind a match, or what is known of it where there was no room to keep it.
pub(crate) fn source(fact: &Arc<Fact>) -> Source<'_> {
    match fact.event() {
        Some(event) => Source::new(event),
        None => {
            let uid = format!("{:032x}", fact.uid);
            let known = json!({ "time": fact.time, "metadata": { "uid": uid } });
            Source::of(known.to_string().into())
        }
    }
}

pub(crate) fn with_evidence(
    finding: Value,
    facts: &[Arc<Fact>],
    sources: &[Source<'_>],
    evidence: Evidence,
) -> String {
    let mut text = open(finding);
    text.push_str(",\"evidences\":[");
    for (index, (source, fact)) in sources.iter().zip(facts).enumerate() {
        if index > 0 {
            text.push(',');
        }
        let whole = fact.event().is_some() && evidence == Evidence::Whole;
        item(source, if whole { Evidence::Whole } else { Evidence::Reference }, &mut text);
    }
    text.push_str("]}");
    text
}

fn info(alarm: &Alarm, anchor: &Source<'_>) -> Value {
    let processed = anchor.metadata("processed_time").and_then(|time| time.parse::<i64>().ok());
    let own = json!({
        "uid": alarm_uid(alarm),
        "created_time": processed.unwrap_or(alarm.time),
        "first_seen_time": alarm.first,
        "last_seen_time": alarm.last,
        "related_events_count": alarm.count,
    });
    joined(head::info(&alarm.correlation, "Sigma correlation"), own)
}

fn group(alarm: &Alarm) -> Value {
    alarm.group.iter().map(|(field, value)| (field.clone(), Value::from(value.as_str()))).collect()
}

fn english(alarm: &Alarm) -> String {
    let mut text = alarm.correlation.title.trim_end_matches('.').to_owned();
    for (field, value) in &alarm.group {
        let _ = write!(text, ", {field} “{}”", shown(value));
    }
    let _ = write!(text, ": {} {}", alarm.count, if alarm.count == 1 { "event" } else { "events" });
    let _ = write!(text, " in {}.", span(alarm.last - alarm.first, &["s", "min", "h"]));
    text
}

fn bangla(alarm: &Alarm) -> String {
    let title = alarm.correlation.title_bn.as_deref().unwrap_or(&alarm.correlation.title);
    let mut text = format!("“{}” শনাক্ত হয়েছে", title.trim_end_matches(['.', '।']));
    for (field, value) in &alarm.group {
        let _ = write!(text, ", {field} “{}”", shown(value));
    }
    let span = digits(&span(alarm.last - alarm.first, &["সেকেন্ড", "মিনিট", "ঘণ্টা"]));
    let _ = write!(text, ": {span} সময়ে {}টি ঘটনা।", digits(&alarm.count.to_string()));
    text
}

/// A duration in its largest whole unit.
pub(crate) fn span(ms: i64, units: &[&str; 3]) -> String {
    let seconds = (ms + 999) / 1_000;
    match seconds {
        ..=119 => format!("{seconds} {}", units[0]),
        120..=7_199 => format!("{} {}", seconds / 60, units[1]),
        _ => format!("{} {}", seconds / 3_600, units[2]),
    }
}

/// Bangla digits.
pub(crate) fn digits(text: &str) -> String {
    let digit = |c: char| match c.to_digit(10) {
        Some(digit) => char::from_u32('০' as u32 + digit).unwrap_or(c),
        None => c,
    };
    text.chars().map(digit).collect()
}

/// A value on one line, cut where it is long.
fn shown(value: &str) -> String {
    let line = value.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut text: String = line.clone().take(SHOWN_CHARS_MAX).collect();
    if line.count() > SHOWN_CHARS_MAX {
        text.push('…');
    }
    text
}
