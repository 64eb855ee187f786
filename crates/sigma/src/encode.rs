//! The encodings that Sigma's modifiers name.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Standard Base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte));
        let group = group << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let digit = ALPHABET[(group >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

/// What of `bytes` can be seen within the Base64 of a longer text, for each of the three offsets
/// at which it may lie: the characters that also hold bits of a neighbour are cut off.
pub(crate) fn base64_offsets(bytes: &[u8]) -> [String; 3] {
    std::array::from_fn(|offset| {
        let shifted: Vec<u8> =
            std::iter::repeat_n(0, offset).chain(bytes.iter().copied()).collect();
        let encoded = base64(&shifted);
        let start = (offset * 8).div_ceil(6);
        let end = shifted.len() * 8 / 6;
        encoded.get(start..end).unwrap_or_default().to_owned()
    })
}

/// The order of the two bytes of a UTF-16 unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Utf16 {
    Little,
    Big,
    /// Little-endian, behind a byte-order mark.
    Marked,
}

/// UTF-16 as bytes.
pub(crate) fn utf16(text: &str, order: Utf16) -> Vec<u8> {
    let mark = (order == Utf16::Marked).then_some([0xff, 0xfe]);
    let units = text.encode_utf16().map(|unit| match order {
        Utf16::Big => unit.to_be_bytes(),
        Utf16::Little | Utf16::Marked => unit.to_le_bytes(),
    });
    mark.into_iter().chain(units).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_encodings() {
        for (text, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(text.as_bytes()), expected);
        }
        assert_eq!(utf16("cm", Utf16::Little), b"c\0m\0");
        assert_eq!(utf16("cm", Utf16::Big), b"\0c\0m");
        assert_eq!(utf16("c", Utf16::Marked), b"\xff\xfec\0");
        assert_eq!(base64_offsets(b"foobar"), ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"]);
        assert_eq!(base64_offsets(b"http://"), ["aHR0cDovL", "h0dHA6Ly", "odHRwOi8v"]);
    }

    proptest! {
        #[test]
        fn an_offset_form_is_in_every_longer_text(
            before in proptest::collection::vec(any::<u8>(), 0..7),
            inner in proptest::collection::vec(any::<u8>(), 1..12),
            after in proptest::collection::vec(any::<u8>(), 0..7),
        ) {
            let form = &base64_offsets(&inner)[before.len() % 3];
            let whole = base64(&[before, inner, after].concat());
            prop_assert!(whole.contains(form.as_str()), "{} {}", whole, form);
        }
    }
}
