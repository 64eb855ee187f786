//! The tools on rules and samples of a temporary folder.

use crate::{Error, Format, Input, Language, Verdict, check, coverage, explain, samples};
use serde_json::Value;
use std::path::{Path, PathBuf};

const RULE: &str = "title: Root by sudo
title_bn: সুডো দিয়ে রুট
id: 0b5b3c6e-6f2a-4d6f-9a9e-4f5b8f0e7a11
level: high
tags: [attack.privilege-escalation, attack.t1548.003]
logsource: {product: linux, service: sudo}
detection:
  sel:
    COMMAND|contains: ['/bin/cat /etc/shadow', '/bin/vi']
  filter_admin:
    TTY|contains: 'backup'
  condition: sel and not 1 of filter_*
";
const HIT: &str = "Jan  5 10:00:00 web1 sudo:    mina : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/cat /etc/shadow";

fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Input) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let input = Input { paths: vec![folder.path().to_owned()], ..Input::default() };
    (folder, input)
}

/// Runs a tool: its verdict and what it wrote, the folder's name left out.
fn written(
    folder: &Path,
    tool: impl FnOnce(&mut Vec<u8>) -> Result<Verdict, Error>,
) -> (Verdict, String) {
    let mut out = Vec::new();
    let verdict = tool(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    (verdict, text.replace(&format!("{}/", folder.display()), ""))
}

#[test]
fn check_tells_and_counts() {
    let (folder, input) =
        folder(&[("r.yml", RULE), ("bad.yml", "title: x\n"), ("r.match.log", HIT)]);
    let run =
        |options: check::Options| written(folder.path(), |out| check::run(&input, &options, out));
    let (verdict, text) = run(check::Options::default());
    assert_eq!(verdict, Verdict::Bad);
    assert_eq!(
        text,
        "bad.yml:1:1: error[missing]: detection is missing; add selections and a condition\n\
         r.yml:1:1: warning[no-miss-samples]: there are no lines on which the rule must not fire; write r.miss.log\n\
         2 files: 1 rules, 0 correlations, 0 filters; 1 errors, 1 warnings\n"
    );
    let (_, json) = run(check::Options { format: Format::Json, ..check::Options::default() });
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["findings"][1]["code"], "no-miss-samples");
    std::fs::remove_file(folder.path().join("bad.yml")).unwrap();
    let strict = check::Options { strict: true, ..check::Options::default() };
    assert_eq!(run(check::Options::default()).0, Verdict::Good);
    assert_eq!(run(strict.clone()).0, Verdict::Bad);
    let allow = vec![lint::Code::NoMissSamples];
    assert_eq!(run(check::Options { allow, ..strict }).0, Verdict::Good);
}

#[test]
fn samples_pass_or_say_why_not() {
    let miss = HIT.replace("pts/0", "backup");
    let options = samples::Options::default();
    let test = |matching: &str, missing: &str| {
        let files = [("r.yml", RULE), ("r.match.log", matching), ("r.miss.log", missing)];
        let (folder, input) = folder(&files);
        written(folder.path(), |out| samples::run(&input, &options, out))
    };
    let (verdict, text) = test(HIT, &miss);
    assert_eq!(verdict, Verdict::Good, "{text}");
    assert_eq!(text, "1 rules: 2 samples, 0 failed; 0 files without samples\n");
    let (verdict, text) = test(&miss, HIT);
    assert_eq!(verdict, Verdict::Bad);
    assert!(text.contains("r.match.log:1: 0b5b3c6e"), "{text}");
    assert!(text.contains("filter_admin holds and must not: TTY|contains: 'backup'"), "{text}");
    assert!(text.contains("r.miss.log:1: 0b5b3c6e-6f2a-4d6f-9a9e-4f5b8f0e7a11 must not fire on"));
}

