//! Where a record lies in Kafka: the coordinates that make replays harmless.
//!
//! Every event and dead letter carries the place of the raw record it was made from. Within one
//! partition of `events` the places of each raw partition only rise, so a consumer that remembers
//! the highest place it saw can drop what a restarted normalizer wrote twice.

use crate::Error;
use std::fmt::Write as _;

/// The key of the header that holds an [`EventPlace`].
pub const HEADER: &str = "raw";

/// Topic, partition and offset of a raw record, and when Kafka got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPlace<'a> {
    /// The raw topic, which names the agency.
    pub topic: &'a str,
    /// Its partition.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Kafka's time stamp of the raw record, in milliseconds since the epoch.
    pub kafka_ms: i64,
}

/// Which event of which raw record: the header `raw` of topics `events` and `dead-letters`.
///
/// As text, tab-separated: `1` (version), topic, partition, offset, Kafka's time in ms, index,
/// count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPlace<'a> {
    /// The raw record.
    pub raw: RawPlace<'a>,
    /// Index of the event among those of the record, from 0.
    pub index: u32,
    /// How many events the record holds (0 for a dead letter).
    pub count: u32,
}

impl<'a> EventPlace<'a> {
    /// Appends the header's value to `out`.
    pub fn encode(&self, out: &mut String) {
        let RawPlace { topic, partition, offset, kafka_ms } = self.raw;
        let (index, count) = (self.index, self.count);
        let _ = write!(out, "1\t{topic}\t{partition}\t{offset}\t{kafka_ms}\t{index}\t{count}");
    }

    /// Reads a header's value. Fields that a later version appends are passed over.
    pub fn decode(value: &'a [u8]) -> Result<Self, Error> {
        let bad = |field| Error::Header { header: HEADER, field };
        let text = std::str::from_utf8(value).map_err(|_| bad("encoding"))?;
        let mut fields = text.split('\t');
        let mut next = |field| fields.next().ok_or(bad(field));
        if next("version")? != "1" {
            return Err(bad("version"));
        }
        let topic = next("topic")?;
        Ok(Self {
            raw: RawPlace {
                topic,
                partition: next("partition")?.parse().map_err(|_| bad("partition"))?,
                offset: next("offset")?.parse().map_err(|_| bad("offset"))?,
                kafka_ms: next("kafka time")?.parse().map_err(|_| bad("kafka time"))?,
            },
            index: next("index")?.parse().map_err(|_| bad("index"))?,
            count: next("count")?.parse().map_err(|_| bad("count"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_comes_back() {
        let place = EventPlace {
            raw: RawPlace { topic: "raw.mof", partition: 3, offset: 1 << 40, kafka_ms: 17 },
            index: 1,
            count: 2,
        };
        let mut text = String::new();
        place.encode(&mut text);
        assert_eq!(EventPlace::decode(text.as_bytes()), Ok(place));
    }

    #[test]
    fn malformed_headers_name_the_field() {
        for (value, field) in [
            (&b"1"[..], "topic"),
            (b"1\traw.mof\t0\tx\t0\t0\t1", "offset"),
            (b"1\traw.mof\t0\t0\t0\t0", "count"),
        ] {
            assert_eq!(EventPlace::decode(value), Err(Error::Header { header: HEADER, field }));
        }
    }
}
