//! What rules mean, told through the engine and through the naive evaluator, which must agree.

use crate::*;
use mapping::Tables;
use proptest::prelude::*;
use sigma::{Document, Placeholders, Rule};
use std::sync::Arc;

/// A source `t` whose fields keep their names, but for these.
const TABLE: &str = "
- when: {log_source: t}
  logsources:
    - {product: p}
    - {product: p, category: c, if: {Kind: [one, Two]}}
  fields: {Image: process.file.path, Ip: {path: src_endpoint.ip, as: ip}}
  sigma: {Alias: Native, Code: {path: metadata.event_code}}
";

fn tables() -> Arc<Tables> {
    Arc::new(Tables::new([("t.yml", TABLE)]).unwrap())
}

fn rules(text: &str) -> Vec<Rule> {
    let parsed = sigma::parse("r.yml", text, &Placeholders::new());
    assert!(parsed.errors.is_empty(), "{:?}\n{text}", parsed.errors);
    let rule = |document| match document {
        Document::Rule(rule) => Some(*rule),
        _ => None,
    };
    parsed.documents.into_iter().filter_map(rule).collect()
}

fn rule(detection: &str) -> String {
    format!("title: t\nlogsource: {{product: p}}\ndetection:\n  {detection}\n")
}

fn event(unmapped: &str) -> String {
    format!("{{\"metadata\":{{\"log_source\":\"t\"}},\"unmapped\":{unmapped}}}")
}

/// Whether the rules match the event, by both engines; the compiled one twice, the second time
/// from memory.
fn matching(rules: &[Rule], event: &str) -> Vec<bool> {
    let tables = tables();
    let json = Json::parse(event.as_bytes()).unwrap();
    let naive: Vec<bool> = rules.iter().map(|rule| naive::matches(&tables, rule, &json)).collect();
    let engine = Engine::new(rules.to_vec(), tables).unwrap();
    let mut session = Session::new(Arc::new(engine));
    for round in 0..2 {
        let found = session.matches(event.as_bytes()).unwrap();
        let compiled: Vec<bool> =
            (0..rules.len() as u32).map(|rule| found.contains(&rule)).collect();
        assert_eq!(compiled, naive, "round {round}: {event}\n{rules:#?}");
    }
    naive
}

/// Rows of selection (in flow style), event's own fields, and whether they match.
fn check(rows: &[(&str, &str, bool)]) {
    for (selection, fields, expected) in rows {
        let text = rule(&format!("sel: {selection}\n  condition: sel"));
        assert_eq!(matching(&rules(&text), &event(fields)), [*expected], "{selection} {fields}");
    }
}

