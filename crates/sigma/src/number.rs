//! Numbers of any size, compared exactly.

use std::cmp::Ordering;
use std::fmt;

/// A decimal number: sign, digits without leading or trailing zeros, and where the point stands.
///
/// No floats: process and record ids of 64 bits and more must not be rounded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number {
    negative: bool,
    digits: Vec<u8>,
    /// The value is 0.digits × 10^exponent.
    exponent: i64,
}

/// The longest text that is looked at as a number; longer ones are no numbers.
const TEXT_BYTES_MAX: usize = 400;

impl Number {
    /// Reads a decimal number, with an optional sign, point and exponent, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, shift) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if whole.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let exponent = i64::from(shift) + whole.len() as i64;
        Some(Self::normal(negative, &digits, exponent))
    }

    fn normal(negative: bool, digits: &[u8], exponent: i64) -> Self {
        let leading = digits.iter().take_while(|digit| **digit == b'0').count();
        let trailing = digits.iter().rev().take_while(|digit| **digit == b'0').count();
        if leading == digits.len() {
            return Self { negative: false, digits: Vec::new(), exponent: 0 };
        }
        Self {
            negative,
            digits: digits[leading..digits.len() - trailing].to_vec(),
            exponent: exponent - leading as i64,
        }
    }

    /// The number times 10^`decimals`, without what is left behind the point; the largest or
    /// smallest there is where it is beyond.
    pub fn scaled(&self, decimals: u32) -> i128 {
        const DIGITS_MAX: i64 = 38;
        let length = self.exponent.saturating_add(i64::from(decimals));
        if self.digits.is_empty() || length <= 0 {
            return 0;
        }
        if length > DIGITS_MAX {
            return if self.negative { i128::MIN } else { i128::MAX };
        }
        let digit = |index: i64| {
            let digit = usize::try_from(index).ok().and_then(|index| self.digits.get(index));
            i128::from(digit.map_or(0, |digit| digit - b'0'))
        };
        let size = (0..length).fold(0, |size, index| size * 10 + digit(index));
        if self.negative { -size } else { size }
    }

    /// A whole number.
    pub fn from_i64(value: i64) -> Self {
        let text = value.unsigned_abs().to_string();
        Self::normal(value < 0, text.as_bytes(), text.len() as i64)
    }
}

impl fmt::Display for Number {
    /// Its digits and exponent, which [`Number::parse`] reads as the same number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = String::from_utf8_lossy(&self.digits);
        let sign = if self.negative { "-" } else { "" };
        let places = self.exponent.max(0) as usize;
        match (self.exponent, digits.len()) {
            (_, 0) => f.write_str("0"),
            (0..=300, length) if places >= length => {
                write!(f, "{sign}{digits}{}", "0".repeat(places - length))
            }
            (1..=300, _) => write!(f, "{sign}{}.{}", &digits[..places], &digits[places..]),
            (exponent, _) => write!(f, "{sign}0.{digits}e{exponent}"),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = |number: &Self| (!number.digits.is_empty(), number.exponent);
        let by_size = || size(self).cmp(&size(other)).then_with(|| self.digits.cmp(&other.digits));
        match (self.negative, other.negative) {
            (false, false) => by_size(),
            (true, true) => by_size().reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_are_numbers_and_texts_that_are_not() {
        for (text, is) in [
            ("0", true),
            ("-0", true),
            (" 12 ", true),
            ("1e3", true),
            ("1.50", true),
            ("18446744073709551617", true),
            ("", false),
            ("-", false),
            (".5", false),
            ("0x10", false),
            ("1,5", false),
            ("1e99999999999", false),
            ("NaN", false),
        ] {
            assert_eq!(Number::parse(text).is_some(), is, "{text}");
        }
    }

    #[test]
    fn equal_and_ordered_exactly() {
        let number = |text| Number::parse(text).unwrap();
        assert_eq!(number("1e3"), number("1000.0"));
        assert_eq!(number("-0"), number("0"));
        assert_ne!(number("9007199254740993"), number("9007199254740992"));
        let ordered = ["-1e30", "-10", "-9", "-0.5", "0", "0.05", "0.5", "9", "10", "1e30"];
        for pair in ordered.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn scaled_to_whole_numbers() {
        for (text, expected) in [
            ("0", 0),
            ("1", 1_000),
            ("-1.5", -1_500),
            ("0.0004", 0),
            ("12.34567", 12_345),
            ("1e3", 1_000_000),
            ("1e300", i128::MAX),
            ("-1e300", i128::MIN),
        ] {
            assert_eq!(Number::parse(text).unwrap().scaled(3), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn ordered_as_whole_numbers_are(a: i64, b: i64) {
            let texts = Number::parse(&a.to_string()).zip(Number::parse(&b.to_string())).unwrap();
            prop_assert_eq!(texts.0.cmp(&texts.1), a.cmp(&b));
            prop_assert_eq!(Number::from_i64(a), texts.0);
        }

        #[test]
        fn shown_as_it_is_read(text in "-?[0-9]{1,20}(\\.[0-9]{1,9})?(e-?[0-9]{1,2})?") {
            let number = Number::parse(&text).unwrap();
            prop_assert_eq!(Number::parse(&number.to_string()), Some(number));
        }
    }
}
