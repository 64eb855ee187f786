//! Searches and Sigma rules in ClickHouse against the same in memory: the same events are found.

use crate::engine::database;
use crate::sample::{START_MS, event, scope, store_events, uid};
use detect::{Json, naive};
use mapping::Tables;
use query::sql::candidates;
use query::{Evaluator, Expr, Query, Range, of_rule};
use serde_json::{Value, json};
use sigma::{Document, Placeholders, Rule};
use store::Store;

const RANGE: Range = Range { from_ms: START_MS, to_ms: START_MS + 3_600_000 };
const EVENTS: u64 = 300;

/// Numbers that look random and are the same each time (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    fn of<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }
}

/// Texts in which case, escapes, scripts, blanks and numbers go wrong first.
const TEXTS: [&str; 22] = [
    "abc",
    "ABC",
    r"C:\Windows\abc.exe",
    "a\nb",
    "\"quoted\"",
    "Straße ſ \u{212a}elvin İ",
    "ΟΔΟΣ οδος",
    "ব্যর্থ ৫ ড়",
    "",
    "4688",
    "4688.0",
    "-7",
    "1e3",
    "10.1.2.3",
    "010.1.2.3",
    "::ffff:10.1.2.3",
    "fe80::1%eth0",
    "2001:db8::7",
    "a*b?",
    "100%_x",
    "null",
    "2025-08-02T23:59:00Z",
];

fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 9 } else { 12 }) {
        0 => Value::Null,
        1 => json!(random.below(2) == 0),
        2 => json!([4688, 7, -7, 1000, 0][random.below(5)]),
        3 => json!([0.5, 4688.25][random.below(2)]),
        4..9 => random.of(&TEXTS).into(),
        9 => json!([]),
        10 => Value::Array((0..=random.below(3)).map(|_| value(random, depth - 1)).collect()),
        _ => json!({"k": value(random, depth - 1), "a b": random.of(&TEXTS)}),
    }
}

/// An event of one of a few kinds, with odd values wherever rules look.
fn odd_event(random: &mut Random, number: u64) -> Value {
    let route = random.below(6);
    event("mof", number, |e| {
        let metadata = &mut e["metadata"];
        let (source, log_name) = [
            ("windows", "Microsoft-Windows-Sysmon/Operational"),
            ("windows", "Security"),
            ("windows", "Microsoft-Windows-PowerShell/Operational"),
            ("auditd", "auditd"),
            ("nginx", "access"),
            ("sshd", "auth"),
        ][route];
        metadata["log_source"] = source.into();
        metadata["log_name"] = log_name.into();
        metadata["event_code"] = match random.below(5) {
            0 => json!(1),
            1 => "1".into(),
            2 => "4688".into(),
            3 => "4104".into(),
            _ => "5".into(),
        };
        e["class_uid"] = [1007, 3002, 4002][random.below(3)].into();
        if random.below(2) == 0 {
            e["message"] = random.of(&TEXTS).into();
        }
        if random.below(3) == 0 {
            e["raw_data"] = random.of(&TEXTS).into();
        }
        e["device"]["hostname"] = value(random, 0);
        e["user"]["name"] = value(random, 0);
        e["src_endpoint"] = json!({"ip": random.of(&TEXTS), "port": value(random, 0)});
        e["process"] = json!({"cmd_line": value(random, 2), "file": {"path": value(random, 1)}, "pid": value(random, 0)});
        e["actor"] = json!({"process": {"file": {"path": value(random, 1)}}});
        e["unmapped"] = json!({
            "Image": value(random, 1), "Threat Name": value(random, 1), "a.b": value(random, 0),
            "a": {"b": value(random, 1)}, "list": [{"v": value(random, 1)}, {"v": value(random, 1)}],
        });
        for (name, odds) in [("Image", 2), ("a.b", 2), ("Threat Name", 3)] {
            if random.below(odds) == 0
                && let Value::Object(unmapped) = &mut e["unmapped"]
            {
                unmapped.remove(name);
            }
        }
    })
}

struct History {
    store: Store,
    tables: Tables,
    events: Vec<(String, Json)>,
}

