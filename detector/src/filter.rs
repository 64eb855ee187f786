//! `prohori detect --stdin`: events in, alerts out, by the same engine as the service.
//!
//! Each thread takes a piece of the input in its turn ([`input`]), asks the rules about its lines,
//! and hands over what came of it; alerts are written in the order of the events ([`output`]).
//! Correlations are decided when the input has ended, as only then is it known what belongs into a
//! window ([`correlation`]); their alerts come last, in the order of their times.

mod correlation;
mod input;
mod output;
mod stats;
mod untold;

use crate::live::{Origin, Ruleset, Source};
use crate::matched::{Matched, event_time, matched};
use crate::sightings::sightings;
use crate::{Error, clock};
use alert::{Evidence, Sighting};
use correlation::Correlation;
use detect::{Json, Session};
use indicators::Set;
use input::{Input, Piece};
use output::Output;
use ruleset::Fate;
use sigma::Placeholders;
use stats::Stats;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use untold::Untold;

/// What the filter is to do.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folders of rules, and rule files.
    pub rules: Vec<PathBuf>,
    /// The values of `%placeholders%` in them.
    pub placeholders: Placeholders,
    /// Files of indicators, and folders of such.
    pub indicators: Vec<PathBuf>,
    /// Files of warning lists, and folders of such: what they name is no indicator.
    pub warning_lists: Vec<PathBuf>,
    /// How many threads; `None`: as many as the machine has cores.
    pub threads: Option<NonZero<usize>>,
    /// Where to write what was done and what each rule cost, as JSON.
    pub stats: Option<PathBuf>,
}

/// Reads OCSF events, one JSON object a line, and writes a finding a line for each match, in order.
/// What is wrong with rules and lines is told on standard error.
pub fn run(
    options: &Options,
    input: impl Read + Send,
    output: impl Write + Send,
) -> Result<(), Error> {
    let origin = Origin::Folders(options.rules.clone());
    let source = Source::new(origin, options.placeholders.clone())?;
    let ruleset = source.compile(|text| warn(&text))?;
    run_with(&ruleset, options, input, output)
}

/// As [`run`], with the rules of `options` compiled already.
pub fn run_with(
    ruleset: &Ruleset,
    options: &Options,
    input: impl Read + Send,
    output: impl Write + Send,
) -> Result<(), Error> {
    let feeds = feeds::Source {
        files: options.indicators.clone(),
        warning_lists: options.warning_lists.clone(),
        published: None,
    };
    let (set, report) = feeds.load()?;
    report.tell(&set, |text| warn(&text));
    let (correlation, stats) = (Correlation::new(ruleset), Stats::new(ruleset));
    let (input, mut output) = (Input::new(input), Output::new(output, correlation));
    turns::run(turns::threads(options.threads), input, &mut output, || {
        let mut worker = Worker::new(ruleset, &set, &stats);
        move |piece: &mut Piece| worker.work(piece)
    })?;
    let (lines, bad_lines) = output.finish(ruleset)?;
    match &options.stats {
        Some(path) => stats.write(path, ruleset, lines, bad_lines),
        None => Ok(()),
    }
}

/// A filter has no log of its own: its standard error is for people.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "warning: {text}");
}

/// What one thread works with.
struct Worker<'r> {
    ruleset: &'r Ruleset,
    set: &'r Set,
    session: Session,
    stats: &'r Stats,
    /// The rules that match a line, as numbers.
    matching: Vec<u32>,
}

impl Drop for Worker<'_> {
    /// What rules have cost is told when the thread has no more work.
    fn drop(&mut self) {
        self.stats.take(&mut self.session);
    }
}

impl<'r> Worker<'r> {
    fn new(ruleset: &'r Ruleset, set: &'r Set, stats: &'r Stats) -> Self {
        let session = Session::new(Arc::clone(&ruleset.engine)).timed(clock::nanoseconds);
        Self { ruleset, set, session, stats, matching: Vec::new() }
    }

