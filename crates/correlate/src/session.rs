//! The windows of what is decided when a window closes.
//!
//! The first window of a group begins with its first match. As long as matches go on, further ones
//! follow that begin at whole timespans since the epoch, so that nobody needs to remember when it
//! all began. A window without a match ends the row; it is looked at only where the group had gone
//! on beyond its first window, or where nothing but an empty window can meet the condition.

/// The window of a group that is still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    /// The first match.
    begun: i64,
    /// The last match.
    pub(crate) last: i64,
    /// The window: both ends belong to it.
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Session {
    pub(crate) fn begin(time: i64, timespan: i64) -> Self {
        Self { begun: time, last: time, from: time, to: time.saturating_add(timespan) }
    }

    /// Whether matches came after the first window.
    pub(crate) fn goes_on(&self, timespan: i64) -> bool {
        self.last > self.begun + timespan
    }

    /// The window after this one.
    pub(crate) fn next(&self, timespan: i64) -> Self {
        let from = match self.from == self.begun {
            true => (self.to.div_euclid(timespan) + 1) * timespan,
            false => self.to + 1,
        };
        Self { from, to: from + timespan - 1, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_begins_with_a_match_and_the_others_at_whole_timespans() {
        let first = Session::begin(13, 10);
        assert_eq!((first.from, first.to), (13, 23));
        let second = first.next(10);
        assert_eq!((second.from, second.to), (30, 39));
        assert_eq!((second.next(10).from, second.next(10).to), (40, 49));
        let aligned = Session::begin(20, 10).next(10);
        assert_eq!((aligned.from, aligned.to), (40, 49));
    }
}
