//! The filter's correlations: matches wait for the end of the input, so that none is late, however
//! the lines are ordered.

use crate::live::Ruleset;
use crate::matched::Matched;
use alert::Evidence;
use correlate::{Alarm, Engine, Options, Stage};
use std::collections::HashMap;
use std::sync::Arc;

/// How many matches wait at most. Beyond, the earlier half is decided before the input has ended.
const WAITING_MAX: usize = 1_000_000;

/// The engine and what it has said.
#[derive(Debug)]
pub(super) struct Correlation {
    engine: Engine,
    alarms: Vec<Alarm>,
    /// Where an alarm stands.
    places: HashMap<u128, usize>,
    end: i64,
}

impl Correlation {
    pub(super) fn new(ruleset: &Ruleset) -> Self {
        // There is one source, and it is over when it ends: nobody needs to wait for others.
        let options = Options { lateness_ms: 0, ..Options::default() };
        Self {
            engine: Engine::new(Arc::clone(&ruleset.plan), options),
            alarms: Vec::new(),
            places: HashMap::new(),
            end: i64::MIN,
        }
    }

    /// Takes the matches of a piece, whose last event happened at `end`.
    pub(super) fn take(&mut self, matched: Vec<(Matched, Arc<[u8]>)>, end: Option<i64>) {
        self.end = self.end.max(end.unwrap_or(i64::MIN));
        for (matched, event) in matched {
            let body = self.engine.body(&event, b"");
            let found = matched.found(body, None);
            self.end = self.end.max(found.time);
            self.engine.take(found);
        }
        if self.engine.waiting() > WAITING_MAX {
            let mut alarms = Vec::new();
            self.engine.decide_half(&mut alarms);
            self.keep(alarms);
        }
    }

    /// The alarms and their findings, in the order in which they were raised, each with its final
    /// count.
    pub(super) fn finish(&mut self, ruleset: &Ruleset) -> impl Iterator<Item = (Alarm, String)> {
        let mut alarms = Vec::new();
        self.engine.finish(self.end, &mut alarms);
        self.keep(alarms);
        self.warn();
        let alarms = std::mem::take(&mut self.alarms).into_iter();
        alarms.map(move |alarm| {
            // To whoever reads the output, an alarm comes once and is new.
            let alarm = Alarm { stage: Stage::Raised, ..alarm };
            let finding = ruleset.finding(&alarm, Evidence::Whole);
            (alarm, finding)
        })
    }

    fn keep(&mut self, alarms: Vec<Alarm>) {
        for alarm in alarms {
            match self.places.get(&alarm.uid) {
                Some(place) => self.alarms[*place] = alarm,
                None => {
                    self.places.insert(alarm.uid, self.alarms.len());
                    self.alarms.push(alarm);
                }
            }
        }
    }

    /// Tells what was not counted as it should have been.
    fn warn(&self) {
        let counters = self.engine.counters();
        for (count, what) in [
            (counters.ungrouped, "matches lack a field that their correlation groups by"),
            (counters.too_late, "matches came too late for their window, as too many waited"),
            (counters.groups_evicted, "groups were forgotten, as there were too many"),
            (counters.window_full, "matches were not counted, as their window was full"),
            (counters.evidence_left_out, "events are not in the evidence, for want of room"),
        ] {
            if count > 0 {
                super::warn(&format!("{count} {what}"));
            }
        }
    }
}
