//! The office's day: Bangladesh's, which begins at midnight in Dhaka.
//!
//! What people count by day (alerts, events of a host, time to close) is counted by theirs. The
//! clock there has been six hours ahead of UTC since 1951 but for the second half of 2009, which no
//! retention reaches.

/// How far Dhaka's clock is ahead of UTC, in milliseconds.
pub const OFFSET_MS: i64 = 6 * 3_600_000;

/// A day, in milliseconds.
pub const DAY_MS: i64 = 24 * 3_600_000;

/// The number of the day at `ms`, counted from 1970-01-01.
pub fn number(ms: i64) -> i64 {
    ms.saturating_add(OFFSET_MS).div_euclid(DAY_MS)
}

/// When the day of that number begins, in milliseconds since the epoch.
pub fn begin_ms(number: i64) -> i64 {
    number.saturating_mul(DAY_MS).saturating_sub(OFFSET_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_dhaka_s() {
        let midnight_ms = 1_795_716_000_000; // 2026-11-26T18:00:00Z
        assert_eq!(begin_ms(number(midnight_ms)), midnight_ms);
        assert_eq!(begin_ms(number(midnight_ms + DAY_MS - 1)), midnight_ms);
        assert_eq!(begin_ms(number(midnight_ms - 1)), midnight_ms - DAY_MS);
        assert_eq!((number(0), begin_ms(0)), (0, -OFFSET_MS));
    }
}
