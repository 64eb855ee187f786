//! What a Detection Finding says of its rule, its evidence and the fields that matched.
//!
//! OCSF has no home for a Sigma rule's level, tags, false positives and references, nor for which
//! clause met which value: the detector writes them under `unmapped.rule` and `unmapped.matched`.
//! What is missing is shown as empty; an alert is never hidden because its finding is odd.

use serde_json::{Map, Value};

/// The rule that fired.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Rule {
    id: String,
    title: String,
    /// Sigma's level.
    level: String,
    description: String,
    tags: Vec<String>,
    falsepositives: Vec<String>,
    references: Vec<String>,
    /// The rule as its author wrote it.
    source_yaml: Option<String>,
}

/// One clause of the rule, with the value that met it.
#[derive(Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Matched {
    /// The selection's name in the rule.
    selection: String,
    /// The field as the rule names it.
    field: String,
    /// Where it stands in the event.
    path: String,
    modifier: Option<String>,
    pattern: String,
    value: String,
}

/// An ATT&CK tactic or technique.
#[derive(Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Attack {
    tactic: String,
    /// Its id, such as `T1110.001`.
    technique: Option<String>,
    name: Option<String>,
}

/// What an alert's detail has beyond its summary and the finding itself.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = AlertEvidence)]
pub(crate) struct Evidence {
    rule: Rule,
    matched: Vec<Matched>,
    /// The OCSF events: the first ten and the last.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Value>,
    /// Each event's raw log, in the same order; empty where it has none.
    raw: Vec<String>,
    attack: Vec<Attack>,
}

impl Evidence {
    /// The rule, what of it matched, and where it stands in ATT&CK.
    pub(crate) fn explained(self) -> (Rule, Vec<Matched>, Vec<Attack>) {
        (self.rule, self.matched, self.attack)
    }

    /// The rule as its author wrote it.
    pub(crate) fn rule_source(&self) -> Option<String> {
        self.rule.source_yaml.clone()
    }

    /// The events and their raw logs, in the same order.
    pub(crate) fn events(&self) -> (&[Value], &[String]) {
        (&self.events, &self.raw)
    }

    /// Reads `finding`.
    pub(super) fn of(finding: &Value) -> Self {
        let events = events(finding);
        Self {
            rule: Rule::of(finding),
            matched: list(&finding["unmapped"]["matched"]).map(Matched::of).collect(),
            raw: events.iter().map(|event| text(&event["raw_data"])).collect(),
            events,
            attack: list(&finding["finding_info"]["attacks"]).flat_map(attacks).collect(),
        }
    }
}

impl Rule {
    fn of(finding: &Value) -> Self {
        let rule = &finding["unmapped"]["rule"];
        let info = &finding["finding_info"];
        let analytic = &info["analytic"];
        let first = |values: [&Value; 3]| {
            values.into_iter().map(text).find(|text| !text.is_empty()).unwrap_or_default()
        };
        Self {
            id: first([&rule["id"], &analytic["uid"], &Value::Null]),
            title: first([&rule["title"], &analytic["name"], &info["title"]]),
            level: first([&rule["level"], &finding["severity"], &Value::Null]).to_lowercase(),
            description: first([&rule["description"], &analytic["desc"], &info["desc"]]),
            tags: texts(&rule["tags"]),
            falsepositives: texts(&rule["falsepositives"]),
            references: texts(&rule["references"]),
            source_yaml: rule["source_yaml"].as_str().map(Into::into),
        }
    }
}

impl Matched {
    /// The field and what it was looked at for.
    pub(crate) fn shown(&self) -> (&str, &str) {
        (&self.field, &self.pattern)
    }

    fn of(clause: &Value) -> Self {
        Self {
            selection: text(&clause["selection"]),
            field: text(&clause["field"]),
            path: text(&clause["path"]),
            modifier: Some(text(&clause["modifier"])).filter(|modifier| !modifier.is_empty()),
            pattern: text(&clause["pattern"]),
            value: text(&clause["value"]),
        }
    }
}

/// `evidences[].data`: an object, or JSON in a string.
fn events(finding: &Value) -> Vec<Value> {
    list(&finding["evidences"])
        .filter_map(|evidence| match &evidence["data"] {
            Value::String(json) => serde_json::from_str(json).ok(),
            data => Some(data.clone()),
        })
        .filter(Value::is_object)
        .collect()
}

/// One entry a tactic; the technique is the most exact one.
fn attacks(attack: &Value) -> Vec<Attack> {
    let named = |key: &str| attack[key].as_object().filter(|object| object.contains_key("uid"));
    let technique = named("sub_technique").or_else(|| named("technique"));
    let member = |object: Option<&Map<String, Value>>, key: &str| {
        object.and_then(|object| object.get(key)).map(text).filter(|text| !text.is_empty())
    };
    let tactics: Vec<&Value> = match &attack["tactics"] {
        Value::Array(tactics) => tactics.iter().collect(),
        _ => vec![&attack["tactic"]],
    };
    let one = |tactic: &Value| Attack {
        tactic: if tactic["name"].is_string() {
            text(&tactic["name"])
        } else {
            text(&tactic["uid"])
        },
        technique: member(technique, "uid"),
        name: member(technique, "name"),
    };
    tactics.into_iter().map(one).collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn texts(value: &Value) -> Vec<String> {
    list(value).map(text).collect()
}

/// A value as text: as it is where it is one, empty for `null`, else its JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_finding_is_taken_apart() {
        let finding = json!({
            "severity": "High",
            "finding_info": {
                "title": "t", "desc": "d", "analytic": {"uid": "r-1", "name": "Rule"},
                "attacks": [
                    {"tactic": {"name": "Credential Access"},
                     "technique": {"uid": "T1110", "name": "Brute Force"},
                     "sub_technique": {"uid": "T1110.001", "name": "Password Guessing"}},
                    {"tactics": [{"uid": "TA0001"}, {"uid": "TA0003"}]}
                ]
            },
            "evidences": [
                {"data": {"raw_data": "Failed password", "class_uid": 3002}},
                {"data": "{\"class_uid\": 1007}"},
                {"data": 5}, {}
            ],
            "unmapped": {
                "rule": {"level": "high", "tags": ["attack.t1110.001"], "falsepositives": ["none"]},
                "matched": [{"selection": "selection", "field": "EventID", "path": "metadata.event_code",
                    "modifier": null, "pattern": "4625", "value": 4625}]
            }
        });
        let evidence = Evidence::of(&finding);
        let rule = &evidence.rule;
        assert_eq!(
            (rule.id.as_str(), rule.title.as_str(), rule.level.as_str()),
            ("r-1", "Rule", "high")
        );
        assert_eq!((rule.description.as_str(), rule.source_yaml.as_deref()), ("d", None));
        assert_eq!(evidence.raw, ["Failed password", ""]);
        assert_eq!(evidence.events[1], json!({"class_uid": 1007}));
        assert_eq!(evidence.matched[0].value, "4625");
        assert_eq!(evidence.matched[0].modifier, None);
        let techniques: Vec<_> =
            evidence.attack.iter().map(|a| (a.tactic.as_str(), a.technique.as_deref())).collect();
        let expected =
            [("Credential Access", Some("T1110.001")), ("TA0001", None), ("TA0003", None)];
        assert_eq!(techniques, expected);
    }

    #[test]
    fn an_odd_finding_is_shown_empty() {
        for odd in [json!(null), json!([]), json!({"evidences": {}, "unmapped": 5})] {
            assert_eq!(Evidence::of(&odd), Evidence::default(), "{odd}");
        }
    }
}
