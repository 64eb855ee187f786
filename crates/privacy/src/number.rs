//! Which runs of digits are somebody's number.

use crate::Kind;
use crate::context::is_after_nid;
use crate::digits::{Group, Stretch};
use crate::mask::{Known, Rules, Span};

/// The most digits of a number that is recognised.
const NUMBER_DIGITS_MAX: usize = 19;

/// Adds the numbers in `stretch` to `spans`.
pub(crate) fn find(
    bytes: &[u8],
    stretch: &Stretch,
    rules: &Rules,
    known: &Known,
    spans: &mut Vec<Span>,
) {
    let groups = stretch.groups();
    let mut from = 0;
    while from < groups.len() {
        let mut next = from + 1;
        if starts(bytes, groups[from].start) {
            for to in from..groups.len() {
                let text = stretch.text(from, to);
                if text.len() > NUMBER_DIGITS_MAX {
                    break;
                }
                if !ends(bytes, groups[to].end) {
                    continue;
                }
                let found = Found { bytes, groups: &groups[from..=to], text };
                if let Some(span) = found.kind(rules, known) {
                    spans.push(span);
                    next = to + 1;
                    break;
                }
            }
        }
        from = next;
    }
}

/// Digits that stand by themselves, maybe in groups.
struct Found<'f> {
    bytes: &'f [u8],
    groups: &'f [Group],
    /// The digits, in ASCII.
    text: &'f [u8],
}

impl Found<'_> {
    fn kind(&self, rules: &Rules, known: &Known) -> Option<Span> {
        if rules.kinds.has(Kind::Phone)
            && let Some(national) = phone(self.text)
        {
            return Some(self.span(plus(self.bytes, self.start()), Kind::Phone, national));
        }
        if rules.kinds.has(Kind::Nid) && self.is_nid(known) {
            return Some(self.span(self.start(), Kind::Nid, self.text));
        }
        if rules.kinds.has(Kind::Card) && self.is_card() {
            return Some(self.span(self.start(), Kind::Card, self.text));
        }
        None
    }

    fn start(&self) -> usize {
        self.groups[0].start
    }

    fn span(&self, start: usize, kind: Kind, canonical: &[u8]) -> Span {
        let end = self.groups[self.groups.len() - 1].end;
        let canonical = String::from_utf8_lossy(canonical).into_owned();
        Span { start, end, kind, canonical }
    }

    fn is_nid(&self, known: &Known) -> bool {
        if !matches!(self.text.len(), 10 | 13 | 17) {
            return false;
        }
        known.has(self.text)
            || is_after_nid(&self.bytes[..self.start()])
            || self.groups.len() == 1 && is_nid_by_itself(self.text)
    }

    /// A number with a card's beginning and check digit, in one piece or as printed on cards.
    fn is_card(&self) -> bool {
        let sizes = self.groups.iter().map(|group| group.digits);
        let printed = match self.groups.len() {
            1 => true,
            3 => sizes.eq([4, 6, 5]),
            4 => sizes.eq([4, 4, 4, 4]),
            5 => sizes.eq([4, 4, 4, 4, 3]),
            _ => false,
        };
        printed && is_issued(self.text) && luhn(self.text)
    }
}

/// The number without the country's code, such as `01712345678`: eleven digits of which the first
/// three say that it is a mobile one.
fn phone(digits: &[u8]) -> Option<&[u8]> {
    let national = match digits.len() {
        11 => digits,
        13 => digits.strip_prefix(b"88")?,
        15 => digits.strip_prefix(b"0088")?,
        _ => return None,
    };
    matches!(national, [b'0', b'1', b'3'..=b'9', ..]).then_some(national)
}

/// Where a `+` before a number begins, percent-encoded or not, else the number.
fn plus(bytes: &[u8], start: usize) -> usize {
    match &bytes[..start] {
        [.., b'+'] => start - 1,
        [.., b'%', b'2', b'b' | b'B'] => start - 3,
        _ => start,
    }
}

/// Seventeen digits without a word about them: a year of birth, district and a code of the kind of
/// area, as the national id and the birth registration begin; but not what reads as a time stamp
/// (`20240131235959123`).
fn is_nid_by_itself(digits: &[u8]) -> bool {
    let number = |from: usize, to: usize| {
        digits[from..to].iter().fold(0, |n, digit| n * 10 + u32::from(digit - b'0'))
    };
    if digits.len() != 17 || !(1900..=2015).contains(&number(0, 4)) {
        return false;
    }
    let is_stamp = (1..=12).contains(&number(4, 6))
        && (1..=31).contains(&number(6, 8))
        && number(8, 10) <= 23
        && number(10, 12) <= 59
        && number(12, 14) <= 60;
    let (district, area) = (number(4, 6), number(6, 7));
    (1..=95).contains(&district) && matches!(area, 1..=5 | 9) && !is_stamp
}

/// Whether an issuer's range (ISO/IEC 7812) of that length begins so.
fn is_issued(digits: &[u8]) -> bool {
    let head = digits[..digits.len().min(4)].iter().fold(0, |n, d| n * 10 + u32::from(d - b'0'));
    matches!(
        (head, digits.len()),
        (4000..=4999, 13 | 16 | 19)
            | (5100..=5599 | 2221..=2720, 16)
            | (3400..=3499 | 3700..=3799, 15)
            | (3000..=3059 | 3600..=3699 | 3800..=3999, 14)
            | (3528..=3589 | 6011 | 6440..=6599, 16 | 19)
            | (6200..=6299, 16..=19)
    )
}

/// The check digit of ISO/IEC 7812-1, annex B.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0') << (at % 2);
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether a number may begin at `at`: not within a word, nor behind a decimal point.
fn starts(bytes: &[u8], at: usize) -> bool {
    match &bytes[..at] {
        [.., digit, b'.'] if digit.is_ascii_digit() => false,
        // A letter belongs to a word, or to the escape that ends here.
        before @ [.., last] if last.is_ascii_alphanumeric() => ends_with_escape(before),
        _ => true,
    }
}

/// Whether bytes end with `%2B`, `\n` or `\u003d`.
pub(crate) fn ends_with_escape(bytes: &[u8]) -> bool {
    let hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    match bytes {
        [.., b'%', a, b] if hex(&[*a, *b]) => true,
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'] => true,
        [.., b'\\', b'u', a, b, c, d] => hex(&[*a, *b, *c, *d]),
        _ => false,
    }
}

/// Whether a number may end before `at`: no letter follows, nor a fraction.
fn ends(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at..) {
        Some([next, ..]) if next.is_ascii_alphanumeric() => false,
        Some([b'.', digit, ..]) => !digit.is_ascii_digit(),
        _ => true,
    }
}