impl History {
    async fn new(seed: u64) -> Self {
        let store = database().await;
        let mut random = Random(seed);
        let events: Vec<Value> = (0..EVENTS).map(|n| odd_event(&mut random, n)).collect();
        store_events(&store, "mof", 0, &events).await;
        // Another agency's events are never found.
        let others: Vec<Value> =
            (0..20).map(|n| event("moh", 10_000 + n, |e| e["message"] = "abc".into())).collect();
        store_events(&store, "moh", 0, &others).await;
        let events = events.iter().enumerate().map(|(number, event)| {
            (uid(number as u64), Json::parse(event.to_string().as_bytes()).unwrap())
        });
        Self { store, tables: Tables::builtin().unwrap(), events: events.collect() }
    }

    /// What ClickHouse finds, and whether it says that this is exact.
    async fn found(&self, expr: &Expr) -> (Vec<String>, bool) {
        let query = Query::of(expr.clone());
        let scope = scope(&["mof"]);
        let answer = self.store.search(&scope, &query, &self.tables, RANGE, 0, 9_000);
        let answer = answer.await.unwrap_or_else(|error| panic!("{expr}\n{error:?}"));
        let mut uids: Vec<String> = answer.rows.into_iter().map(|row| row[1].clone()).collect();
        uids.sort();
        (uids, answer.notes.is_empty())
    }

    /// What the events themselves say.
    fn expected(&self, holds: impl Fn(&Json) -> bool) -> Vec<String> {
        let found = self.events.iter().filter(|(_, event)| holds(event));
        let mut uids: Vec<String> = found.map(|(uid, _)| uid.clone()).collect();
        uids.sort();
        uids
    }

    /// What a hunt would read.
    async fn read(&self, expr: &Expr) -> Vec<String> {
        let condition = candidates([expr], &self.tables, 0);
        let mut documents = self.store.documents(&scope(&["mof"]), &condition, RANGE).unwrap();
        let (mut uids, mut times) = (Vec::new(), Vec::new());
        while let Some(document) = documents.next().await.unwrap() {
            let event: Value = serde_json::from_str(&document.event).unwrap();
            uids.push(event["metadata"]["uid"].as_str().unwrap().to_owned());
            times.push(event["time"].as_i64().unwrap());
        }
        assert!(times.is_sorted());
        uids.sort();
        uids
    }

    async fn check(&self, expr: &Expr, holds: impl Fn(&Json) -> bool, name: &str) -> usize {
        let expected = self.expected(holds);
        let (found, exact) = self.found(expr).await;
        let lost: Vec<&String> = expected.iter().filter(|uid| !found.contains(uid)).collect();
        assert!(lost.is_empty(), "{name}\n{expr}\nlost {lost:?}");
        if exact {
            let more: Vec<&String> = found.iter().filter(|uid| !expected.contains(uid)).collect();
            assert!(more.is_empty(), "{name}\n{expr}\nmore {more:?}");
        }
        let read = self.read(expr).await;
        let unread: Vec<&String> = expected.iter().filter(|uid| !read.contains(uid)).collect();
        assert!(unread.is_empty(), "{name}\n{expr}\nnot read {unread:?}");
        expected.len()
    }
}

