//! The forms of time stamps, by their first bytes.

use super::{Civil, last_day};

/// A reader of bytes that steps back on failure by being copied.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let hit = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(hit);
        hit
    }

    fn eat_any(&mut self, set: &[u8]) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        set.contains(&byte).then(|| {
            self.at += 1;
            byte
        })
    }

    /// Between `min` and `max` digits.
    fn number(&mut self, min: usize, max: usize) -> Option<u32> {
        let start = self.at;
        let mut number = 0u32;
        while self.at - start < max && self.peek().is_ascii_digit() {
            number = number * 10 + u32::from(self.peek() - b'0');
            self.at += 1;
        }
        (self.at - start >= min).then_some(number)
    }

    fn small(&mut self, min: usize, max: usize) -> Option<u8> {
        u8::try_from(self.number(min, max)?).ok()
    }

    /// A month's English name, short or long.
    fn month(&mut self) -> Option<u8> {
        let name = self.bytes.get(self.at..self.at + 3)?;
        let month = month_of([name[0] | 32, name[1] | 32, name[2] | 32])?;
        self.at += 3;
        while self.peek().is_ascii_alphabetic() {
            self.at += 1;
        }
        self.eat(b'.');
        Some(month)
    }

    /// `hh:mm:ss`, with a fraction after `.` or `,`, and AM or PM.
    fn clock(&mut self, civil: &mut Civil) -> Option<()> {
        civil.hour = self.small(1, 2)?;
        let colon = self.eat_any(b":.")?;
        civil.minute = self.small(2, 2)?;
        if self.eat(colon) {
            civil.second = self.small(2, 2)?;
            self.fraction(civil);
        } else if colon == b'.' {
            return None;
        }
        self.half_day(civil);
        (civil.hour < 24 && civil.minute < 60 && civil.second <= 60).then_some(())
    }

    fn fraction(&mut self, civil: &mut Civil) {
        let mut ahead = *self;
        if ahead.eat_any(b".,:").is_none() || !ahead.peek().is_ascii_digit() {
            return;
        }
        let mut scale = 100;
        while ahead.peek().is_ascii_digit() {
            civil.millis += u16::from(ahead.peek() - b'0') * scale;
            scale /= 10;
            ahead.at += 1;
        }
        *self = ahead;
    }

    fn half_day(&mut self, civil: &mut Civil) {
        let mut ahead = *self;
        ahead.eat(b' ');
        let pm = match ahead.bytes.get(ahead.at..ahead.at + 2) {
            Some(b"AM" | b"am") => false,
            Some(b"PM" | b"pm") => true,
            _ => return,
        };
        ahead.at += 2;
        if ahead.peek().is_ascii_alphanumeric() || !(1..=12).contains(&civil.hour) {
            return;
        }
        civil.hour = civil.hour % 12 + if pm { 12 } else { 0 };
        *self = ahead;
    }

    /// A zone, after a blank or at once.
    fn zone(&mut self, civil: &mut Civil) {
        let mut ahead = *self;
        ahead.eat(b' ');
        if let Some(offset) = ahead.offset().or_else(|| ahead.zone_name()) {
            civil.offset = Some(offset);
            *self = ahead;
        }
    }

    fn offset(&mut self) -> Option<i32> {
        let mut ahead = *self;
        let offset = ahead.read_offset()?;
        *self = ahead;
        Some(offset)
    }

    fn read_offset(&mut self) -> Option<i32> {
        if self.eat(b'Z') || self.eat(b'z') {
            return (!self.peek().is_ascii_alphanumeric()).then_some(0);
        }
        let sign = if self.eat_any(b"+-")? == b'-' { -1 } else { 1 };
        let hours = self.number(2, 2)?;
        let colon = self.eat(b':');
        let minutes = if colon || self.peek().is_ascii_digit() { self.number(2, 2)? } else { 0 };
        let fits = hours <= 15 && minutes < 60 && !self.peek().is_ascii_digit();
        fits.then_some(sign * (hours * 3600 + minutes * 60) as i32)
    }

    fn zone_name(&mut self) -> Option<i32> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count();
        let after = rest.get(length).copied().unwrap_or(0);
        if after.is_ascii_alphanumeric() {
            return None;
        }
        let hours = match &rest[..length] {
            b"UTC" | b"GMT" | b"WET" => 0,
            b"CET" => 1,
            b"CEST" | b"EET" => 2,
            b"EEST" | b"MSK" => 3,
            b"EDT" => -4,
            b"EST" | b"CDT" => -5,
            b"CST" | b"MDT" => -6,
            b"MST" | b"PDT" => -7,
            b"PST" => -8,
            _ => return None,
        };
        self.at += length;
        Some(hours * 3600)
    }
}

