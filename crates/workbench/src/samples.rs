//! `prohori rules test`: the samples beside each rule, through the real normalizer and engine.
//!
//! A rule fires on a line or does not. A correlation needs several, so each file beside it is one
//! sequence ([`sequences`]).

use crate::explain::failing;
use crate::files::{self, Kind};
use crate::run::{Bench, Raw};
use crate::{Error, Format, Input, Verdict, sequences};
use lint::RuleFile;
use mapping::Tables;
use serde_json::{Value, json};
use sigma::{Document, Rule};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How much of a line is shown, in characters.
const SHOWN_CHARS_MAX: usize = 160;

/// What the command line asks for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether a rule without samples is bad too.
    pub strict: bool,
    /// For whom to write.
    pub format: Format,
}

/// The rules of a file and how they did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// The file, as given.
    pub file: String,
    /// The ids of its rules; where it holds correlations, of those that raise alerts.
    pub rules: Vec<String>,
    /// The rule files that its correlations need; none where it holds no correlation and no rule
    /// with a threshold. With one, each of its sample files is a sequence.
    pub needs: Vec<PathBuf>,
    /// What is wrong with its rules, which then are not tested.
    pub errors: Vec<String>,
    /// One for each line of its samples, or for each sequence.
    pub samples: Vec<Outcome>,
}

/// What became of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The samples' file.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: usize,
    /// What is expected.
    pub kind: Kind,
    /// The line itself.
    pub raw: String,
    /// How many events it became.
    pub events: usize,
    /// Which of the file's rules fired.
    pub fired: BTreeSet<String>,
    /// Which other rules fired.
    pub others: BTreeSet<String>,
    /// Why it did not become an event, or what a rule that should have fired did not find.
    pub why: Vec<String>,
}

impl Outcome {
    /// Nothing has come of it yet.
    pub(crate) fn new(file: PathBuf, line: usize, kind: Kind, raw: &str) -> Self {
        let (fired, others, why) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        Self { file, line, kind, raw: raw.to_owned(), events: 0, fired, others, why }
    }

    /// Whether the rule did as expected. A line that became no event is no sample at all.
    pub fn passes(&self) -> bool {
        self.events > 0 && self.fired.is_empty() == (self.kind == Kind::Miss)
    }
}

impl Tested {
    /// Whether every sample passes and every rule fires on some line that it must fire on.
    pub fn passes(&self) -> bool {
        self.errors.is_empty()
            && self.samples.iter().all(Outcome::passes)
            && (self.samples.is_empty() || self.silent().is_empty())
    }

    /// Whether there are samples of both kinds.
    pub fn is_whole(&self) -> bool {
        let has = |kind| self.samples.iter().any(|sample| sample.kind == kind);
        has(Kind::Match) && has(Kind::Miss)
    }

    /// The rules that fire on no line at all.
    fn silent(&self) -> Vec<&str> {
        let fires = |rule: &&String| self.samples.iter().any(|s| s.fired.contains(*rule));
        self.rules.iter().filter(|rule| !fires(rule)).map(String::as_str).collect()
    }
}

/// Tests the rules and writes how they did to `out`.
pub fn run(input: &Input, options: &Options, out: &mut impl Write) -> Result<Verdict, Error> {
    let tested = test(input)?;
    let written = match options.format {
        Format::Text => text(&tested, out),
        Format::Json => writeln!(out, "{:#}", document(&tested)),
    };
    written.map_err(Error::Write)?;
    let good = |tested: &Tested| tested.passes() && (tested.is_whole() || !options.strict);
    Ok(Verdict::of(tested.iter().all(good)))
}

/// Tests the rules of `input`, all at once; one entry for each file that holds rules.
pub fn test(input: &Input) -> Result<Vec<Tested>, Error> {
    let files = input.rules()?;
    let tables = Arc::new(Tables::builtin()?);
    let mut rules = Vec::new();
    let mut tested = Vec::new();
    for file in &files {
        let parsed = sigma::parse(&file.name, &file.text, &input.placeholders);
        let mut entry = Tested {
            file: file.name.clone(),
            rules: Vec::new(),
            needs: Vec::new(),
            errors: parsed.errors.iter().map(ToString::to_string).collect(),
            samples: Vec::new(),
        };
        let (mut correlations, mut counts) = (Vec::new(), false);
        let needed = sequences::needed(input, file, &parsed.documents);
        for document in parsed.documents {
            match document {
                Document::Rule(rule) => {
                    entry.rules.push(rule.uid().to_owned());
                    counts |= rule.folding.as_ref().is_some_and(|folding| folding.count > 1);
                    rules.push(*rule);
                }
                Document::Correlation(correlation) => correlations.push(*correlation),
                Document::Filter(_) => {}
            }
        }
        if counts || !correlations.is_empty() {
            entry.needs = needed;
        }
        if !correlations.is_empty() {
            entry.rules = sequences::outermost(&correlations);
        }
        if !entry.rules.is_empty() || !entry.errors.is_empty() {
            tested.push((file, entry));
        }
    }
    let mut bench = Bench::new(rules, &tables)?;
    let mut done = Vec::new();
    for (file, mut entry) in tested {
        for kind in [Kind::Match, Kind::Miss] {
            if !entry.needs.is_empty() {
                sequences::run(file, kind, &mut entry, &mut bench, &input.placeholders)?;
            } else {
                samples(file, kind, &mut entry, &mut bench, &tables)?;
            }
        }
        done.push(entry);
    }
    Ok(done)
}

