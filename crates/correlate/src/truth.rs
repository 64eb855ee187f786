//! When a condition that holds is told: once per window.
//!
//! A moment at which the condition holds *rises* if it did not hold during the timespan before. A
//! condition that goes on to hold rises again at its first moment in each stretch of one timespan
//! (counted from the epoch), but not before it has held for a timespan. All this lies within two
//! timespans before the moment, so that nothing older need be remembered.

/// The first and the last moment at which the condition held in a stretch.
type Span = (i64, i64);

/// It did not hold.
const NEVER: Span = (i64::MAX, i64::MIN);

/// When the condition of a group held, in the present stretch and the two before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Truth {
    stretch: i64,
    /// The present one, the one before, and the one before that.
    held: [Span; 3],
}

impl Default for Truth {
    fn default() -> Self {
        Self { stretch: i64::MIN, held: [NEVER; 3] }
    }
}

impl Truth {
    /// Takes note that the condition holds at `time`, not before the last call's; whether it rises.
    pub(crate) fn rises(&mut self, time: i64, timespan: i64) -> bool {
        let stretch = time.div_euclid(timespan);
        match stretch.saturating_sub(self.stretch) {
            0 => {}
            1 => self.held = [NEVER, self.held[0], self.held[1]],
            2 => self.held = [NEVER, NEVER, self.held[0]],
            _ => self.held = [NEVER; 3],
        }
        self.stretch = stretch;
        let [present, before, earlier] = self.held;
        let last = present.1.max(before.1).max(earlier.1);
        let begins = last < time - timespan;
        let goes_on =
            present == NEVER && (before.0 < time - timespan || earlier.1 >= time - 2 * timespan);
        self.held[0] = (present.0.min(time), present.1.max(time));
        begins || goes_on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_once_per_window() {
        for (times, expected) in [
            (&[5][..], &[5][..]),
            (&[5, 6, 7, 15], &[5]),
            (&[5, 16], &[5, 16]),
            // A burst across the border of two stretches is told once.
            (&[9, 10, 11, 12], &[9]),
            // What goes on is told once in each stretch, the second time after a timespan.
            (&[5, 8, 11, 14, 17, 20, 23, 26, 29, 32, 41], &[5, 20, 32, 41]),
            (&[-3, -1, 2], &[-3]),
        ] {
            let mut truth = Truth::default();
            let told: Vec<i64> =
                times.iter().copied().filter(|time| truth.rises(*time, 10)).collect();
            assert_eq!(told, expected, "{times:?}");
        }
    }
}