/// The month of three lower-case letters.
fn month_of(name: [u8; 3]) -> Option<u8> {
    const NAMES: &[u8; 36] = b"janfebmaraprmayjunjulaugsepoctnovdec";
    let at = NAMES.chunks_exact(3).position(|n| n == name)?;
    Some(at as u8 + 1)
}

fn valid(civil: Civil, at: usize) -> Option<(Civil, usize)> {
    let year_fits = civil.year.is_none_or(|y| (1..=9999).contains(&y));
    let date_fits = (1..=12).contains(&civil.month)
        && civil.day >= 1
        && civil.day <= last_day(civil.year, civil.month);
    (year_fits && date_fits).then_some((civil, at))
}

/// Reads a time stamp at the start of `text`; returns it and its length in bytes.
///
/// Known forms: ISO 8601 and its kin (`2026-03-01T10:00:00.1+06:00`, `2026/03/01 10:00:00`),
/// `Mar  1 10:00:00`, with a year before or after the clock, `01/Mar/2026:10:00:00 +0600`,
/// `Sun Mar 01 10:00:00.5 2026`, `01-Mar-2026 10:00:00`, `03/01/2026-10:00:00`, `260301 10:00:00`.
pub fn scan(text: &str) -> Option<(Civil, usize)> {
    let cursor = Cursor { bytes: text.as_bytes(), at: 0 };
    if !cursor.peek().is_ascii_digit() {
        return by_name(cursor);
    }
    let digits = cursor.bytes.iter().take(15).take_while(|b| b.is_ascii_digit()).count();
    match digits {
        4 => year_first(cursor),
        1 | 2 => day_first(cursor),
        6 | 8 => compact(cursor, digits),
        _ => None,
    }
}

fn year_first(mut c: Cursor<'_>) -> Option<(Civil, usize)> {
    let mut civil = Civil { year: Some(c.number(4, 4)? as i32), ..Civil::default() };
    let joint = c.eat_any(b"-/.: ")?;
    if joint == b' ' || c.peek().is_ascii_alphabetic() {
        civil.month = c.month()?;
        c.eat_any(b" -/")?;
        c.eat(b' ');
        civil.day = c.small(1, 2)?;
    } else {
        civil.month = c.small(1, 2)?;
        if !c.eat(joint) {
            return None;
        }
        civil.day = c.small(1, 2)?;
    }
    c.eat(b',');
    c.eat_any(b"T t-:_")?;
    c.eat(b' ');
    c.clock(&mut civil)?;
    c.zone(&mut civil);
    valid(civil, c.at)
}

fn day_first(mut c: Cursor<'_>) -> Option<(Civil, usize)> {
    let first = c.small(1, 2)?;
    let joint = c.eat_any(b"/- .")?;
    let mut civil = Civil { day: first, ..Civil::default() };
    if c.peek().is_ascii_alphabetic() {
        civil.month = c.month()?;
        c.eat_any(b"/- ")?;
        // Redis writes no year: `30 May 12:50:13.457`.
        let clock = c.bytes.get(c.at..c.at + 3).is_some_and(|b| b[1] == b':' || b[2] == b':');
        if joint == b' ' && clock {
            c.clock(&mut civil)?;
            c.zone(&mut civil);
            return valid(civil, c.at);
        }
    } else {
        civil.month = c.small(1, 2)?;
        if !c.eat(joint) {
            return month_and_day(c, first, joint, civil);
        }
        // With slashes the month stands first, unless that cannot be.
        if joint == b'/' && first <= 12 {
            (civil.day, civil.month) = (civil.month, first);
        }
    }
    let year_at = c.at;
    let year = c.number(2, 4)? as i32;
    civil.year = match c.at - year_at {
        4 => Some(year),
        2 => Some(2000 + year),
        _ => return None,
    };
    c.eat(b',');
    c.eat_any(b": T-")?;
    while c.eat_any(b" -").is_some() {}
    c.clock(&mut civil)?;
    c.zone(&mut civil);
    valid(civil, c.at)
}

/// `03-01 10:00:00.123456`: month and day, as FreeSWITCH and Android write them.
fn month_and_day(
    mut c: Cursor<'_>,
    first: u8,
    joint: u8,
    mut civil: Civil,
) -> Option<(Civil, usize)> {
    if joint != b'-' || !c.eat(b' ') {
        return None;
    }
    (civil.day, civil.month) = (civil.month, first);
    c.clock(&mut civil)?;
    c.zone(&mut civil);
    valid(civil, c.at)
}

