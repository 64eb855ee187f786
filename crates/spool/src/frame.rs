//! How a record lies in a segment, and how it is told from anything else.

/// Bytes before the payload.
pub(crate) const HEAD_BYTES: usize = 20;
/// The longest payload; what claims to be longer is no frame.
pub const PAYLOAD_BYTES_MAX: usize = 2 * 1024 * 1024;

const MAGIC: [u8; 2] = [0xa5, 0x9f];
const RECORD: u8 = 1;
const MARK: u8 = 2;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Record,
    /// Everything below its number is confirmed.
    Mark,
}

/// What lies at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decoded<'a> {
    Frame {
        kind: Kind,
        number: u64,
        payload: &'a [u8],
    },
    /// Perhaps a frame of so many bytes, or (0) the beginning of a frame's head.
    Short(usize),
    Bad,
}

/// Appends a frame whose payload is `parts`, one after another.
pub(crate) fn encode(kind: Kind, number: u64, parts: &[&[u8]], out: &mut Vec<u8>) {
    let kind = match kind {
        Kind::Record => RECORD,
        Kind::Mark => MARK,
    };
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let from = out.len();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[kind, 0]);
    out.extend_from_slice(&(length as u32).to_le_bytes());
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    for part in parts {
        out.extend_from_slice(part);
    }
    let sum = checksum(&out[from..from + 16], &out[from + HEAD_BYTES..]);
    out[from + 16..from + HEAD_BYTES].copy_from_slice(&sum.to_le_bytes());
}

/// Looks at the beginning of `bytes`.
pub(crate) fn decode(bytes: &[u8]) -> Decoded<'_> {
    let seen = bytes.len().min(MAGIC.len());
    if bytes[..seen] != MAGIC[..seen] {
        return Decoded::Bad;
    }
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD_BYTES>() else {
        return Decoded::Short(0);
    };
    let kind = match (head[2], head[3]) {
        (RECORD, 0) => Kind::Record,
        (MARK, 0) => Kind::Mark,
        _ => return Decoded::Bad,
    };
    let length = number32(&head[4..8]) as usize;
    if length > PAYLOAD_BYTES_MAX {
        return Decoded::Bad;
    }
    let Some(payload) = rest.get(..length) else { return Decoded::Short(HEAD_BYTES + length) };
    if checksum(&head[..16], payload) != number32(&head[16..]) {
        return Decoded::Bad;
    }
    Decoded::Frame { kind, number: number64(&head[8..16]), payload }
}

/// The checksum over a head and what follows it.
pub(crate) fn checksum(head: &[u8], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(head), payload)
}

pub(crate) fn number32(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

pub(crate) fn number64(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded_and_no_change_goes_unseen(
            number: u64,
            payload in prop::collection::vec(any::<u8>(), 0..60),
            at: prop::sample::Index,
            change in 1u8..,
        ) {
            let mut bytes = Vec::new();
            encode(Kind::Record, number, &[&payload[..payload.len() / 2], &payload[payload.len() / 2..]], &mut bytes);
            let expected = Decoded::Frame { kind: Kind::Record, number, payload: &payload };
            prop_assert_eq!(decode(&bytes), expected);
            for torn in 0..bytes.len() {
                prop_assert!(matches!(decode(&bytes[..torn]), Decoded::Short(_)));
            }
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            let is_frame = matches!(decode(&bytes), Decoded::Frame { .. });
            prop_assert!(!is_frame);
        }
    }
}
