//! Searching a short text, sixteen places together: where the first and the last byte of what is
//! looked for both stand, all of it is compared.
//!
//! Preparing a search as `memmem` does would take longer than to look through a log line. On x86-64
//! these are SSE2 instructions, which every such processor has.

use memchr::memmem;

/// How many places may look right and be wrong; what is found so often in vain is left to an
/// algorithm whose worst case is linear.
const MISSES_MAX: usize = 64;

/// A bit that makes ASCII letters of either case the same.
const FOLD: u8 = 0x20;

/// Index of the first `needle`.
#[inline]
pub(super) fn exact(text: &[u8], needle: &[u8]) -> Option<usize> {
    let mut misses = 0;
    let found = places::<0>(text, needle, |at| {
        if &text[at..at + needle.len()] == needle {
            return true;
        }
        misses += 1;
        misses > MISSES_MAX
    })?;
    if misses <= MISSES_MAX {
        return Some(found);
    }
    memmem::find(&text[found..], needle).map(|at| found + at)
}

/// Index of the last `needle`, which is short and not empty: of each place all of it is compared.
#[inline]
pub(super) fn last(text: &[u8], needle: &[u8]) -> Option<usize> {
    let ends = [*needle.first()?, *needle.last()?];
    let mut count = (text.len() + 1).checked_sub(needle.len())?;
    let (heads, tails) = (&text[..count], &text[needle.len() - 1..]);
    let is = |at: usize| &text[at..at + needle.len()] == needle;
    while let Some((head, tail)) = heads[..count].last_chunk().zip(tails[..count].last_chunk()) {
        let mut mask = both::<0>(head, tail, ends);
        while mask != 0 {
            let bit = 15 - mask.leading_zeros() as usize;
            if is(count - 16 + bit) {
                return Some(count - 16 + bit);
            }
            mask ^= 1 << bit;
        }
        count -= 16;
    }
    (0..count).rev().find(|at| [heads[*at], tails[*at]] == ends && is(*at))
}

/// Whether `needle` stands in `text`, whatever the case of ASCII letters.
#[inline]
pub(super) fn ignoring_case(text: &[u8], needle: &[u8]) -> bool {
    let is = |at: usize| text[at..at + needle.len()].eq_ignore_ascii_case(needle);
    places::<FOLD>(text, needle, is).is_some()
}

/// The first place where the needle's first and last byte stand as far from each other as in it,
/// with the bits of `MASK` set in all of them, and `is` agrees.
#[inline]
fn places<const MASK: u8>(
    text: &[u8],
    needle: &[u8],
    mut is: impl FnMut(usize) -> bool,
) -> Option<usize> {
    let (Some(first), Some(last)) = (needle.first(), needle.last()) else { return Some(0) };
    let ends = [first | MASK, last | MASK];
    let count = (text.len() + 1).checked_sub(needle.len())?;
    let (heads, tails) = (&text[..count], &text[needle.len() - 1..]);
    let mut at = 0;
    while let Some((head, tail)) = heads[at..].first_chunk().zip(tails[at..].first_chunk()) {
        let mut mask = both::<MASK>(head, tail, ends);
        while mask != 0 {
            let place = at + mask.trailing_zeros() as usize;
            if is(place) {
                return Some(place);
            }
            mask &= mask - 1;
        }
        at += 16;
    }
    // The last places once more with some that are known already, rather than one by one.
    if at > 0
        && at < count
        && let Some((head, tail)) = heads.last_chunk().zip(tails.last_chunk())
    {
        let known = at + 16 - count;
        let mut mask = both::<MASK>(head, tail, ends) >> known;
        while mask != 0 {
            let place = at + mask.trailing_zeros() as usize;
            if is(place) {
                return Some(place);
            }
            mask &= mask - 1;
        }
        return None;
    }
    let rest = heads[at..].iter().zip(&tails[at..]);
    let fits = |(head, tail): (&u8, &u8)| [head | MASK, tail | MASK] == ends;
    rest.enumerate().find(|(i, pair)| fits(*pair) && is(at + i)).map(|(i, _)| at + i)
}

/// At which of 16 places both bytes stand, the first place's bit the lowest.
#[cfg(target_arch = "x86_64")]
#[inline]
fn both<const MASK: u8>(heads: &[u8; 16], tails: &[u8; 16], [first, last]: [u8; 2]) -> u16 {
    use safe_arch::{cmp_eq_mask_i8_m128i, m128i, move_mask_i8_m128i};
    let is = |bytes: &[u8; 16], byte: u8| {
        let folded = m128i::from(*bytes) | m128i::from([MASK; 16]);
        cmp_eq_mask_i8_m128i(folded, m128i::from([byte; 16]))
    };
    move_mask_i8_m128i(is(heads, first) & is(tails, last)) as u16
}

/// At which of 16 places both bytes stand, the first place's bit the lowest.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn both<const MASK: u8>(heads: &[u8; 16], tails: &[u8; 16], ends: [u8; 2]) -> u16 {
    (0..16).fold(0, |mask, i| mask | u16::from([heads[i] | MASK, tails[i] | MASK] == ends) << i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_the_first(text in "[ab:]{0,80}", needle in "[ab:]{0,20}") {
            prop_assert_eq!(exact(text.as_bytes(), needle.as_bytes()), text.find(&needle));
            let expected = text.rfind(&needle).filter(|_| !needle.is_empty());
            prop_assert_eq!(last(text.as_bytes(), needle.as_bytes()), expected);
        }

        #[test]
        fn finds_words_in_lines(before in "[a-z =\u{9b2}]{0,60}", needle in "[a-z]{1,9}", after in ".{0,40}") {
            let text = format!("{before}{needle}{after}");
            prop_assert_eq!(exact(text.as_bytes(), needle.as_bytes()), text.find(&needle));
            prop_assert_eq!(last(text.as_bytes(), needle.as_bytes()), text.rfind(&needle));
        }

        #[test]
        fn case_is_ignored(text in "[aAbB@`\\[{]{0,50}", needle in "[aAbB@`\\[{]{0,4}") {
            let expected = text.to_ascii_lowercase().contains(&needle.to_ascii_lowercase());
            prop_assert_eq!(ignoring_case(text.as_bytes(), needle.as_bytes()), expected);
        }
    }

    #[test]
    fn what_is_often_nearly_there_is_found_all_the_same() {
        let text = "ab-a".repeat(500) + "abba";
        assert_eq!(exact(text.as_bytes(), b"abba"), text.find("abba"));
        assert_eq!(exact(text.as_bytes(), b"abca"), None);
    }
}
