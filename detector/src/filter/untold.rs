//! Matches that the filter does not write: left out by an exception, or not alerts for their stage.

use super::warn;
use ruleset::Fate;
use std::collections::BTreeMap;

/// How many there are, by rule and reason.
#[derive(Debug, Default)]
pub(super) struct Untold {
    counts: BTreeMap<(String, String), u64>,
}

impl Untold {
    /// Whether a match of `rule` is an alert; if not, it is counted.
    pub(super) fn is_alert(&mut self, rule: &str, fate: Fate<'_>) -> bool {
        let why = match fate {
            Fate::Alert => return true,
            Fate::LeftOut(filter) => format!("left out by filter {}", filter.uid()),
            Fate::Shadow => "in shadow".to_owned(),
            Fate::Elsewhere => "a canary of other agencies".to_owned(),
        };
        *self.counts.entry((rule.to_owned(), why)).or_default() += 1;
        false
    }

    /// Adds what another thread counted.
    pub(super) fn add(&mut self, other: Self) {
        for (key, count) in other.counts {
            *self.counts.entry(key).or_default() += count;
        }
    }

    /// Tells them all.
    pub(super) fn tell(&self) {
        for ((rule, why), count) in &self.counts {
            warn(&format!("{count} matches of {rule} are no alerts: {why}"));
        }
    }
}
