//! Text that a log wrote as hex digits, as the audit system does with command lines.

/// The shortest run that is looked into: eleven bytes, the shortest mobile number.
const DIGITS_MIN: usize = 22;
/// The longest run that is looked into: the longest line that a kernel's audit record holds.
const DIGITS_MAX: usize = 64 * 1024;

/// Runs of an even number of upper-case hex digits that stand by themselves, and what they encode.
pub(crate) fn runs(bytes: &[u8], mut take: impl FnMut(usize, usize, Vec<u8>)) {
    // Every run of that length covers one of these places.
    let mut at = DIGITS_MIN - 1;
    while at < bytes.len() {
        if !is_hex(bytes[at]) {
            at += DIGITS_MIN;
            continue;
        }
        let start = bytes[..at].iter().rposition(|b| !is_hex(*b)).map_or(0, |before| before + 1);
        let end = bytes[at..].iter().position(|b| !is_hex(*b)).map_or(bytes.len(), |to| at + to);
        let length = end - start;
        let alone = !bytes[..start].last().is_some_and(u8::is_ascii_alphanumeric)
            && !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
        if alone && (DIGITS_MIN..=DIGITS_MAX).contains(&length) && length.is_multiple_of(2) {
            take(start, end, decode(&bytes[start..end]));
        }
        at = end + DIGITS_MIN - 1;
    }
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'F')
}

fn decode(digits: &[u8]) -> Vec<u8> {
    let value = |digit: u8| if digit <= b'9' { digit - b'0' } else { digit - b'A' + 10 };
    digits.chunks_exact(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

/// Writes bytes as upper-case hex digits.
pub(crate) fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let pair = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    bytes.iter().flat_map(pair).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_wherever_they_stand() {
        let text = b"01712345678 a@b.co";
        let hex = encode(text);
        for before in 0..50 {
            let line = format!("{}={hex} tail", "x".repeat(before));
            let mut found = Vec::new();
            runs(line.as_bytes(), |start, end, decoded| found.push((start, end, decoded)));
            assert_eq!(found, [(before + 1, before + 1 + hex.len(), text.to_vec())]);
        }
        let none = |line: &str| runs(line.as_bytes(), |_, _, _| panic!("{line}"));
        none(&format!("x{hex}"));
        none(&format!("{hex}A"));
        none(&hex[..20]);
    }
}
