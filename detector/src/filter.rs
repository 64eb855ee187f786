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
use crate::{Error, clock, feeds};
use alert::Sighting;
use correlation::Correlation;
use detect::{Json, Session};
use indicators::Set;
use input::{Input, Piece};
use output::Output;
use ruleset::Fate;
use stats::Stats;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use untold::Untold;

/// More threads than this would wait for their turn to read.
pub const THREADS_MAX: usize = 64;

/// What the filter is to do.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folders of rules, and rule files.
    pub rules: Vec<PathBuf>,
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
    let source = Source::new(Origin::Folders(options.rules.clone()), sigma::Placeholders::new())?;
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
    let (set, report) = feeds::load(&options.indicators, &options.warning_lists)?;
    feeds::tell(&set, &report, |text| warn(&text));
    let threads = options.threads.or_else(|| thread::available_parallelism().ok());
    let threads = threads.map_or(1, NonZero::get).min(THREADS_MAX);
    let (correlation, stats) = (Correlation::new(ruleset), Stats::new(ruleset));
    let (input, output) = (Input::new(input), Output::new(output, threads, correlation));
    let work = || {
        if let Err(error) = work(ruleset, &set, &input, &output, &stats) {
            output.fail(error);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
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

/// One thread's way: piece after piece, until the input or the output has ended.
fn work<R: Read, W: Write>(
    ruleset: &Ruleset,
    set: &Set,
    input: &Input<R>,
    output: &Output<W>,
    stats: &Stats,
) -> Result<(), Error> {
    let _guard = output.guard();
    let mut session = Session::new(Arc::clone(&ruleset.engine)).timed(clock::nanoseconds);
    let mut piece = Piece::default();
    while input.next(&mut piece).map_err(Error::Input)? {
        let mut done = Done::default();
        let mut last: &[u8] = &[];
        for line in piece.lines() {
            done.line(ruleset, &mut session, line);
            done.look(set, line);
            last = line;
        }
        for (rule, nanoseconds) in done.spent.drain(..) {
            session.spent(rule, nanoseconds);
        }
        if !ruleset.plan.is_empty() {
            done.end = Json::parse(last).ok().and_then(|event| event_time(&event));
        }
        if !output.put(piece.number(), done)? {
            break;
        }
    }
    stats.take(&mut session);
    Ok(())
}

/// What came of a piece of the input.
#[derive(Debug, Default)]
struct Done {
    lines: u64,
    bad: u64,
    /// The first lines that are no events, by their number in the piece, and why.
    told: Vec<(u64, String)>,
    alerts: Vec<u8>,
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
    fn line(&mut self, ruleset: &Ruleset, session: &mut Session, line: &[u8]) {
        self.lines += 1;
        let matching = match session.matches(line) {
            Ok(matching) if ruleset.policy.split(matching).0.is_empty() => return,
            Ok(matching) => matching,
            Err(_) if line.trim_ascii().is_empty() => return,
            Err(error) => {
                self.bad += 1;
                if self.told.len() < output::TOLD_MAX {
                    self.told.push((self.lines, error.to_string()));
                }
                return;
            }
        };
        let began = clock::nanoseconds();
        let Ok(json) = Json::parse(line) else { return };
        let event = alert::Source::new(line);
        let judged: Vec<(u32, Fate<'_>)> = ruleset.judge(matching, &json).collect();
        let counted = judged.iter().filter(|(_, fate)| !matches!(fate, Fate::LeftOut(_)));
        let counted: Vec<u32> = counted.map(|(number, _)| *number).collect();
        self.correlate(ruleset, &counted, &json, line);
        for (number, fate) in judged {
            let rule = &ruleset.engine.rules()[number as usize];
            if !self.untold.is_alert(rule.uid(), fate) || ruleset.plan.is_silent(number as usize) {
                continue;
            }
            let clauses = ruleset.engine.explain(number as usize, &json);
            let (version, whole) = (&ruleset.version, alert::Evidence::Whole);
            let finding = alert::finding(rule, &clauses, &event, version, whole);
            self.alerts.extend_from_slice(finding.as_bytes());
            self.alerts.push(b'\n');
        }
        let each = (clock::nanoseconds() - began) / matching.len() as u64;
        self.spent.extend(matching.iter().map(|number| (*number, each)));
    }
}

impl Done {
    /// Asks the indicators about a line.
    fn look(&mut self, set: &Set, line: &[u8]) {
        let found = sightings(set, line);
        if !found.is_empty() {
            self.seen.push((self.alerts.len(), found, line.into()));
        }
    }

    /// Keeps what correlations are about.
    fn correlate(&mut self, ruleset: &Ruleset, matching: &[u32], event: &Json, line: &[u8]) {
        let about = |number: &&u32| !ruleset.plan.leaves(**number as usize).is_empty();
        let mut copy: Option<Arc<[u8]>> = None;
        for number in matching.iter().filter(about) {
            let scope = event.at("metadata.tenant_uid").and_then(Json::text).unwrap_or("local");
            let copy = copy.get_or_insert_with(|| line.into());
            let found = matched(ruleset, *number as usize, event, scope);
            self.matched.extend(found.map(|matched| (matched, Arc::clone(copy))));
        }
    }
}

#[cfg(test)]
mod tests;
