//! What every finding begins with, and what a rule or correlation says of itself in it.

use crate::attacks::attacks;
use serde_json::{Value, json};
use sigma::{Head, Level};

/// OCSF's class, activity and severity, each of the last two by id and name.
pub(crate) fn class(
    (activity_id, activity): (u32, &str),
    (severity_id, severity): (u8, &str),
) -> Value {
    json!({
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "category_uid": 2,
        "category_name": "Findings",
        "activity_id": activity_id,
        "activity_name": activity,
        "type_uid": 200_400 + activity_id,
        "type_name": format!("Detection Finding: {activity}"),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 1,
        "status": "New",
    })
}

/// An object with the members of another besides.
pub(crate) fn joined(mut object: Value, more: Value) -> Value {
    if let (Some(members), Value::Object(more)) = (object.as_object_mut(), more) {
        members.extend(more);
    }
    object
}

/// `finding_info` as far as the rule decides it; `category` is the kind of rule.
pub(crate) fn info(head: &Head, category: &str) -> Value {
    let mut info = json!({
        "title": head.title,
        "analytic": {
            "uid": head.uid(),
            "name": head.title,
            "type_id": 1,
            "type": "Rule",
            "category": category,
        },
    });
    if let Some(description) = &head.description {
        info["desc"] = description.trim().into();
    }
    if let Some(modified) = head.modified.as_ref().or(head.date.as_ref()) {
        info["analytic"]["version"] = modified.as_str().into();
    }
    let attacks = attacks(&head.tags);
    if !attacks.is_empty() {
        info["attacks"] = attacks.into();
    }
    info
}

/// What `unmapped.rule` tells; `ruleset` is the version of the rules in force.
pub(crate) fn details(head: &Head, condition: &str, ruleset: &str) -> Value {
    json!({
        "id": head.uid(),
        "title": head.title,
        "title_bn": head.title_bn,
        "level": head.level.map(Level::as_str),
        "status": head.status,
        "description": head.description.as_deref().map(str::trim),
        "author": head.author,
        "tags": head.tags,
        "falsepositives": head.falsepositives,
        "falsepositives_bn": head.falsepositives_bn,
        "references": head.references,
        "condition": condition,
        "ruleset": ruleset,
    })
}
