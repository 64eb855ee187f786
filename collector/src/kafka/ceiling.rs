//! How much may go to Kafka in a second, for thin links.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A bucket of bytes that fills at a steady rate and holds a second's worth.
#[derive(Debug)]
pub(super) struct Ceiling {
    bytes_per_second: f64,
    /// What may go now, and when that was so. Below zero after a record larger than the bucket.
    level: Mutex<(f64, Instant)>,
}

impl Ceiling {
    pub(super) fn new(bytes_per_second: u64, now: Instant) -> Self {
        let bytes_per_second = bytes_per_second as f64;
        Self { bytes_per_second, level: Mutex::new((bytes_per_second, now)) }
    }

    /// Takes `bytes`, or answers `false`: not yet. Of a record larger than the bucket, the bucket
    /// must be full, and the ones behind it wait until it is paid for.
    pub(super) fn take(&self, bytes: usize, now: Instant) -> bool {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, since) = *level;
        let filled = now.saturating_duration_since(since).as_secs_f64() * self.bytes_per_second;
        let left = (left + filled).min(self.bytes_per_second);
        let bytes = bytes as f64;
        let may = left >= bytes.min(self.bytes_per_second);
        *level = (if may { left - bytes } else { left }, now);
        may
    }

    /// Gives back what was not sent after all.
    pub(super) fn give_back(&self, bytes: usize) {
        self.level.lock().unwrap_or_else(PoisonError::into_inner).0 += bytes as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn a_large_record_goes_alone_and_is_paid_for() {
        let begun = Instant::now();
        let ceiling = Ceiling::new(1_000, begun);
        let at = |ms: u64| begun + Duration::from_millis(ms);
        assert!(ceiling.take(3_000, at(0)), "larger than the bucket, which is full");
        assert!(!ceiling.take(1, at(1_900)) && ceiling.take(1, at(2_100)));
        ceiling.give_back(1);
        assert!(!ceiling.take(3_000, at(2_500)));
    }

    proptest! {
        /// In no span of time goes more than the rate and one bucket, of records no larger than it.
        #[test]
        fn no_more_than_the_rate(steps in prop::collection::vec((0u64..400, 1usize..1_000), 1..200)) {
            let begun = Instant::now();
            let ceiling = Ceiling::new(1_000, begun);
            let (mut ms, mut sent) = (0, 0);
            for (wait, bytes) in steps {
                ms += wait;
                if ceiling.take(bytes, begun + Duration::from_millis(ms)) {
                    sent += bytes as u64;
                }
                prop_assert!(sent <= 1_000 + ms);
            }
        }
    }
}
