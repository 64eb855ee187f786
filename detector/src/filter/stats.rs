//! What the filter has done, rule by rule, as a file.

use crate::Error;
use crate::live::Ruleset;
use detect::Cost;
use serde::Serialize;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What all threads' sessions have spent.
#[derive(Debug)]
pub(super) struct Stats {
    began: Instant,
    costs: Mutex<Vec<Cost>>,
}

/// The file.
#[derive(Debug, Serialize)]
struct Report<'a> {
    ruleset: &'a str,
    lines: u64,
    bad_lines: u64,
    /// From the end of compiling the rules to the end of the input.
    seconds: f64,
    /// The costliest first.
    rules: Vec<RuleReport<'a>>,
}

#[derive(Debug, Serialize)]
struct RuleReport<'a> {
    id: &'a str,
    title: &'a str,
    /// Events of its log source.
    evaluated: u64,
    matched: u64,
    /// Time that it alone took, in all threads: expressions, formula, alerts; estimated by samples.
    microseconds: u64,
}

impl Stats {
    pub(super) fn new(ruleset: &Ruleset) -> Self {
        let costs = vec![Cost::default(); ruleset.engine.rules().len()];
        Self { began: Instant::now(), costs: Mutex::new(costs) }
    }

    /// Takes what a session has spent.
    pub(super) fn take(&self, session: &mut detect::Session) {
        session.take_costs(&mut self.costs.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Writes the file.
    pub(super) fn write(
        self,
        path: &Path,
        ruleset: &Ruleset,
        lines: u64,
        bad_lines: u64,
    ) -> Result<(), Error> {
        let costs = self.costs.into_inner().unwrap_or_else(PoisonError::into_inner);
        let rules = ruleset.engine.rules().iter().zip(&costs).map(|(rule, cost)| RuleReport {
            id: rule.uid(),
            title: &rule.title,
            evaluated: cost.evaluated,
            matched: cost.matched,
            microseconds: Duration::from_nanos(cost.nanoseconds).as_micros() as u64,
        });
        let mut rules: Vec<RuleReport<'_>> = rules.collect();
        rules.sort_by_key(|rule| std::cmp::Reverse((rule.microseconds, rule.matched)));
        let seconds = self.began.elapsed().as_secs_f64();
        let report = Report { ruleset: &ruleset.version, lines, bad_lines, seconds, rules };
        let text = serde_json::to_vec_pretty(&report).map_err(std::io::Error::from);
        text.and_then(|text| std::fs::write(path, text))
            .map_err(|source| Error::Stats { path: path.to_owned(), source })
    }
}
