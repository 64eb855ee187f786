//! A record as it lies in the spool: what its `origin` header needs, then its bytes.

use super::Received;
use frame::Cut;
use std::net::IpAddr;

/// Bytes before the optional parts: flags, generation, sequence, offset, time.
const FIXED_BYTES: usize = 1 + 4 * 8;
/// Room for what an entry has besides the record's bytes.
pub(super) const HEAD_BYTES_MAX: usize = FIXED_BYTES + 16 + 8 + 16;

const SENDER_V4: u8 = 1;
const SENDER_V6: u8 = 2;
const CUT: u8 = 4;

/// A record with its place in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) generation: u64,
    pub(super) sequence: u64,
    pub(super) offset: u64,
    pub(super) received: Received<'a>,
}

impl<'a> Entry<'a> {
    /// Writes all but the record's bytes over `head`.
    pub(super) fn encode_head(&self, head: &mut Vec<u8>) {
        let Received { cut, sender, collected_ms, .. } = self.received;
        let family = match sender {
            None => 0,
            Some(IpAddr::V4(_)) => SENDER_V4,
            Some(IpAddr::V6(_)) => SENDER_V6,
        };
        head.clear();
        head.push(family | if cut.is_some() { CUT } else { 0 });
        for number in [self.generation, self.sequence, self.offset, collected_ms.cast_unsigned()] {
            head.extend_from_slice(&number.to_le_bytes());
        }
        match sender {
            None => {}
            Some(IpAddr::V4(address)) => head.extend_from_slice(&address.octets()),
            Some(IpAddr::V6(address)) => head.extend_from_slice(&address.octets()),
        }
        if let Some(cut) = cut {
            head.extend_from_slice(&cut.bytes.to_le_bytes());
            head.extend_from_slice(&cut.sha256);
        }
    }

    /// Reads an entry; `None` where it is none, which the spool's checksums rule out but for a
    /// spool of another version.
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (flags, mut rest) = bytes.split_first()?;
        if flags & !(SENDER_V4 | SENDER_V6 | CUT) != 0 {
            return None;
        }
        let mut number = || {
            let (number, more) = rest.split_first_chunk::<8>()?;
            rest = more;
            Some(u64::from_le_bytes(*number))
        };
        let (generation, sequence, offset) = (number()?, number()?, number()?);
        let collected_ms = number()?.cast_signed();
        let sender = match flags & (SENDER_V4 | SENDER_V6) {
            0 => None,
            SENDER_V4 => Some(take::<4>(&mut rest)?.into()),
            SENDER_V6 => Some(take::<16>(&mut rest)?.into()),
            _ => return None,
        };
        let cut = if flags & CUT == 0 {
            None
        } else {
            let bytes = u64::from_le_bytes(take::<8>(&mut rest)?);
            Some(Cut { bytes, sha256: take::<16>(&mut rest)? })
        };
        let received = Received { bytes: rest, cut, sender, collected_ms };
        Some(Self { generation, sequence, offset, received })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, more) = rest.split_first_chunk::<N>()?;
    *rest = more;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(
            (generation, sequence, offset, collected_ms) in any::<(u64, u64, u64, i64)>(),
            sender: Option<IpAddr>,
            cut in prop::option::of((any::<u64>(), any::<[u8; 16]>())),
            bytes in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let cut = cut.map(|(bytes, sha256)| Cut { bytes, sha256 });
            let received = Received { bytes: &bytes, cut, sender, collected_ms };
            let entry = Entry { generation, sequence, offset, received };
            let mut whole = b"left from before".to_vec();
            entry.encode_head(&mut whole);
            prop_assert!(whole.len() <= HEAD_BYTES_MAX);
            let head = whole.len();
            whole.extend_from_slice(&bytes);
            prop_assert_eq!(Entry::decode(&whole), Some(entry));
            for torn in 0..head {
                prop_assert_eq!(Entry::decode(&whole[..torn]), None);
            }
        }
    }
}
