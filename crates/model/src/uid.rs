//! Deterministic event ids: the same record always yields the same `metadata.uid`.
//!
//! The id is the XXH3 128-bit hash of agency-independent coordinates (collector, stream,
//! generation, offset, index within the record). It is an identity, not a seal: whoever can write
//! as a collector could also choose coordinates, so nothing is ever overwritten or dropped because
//! of an equal uid; the store drops replays by Kafka place ([`crate::coordinates`]).

use crate::Origin;
use std::fmt;
use xxhash_rust::xxh3::Xxh3Default;

/// A 128-bit event id, written as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventUid(pub u128);

/// The state after hashing what all events of a record share; one per record.
#[derive(Clone)]
pub struct UidSeed(Xxh3Default);

impl UidSeed {
    /// Hashes collector, stream, generation and offset. Lengths go in too, so that no two
    /// different pairs of names run together into the same bytes.
    pub fn new(origin: &Origin<'_>) -> Self {
        let mut hash = Xxh3Default::new();
        for name in [origin.collector, origin.stream] {
            hash.update(&(name.len() as u64).to_le_bytes());
            hash.update(name.as_bytes());
        }
        hash.update(&origin.generation.to_le_bytes());
        hash.update(&origin.offset.to_le_bytes());
        Self(hash)
    }

    /// The id of event `index` of the record.
    pub fn uid(&self, index: u32) -> EventUid {
        let mut hash = self.0.clone();
        hash.update(&index.to_le_bytes());
        EventUid(hash.digest128())
    }
}

impl EventUid {
    /// The 32 hex digits, without allocating.
    pub fn hex(self) -> [u8; 32] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut out = [0; 32];
        for (i, byte) in self.0.to_be_bytes().into_iter().enumerate() {
            out[2 * i] = DIGITS[usize::from(byte >> 4)];
            out[2 * i + 1] = DIGITS[usize::from(byte & 15)];
        }
        out
    }
}

impl fmt::Display for EventUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for EventUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventUid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_coordinate_changes_the_uid() {
        let base = Origin::stdin(0, 0, 0);
        let uid = UidSeed::new(&base).uid(0);
        assert_eq!(uid, UidSeed::new(&base.clone()).uid(0));
        assert_eq!(String::from_utf8(uid.hex().to_vec()).unwrap(), uid.to_string());
        let others = [
            UidSeed::new(&Origin { collector: "x", ..base.clone() }).uid(0),
            UidSeed::new(&Origin { stream: "x", ..base.clone() }).uid(0),
            UidSeed::new(&Origin { collector: "localst", stream: "din", ..base.clone() }).uid(0),
            UidSeed::new(&Origin { generation: 1, ..base.clone() }).uid(0),
            UidSeed::new(&Origin { offset: 1, ..base.clone() }).uid(0),
            UidSeed::new(&base).uid(1),
        ];
        for other in others {
            assert_ne!(uid, other);
        }
    }

    #[test]
    fn sequence_and_time_do_not_matter() {
        let a = UidSeed::new(&Origin::stdin(1, 5, 9)).uid(0);
        let b = UidSeed::new(&Origin::stdin(2, 5, 10)).uid(0);
        assert_eq!(a, b);
    }
}
