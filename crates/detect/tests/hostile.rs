//! Rules and events that are made to hurt: each ends in an answer, and soon.
//!
//! A megabyte that costs its square would take hours, so the time allowed can be so ample that a
//! busy machine does not fail the test.

use detect::{Engine, Session};
use mapping::Tables;
use sigma::{Document, Parsed, Placeholders, Rule};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long one event or one rule file may take, compiled for development, on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(10);
const MEGABYTE: usize = 1_000_000;

/// Rules whose tests are of every kind; `fuzz/rules.yml` has them.
const EVERY_KIND: &str = include_str!("../fuzz/rules.yml");
/// Patterns and expressions that make careless engines try everything.
const CATASTROPHIC: &str = r"
title: catastrophic
logsource: {product: p}
detection:
  stars: {a: ['*a*a*a*a*a*a*b', '*?a?*?a?*?b', '*aa?aa*c']}
  nested: {a|contains: [a, aa, aaa, aaaa, aaaaa, aaaaaa, '\\', '\\\\', '--', '//']}
  ends: {a|endswith: [a, aa, aaa], a|startswith: [a, aa, aaa]}
  re: {a|re: ['^(a+)+$', '(a|aa)*b', '(.*)(.*)(.*)x', '([ab]*a[ab]{12})+z', '^(\\|-|/)*$']}
  words: ['*a*a*b', aaaaa]
  same: {a|fieldref|contains: b}
  condition: 1 of them
";

fn tables() -> Arc<Tables> {
    let table = include_str!("../fuzz/table.yml");
    Arc::new(Tables::new([("table.yml", table)]).expect("our own table"))
}

fn rules(parsed: Parsed) -> Vec<Rule> {
    let rule = |document| match document {
        Document::Rule(rule) => Some(*rule),
        _ => None,
    };
    parsed.documents.into_iter().filter_map(rule).collect()
}

fn soon<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = act();
    assert!(began.elapsed() < TIME_MAX, "{what} took {:?}", began.elapsed());
    result
}