#[test]
fn framed_samples_say_their_source() {
    let framed = serde_json::json!({"raw": HIT, "source": "sudo"}).to_string();
    let files =
        [("r.yml", RULE), ("r.match.ndjson", framed.as_str()), ("r.miss.ndjson", "{\"rew\":1}")];
    let (_folder, input) = folder(&files);
    let tested = samples::test(&input).unwrap();
    assert!(tested[0].samples[0].passes());
    assert!(!tested[0].samples[1].passes(), "a frame that is none is no miss");
    assert!(tested[0].samples[1].why[0].starts_with("not a framed line"));
}

#[test]
fn a_correlation_is_tested_on_sequences() {
    let correlation = "name: root_by_sudo
---
title: Root by sudo, twice
id: 7d0c9c5b-1c5f-4a35-8a0f-0f5e6f9a2b11
correlation:
    type: event_count
    rules: [root_by_sudo]
    timespan: 5m
    condition: {gte: 2}
";
    let both = format!("{RULE}{correlation}");
    let later = HIT.replace("10:00:00", "10:01:00");
    assert_ne!(later, HIT, "the sample's time is another one now");
    let test = |matching: &str, missing: &str| {
        let files = [("c.yml", both.as_str()), ("c.match.log", matching), ("c.miss.log", missing)];
        let (_folder, input) = folder(&files);
        samples::test(&input).unwrap().remove(0)
    };
    let twice = format!("{HIT}\n{later}\n");
    let tested = test(&twice, HIT);
    assert!(tested.passes() && tested.is_whole(), "{tested:?}");
    assert_eq!(tested.rules, ["7d0c9c5b-1c5f-4a35-8a0f-0f5e6f9a2b11"]);
    assert_eq!(tested.samples.iter().map(|s| s.events).collect::<Vec<_>>(), [2, 1]);
    let tested = test(HIT, &twice);
    assert!(tested.samples.iter().all(|sample| !sample.passes()), "{tested:?}");
    assert!(tested.samples[0].why[0].starts_with("1 events raise no alert of it"));
}

#[test]
fn a_threshold_is_tested_on_sequences_and_told() {
    let rule = format!("{RULE}x-prohori-threshold: {{count: 2, by: [USER], within: 5m}}\n");
    let twice = format!("{HIT}\n{}\n", HIT.replace("10:00:00", "10:01:00"));
    let files = [("c.yml", rule.as_str()), ("c.match.log", &twice), ("c.miss.log", HIT)];
    let (folder, input) = folder(&files);
    let tested = samples::test(&input).unwrap().remove(0);
    assert!(tested.passes() && tested.is_whole(), "{tested:?}");
    let options = explain::Options::default();
    let text = written(folder.path(), |out| explain::run(&input, &options, out)).1;
    let told = "An alert takes 2 matches within 5 minutes. Alerts with the same USER fold into one for 5 minutes.";
    assert!(text.contains(told), "{text}");
}

#[test]
fn a_rule_in_words_and_its_fields() {
    let (folder, input) = folder(&[("r.yml", RULE)]);
    let run = |language| {
        let options = explain::Options { language, ..explain::Options::default() };
        written(folder.path(), |out| explain::run(&input, &options, out)).1
    };
    let english = run(Language::English);
    for expected in [
        "It looks at events of product linux, service sudo.",
        "It fires when sel and not filter_admin.",
        "sel: COMMAND contains “/bin/cat /etc/shadow” or “/bin/vi”",
        "COMMAND: unmapped.COMMAND, else process.cmd_line  [sudo, class 1007]",
    ] {
        assert!(english.contains(expected), "{expected}\n{english}");
    }
    let bangla = run(Language::Bangla);
    for expected in [
        "সুডো দিয়ে রুট",
        "এটি সতর্কতা দেয় যখন sel এবং filter_admin নয়।",
        "COMMAND-এর মধ্যে “/bin/cat /etc/shadow” অথবা “/bin/vi” আছে",
    ] {
        assert!(bangla.contains(expected), "{expected}\n{bangla}");
    }
}

