//! The filter as a whole.

use super::*;

fn rules() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rule =
        "title: t\nid: r\nlogsource: {product: linux}\ndetection: {s: [evil], condition: s}\n";
    std::fs::write(folder.path().join("r.yml"), rule).unwrap();
    std::fs::write(folder.path().join("bad.yml"), "title: x\n").unwrap();
    folder
}

/// The findings on `input`.
fn findings(input: &str, threads: usize) -> Vec<serde_json::Value> {
    let folder = rules();
    let rules = vec![folder.path().to_owned()];
    let options = Options { rules, threads: NonZero::new(threads), ..Options::default() };
    let mut output = Vec::new();
    run(&options, input.as_bytes(), &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn events_become_alerts_and_odd_lines_are_passed_over() {
    let input = "{\"metadata\":{\"log_source\":\"sshd\"},\"message\":\"evil\"}\n\nnonsense\n{\"message\":\"evil\"}\n";
    let findings = findings(input, 1);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0]["evidences"][0]["data"]["message"], "evil");
}

#[test]
fn alerts_come_in_the_order_of_the_events_from_any_number_of_threads() {
    let event = |number: usize| {
        let word = if number.is_multiple_of(3) { "evil" } else { "good" };
        format!(
            "{{\"metadata\":{{\"log_source\":\"sshd\"}},\"message\":\"{word}\",\"count\":{number},\"data\":\"{}\"}}\n",
            "x".repeat(number % 4000)
        )
    };
    let input: String = (0..3000).map(event).collect();
    let numbers = |threads| -> Vec<u64> {
        let count = |finding: &serde_json::Value| {
            finding["evidences"][0]["data"]["count"].as_u64().unwrap()
        };
        findings(&input, threads).iter().map(count).collect()
    };
    let expected: Vec<u64> = (0..3000).step_by(3).collect();
    for threads in [1, 2, 7] {
        assert_eq!(numbers(threads), expected, "{threads} threads");
    }
}

const CORRELATED: &str = "
title: Failure
name: failure
logsource: {product: linux}
detection: {s: [failed], condition: s}
---
title: Many failures.
title_bn: বহু ব্যর্থতা
id: many
level: high
correlation: {type: event_count, rules: [failure], group-by: [who], timespan: 1m, condition: {gte: 3}}
";

/// Failures as `second who`, one event a line.
fn failures(rows: &[(i64, &str)]) -> Vec<String> {
    let event = |(number, (second, who)): (usize, &(i64, &str))| {
        format!(
            "{{\"time\":{},\"metadata\":{{\"uid\":\"{number:032x}\",\"log_source\":\"sshd\"}},\"message\":\"failed\",\"unmapped\":{{\"who\":\"{who}\"}}}}\n",
            second * 1_000
        )
    };
    rows.iter().enumerate().map(event).collect()
}

#[test]
fn correlations_are_told_once_with_the_final_count_however_the_lines_are_ordered() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.yml"), CORRELATED).unwrap();
    let rows = [(1, "a"), (2, "b"), (3, "a"), (4, "a"), (9, "a"), (99, "b"), (300, "a")];
    let mut lines = failures(&rows);
    lines.push(lines[0].clone());
    let run = |lines: &[String], threads: usize| {
        let threads = NonZero::new(threads);
        let rules = vec![folder.path().to_owned()];
        let options = Options { rules, threads, ..Options::default() };
        let mut output = Vec::new();
        super::run(&options, lines.concat().as_bytes(), &mut output).unwrap();
        String::from_utf8(output).unwrap()
    };
    let text = run(&lines, 1);
    let finding: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (pointer, expected) in [
        ("/finding_info/analytic/uid", "\"many\""),
        ("/activity_id", "1"),
        ("/time", "4000"),
        ("/count", "4"),
        ("/severity_id", "4"),
        ("/evidences/3/data/time", "9000"),
        ("/evidences/4", "null"),
        ("/unmapped/correlation/group", "{\"who\":\"a\"}"),
        ("/unmapped/correlation/folded", "1"),
        ("/message", "\"Many failures, who “a”: 4 events in 8 s.\""),
        ("/unmapped/message_bn", "\"“বহু ব্যর্থতা” শনাক্ত হয়েছে, who “a”: ৮ সেকেন্ড সময়ে ৪টি ঘটনা।\""),
    ] {
        let found = finding.pointer(pointer).map_or("null".into(), ToString::to_string);
        assert_eq!(found, expected, "{pointer}");
    }
    lines.reverse();
    assert_eq!(run(&lines, 3), text);
}

