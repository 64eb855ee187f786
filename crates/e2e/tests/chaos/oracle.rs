//! What must be true at the end, whatever was broken meanwhile.

use crate::RULES;
use crate::faults::{Done, RAW};
use crate::site::Site;
use crate::traffic::{FILES, Traffic};
use e2e::binary;
use model::topic;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long the site may take to be as it was after a fault.
const RECOVERED: Duration = Duration::from_secs(120);
/// How long everything may take to be stored, and every alert to be raised, after the last line.
const SETTLED: Duration = Duration::from_secs(150);
/// Pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// A correlation waits for lines that are late: what shows that time passes is written this often.
const TICK: Duration = Duration::from_secs(2);

/// Alerts by rule, moment and count of events, and how often each is there.
type Alerts = BTreeMap<String, usize>;

/// Waits until a line that each host writes now is stored; how long after `over` that is.
pub(crate) fn recovery(site: &Site, traffic: &Traffic, over: Instant, number: usize) -> Duration {
    let word = format!("probe-{number}-is-here");
    traffic.written().say_everywhere(&word);
    let sql = format!("SELECT count() FROM events WHERE raw LIKE '%{word}%'");
    loop {
        let found = site.stack.count(&sql);
        if found == Ok(FILES as u64) {
            return over.elapsed();
        }
        let late = over.elapsed() > RECOVERED;
        assert!(
            !late,
            "{found:?} of {FILES} lines found after {RECOVERED:?}; {}\n{}",
            standing(site),
            site.report()
        );
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// How far each group is in its topic: who stands still has something left to do.
fn standing(site: &Site) -> String {
    let mut told = Vec::new();
    for (group, topic) in
        [(topic::NORMALIZERS, RAW), ("detector", topic::EVENTS), ("loader", topic::EVENTS)]
    {
        let ends = bus::admin::end_offsets(&site.bus(), &[topic]);
        let done = bus::admin::committed(&site.bus(), group, &[topic]);
        let done =
            done.map(|all| all.into_iter().map(|(p, c)| (p.1, c.offset)).collect::<Vec<_>>());
        told.push(format!("{group} has done {done:?} of {ends:?}"));
    }
    told.join("; ")
}

/// Checks everything, once it has come to rest.
pub(crate) fn check(site: &Site, traffic: &Traffic, done: &Done) {
    let began = Instant::now();
    let expected = clean_run(&traffic.written().lines);
    assert!(expected.len() > 10, "{} alerts are too few to lose one", expected.len());
    let mut ticked = Instant::now();
    // Updates of what is folded come last; a mismatch that stays is told in full.
    while began.elapsed() < SETTLED {
        if is_stored(site, traffic) && raised(site).is_ok_and(|found| found == expected) {
            break;
        }
        if ticked.elapsed() > TICK {
            traffic.written().say_everywhere("tick");
            ticked = Instant::now();
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    // What was said last is still on its way.
    while began.elapsed() < SETTLED + TICK && !is_stored(site, traffic) {
        std::thread::sleep(LOOK_AGAIN);
    }
    println!("chaos: at rest after {:.0?}", began.elapsed());
    lines(site, traffic);
    dead_letters(site, done);
    ledger(site);
    let found = raised(site).unwrap_or_else(|error| panic!("{error}"));
    let missing: Vec<_> =
        expected.iter().filter(|(alert, n)| found.get(*alert) != Some(*n)).collect();
    let beyond: Vec<_> =
        found.iter().filter(|(alert, n)| expected.get(*alert) != Some(*n)).collect();
    assert!(
        missing.is_empty() && beyond.is_empty(),
        "a clean run raises {} alerts; of them are missing {}; there besides {}; topic alerts has {}\n{}\n{}",
        expected.values().sum::<usize>(),
        few(&missing),
        few(&beyond),
        sent(site),
        site.said(&["detector", "loader"]),
        site.report()
    );
    let ids = "SELECT (SELECT count() FROM alerts) - (SELECT uniqExact(id) FROM alerts)";
    assert_eq!(site.stack.ask(ids).as_deref(), Ok("0"), "alerts that are there twice");
}

fn is_stored(site: &Site, traffic: &Traffic) -> bool {
    let sent = traffic.written().lines.len() as u64;
    site.stack.count("SELECT count() FROM events").is_ok_and(|stored| stored >= sent)
}

/// Every line once, and nothing else.
fn lines(site: &Site, traffic: &Traffic) {
    let sent = traffic.written().lines.len() as u64;
    let counts = ["count()", "uniqExact(uid)", "uniqExact(raw)"];
    let counts = counts.map(|what| site.stack.count(&format!("SELECT {what} FROM events")));
    let expected = [(); 3].map(|()| Ok(sent));
    assert_eq!(counts, expected, "rows, ids, lines stored of {sent}\n{}", site.report());
}

/// Poison is told as such, what came twice as well, and there is nothing else.
fn dead_letters(site: &Site, done: &Done) {
    let of_raw = |which: &str| {
        let sql = format!(
            "SELECT count() FROM dead_letters WHERE topic = 'dead-letters' AND raw_topic = '{RAW}' AND {which}"
        );
        site.stack.count(&sql).unwrap_or_else(|error| panic!("{error}"))
    };
    let by_code = || {
        let sql = "SELECT groupArray((code, topic, n)) FROM (SELECT code, topic, count() AS n FROM dead_letters GROUP BY ALL)";
        site.stack.ask(sql)
    };
    assert_eq!(of_raw("code = 'bad_origin'"), done.poisoned_raw, "poison: {:?}", by_code());
    assert!(of_raw("code = 'repeated'") >= done.duplicates, "{:?}", by_code());
    assert_eq!(of_raw("code NOT IN ('bad_origin', 'repeated')"), 0, "{:?}", by_code());
}

/// Received = normalized + dead-lettered, counted in Kafka and in the store.
fn ledger(site: &Site) {
    let ends = bus::admin::end_offsets(&site.bus(), &[RAW]).expect("Kafka answers");
    let received: u64 = ends.values().map(|end| end.cast_unsigned()).sum();
    let sql = format!(
        "SELECT (SELECT countIf(raw_index = 0) FROM events) + \
         (SELECT count() FROM dead_letters WHERE topic = 'dead-letters' AND raw_topic = '{RAW}')"
    );
    assert_eq!(site.stack.count(&sql), Ok(received), "the ledger\n{}", site.report());
}

/// What the two filters, which are the same code, raise on the same lines.
fn clean_run(lines: &[String]) -> Alerts {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = folder.path().join("chaos.yml");
    std::fs::write(&rules, RULES).expect("the rules are written");
    let text = lines.join("\n") + "\n";
    let events = binary::pipe(&["normalize", "--stdin"], text.as_bytes());
    let rules = rules.to_str().expect("a plain path");
    let alerts = binary::pipe(&["detect", "--stdin", "--rules", rules], &events);
    // Of an alert that is told again the last word counts.
    let mut last = BTreeMap::new();
    for line in alerts.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let alert: Value = serde_json::from_slice(line).expect("an alert is JSON");
        let finding = &alert["finding_info"];
        let rule = finding["analytic"]["uid"].as_str().expect("a rule's id");
        let word = format!("{rule} at {} of {}", alert["time"], alert["count"]);
        last.insert(finding["uid"].to_string(), word);
    }
    counted(last.into_values())
}

/// What is in the store.
fn raised(site: &Site) -> Result<Alerts, String> {
    let sql = "SELECT concat(rule_id, ' at ', toString(toUnixTimestamp64Milli(time)), ' of ', \
               toString(greatest(event_count, told))) FROM alerts \
               LEFT JOIN (SELECT id, max(event_count) AS told FROM alert_updates GROUP BY id) AS later \
               USING (id) FORMAT TabSeparated";
    let text = site.stack.ask(sql)?;
    Ok(counted(text.lines().map(str::to_owned)))
}

/// The first and the last of what differs: a report must be read in a window of a CI.
fn few(alerts: &[(&String, &usize)]) -> String {
    let ends = [alerts.first(), alerts.last()].into_iter().flatten().collect::<Vec<_>>();
    format!("{} {ends:?}", alerts.len())
}

/// How many alerts were written to Kafka: what is not there, the detector lost; what is, the loader.
fn sent(site: &Site) -> String {
    let partitions = bus::admin::end_offsets(&site.bus(), &[topic::ALERTS]).expect("Kafka answers");
    let (mut records, mut ids) = (0, BTreeSet::new());
    for (topic, number) in partitions.into_keys() {
        let partition = bus::Partition::new(topic, number);
        let read = bus::reader::read_all(&site.bus(), &partition, |record| {
            let alert: Value = serde_json::from_slice(record.value).unwrap_or_default();
            ids.insert(alert["finding_info"]["uid"].to_string());
        });
        records += read.expect("Kafka answers");
    }
    format!("{records} records of {} ids", ids.len())
}

fn counted(words: impl Iterator<Item = String>) -> Alerts {
    let mut counts = Alerts::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    counts
}