    fn work(&mut self, piece: &Piece) -> Done {
        let mut done = Done::default();
        let mut last: &[u8] = &[];
        for line in piece.lines() {
            self.line(line, &mut done);
            done.look(self.set, line);
            last = line;
        }
        for (rule, nanoseconds) in done.spent.drain(..) {
            self.session.spent(rule, nanoseconds);
        }
        if !self.ruleset.plan.is_empty() {
            done.end = Json::parse(last).ok().and_then(|event| event_time(&event));
        }
        done
    }

    fn line(&mut self, line: &[u8], done: &mut Done) {
        done.lines += 1;
        let ruleset = self.ruleset;
        match self.session.matches(line) {
            Ok(matching) if ruleset.policy.split(matching).0.is_empty() => return,
            Ok(matching) => {
                self.matching.clear();
                self.matching.extend_from_slice(matching);
            }
            Err(_) if line.trim_ascii().is_empty() => return,
            Err(error) => return done.tell(error),
        }
        let began = clock::nanoseconds();
        let source = alert::Source::new(line);
        let judged: Vec<(u32, Fate<'_>)> = ruleset.judge(&self.matching, &source).collect();
        done.correlate(ruleset, &judged, &source, line);
        for (number, fate) in judged {
            let rule = &ruleset.engine.rules()[number as usize];
            if !done.untold.is_alert(rule.uid(), fate) || ruleset.plan.is_silent(number as usize) {
                continue;
            }
            let clauses = self.session.explain(number, line);
            let template = ruleset.template(number);
            template.write(&clauses, &source, Evidence::Whole, &mut done.alerts);
            done.alerts.push('\n');
        }
        let each = (clock::nanoseconds() - began) / self.matching.len() as u64;
        done.spent.extend(self.matching.iter().map(|number| (*number, each)));
    }
}

/// What came of a piece of the input.
#[derive(Debug, Default)]
struct Done {
    lines: u64,
    bad: u64,
    /// The first lines that are no events, by their number in the piece, and why.
    told: Vec<(u64, String)>,
    alerts: String,
    /// The time that each match took, in nanoseconds.
    spent: Vec<(u32, u64)>,
    /// Indicators that were seen, each with its event and where among the alerts it belongs.
    seen: Vec<(usize, Vec<Sighting>, Arc<[u8]>)>,
    /// What correlations are about, each with its event.
    matched: Vec<(Matched, Arc<[u8]>)>,
    /// When the last event happened.
    end: Option<i64>,
    untold: Untold,
}

impl Done {
    /// Notes why the line is no event.
    fn tell(&mut self, error: detect::BadEvent) {
        self.bad += 1;
        if self.told.len() < output::TOLD_MAX {
            self.told.push((self.lines, error.to_string()));
        }
    }

    /// Asks the indicators about a line.
    fn look(&mut self, set: &Set, line: &[u8]) {
        let found = sightings(set, line);
        if !found.is_empty() {
            self.seen.push((self.alerts.len(), found, line.into()));
        }
    }

    /// Keeps what correlations are about.
    fn correlate(
        &mut self,
        ruleset: &Ruleset,
        judged: &[(u32, Fate<'_>)],
        source: &alert::Source<'_>,
        line: &[u8],
    ) {
        let counted = judged.iter().filter(|(_, fate)| !matches!(fate, Fate::LeftOut(_)));
        let numbers = counted.map(|(number, _)| *number as usize);
        let about = numbers.filter(|number| !ruleset.plan.leaves(*number).is_empty());
        let mut read: Option<(Json, Arc<[u8]>)> = None;
        for number in about {
            if read.is_none() {
                let Ok(event) = Json::parse(line) else { return };
                read = Some((event, line.into()));
            }
            let Some((event, copy)) = &read else { return };
            let scope = source.agency().unwrap_or("local".into());
            let found = matched(ruleset, number, event, &scope);
            self.matched.extend(found.map(|matched| (matched, Arc::clone(copy))));
        }
    }
}

#[cfg(test)]
mod tests;
