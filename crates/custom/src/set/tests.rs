//! Files to sets, and sets on lines.

use super::*;
use bumpalo::Bump;
use ocsf::{Path, Store, Value};
use parse::{Outcome, Scratch, Zone};
use std::sync::Arc;

const ARRIVAL: i64 = 1_773_500_966_000;

fn set(text: &str) -> Set {
    let read = read(&[("p.yml".to_owned(), text.to_owned())]);
    assert!(read.problems.is_empty(), "{:#?}", read.problems);
    read.set
}

/// The parser that read a line, and some attributes.
fn parsed(set: &Set, hint: Option<&str>, raw: &str, wanted: &[&str]) -> String {
    let (arena, tables) = (Bump::new(), Arc::new(mapping::Tables::builtin().unwrap()));
    let cx = Cx {
        arena: &arena,
        arrival_ms: ARRIVAL,
        zone: &Zone::UTC,
        hint: hint.map(|hint| &*arena.alloc_str(hint)),
        stream: 0,
        custom: Some(set),
    };
    let mut out = String::new();
    let mut scratch = Scratch::new(tables);
    let mut event = Event::new(Store::default());
    let raw = arena.alloc_str(raw);
    let outcome = parse::parse(raw, &cx, &mut scratch, &mut event, &mut |event| {
        let _ = write!(out, "{} {}/{}", event.parser, event.class, event.activity);
        for name in wanted {
            let value = match *name {
                "time" => event.time.map(Value::Int),
                "message" => event.message.map(Value::Str),
                "severity" => Some(Value::Str(event.severity.name())),
                path => match Path::lookup(path) {
                    Some(path) => event.get(path),
                    None => event.native(path),
                },
            };
            let shown = value.map_or("-".to_owned(), |value| match value {
                Value::Str(text) => text.to_owned(),
                Value::Int(number) => number.to_string(),
                other => format!("{other:?}"),
            });
            let _ = write!(out, " {shown}");
        }
    });
    assert_eq!(outcome, Outcome::Events);
    out
}

const PATTERNS: &str = r"
name: gate
version: 2
source: vpn-gate
product: {vendor: Ours, name: Gate}
when: {program: 'gated*', hint: [old-gate]}
set: {class: Authentication, activity: Logon, status_detail: told}
fields:
    user: user.name
    ip: src_endpoint.ip
    port: src_endpoint.port
    how: {to: auth_protocol}
forms:
    - pattern: 'login of {user*} from {ip:ip}:{port:int}{? by {how:word}}'
      set: {status: success, severity: low}
    - pattern: 'refused {user} from {ip:ip}'
      set: {status: failure, severity: high}
    - pattern: 'load {load:float}'
      set: {class: 0, activity: 0, status: success}
      fields: {load: unmapped}
";

#[test]
fn forms_of_one_program() {
    let set = set(PATTERNS);
    let wanted = ["user.name", "src_endpoint.ip", "src_endpoint.port", "status", "severity"];
    let check = |hint, raw: &str, expected: &str| {
        assert_eq!(parsed(&set, hint, raw, &wanted), expected, "{raw}");
    };
    let head = "Mar  1 10:00:00 h gated-2[7]: ";
    let line = format!("{head}login of a from b from 10.0.0.1:80 by x");
    check(None, &line, "gate/2 3002/1 a from b 10.0.0.1 80 Success Low");
    let line = format!("{head}refused eve from 2001:db8::1");
    check(None, &line, "gate/2 3002/1 eve 2001:db8::1 - Failure High");
    check(None, &format!("{head}load 1.5"), "gate/2 0/0 - - - Success Informational");
    // Another program's line is not ours, unless the hint says so.
    let other = "Mar  1 10:00:00 h other: refused eve from 10.0.0.1";
    check(Some("old-gate"), other, "gate/2 3002/1 eve 10.0.0.1 - Failure High");
    assert!(parsed(&set, None, other, &[]).starts_with("generic/1"));
    // A line of it that no form fits is read by its words.
    assert!(parsed(&set, Some("gate"), &format!("{head}what?"), &[]).starts_with("generic/1"));
}

#[test]
fn what_a_built_in_reader_knows_stays_its_own_unless_hinted() {
    let text = "name: mine\nversion: 1\nwhen: {program: sshd}\npattern: '{what}'\nfields: {what: unmapped}\n";
    let set = set(text);
    let raw = "Mar  1 10:00:00 h sshd[7]: Failed password for root from 10.0.0.1 port 22 ssh2";
    assert!(parsed(&set, None, raw, &[]).starts_with("sshd/"));
    assert!(parsed(&set, Some("mine"), raw, &[]).starts_with("mine/1"));
}