/// `yymmdd hh:mm:ss` and `yyyymmdd hh:mm:ss`.
fn compact(mut c: Cursor<'_>, digits: usize) -> Option<(Civil, usize)> {
    let year = c.number(digits - 4, digits - 4)? as i32;
    let year = if digits == 6 { 2000 + year } else { year };
    let (month, day) = (c.small(2, 2)?, c.small(2, 2)?);
    let mut civil = Civil { year: Some(year), month, day, ..Civil::default() };
    c.eat_any(b" T-_")?;
    c.eat(b' ');
    c.clock(&mut civil)?;
    c.zone(&mut civil);
    valid(civil, c.at)
}

/// Forms that begin with the name of a weekday or a month.
fn by_name(mut c: Cursor<'_>) -> Option<(Civil, usize)> {
    let name = c.bytes.get(..3)?;
    if let b"mon" | b"tue" | b"wed" | b"thu" | b"fri" | b"sat" | b"sun" =
        &[name[0] | 32, name[1] | 32, name[2] | 32]
    {
        while c.peek().is_ascii_alphabetic() {
            c.at += 1;
        }
        c.eat(b',');
        if !c.eat(b' ') {
            return None;
        }
        if c.peek().is_ascii_digit() {
            return day_first(c);
        }
    }
    month_first(c)
}

fn month_first(mut c: Cursor<'_>) -> Option<(Civil, usize)> {
    let mut civil = Civil { month: c.month()?, ..Civil::default() };
    let joint = c.eat_any(b" -/")?;
    while c.eat(b' ') {}
    // A month's name before a whole date: `October 2019/10/18 03:14:14`.
    let digits = c.bytes.iter().skip(c.at).take(5).take_while(|b| b.is_ascii_digit()).count();
    if digits == 4 && c.bytes.get(c.at + 4) == Some(&b'/') {
        return year_first(c);
    }
    civil.day = c.small(1, 2)?;
    c.eat(b',');
    c.eat_any(b" -/")?;
    while c.eat(b' ') {}
    year_before_clock(&mut c, joint, &mut civil);
    c.clock(&mut civil)?;
    c.zone(&mut civil);
    year_after_clock(&mut c, &mut civil);
    valid(civil, c.at)
}

/// `Mar 01 2026 10:00:00` and `Mar-01-26 10:00:00`.
fn year_before_clock(c: &mut Cursor<'_>, joint: u8, civil: &mut Civil) {
    let mut ahead = *c;
    let start = ahead.at;
    let Some(year) = ahead.number(2, 4) else { return };
    let digits = ahead.at - start;
    ahead.eat(b',');
    if ahead.eat(b' ') && (digits == 4 || (digits == 2 && joint == b'-')) {
        while ahead.eat(b' ') {}
        civil.year = Some(year as i32 + if digits == 2 { 2000 } else { 0 });
        *c = ahead;
    }
}

/// `Sun Mar 01 10:00:00 2026` and `Sun Mar 01 10:00:00 CET 2026`.
fn year_after_clock(c: &mut Cursor<'_>, civil: &mut Civil) {
    let mut ahead = *c;
    if civil.year.is_some() || !ahead.eat(b' ') {
        return;
    }
    let Some(year) = ahead.number(4, 4) else { return };
    let ends = !(ahead.peek().is_ascii_alphanumeric() || b".:/-".contains(&ahead.peek()));
    if ends && (1970..=2199).contains(&year) {
        civil.year = Some(year as i32);
        *c = ahead;
        if civil.offset.is_none() {
            c.zone(civil);
        }
    }
}

/// Reads seconds, milli-, micro- or nanoseconds since the epoch, by their number of digits; a
/// fraction may follow seconds. Returns milliseconds and the length in bytes.
pub fn scan_epoch(text: &str) -> Option<(i64, usize)> {
    let bytes = text.as_bytes();
    let digits = bytes.iter().take(20).take_while(|b| b.is_ascii_digit()).count();
    let number: i64 = text.get(..digits)?.parse().ok()?;
    let ms = match digits {
        9 | 10 => number * 1000,
        13 => return Some((number, digits)),
        16 => return Some((number / 1000, digits)),
        19 => return Some((number / 1_000_000, digits)),
        _ => return None,
    };
    if !matches!(bytes.get(digits), Some(b'.' | b',')) {
        return Some((ms, digits));
    }
    let fraction = &bytes[digits + 1..];
    let places = fraction.iter().take(12).take_while(|b| b.is_ascii_digit()).count();
    let digit = |i: usize| if i < places { i64::from(fraction[i] - b'0') } else { 0 };
    let millis = digit(0) * 100 + digit(1) * 10 + digit(2);
    Some((ms + millis, if places == 0 { digits } else { digits + 1 + places }))
}
