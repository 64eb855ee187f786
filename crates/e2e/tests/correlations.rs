//! The behaviours of the shared corpus of attack logs, through `normalize | detect` and our own
//! correlations: an alert for each source that must be found, and none for another.

#![expect(clippy::print_stdout, reason = "how many were found is part of the result")]

use e2e::binary;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Sources that our correlations do not find, by test, and why.
const MISSED: &[(&str, &str)] = &[
    ("CVE-2022-46169", "guessed numbers in one product's parameters; ours are general"),
    ("audiobookshelf-bf", "four failures, which ours take for a forgotten password"),
    ("charon-ipsec-slow-bf", "the failure is told in a line without the address"),
    (
        "envoy-http-bad-user-agent",
        "Envoy's access lines in containerd's framing have no parser yet",
    ),
    ("magento-ccs-by-as", "needs the number of the network that an address belongs to"),
    ("pterodactyl-wings-bf", "its lines are taken for nginx's, without the address"),
    ("sabnzbd-bf", "one source is the client of a proxy, in words of the line"),
    ("ssh-time-based-bf", "evenly spaced attempts: no correlation looks at the spacing"),
    ("zoneminder_cve-39291", "one product's request repeated; ours are general"),
];

/// Sources for which ours raise an alert and the corpus expects none, by test, and why.
const BEYOND: &[(&str, &str)] = &[
    ("apereo-cas-slow-bf", "eleven failures of one address in a minute"),
    (
        "proxmox-logs",
        "five and six failures of an address in a minute, in a test of the parser only",
    ),
    ("zoneminder-bf", "six refused logins of one address in seconds"),
];

/// Sources of repeated behaviour that are found, of 148; what is missing is among [`MISSED`].
const HITS_MIN: usize = 128;
/// Sources of single events that some rule finds, of 49. The others need what a rule cannot know (the
/// distance between two logins), or are told in words that no parser reads yet.
const SINGLE_HITS_MIN: usize = 39;

/// A test of the corpus.
struct Test {
    name: String,
    lines: Vec<String>,
    /// Addresses that must be found.
    sources: BTreeSet<IpAddr>,
    /// Whether more than one event makes it.
    correlates: bool,
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

fn tests() -> Option<Vec<Test>> {
    let folder = binary::corpora()?.join("correlation-crowdsec");
    let text =
        std::fs::read_to_string(folder.join("expected.ndjson")).expect("the corpus is whole");
    let read = |line: &str| {
        let test: Value = serde_json::from_str(line).expect("a line is JSON");
        let log = folder.join(test["log"].as_str().expect("a log"));
        let log =
            String::from_utf8_lossy(&std::fs::read(log).expect("the log is there")).into_owned();
        let alerts = test["alerts"].as_array().cloned().unwrap_or_default();
        let sources =
            alerts.iter().flat_map(|alert| alert["sources"].as_array().into_iter().flatten());
        let definitions = test["definitions"].as_object().cloned().unwrap_or_default();
        Test {
            name: test["test"].as_str().expect("a name").to_owned(),
            lines: log.lines().map(str::to_owned).collect(),
            sources: sources.filter_map(|s| address(s["value"].as_str()?)).collect(),
            correlates: definitions.values().any(|of| of["type"] == "leaky"),
        }
    };
    Some(text.lines().map(read).collect())
}

/// The events of all tests; each test is an agency of its own, so that they do not mix.
fn events(tests: &[Test]) -> Vec<u8> {
    let mut framed = String::new();
    for (number, test) in tests.iter().enumerate() {
        for line in &test.lines {
            framed.push_str(&json!({ "id": number, "raw": line }).to_string());
            framed.push('\n');
        }
    }
    let answers = binary::pipe(&["normalize", "--stdin", "--framed"], framed.as_bytes());
    let mut events = Vec::new();
    for line in answers.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let mut answer: Value = serde_json::from_slice(line).expect("an answer is JSON");
        let agency = answer["id"].to_string();
        for event in answer["events"].as_array_mut().into_iter().flatten() {
            event["metadata"]["tenant_uid"] = json!(agency);
            events.extend_from_slice(event.to_string().as_bytes());
            events.push(b'\n');
        }
    }
    events
}

/// The addresses that alerts are about, by test: of correlations, and of any rule.
#[derive(Default)]
struct Found {
    correlated: BTreeMap<usize, BTreeSet<IpAddr>>,
    any: BTreeMap<usize, BTreeSet<IpAddr>>,
}

fn found(events: &[u8]) -> Found {
    let mut found = Found::default();
    let alerts = binary::pipe(&["detect", "--stdin", "--rules", "rules"], events);
    for line in alerts.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let alert: Value = serde_json::from_slice(line).expect("an alert is JSON");
        let test = alert["metadata"]["tenant_uid"].as_str().and_then(|id| id.parse().ok());
        let test: usize = test.expect("the alert's agency is its test");
        let group = &alert["unmapped"]["correlation"]["group"];
        for field in ["src_ip", "c-ip"] {
            let source = group[field].as_str().and_then(address);
            found.correlated.entry(test).or_default().extend(source);
        }
        let event = &alert["evidences"][0]["data"]["src_endpoint"]["ip"];
        found.any.entry(test).or_default().extend(event.as_str().and_then(address));
    }
    found
}

#[test]
fn sources_of_repeated_behaviour_are_found_and_no_others() {
    let Some(tests) = tests() else { return };
    let found = found(&events(&tests));
    let none = BTreeSet::new();
    let known = |list: &[(&str, &str)], name: &str| list.iter().any(|(test, _)| *test == name);
    let (mut expected, mut hits, mut beyond) = (0, 0, 0);
    let (mut single, mut single_hits) = (0, 0);
    let mut wrong = Vec::new();
    for (number, test) in tests.iter().enumerate() {
        let by =
            |map: &BTreeMap<usize, BTreeSet<IpAddr>>| map.get(&number).unwrap_or(&none).clone();
        if !test.correlates {
            single += test.sources.len();
            single_hits += test.sources.intersection(&by(&found.any)).count();
            continue;
        }
        let told = by(&found.correlated);
        expected += test.sources.len();
        hits += test.sources.intersection(&told).count();
        let missed: Vec<&IpAddr> = test.sources.difference(&told).collect();
        if !missed.is_empty() && !known(MISSED, &test.name) {
            wrong.push(format!("{}: nothing for {missed:?}", test.name));
        }
        let others: Vec<&IpAddr> = told.difference(&test.sources).collect();
        beyond += others.len();
        if !others.is_empty() && !known(BEYOND, &test.name) {
            wrong.push(format!("{}: an alert for {others:?}", test.name));
        }
    }
    println!("repeated behaviour: {hits} of {expected} sources found, {beyond} beyond them");
    println!("single events: {single_hits} of {single} sources found by any rule");
    for (test, why) in MISSED.iter().chain(BEYOND) {
        println!("  {test}: {why}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(hits >= HITS_MIN, "{hits} of {expected}");
    assert!(single_hits >= SINGLE_HITS_MIN, "{single_hits} of {single}");
}
