//! The samples of a correlation: each file is one sequence, in which it must fire or must not.
//!
//! The lines become events, and the events go through the detection filter with all the rules that
//! the tool was given, as a rule writer would do by hand.

use crate::files::{self, Kind};
use crate::run::Bench;
use crate::samples::{Outcome, Tested, raw};
use crate::{Error, Input};
use detector::filter;
use lint::RuleFile;
use serde_json::Value;
use sigma::Correlation;
use std::num::NonZero;
use std::path::Path;

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

/// Runs the sequences of one kind.
pub(crate) fn run(
    input: &Input,
    file: &RuleFile,
    kind: Kind,
    entry: &mut Tested,
    bench: &mut Bench,
) -> Result<(), Error> {
    for path in kind.paths(Path::new(&file.name)) {
        if !path.exists() {
            continue;
        }
        let text = String::from_utf8_lossy(&files::read(&path)?).into_owned();
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
        let mut outcome = Outcome::new(path, 1, kind, first);
        let events = events(&text, &mut outcome, bench);
        fire(input, &events, &entry.rules, &mut outcome)?;
        entry.samples.push(outcome);
    }
    Ok(())
}

/// The events of the lines. A line that becomes none spoils the sequence.
fn events(text: &str, outcome: &mut Outcome, bench: &mut Bench) -> Vec<u8> {
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

/// Asks the detection filter which alerts the events raise.
fn fire(input: &Input, events: &[u8], own: &[String], outcome: &mut Outcome) -> Result<(), Error> {
    let options = filter::Options {
        rules: input.paths.clone(),
        threads: Some(NonZero::<usize>::MIN),
        stats: None,
    };
    let mut alerts = Vec::new();
    filter::run(&options, events, &mut alerts)?;
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