/// Every operator on every kind of field.
const SEARCHES: &[&str] = &[
    "abc",
    "abc -quoted",
    "ABC OR 100%",
    "\"a\nb\"",
    "ব্যর্থ",
    "5",
    "strasse OR ſ",
    "a?c",
    "host:abc",
    "host:ABC",
    "host=ABC",
    "host~b",
    "host:*\\abc.exe",
    "host:\"\"",
    "host:/^A.C$/i",
    "NOT host:abc",
    "exists(user)",
    "null(user)",
    "user:4688",
    "user:num(4688)",
    "user>=1000",
    "user<0",
    "user>99999999999999999999999999999999999999999",
    "src_ip:10.1.2.3",
    "src_ip:cidr(10.0.0.0/8)",
    "src_ip:cidr(::/0)",
    "src_ip:\"10.1.*\" OR src_ip:10.1.*",
    "src_ip:2001:DB8::7",
    "src_port:7",
    "src_port>=7 src_port<=4688",
    "src_port:[1 to 1000]",
    "class:1007",
    "class in (1007, 4002)",
    "severity:2",
    "source:nginx",
    "log_name:security",
    "event_code:1",
    "uid:50000000000000000000000000000007",
    "agency:mof abc",
    "agency:moh",
    "message:abc",
    "raw:*quoted*",
    "process.cmd_line:abc",
    "process.cmd_line:*ß*",
    "process.cmd_line:οδοσ*",
    "process.cmd_line=\"C:\\Windows\\abc.exe\"",
    "process.cmd_line:/[0-9]+\\.[0-9]/",
    "process.cmd_line:/\\w+ \\w/",
    "NOT process.cmd_line:/\\bſ/",
    "process.cmd_line:cidr(10.0.0.0/8)",
    "process.pid>=1000",
    "process.pid<=0.5",
    "process.pid:num(4688)",
    "process.pid:num(0.50)",
    "null(process.file.path)",
    "missing(process.file.path)",
    "exists(unmapped.list.v) unmapped.list.v:abc",
    "unmapped.list.v:field(Image)",
    "unmapped.ThreatName:abc",
    "sigma.a.b:4688",
    "a.b:4688",
    "Image:*abc*",
    "Image:(abc OR \"\" OR 4688)",
    "Image:startfield(CommandLine)",
    "host:field(Image)",
    "Image=field(process.cmd_line)",
    "NOT exists(CommandLine)",
    "hour(Image)>=22",
    "NOT hour(Image)>=22",
    "any:abc",
    "any:*windows*",
    "any:null",
    "any:num(7)",
    "any:/^AB/",
    "NOT any:*a*",
    "2 of (host:abc, user:abc, any:*exe, Image:abc)",
    "logsource(product=windows, category=process_creation)",
    "logsource(product=windows, category=process_creation) Image:*abc*",
    "logsource(service=security) NOT Image:*abc*",
    "logsource(category=webserver) OR logsource(product=linux)",
    "metadata.event_code:1",
    "metadata.logged_time>0",
    "",
];

#[tokio::test]
async fn searches_find_what_they_mean() {
    let history = History::new(1).await;
    let mut found = 0;
    for text in SEARCHES {
        let query = query::parse(text, &history.tables).unwrap();
        let holds = |event: &Json| Evaluator::new(&history.tables, event, 0).holds(&query.expr);
        found += history.check(&query.expr, holds, text).await;
    }
    assert!(found > 1_500, "only {found} events were found");
}

/// What rules ask about, and how.
const FIELDS: [&str; 11] = [
    "Image",
    "CommandLine",
    "ParentImage",
    "NewProcessName",
    "ThreatName",
    "a.b",
    "EventID",
    "Message",
    "ProcessId",
    "Computer",
    "",
];
const TESTS: [&str; 28] = [
    ": abc",
    ": '*abc*'",
    ": 'a?b'",
    ": ['ABC', '4688', 'a\\*b\\?']",
    ": 4688",
    ": 7",
    ": true",
    ": null",
    ": ''",
    "|contains: ['bc', 'কিছু', 'ব্য']",
    "|contains|all: ['a', 'b']",
    "|startswith: 'C:\\W'",
    "|endswith|cased: '.exe'",
    "|cased: ABC",
    "|re: '^[aA]bc$'",
    "|re|i: 'straße'",
    "|re: '\\d+\\.\\d'",
    "|cidr: ['10.0.0.0/8', '2001:db8::/32']",
    "|gte: 7",
    "|lt: 0",
    "|neq: abc",
    "|fieldref: Image",
    "|fieldref|contains: ThreatName",
    "|exists: true",
    "|exists: false",
    "|hour: 23",
    "|windash|contains: ' -c'",
    "|base64offset|contains: abc",
];

