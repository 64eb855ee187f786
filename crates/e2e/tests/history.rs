//! Rules on history: what ClickHouse finds and what a hunt raises against the live detector, on the
//! samples of our own rules and, where they are here, on SigmaHQ's regression events.

use e2e::{binary, http};
use embedded_clickhouse::testing;
use model::{EventPlace, RawPlace};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use store::{Block, EventRow, Place, Store};

/// A range that no event's time is outside of.
const ALWAYS: [&str; 4] = ["--from", "1990-01-01", "--to", "2100-01-01"];
/// Of rules that match nothing, every one of so many is run as SQL too.
const QUIET_STEP: usize = 40;

/// Not a test: what the engine's process runs.
#[test]
fn engine_child() {
    testing::play();
}

/// A rule and an event that it matches.
type Pairs = BTreeSet<(String, String)>;

struct History {
    address: String,
    database: &'static str,
}

impl History {
    /// A database that holds these events, one JSON document a line.
    fn of(database: &'static str, events: &[u8]) -> Self {
        let url = testing::engine("engine_child");
        let mut block = Block::events();
        for (number, line) in lines(events).enumerate() {
            let raw = RawPlace {
                topic: "raw.local",
                partition: 0,
                offset: number as i64,
                kafka_ms: 1_772_323_200_000,
            };
            let place = Place { partition: 0, offset: number as u64 };
            let row = EventRow::new(line, &EventPlace { raw, index: 0, count: 1 }, place);
            block.push_event(&row.expect("the normalizer's events can be stored"));
        }
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let config = store::Config::new(url, database).expect("the address is one");
            let store = Store::connect(&config);
            store.migrate().await.expect("the tables are made");
            store.insert(&std::sync::Arc::new(block), "all").await.expect("the events are stored");
        });
        Self { address: url.trim_start_matches("http://").to_owned(), database }
    }

    /// The events that a query of `prohori rules sql` finds.
    fn ask(&self, sql: &str) -> BTreeSet<String> {
        let sql = sql.trim_end_matches(';');
        let sql = format!("SELECT event_uid FROM ({sql}) FORMAT TSV");
        let answer = http::send(&self.address, "POST", "/", &[], &sql).expect("the engine answers");
        assert_eq!(answer.status, 200, "{}\n{sql}", answer.body);
        answer.body.lines().map(str::to_owned).collect()
    }

    /// Each rule's query, its id before it.
    fn queries(&self, rules: &[&str]) -> Vec<Value> {
        let mut args = vec!["rules", "sql"];
        args.extend(rules);
        args.extend(ALWAYS);
        args.extend(["--database", self.database, "--format", "json"]);
        let answer: Value = serde_json::from_slice(&run(&args)).expect("JSON is asked for");
        answer["rules"].as_array().expect("there are rules").clone()
    }

    /// The alerts of a hunt.
    fn hunt(&self, rules: &[&str]) -> Vec<Value> {
        let url = format!("http://{}", self.address);
        let mut args = vec!["hunt"];
        args.extend(rules);
        args.extend(ALWAYS);
        args.extend(["--clickhouse", &url, "--database", self.database, "--format", "json"]);
        documents(&run(&args))
    }

    /// Holds queries and hunt to what the detection filter says of the same events.
    fn check(&self, rules: &[&str], events: &[u8]) -> usize {
        let mut args = vec!["detect", "--stdin"];
        rules.iter().for_each(|path| args.extend(["--rules", path]));
        let live = documents(&binary::pipe(&args, events));
        let hunted = self.hunt(rules);
        same(&hunted, &live);
        let live = pairs(&live);
        let fired: BTreeSet<&str> = live.iter().map(|(rule, _)| rule.as_str()).collect();
        let mut asked = 0;
        for (number, query) in self.queries(rules).iter().enumerate() {
            let rule = query["id"].as_str().expect("a query has its rule's id");
            if !fired.contains(rule) && number % QUIET_STEP != 0 {
                continue;
            }
            asked += 1;
            let found = self.ask(query["sql"].as_str().expect("there is SQL"));
            let expected: BTreeSet<String> =
                live.iter().filter(|(of, _)| of == rule).map(|(_, event)| event.clone()).collect();
            if query["correlation"] == json!(true) {
                // A row for each match at which it holds; an alert for the first of them.
                let holds = !found.is_empty();
                let exact = query["exact"] == json!(true);
                assert!(holds || expected.is_empty(), "{query:#}");
                assert!(!exact || holds != expected.is_empty(), "{query:#}\n{found:?}");
                continue;
            }
            match query["exact"] == json!(true) {
                true => assert_eq!(found, expected, "{query:#}"),
                false => assert!(found.is_superset(&expected), "{query:#}"),
            }
        }
        assert!(asked >= fired.len(), "every rule that fires was asked for");
        eprintln!("{} pairs of rule and event, {asked} rules asked as SQL", live.len());
        live.len()
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

fn documents(text: &[u8]) -> Vec<Value> {
    lines(text).map(|line| serde_json::from_slice(line).expect("a line is JSON")).collect()
}

fn run(args: &[&str]) -> Vec<u8> {
    let output = Command::new(binary::prohori())
        .args(args)
        .current_dir(binary::root())
        .output()
        .expect("prohori starts");
    // 1 tells that some rules cannot be read: SigmaHQ has two whose placeholders nobody set.
    let done = output.status.code().is_some_and(|code| code <= 1);
    assert!(done, "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn by_id(alerts: &[Value]) -> BTreeMap<String, &Value> {
    let id = |alert: &Value| alert["finding_info"]["uid"].as_str().unwrap_or_default().to_owned();
    let found: BTreeMap<String, &Value> = alerts.iter().map(|alert| (id(alert), alert)).collect();
    assert_eq!(found.len(), alerts.len(), "ids are different");
    found
}

/// A hunt raises the live alerts: their ids and all that they say.
fn same(hunted: &[Value], live: &[Value]) {
    let (hunted, live) = (by_id(hunted), by_id(live));
    assert_eq!(hunted.keys().collect::<Vec<_>>(), live.keys().collect::<Vec<_>>());
    for (id, alert) in &live {
        let (Value::Object(live), Value::Object(hunted)) = (alert, hunted[id]) else {
            panic!("{id} is no object")
        };
        for (part, value) in live {
            assert_eq!(hunted.get(part), Some(value), "{part} of {id}");
        }
        assert_eq!(hunted.len(), live.len(), "{id}");
    }
}

fn pairs(alerts: &[Value]) -> Pairs {
    let text = |alert: &Value, pointer: &str| {
        alert.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    alerts
        .iter()
        .map(|alert| {
            let rule = text(alert, "/finding_info/analytic/uid");
            (rule, text(alert, "/evidences/0/data/metadata/uid"))
        })
        .collect()
}

fn found_in(folder: &Path, end: &str, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found_in(&path, end, files);
        } else if path.to_string_lossy().ends_with(end) {
            files.push(path);
        }
    }
}

/// What the files under `folder` whose names end so hold, line by line.
fn text_of(folder: &Path, end: &str) -> Vec<u8> {
    let mut files = Vec::new();
    found_in(folder, end, &mut files);
    files.sort();
    let mut text = Vec::new();
    for file in files {
        text.extend(std::fs::read(file).expect("a file can be read"));
        text.push(b'\n');
    }
    text
}

#[test]
fn our_own_rules_find_on_history_what_they_find_live() {
    let mut raw = text_of(&binary::root().join("rules"), ".match.log");
    raw.extend(text_of(&binary::root().join("rules"), ".miss.log"));
    let events = binary::pipe(&["normalize", "--stdin"], &raw);
    let history = History::of("own", &events);
    // A correlation besides, as a backtest of one needs it most.
    let folder = tempfile::tempdir().expect("a folder");
    let correlation = "title: many\nid: 0c0ffee0-0000-4000-8000-000000000001\nname: some\nlogsource: {product: linux, service: sudo}\n\
        detection: {any: {message|exists: true}, condition: any}\n---\n\
        title: several sudo\nid: 0c0ffee0-0000-4000-8000-000000000002\ncorrelation:\n  type: event_count\n  rules: [some]\n  group-by: [Computer]\n  timespan: 20d\n  condition: {gte: 3}\n";
    let path = folder.path().join("correlation.yml");
    std::fs::write(&path, correlation).expect("the folder is writable");
    let path = path.to_string_lossy();
    assert!(history.check(&["rules"], &events) > 100);
    let live = documents(&binary::pipe(&["detect", "--stdin", "--rules", &path], &events));
    let hunted = history.hunt(&[&path]);
    same(&hunted, &live);
    assert!(!live.is_empty(), "the correlation raises an alert");
    // As SQL: every match from which on the condition holds; the alert is on the first of them.
    let queries = history.queries(&[&path]);
    let found = history.ask(queries[0]["sql"].as_str().expect("there is SQL"));
    assert_eq!((queries.len(), queries[0]["exact"].as_bool()), (1, Some(true)));
    assert!(found.len() >= live.len(), "{} of {}", found.len(), live.len());
    // Indicators: the ids are of indicator, host and hour, whichever event comes first.
    let feed = folder.path().join("feed.txt");
    std::fs::write(&feed, "203.0.113.0/24\n198.51.100.0/24\n").expect("the folder is writable");
    let feed = feed.to_string_lossy();
    let args = ["detect", "--stdin", "--indicators", &feed];
    let (live, hunted) =
        (documents(&binary::pipe(&args, &events)), history.hunt(&["--indicators", &feed]));
    let (live, hunted) = (by_id(&live), by_id(&hunted));
    assert!(live.len() > 10, "{} sightings", live.len());
    assert_eq!(hunted.keys().collect::<Vec<_>>(), live.keys().collect::<Vec<_>>());
}

#[test]
fn sigmahq_finds_on_history_what_it_finds_live() {
    let Some(corpora) = binary::corpora() else { return };
    let mut raw = text_of(&corpora.join("sigma-regression"), "events.ndjson");
    raw.extend(text_of(&corpora.join("windows-ordinary"), "events.ndjson"));
    let events = binary::pipe(&["normalize", "--stdin"], &raw);
    let history = History::of("sigmahq", &events);
    let folders = ["rules", "rules-threat-hunting", "rules-emerging-threats"];
    let folders = folders.map(|name| corpora.join("sigma").join(name).display().to_string());
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    assert!(history.check(&folders, &events) > 90);
}