/// Runs the samples of one kind.
fn samples(
    file: &RuleFile,
    kind: Kind,
    entry: &mut Tested,
    bench: &mut Bench,
    tables: &Tables,
) -> Result<(), Error> {
    for path in files::samples(kind, Path::new(&file.name)) {
        if !path.exists() {
            continue;
        }
        let text = String::from_utf8_lossy(&files::read(&path)?).into_owned();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let mut outcome = Outcome::new(path.clone(), number + 1, kind, line);
            match raw(&path, line) {
                Ok(raw) => ask(&raw, &entry.rules, &mut outcome, bench, tables),
                Err(why) => outcome.why.push(why),
            }
            entry.samples.push(outcome);
        }
    }
    Ok(())
}

/// A line as it stands, or the raw text and source of a framed one. Without a path, whichever it is.
pub(crate) fn raw(path: &Path, line: &str) -> Result<Raw, String> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Frame {
        raw: String,
        #[serde(default)]
        source: Option<String>,
    }
    let plain = || Raw { text: line.to_owned(), source: None };
    if path.extension().is_some_and(|end| end == "log") {
        return Ok(plain());
    }
    match serde_json::from_str::<Frame>(line) {
        Ok(frame) => Ok(Raw { text: frame.raw, source: frame.source }),
        // Lines that stand in no file of their own may be of either form.
        Err(_) if path.as_os_str().is_empty() => Ok(plain()),
        Err(error) => Err(format!("not a framed line {{\"raw\", \"source\"?}}: {error}")),
    }
}

/// Asks the rules about the events of a record.
pub(crate) fn ask(
    raw: &Raw,
    own: &[String],
    outcome: &mut Outcome,
    bench: &mut Bench,
    tables: &Tables,
) {
    let events = match bench.events(raw) {
        Ok(events) => events,
        Err(why) => return outcome.why.push(format!("no event: {why}")),
    };
    outcome.events = events.len();
    for event in &events {
        let matching = match bench.matching(event) {
            Ok(matching) => matching,
            Err(error) => return outcome.why.push(error.to_string()),
        };
        for number in matching {
            let rule = bench.rules()[number as usize].uid().to_owned();
            match own.contains(&rule) {
                true => outcome.fired.insert(rule),
                false => outcome.others.insert(rule),
            };
        }
    }
    if !outcome.passes() && outcome.kind == Kind::Match {
        let is_own = |rule: &&Arc<Rule>| own.iter().any(|own| own == rule.uid());
        for rule in bench.rules().iter().filter(is_own) {
            outcome.why.extend(events.iter().flat_map(|event| failing(tables, rule, event)));
        }
    }
}

fn text(tested: &[Tested], out: &mut impl Write) -> std::io::Result<()> {
    for entry in tested {
        for error in &entry.errors {
            writeln!(out, "FAIL {error}")?;
        }
        for sample in entry.samples.iter().filter(|sample| !sample.passes()) {
            let wish = if sample.kind == Kind::Match { "must fire on" } else { "must not fire on" };
            let shown: String = sample.raw.chars().take(SHOWN_CHARS_MAX).collect();
            let place = format!("{}:{}", sample.file.display(), sample.line);
            writeln!(out, "FAIL {place}: {} {wish} {shown}", entry.rules.join(", "))?;
            for why in &sample.why {
                writeln!(out, "     {why}")?;
            }
        }
        if entry.errors.is_empty() && entry.samples.is_empty() {
            writeln!(out, "untested {}: no samples stand beside it", entry.file)?;
        } else if entry.samples.iter().all(Outcome::passes) {
            for rule in entry.silent() {
                writeln!(out, "FAIL {}: {rule} fires on no line", entry.file)?;
            }
        }
    }
    let samples = tested.iter().flat_map(|entry| &entry.samples);
    let failed = samples.clone().filter(|sample| !sample.passes()).count();
    let untested = tested.iter().filter(|entry| entry.samples.is_empty()).count();
    let rules: usize = tested.iter().map(|entry| entry.rules.len()).sum();
    writeln!(
        out,
        "{rules} rules: {} samples, {failed} failed; {untested} files without samples",
        samples.count()
    )
}

fn document(tested: &[Tested]) -> Value {
    let sample = |sample: &Outcome| {
        json!({
            "file": sample.file,
            "line": sample.line,
            "kind": sample.kind.as_str(),
            "passes": sample.passes(),
            "events": sample.events,
            "fired": sample.fired,
            "others": sample.others,
            "why": sample.why,
        })
    };
    let entry = |entry: &Tested| {
        json!({
            "file": entry.file,
            "rules": entry.rules,
            "errors": entry.errors,
            "passes": entry.passes(),
            "whole": entry.is_whole(),
            "silent": if entry.samples.is_empty() { Vec::new() } else { entry.silent() },
            "samples": entry.samples.iter().map(sample).collect::<Vec<_>>(),
        })
    };
    let samples = tested.iter().flat_map(|entry| &entry.samples);
    json!({
        "passes": tested.iter().all(Tested::passes),
        "samples": samples.clone().count(),
        "failed": samples.filter(|sample| !sample.passes()).count(),
        "files": tested.iter().map(entry).collect::<Vec<_>>(),
    })
}
