//! The output of the filter: what came of each piece, in the order of the pieces.

use super::correlation::Correlation;
use super::untold::Untold;
use super::{Done, warn};
use crate::Error;
use crate::live::Ruleset;
use crate::sightings::{From, Windows};
use alert::{Evidence, Sighting, Source};
use ruleset::Fate;
use std::io::Write;
use std::sync::Arc;

/// How many lines that are no events are told of one by one.
pub(super) const TOLD_MAX: usize = 10;

/// Where everything is written.
#[derive(Debug)]
pub(super) struct Output<W> {
    output: W,
    correlation: Correlation,
    untold: Untold,
    windows: Windows,
    lines: u64,
    bad: u64,
}

impl<W: Write> Output<W> {
    pub(super) fn new(output: W, correlation: Correlation) -> Self {
        Self {
            output,
            correlation,
            untold: Untold::default(),
            windows: Windows::default(),
            lines: 0,
            bad: 0,
        }
    }

    /// Writes what the correlations decide, tells what was wrong with the lines, and flushes.
    pub(super) fn finish(mut self, ruleset: &Ruleset) -> Result<(u64, u64), Error> {
        if self.bad > TOLD_MAX as u64 {
            warn(&format!("{} of {} lines are no events", self.bad, self.lines));
        }
        while let Some(window) = self.windows.take() {
            if let Some(finding) = window.finding(Evidence::Whole) {
                writeln!(self.output, "{finding}").map_err(Error::Output)?;
            }
        }
        for (alarm, finding) in self.correlation.finish(ruleset) {
            let (id, agency) = (alarm.correlation.uid(), alarm.anchor.scope());
            let fate = ruleset.policy.fate_of_correlation(id, agency);
            // A rule's own matches were counted when they were found.
            let is_counted = alarm.correlation.of_rule && fate != Fate::Alert;
            if !is_counted && self.untold.is_alert(id, fate) {
                writeln!(self.output, "{finding}").map_err(Error::Output)?;
            }
        }
        self.untold.tell();
        self.output.flush().map_err(Error::Output)?;
        Ok((self.lines, self.bad))
    }
}

impl<W: Write + Send> turns::Sink for Output<W> {
    type Done = Done;
    type Error = Error;

    fn take(&mut self, done: Done) -> Result<(), Error> {
        self.write(done).map_err(Error::Output)
    }
}

impl<W: Write> Output<W> {
    fn write(&mut self, done: Done) -> std::io::Result<()> {
        for (line, why) in &done.told {
            if self.bad < TOLD_MAX as u64 {
                warn(&format!("line {}: {why}", self.lines + line));
            }
            self.bad += 1;
        }
        self.bad += done.bad - done.told.len() as u64;
        self.lines += done.lines;
        self.correlation.take(done.matched, done.end);
        self.untold.add(done.untold);
        let mut from = 0;
        for (at, found, event) in done.seen {
            self.output.write_all(&done.alerts.as_bytes()[from..at])?;
            from = at;
            self.see(found, &event)?;
        }
        self.output.write_all(&done.alerts.as_bytes()[from..])
    }

    /// Writes the first sighting of each indicator, and counts the others.
    fn see(&mut self, found: Vec<Sighting>, event: &Arc<[u8]>) -> std::io::Result<()> {
        let source = Source::new(event);
        for sighting in found {
            let from = From { arrived_ms: 0, raw: b"", partition: 0 };
            if let Some((uid, sighting)) = self.windows.see(sighting, &source, event, from) {
                let finding = alert::sighted(&sighting, &uid, &source, None, Evidence::Whole);
                writeln!(self.output, "{finding}")?;
            }
            // Input ends windows; too many of them do so before.
            while let Some(window) = self.windows.close(0) {
                if let Some(finding) = window.finding(Evidence::Whole) {
                    writeln!(self.output, "{finding}")?;
                }
            }
        }
        Ok(())
    }
}
