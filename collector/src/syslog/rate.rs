//! How many records a second one sender may send.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Senders whose recent use is remembered. A flood from forged addresses must not use up memory:
/// at the limit those that are quiet are forgotten, then all.
const SENDERS_MAX: usize = 16_384;

/// A bucket of tokens for each sender: a second's worth may come at once.
#[derive(Debug)]
pub(crate) struct Rate {
    per_second: u32,
    senders: HashMap<IpAddr, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Rate {
    /// A limit for each sender by itself.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second, senders: HashMap::new() }
    }

    /// Takes leave for one record of `sender`, or says how long it is to wait for that.
    pub(crate) fn take(&mut self, sender: IpAddr, now: Instant) -> Result<(), Duration> {
        let full = f64::from(self.per_second);
        if self.senders.len() >= SENDERS_MAX && !self.senders.contains_key(&sender) {
            let second = Duration::from_secs(1);
            self.senders.retain(|_, bucket| now.duration_since(bucket.at) < second);
            if self.senders.len() >= SENDERS_MAX {
                self.senders.clear();
            }
        }
        let bucket = self.senders.entry(sender).or_insert(Bucket { tokens: full, at: now });
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + since * full).min(full);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.tokens) / full))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sender_has_its_own_second() {
        let (mut rate, start) = (Rate::new(10), Instant::now());
        let (a, b) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        for _ in 0..10 {
            assert_eq!(rate.take(a, start), Ok(()));
        }
        assert_eq!(rate.take(a, start), Err(Duration::from_millis(100)));
        assert_eq!(rate.take(b, start), Ok(()));
        let later = start + Duration::from_millis(250);
        assert_eq!(rate.take(a, later), Ok(()));
        assert_eq!(rate.take(a, later), Ok(()));
        assert!(rate.take(a, later).is_err());
        // A quiet minute saves up no more than a second's worth.
        let much_later = start + Duration::from_secs(60);
        let taken = (0..100).filter(|_| rate.take(a, much_later).is_ok()).count();
        assert_eq!(taken, 10);
    }

    #[test]
    fn forged_senders_are_forgotten() {
        let (mut rate, start) = (Rate::new(10), Instant::now());
        for n in 0..100_000_u32 {
            assert_eq!(rate.take(n.to_be_bytes().into(), start), Ok(()));
            assert!(rate.senders.len() <= SENDERS_MAX);
        }
    }
}
