//! Alerts of one rule that fold into one: the rule's finding, with the count of its events.

use crate::correlated::{
    activity, alarm_uid, belongs, digits, shared, source, span, with_evidence,
};
use crate::finding::{Template, severity};
use crate::{Evidence, Source};
use correlate::Alarm;
use detect::Clause;
use serde_json::{Value, json};

/// The Detection Finding, as JSON, for an alarm that stands for the alerts of the rule of
/// `template`, which its first event met in `clauses`.
pub fn folded(
    alarm: &Alarm,
    template: &Template,
    clauses: &[Clause<'_>],
    evidence: Evidence,
) -> String {
    let anchor = source(&alarm.anchor);
    let mut alone = String::new();
    template.write(clauses, &anchor, Evidence::Reference, &mut alone);
    let mut finding: Value = serde_json::from_str(&alone).unwrap_or_default();
    let sources: Vec<Source<'_>> = alarm.evidence.iter().map(source).collect();
    if let Some(members) = finding.as_object_mut() {
        ["evidences", "device", "actor"].iter().for_each(|name| drop(members.remove(*name)));
    }
    let (uid, (activity_id, activity)) = (alarm_uid(alarm), activity(alarm.stage));
    for (name, value) in [
        ("activity_id", json!(activity_id)),
        ("activity_name", json!(activity)),
        ("type_uid", json!(200_400 + activity_id)),
        ("type_name", json!(format!("Detection Finding: {activity}"))),
        ("time", json!(alarm.time)),
        ("start_time", json!(alarm.first)),
        ("end_time", json!(alarm.last)),
        ("count", json!(alarm.count)),
    ] {
        finding[name] = value;
    }
    finding["metadata"]["uid"] = json!(uid);
    for (name, value) in [
        ("uid", json!(uid)),
        ("first_seen_time", json!(alarm.first)),
        ("last_seen_time", json!(alarm.last)),
        ("related_events_count", json!(alarm.count)),
    ] {
        finding["finding_info"][name] = value;
    }
    finding["unmapped"]["folding"] = folding(alarm, sources.len());
    if alarm.count > 1 {
        tell_count(&mut finding, alarm);
    }
    shared(&mut finding, &sources);
    let (rule, quality) = template.rule();
    belongs(&mut finding, alarm, &anchor, &sources, (severity(rule.level).0, quality));
    with_evidence(finding, &alarm.evidence, &sources, evidence)
}

fn folding(alarm: &Alarm, shown: usize) -> Value {
    let group = alarm.group.iter().map(|(field, value)| (field.clone(), json!(value)));
    json!({
        "group": group.collect::<Value>(),
        "condition": alarm.correlation.measure.condition.to_string(),
        "within_ms": alarm.correlation.timespan_ms,
        "for_ms": alarm.correlation.fold_ms,
        "count": alarm.count,
        "folded": alarm.folded,
        "events_left_out": alarm.count.saturating_sub(shown as u64),
    })
}

/// Adds to what the finding says, in both languages, how many events it stands for.
fn tell_count(finding: &mut Value, alarm: &Alarm) {
    let (count, ms) = (alarm.count.to_string(), alarm.last - alarm.first);
    let english = format!(" {count} such events in {}.", span(ms, &["s", "min", "h"]));
    let bangla = digits(&span(ms, &["সেকেন্ড", "মিনিট", "ঘণ্টা"]));
    let bangla = format!(" {bangla} সময়ে এমন {}টি ঘটনা।", digits(&count));
    for (pointer, more) in [("/message", english), ("/unmapped/message_bn", bangla)] {
        if let Some(Value::String(text)) = finding.pointer_mut(pointer) {
            text.push_str(&more);
        }
    }
}
