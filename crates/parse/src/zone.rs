//! The zone of a source that writes none.

use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// What a change of the clock makes of a civil time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change {
    /// Nothing: it comes once.
    #[default]
    None,
    /// It comes twice, because the clock is put back.
    Fold,
    /// It does not come, because the clock is put forward.
    Gap,
}

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

    /// The instant of a civil time given as milliseconds as though it were UTC, and what the clock's
    /// changes make of it.
    ///
    /// Where the clock is put back, the earlier of the two; where it is put forward, the time is
    /// read with the offset before the gap.
    pub(crate) fn to_utc(&self, local_ms: i64) -> (i64, Change) {
        match &self.0 {
            Rules::Fixed(offset) => (local_ms - offset, Change::None),
            Rules::Place(zone) => {
                Self::place_to_utc(zone, local_ms).unwrap_or((local_ms, Change::None))
            }
        }
    }

    fn place_to_utc(zone: &TimeZone, local_ms: i64) -> Option<(i64, Change)> {
        let naive = jiff::Timestamp::from_millisecond(local_ms).ok()?;
        let local = TimeZone::UTC.to_datetime(naive);
        let found = zone.to_ambiguous_timestamp(local);
        let change = match found.offset() {
            AmbiguousOffset::Unambiguous { .. } => Change::None,
            AmbiguousOffset::Fold { .. } => Change::Fold,
            AmbiguousOffset::Gap { .. } => Change::Gap,
        };
        found.compatible().ok().map(|t| (t.as_millisecond(), change))
    }

    /// The civil time of an instant, as milliseconds as though it were UTC.
    fn to_local(&self, utc_ms: i64) -> i64 {
        match &self.0 {
            Rules::Fixed(offset) => utc_ms + offset,
            Rules::Place(zone) => {
                let offset = |at| i64::from(zone.to_offset(at).seconds()) * 1000;
                jiff::Timestamp::from_millisecond(utc_ms).map_or(utc_ms, |at| utc_ms + offset(at))
            }
        }
    }

    /// The instant that was meant by a clock of `self`, where `assumed` was taken for its zone.
    pub fn instead_of(&self, assumed: &Self, utc_ms: i64) -> i64 {
        self.to_utc(assumed.to_local(utc_ms)).0
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
        assert_eq!(berlin.to_utc(fold), (fold - 7_200_000, Change::Fold));
        let gap = 1_774_751_400_000;
        assert_eq!(berlin.to_utc(gap), (gap - 3_600_000, Change::Gap));
        let once = fold + 86_400_000;
        assert_eq!(berlin.to_utc(once), (once - 3_600_000, Change::None));
    }

    #[test]
    fn another_zone_after_all() {
        let (dhaka, berlin) =
            (Zone::named("Asia/Dhaka").unwrap(), Zone::named("Europe/Berlin").unwrap());
        let noon = 1_792_843_200_000;
        assert_eq!(dhaka.instead_of(&Zone::UTC, noon), noon - 21_600_000);
        assert_eq!(Zone::UTC.instead_of(&dhaka, noon), noon + 21_600_000);
        assert_eq!(berlin.instead_of(&dhaka, noon), noon + 21_600_000 - 7_200_000);
        assert_eq!(dhaka.instead_of(&berlin, noon), noon + 7_200_000 - 21_600_000);
    }

    #[test]
    fn dhaka_is_fixed() {
        let dhaka = Zone::named("Asia/Dhaka").unwrap();
        assert!(matches!(dhaka.0, Rules::Fixed(21_600_000)));
        assert!(Zone::named("No/Such").is_none());
    }
}
