//! Time stamps as logs write them: recognised at the start of a text, resolved to milliseconds.
//!
//! [`scan`] reads the civil time, by hand and without allocation; [`resolve`] finds the instant: a
//! missing zone is the source's, a missing year the one that brings the time nearest to the
//! record's arrival. What had to be assumed is a label on the event.

mod scan;

pub use scan::{scan, scan_epoch};

use crate::zone::{Change, Zone};
use ocsf::{Event, Path};

/// A time as written: what is missing is missing here too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Civil {
    /// The year, where written.
    pub year: Option<i32>,
    /// 1 to 12.
    pub month: u8,
    /// 1 to the month's last.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60: 60 is a leap second.
    pub second: u8,
    /// 0 to 999.
    pub millis: u16,
    /// Seconds east of Greenwich, where written.
    pub offset: Option<i32>,
}

/// An instant and what had to be assumed to find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Milliseconds since the epoch.
    pub ms: i64,
    /// No zone was written.
    pub zone_assumed: bool,
    /// No year was written.
    pub year_inferred: bool,
    /// The time was a leap second or outside of what can be.
    pub clamped: bool,
    /// The clock was put back or forward around it.
    pub change: Change,
}

/// As far as this an instant without a year lies from the arrival without a look at the rest of the
/// record. What is collected as it is written never lies further.
const BELIEVED_MS: u64 = 2 * 86_400_000;
/// How far a time elsewhere in the record may lie from the header's to tell its year: a day and
/// a half, so that any two zones fit.
const SAME_MS: u64 = 36 * 3_600_000;
/// How much of a record is searched for a time that has a year.
const YEAR_BYTES_MAX: usize = 512;

impl Stamp {
    /// An instant that needed no assumption.
    pub fn exact(ms: i64) -> Self {
        Self { ms, zone_assumed: false, year_inferred: false, clamped: false, change: Change::None }
    }

    /// Sets the event's time, with `text` as the time as written.
    pub fn apply<'a>(self, event: &mut Event<'a>, text: &'a str) {
        event.time = Some(self.ms);
        event.set(Path::METADATA_ORIGINAL_TIME, text);
        let labels = [
            (self.zone_assumed, "time:zone_assumed"),
            (self.year_inferred, "time:year_inferred"),
            (self.clamped, "time:clamped"),
            (self.change == Change::Fold, "time:fold"),
            (self.change == Change::Gap, "time:gap"),
        ];
        for (_, label) in labels.into_iter().filter(|(on, _)| *on) {
            event.label(label);
        }
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
///
/// Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`.
fn days(year: i32, month: u8, day: u8) -> i64 {
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The year of an instant, in UTC.
fn year_of(ms: i64) -> i32 {
    let z = ms.div_euclid(86_400_000) + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let day_of_year = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let late = i64::from((5 * day_of_year + 2) / 153 >= 10);
    (yoe + era * 400 + late) as i32
}

/// Whether the year has a 29 February.
fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The last day of a month; of February in any year where `year` is `None`.
pub(crate) fn last_day(year: Option<i32>, month: u8) -> u8 {
    match month {
        2 if year.is_none_or(is_leap) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whether there can be such a time: what month, day, hour, minute and second may be.
pub fn is_possible(civil: &Civil) -> bool {
    (1..=12).contains(&civil.month)
        && (1..=last_day(civil.year, civil.month)).contains(&civil.day)
        && civil.hour < 24
        && civil.minute < 60
        && civil.second <= 60
        && civil.year.is_none_or(|year| (1..=9999).contains(&year))
}

/// Milliseconds since the epoch if the civil time were UTC.
fn as_utc(civil: &Civil, year: i32) -> i64 {
    let seconds = i64::from(civil.hour) * 3600
        + i64::from(civil.minute) * 60
        + i64::from(civil.second.min(59));
    let millis = if civil.second == 60 { 999 } else { i64::from(civil.millis) };
    (days(year, civil.month, civil.day) * 86_400 + seconds) * 1000 + millis
}

/// Finds the instant of a civil time that arrived at `arrival_ms`.
pub fn resolve(civil: &Civil, zone: &Zone, arrival_ms: i64) -> Stamp {
    let instant = |year: i32| match civil.offset {
        Some(offset) => (as_utc(civil, year) - i64::from(offset) * 1000, Change::None),
        None => zone.to_utc(as_utc(civil, year)),
    };
    let near = year_of(arrival_ms);
    // 29 February exists in one of any eight years around the arrival.
    let reach = if (civil.month, civil.day) == (2, 29) { 7 } else { 1 };
    let (ms, change) = match civil.year {
        Some(year) => instant(year),
        None => (near - reach..=near + reach)
            .filter(|&year| civil.day <= last_day(Some(year), civil.month))
            .map(instant)
            .min_by_key(|(ms, _)| ms.abs_diff(arrival_ms))
            .unwrap_or((arrival_ms, Change::None)),
    };
    Stamp {
        ms,
        zone_assumed: civil.offset.is_none(),
        year_inferred: civil.year.is_none(),
        clamped: civil.second == 60,
        change,
    }
}

/// As [`resolve`], for a time that stands before the `rest` of its record.
///
/// A relay's header often has no year while the sender's own time behind it has one. Where the
/// year nearest to the arrival makes a log old, that time decides.
pub(crate) fn resolve_before(civil: &Civil, rest: &str, zone: &Zone, arrival_ms: i64) -> Stamp {
    let stamp = resolve(civil, zone, arrival_ms);
    if !stamp.year_inferred || stamp.ms.abs_diff(arrival_ms) <= BELIEVED_MS {
        return stamp;
    }
    let near = crate::generic::head(rest, YEAR_BYTES_MAX);
    let found = memchr::memchr2_iter(b'1', b'2', near.as_bytes()).find_map(|at| {
        let begins = at == 0 || !near.as_bytes()[at - 1].is_ascii_alphanumeric();
        let full = begins.then(|| full_time(&near[at..], zone, arrival_ms)).flatten()?;
        let dated = resolve(civil, zone, full);
        (dated.ms.abs_diff(full) <= SAME_MS).then_some(dated)
    });
    found.unwrap_or(stamp)
}

/// The instant of a time that begins with its year, or of seconds since the epoch.
fn full_time(text: &str, zone: &Zone, arrival_ms: i64) -> Option<i64> {
    match scan(text) {
        Some((civil, _)) => civil.year.map(|_| resolve(&civil, zone, arrival_ms).ms),
        None => scan_epoch(text).map(|(ms, _)| ms),
    }
}

#[cfg(test)]
mod tests;
