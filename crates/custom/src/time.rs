//! Times as a parser's file describes them.

use parse::time::{Civil, scan, scan_epoch};

/// The form of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Format {
    /// As logs write times: what the built-in readers know.
    Any,
    /// Seconds since the epoch, with a fraction or not.
    Seconds,
    /// Milliseconds since the epoch.
    Milliseconds,
    /// `%d.%m.%Y %H:%M:%S` and the like.
    Parts(Vec<Part>),
}

/// A part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(char),
    Blanks,
    Year,
    ShortYear,
    Month,
    MonthName,
    DayName,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
    Half,
    Offset,
}

/// A time as written, or the instant that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    Civil(Civil),
    Instant(i64),
}

/// What a form may be made of.
const KNOWN: &str = "%Y %y %m %b %a %d %e %H %I %p %M %S %f %z %T %F %%, or epoch, epoch_ms";

impl Format {
    /// Reads a form; the error is what is wrong and what to do about it.
    pub(crate) fn new(text: &str) -> Result<Self, (String, String)> {
        match text {
            "any" => return Ok(Self::Any),
            "epoch" => return Ok(Self::Seconds),
            "epoch_ms" => return Ok(Self::Milliseconds),
            _ => {}
        }
        let mut parts = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '%' => letter(characters.next(), &mut parts)?,
                ' ' | '\t' => parts.push(Part::Blanks),
                other => parts.push(Part::Literal(other)),
            }
        }
        let has = |part: Part| parts.contains(&part);
        let dated = has(Part::Day) && (has(Part::Month) || has(Part::MonthName));
        if !dated || !has(Part::Hour) || !has(Part::Minute) {
            let what = format!("{text:?} has no month, day, hour and minute");
            return Err((what, format!("known are {KNOWN}")));
        }
        Ok(Self::Parts(parts))
    }

    /// Reads a time at the start of `text`; returns it and its length in bytes.
    pub(crate) fn read(&self, text: &str) -> Option<(Read, usize)> {
        match self {
            Self::Any => match scan(text) {
                Some((civil, length)) => Some((Read::Civil(civil), length)),
                None => scan_epoch(text).map(|(ms, length)| (Read::Instant(ms), length)),
            },
            Self::Seconds => seconds(text),
            Self::Milliseconds => {
                let digits = text.bytes().take(15).take_while(u8::is_ascii_digit).count();
                Some((Read::Instant(text.get(..digits)?.parse().ok()?), digits))
            }
            Self::Parts(parts) => {
                let mut reader = Reader { text, at: 0, civil: Civil::default(), half: None };
                parts.iter().try_for_each(|part| reader.part(part))?;
                Some((Read::Civil(reader.finish()?), reader.at))
            }
        }
    }
}

fn letter(letter: Option<char>, parts: &mut Vec<Part>) -> Result<(), (String, String)> {
    let one = match letter {
        Some('Y') => Part::Year,
        Some('y') => Part::ShortYear,
        Some('m') => Part::Month,
        Some('b' | 'B') => Part::MonthName,
        Some('a' | 'A') => Part::DayName,
        Some('d' | 'e') => Part::Day,
        Some('H' | 'I') => Part::Hour,
        Some('M') => Part::Minute,
        Some('S') => Part::Second,
        Some('f') => Part::Fraction,
        Some('p') => Part::Half,
        Some('z') => Part::Offset,
        Some('%') => Part::Literal('%'),
        Some('T') => {
            let colon = Part::Literal(':');
            parts.extend([Part::Hour, colon.clone(), Part::Minute, colon, Part::Second]);
            return Ok(());
        }
        Some('F') => {
            let dash = Part::Literal('-');
            parts.extend([Part::Year, dash.clone(), Part::Month, dash, Part::Day]);
            return Ok(());
        }
        other => {
            let letter = other.map(String::from).unwrap_or_default();
            return Err((
                format!("unknown part %{letter} of a time"),
                format!("known are {KNOWN}"),
            ));
        }
    };
    parts.push(one);
    Ok(())
}

/// Seconds since the epoch, of at most eleven digits, with a fraction or not.
fn seconds(text: &str) -> Option<(Read, usize)> {
    let whole = text.bytes().take(11).take_while(u8::is_ascii_digit).count();
    let mut ms = text.get(..whole)?.parse::<i64>().ok()? * 1000;
    let fraction = text[whole..].strip_prefix('.').unwrap_or("");
    let places = fraction.bytes().take(12).take_while(u8::is_ascii_digit).count();
    for (byte, worth) in fraction.bytes().take(places).zip([100, 10, 1]) {
        ms += i64::from(byte - b'0') * worth;
    }
    let length = if places == 0 { whole } else { whole + 1 + places };
    Some((Read::Instant(ms), length))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    civil: Civil,
    /// Twelve hours more, or none.
    half: Option<bool>,
}

