//! The bars on logs that others have labelled, held by the shared scoring tool.
//!
//! Labels that cannot be met are listed in `upstream.tsv` with the reason; they count as misses in
//! the plain figures and are left out of the fair ones.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skips"
)]

mod support;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::process::Command;

/// Labels that say something else than their line: case and field.
fn upstream() -> HashSet<(&'static str, &'static str)> {
    let table = include_str!("upstream.tsv");
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let mut cells = row.split('\t');
        let (case, field, reason) = (cells.next(), cells.next(), cells.next());
        assert!(reason.is_some_and(|reason| reason.len() > 10), "{row:?} gives no reason");
        (case.unwrap(), field.unwrap())
    })
    .collect()
}

/// One source's figures.
#[derive(Debug, Default, Clone, Copy)]
struct Score {
    labels: f64,
    home: f64,
    timed: f64,
    time: f64,
}

impl Score {
    fn fields(self) -> f64 {
        if self.labels == 0.0 { 100.0 } else { 100.0 * self.home / self.labels }
    }

    fn times(self) -> f64 {
        if self.timed == 0.0 { 100.0 } else { 100.0 * self.time / self.timed }
    }
}

/// The answers of the filter to every labelled line, as a file.
fn answers(corpus: &Path, hinted: bool, to: &Path) -> BTreeMap<String, Score> {
    let mut input = Vec::new();
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for file in support::files(corpus).iter().filter(|f| f.ends_with("cases.ndjson")) {
        for case in support::rows(file) {
            let mut frame = serde_json::json!({ "id": case["id"], "raw": case["raw"] });
            if hinted {
                frame["source"] = case["source"].clone();
            }
            input.extend(frame.to_string().into_bytes());
            input.push(b'\n');
            let score = scores.entry(case["source"].as_str().unwrap().to_owned()).or_default();
            score.labels += case["strict"].as_array().unwrap().len() as f64;
            let timed =
                case["fields"]["@timestamp"].is_string() && case["ts_precision"].is_string();
            score.timed += f64::from(u8::from(timed));
        }
    }
    let options = normalizer::filter::Options { framed: true, ..Default::default() };
    normalizer::filter::run(&options, &input[..], std::fs::File::create(to).unwrap()).unwrap();
    scores
}

/// Scores by source: as the tool counts, and without the labels that cannot be met.
fn score(hinted: bool) -> Option<[BTreeMap<String, Score>; 2]> {
    let corpora = support::corpora()?;
    let tool = corpora.join("../tools/score-normalizer");
    let corpus = corpora.join("normalizer");
    if !tool.exists() || Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: the scoring tool or python3 is absent");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.ndjson");
    let mut plain = answers(&corpus, hinted, &file);
    let mut command = Command::new(tool);
    command.args(["--misses", "100000"]).arg(&corpus).args(["--", "cat"]).arg(&file);
    let report = command.output().unwrap();
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stderr));
    let report = String::from_utf8(report.stdout).unwrap();
    for score in plain.values_mut() {
        (score.home, score.time) = (score.labels, score.timed);
    }
    let mut fair = plain.clone();
    let excused = upstream();
    // A miss is `source | field | …`; a raw text may hold line breaks, so the id ends a later line.
    let mut misses = Vec::new();
    for line in report.lines() {
        let mut cells = line.split(" | ");
        let (source, field) = (cells.next().unwrap_or(""), cells.next());
        if let Some(field) = field.filter(|_| plain.contains_key(source)) {
            misses.push((source, field, ""));
        }
        if let (Some(miss), Some((_, id))) = (misses.last_mut(), line.rsplit_once(" | ")) {
            miss.2 = id.trim();
        }
    }
    for (source, field, id) in misses {
        let of = |scores: &mut BTreeMap<String, Score>, by: f64, fewer: f64| {
            let score = scores.get_mut(source).unwrap();
            match field {
                "time" => (score.time, score.timed) = (score.time - by, score.timed - fewer),
                _ => (score.home, score.labels) = (score.home - by, score.labels - fewer),
            }
        };
        of(&mut plain, 1.0, 0.0);
        let listed = excused.contains(&(id, field));
        of(&mut fair, 1.0, if listed { 1.0 } else { 0.0 });
        if std::env::var_os("SHOW_MISSES").is_some() && !listed {
            println!("{source}\t{field}\t{id}");
        }
    }
    Some([plain, fair])
}

fn total(scores: &BTreeMap<String, Score>) -> Score {
    scores.values().fold(Score::default(), |sum, score| Score {
        labels: sum.labels + score.labels,
        home: sum.home + score.home,
        timed: sum.timed + score.timed,
        time: sum.time + score.time,
    })
}

/// Holds the bars: per cent of fields in all and in each source of more than 20 labels, of times.
fn hold(scores: &BTreeMap<String, Score>, [fields, each, times]: [f64; 3]) {
    let all = total(scores);
    println!("fields {:.2} %, times {:.2} %", all.fields(), all.times());
    assert!(all.fields() >= fields, "fields: {:.2} % are fewer than {fields} %", all.fields());
    assert!(all.times() >= times, "times: {:.2} % are fewer than {times} %", all.times());
    for (source, score) in scores.iter().filter(|(_, score)| score.labels > 20.0) {
        let found = score.fields();
        assert!(found >= each, "{source}: {found:.2} % are fewer than {each} %");
    }
}

#[test]
fn without_a_hint() {
    let Some([plain, fair]) = score(false) else { return };
    hold(&plain, [98.1, 90.0, 98.5]);
    hold(&fair, [99.3, 90.0, 99.9]);
}

#[test]
fn with_the_corpus_folder_as_a_hint() {
    let Some([plain, fair]) = score(true) else { return };
    hold(&plain, [98.1, 90.0, 98.5]);
    hold(&fair, [99.3, 90.0, 99.9]);
}
