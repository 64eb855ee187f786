//! Puts into the metrics what rules cost, about once a second.

use crate::live::Ruleset;
use crate::{Metrics, clock};
use detect::{Cost, Session};

/// How long what was counted may wait, in nanoseconds.
const WAIT: u64 = 1_000_000_000;

/// One thread's account.
#[derive(Debug)]
pub(crate) struct Account {
    told: u64,
    /// Matches and how long each took, not yet charged to the session.
    pub(crate) spent: Vec<(u32, u64)>,
}

impl Account {
    pub(crate) fn new() -> Self {
        Self { told: clock::nanoseconds(), spent: Vec::new() }
    }

    /// Whether it is time to tell.
    pub(crate) fn is_due(&self) -> bool {
        clock::nanoseconds() - self.told >= WAIT
    }

    /// Adds to the metrics what `session` has spent since it was last asked.
    pub(crate) fn tell(&mut self, session: &mut Session, ruleset: &Ruleset, metrics: &Metrics) {
        self.told = clock::nanoseconds();
        for (rule, nanoseconds) in self.spent.drain(..) {
            session.spent(rule, nanoseconds);
        }
        let rules = ruleset.engine.rules();
        let mut costs = vec![Cost::default(); rules.len()];
        session.take_costs(&mut costs);
        for (rule, cost) in rules.iter().zip(costs).filter(|(_, cost)| cost.evaluated > 0) {
            let label = [rule.uid()];
            metrics.rule_evaluated.with_label_values(&label).inc_by(cost.evaluated);
            let seconds = cost.nanoseconds as f64 / 1e9;
            metrics.rule_seconds.with_label_values(&label).inc_by(seconds);
        }
    }
}