#[test]
fn the_account_says_what_each_rule_was_asked_and_matched() {
    let folder = rules();
    let stats = folder.path().join("stats.json");
    let options = Options {
        rules: vec![folder.path().to_owned()],
        threads: NonZero::new(2),
        stats: Some(stats.clone()),
        ..Options::default()
    };
    let event =
        |word| format!("{{\"metadata\":{{\"log_source\":\"sshd\"}},\"message\":\"{word}\"}}\n");
    let input = [event("evil"), event("good"), "nonsense\n".to_owned(), event("evil")].concat();
    run(&options, input.as_bytes(), Vec::new()).unwrap();
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&stats).unwrap()).unwrap();
    assert_eq!((&report["lines"], &report["bad_lines"]), (&4.into(), &1.into()));
    let rule = &report["rules"][0];
    assert_eq!((&rule["id"], &rule["title"]), (&"r".into(), &"t".into()));
    assert_eq!((&rule["evaluated"], &rule["matched"]), (&3.into(), &2.into()));
    assert!(rule["microseconds"].as_u64().unwrap() > 0, "{rule}");
}

#[test]
fn what_a_filter_leaves_out_is_no_alert_and_counts_in_no_correlation() {
    let folder = rules();
    let filter = "title: f\nlogsource: {product: linux}\nfilter: {rules: any, s: [test], condition: not s}\n";
    std::fs::write(folder.path().join("f.yml"), filter).unwrap();
    let correlation = "title: c\nid: c\ncorrelation: {type: event_count, rules: [r], timespan: 5m, condition: {gte: 2}, generate: true}\n";
    std::fs::write(folder.path().join("c.yml"), correlation).unwrap();
    let found = |words: &[&str]| -> Vec<String> {
        let event = |word| {
            format!(
                "{{\"time\":1,\"metadata\":{{\"log_source\":\"sshd\",\"uid\":\"{word}\"}},\"message\":\"{word}\"}}\n"
            )
        };
        let input: String = words.iter().map(event).collect();
        let rules = vec![folder.path().to_owned()];
        let options = Options { rules, ..Options::default() };
        let mut output = Vec::new();
        run(&options, input.as_bytes(), &mut output).unwrap();
        let id = |line: &str| {
            let finding: serde_json::Value = serde_json::from_str(line).unwrap();
            finding["finding_info"]["analytic"]["uid"].as_str().unwrap().to_owned()
        };
        std::str::from_utf8(&output).unwrap().lines().map(id).collect()
    };
    assert_eq!(found(&["evil 1", "evil test", "test"]), ["r"]);
    assert_eq!(found(&["evil 1", "evil 2"]), ["r", "r", "c"]);
    std::fs::write(folder.path().join("stages.yml"), "c: shadow\nr: shadow\n").unwrap();
    assert_eq!(found(&["evil 1", "evil 2"]).len(), 0);
    std::fs::write(folder.path().join("stages.yml"), "r: shadow\n").unwrap();
    assert_eq!(found(&["evil 1", "evil 2"]), ["c"], "matches in shadow count in correlations");
}

#[test]
fn indicators_are_told_in_the_order_of_events_and_counted_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feed.txt");
    std::fs::write(&file, "203.0.113.9\n10.0.0.0/8\n").unwrap();
    let line = |time: u64| {
        format!(
            "{{\"time\":{time},\"metadata\":{{\"uid\":\"u{time}\"}},\"src_endpoint\":{{\"ip\":\"203.0.113.9\"}}}}\n"
        )
    };
    let input: String = (0..500).map(line).collect();
    for threads in [1, 3] {
        let indicators = vec![file.clone()];
        let options = Options { indicators, threads: NonZero::new(threads), ..Options::default() };
        let mut out = Vec::new();
        run(&options, input.as_bytes(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let counts: Vec<(u64, u64)> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|finding| (finding["time"].as_u64().unwrap(), finding["count"].as_u64().unwrap()))
            .collect();
        assert_eq!(counts, [(0, 1), (499, 500)]);
    }
}
