//! From which offset on matches must be read again to know what is known now.

use std::collections::VecDeque;

/// Records of one stretch; shorter would remember more, longer would read back more than needed.
const STRETCH_RECORDS: usize = if cfg!(test) { 8 } else { 256 };
/// Stretches remembered; when there are more, neighbours are joined.
const STRETCHES_MAX: usize = 4_096;

/// A stretch of a partition, and the latest arrival in it.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    first: i64,
    latest_ms: i64,
    records: usize,
}

/// One partition's trail.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    stretches: VecDeque<Stretch>,
    /// Where to begin, by the offset from which on that is right.
    starts: VecDeque<(i64, i64)>,
}

impl Trail {
    /// A record has been looked at; what arrived before `needed_ms` is not needed any more.
    pub(crate) fn pass(&mut self, offset: i64, arrival_ms: i64, needed_ms: i64) {
        match self.stretches.back_mut() {
            Some(last) if last.records < STRETCH_RECORDS => {
                last.records += 1;
                last.latest_ms = last.latest_ms.max(arrival_ms);
            }
            _ => {
                let stretch = Stretch { first: offset, latest_ms: arrival_ms, records: 1 };
                self.stretches.push_back(stretch);
            }
        }
        if self.stretches.len() > STRETCHES_MAX {
            self.join();
        }
        while self.stretches.len() > 1 && self.stretches[0].latest_ms < needed_ms {
            self.stretches.pop_front();
        }
        let first = self.stretches.front().map_or(offset, |stretch| stretch.first);
        if self.starts.back().is_none_or(|(_, known)| *known != first) {
            self.starts.push_back((offset, first));
        }
    }

    /// Where to begin reading when `committed` is the next offset to process.
    pub(crate) fn start(&mut self, committed: i64) -> i64 {
        while self.starts.get(1).is_some_and(|(offset, _)| *offset < committed) {
            self.starts.pop_front();
        }
        self.starts.front().map_or(committed, |(_, first)| (*first).min(committed))
    }

    fn join(&mut self) {
        let old = std::mem::take(&mut self.stretches);
        let mut old = old.into_iter();
        while let Some(mut stretch) = old.next() {
            if let Some(next) = old.next() {
                stretch.latest_ms = stretch.latest_ms.max(next.latest_ms);
                stretch.records = STRETCH_RECORDS;
            }
            self.stretches.push_back(stretch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_read_again_and_not_much_more() {
        let mut trail = Trail::default();
        // A record a second; what is older than 1,000 seconds is not needed.
        for offset in 0..10_000 {
            trail.pass(offset, offset, offset - 1_000);
        }
        for committed in [10_000, 10_001] {
            let start = trail.start(committed);
            assert!(start <= committed - 1_000, "{start}");
            assert!(start >= committed - 1_000 - 2 * STRETCH_RECORDS as i64, "{start}");
        }
    }

    #[test]
    fn a_commit_behind_what_was_looked_at_needs_more() {
        let mut trail = Trail::default();
        for offset in 0..2_000 {
            trail.pass(offset, offset, offset - 100);
        }
        assert!(trail.start(1_000) <= 900);
        let mut again = Trail::default();
        for offset in 0..3_000_000 {
            again.pass(offset, 0, i64::MIN);
        }
        assert!(again.stretches.len() <= STRETCHES_MAX);
        assert_eq!(again.start(3_000_000), 0);
    }
}
