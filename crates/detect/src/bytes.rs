//! Sixteen and more bytes looked at together: which of them are what is wanted, a bit for each.
//!
//! The first byte is the lowest bit. On x86-64 these are SSE2 instructions, which every such
//! processor has; elsewhere the compiler makes vectors of the plain loops.

/// Which bytes of a block are `wanted`.
#[inline]
pub(crate) fn mask64(block: &[u8; 64], wanted: u8) -> u64 {
    let (parts, _) = block.as_chunks::<16>();
    let mut mask = 0;
    for (i, part) in parts.iter().enumerate() {
        mask |= u64::from(mask16(part, wanted)) << (16 * i);
    }
    mask
}

/// Which of 32 bytes are the same in both.
#[inline]
pub(crate) fn same32(one: &[u8; 32], other: &[u8; 32]) -> u32 {
    let ((one, _), (other, _)) = (one.as_chunks::<16>(), other.as_chunks::<16>());
    u32::from(same16(&one[0], &other[0])) | u32::from(same16(&one[1], &other[1])) << 16
}

/// Which of 16 bytes are `wanted`.
#[inline]
pub(crate) fn mask16(block: &[u8; 16], wanted: u8) -> u16 {
    same16(block, &[wanted; 16])
}

/// Which of 16 bytes are the same in both.
#[cfg(target_arch = "x86_64")]
#[inline]
fn same16(one: &[u8; 16], other: &[u8; 16]) -> u16 {
    use safe_arch::{cmp_eq_mask_i8_m128i, m128i, move_mask_i8_m128i};
    move_mask_i8_m128i(cmp_eq_mask_i8_m128i(m128i::from(*one), m128i::from(*other))) as u16
}

/// Which of 16 bytes are the same in both.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn same16(one: &[u8; 16], other: &[u8; 16]) -> u16 {
    plain(one, other)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn plain(one: &[u8; 16], other: &[u8; 16]) -> u16 {
    (0..16).fold(0, |mask, i| mask | u16::from(one[i] == other[i]) << i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_bit_says_whether_a_byte_is_wanted(
            bytes in proptest::collection::vec(prop::sample::select(vec![0u8, b'"', b'\\', 0x80, 0xff]), 64),
            others in proptest::collection::vec(prop::sample::select(vec![0u8, b'"', b'\\', 0x80, 0xff]), 64),
        ) {
            let block: &[u8; 64] = bytes.first_chunk().unwrap();
            let expected = (0..64).fold(0, |mask, i| mask | u64::from(bytes[i] == b'"') << i);
            prop_assert_eq!(mask64(block, b'"'), expected);
            let (one, other) = (bytes.first_chunk().unwrap(), others.first_chunk().unwrap());
            prop_assert_eq!(same16(one, other), plain(one, other));
            let (one, other) = (bytes.first_chunk().unwrap(), others.first_chunk().unwrap());
            let expected = (0..32).fold(0, |mask, i| mask | u32::from(bytes[i] == others[i]) << i);
            prop_assert_eq!(same32(one, other), expected);
        }
    }
}
