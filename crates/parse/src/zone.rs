//! The zone of a source that writes none.

use jiff::civil;
use jiff::tz::TimeZone;

/// A zone: an offset that never changes, or the rules of a place.
#[derive(Debug, Clone)]
pub struct Zone(Rules);

#[derive(Debug, Clone)]
enum Rules {
    Fixed(i64),
    Place(TimeZone),
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Rules::Fixed(0));

    /// A zone by its IANA name, such as `Asia/Dhaka`; `None` where it is not known.
    ///
    /// A place without changes of the clock since 2012 becomes a fixed offset, so that its times
    /// cost no look-up.
    pub fn named(name: &str) -> Option<Self> {
        let zone = TimeZone::get(name).ok()?;
        let since = civil::date(2012, 1, 1).to_zoned(TimeZone::UTC).ok()?.timestamp();
        let offset = zone.to_offset(since);
        // Some zone files repeat the last offset in later years; forty changes are twenty years.
        if zone.following(since).take(40).all(|change| change.offset() == offset) {
            return Some(Self(Rules::Fixed(i64::from(offset.seconds()) * 1000)));
        }
        Some(Self(Rules::Place(zone)))
    }

    /// The instant of a civil time given as milliseconds as though it were UTC.
    ///
    /// Where the clock is put back, the earlier of the two; where it is put forward, the time is
    /// read with the offset before the gap.
    pub(crate) fn to_utc(&self, local_ms: i64) -> i64 {
        match &self.0 {
            Rules::Fixed(offset) => local_ms - offset,
            Rules::Place(zone) => Self::place_to_utc(zone, local_ms).unwrap_or(local_ms),
        }
    }

    fn place_to_utc(zone: &TimeZone, local_ms: i64) -> Option<i64> {
        let naive = jiff::Timestamp::from_millisecond(local_ms).ok()?;
        let local = TimeZone::UTC.to_datetime(naive);
        zone.to_ambiguous_timestamp(local).compatible().ok().map(|t| t.as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-10-25 02:30, which comes twice in Berlin, and 2026-03-29 02:30, which does not come.
    #[test]
    fn folds_and_gaps() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let fold = 1_792_895_400_000;
        assert_eq!(berlin.to_utc(fold), fold - 7_200_000);
        let gap = 1_774_751_400_000;
        assert_eq!(berlin.to_utc(gap), gap - 3_600_000);
    }

    #[test]
    fn dhaka_is_fixed() {
        let dhaka = Zone::named("Asia/Dhaka").unwrap();
        assert!(matches!(dhaka.0, Rules::Fixed(21_600_000)));
        assert!(Zone::named("No/Such").is_none());
    }
}
