//! Every rule of the pack fires on its `match` lines and on none of its `miss` lines, through the
//! same two filters that a rule writer uses.

use e2e::binary;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A sample: the rule it belongs to, whether it must fire, the raw line.
struct Sample {
    rule: String,
    must_fire: bool,
    raw: String,
}

fn rule_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("rules/ is there").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("mappings") {
            rule_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "yml") {
            found.push(path);
        }
    }
}

fn rule_id(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a rule is readable");
    let id = text.lines().find_map(|line| line.strip_prefix("id: "));
    id.unwrap_or_else(|| panic!("{} has no id", path.display())).to_owned()
}

fn samples() -> Vec<Sample> {
    let mut rules = Vec::new();
    rule_files(&binary::root().join("rules"), &mut rules);
    assert!(rules.len() >= 10, "only {} rules found", rules.len());
    let mut samples = Vec::new();
    for rule in rules {
        let id = rule_id(&rule);
        for (kind, must_fire) in [("match.log", true), ("miss.log", false)] {
            let path = rule.with_extension(kind);
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(!text.trim().is_empty(), "{} is empty", path.display());
            let lines = text.lines().filter(|line| !line.is_empty());
            samples.extend(lines.map(|raw| Sample {
                rule: id.clone(),
                must_fire,
                raw: raw.to_owned(),
            }));
        }
    }
    samples
}

/// The events of each sample, each marked with the sample's number.
fn normalize(samples: &[Sample]) -> Vec<u8> {
    let mut framed = String::new();
    for (id, sample) in samples.iter().enumerate() {
        framed.push_str(&json!({ "id": id, "raw": sample.raw }).to_string());
        framed.push('\n');
    }
    let mut events = Vec::new();
    for line in binary::pipe(&["normalize", "--stdin", "--framed"], framed.as_bytes())
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
    {
        let mut answer: Value = serde_json::from_slice(line).expect("an answer is JSON");
        assert!(answer["error"].is_null(), "{answer}");
        let id = answer["id"].to_string();
        for event in answer["events"].as_array_mut().expect("events is a list") {
            event["metadata"]["correlation_uid"] = json!(id);
            events.extend_from_slice(event.to_string().as_bytes());
            events.push(b'\n');
        }
    }
    events
}

#[test]
fn rules_fire_on_their_samples_and_not_on_their_near_misses() {
    let samples = samples();
    let events = normalize(&samples);
    let alerts = binary::pipe(&["detect", "--stdin", "--rules", "rules"], &events);
    let mut fired: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for line in alerts.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        let alert: Value = serde_json::from_slice(line).expect("an alert is JSON");
        let rule = alert["finding_info"]["analytic"]["uid"].as_str().expect("a rule id").to_owned();
        let id = alert["evidences"][0]["data"]["metadata"]["correlation_uid"].as_str();
        let id = id.and_then(|id| id.parse().ok()).expect("the evidence is the event");
        fired.entry(id).or_default().insert(rule);
    }
    let wrong: Vec<String> = samples
        .iter()
        .enumerate()
        .filter(|(id, s)| fired.get(id).is_some_and(|f| f.contains(&s.rule)) != s.must_fire)
        .map(|(_, s)| {
            let wish = if s.must_fire { "must fire on" } else { "must not fire on" };
            format!("{} {wish} {:.160}", s.rule, s.raw)
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
