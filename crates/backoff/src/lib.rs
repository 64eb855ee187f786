//! How long to wait before trying again: exponential growth with full jitter.
//!
//! Full jitter (a uniform choice between nothing and the present ceiling) spreads the retries of
//! many clients best; see M. Brooker, "Exponential Backoff And Jitter", 2015. Pure: the caller
//! sleeps, and the seed makes a test repeatable.

use std::time::Duration;

/// The waits between one try and the next. The ceiling doubles from `base` to `cap`.
#[derive(Debug, Clone)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    tries: u32,
    random: u64,
}

impl Backoff {
    /// Waits below `base` first, below `cap` in the end. Clients that may fail together should
    /// differ in `seed`.
    pub const fn new(base: Duration, cap: Duration, seed: u64) -> Self {
        Self { base, cap, tries: 0, random: seed }
    }

    /// The next wait, between zero and the present ceiling.
    pub fn wait(&mut self) -> Duration {
        let ceiling = self.ceiling().as_nanos() as u64;
        self.tries = self.tries.saturating_add(1);
        // The upper bits of a 64 x 64 bit product: a uniform number below `ceiling`.
        let scaled = (u128::from(self.random()) * u128::from(ceiling)) >> 64;
        Duration::from_nanos(scaled as u64)
    }

    /// What the next wait stays below.
    pub fn ceiling(&self) -> Duration {
        let grown = 2_u32.checked_pow(self.tries).and_then(|n| self.base.checked_mul(n));
        grown.unwrap_or(self.cap).min(self.cap)
    }

    /// How often [`Self::wait`] was asked since the start or the last [`Self::reset`].
    pub const fn tries(&self) -> u32 {
        self.tries
    }

    /// Begins anew after a success.
    pub const fn reset(&mut self) {
        self.tries = 0;
    }

    /// SplitMix64: one addition and two multiplications are random enough to spread retries.
    const fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let mut backoff = Backoff::new(100 * MS, 1_000 * MS, 7);
        let mut ceilings = Vec::new();
        for _ in 0..6 {
            ceilings.push(backoff.ceiling());
            let _ = backoff.wait();
        }
        assert_eq!(ceilings, [100, 200, 400, 800, 1_000, 1_000].map(|n| n * MS));
        assert_eq!(backoff.tries(), 6);
        backoff.reset();
        assert_eq!(backoff.ceiling(), 100 * MS);
    }

    #[test]
    fn waits_fill_the_range_below_the_ceiling() {
        let mut waits = Vec::new();
        for seed in 0..1_000 {
            waits.push(Backoff::new(100 * MS, 100 * MS, seed).wait());
        }
        assert!(waits.iter().all(|wait| *wait < 100 * MS));
        for tenth in 0..10 {
            let range = tenth * 10 * MS..(tenth + 1) * 10 * MS;
            let hits = waits.iter().filter(|wait| range.contains(wait)).count();
            assert!((50..200).contains(&hits), "{hits} of 1,000 waits in {range:?}");
        }
    }

    #[test]
    fn a_very_long_outage_overflows_nothing() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30), 1);
        for _ in 0..10_000 {
            assert!(backoff.wait() < Duration::from_secs(30));
        }
    }

    #[test]
    fn the_seed_repeats_the_waits() {
        let waits = |seed| {
            let mut backoff = Backoff::new(MS, 1_000 * MS, seed);
            [backoff.wait(), backoff.wait(), backoff.wait()]
        };
        assert_eq!(waits(3), waits(3));
        assert_ne!(waits(3), waits(4));
    }
}
