//! Every event of every corpus is valid OCSF, and no record is lost.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skips"
)]

mod support;

use std::collections::BTreeMap;
use support::schema::Schema;

/// Each line of each corpus and of our own rules' samples, by threads that take every other one.
#[test]
fn every_event_of_every_corpus_is_valid() {
    let Some(corpora) = support::corpora() else { return };
    let schema = Schema::read(&corpora);
    let mut records = support::all_records();
    records.extend(support::sample_records());
    // Files that name their columns are read in order, whole, by one thread.
    let stream = |name: &str| name.rsplit_once(':').map_or(0, |(file, _)| hash(file));
    let parts = std::thread::available_parallelism().map_or(2, |n| n.get() as u64);
    let seen = std::thread::scope(|scope| {
        let (schema, records) = (&schema, &records);
        let of_part = |part| {
            let mine = records.iter().filter(move |(name, _)| stream(name) % parts == part);
            scope.spawn(move || look(mine, schema))
        };
        let threads: Vec<_> = (0..parts).map(of_part).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).fold(Seen::default(), Seen::and)
    });
    println!(
        "{} records: {} with {} events, {} dead letters",
        records.len(),
        seen.with_events,
        seen.events,
        seen.dead
    );
    assert!(seen.faults.is_empty(), "{} kinds of faults: {:#?}", seen.faults.len(), seen.faults);
    // Nothing is lost: each record became events or a dead letter with a reason.
    assert_eq!(seen.with_events + seen.dead, records.len());
}

fn hash(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// What became of some records.
#[derive(Default)]
struct Seen {
    with_events: usize,
    events: usize,
    dead: usize,
    /// Each kind of fault: how often, and where first.
    faults: BTreeMap<String, (usize, String)>,
}

impl Seen {
    fn and(mut self, other: Self) -> Self {
        self.with_events += other.with_events;
        self.events += other.events;
        self.dead += other.dead;
        for (fault, (count, name)) in other.faults {
            self.faults.entry(fault).or_insert((0, name)).0 += count;
        }
        self
    }
}

fn look<'r>(records: impl Iterator<Item = &'r (String, Vec<u8>)>, schema: &Schema) -> Seen {
    let mut normalizer = support::normalizer();
    let mut seen = Seen::default();
    for (name, raw) in records {
        // As a collector does with a longer one.
        let raw = &raw[..raw.len().min(model::RAW_BYTES_MAX)];
        match support::normalize(&mut normalizer, raw) {
            Ok(found) => {
                assert!(!found.is_empty(), "{name}: no event and no dead letter");
                seen.with_events += 1;
                seen.events += found.len();
                for fault in found.iter().flat_map(|event| schema.faults(event)) {
                    seen.faults.entry(fault).or_insert((0, name.clone())).0 += 1;
                }
            }
            Err(code) => {
                let known = ["empty", "binary", "too_deep", "header"];
                assert!(known.contains(&code.as_str()), "{name}: {code}");
                seen.dead += 1;
            }
        }
    }
    seen
}

/// The filter answers every line in order, with events or with an error.
#[test]
fn no_line_is_lost_between_input_and_output() {
    if support::corpora().is_none() {
        return;
    }
    let records = support::all_records();
    let mut input = Vec::new();
    for (id, (_, raw)) in records.iter().enumerate() {
        let raw = String::from_utf8_lossy(raw);
        input.extend(serde_json::json!({ "id": id, "raw": raw }).to_string().into_bytes());
        input.push(b'\n');
    }
    let options = normalizer::filter::Options { framed: true, ..Default::default() };
    let mut output = Vec::new();
    normalizer::filter::run(&options, &input[..], &mut output).unwrap();
    let answers: Vec<Answer> = output
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(answers.len(), records.len());
    for (at, answer) in answers.iter().enumerate() {
        assert_eq!(answer.id, at);
        // `error` is always there: null beside events, a text where there are none.
        assert_eq!(answer.events.is_empty(), answer.error.get() != "null", "{}", records[at].0);
    }
}

/// What the filter answers to a framed line; what is not there is an error.
#[derive(serde::Deserialize)]
struct Answer<'a> {
    id: usize,
    #[serde(borrow)]
    events: Vec<&'a serde_json::value::RawValue>,
    #[serde(borrow)]
    error: &'a serde_json::value::RawValue,
}

/// Of the records, every one of so many is enriched too.
const ENRICHED_STEP: usize = 7;

#[test]
fn what_enriches_events_leaves_them_valid() {
    let Some(corpora) = support::corpora() else { return };
    let schema = Schema::read(&corpora);
    let folder = tempfile::tempdir().unwrap();
    let mut normalizer = support::enriching(folder.path());
    let (mut faults, mut entries, mut listed) = (BTreeMap::new(), BTreeMap::new(), 0);
    for (name, raw) in support::all_records().into_iter().step_by(ENRICHED_STEP) {
        for event in support::normalize(&mut normalizer, &raw).unwrap_or_default() {
            for entry in event["enrichments"].as_array().into_iter().flatten() {
                *entries.entry(entry["type"].to_string()).or_insert(0) += 1;
            }
            listed += event["osint"].as_array().map_or(0, Vec::len);
            for fault in schema.faults(&event) {
                faults.entry(fault).or_insert((0, name.clone())).0 += 1;
            }
        }
    }
    println!("{entries:?}, {listed} in osint");
    assert!(faults.is_empty(), "{} kinds of faults: {faults:#?}", faults.len());
    assert!(entries.len() == 5 && listed > 0, "{entries:?}, {listed}");
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
