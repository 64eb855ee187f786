//! What is due when: matches to be looked at, and windows that close.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What is to be done with a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// Its matches up to this one have waited long enough.
    Match,
    /// A window of it ends.
    Wake,
}

/// Something to do. The order of the fields is the order in which things are done: what is due at
/// the same moment is done by its own time, so that nothing depends on the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due {
    /// On the clock of arrivals.
    pub(crate) at: i64,
    pub(crate) what: What,
    /// The match's or the window's own time.
    pub(crate) time: i64,
    /// Breaks ties by the event.
    pub(crate) uid: u128,
    pub(crate) node: u32,
    pub(crate) key: u128,
}

/// The queue.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    heap: BinaryHeap<Reverse<Due>>,
}

impl Schedule {
    pub(crate) fn push(&mut self, due: Due) {
        self.heap.push(Reverse(due));
    }

    /// The next, if it is due by `now`.
    pub(crate) fn pop(&mut self, now: i64) -> Option<Due> {
        let Reverse(next) = self.heap.peek()?;
        if next.at > now {
            return None;
        }
        self.heap.pop().map(|Reverse(due)| due)
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    /// The moment by which half of what waits is due.
    pub(crate) fn middle(&self) -> Option<i64> {
        let mut times: Vec<i64> = self.heap.iter().map(|Reverse(due)| due.at).collect();
        let middle = times.len().checked_sub(1)? / 2;
        Some(*times.select_nth_unstable(middle).1)
    }

    /// Renumbers the nodes; what belongs to none is dropped.
    pub(crate) fn renumber(&mut self, number: impl Fn(u32) -> Option<u32>) {
        let kept = std::mem::take(&mut self.heap)
            .into_iter()
            .filter_map(|Reverse(due)| number(due.node).map(|node| Reverse(Due { node, ..due })));
        self.heap = kept.collect();
    }
}
