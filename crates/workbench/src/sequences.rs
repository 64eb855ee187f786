//! The samples of a correlation, or of a rule with a threshold: each file is one sequence, in which
//! it must fire or must not.
//!
//! The lines become events, and the events go through the detection filter, as a rule writer would
//! do by hand.

use crate::files::{self, Kind};
use crate::run::Bench;
use crate::samples::{Outcome, Tested, raw};
use crate::{Error, Input};
use detector::filter;
use detector::live::{Origin, Ruleset, Source};
use lint::RuleFile;
use serde_json::Value;
use sigma::{Correlation, Document, Placeholders};
use std::io::Write as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};

/// The correlations that no other one of the same file names: those that raise alerts.
pub(crate) fn outermost(correlations: &[Correlation]) -> Vec<String> {
    let is_named = |correlation: &Correlation| {
        let names = [correlation.id.as_deref(), correlation.name.as_deref()];
        let all = correlations.iter().flat_map(|other| &other.rules);
        all.into_iter().any(|rule| names.contains(&Some(rule.text.as_str())))
    };
    let outermost = correlations.iter().filter(|correlation| !is_named(correlation));
    outermost.map(|correlation| correlation.uid().to_owned()).collect()
}

/// The rules that the correlations of `file` need: the file itself, if it holds every rule that they
/// name, else all that the tool was given. Compiling a pack for each sequence would take long.
pub(crate) fn needed(input: &Input, file: &RuleFile, documents: &[Document]) -> Vec<PathBuf> {
    let names: Vec<&str> = documents.iter().flat_map(names).collect();
    let correlations = documents.iter().filter_map(|document| match document {
        Document::Correlation(correlation) => Some(correlation),
        Document::Rule(_) | Document::Filter(_) => None,
    });
    let mut named = correlations.flat_map(|correlation| &correlation.rules);
    if named.all(|rule| names.contains(&rule.text.as_str())) {
        vec![PathBuf::from(&file.name)]
    } else {
        input.paths.clone()
    }
}

/// By what a correlation may refer to a document.
fn names(document: &Document) -> impl Iterator<Item = &str> {
    let (id, name) = match document {
        Document::Rule(rule) => (rule.id.as_deref(), rule.name.as_deref()),
        Document::Correlation(correlation) => {
            (correlation.id.as_deref(), correlation.name.as_deref())
        }
        Document::Filter(_) => (None, None),
    };
    id.into_iter().chain(name)
}

/// Runs the sequences of one kind.
pub(crate) fn run(
    file: &RuleFile,
    kind: Kind,
    entry: &mut Tested,
    bench: &mut Bench,
    placeholders: &Placeholders,
) -> Result<(), Error> {
    for path in files::samples(kind, Path::new(&file.name)) {
        if !path.exists() {
            continue;
        }
        let text = String::from_utf8_lossy(&files::read(&path)?).into_owned();
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
        let mut outcome = Outcome::new(path, 1, kind, first);
        let events = events(&text, &mut outcome, bench);
        let origin = Origin::Folders(entry.needs.clone());
        let ruleset = Source::new(origin, placeholders.clone())?.compile(warn)?;
        fire(&ruleset, &entry.rules, &events, &mut outcome)?;
        entry.samples.push(outcome);
    }
    Ok(())
}

/// The events of the lines. A line that becomes none spoils the sequence.
pub(crate) fn events(text: &str, outcome: &mut Outcome, bench: &mut Bench) -> Vec<u8> {
    let mut all = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match raw(&outcome.file, line).and_then(|raw| bench.events(&raw)) {
            Ok(events) => {
                outcome.events += events.len();
                for event in events {
                    all.extend_from_slice(&event);
                    all.push(b'\n');
                }
            }
            Err(why) => outcome.why.push(format!("line {}: no event: {why}", number + 1)),
        }
    }
    if !outcome.why.is_empty() {
        outcome.events = 0;
    }
    all
}

/// A tool has no log of its own: its standard error is for people.
fn warn(text: String) {
    let _ = writeln!(std::io::stderr(), "warning: {text}");
}

/// Asks the detection filter which alerts of `own` rules and of others the events raise.
pub(crate) fn fire(
    ruleset: &Ruleset,
    own: &[String],
    events: &[u8],
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let options = filter::Options { threads: Some(NonZero::<usize>::MIN), ..Default::default() };
    let mut alerts = Vec::new();
    filter::run_with(ruleset, &options, events, &mut alerts)?;
    for line in alerts.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let alert: Value = serde_json::from_slice(line).unwrap_or_default();
        let Some(uid) = alert.pointer("/finding_info/analytic/uid").and_then(Value::as_str) else {
            continue;
        };
        let of =
            if own.iter().any(|own| own == uid) { &mut outcome.fired } else { &mut outcome.others };
        of.insert(uid.to_owned());
    }
    if outcome.kind == Kind::Match && outcome.fired.is_empty() && outcome.why.is_empty() {
        let others = outcome.others.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        outcome
            .why
            .push(format!("{} events raise no alert of it; others: [{others}]", outcome.events));
    }
    Ok(())
}
