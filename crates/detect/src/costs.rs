//! What each rule costs: how often it was asked, how often it matched, and the time it alone takes.
//!
//! Most of the work is shared: finding values, hashes, automata. What a rule costs by itself are its
//! regular expressions and other tests that no text announces, its formula, and what is done about
//! its matches. The first two are timed for one in [`SAMPLE`] only and multiplied, so that measuring
//! costs nothing to speak of; a test that several rules share is charged to them in equal parts.

use crate::Engine;
use std::collections::HashMap;

/// Of how many occasions one is timed.
const SAMPLE: u64 = 16;

/// A clock that never goes back, in nanoseconds from any beginning.
pub type Clock = fn() -> u64;

/// What one rule has cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Events of its log source.
    pub evaluated: u64,
    /// Events that it matched.
    pub matched: u64,
    /// Time that it alone took, estimated, in nanoseconds.
    pub nanoseconds: u64,
}

impl Cost {
    /// Adds another session's.
    pub fn add(&mut self, other: &Self) {
        self.evaluated += other.evaluated;
        self.matched += other.matched;
        self.nanoseconds += other.nanoseconds;
    }
}

/// The account of one session.
#[derive(Debug, Default)]
pub(crate) struct Account {
    clock: Option<Clock>,
    occasions: u64,
    /// By test and by rule, what was timed, multiplied.
    tests: HashMap<u32, u64>,
    rules: HashMap<u32, u64>,
    matched: HashMap<u32, u64>,
}

impl Account {
    pub(crate) fn new(clock: Option<Clock>) -> Self {
        Self { clock, ..Self::default() }
    }

    /// The clock, if this occasion is one to be timed.
    #[inline]
    pub(crate) fn sample(&mut self) -> Option<Clock> {
        let clock = self.clock?;
        self.occasions += 1;
        self.occasions.is_multiple_of(SAMPLE).then_some(clock)
    }

    /// Counts a match of each of these rules.
    #[inline]
    pub(crate) fn matched(&mut self, rules: &[u32]) {
        for rule in rules {
            *self.matched.entry(*rule).or_default() += 1;
        }
    }

    /// Charges a sampled time to a test.
    pub(crate) fn test(&mut self, test: u32, nanoseconds: u64) {
        *self.tests.entry(test).or_default() += nanoseconds * SAMPLE;
    }

    /// Charges a sampled time to a rule.
    pub(crate) fn rule(&mut self, rule: u32, nanoseconds: u64) {
        *self.rules.entry(rule).or_default() += nanoseconds * SAMPLE;
    }

    /// Charges a time to a rule that was measured whole.
    pub(crate) fn spent(&mut self, rule: u32, nanoseconds: u64) {
        *self.rules.entry(rule).or_default() += nanoseconds;
    }

    /// Puts what has gathered into `costs`, which has one for each rule, and begins anew.
    pub(crate) fn settle(&mut self, engine: &Engine, costs: &mut [Cost]) {
        for (rule, matched) in self.matched.drain() {
            costs[rule as usize].matched += matched;
        }
        for (rule, nanoseconds) in self.rules.drain() {
            costs[rule as usize].nanoseconds += nanoseconds;
        }
        if self.tests.is_empty() {
            return;
        }
        let mut askers: HashMap<u32, Vec<u32>> = HashMap::new();
        for (number, rule) in engine.compiled.rules.iter().enumerate() {
            let mut tests = Vec::new();
            rule.holds.tests(&mut tests);
            tests.sort_unstable();
            tests.dedup();
            for test in tests.into_iter().filter(|test| self.tests.contains_key(test)) {
                askers.entry(test).or_default().push(number as u32);
            }
        }
        for (test, nanoseconds) in self.tests.drain() {
            // A test that only a log source's condition asks is no rule's.
            let askers = askers.get(&test).map_or(&[][..], Vec::as_slice);
            for rule in askers {
                costs[*rule as usize].nanoseconds += nanoseconds / askers.len() as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Session;
    use mapping::Tables;
    use sigma::{Document, Placeholders};
    use std::cell::Cell;
    use std::sync::Arc;

    thread_local! {
        static NOW: Cell<u64> = const { Cell::new(0) };
    }

    /// Every look at it takes a nanosecond.
    fn clock() -> u64 {
        NOW.replace(NOW.get() + 1)
    }

    fn engine() -> Arc<Engine> {
        let table = "- when: {log_source: t}\n  logsources: [{product: p}]\n";
        let rules = "
title: matches
logsource: {product: p}
detection: {s: {a|re: '^x[0-9]+$'}, condition: s}
---
title: shares the expression
logsource: {product: p}
detection: {s: {a|re: '^x[0-9]+$', b: never}, condition: s}
---
title: of another source
logsource: {product: q}
detection: {s: {a: x}, condition: s}
";
        let documents = sigma::parse("r.yml", rules, &Placeholders::new()).documents;
        let rules = documents.into_iter().filter_map(|document| match document {
            Document::Rule(rule) => Some(*rule),
            _ => None,
        });
        let tables = Arc::new(Tables::new([("t.yml", table)]).unwrap());
        Arc::new(Engine::new(rules.collect(), tables).unwrap())
    }

    #[test]
    fn rules_are_charged_with_what_they_alone_take() {
        let mut session = Session::new(engine()).timed(clock);
        for number in 0..640 {
            let event = format!(
                "{{\"metadata\":{{\"log_source\":\"t\"}},\"unmapped\":{{\"a\":\"x{number}\"}}}}"
            );
            assert_eq!(session.matches(event.as_bytes()).unwrap(), [0]);
        }
        session.spent(0, 1_000_000);
        let mut costs = vec![Cost::default(); 3];
        session.take_costs(&mut costs);
        let counts: Vec<_> = costs.iter().map(|cost| (cost.evaluated, cost.matched)).collect();
        assert_eq!(counts, [(640, 640), (640, 0), (0, 0)]);
        // Each of 640 values was new: one in 16 was timed at a nanosecond, and half of it is each
        // rule's; besides, formulas are looked at once for the one set of tests.
        let estimated = costs[0].nanoseconds - 1_000_000;
        assert!((300..=360).contains(&estimated), "{estimated}");
        assert!((300..=360).contains(&costs[1].nanoseconds), "{costs:?}");
        assert_eq!(costs[2].nanoseconds, 0);
        let mut again = vec![Cost::default(); 3];
        session.take_costs(&mut again);
        assert_eq!(again, [Cost::default(); 3]);
    }

    #[test]
    fn without_a_clock_matches_are_counted_all_the_same() {
        let mut session = Session::new(engine());
        let event = br#"{"metadata":{"log_source":"t"},"unmapped":{"a":"x1"}}"#;
        session.matches(event).unwrap();
        let mut costs = vec![Cost::default(); 3];
        session.take_costs(&mut costs);
        assert_eq!(costs[0], Cost { evaluated: 1, matched: 1, nanoseconds: 0 });
    }
}
