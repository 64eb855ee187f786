//! The output of the filter: what came of each piece, in the order of the pieces.

use super::correlation::Correlation;
use super::untold::Untold;
use super::{Done, warn};
use crate::Error;
use crate::live::Ruleset;
use crate::sightings::{From, Windows};
use alert::{Evidence, Sighting, Source};
use ruleset::Fate;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How many lines that are no events are told of one by one.
pub(super) const TOLD_MAX: usize = 10;
/// How many finished pieces a thread may be ahead of the slowest, for each thread: beyond that it
/// waits, so that what is held back stays small.
const AHEAD_MAX: usize = 4;

/// An output that several threads write to by turns.
#[derive(Debug)]
pub(super) struct Output<W> {
    state: Mutex<State<W>>,
    moved: Condvar,
    held_max: usize,
}

#[derive(Debug)]
struct State<W> {
    output: W,
    next: u64,
    held: BTreeMap<u64, Done>,
    correlation: Correlation,
    untold: Untold,
    windows: Windows,
    lines: u64,
    bad: u64,
    /// The first failure of any thread, which ends them all.
    failed: Option<Error>,
    /// Whether a thread was lost, and with it a piece.
    broken: bool,
}

/// Tells the others when a thread is lost in a panic, for whose piece they would wait for ever.
pub(super) struct Guard<'a, W: Write>(&'a Output<W>);

impl<W: Write> Drop for Guard<'_, W> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().broken = true;
            self.0.moved.notify_all();
        }
    }
}

impl<W: Write> Output<W> {
    pub(super) fn new(output: W, threads: usize, correlation: Correlation) -> Self {
        let state = State {
            output,
            next: 0,
            held: BTreeMap::new(),
            correlation,
            untold: Untold::default(),
            windows: Windows::default(),
            lines: 0,
            bad: 0,
            failed: None,
            broken: false,
        };
        Self { state: Mutex::new(state), moved: Condvar::new(), held_max: threads * AHEAD_MAX }
    }

    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches over the calling thread.
    pub(super) fn guard(&self) -> Guard<'_, W> {
        Guard(self)
    }

    /// Takes what came of piece `number` and writes what is next in order. `false` where there is
    /// no use in going on.
    pub(super) fn put(&self, number: u64, done: Done) -> Result<bool, Error> {
        let mut state = self.lock();
        state.held.insert(number, done);
        while let Some(done) = state.take_next() {
            state.write(done).map_err(Error::Output)?;
            self.moved.notify_all();
        }
        while state.held.len() > self.held_max && !state.ended() {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(!state.ended())
    }

    /// Ends all threads with `error`, if none has failed before.
    pub(super) fn fail(&self, error: Error) {
        self.lock().failed.get_or_insert(error);
        self.moved.notify_all();
    }

    /// Writes what the correlations decide, tells what was wrong with the lines, and flushes.
    pub(super) fn finish(self, ruleset: &Ruleset) -> Result<(u64, u64), Error> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = state.failed {
            return Err(error);
        }
        if state.bad > TOLD_MAX as u64 {
            warn(&format!("{} of {} lines are no events", state.bad, state.lines));
        }
        while let Some(window) = state.windows.take() {
            if let Some(finding) = window.finding(Evidence::Whole) {
                writeln!(state.output, "{finding}").map_err(Error::Output)?;
            }
        }
        for (alarm, finding) in state.correlation.finish(ruleset) {
            let (id, agency) = (alarm.correlation.uid(), &alarm.anchor.scope);
            let fate = ruleset.policy.fate_of_correlation(id, agency);
            // A rule's own matches were counted when they were found.
            let is_counted = alarm.correlation.of_rule && fate != Fate::Alert;
            if !is_counted && state.untold.is_alert(id, fate) {
                writeln!(state.output, "{finding}").map_err(Error::Output)?;
            }
        }
        state.untold.tell();
        state.output.flush().map_err(Error::Output)?;
        Ok((state.lines, state.bad))
    }
}

impl<W: Write> State<W> {
    fn ended(&self) -> bool {
        self.broken || self.failed.is_some()
    }

    fn take_next(&mut self) -> Option<Done> {
        let done = self.held.remove(&self.next)?;
        self.next += 1;
        Some(done)
    }

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
            self.output.write_all(&done.alerts[from..at])?;
            from = at;
            self.see(found, &event)?;
        }
        self.output.write_all(&done.alerts[from..])
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

#[cfg(test)]
mod tests {
    use super::*;

    use crate::live::{Origin, Source};

    /// A set without rules.
    fn none() -> Ruleset {
        let source = Source::new(Origin::Folders(Vec::new()), sigma::Placeholders::new()).unwrap();
        source.compile(|told| panic!("{told}")).unwrap()
    }

    fn done(text: &str) -> Done {
        Done { lines: 1, alerts: text.into(), ..Done::default() }
    }

    #[test]
    fn pieces_are_written_in_order_whoever_is_first() {
        let mut text = Vec::new();
        let output = Output::new(&mut text, 8, Correlation::none());
        for number in [2, 0, 3, 1, 4] {
            assert!(output.put(number, done(&number.to_string())).unwrap());
        }
        output.finish(&none()).unwrap();
        assert_eq!(text, b"01234");
    }

    #[test]
    fn a_failure_ends_who_waits_for_the_next_piece() {
        let output = Output::new(Vec::new(), 1, Correlation::none());
        thread::scope(|scope| {
            let ahead = scope.spawn(|| (1..100).all(|n| output.put(n, done("x")).unwrap()));
            output.fail(Error::Input(std::io::Error::other("gone")));
            assert!(!ahead.join().unwrap());
        });
        assert!(matches!(output.finish(&none()), Err(Error::Input(_))));
    }

    #[test]
    fn a_lost_thread_ends_who_waits_for_it() {
        let output = Output::new(Vec::new(), 1, Correlation::none());
        thread::scope(|scope| {
            let lost = scope.spawn(|| {
                let _guard = output.guard();
                panic!("as it may happen");
            });
            assert!(lost.join().is_err());
            assert!(!(1..100).all(|n| output.put(n, done("x")).unwrap()));
        });
    }
}
