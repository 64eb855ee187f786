//! Up to where everything is confirmed: what may be committed, and nothing beyond it.

use std::collections::VecDeque;

/// The contiguous watermark of one partition.
///
/// Offsets are begun in rising order (with gaps, as compaction leaves them) and confirmed in any.
/// [`Self::committable`] rises only over offsets all of whose predecessors are confirmed.
///
/// An offset may be waited for several times: [`Self::begin`] holds it once, [`Self::hold`] once
/// more, and it is confirmed when [`Self::confirm`] was called as often.
#[derive(Debug, Default)]
pub struct Watermark {
    open: VecDeque<Open>,
    committable: Option<i64>,
}

#[derive(Debug)]
struct Open {
    offset: i64,
    holds: u32,
}

impl Watermark {
    /// Nothing begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes `offset` as read and holds it. An offset that is not above all before it (a replay
    /// after a seek that this watermark was not told of) is not taken: `false`.
    pub fn begin(&mut self, offset: i64) -> bool {
        let last = self.open.back().map(|open| open.offset);
        let floor = last.or(self.committable.map(|next| next - 1));
        if floor.is_some_and(|floor| offset <= floor) {
            return false;
        }
        self.open.push_back(Open { offset, holds: 1 });
        true
    }

    /// Holds an offset that has begun once more, for one more record made from it.
    pub fn hold(&mut self, offset: i64) {
        if let Some(index) = self.find(offset) {
            self.open[index].holds += 1;
        }
    }

    /// Lets go of one hold of `offset`; an offset that is not open is passed over.
    pub fn confirm(&mut self, offset: i64) {
        let Some(index) = self.find(offset) else { return };
        self.open[index].holds = self.open[index].holds.saturating_sub(1);
        while let Some(Open { offset, holds: 0 }) = self.open.front() {
            self.committable = Some(offset + 1);
            self.open.pop_front();
        }
    }

    /// The offset to commit: one past the last of which it and all before it are confirmed.
    /// `None` until the first is.
    pub fn committable(&self) -> Option<i64> {
        self.committable
    }

    /// How many offsets have begun and lie above the watermark.
    pub fn in_flight(&self) -> usize {
        self.open.len()
    }

    /// Confirmations mostly come in order, and offsets mostly without gaps: the first two guesses
    /// are nearly always right, the search is for the rest.
    fn find(&self, offset: i64) -> Option<usize> {
        let first = self.open.front()?.offset;
        let guess = usize::try_from(offset.checked_sub(first)?).ok()?;
        if self.open.get(guess).is_some_and(|open| open.offset == offset) {
            return Some(guess);
        }
        if self.open.back().is_some_and(|open| open.offset == offset) {
            return Some(self.open.len() - 1);
        }
        self.open.binary_search_by_key(&offset, |open| open.offset).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_watermark_waits_for_the_first() {
        let mut mark = Watermark::new();
        assert_eq!(mark.committable(), None);
        for offset in [5, 6, 9] {
            assert!(mark.begin(offset));
        }
        assert!(!mark.begin(9) && !mark.begin(2));
        mark.confirm(9);
        mark.confirm(6);
        assert_eq!((mark.committable(), mark.in_flight()), (None, 3));
        mark.confirm(5);
        assert_eq!((mark.committable(), mark.in_flight()), (Some(10), 0));
        assert!(!mark.begin(9) && mark.begin(10));
    }

    #[test]
    fn every_hold_is_waited_for() {
        let mut mark = Watermark::new();
        mark.begin(0);
        mark.hold(0);
        mark.confirm(0);
        assert_eq!(mark.committable(), None);
        mark.confirm(0);
        mark.confirm(0);
        assert_eq!(mark.committable(), Some(1));
    }

    proptest! {
        /// Against the plainest model: a map from offset to holds.
        #[test]
        fn agrees_with_the_model(
            gaps in proptest::collection::vec(1i64..4, 1..40),
            steps in proptest::collection::vec((0usize..40, 0u8..3), 0..200),
        ) {
            let mut mark = Watermark::new();
            let mut model: BTreeMap<i64, u32> = BTreeMap::new();
            let offsets: Vec<i64> = gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at) }).collect();
            let mut begun = 0;
            for (pick, action) in steps {
                if action == 0 && begun < offsets.len() {
                    prop_assert!(mark.begin(offsets[begun]));
                    model.insert(offsets[begun], 1);
                    begun += 1;
                }
                let offset = offsets[pick % offsets.len()];
                let open = model.get_mut(&offset).filter(|holds| **holds > 0);
                match (action, open) {
                    (1, Some(holds)) => { mark.hold(offset); *holds += 1; }
                    (2, open) => {
                        mark.confirm(offset);
                        if let Some(holds) = open { *holds -= 1; }
                    }
                    _ => {}
                }
                let expected = model.iter().take_while(|(_, holds)| **holds == 0).last();
                prop_assert_eq!(mark.committable(), expected.map(|(offset, _)| offset + 1));
                let open = model.iter().skip_while(|(_, holds)| **holds == 0).count();
                prop_assert_eq!(mark.in_flight(), open);
            }
        }
    }
}
