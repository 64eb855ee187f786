//! The samples beside a parser: lines with what must come of them, and lines that are none of its own.
//!
//! `NAME.samples.yml` beside `NAME.yml` is a list. Each item has `raw`, and either `miss: true` or
//! `expect`, a map from paths of the event to the values that must stand there (`~`: nothing).

use crate::Error;
use custom::Set;
use mapping::Tables;
use model::{Agency, Origin};
use normalizer::{Normalized, Normalizer, Parsers, Settings};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use yaml::{Node, Position};

/// When samples are read: always the same moment, near which years that lines leave out are taken to
/// be. It is 2026-01-01.
const NOW_MS: i64 = 1_767_225_600_000;

/// A line, and what must come of it.
pub(super) struct Sample {
    /// Where in the file it stands.
    pub(super) line: usize,
    pub(super) raw: String,
    /// What a collector's `source` would say.
    source: Option<String>,
    /// Whether the parser must not read it.
    pub(super) miss: bool,
    /// Paths and values; `None` where nothing may stand.
    expect: Vec<(String, Option<String>)>,
}

/// What came of it.
pub(super) struct Tried {
    /// The parser that read it.
    pub(super) parser: Option<String>,
    /// What is not as it should be.
    pub(super) why: Vec<String>,
}

/// The samples' file of a parser's file.
pub(super) fn path(parser: &Path) -> PathBuf {
    parser.with_extension("samples.yml")
}

/// Reads a file of samples; the inner error is told as a failure of the parser.
pub(super) fn read(path: &Path) -> Result<Result<Vec<Sample>, String>, Error> {
    let text = String::from_utf8_lossy(&crate::files::read(path)?).into_owned();
    Ok(samples(&text)
        .map_err(|(at, what)| format!("{}:{}:{}: {what}", path.display(), at.line, at.column)))
}

fn samples(text: &str) -> Result<Vec<Sample>, (Position, String)> {
    let start = Position { line: 1, column: 1 };
    let documents = yaml::documents(text).map_err(|e| (e.at().unwrap_or(start), e.to_string()))?;
    let list = documents.first().and_then(Node::as_list);
    let list = list.ok_or((start, "expected a list of samples".to_owned()))?;
    list.iter().map(sample).collect()
}

fn sample(node: &Node) -> Result<Sample, (Position, String)> {
    let wrong = |at: Position, what: &str| Err((at, what.to_owned()));
    let Some(entries) = node.as_map() else { return wrong(node.at, "expected `raw` and `expect`") };
    let mut sample = Sample {
        line: node.at.line,
        raw: String::new(),
        source: None,
        miss: false,
        expect: Vec::new(),
    };
    for entry in entries {
        let value = &entry.value;
        match entry.key.as_str() {
            "raw" => sample.raw = value.as_str().unwrap_or_default().trim_end().to_owned(),
            "source" => sample.source = value.as_str().map(str::to_owned),
            "miss" => {
                sample.miss = value.as_scalar().and_then(yaml::Scalar::as_bool) == Some(true);
            }
            "expect" => {
                let Some(expected) = value.as_map() else {
                    return wrong(value.at, "`expect` is a map from paths to values");
                };
                let pair = |e: &yaml::Entry| (e.key.clone(), e.value.as_str().map(str::to_owned));
                sample.expect = expected.iter().map(pair).collect();
            }
            _ => return wrong(entry.at, "unknown key; known are raw, source, miss, expect"),
        }
    }
    if sample.raw.is_empty() {
        return wrong(node.at, "the sample has no `raw` line");
    }
    if sample.miss != sample.expect.is_empty() {
        return wrong(node.at, "a sample has either `miss: true` or what to `expect`");
    }
    Ok(sample)
}

/// The normalizer, with the parsers in force.
pub(super) struct Bench {
    normalizer: Normalizer,
    records: u64,
}

impl Bench {
    pub(super) fn new(set: Set) -> Result<Self, Error> {
        let tables = Arc::new(Tables::builtin()?);
        let settings = Settings { parsers: Parsers::new(set), ..Settings::default() };
        Ok(Self { normalizer: Normalizer::new(tables, settings), records: 0 })
    }

    /// Reads a sample; `parser` is the one that it stands beside.
    pub(super) fn run(&mut self, sample: &Sample, parser: &str) -> Tried {
        let mut origin = Origin::stdin(self.records, self.records, NOW_MS);
        origin.source = sample.source.as_deref();
        self.records += 1;
        let agency = Agency::local();
        let raw = sample.raw.as_bytes();
        let event = match self.normalizer.normalize(raw, &origin, agency.as_str(), NOW_MS) {
            Normalized::Events(events) => {
                let json = events.iter().next().unwrap_or_default();
                serde_json::from_slice(json).unwrap_or(Value::Null)
            }
            Normalized::Dead(dead) => {
                let why = format!("no event: {}: {}", dead.code, dead.reason);
                let why = if sample.miss { Vec::new() } else { vec![why] };
                return Tried { parser: None, why };
            }
        };
        judge(sample, parser, &event)
    }
}

fn judge(sample: &Sample, parser: &str, event: &Value) -> Tried {
    let labels = event["metadata"]["labels"].as_array().map(Vec::as_slice).unwrap_or_default();
    let read_by =
        labels.iter().filter_map(Value::as_str).find_map(|label| label.strip_prefix("parser:"));
    let read_by = read_by.unwrap_or("none").to_owned();
    let mut why = Vec::new();
    match (sample.miss, read_by == parser) {
        (true, true) => why.push("it must not be read, and was".to_owned()),
        (false, false) => why.push(format!("it was read by {read_by}")),
        _ => {}
    }
    for (path, expected) in &sample.expect {
        let found = find(event, path).map(shown);
        let same = match (path.as_str(), expected) {
            ("time", Some(time)) => found.as_deref().and_then(|f| f.parse().ok()) == instant(time),
            _ => found == *expected,
        };
        if !same {
            let show = |value: &Option<String>| match value {
                Some(value) => format!("{value:?}"),
                None => "nothing".to_owned(),
            };
            why.push(format!("{path}: expected {}, found {}", show(expected), show(&found)));
        }
    }
    Tried { parser: Some(read_by), why }
}

/// Milliseconds since the epoch: as a number, or as a time in UTC.
fn instant(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let (civil, _) = parse::time::scan(text)?;
    Some(parse::time::resolve(&civil, &parse::Zone::UTC, NOW_MS).ms)
}

/// The value at a path; of a list its first item counts. Native names may have dots in them.
fn find<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let value = value.as_array().map_or(Some(value), |items| items.first())?;
    if let Some(found) = value.get(path) {
        return found.as_array().map_or(Some(found), |items| items.first());
    }
    path.match_indices('.').find_map(|(at, _)| find(value.get(&path[..at])?, &path[at + 1..]))
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