#[test]
fn values_are_whole_and_ignore_case() {
    check(&[
        ("{a: Cmd}", r#"{"a":"cMD"}"#, true),
        ("{a: Cmd}", r#"{"a":"cmd2"}"#, false),
        ("{a: ПРИВЕТ}", r#"{"a":"привет"}"#, true),
        ("{a: STRASSE}", r#"{"a":"straße"}"#, false),
        ("{a: Straße}", r#"{"a":"STRAẞE"}"#, true),
        ("{a: İ}", r#"{"a":"İ"}"#, true),
        ("{a: i}", r#"{"a":"ı"}"#, false),
        ("{a: ΟΔΟΣ}", r#"{"a":"οδος"}"#, true),
        ("{a: প্রহরী}", r#"{"a":"প্রহরী"}"#, true),
        ("{a|contains: রহ}", r#"{"a":"প্রহরী"}"#, true),
        ("{a: é}", "{\"a\":\"e\u{301}\"}", false),
        ("{a|cased: Cmd}", r#"{"a":"cmd"}"#, false),
        ("{a|cased: Cmd}", r#"{"a":"Cmd"}"#, true),
        ("{a|contains|cased: Cmd}", r#"{"a":"xCmdx cmd"}"#, true),
        ("{a|contains|cased: Cmd}", r#"{"a":"xcmdx"}"#, false),
        ("{a: Cmd}", r#"{"a":"\u0063MD"}"#, true),
    ]);
}

#[test]
fn wildcards_and_backslashes() {
    check(&[
        (r"{a: 'x*y'}", "{\"a\":\"x\\ny\"}", true),
        (r"{a: 'x?y'}", "{\"a\":\"x\\ny\"}", true),
        (r"{a: 'x?y'}", r#"{"a":"xy"}"#, false),
        (r"{a: 'x\*y'}", r#"{"a":"x*y"}"#, true),
        (r"{a: 'x\*y'}", r#"{"a":"xzy"}"#, false),
        (r"{a: 'x\?'}", r#"{"a":"x?"}"#, true),
        (r"{a: 'x\\*'}", r#"{"a":"x\\yz"}"#, true),
        (r"{a: 'x\\*'}", r#"{"a":"x*"}"#, false),
        (r"{a: 'x\\\*'}", r#"{"a":"x\\*"}"#, true),
        (r"{a: 'x\\\*'}", r#"{"a":"x\\y"}"#, false),
        (r"{a: 'x\y'}", r#"{"a":"x\\y"}"#, true),
        (r"{a: 'x\\y'}", r#"{"a":"x\\y"}"#, true),
        (r"{a: 'x\\\\y'}", r#"{"a":"x\\\\y"}"#, true),
        (r"{a|startswith: 'C:\Dir\'}", r#"{"a":"c:\\dir\\f"}"#, true),
        (r"{a|startswith: 'C:\Dir\'}", r#"{"a":"c:\\dir*"}"#, false),
        (r"{a|contains: 'a*c'}", r#"{"a":"xabbcx"}"#, true),
        (r"{a|endswith: 'a?c'}", r#"{"a":"xabc"}"#, true),
        (r"{a|startswith: '*b'}", r#"{"a":"aabx"}"#, true),
        (r"{a: '*'}", r#"{"a":""}"#, true),
        (r"{a: '*'}", r#"{"b":""}"#, false),
        (r"{a: '?*'}", r#"{"a":""}"#, false),
        (r"{a|contains: ''}", r#"{"a":"x"}"#, true),
    ]);
}

#[test]
fn absent_null_and_empty() {
    check(&[
        ("{a: null}", "{}", true),
        ("{a: null}", r#"{"a":null}"#, true),
        ("{a: null}", r#"{"a":""}"#, false),
        ("{a: null}", r#"{"a":"-"}"#, false),
        ("{a: null}", r#"{"a":[]}"#, true),
        ("{a: ''}", r#"{"a":""}"#, true),
        ("{a: ''}", "{}", false),
        ("{a: ''}", r#"{"a":null}"#, false),
        ("{a|exists: true}", r#"{"a":null}"#, true),
        ("{a|exists: true}", r#"{"a":""}"#, true),
        ("{a|exists: true}", r#"{"a":{"b":1}}"#, true),
        ("{a|exists: true}", "{}", false),
        ("{a|exists: false}", "{}", true),
        ("{a|exists: false}", r#"{"a":1}"#, false),
        ("{a|neq: x}", "{}", true),
        ("{a|neq: x}", r#"{"a":"X"}"#, false),
        ("{a|neq: [x, y]}", r#"{"a":"z"}"#, true),
        ("{a: [null, x]}", "{}", true),
    ]);
}

#[test]
fn lists_maps_and_all() {
    check(&[
        ("{a: [x, y]}", r#"{"a":"y"}"#, true),
        ("{a|contains|all: [x, y]}", r#"{"a":"yx"}"#, true),
        ("{a|contains|all: [x, y]}", r#"{"a":"xx"}"#, false),
        ("{a: x, b: y}", r#"{"a":"x","b":"y"}"#, true),
        ("{a: x, b: y}", r#"{"a":"x"}"#, false),
        ("[{a: x}, {b: y, c: z}]", r#"{"b":"y","c":"z"}"#, true),
        ("[{a: x}, {b: y, c: z}]", r#"{"b":"y"}"#, false),
        ("{a: x}", r#"{"a":["y","x"]}"#, true),
        ("{a|all: [x, y]}", r#"{"a":["y","x"]}"#, true),
        ("{a|all: [x, y]}", r#"{"a":["y","z"]}"#, false),
        ("{a.b: x}", r#"{"a":[{"b":"y"},{"b":"x"}]}"#, true),
        ("{a.b: x}", r#"{"a":{"b":"x"}}"#, true),
        ("{a.b: x}", r#"{"a.b":"x"}"#, true),
        ("{a.b: x}", r#"{"a.b":"y","a":{"b":"x"}}"#, false),
        ("{a.b.c: x}", r#"{"a.b":{"c":"x"}}"#, true),
        ("{ThreatName: x}", r#"{"Threat Name":"x"}"#, true),
        ("{a: x}", r#"{"a":"y","a":"x"}"#, true),
        ("{a|contains: '\"k\":1'}", r#"{"a":{ "k" : 1 }}"#, true),
        ("{a|windash|contains: ' -enc'}", r#"{"a":"p —ENC x"}"#, true),
        ("{a|base64offset|contains: http://}", r#"{"a":"xaHR0cDovLy"}"#, true),
        ("{a|wide|base64offset|contains: ab}", r#"{"a":"YQBiA"}"#, true),
    ]);
}

#[test]
fn numbers_dates_and_addresses() {
    check(&[
        ("{a: 4688}", r#"{"a":4688}"#, true),
        ("{a: 4688}", r#"{"a":"4688"}"#, true),
        ("{a: '4688'}", r#"{"a":4688}"#, true),
        ("{a: 4688}", r#"{"a":4688.0}"#, true),
        ("{a: 4688}", r#"{"a":"04688"}"#, false),
        ("{a: 18446744073709551617}", r#"{"a":18446744073709551617}"#, true),
        ("{a: 18446744073709551617}", r#"{"a":18446744073709551616}"#, false),
        ("{a: '0x17'}", r#"{"a":"0X17"}"#, true),
        ("{a: '0x17'}", r#"{"a":23}"#, false),
        ("{a|gt: 5}", r#"{"a":"10"}"#, true),
        ("{a|gte: 5}", r#"{"a":5}"#, true),
        ("{a|lt: 5}", r#"{"a":-1e3}"#, true),
        ("{a|lte: 5}", r#"{"a":"five"}"#, false),
        ("{a|gt: 9007199254740992}", r#"{"a":9007199254740993}"#, true),
        ("{a: true}", r#"{"a":true}"#, true),
        ("{a: true}", r#"{"a":"True"}"#, true),
        ("{a: true}", r#"{"a":1}"#, false),
        ("{a|cidr: 10.0.0.0/8}", r#"{"a":"10.1.2.3"}"#, true),
        ("{a|cidr: 10.0.0.0/8}", r#"{"a":"::ffff:10.1.2.3"}"#, true),
        ("{a|cidr: 2001:db8::/32}", r#"{"a":"2001:DB8::5"}"#, true),
        ("{a|cidr: 10.0.0.0/8}", r#"{"a":"-"}"#, false),
        ("{Ip|cidr: 10.0.0.0/8}", r#"{"Ip":"10.1.1.1"}"#, true),
        ("{a|hour|gte: 18}", r#"{"a":"2025-08-02T18:01:00Z"}"#, true),
        ("{a|year: 2025}", r#"{"a":"not a date"}"#, false),
    ]);
}

#[test]
fn references_and_expressions() {
    check(&[
        ("{a|fieldref: b}", r#"{"a":"X","b":"x"}"#, true),
        ("{a|fieldref|cased: b}", r#"{"a":"X","b":"x"}"#, false),
        ("{a|fieldref: b}", r#"{"a":"x"}"#, false),
        ("{a|fieldref: b}", "{}", false),
        ("{a|fieldref|startswith: b}", r#"{"a":"xyz","b":"XY"}"#, true),
        ("{a|fieldref|endswith: b}", r#"{"a":"xyz","b":"xy"}"#, false),
        ("{a|fieldref|contains: b}", r#"{"a":"xyz","b":["q","y"]}"#, true),
        ("{a|fieldref|neq: b}", r#"{"a":"x","b":"y"}"#, true),
        ("{a|re: 'b+c'}", r#"{"a":"abbcd"}"#, true),
        ("{a|re: 'b+c'}", r#"{"a":"aBBCd"}"#, false),
        ("{a|re|i: 'whoami'}", r#"{"a":"x WHOAMI"}"#, true),
        ("{a|re: '^b$'}", "{\"a\":\"a\\nb\"}", false),
        ("{a|re|m: '^b$'}", "{\"a\":\"a\\nb\"}", true),
        ("{a|re: 'a.b'}", "{\"a\":\"a\\nb\"}", false),
        ("{a|re|s: 'a.b'}", "{\"a\":\"a\\nb\"}", true),
        ("{a|re: '4\\d+8'}", r#"{"a":4688}"#, true),
    ]);
}

#[test]
fn keywords_look_everywhere_but_into_what_is_ours() {
    let rows: &[(&str, &str, bool)] = &[
        ("[evil]", r#"{"x":{"y":["an EVIL word"]}}"#, true),
        ("evil", r#"{"evil":"x"}"#, false),
        ("{'|all': [one, two]}", r#"{"x":"one","y":"two"}"#, true),
        ("{'|all': [one, two]}", r#"{"x":"one"}"#, false),
        ("['a*c']", r#"{"x":"xxabcxx"}"#, true),
        ("[4688]", r#"{"x":4688}"#, true),
        ("{'|re': 'e.il'}", r#"{"x":"evil"}"#, true),
        ("[word, {a: 1}]", r#"{"a":1}"#, true),
    ];
    check(rows);
    let own = r#"{"metadata":{"log_source":"t","labels":["evil"]},"raw_data":"plain"}"#;
    let text = rule("sel: [evil]\n  condition: sel");
    assert_eq!(matching(&rules(&text), own), [false]);
    assert_eq!(matching(&rules(&text), &own.replace("plain", "an evil line")), [true]);
}

#[test]
fn conditions_without_a_needle_are_not_lost() {
    for (detection, fields, expected) in [
        ("a: {x: 1}\n  f: {y: 1}\n  condition: a or not f", "{}", true),
        ("a: {x: 1}\n  f: {y: 1}\n  condition: a or not f", r#"{"y":1}"#, false),
        ("f: {y: 1}\n  condition: not f", "{}", true),
        (
            "a: {x: 1}\n  f1: {y: 1}\n  f2: {y: 2}\n  condition: a and not 1 of f*",
            r#"{"x":1,"y":2}"#,
            false,
        ),
        (
            "a: {x: 1}\n  f1: {y: 1}\n  f2: {z: 2}\n  condition: a and not all of f*",
            r#"{"x":1,"y":1}"#,
            true,
        ),
        ("a: {x: 1}\n  b: {y: 1}\n  condition: [a, b]", r#"{"y":1}"#, true),
        ("a: {x: 1}\n  _b: {y: 1}\n  condition: 1 of them", r#"{"y":1}"#, false),
        ("a: {x: 1}\n  b: {x: 2}\n  c: {z: 3}\n  condition: 2 of them", r#"{"x":1,"z":3}"#, true),
    ] {
        assert_eq!(matching(&rules(&rule(detection)), &event(fields)), [expected], "{detection}");
    }
}

#[test]
fn log_sources_decide_which_events_a_rule_sees() {
    let rule = |source: &str| {
        format!("title: t\nlogsource: {source}\ndetection:\n  s: {{a: x}}\n  condition: s\n")
    };
    for (source, fields, expected) in [
        ("{product: p}", r#"{"a":"x"}"#, true),
        ("{product: q}", r#"{"a":"x"}"#, false),
        ("{category: c}", r#"{"a":"x"}"#, false),
        ("{category: c}", r#"{"a":"x","Kind":"TWO"}"#, true),
        ("{product: p, category: c}", r#"{"a":"x","Kind":"one"}"#, true),
        ("{product: p, category: c}", r#"{"a":"x","Kind":"three"}"#, false),
        ("{product: p, service: s}", r#"{"a":"x","Kind":"one"}"#, false),
    ] {
        assert_eq!(
            matching(&rules(&rule(source)), &event(fields)),
            [expected],
            "{source} {fields}"
        );
    }
    let other = r#"{"metadata":{"log_source":"u"},"unmapped":{"a":"x"}}"#;
    assert_eq!(matching(&rules(&rule("{product: p}")), other), [false]);
}

#[test]
fn fields_are_read_from_unmapped_then_from_their_paths() {
    let row = |selection: &str, event: &str| {
        matching(&rules(&rule(&format!("sel: {selection}\n  condition: sel"))), event)[0]
    };
    let event = r#"{"metadata":{"log_source":"t","event_code":"7"},"process":{"file":{"path":"C:\\x"}},"unmapped":{"Native":"n","Ip":"host"},"src_endpoint":{"ip":"10.0.0.1"}}"#;
    assert!(row(r"{Image: 'c:\x'}", event));
    assert!(row("{Alias: n}", event));
    assert!(row("{Code: 7}", event));
    assert!(row("{Ip: host}", event));
    assert!(!row("{Ip: 10.0.0.1}", event));
}

#[test]
fn clauses_say_what_was_met_and_where() {
    let rules = rules(&rule(
        "sel: {Image|endswith: ['\\y', '\\x'], a: null}\n  kw: [word]\n  f: {b: 1}\n  condition: sel and kw and not f",
    ));
    let event = r#"{"metadata":{"log_source":"t"},"process":{"file":{"path":"C:\\x"}},"raw_data":"a Word"}"#;
    let json = Json::parse(event.as_bytes()).unwrap();
    let engine = Arc::new(Engine::new(rules.clone(), tables()).unwrap());
    let mut session = Session::new(engine);
    assert_eq!(session.matches(event.as_bytes()).unwrap(), [0]);
    let clauses = session.explain(0, event.as_bytes());
    assert_eq!(clauses, naive::explain(&tables(), &rules[0], &json));
    let shown: Vec<String> = clauses
        .iter()
        .map(|c| {
            format!(
                "{} {:?} {:?} {} {} {:?}",
                c.selection, c.field, c.path, c.modifier, c.pattern, c.value
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#"sel Some("Image") Some("process.file.path") endswith \x Some("C:\\x")"#,
            r#"sel Some("a") None  null None"#,
            r#"kw None None  word Some("a Word")"#,
        ]
    );
}

#[test]
fn hostile_events_end_in_an_answer() {
    let text = rule("sel: {a|contains: needle}\n  condition: sel");
    let rules = rules(&text);
    let long = event(&format!("{{\"a\":\"{}needle\"}}", "x".repeat(3_000_000)));
    assert_eq!(matching(&rules, &long), [true]);
    let engine = Arc::new(Engine::new(rules, tables()).unwrap());
    let mut session = Session::new(engine);
    let mut invalid = event(r#"{"a":"?needle"}"#).into_bytes();
    let at = invalid.iter().position(|byte| *byte == b'?').unwrap();
    invalid[at] = 0xff;
    assert_eq!(session.matches(&invalid), Ok(&[0][..]));
    let deep = event(&("[".repeat(5000) + &"]".repeat(5000)));
    assert!(session.matches(deep.as_bytes()).is_err());
    assert_eq!(session.matches(event(r#"{"a":"needle"}"#).as_bytes()), Ok(&[0][..]));
}

/// A value of a rule, as YAML.
fn rule_value() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[abAé*?\\\\]{0,4}".prop_map(|text| format!("'{text}'")),
        1 => "[0-3]".prop_map(|text| text),
        1 => Just("null".to_owned()),
        1 => Just("true".to_owned()),
    ]
}

fn item() -> impl Strategy<Value = String> {
    let field = prop_oneof![Just("a"), Just("b"), Just("Image"), Just("Alias"), Just("n.m")];
    let values = |value: BoxedStrategy<String>| {
        proptest::collection::vec(value, 1..4).prop_map(|values| format!("[{}]", values.join(", ")))
    };
    let text = values("[abAé*?\\\\]{0,4}".prop_map(|text| format!("'{text}'")).boxed());
    let number = values("[0-3]".prop_map(|text| text).boxed());
    let regex =
        values("[abA]{1,2}(\\.|b\\+|\\[ab\\])?".prop_map(|text| format!("'{text}'")).boxed());
    let name = values(Just("b".to_owned()).boxed());
    let modified = prop_oneof![
        4 => (prop_oneof![Just(""), Just("|all"), Just("|neq")], values(rule_value().boxed())),
        4 => (prop_oneof![Just("|contains"), Just("|startswith"), Just("|endswith"), Just("|contains|all"), Just("|contains|cased"), Just("|cased")], text),
        1 => (prop_oneof![Just("|gt"), Just("|lte")], number),
        2 => (prop_oneof![Just("|re"), Just("|re|i")], regex),
        1 => (prop_oneof![Just("|fieldref"), Just("|fieldref|startswith")], name),
        1 => (Just("|exists"), prop_oneof![Just("true".to_owned()), Just("false".to_owned())]),
    ];
    (field, modified)
        .prop_map(|(field, (modifiers, values))| format!("{field}{modifiers}: {values}"))
}

fn selection() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => item().prop_map(|item| format!("{{{item}}}")),
        2 => (item(), item()).prop_map(|(x, y)| format!("[{{{x}}}, {{{y}}}]")),
        1 => "[abA*]{1,2}".prop_map(|word| format!("['{word}']")),
    ]
}

fn random_rule() -> impl Strategy<Value = String> {
    let condition = prop_oneof![
        Just("s1 and s2"),
        Just("s1 or s2 and s3"),
        Just("s1 and not s2"),
        Just("s1 or not s2"),
        Just("not 1 of s*"),
        Just("1 of s* and not all of s*"),
        Just("2 of them"),
        Just("not (s1 or s2) and s3"),
    ];
    let source = prop_oneof![3 => Just("{product: p}"), 1 => Just("{category: c}")];
    (selection(), selection(), selection(), condition, source).prop_map(|(x, y, z, condition, source)| {
        format!("title: t\nlogsource: {source}\ndetection:\n  s1: {x}\n  s2: {y}\n  s3: {z}\n  condition: {condition}\n")
    })
}

fn random_event() -> impl Strategy<Value = String> {
    let text = "[abAÉé\\*?]{0,5}".prop_map(|text| format!("\"{text}\"").replace('\\', "\\\\"));
    let scalar = prop_oneof![5 => text, 1 => "[0-3]", 1 => Just("null".to_owned()), 1 => Just("true".to_owned())];
    let value = prop_oneof![
        4 => scalar.clone(),
        1 => proptest::collection::vec(scalar.clone(), 0..3).prop_map(|v| format!("[{}]", v.join(","))),
        1 => scalar.clone().prop_map(|v| format!("{{\"m\":{v}}}")),
    ];
    let key =
        prop_oneof![Just("a"), Just("b"), Just("Native"), Just("Image"), Just("n"), Just("n.m")];
    let members = proptest::collection::vec((key, value), 0..5)
        .prop_map(|m| m.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect::<Vec<_>>().join(","));
    let kind = prop_oneof![Just("\"one\""), Just("1")];
    (members, scalar, kind).prop_map(|(members, path, kind)| {
        let comma = if members.is_empty() { "" } else { "," };
        format!("{{\"class_uid\":1,\"metadata\":{{\"log_source\":\"t\"}},\"process\":{{\"file\":{{\"path\":{path}}}}},\"unmapped\":{{\"Kind\":{kind}{comma}{members}}}}}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn both_engines_agree(
        texts in proptest::collection::vec(random_rule(), 1..6),
        events in proptest::collection::vec(random_event(), 1..8),
    ) {
        let rules = rules(&texts.join("---\n"));
        let tables = tables();
        let engine = Arc::new(Engine::new(rules.clone(), Arc::clone(&tables)).unwrap());
        let mut session = Session::new(engine);
        for event in events.iter().chain(&events) {
            let json = Json::parse(event.as_bytes()).unwrap();
            let found = session.matches(event.as_bytes()).unwrap().to_vec();
            for (number, rule) in rules.iter().enumerate() {
                let naive = naive::matches(&tables, rule, &json);
                prop_assert_eq!(found.contains(&(number as u32)), naive, "{} {}", texts[number], event);
                if naive {
                    let clauses = session.explain(number as u32, event.as_bytes());
                    let expected = naive::explain(&tables, rule, &json);
                    prop_assert_eq!(clauses, expected, "{} {}", texts[number], event);
                }
            }
        }
    }
}
