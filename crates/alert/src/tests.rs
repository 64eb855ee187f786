//! Findings held against the OCSF schema, and what they tell.

use super::*;
use correlate::{Alarm, Fact, Found, Leaf, Stage};
use detect::{Clause, Engine, Json, Session};
use proptest::prelude::*;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

const RULE: &str = r"
title: Whoami Execution.
id: e28a5a99-da44-436d-b7a0-2afc20a5f413
status: test
level: high
description: Detects whoami.
date: 2019-08-12
tags: [attack.discovery, attack.t1033]
falsepositives: [Admin]
logsource: {product: windows, category: process_creation}
detection:
  sel: {Image|endswith: '\whoami.exe', CommandLine|contains: [' /all', 'x']}
  condition: sel
";

const EVENT: &str = r#"{"class_uid":1007,"time":1700000000123,"metadata":{"uid":"00ff","tenant_uid":"mof","version":"1.8.0","log_name":"Microsoft-Windows-Sysmon/Operational","event_code":"1","log_source":"windows","processed_time":1700000000999,"product":{"name":"Sysmon"}},"device":{"hostname":"ws-1","type_id":0},"actor":{"user":{"name":"alice"}},"process":{"pid":4,"cmd_line":"whoami  /ALL","file":{"path":"C:\\Windows\\whoami.exe","name":"whoami.exe","type_id":1}},"unmapped":{"big":18446744073709551617,"dup":1,"dup":2}}"#;

fn rule() -> sigma::Rule {
    let parsed = sigma::parse("r.yml", RULE, &sigma::Placeholders::new());
    match parsed.documents.into_iter().next() {
        Some(sigma::Document::Rule(rule)) => *rule,
        other => panic!("{other:?} {:?}", parsed.errors),
    }
}

fn with_head(change: impl FnOnce(&mut sigma::Head)) -> sigma::Rule {
    let mut rule = rule();
    change(&mut rule.head);
    rule
}

fn found(event: &str, evidence: Evidence) -> String {
    let engine = Engine::new(vec![rule()], Arc::new(mapping::Tables::builtin().unwrap())).unwrap();
    let mut session = Session::new(Arc::new(engine));
    let matching = session.matches(event.as_bytes()).unwrap();
    let clauses = match matching {
        [] => Vec::new(),
        _ => session.explain(0, event.as_bytes()),
    };
    written(rule(), &clauses, event.as_bytes(), evidence)
}