#[test]
fn an_event_is_explained_clause_by_clause() {
    let (folder, input) = folder(&[("r.yml", RULE)]);
    let run = |line: &str, format| {
        let events = Some((Path::new("e").to_owned(), line.as_bytes().to_vec()));
        let options = explain::Options { events, raw: true, format, ..explain::Options::default() };
        written(folder.path(), |out| explain::run(&input, &options, out))
    };
    let (verdict, text) = run(HIT, Format::Text);
    assert_eq!(verdict, Verdict::Good);
    assert!(text.starts_with("match: line 1, Root by sudo"), "{text}");
    assert!(text.contains(
        "[yes] COMMAND|contains: '/bin/cat /etc/shadow'; process.cmd_line holds '/bin/cat"
    ));
    let (verdict, json) = run(&HIT.replace("cat", "tac"), Format::Json);
    assert_eq!(verdict, Verdict::Bad);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["selections"][0]["asks"]["patterns"][0]["holds"], false);
    let why = json["because"][0].as_str().unwrap();
    assert!(why.starts_with("sel does not hold: COMMAND|contains: '/bin/cat"), "{why}");
    let (_, text) = run("Jan  5 10:00:00 web1 sshd[1]: Connection closed", Format::Text);
    assert!(text.contains("because the rule is for linux/*/sudo; the event serves"), "{text}");
}

#[test]
fn what_becomes_of_a_match_is_told() {
    let exception = "title: Our own\nlogsource: {product: linux}\nfilter: {rules: any, s: {USER: root}, condition: not s}\n";
    let id = "0b5b3c6e-6f2a-4d6f-9a9e-4f5b8f0e7a11";
    for (name, text, expected) in [
        ("other.yml", String::new(), "then it is an alert\n"),
        ("filter.yml", exception.to_owned(), "leaves it out ("),
        ("stages.yml", format!("{id}: shadow\n"), "the rule is in shadow"),
        ("stages.yml", format!("{id}: {{canary: [mof]}}\n"), "a canary in other agencies"),
        ("stages.yml", format!("{id}: retired\n"), "the rule's stage is retired"),
    ] {
        let (rules, input) = folder(&[("r.yml", RULE)]);
        let (others, _) = folder(&[(name, &text)]);
        let events = Some((PathBuf::from("-"), HIT.as_bytes().to_vec()));
        let with = vec![others.path().to_owned()];
        let options = explain::Options { events, raw: true, with, ..explain::Options::default() };
        let text = written(rules.path(), |out| explain::run(&input, &options, out)).1;
        assert!(text.starts_with("match:") && text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn coverage_counts_rules_and_tests() {
    let miss = HIT.replace("pts/0", "backup");
    let untagged = RULE.replace("attack.t1548.003", "attack.s0002").replace("0b5b", "0b5c");
    let files = [
        ("r.yml", RULE),
        ("r.match.log", HIT),
        ("r.miss.log", miss.as_str()),
        ("other.yml", untagged.as_str()),
    ];
    let (folder, input) = folder(&files);
    let run = |view| written(folder.path(), |out| coverage::run(&input, view, out)).1;
    let text = run(coverage::View::Text);
    assert!(
        text.contains("2 rules cover 1 techniques, 1 of them tested; 1 rules name none"),
        "{text}"
    );
    let table: Value = serde_json::from_str(&run(coverage::View::Json)).unwrap();
    assert_eq!(table["cells"][0]["tactic"], "privilege-escalation");
    assert_eq!(table["cells"][0]["tested"], 1);
    let layer: Value = serde_json::from_str(&run(coverage::View::Navigator)).unwrap();
    assert_eq!(layer["techniques"][0]["techniqueID"], "T1548.003");
    assert_eq!(layer["techniques"][0]["score"], 1);
    for (pointer, expected) in [
        ("/versions/layer", "4.5"),
        ("/domain", "enterprise-attack"),
        ("/versions/attack", attack::RELEASE),
    ] {
        assert_eq!(layer.pointer(pointer).and_then(Value::as_str), Some(expected));
    }
}