/// A rule of fields, modifiers and conditions drawn by chance.
fn odd_rule(random: &mut Random) -> String {
    let source = random.of(&[
        "{product: windows}",
        "{product: windows, category: process_creation}",
        "{category: process_creation}",
        "{product: windows, service: security}",
        "{product: linux, service: auditd}",
        "{category: webserver}",
    ]);
    let mut selections = String::new();
    for name in ["a", "b", "c"] {
        let field = random.of(&FIELDS);
        let test = random.of(&TESTS);
        let keyword = field.is_empty()
            && (test.contains("null") || test.contains("exists") || test.contains("fieldref"));
        let test = if keyword { ": abc" } else { test };
        selections.push_str(&format!("  {name}: {{'{field}{}\n", quoted_key(test)));
    }
    let condition = random.of(&[
        "a",
        "not a",
        "a and not b",
        "a or b",
        "1 of them",
        "all of them",
        "2 of them",
        "not 1 of them",
        "(a or not b) and c",
        "a or not (b and c)",
    ]);
    format!("title: t\nlogsource: {source}\ndetection:\n{selections}  condition: {condition}\n")
}

/// `|contains: x` behind a field's opening quotation mark.
fn quoted_key(test: &str) -> String {
    let (modifiers, value) = test.split_once(": ").unwrap();
    format!("{modifiers}': {value}}}")
}

#[tokio::test]
async fn sigma_rules_find_on_history_what_the_engine_matches() {
    let history = History::new(2).await;
    let mut random = Random(3);
    let (mut found, mut rules) = (0, 0);
    for _ in 0..100 {
        let text = odd_rule(&mut random);
        let parsed = sigma::parse("r.yml", &text, &Placeholders::new());
        assert!(parsed.errors.is_empty(), "{text}\n{:?}", parsed.errors);
        for document in parsed.documents {
            let Document::Rule(rule) = document else { panic!("{text}") };
            let rule: Rule = *rule;
            rules += 1;
            let holds = |event: &Json| naive::matches(&history.tables, &rule, event);
            found += history.check(&of_rule(&rule), holds, &text).await;
        }
    }
    assert!(rules == 100 && found > 1_000, "{rules} rules found {found} events");
}

#[tokio::test]
async fn commands_count_and_sort_within_the_scope() {
    let store = database().await;
    let tables = Tables::builtin().unwrap();
    let events: Vec<Value> = (0..60)
        .map(|n| {
            event("mof", n, |e| {
                e["device"]["hostname"] = format!("web-{}", n % 3).into();
                e["process"] = json!({"cmd_line": if n % 2 == 0 { "run" } else { "stop" }});
            })
        })
        .collect();
    store_events(&store, "mof", 0, &events).await;
    store_events(&store, "moh", 0, &[event("moh", 900, |_| {})]).await;
    let rows = |text: &'static str| {
        let query = query::parse(text, &tables).unwrap();
        let (store, tables) = (store.clone(), &tables);
        async move {
            let scope = scope(&["mof"]);
            let answer = store.search(&scope, &query, tables, RANGE, 0, 4).await.unwrap();
            let rows: Vec<String> = answer.rows.iter().map(|row| row.join(" ")).collect();
            format!(
                "{}: {}{}",
                answer.columns.join(" "),
                rows.join(", "),
                if answer.more { " …" } else { "" }
            )
        }
    };
    for (text, expected) in [
        ("| count", "count: 60"),
        ("| count by host", "host count: web-0 20, web-1 20, web-2 20"),
        ("| count by host | sort -host | head 2", "host count: web-2 20, web-1 20"),
        ("host:web-1 | count by command", "process.cmd_line count: run 10, stop 10"),
        ("| distinct host by command", "process.cmd_line count: run 3, stop 3"),
        ("| timechart span=30s count", "time count: 1772323200000 30, 1772323230000 30"),
        (
            "host:web-0 command:stop | table host, command | sort time | head 1",
            "time uid host process.cmd_line: 1772323203000 50000000000000000000000000000003 web-0 stop",
        ),
        (
            "| table host | sort time | head 5",
            "time uid host: 1772323200000 50000000000000000000000000000000 web-0, 1772323201000 50000000000000000000000000000001 web-1, 1772323202000 50000000000000000000000000000002 web-2, 1772323203000 50000000000000000000000000000003 web-0 …",
        ),
    ] {
        assert_eq!(rows(text).await, expected, "{text}");
    }
}