impl Reader<'_> {
    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn number(&mut self, digits_max: usize) -> Option<u32> {
        let digits = self.rest().iter().take(digits_max).take_while(|b| b.is_ascii_digit()).count();
        let number = self.text.get(self.at..self.at + digits)?.parse().ok()?;
        self.at += digits;
        Some(number)
    }

    fn small(&mut self) -> Option<u8> {
        self.number(2).map(|number| number as u8)
    }

    fn letters(&mut self) -> Option<[u8; 3]> {
        let length = self.rest().iter().take(12).take_while(|b| b.is_ascii_alphabetic()).count();
        let name = self.rest().get(..3).filter(|_| length >= 3)?;
        let name = [name[0] | 32, name[1] | 32, name[2] | 32];
        self.at += length;
        Some(name)
    }

    fn part(&mut self, part: &Part) -> Option<()> {
        match part {
            Part::Literal(character) => {
                self.text.get(self.at..)?.starts_with(*character).then_some(())?;
                self.at += character.len_utf8();
            }
            Part::Blanks => {
                let blanks =
                    self.rest().iter().take(16).take_while(|b| matches!(b, b' ' | b'\t')).count();
                (blanks > 0).then_some(())?;
                self.at += blanks;
            }
            Part::Year => self.civil.year = Some(self.number(4)? as i32),
            Part::ShortYear => self.civil.year = Some(2000 + self.number(2)? as i32),
            Part::Month => self.civil.month = self.small()?,
            Part::MonthName => self.civil.month = month(self.letters()?)?,
            Part::DayName => drop(self.letters()?),
            Part::Day => {
                // `%e` is padded with a blank.
                self.at += usize::from(self.rest().first() == Some(&b' '));
                self.civil.day = self.small()?;
            }
            Part::Hour => self.civil.hour = self.small()?,
            Part::Minute => self.civil.minute = self.small()?,
            Part::Second => self.civil.second = self.small()?,
            Part::Fraction => self.civil.millis = self.fraction()?,
            Part::Half => self.half = Some(self.afternoon()?),
            Part::Offset => self.civil.offset = Some(self.offset()?),
        }
        Some(())
    }

    fn fraction(&mut self) -> Option<u16> {
        let digits = self.rest().iter().take(9).take_while(|b| b.is_ascii_digit()).count();
        let places = self.rest()[..digits].iter().zip([100, 10, 1]);
        let millis = places.map(|(byte, worth)| u16::from(byte - b'0') * worth).sum();
        self.at += digits;
        (digits > 0).then_some(millis)
    }

    fn afternoon(&mut self) -> Option<bool> {
        let is_later = match self.rest().get(..2)? {
            b"AM" | b"am" => false,
            b"PM" | b"pm" => true,
            _ => return None,
        };
        self.at += 2;
        Some(is_later)
    }

    /// `+0600`, `-06:00`, `Z`.
    fn offset(&mut self) -> Option<i32> {
        let sign = match self.rest().first()? {
            b'Z' => {
                self.at += 1;
                return Some(0);
            }
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.at += 1;
        let hours = self.small()?;
        self.at += usize::from(self.rest().first() == Some(&b':'));
        let minutes = self.small()?;
        (hours <= 15 && minutes < 60)
            .then_some(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))
    }

    /// The time, if there can be one such.
    fn finish(&mut self) -> Option<Civil> {
        if let Some(is_later) = self.half {
            (1..=12).contains(&self.civil.hour).then_some(())?;
            self.civil.hour = self.civil.hour % 12 + if is_later { 12 } else { 0 };
        }
        parse::time::is_possible(&self.civil).then_some(self.civil)
    }
}

fn month(name: [u8; 3]) -> Option<u8> {
    const NAMES: &[u8; 36] = b"janfebmaraprmayjunjulaugsepoctnovdec";
    NAMES.chunks_exact(3).position(|known| known == name).map(|at| at as u8 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_times() {
        let check = |format: &str, text: &str, expected: Option<(&str, usize)>| {
            let format = Format::new(format).unwrap();
            let found = format.read(text).map(|(read, length)| {
                let shown = match read {
                    Read::Instant(ms) => ms.to_string(),
                    Read::Civil(c) => format!(
                        "{:?}-{}-{} {}:{}:{}.{} {:?}",
                        c.year, c.month, c.day, c.hour, c.minute, c.second, c.millis, c.offset
                    ),
                };
                (shown, length)
            });
            assert_eq!(found, expected.map(|(s, n)| (s.to_owned(), n)), "{text}");
        };
        let noon = "Some(2026)-3-1 12:5:9.0 None";
        check("%d.%m.%Y %H:%M:%S", "01.03.2026 12:05:09 x", Some((noon, 19)));
        check("%d-%b-%y %I:%M:%S %p", "01-Mar-26 12:05:09 PM", Some((noon, 21)));
        check("%a %b %e %T %Y", "Sun Mar  1 12:05:09 2026", Some((noon, 24)));
        check("%b %d %H:%M", "Mar 01 12:05", Some(("None-3-1 12:5:0.0 None", 12)));
        let zoned = "Some(2026)-3-1 12:5:9.123 Some(21600)";
        check("%FT%T.%f%z", "2026-03-01T12:05:09.123456+06:00", Some((zoned, 32)));
        check("epoch", "1772359509.5 x", Some(("1772359509500", 12)));
        check("epoch_ms", "1772359509500", Some(("1772359509500", 13)));
        check("any", "2026-03-01 12:05:09", Some((noon, 19)));
        check("%d.%m.%Y %H:%M", "31.02.2026 12:05", None);
        check("%d.%m.%Y %H:%M", "01.03.2026 24:05", None);
        check("%d.%m.%Y %H:%M", "1.3.20", None);
        for bad in ["%d.%m", "%q", "%", ""] {
            assert!(Format::new(bad).is_err(), "{bad}");
        }
    }
}