/// Events with a megabyte of `piece` where it could hurt.
fn events(piece: &[u8]) -> Vec<Vec<u8>> {
    let much = piece.repeat(MEGABYTE / piece.len());
    let whole = |before: &str, after: &str| {
        let (head, tail) = (r#"{"metadata":{"log_source":"t"},"#, "}");
        [head.as_bytes(), before.as_bytes(), &much, after.as_bytes(), tail.as_bytes()].concat()
    };
    vec![
        whole(r#""unmapped":{"a":""#, r#"","b":"aaaaaaaab"}"#),
        whole(r#""unmapped":{"Kind":"one","q":""#, r#""}"#),
        whole(r#""unmapped":{"a":{"#, "}}"),
        whole(r#""unmapped":{""#, r#"":1,"a":"x"}"#),
        whole(r#""unmapped":{"a":["#, "]}"),
        whole("", ""),
        whole(r#""raw_data":""#, ""),
    ]
}

#[test]
fn a_megabyte_of_any_trap_is_answered_soon() {
    let text = format!("{EVERY_KIND}---{CATASTROPHIC}");
    let parsed = sigma::parse("r.yml", &text, &Placeholders::new());
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    let engine = Engine::new(rules(parsed), tables()).expect("the rules compile");
    let mut session = Session::new(Arc::new(engine));
    let traps: &[&[u8]] = &[
        b"a",
        b"ab",
        b"\\\\",
        b"\\\"",
        b"\\",
        b"\"",
        b"\\u0061",
        b"\\u00",
        b"\\ud800",
        b"*",
        b"?",
        b"-",
        b"/",
        b" ",
        b"\t",
        b"0",
        b"9.",
        b"{",
        b"[",
        b"[]",
        b"[],",
        b"{},",
        b",",
        b":",
        b"\"a\":1,",
        b"\"a\":\"a\",",
        b"\"x\",",
        b"1,",
        b"null,",
        "\u{212a}".as_bytes(),
        "İ".as_bytes(),
        "প্র".as_bytes(),
        b"\xff",
        b"\xc3",
        b"\0",
        b"=",
        b"A",
        b"cmd",
        b"aHR0cDovL",
        b"foobar",
        b"evil",
    ];
    for piece in traps {
        for (place, event) in events(piece).into_iter().enumerate() {
            let what = format!("place {place} full of {}", piece.escape_ascii());
            let first = soon(&what, || session.matches(&event).map(<[u32]>::to_vec));
            let again = soon(&what, || session.matches(&event).map(<[u32]>::to_vec));
            assert_eq!(first, again, "{what}");
        }
    }
}

fn rule(detection: &str) -> String {
    format!("title: t\nlogsource: {{product: p}}\ndetection:\n  {detection}\n  condition: s\n")
}

/// What is wrong with a rule file, which is told soon.
fn refused(text: &str) -> String {
    let parsed = soon("a rule file", || sigma::parse("r.yml", text, &Placeholders::new()));
    assert!(parsed.documents.is_empty());
    parsed.errors.iter().map(|error| format!("{error}\n")).collect()
}

#[test]
fn rules_that_would_hurt_are_refused_with_words() {
    let deep = |levels| "[".repeat(levels) + "x" + &"]".repeat(levels);
    let conditions = [
        "(".repeat(1000) + "s" + &")".repeat(1000),
        "not ".repeat(20_000) + "s",
        vec!["s"; 20_000].join(" or "),
    ];
    let rows = [
        (rule(&format!("s: {{a: {}}}", deep(1000))), "recursion limit"),
        (rule(&format!("s: {{a: {}}}", deep(100))), "nested deeper than"),
        (rule("s: {a|re: '((a{1000}){1000}){1000}'}"), "bytes"),
        (rule("s: {a|re: '(?:a{0,60000}){0,60000}'}"), "bytes"),
        (rule("s: {a|re: '(a'}"), "unclosed group"),
        (rule("s: {a|re: '(a)\\1'}"), "backreferences"),
        (rule("s: {a|re: 'a(?=b)'}"), "look-around"),
    ];
    for (text, words) in rows {
        let told = refused(&text);
        assert!(told.contains(words), "{told}");
        assert!(told.len() < 1000, "{} bytes are told", told.len());
    }
    for condition in conditions {
        let text = rule("s: {a: 1}").replace("condition: s", &format!("condition: {condition}"));
        let told = refused(&text);
        assert!(told.contains("condition") && told.len() < 1000, "{told}");
    }
}

#[test]
fn a_hundred_thousand_values_compile_and_match_soon() {
    for modifier in ["", "|contains", "|endswith", "|cidr"] {
        let value = |number: usize| match modifier {
            "|cidr" => format!("10.{}.{}.0/24", number / 256 % 256, number % 256),
            _ => format!("value{number}x"),
        };
        let values: Vec<String> = (0..100_000).map(value).collect();
        let text = rule(&format!("s:\n    a{modifier}: [{}]", values.join(", ")));
        let what = format!("100,000 values of a{modifier}");
        let parsed = soon(&what, || sigma::parse("r.yml", &text, &Placeholders::new()));
        assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
        let rules = rules(parsed);
        let engine = soon(&what, || Engine::new(rules, tables()).expect("the rule compiles"));
        let mut session = Session::new(Arc::new(engine));
        let value = if modifier == "|cidr" { "10.9.9.7" } else { "value99999x" };
        let event =
            format!("{{\"metadata\":{{\"log_source\":\"t\"}},\"unmapped\":{{\"a\":\"{value}\"}}}}");
        let found = soon(&what, || session.matches(event.as_bytes()).map(<[u32]>::to_vec));
        assert_eq!(found, Ok(vec![0]), "{what}");
    }
}
