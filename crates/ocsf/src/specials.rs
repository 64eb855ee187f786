//! Where the bytes are that JSON wants escaped, found many bytes at a time.
//!
//! On x86-64 these are SSE2 instructions, which every such processor has; elsewhere the compiler
//! makes what it can of the plain loop.

/// Whether a byte needs an escape.
#[inline]
fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// Index of the first byte that needs an escape.
#[inline]
pub(crate) fn first(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(block) = bytes[at..].first_chunk::<16>() {
        let mask = mask16(block);
        if mask != 0 {
            return Some(at + mask.trailing_zeros() as usize);
        }
        at += 16;
    }
    // The rest together with some that are known already.
    if let Some(block) = bytes.last_chunk::<16>() {
        let begin = bytes.len() - 16;
        let mask = mask16(block);
        return (mask != 0).then(|| begin + mask.trailing_zeros() as usize);
    }
    first_of_few(bytes)
}

/// As [`first`], of fewer than 16 bytes.
#[inline]
fn first_of_few(bytes: &[u8]) -> Option<usize> {
    let place = |mask: u64| mask.trailing_zeros() as usize / 8;
    if let Some((head, tail)) = bytes.first_chunk().zip(bytes.last_chunk()) {
        let mask = mask8(u64::from_le_bytes(*head));
        if mask != 0 {
            return Some(place(mask));
        }
        let mask = mask8(u64::from_le_bytes(*tail));
        return (mask != 0).then(|| bytes.len() + place(mask) - 8);
    }
    if let Some((head, tail)) = bytes.first_chunk().zip(bytes.last_chunk()) {
        let (head, tail) = (u32::from_le_bytes(*head), u32::from_le_bytes(*tail));
        let mask = mask8(u64::from(head) | u64::from(tail) << 32);
        let at = place(mask);
        return (mask != 0).then(|| if at < 4 { at } else { bytes.len() + at - 8 });
    }
    bytes.iter().position(|byte| is_special(*byte))
}

/// Which of eight bytes need an escape, by each one's highest bit; above the lowest such bit some
/// may be set in error.
#[inline]
fn mask8(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = word ^ (ONES * b'"' as u64);
    let slash = word ^ (ONES * b'\\' as u64);
    let quote = quote.wrapping_sub(ONES) & !quote;
    let slash = slash.wrapping_sub(ONES) & !slash;
    (control | quote | slash) & HIGHS
}

/// Which of 64 bytes need an escape, the first byte's bit the lowest.
#[inline]
pub(crate) fn mask64(block: &[u8; 64]) -> u64 {
    let (parts, _) = block.as_chunks::<16>();
    parts.iter().rev().fold(0, |mask, part| mask << 16 | u64::from(mask16(part)))
}

/// Which of 16 bytes need an escape.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn mask16(block: &[u8; 16]) -> u16 {
    use safe_arch::{cmp_eq_mask_i8_m128i, m128i, min_u8_m128i, move_mask_i8_m128i};
    let bytes = m128i::from(*block);
    let is = |byte: u8| cmp_eq_mask_i8_m128i(bytes, m128i::from([byte; 16]));
    let control = cmp_eq_mask_i8_m128i(bytes, min_u8_m128i(bytes, m128i::from([0x1f_u8; 16])));
    move_mask_i8_m128i(control | is(b'"') | is(b'\\')) as u16
}

/// Which of 16 bytes need an escape.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn mask16(block: &[u8; 16]) -> u16 {
    plain(block)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn plain(block: &[u8; 16]) -> u16 {
    (0..16).fold(0, |mask, i| mask | u16::from(is_special(block[i])) << i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_is_found_as_byte_by_byte(
            bytes in proptest::collection::vec(
                prop::sample::select(vec![0u8, 0x1f, 0x20, 0x21, b'"', b'#', b'\\', 0x7f, 0x80, 0xff]), 0..70,
            ),
            clean in 0usize..70,
        ) {
            let mut bytes = bytes;
            let clean = clean.min(bytes.len());
            bytes[..clean].fill(b'a');
            prop_assert_eq!(first(&bytes), bytes.iter().position(|byte| is_special(*byte)));
            if let Some(block) = bytes.first_chunk::<16>() {
                prop_assert_eq!(mask16(block), plain(block));
            }
            if let Some(block) = bytes.first_chunk::<64>() {
                let expected = (0..64).fold(0, |mask, i| mask | u64::from(is_special(bytes[i])) << i);
                prop_assert_eq!(mask64(block), expected);
            }
        }
    }
}