#[test]
fn pairs_columns_and_json() {
    let pairs = set(
        "name: kv\nversion: 1\nwhen: {contains: 'devkind=gate'}\nread: record\npairs: {}\n\
         set: {class: Network Activity}\n\
         fields:\n  src: src_endpoint.ip\n  dst: dst_endpoint.ip\n  when: {to: time, format: epoch}\n  \
         act: {to: activity, map: {allow: Open, deny: Refuse}}\n  bytes: traffic.bytes\n",
    );
    let raw =
        "devkind=gate when=1772359200 act=deny src=10.0.0.1 dst=10.0.0.2 bytes=x note=\"a b\"";
    let wanted = ["src_endpoint.ip", "time", "traffic.bytes", "bytes", "note", "act"];
    assert_eq!(
        parsed(&pairs, None, raw, &wanted),
        "kv/1 4001/5 10.0.0.1 1772359200000 - x a b deny"
    );
    let columns = set("name: rows\nversion: 3\nwhen: {begins: 'TXN1'}\nread: record\n\
         columns: {names: [kind, at, who, _], separator: ';'}\n\
         set: {class: 6005, activity: Query}\n\
         fields:\n  kind: unmapped\n  at: {to: time, format: '%d.%m.%Y %H:%M', zone: Asia/Dhaka}\n  \
         who: {to: [actor.user.name, message], as: lower}\n\
         forms:\n  - if: {kind: TXN1-DEL}\n    set: {activity: Delete}\n");
    let wanted = ["time", "actor.user.name", "message"];
    let check = |raw: &str, expected: &str| {
        assert_eq!(parsed(&columns, None, raw, &wanted), expected, "{raw}");
    };
    check("TXN1-DEL;01.03.2026 10:00;ALICE;x", "rows/3 6005/7 1772337600000 alice ALICE");
    check("TXN1-ADD;01.03.2026 10:00;Bob;x", "rows/3 6005/4 1772337600000 bob Bob");
    assert!(parsed(&columns, None, "TXN1-ADD;01.03.2026 10:00;Bob", &[]).contains("generic/1"));
    let json =
        set("name: objects\nversion: 1\nwhen: {contains: '\"engine\":\"ours\"'}\njson: {}\n\
         set: {class: Detection Finding, activity: Create}\n\
         fields:\n  rule.name: finding_info.title\n  rule.id: finding_info.uid\n  \
         level: {to: severity, map: {'1': Low, '9': Critical}, else: Medium}\n  \
         digest: {to: malware.name}\n");
    let raw = r#"{"engine":"ours","rule":{"name":"n","id":7},"level":9,"tags":["a","b"]}"#;
    let wanted = ["finding_info.title", "finding_info.uid", "severity", "tags"];
    assert_eq!(
        parsed(&json, None, raw, &wanted),
        "objects/1 2004/1 n 7 Critical List([\"a\", \"b\"])"
    );
}

#[test]
fn a_record_that_costs_too_much_is_given_up() {
    let forms: String =
        (0..60).map(|n| format!("  - pattern: 'xxxx{{?{{_}}q{n}}}{{?{{_}}r{n}}}end'\n")).collect();
    let text =
        format!("name: slow\nversion: 1\nwhen: {{begins: 'xxxx'}}\nread: record\nforms:\n{forms}");
    let set = set(&text);
    let raw = format!("xxxx{}", "0123456789".repeat(6_000));
    let (arena, mut event) = (Bump::new(), Event::new(Store::default()));
    let cx = Cx {
        arena: &arena,
        arrival_ms: ARRIVAL,
        zone: &Zone::UTC,
        hint: None,
        stream: 0,
        custom: None,
    };
    let unread = Unread { record: Some(&raw), message: &raw, program: None };
    // Each form looks through 60 KB twice, and together they may look at 4 MB.
    assert!(!set.read(unread, &cx, &mut event));
    assert_eq!(event.labels(), ["custom:gave_up"]);
}

#[test]
fn what_a_map_does_not_name() {
    let set =
        set("name: m\nversion: 1\nwhen: {program: m}\npairs: {}\nset: {class: 3002}\nfields:\n  \
         u: {to: user.name, map: {'0': root}}\n  s: {to: status, map: {ok: success}}\n  \
         p: {to: src_endpoint.port, map: {http: 80}}\n");
    let wanted = ["user.name", "status", "src_endpoint.port", "s", "p"];
    let check = |raw: &str, expected: &str| {
        let line = format!("Mar  1 10:00:00 h m: {raw}");
        assert_eq!(parsed(&set, None, &line, &wanted), expected, "{raw}");
    };
    check("u=0 s=ok p=http", "m/1 3002/0 root Success 80 ok http");
    check("u=eve s=bad p=81", "m/1 3002/0 eve - 81 bad -");
    check("u=- s=- p=x", "m/1 3002/0 - - - - x");
}

#[test]
fn two_parsers_of_one_name_are_told() {
    let file = |name: &str| {
        (name.to_owned(), "name: a\nversion: 1\nwhen: {program: x}\npattern: 'y'\n".to_owned())
    };
    let read = read(&[file("1.yml"), file("2.yml")]);
    assert_eq!(read.set.parsers().len(), 1);
    let told: Vec<String> = read.problems.iter().map(ToString::to_string).collect();
    let expected = "2.yml:1:1: error [duplicate-name]: a second parser is called \"a\"";
    assert!(told.len() == 1 && told[0].starts_with(expected), "{told:?}");
}
