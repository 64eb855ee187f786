//! Moments: `-24h`, `now`, `2026-11-25`, `2026-11-25T10:00+06:00`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::fmt;

/// A range of time in ms since the epoch: from `from_ms` until before `to_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range {
    /// The first moment in it.
    pub from_ms: i64,
    /// The first moment behind it.
    pub to_ms: i64,
}

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// So many ms since the epoch.
    At(i64),
    /// So many seconds before now.
    Ago(i64),
}

/// Units of relative times, in seconds, the longest first.
const UNITS: [(char, i64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Moment {
    /// In ms since the epoch, where now is `now_ms`.
    pub fn at(self, now_ms: i64) -> i64 {
        match self {
            Self::At(ms) => ms,
            Self::Ago(seconds) => now_ms.saturating_sub(seconds.saturating_mul(1_000)),
        }
    }
}

impl fmt::Display for Moment {
    /// As [`moment`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ago(0) => f.write_str("now"),
            Self::Ago(seconds) => {
                let fits = |(_, unit): &&(char, i64)| seconds % unit == 0;
                let (name, unit) = UNITS.iter().find(fits).unwrap_or(&('s', 1));
                write!(f, "-{}{name}", seconds / unit)
            }
            Self::At(ms) => match Timestamp::from_millisecond(*ms) {
                Ok(at) => write!(f, "{at}"),
                Err(_) => write!(f, "{ms}"),
            },
        }
    }
}

/// Reads a moment: `now`, `-15m`, `now-7d`, an ISO 8601 date or date and time (UTC where no zone
/// is written), or ms since the epoch.
pub fn moment(text: &str) -> Option<Moment> {
    let relative = text.strip_prefix("now").unwrap_or(text);
    if text == "now" {
        return Some(Moment::Ago(0));
    }
    if let Some(amount) = relative.strip_prefix('-') {
        return seconds(amount).map(Moment::Ago);
    }
    if text.len() >= 9 && text.bytes().all(|b| b.is_ascii_digit()) {
        let ms = text.parse().ok()?;
        return Timestamp::from_millisecond(ms).ok().map(|_| Moment::At(ms));
    }
    let at = |time: Timestamp| Moment::At(time.as_millisecond());
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(at(time));
    }
    let civil = text.parse::<DateTime>().ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| at(zoned.timestamp()))
}

/// Reads a length of time such as `90s`, `5m`, `24h`, `7d`, `2w`.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let number = &text[..text.len() - 1];
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    // A length of more than a century is a slip.
    let seconds = number.parse::<i64>().ok().filter(|_| digits)?.checked_mul(*factor)?;
    (seconds <= 100 * 366 * 86_400).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_shown() {
        for (text, expected, shown) in [
            ("now", Some(Moment::Ago(0)), "now"),
            ("-24h", Some(Moment::Ago(86_400)), "-1d"),
            ("now-90s", Some(Moment::Ago(90)), "-90s"),
            ("-2w", Some(Moment::Ago(1_209_600)), "-2w"),
            ("2026-11-25", Some(Moment::At(1_795_564_800_000)), "2026-11-25T00:00:00Z"),
            (
                "2026-11-25T06:00:00.5+06:00",
                Some(Moment::At(1_795_564_800_500)),
                "2026-11-25T00:00:00.5Z",
            ),
            ("2026-11-25T00:00", Some(Moment::At(1_795_564_800_000)), "2026-11-25T00:00:00Z"),
            ("1795564800000", Some(Moment::At(1_795_564_800_000)), "2026-11-25T00:00:00Z"),
            ("-", None, ""),
            ("-24", None, ""),
            ("-h", None, ""),
            ("-1y", None, ""),
            ("-99999999999w", None, ""),
            ("yesterday", None, ""),
            ("2026-13-01", None, ""),
            ("", None, ""),
        ] {
            let found = moment(text);
            assert_eq!(found, expected, "{text}");
            if let Some(found) = found {
                assert_eq!(found.to_string(), shown, "{text}");
                assert_eq!(moment(shown), Some(found), "{text}");
            }
        }
    }
}
