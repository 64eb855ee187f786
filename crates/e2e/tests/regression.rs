//! SigmaHQ's own events through `normalize | detect` with all of SigmaHQ's rules: each rule fires on
//! the events that it was written for, and on everyday events none does that means an attack.

#![expect(clippy::print_stdout, reason = "how many were found is part of the result")]

use e2e::binary;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The trees of the corpus whose rules are meant for detection.
const TREES: [&str; 3] = ["rules", "rules-threat-hunting", "rules-emerging-threats"];

/// OCSF's severity of a rule of level high.
const HIGH: u64 = 4;

/// JSON lines of a file of the corpus.
fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("the corpus is whole");
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// What became of a rule on a log.
#[derive(Debug, Default, Clone, Copy)]
struct Fired {
    times: usize,
    severity_id: u64,
}

/// The rules that fire on each of these logs, by the log's number and the rule's id; an alert knows
/// its log by the agency.
fn fired(logs: &[String], rules: &[&Path]) -> BTreeMap<(usize, String), Fired> {
    let mut framed = String::new();
    for (number, log) in logs.iter().enumerate() {
        for line in log.lines().filter(|line| !line.trim().is_empty()) {
            framed.push_str(&json!({ "id": number, "raw": line }).to_string());
            framed.push('\n');
        }
    }
    let answers = binary::pipe(&["normalize", "--stdin", "--framed"], framed.as_bytes());
    let mut events = Vec::new();
    for line in answers.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let mut answer: Value = serde_json::from_slice(line).expect("an answer is JSON");
        assert!(answer["error"].is_null(), "no event: {answer}");
        let agency = answer["id"].to_string();
        for event in answer["events"].as_array_mut().into_iter().flatten() {
            event["metadata"]["tenant_uid"] = json!(agency);
            events.extend_from_slice(event.to_string().as_bytes());
            events.push(b'\n');
        }
    }
    let mut args = vec!["detect", "--stdin"];
    for path in rules {
        args.extend(["--rules", path.to_str().expect("a path of letters")]);
    }
    let mut fired: BTreeMap<(usize, String), Fired> = BTreeMap::new();
    let alerts = binary::pipe(&args, &events);
    for line in alerts.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let alert: Value = serde_json::from_slice(line).expect("an alert is JSON");
        let log = alert["metadata"]["tenant_uid"].as_str().and_then(|id| id.parse().ok());
        let rule = alert["finding_info"]["analytic"]["uid"].as_str().expect("a rule's id");
        let of = fired.entry((log.expect("the agency is the log"), rule.to_owned())).or_default();
        of.times += 1;
        of.severity_id = alert["severity_id"].as_u64().expect("a severity");
    }
    fired
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_rule_fires_on_the_events_it_was_written_for() {
    let Some(corpora) = binary::corpora() else { return };
    let folder = corpora.join("sigma-regression");
    let tests = lines(&folder.join("expected.ndjson"));
    let read = |test: &Value| {
        let path = folder.join(text(&test["events_file"]));
        String::from_utf8_lossy(&std::fs::read(path).expect("the log is there")).into_owned()
    };
    let logs: Vec<String> = tests.iter().map(read).collect();
    let trees = TREES.map(|tree| corpora.join("sigma").join(tree));
    let fired = fired(&logs, &trees.each_ref().map(AsRef::as_ref));
    let mut missed = Vec::new();
    for (number, test) in tests.iter().enumerate() {
        let rule = text(&test["rule_id"]);
        let wanted = test["match_count"].as_u64().unwrap_or(1) as usize;
        let found = fired.get(&(number, rule.clone())).map_or(0, |fired| fired.times);
        if found < wanted {
            missed.push(format!("{rule} ({}): {found} of {wanted}", text(&test["title"])));
        }
    }
    println!("{} of {} rules fire on their events", tests.len() - missed.len(), tests.len());
    assert!(tests.len() > 80, "the corpus is whole");
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn on_everyday_events_nothing_fires_that_means_an_attack() {
    let Some(corpora) = binary::corpora() else { return };
    let folder = corpora.join("windows-ordinary");
    let expected = lines(&folder.join("expected_sigma.ndjson"));
    let log = std::fs::read_to_string(folder.join("events.ndjson")).expect("the corpus is whole");
    let mut trees: Vec<_> = TREES.map(|tree| corpora.join("sigma").join(tree)).into();
    trees.push(binary::root().join("rules"));
    let paths: Vec<&Path> = trees.iter().map(AsRef::as_ref).collect();
    // What fires by all that other engines agree on, attack or not, is the rules' own affair.
    let agreed: BTreeSet<String> = expected
        .iter()
        .flat_map(|of| of["rules"].as_array().into_iter().flatten())
        .map(text)
        .collect();
    let fired = fired(&[log], &paths);
    let wrong: Vec<&String> = fired
        .iter()
        .filter(|((_, rule), of)| of.severity_id >= HIGH && !agreed.contains(rule))
        .map(|((_, rule), _)| rule)
        .collect();
    println!("{} rules fire on everyday events, {} as agreed", fired.len(), agreed.len());
    assert!(wrong.is_empty(), "of high or critical level: {wrong:?}");
}
