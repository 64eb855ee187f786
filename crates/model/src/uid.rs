//! Deterministic event ids: the same record always yields the same `metadata.uid`.
//!
//! The id is the XXH3 128-bit hash of agency-independent coordinates (collector, stream,
//! generation, offset, index within the record). It is an identity, not a seal: whoever can write
//! as a collector could also choose coordinates, so nothing is ever overwritten or dropped because
//! of an equal uid; the store drops replays by Kafka place ([`crate::coordinates`]).

use crate::Origin;
use std::fmt;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// A 128-bit event id, written as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventUid(pub u128);

/// What is hashed of a record, in memory that is used again for the next one.
#[derive(Debug, Clone, Default)]
pub struct UidSeed {
    bytes: Vec<u8>,
    /// How many of the bytes say the stream and its generation.
    stream: usize,
    /// How many say the record.
    record: usize,
}

impl UidSeed {
    /// The seed of a record.
    pub fn new(origin: &Origin<'_>) -> Self {
        let mut seed = Self::default();
        seed.set(origin);
        seed
    }

    /// Makes it the seed of another record: of collector, stream, generation and offset. Lengths go
    /// in too, so that no two different pairs of names run together into the same bytes.
    pub fn set(&mut self, origin: &Origin<'_>) {
        self.bytes.clear();
        for name in [origin.collector, origin.stream] {
            self.bytes.extend_from_slice(&(name.len() as u64).to_le_bytes());
            self.bytes.extend_from_slice(name.as_bytes());
        }
        self.bytes.extend_from_slice(&origin.generation.to_le_bytes());
        self.stream = self.bytes.len();
        self.bytes.extend_from_slice(&origin.offset.to_le_bytes());
        self.record = self.bytes.len();
    }

    /// A number for the stream and its generation: a file that began anew is another stream.
    pub fn stream(&self) -> u64 {
        xxh3_64(&self.bytes[..self.stream])
    }

    /// The id of event `index` of the record.
    pub fn uid(&mut self, index: u32) -> EventUid {
        self.bytes.truncate(self.record);
        self.bytes.extend_from_slice(&index.to_le_bytes());
        EventUid(xxh3_128(&self.bytes))
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
        // The id of this record in the first release: stored events must keep theirs.
        assert_eq!(uid.to_string(), "d6984d61571d066abf8ef2774dbc88b5");
        let mut again = UidSeed::new(&Origin::stdin(7, 7, 7));
        again.set(&base);
        assert_eq!((again.uid(1), again.uid(0)), (UidSeed::new(&base).uid(1), uid));
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
    fn a_generation_is_a_stream_of_its_own() {
        let base = Origin::stdin(0, 0, 0);
        let stream = UidSeed::new(&base).stream();
        assert_eq!(stream, UidSeed::new(&Origin::stdin(9, 9, 9)).stream());
        assert_ne!(stream, UidSeed::new(&Origin { generation: 1, ..base.clone() }).stream());
        assert_ne!(stream, UidSeed::new(&Origin { stream: "x", ..base }).stream());
    }

    #[test]
    fn sequence_and_time_do_not_matter() {
        let a = UidSeed::new(&Origin::stdin(1, 5, 9)).uid(0);
        let b = UidSeed::new(&Origin::stdin(2, 5, 10)).uid(0);
        assert_eq!(a, b);
    }
}
