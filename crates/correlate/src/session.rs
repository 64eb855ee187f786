//! The windows of what is decided when a window closes.
//!
//! Stretches of one timespan are counted from the epoch. Stretches with matches, one after the
//! other, are a *row*; a stretch without any ends it. The first window of a row begins with its
//! first match and reaches into the second stretch; from the third on each stretch is a window. The
//! stretch that ends the row is looked at as well, where the row had gone on beyond its first
//! window, or where nothing but an empty window can meet the condition.
//!
//! So what is decided at a moment follows from the four stretches before it, and nobody needs to
//! remember when it all began.

/// What a window is to its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Begins with the row's first match.
    First,
    /// The second stretch, which the first window reaches into: a window only if it is empty.
    Second,
    /// A stretch from the third on.
    Further,
}

/// The window of a group that is still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    place: Place,
    /// The row's first match.
    begun: i64,
    /// Its last match so far.
    pub(crate) last: i64,
    /// The window: both ends belong to it.
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Session {
    pub(crate) fn begin(time: i64, timespan: i64) -> Self {
        let to = time.saturating_add(timespan);
        Self { place: Place::First, begun: time, last: time, from: time, to }
    }

    /// Whether the window, which is over, had no match.
    pub(crate) fn is_empty(&self) -> bool {
        self.last < self.from
    }

    /// Whether the window, which is over, is to be decided on.
    pub(crate) fn counts(&self, timespan: i64, only_empty: bool) -> bool {
        match (self.is_empty(), self.place) {
            (true, _) => only_empty || self.last > self.begun + timespan,
            (false, place) => place != Place::Second,
        }
    }

    /// The window after this one, which is over; none where it ended the row.
    pub(crate) fn next(&self, timespan: i64) -> Option<Self> {
        if self.is_empty() {
            return None;
        }
        let (place, from) = match self.place {
            Place::First => (Place::Second, (self.begun.div_euclid(timespan) + 1) * timespan),
            Place::Second | Place::Further => (Place::Further, self.to + 1),
        };
        Some(Self { place, from, to: from + timespan - 1, ..*self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_begins_with_a_match_and_the_others_at_whole_timespans() {
        for (begun, last) in [(13, 29), (20, 31)] {
            let first = Session { last, ..Session::begin(begun, 10) };
            assert_eq!((first.from, first.to), (begun, begun + 10));
            assert!(first.counts(10, false));
            let second = first.next(10).unwrap();
            let from = (begun / 10 + 1) * 10;
            assert_eq!((second.from, second.to), (from, from + 9));
            assert!(!second.counts(10, true), "the first window reached into it");
            let third = second.next(10).unwrap();
            assert_eq!((third.from, third.to), (from + 10, from + 19));
        }
    }

    #[test]
    fn a_stretch_without_a_match_ends_the_row() {
        let second = Session::begin(13, 10).next(10).unwrap();
        assert!(second.is_empty() && second.next(10).is_none());
        assert!(second.counts(10, true) && !second.counts(10, false));
        let went_on = Session { last: 24, ..Session::begin(13, 10) }.next(10).unwrap();
        let third = went_on.next(10).unwrap();
        assert!(third.is_empty() && third.counts(10, false));
    }
}
