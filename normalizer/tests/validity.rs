//! Every event of every corpus is valid OCSF, and no record is lost.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skips"
)]

mod support;

use std::collections::BTreeMap;
use support::schema::Schema;

#[test]
fn every_event_of_every_corpus_is_valid() {
    let Some(corpora) = support::corpora() else { return };
    let schema = Schema::read(&corpora);
    let mut normalizer = support::normalizer();
    let mut faults: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let (mut records, mut events, mut dead) = (0, 0, 0);
    for (name, raw) in support::all_records() {
        records += 1;
        match support::normalize(&mut normalizer, &raw) {
            Ok(found) => {
                assert!(!found.is_empty(), "{name}: no event and no dead letter");
                events += found.len();
                for event in found {
                    for fault in schema.faults(&event) {
                        let row = faults.entry(fault).or_insert((0, name.clone()));
                        row.0 += 1;
                    }
                }
            }
            Err(code) => {
                assert!(
                    ["empty", "binary", "too_deep", "header"].contains(&code.as_str()),
                    "{name}: {code}"
                );
                dead += 1;
            }
        }
    }
    println!("{records} records, {events} events, {dead} dead letters");
    assert!(faults.is_empty(), "{} kinds of faults: {faults:#?}", faults.len());
}

/// What a row is told by, whichever way Zeek wrote it.
fn told_by(event: &serde_json::Value) -> String {
    let at = |path: &str| event.pointer(path).unwrap_or(&serde_json::Value::Null).to_string();
    [
        "/class_uid",
        "/activity_id",
        "/time",
        "/connection_info/uid",
        "/src_endpoint/ip",
        "/src_endpoint/port",
        "/dst_endpoint/ip",
        "/dst_endpoint/port",
        "/metadata/log_name",
        "/query/hostname",
        "/user/name",
        "/file/path",
        "/status_id",
        "/http_response/code",
    ]
    .map(at)
    .join(" ")
}

#[test]
fn zeek_as_text_and_as_json_are_one() {
    let Some(corpora) = support::corpora() else { return };
    let logs = support::files(&corpora.join("zeek"));
    let logs = logs.iter().filter_map(|log| {
        let name = log.to_str()?.strip_suffix(".log.zst")?;
        Some((log, std::path::PathBuf::from(format!("{name}.ndjson.zst"))))
    });
    let mut compared = 0;
    for (log, twin) in logs.filter(|(_, twin)| twin.exists()) {
        let mut normalizer = support::normalizer();
        let mut of = |file: &std::path::Path| -> Vec<String> {
            let text = support::bytes(file);
            let lines = text.split(|b| *b == b'\n').filter(|line| !line.is_empty());
            let read = lines.filter_map(|line| match support::normalize(&mut normalizer, line) {
                Ok(events) => Some(told_by(&events[0])),
                Err(code) => {
                    assert_eq!(code, "header", "{}", file.display());
                    None
                }
            });
            let mut rows: Vec<String> = read.collect();
            rows.sort();
            rows
        };
        let (text, json) = (of(log), of(&twin));
        assert_eq!(text.len(), json.len(), "{}", log.display());
        for (text, json) in text.iter().zip(&json) {
            assert_eq!(text, json, "{}", log.display());
        }
        compared += text.len();
    }
    println!("{compared} rows compared");
    assert!(compared > 0, "no twins");
}
