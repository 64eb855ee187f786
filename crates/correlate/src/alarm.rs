//! What comes out: a correlation that holds.

use crate::Fact;
use crate::fact::Entry;
use sigma::Correlation;
use std::sync::Arc;

/// How many of an alarm's first events are kept as evidence; the last is kept besides.
pub const EVIDENCE_FIRST_MAX: usize = 10;

/// Whether an alarm is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The condition has just been met.
    Raised,
    /// Its count has doubled since it was last told.
    Grown,
    /// Its window has closed, and more matches had come: the count is final.
    Closed,
}

/// A correlation that holds in one group.
#[derive(Debug, Clone)]
pub struct Alarm {
    /// Which.
    pub correlation: Arc<Correlation>,
    /// The same for the same matches, whenever and wherever they are correlated.
    pub uid: u128,
    /// New, or the last word.
    pub stage: Stage,
    /// The moment at which the condition was met.
    pub time: i64,
    /// The first match's time.
    pub first: i64,
    /// The last match's time.
    pub last: i64,
    /// How many events there are behind it.
    pub count: u64,
    /// How many of them came after it was raised and raised no alarm of their own.
    pub folded: u64,
    /// What was measured when the condition was met.
    pub measured: String,
    /// The fields grouped by, and their values.
    pub group: Vec<(String, String)>,
    /// The match that met the condition.
    pub anchor: Arc<Fact>,
    /// The first matches and the last.
    pub evidence: Vec<Arc<Fact>>,
}

/// The first matches of a window and the last, those behind a correlation in its place. An event
/// that several correlations below have counted is shown once.
pub(crate) fn evidence<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<Arc<Fact>> {
    let mut kept: Vec<Arc<Fact>> = Vec::new();
    let mut last = None;
    for entry in entries {
        let facts = match entry.fact.parts() {
            [] => std::slice::from_ref(&entry.fact),
            parts => parts,
        };
        for fact in facts {
            if kept.iter().any(|shown| shown.uid == fact.uid) {
                continue;
            }
            match kept.len() < EVIDENCE_FIRST_MAX {
                true => kept.push(Arc::clone(fact)),
                false => last = Some(Arc::clone(fact)),
            }
        }
    }
    kept.extend(last);
    kept
}
