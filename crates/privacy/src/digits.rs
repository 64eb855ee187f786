//! Where digits stand together: a quick look for places worth a closer one, and the closer one.
//!
//! Logs write a digit as ASCII, in Bangla (`০` is U+09E6, three bytes of UTF-8), and a Bangla one
//! also as JSON's `\u09e6` or percent-encoded as `%E0%A7%A6`.

/// The fewest digits of anything that is recognised.
const DIGITS_MIN: usize = 10;
/// Groups of a stretch that are looked at together; the longest number has five.
const GROUPS_MAX: usize = 16;
/// Digits of a stretch that are looked at together; the longest number has nineteen.
const DIGITS_MAX: usize = 64;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The digit that begins at `at`: its value, and how many bytes it takes.
#[inline]
pub(crate) fn digit(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    match *bytes.get(at)? {
        byte @ b'0'..=b'9' => Some((byte - b'0', 1)),
        0xe0 => match bytes.get(at + 1..at + 3)? {
            [0xa7, last @ 0xa6..=0xaf] => Some((last - 0xa6, 3)),
            _ => None,
        },
        b'\\' => match bytes.get(at + 1..at + 6)? {
            [b'u', b'0', b'9', b'e' | b'E', last] => bangla_nibble(*last).map(|d| (d, 6)),
            _ => None,
        },
        b'%' => match bytes.get(at + 1..at + 9)? {
            [b'E' | b'e', b'0', b'%', b'A' | b'a', b'7', b'%', b'A' | b'a', last] => {
                bangla_nibble(*last).map(|d| (d, 9))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The Bangla digits end in the hex digits 6 to f.
fn bangla_nibble(hex: u8) -> Option<u8> {
    char::from(hex).to_digit(16).and_then(|n| n.checked_sub(6)).map(|d| d as u8)
}

/// A run of digits without anything between.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Group {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Index of its first digit among the stretch's.
    pub(crate) first: usize,
    pub(crate) digits: usize,
}

/// Groups with one blank or hyphen between each.
#[derive(Debug)]
pub(crate) struct Stretch {
    groups: [Group; GROUPS_MAX],
    count: usize,
    /// The digits of all groups, in ASCII.
    digits: [u8; DIGITS_MAX],
    /// Where to look on.
    pub(crate) resume: usize,
}

impl Stretch {
    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups[..self.count]
    }

    /// The digits of groups `from` to `to`, both included.
    pub(crate) fn text(&self, from: usize, to: usize) -> &[u8] {
        let last = self.groups[to];
        &self.digits[self.groups[from].first..last.first + last.digits]
    }

    /// Reads the stretch that begins at `start`, where a digit stands with none before it.
    pub(crate) fn read(bytes: &[u8], start: usize) -> Self {
        let mut stretch = Self {
            groups: [Group::default(); GROUPS_MAX],
            count: 0,
            digits: [0; DIGITS_MAX],
            resume: start + 1,
        };
        let mut used = 0;
        let mut at = start + escape_tail(bytes, start);
        stretch.resume = at.max(start + 1);
        while stretch.count < GROUPS_MAX && digit(bytes, at).is_some() {
            let mut group = Group { start: at, end: at, first: used, digits: 0 };
            while let Some((value, length)) = digit(bytes, at) {
                if used < DIGITS_MAX {
                    stretch.digits[used] = b'0' + value;
                    used += 1;
                }
                group.digits += 1;
                at += length;
            }
            group.end = at;
            if group.first + group.digits > DIGITS_MAX {
                // Not part of this stretch; by itself it is one, or too long for any number.
                stretch.resume = if stretch.count == 0 { at } else { group.start };
                return stretch;
            }
            stretch.groups[stretch.count] = group;
            stretch.count += 1;
            stretch.resume = at;
            match bytes.get(at) {
                Some(b' ' | b'-') => at += 1,
                _ => return stretch,
            }
        }
        if stretch.count == GROUPS_MAX {
            // A number may begin among the last groups.
            stretch.resume = stretch.groups[GROUPS_MAX / 2].start;
        }
        stretch
    }
}

/// How many bytes at `start` are the end of an escape that began before: `20` of `%20`, `0022` of
/// `\u0022`.
fn escape_tail(bytes: &[u8], start: usize) -> usize {
    let hex = |n: usize| {
        bytes.get(start..start + n).is_some_and(|tail| tail.iter().all(u8::is_ascii_hexdigit))
    };
    match &bytes[..start] {
        [.., b'%'] if hex(2) => 2,
        [.., b'\\', b'u'] if hex(4) => 4,
        _ => 0,
    }
}

/// The next place from `from` on where at least ten ASCII digits stand together, single blanks and
/// hyphens among them not counted as a break: the first digit of the stretch.
pub(crate) fn next_ascii(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while at + DIGITS_MIN <= bytes.len() {
        let (digits, marks) = masks(bytes, at);
        let joined = digits | (marks & (digits << 1) & (digits >> 1));
        // Bit i stays where bits i to i + 9 are set.
        let two = joined & (joined >> 1);
        let four = two & (two >> 2);
        let ten = four & (four >> 4) & (two >> 8);
        if ten != 0 {
            return Some(begin(bytes, at + ten.trailing_zeros() as usize, from));
        }
        // A run that begins in the last bits is seen whole in the next window.
        at += 48;
    }
    None
}

/// The first digit of the stretch around `at`, not before `from`.
fn begin(bytes: &[u8], mut at: usize, from: usize) -> usize {
    while at > from {
        let joined = matches!(bytes[at - 1], b' ' | b'-')
            && at > from + 1
            && bytes[at - 2].is_ascii_digit()
            && bytes[at].is_ascii_digit();
        if !bytes[at - 1].is_ascii_digit() && !joined {
            break;
        }
        at -= 1;
    }
    at
}

/// For 64 bytes from `at`, a bit each: digits; blanks and hyphens.
#[inline]
fn masks(bytes: &[u8], at: usize) -> (u64, u64) {
    let mut window = [0; 64];
    let window = match bytes.get(at..at + 64) {
        Some(whole) => whole,
        None => {
            let rest = &bytes[at..];
            window[..rest.len()].copy_from_slice(rest);
            &window
        }
    };
    let (mut digits, mut marks) = (0, 0);
    for (index, chunk) in window.chunks_exact(8).enumerate() {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        let word = u64::from_le_bytes(word);
        let value = word ^ (ONES * 0x30);
        // The high bit of a byte is set where its lower seven are ten or more.
        let above = (value & !HIGHS).wrapping_add(ONES * 0x76) | value;
        digits |= bits(!above & HIGHS) << (8 * index);
        let mark = zeros(word ^ (ONES * 0x20)) | zeros(word ^ (ONES * 0x2d));
        marks |= bits(mark) << (8 * index);
    }
    (digits, marks)
}

/// The high bit of each byte that is zero, exactly.
#[inline]
fn zeros(word: u64) -> u64 {
    !((word & !HIGHS).wrapping_add(!HIGHS) | word) & HIGHS
}

/// Gathers the high bits of eight bytes.
#[inline]
fn bits(highs: u64) -> u64 {
    (highs >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_in_every_form() {
        for (text, expected) in [
            ("7", Some((7, 1))),
            ("৭", Some((7, 3))),
            ("\\u09ED", Some((7, 6))),
            ("%E0%A7%AD", Some((7, 9))),
            ("%e0%a7%a6", Some((0, 9))),
            ("\\u09e5", None),
            ("ক", None),
            ("%E0%A7", None),
            ("x", None),
        ] {
            assert_eq!(digit(text.as_bytes(), 0), expected, "{text}");
        }
    }

    #[test]
    fn groups_of_a_stretch() {
        let check = |text: &str, start: usize, expected: &[&str]| {
            let stretch = Stretch::read(text.as_bytes(), start);
            let found: Vec<_> = stretch.groups().iter().map(|g| &text[g.start..g.end]).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("01712-345678 x", 0, &["01712", "345678"]);
        check("০১৭১২ ৩৪৫৬৭৮", 0, &["০১৭১২", "৩৪৫৬৭৮"]);
        check("%2001712345678", 1, &["01712345678"]);
        check("\\u002201712345678", 2, &["01712345678"]);
        check("12  34", 0, &["12"]);
        let long = "1".repeat(70);
        check(&long, 0, &[]);
        assert_eq!(Stretch::read(long.as_bytes(), 0).resume, 70);
    }

    proptest! {
        /// The quick look and a slow one agree about every stretch of ten.
        #[test]
        fn the_quick_look_misses_nothing(text in "[0-9 x-]{0,200}") {
            let bytes = text.as_bytes();
            let mut slow = Vec::new();
            let mut at = 0;
            while at < bytes.len() {
                if !bytes[at].is_ascii_digit() {
                    at += 1;
                    continue;
                }
                let start = at;
                while bytes.get(at).is_some_and(u8::is_ascii_digit)
                    || matches!(bytes.get(at), Some(b' ' | b'-'))
                        && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
                {
                    at += 1;
                }
                if at - start >= DIGITS_MIN {
                    slow.push((start, at));
                }
            }
            let mut quick = Vec::new();
            let mut from = 0;
            while let Some(start) = next_ascii(bytes, from) {
                let end = slow.iter().find(|(s, _)| *s == start).map(|(_, end)| *end);
                prop_assert!(end.is_some(), "{start} of {text:?} is no stretch: {slow:?}");
                quick.push((start, end.unwrap()));
                from = end.unwrap();
            }
            prop_assert_eq!(quick, slow);
        }
    }
}