fn written(rule: sigma::Rule, clauses: &[Clause<'_>], event: &[u8], evidence: Evidence) -> String {
    let mut text = String::new();
    let source = Source::new(event);
    Template::new(Arc::new(rule), Quality::default(), "v1")
        .write(clauses, &source, evidence, &mut text);
    text
}

fn read(event: &str) -> Value {
    serde_json::from_str(&found(event, Evidence::Whole)).unwrap()
}

#[test]
fn a_finding_tells_rule_event_and_what_matched() {
    let finding = read(EVENT);
    for (pointer, expected) in [
        ("/class_uid", r#"2004"#),
        ("/severity_id", "4"),
        ("/time", "1700000000123"),
        ("/finding_info/created_time", "1700000000999"),
        ("/finding_info/analytic/uid", r#""e28a5a99-da44-436d-b7a0-2afc20a5f413""#),
        ("/finding_info/analytic/version", r#""2019-08-12""#),
        (
            "/finding_info/attacks",
            r#"[{"tactic":{"name":"Discovery","uid":"TA0007"},"technique":{"name":"System Owner/User Discovery","uid":"T1033"}}]"#,
        ),
        ("/metadata/tenant_uid", r#""mof""#),
        ("/device/hostname", r#""ws-1""#),
        ("/evidences/0/data/metadata/uid", r#""00ff""#),
        (
            "/unmapped/matched/0",
            r#"{"field":"Image","modifier":"endswith","path":"process.file.path","pattern":"\\whoami.exe","selection":"sel","value":"C:\\Windows\\whoami.exe"}"#,
        ),
        ("/unmapped/matched/1/pattern", r#"" /all""#),
        ("/unmapped/rule/level", r#""high""#),
        ("/unmapped/rule/ruleset", r#""v1""#),
        (
            "/message",
            r#""Whoami Execution on host ws-1, user alice: Image is “C:\\Windows\\whoami.exe”.""#,
        ),
        (
            "/unmapped/message_bn",
            r#""হোস্ট ws-1-এ “Whoami Execution” শনাক্ত হয়েছে, ব্যবহারকারী alice: Image-এর মান “C:\\Windows\\whoami.exe”।""#,
        ),
    ] {
        assert_eq!(
            finding.pointer(pointer).map(Value::to_string).as_deref(),
            Some(expected),
            "{pointer}"
        );
    }
    assert!(found(EVENT, Evidence::Whole).contains(EVENT), "the event's own text is the evidence");
}

#[test]
fn a_rule_s_own_bangla_title_is_used() {
    let rule = with_head(|head| head.title_bn = Some("কে আমি।".into()));
    let finding = written(rule, &[], b"{}", Evidence::Whole);
    assert!(finding.contains("\"message_bn\":\"“কে আমি” শনাক্ত হয়েছে।\""), "{finding}");
}

#[test]
fn a_finding_tells_its_risk_and_its_group() {
    let plain = read(EVENT);
    assert_eq!((&plain["risk_score"], &plain["risk_level"]), (&63.into(), &"High".into()));
    let critical = EVENT.replace("\"type_id\":0}", "\"type_id\":0,\"risk_level_id\":4}");
    let critical = read(&critical);
    assert_eq!((&critical["risk_score"], &critical["risk_level_id"]), (&82.into(), &4.into()));
    let group = |finding: &Value| finding["metadata"]["correlation_uid"].clone();
    let other = read(&EVENT.replace("00ff", "00fe").replace("alice", "bob"));
    assert_eq!(group(&plain).as_str().map(str::len), Some(32));
    assert_eq!(group(&other), group(&plain), "the same rule on the same host");
    assert_ne!(group(&read(&EVENT.replace("ws-1", "ws-2"))), group(&plain));
    assert_ne!(group(&read(&EVENT.replace("mof", "moh"))), group(&plain));
    let of = |text: String| group(&serde_json::from_str(&text).unwrap());
    let correlation = told(Evidence::Whole, Stage::Raised);
    assert_eq!(of(told(Evidence::Whole, Stage::Closed)), of(correlation.clone()));
    let finding: Value = serde_json::from_str(&correlation).unwrap();
    assert_eq!(finding["risk_score"], 63);
    let seen: Value = serde_json::from_str(&seen(None)).unwrap();
    assert_eq!((&seen["risk_score"], &seen["risk_level_id"]), (&56.into(), &2.into()));
}

#[test]
fn the_same_match_has_the_same_id_and_text() {
    assert_eq!(found(EVENT, Evidence::Whole), found(EVENT, Evidence::Whole));
    let first = read(EVENT)["finding_info"]["uid"].clone();
    assert_eq!(first.as_str().map(str::len), Some(32));
    assert_ne!(first, read(&EVENT.replace("00ff", "00fe"))["finding_info"]["uid"]);
    assert_ne!(uid(&rule(), "a"), uid(&with_head(|head| head.id = Some("x".into())), "a"));
}

#[test]
fn a_huge_event_is_referred_to() {
    let finding: Value = serde_json::from_str(&found(EVENT, Evidence::Reference)).unwrap();
    assert_eq!(finding["evidences"][0]["data"]["metadata"]["uid"], "00ff");
    assert!(finding["evidences"][0]["data"]["process"].is_null());
}

/// Attributes of `value` that the schema does not have, or has with another type.
fn wrong(schema: &Value, attributes: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let (at, attribute) = (format!("{at}.{name}"), &attributes[name]);
        if attribute.is_null() {
            found.push(format!("{at} is no attribute"));
            continue;
        }
        let items: Vec<&Value> = match (attribute["is_array"].as_bool(), value) {
            (Some(true), Value::Array(items)) => items.iter().collect(),
            (Some(true), _) | (_, Value::Array(_)) => {
                found.push(format!("{at} is an array where it should be none, or the reverse"));
                continue;
            }
            _ => vec![value],
        };
        for item in items {
            let kind = attribute["type"].as_str().unwrap_or_default();
            let fits = match kind {
                "json_t" | "object" => continue,
                "integer_t" | "long_t" | "port_t" | "timestamp_t" => item.is_i64() || item.is_u64(),
                "boolean_t" => item.is_boolean(),
                _ if kind.ends_with("_t") => item.is_string(),
                _ => {
                    let object = attribute["object_type"].as_str().unwrap_or(kind);
                    wrong(schema, &schema["objects"][object]["attributes"], item, &at, found);
                    continue;
                }
            };
            let legal = &attribute["enum"];
            if !fits || legal.is_object() && legal[item.to_string()].is_null() && item.is_number() {
                found.push(format!("{at}: {item} is no {kind}"));
            }
        }
    }
}

/// What a correlation of three events is told as.
fn told(evidence: Evidence, stage: Stage) -> String {
    let text = "title: Many.\nid: c-1\nlevel: high\ntags: [attack.t1110]\ncorrelation: {type: event_count, rules: [a], group-by: [u], timespan: 1m, condition: {gte: 3}}\n";
    let parsed = sigma::parse("c.yml", text, &sigma::Placeholders::new());
    let Some(sigma::Document::Correlation(correlation)) = parsed.documents.into_iter().next()
    else {
        panic!("{:?}", parsed.errors);
    };
    correlated(&alarm(*correlation, stage), Quality::default(), "v1", evidence)
}

/// An alarm about five events, of which there was room for one.
fn alarm(correlation: sigma::Correlation, stage: Stage) -> Alarm {
    let mut engine = correlate::Engine::new(Arc::default(), correlate::Options::default());
    let fact = |uid: u128, body| {
        Fact::from(Found {
            leaf: Leaf { unit: 0, slot: 0 },
            uid,
            time: 1_700_000_000_123,
            arrival: 0,
            rule: "a".into(),
            scope: "mof".into(),
            values: Box::default(),
            body,
        })
    };
    let whole = Arc::new(fact(1, engine.body(EVENT.as_bytes(), b"")));
    let without_room = correlate::Options { evidence_bytes_max: 0, ..Default::default() };
    let mut full = correlate::Engine::new(Arc::default(), without_room);
    let left_out = Arc::new(fact(2, full.body(EVENT.as_bytes(), b"")));
    Alarm {
        correlation: Arc::new(correlation),
        uid: 0xabc,
        stage,
        time: 1_700_000_000_123,
        first: 1_700_000_000_000,
        last: 1_700_000_060_000,
        count: 5,
        folded: 2,
        measured: "3".into(),
        group: vec![("u".into(), "alice".into())],
        anchor: Arc::clone(&whole),
        evidence: vec![whole, left_out],
    }
}

/// The rule's alerts, folded into one.
fn folding(stage: Stage, evidence: Evidence) -> String {
    let text = RULE.replace("status: test", "x-prohori-suppress: {by: [u], for: 1h}");
    let parsed = sigma::parse("r.yml", &text, &sigma::Placeholders::new());
    let Some(sigma::Document::Rule(rule)) = parsed.documents.into_iter().next() else {
        panic!("{:?}", parsed.errors);
    };
    let own = rule.folding.as_ref().unwrap().correlation(&rule.head);
    let tables = Arc::new(mapping::Tables::builtin().unwrap());
    let engine = Engine::new(vec![(*rule).clone()], tables).unwrap();
    let clauses = engine.explain(0, &Json::parse(EVENT.as_bytes()).unwrap());
    let template = Template::new(Arc::from(rule), Quality::new(Some("stable"), None), "v1");
    folded(&alarm(own, stage), &template, &clauses, evidence)
}

#[test]
fn alerts_that_fold_are_the_rule_s_finding_with_their_count() {
    let text = folding(Stage::Grown, Evidence::Whole);
    assert!(text.contains(EVENT), "the event's own text is the evidence");
    let (finding, alone): (Value, Value) = (serde_json::from_str(&text).unwrap(), read(EVENT));
    for (pointer, expected) in [
        ("/activity_id", "2"),
        ("/count", "5"),
        ("/finding_info/uid", r#""00000000000000000000000000000abc""#),
        ("/finding_info/related_events_count", "5"),
        ("/metadata/uid", r#""00000000000000000000000000000abc""#),
        ("/unmapped/folding/folded", "2"),
        ("/unmapped/folding/for_ms", "3600000"),
        ("/unmapped/folding/group", r#"{"u":"alice"}"#),
        ("/unmapped/folding/events_left_out", "3"),
        ("/evidences/1/data/metadata/uid", r#""00000000000000000000000000000002""#),
    ] {
        let found = finding.pointer(pointer).map(Value::to_string);
        assert_eq!(found.as_deref(), Some(expected), "{pointer}");
    }
    for same in ["/finding_info/analytic", "/finding_info/attacks", "/unmapped/matched"] {
        assert_eq!(finding.pointer(same), alone.pointer(same), "{same}");
    }
    assert_eq!((&finding["risk_score"], &finding["risk_level_id"]), (&70.into(), &3.into()));
    let message = finding["message"].as_str().unwrap();
    assert!(message.ends_with(". 5 such events in 60 s."), "{message}");
    let bangla = finding["unmapped"]["message_bn"].as_str().unwrap();
    assert!(bangla.ends_with("। ৬০ সেকেন্ড সময়ে এমন ৫টি ঘটনা।"), "{bangla}");
}

#[test]
fn a_correlation_tells_what_was_counted_and_shows_its_events() {
    let text = told(Evidence::Whole, Stage::Raised);
    assert!(text.contains(EVENT), "the event's own text is the evidence");
    let finding: Value = serde_json::from_str(&text).unwrap();
    for (pointer, expected) in [
        ("/activity_id", "1"),
        ("/count", "5"),
        ("/finding_info/uid", r#""00000000000000000000000000000abc""#),
        ("/finding_info/analytic/uid", r#""c-1""#),
        ("/finding_info/attacks/0/technique/uid", r#""T1110""#),
        ("/metadata/tenant_uid", r#""mof""#),
        ("/message", r#""Many, u “alice”: 5 events in 60 s.""#),
        ("/evidences/1/data/metadata/uid", r#""00000000000000000000000000000002""#),
        ("/unmapped/correlation/events_left_out", "3"),
        ("/unmapped/correlation/condition", r#""gte 3""#),
    ] {
        let found = finding.pointer(pointer).map(Value::to_string);
        assert_eq!(found.as_deref(), Some(expected), "{pointer}");
    }
    assert_eq!(finding.pointer("/device"), None, "not all of its events name one");
    let closed: Value = serde_json::from_str(&told(Evidence::Whole, Stage::Closed)).unwrap();
    assert_eq!((&closed["activity_id"], &closed["type_uid"]), (&2.into(), &200_402.into()));
}

/// An indicator of a feed that says all it can, seen in the event.
fn seen(again: Option<Again>) -> String {
    let csv =
        "value,confidence,expires,tlp,label,reference\n203.0.113.9,80,2030-01-01,amber,C2,x-1\n";
    let (set, _) = indicators::load(&[("feed.csv".into(), csv.into())], &[]).unwrap();
    let mut sightings = Vec::new();
    set.address("203.0.113.9".parse().unwrap(), 0, &mut |listing| {
        sightings.push(Sighting {
            name: "src_endpoint.ip".into(),
            value: "203.0.113.9".into(),
            kind: listing.kind,
            indicator: listing.indicator,
            note: listing.note.clone(),
            version: "v".into(),
        });
    });
    let source = Source::new(EVENT.as_bytes());
    let uid = sighting_uid(&sightings[0], &source, 3_600_000);
    sighted(&sightings[0], &uid, &source, again, Evidence::Whole)
}

#[test]
fn findings_are_valid_ocsf() {
    let from_env = std::env::var_os("PROHORI_SHARED").map(PathBuf::from);
    let above = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let file = from_env.unwrap_or(above).join("corpora/ocsf-schema/ocsf-1.8.0-compiled.json.zst");
    let Ok(file) = std::fs::File::open(file) else {
        eprintln!("skipped: shared corpora absent");
        return;
    };
    let schema: Value = serde_json::from_slice(&zstd::decode_all(file).unwrap()).unwrap();
    let class = &schema["classes"]["detection_finding"]["attributes"];
    for text in [
        found(EVENT, Evidence::Whole),
        found(EVENT, Evidence::Reference),
        told(Evidence::Whole, Stage::Raised),
        told(Evidence::Reference, Stage::Closed),
        folding(Stage::Raised, Evidence::Whole),
        folding(Stage::Closed, Evidence::Reference),
        seen(None),
        seen(Some(Again { count: 7, first_ms: 1, last_ms: 9 })),
    ] {
        let finding: Value = serde_json::from_str(&text).unwrap();
        let mut found = Vec::new();
        wrong(&schema, class, &finding, "", &mut found);
        assert!(found.is_empty(), "{found:#?}");
        for (name, attribute) in class.as_object().unwrap() {
            let required = attribute["requirement"] == "required" && attribute["profile"].is_null();
            assert!(!required || !finding[name].is_null(), "{name} is required");
        }
    }
}

proptest! {
    #[test]
    fn any_event_makes_valid_json(
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..60),
            "\\{\"(device|metadata|a)\":[{}\\[\\]\":,a0.e\\\\ u-]{0,12}\\}".prop_map(String::into_bytes),
        ],
        text in ".{0,300}",
    ) {
        let clause = detect::Clause {
            selection: "s",
            field: Some(&text),
            path: None,
            modifier: "",
            pattern: &text,
            value: Some(text.as_str().into()),
        };
        for evidence in [Evidence::Whole, Evidence::Reference] {
            let finding = written(rule(), std::slice::from_ref(&clause), &bytes, evidence);
            prop_assert!(serde_json::from_str::<Value>(&finding).is_ok(), "{}", finding);
        }
    }
}
