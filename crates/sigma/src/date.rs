//! Parts of dates: the modifiers `minute` to `year`.
//!
//! The specification leaves zones open. Here a written date is taken as it is written, in whatever
//! zone that is, and a number is milliseconds since the epoch, in UTC.

/// Which part of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatePart {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// Of the month, 1 to 31.
    Day,
    /// ISO 8601 week, 1 to 53.
    Week,
    /// 1 to 12.
    Month,
    /// The year.
    Year,
}

struct Date {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
}

impl DatePart {
    /// This part of the date in `text`, if it is one.
    pub fn of(self, text: &str) -> Option<i64> {
        let date = written(text).or_else(|| epoch(text))?;
        Some(match self {
            Self::Minute => date.minute,
            Self::Hour => date.hour,
            Self::Day => date.day,
            Self::Week => week(&date),
            Self::Month => date.month,
            Self::Year => date.year,
        })
    }
}

/// `2025-08-02`, `2025-08-02T11:30:00.123Z`, `2025/08/02 11:30`.
fn written(text: &str) -> Option<Date> {
    let bytes = text.trim().as_bytes();
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = bytes.get(range)?;
        let all = digits.iter().all(u8::is_ascii_digit);
        all.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
    };
    let separator = *bytes.get(4)?;
    if !matches!(separator, b'-' | b'/') || bytes.get(7) != Some(&separator) {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute) = match bytes.get(10) {
        None => (0, 0),
        Some(b'T' | b't' | b' ') if bytes.get(13) == Some(&b':') => {
            (number(11..13)?, number(14..16)?)
        }
        Some(_) => return None,
    };
    let legal = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60;
    legal.then_some(Date { year, month, day, hour, minute })
}

/// When what is written as `2026-12-31` (to its end) or `2026-12-31T18:00:00Z` is over, in
/// milliseconds since the epoch, UTC.
pub(crate) fn end_ms(text: &str) -> Option<i64> {
    let date = written(text)?;
    let day = day_number(date.year, date.month, date.day);
    if civil(day) != (date.year, date.month, date.day) {
        return None;
    }
    const DAY_MS: i64 = 86_400_000;
    if text.len() == 10 {
        return Some((day + 1) * DAY_MS);
    }
    let seconds: i64 = text.get(16..)?.strip_prefix(':')?.strip_suffix('Z')?.parse().ok()?;
    let of_day = (date.hour * 60 + date.minute) * 60 + seconds;
    (0..60).contains(&seconds).then_some(day * DAY_MS + of_day * 1000)
}

/// Milliseconds since the epoch.
fn epoch(text: &str) -> Option<Date> {
    let ms: i64 = text.trim().parse().ok()?;
    let minutes = ms.div_euclid(60_000);
    let (year, month, day) = civil(minutes.div_euclid(1440));
    let of_day = minutes.rem_euclid(1440);
    Some(Date { year, month, day, hour: of_day / 60, minute: of_day % 60 })
}

/// Year, month and day of a day since the epoch (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The day since the epoch (Howard Hinnant's `days_from_civil`).
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// ISO 8601: the week is that of its Thursday.
fn week(date: &Date) -> i64 {
    let days = day_number(date.year, date.month, date.day);
    let weekday = (days + 3).rem_euclid(7);
    let thursday = days - weekday + 3;
    let (year, ..) = civil(thursday);
    (thursday - day_number(year, 1, 1)) / 7 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        use DatePart::*;
        for (part, text, expected) in [
            (Hour, "2025-08-02T23:59:00Z", Some(23)),
            (Minute, "2025/08/02 23:59", Some(59)),
            (Hour, "2025-08-02", Some(0)),
            (Week, "2021-01-03", Some(53)),
            (Week, "2020-12-28 01:00:00", Some(53)),
            (Week, "2026-01-01", Some(1)),
            (Week, "2024-12-30", Some(1)),
            (Month, "1754092800000", Some(8)),
            (Year, "0", Some(1970)),
            (Day, "-1", Some(31)),
            (Year, "2025-13-02", None),
            (Year, "yesterday", None),
            (Year, "", None),
            (Hour, "2025-08-02T2x:00", None),
        ] {
            assert_eq!(part.of(text), expected, "{part:?} {text}");
        }
    }
}
