//! What watches Prohori is right itself: rules, their tests and dashboards, and every metric they name.

use e2e::binary;
use regex::Regex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// Metrics of Prometheus and of the exporters that `deploy/prometheus` speaks of.
const FOREIGN: &[&str] = &[
    "up",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "probe_ssl_earliest_cert_expiry",
];

fn read(path: &str) -> String {
    let file = binary::root().join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of a reference: what stands in the first column, and the whole row.
fn reference(path: &str) -> BTreeMap<String, String> {
    let text = read(path);
    let rows = text.lines().filter_map(|line| {
        let name = line.strip_prefix("| `")?.split('`').next()?;
        Some((name.to_owned(), line.to_owned()))
    });
    rows.collect()
}

/// Expressions of every dashboard, with the panel's title.
fn dashboards() -> Vec<(String, String)> {
    let folder = std::fs::read_dir(binary::root().join("deploy/grafana")).expect("dashboards");
    let mut found = Vec::new();
    for entry in folder.flatten() {
        let board: Value = serde_json::from_str(&read(&format!(
            "deploy/grafana/{}",
            entry.file_name().to_string_lossy()
        )))
        .expect("a dashboard is JSON");
        let panels = board["panels"].as_array().expect("panels");
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
        assert_eq!(ids.len(), panels.len(), "{}: panels of one number", board["title"]);
        for panel in panels {
            for target in panel["targets"].as_array().expect("targets") {
                let text = |value: &Value| value.as_str().expect("text").to_owned();
                found.push((text(&panel["title"]), text(&target["expr"])));
            }
        }
    }
    found
}

/// The program, from `deploy/setup --test` or the system.
fn promtool() -> Option<PathBuf> {
    let fetched = binary::root().join(".prohori/promtool/promtool");
    let found = [fetched, "promtool".into()]
        .into_iter()
        .find(|tool| Command::new(tool).arg("--version").output().is_ok());
    if found.is_none() {
        eprintln!("NOT TESTED: there is no promtool here; `deploy/setup --test` fetches it");
    }
    found
}

fn check(tool: &PathBuf, args: &[&str]) {
    let output = Command::new(tool).args(args).current_dir(binary::root()).output();
    let output = output.expect("promtool runs");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "promtool {args:?}\n{}", String::from_utf8_lossy(&said));
}

#[test]
fn rules_hold_in_their_tests() {
    let Some(tool) = promtool() else { return };
    check(&tool, &["check", "config", "deploy/prometheus/prometheus.yml"]);
    check(&tool, &["test", "rules", "deploy/prometheus/rules.test.yml"]);
}

#[test]
fn dashboards_ask_what_prometheus_understands() {
    let Some(tool) = promtool() else { return };
    let mut rules = String::from("groups:\n- name: dashboards\n  rules:\n");
    for (number, (title, expression)) in dashboards().iter().enumerate() {
        let title = Value::from(title.as_str());
        let expression = Value::from(expression.as_str());
        let _ = write!(
            rules,
            "  - record: dashboard:{number}\n    labels: {{panel: {title}}}\n    expr: {expression}\n"
        );
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), rules).expect("it is written");
    check(&tool, &["check", "rules", file.path().to_str().expect("a plain path")]);
}

/// Names in text that look like ours or like a recording rule's, and what they are counted under.
fn metrics(text: &str) -> BTreeSet<String> {
    let names = Regex::new(r"prohori(?:_[a-z0-9_]+|:[a-z0-9_:]+)").expect("a pattern");
    let ends = |name: &str| {
        let ends = ["_bucket", "_sum", "_count"];
        ends.iter().find_map(|end| name.strip_suffix(end).map(str::to_owned))
    };
    names.find_iter(text).map(|name| ends(name.as_str()).unwrap_or(name.as_str().into())).collect()
}

#[test]
fn every_metric_that_is_watched_is_one_that_is_told() {
    let told = reference("docs/reference/metrics.md");
    let rules = read("deploy/prometheus/rules.yml");
    let recorded = Regex::new(r"record: (\S+)").expect("a pattern");
    let recorded: BTreeSet<&str> =
        recorded.captures_iter(&rules).map(|of| of.extract::<1>().1[0]).collect();
    // One expression names its metrics by a pattern; each of its branches is one.
    let branches = Regex::new(r"prohori_collector_\(([a-z_|]+)\)_total").expect("a pattern");
    let mut named: BTreeSet<String> = BTreeSet::new();
    for found in branches.captures_iter(&rules) {
        named.extend(found[1].split('|').map(|name| format!("prohori_collector_{name}_total")));
    }
    assert!(named.len() > 5, "the pattern of lost records has moved: {named:?}");
    named.extend(metrics(&branches.replace_all(&rules, "")));
    named.extend(metrics(&read("deploy/prometheus/rules.test.yml")));
    for (_, expression) in dashboards() {
        named.extend(metrics(&expression));
    }
    let unknown: Vec<_> = named
        .iter()
        .filter(|name| !told.contains_key(*name) && !recorded.contains(name.as_str()))
        .collect();
    assert!(unknown.is_empty(), "not in docs/reference/metrics.md: {unknown:?}");
    let unused: Vec<_> = FOREIGN.iter().filter(|name| !rules.contains(*name)).collect();
    assert!(unused.is_empty(), "no rule asks for {unused:?}");
}

#[test]
fn every_alert_has_a_section_that_says_what_to_do() {
    let rules = read("deploy/prometheus/rules.yml");
    let faults = read("docs/faults.md");
    let anchor = |heading: &str| heading.to_lowercase().replace(' ', "-");
    let sections: BTreeSet<String> =
        faults.lines().filter_map(|line| line.strip_prefix("## ")).map(anchor).collect();
    let alerts = rules.matches("- alert: ").count();
    let runbook = Regex::new(r"runbook: ([a-z-]+)").expect("a pattern");
    let runbooks: Vec<&str> =
        runbook.captures_iter(&rules).map(|of| of.extract::<1>().1[0]).collect();
    assert_eq!(runbooks.len(), alerts, "alerts, and those that name a runbook");
    let missing: Vec<_> = runbooks.iter().filter(|name| !sections.contains(**name)).collect();
    assert!(missing.is_empty(), "not in docs/faults.md: {missing:?}");
    assert_eq!(rules.matches("summary_bn: ").count(), alerts, "alerts told in Bangla too");
}
