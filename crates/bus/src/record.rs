//! What travels: a record as read, and a record to send.

use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Headers as _, Message as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A record as read from Kafka; everything in it is borrowed.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Its topic.
    pub topic: &'a str,
    /// Its partition.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Kafka's time stamp in milliseconds since the epoch, or -1.
    pub kafka_ms: i64,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; empty where Kafka holds none.
    pub value: &'a [u8],
    /// The headers.
    pub headers: Headers<'a>,
}

/// The headers of a record, looked up by key.
#[derive(Clone, Copy)]
pub struct Headers<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Kafka(&'a BorrowedHeaders),
    Slice(&'a [(&'a str, &'a [u8])]),
    Owned(&'a [(String, Vec<u8>)]),
}

impl<'a> Headers<'a> {
    /// No headers.
    pub const NONE: Self = Self(Source::Slice(&[]));

    /// Headers of a record that does not come from Kafka (the filters, tests).
    pub const fn new(headers: &'a [(&'a str, &'a [u8])]) -> Self {
        Self(Source::Slice(headers))
    }

    fn kafka(headers: Option<&'a BorrowedHeaders>) -> Self {
        headers.map_or(Self::NONE, |headers| Self(Source::Kafka(headers)))
    }

    /// The value of the first header named `key`. A header without a value counts as empty.
    pub fn get(&self, key: &str) -> Option<&'a [u8]> {
        match self.0 {
            Source::Slice(list) => list.iter().find(|(k, _)| *k == key).map(|(_, v)| *v),
            Source::Owned(list) => list.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_slice()),
            Source::Kafka(headers) => foreign(|| {
                let mut all = (0..headers.count()).filter_map(|i| headers.try_get(i));
                all.find(|header| header.key == key).map(|header| header.value.unwrap_or_default())
            }),
        }
    }

    /// All of them, copied.
    pub fn to_vec(&self) -> Vec<(String, Vec<u8>)> {
        match self.0 {
            Source::Slice(list) => list.iter().map(|(k, v)| ((*k).into(), v.to_vec())).collect(),
            Source::Owned(list) => list.to_vec(),
            Source::Kafka(headers) => (0..headers.count())
                .filter_map(|i| {
                    let header = foreign(|| headers.try_get(i))?;
                    Some((header.key.to_owned(), header.value.unwrap_or_default().to_vec()))
                })
                .collect(),
        }
    }
}

/// rdkafka panics on a header whose key is not UTF-8, which any sender may write.
fn foreign<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(None)
}

impl std::fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.to_vec()).finish()
    }
}

impl<'a> Record<'a> {
    /// What librdkafka holds, borrowed from it.
    pub(crate) fn kafka(message: &'a BorrowedMessage<'_>) -> Self {
        Self {
            topic: message.topic(),
            partition: message.partition(),
            offset: message.offset(),
            kafka_ms: message.timestamp().to_millis().unwrap_or(-1),
            key: message.key(),
            value: message.payload().unwrap_or_default(),
            headers: Headers::kafka(message.headers()),
        }
    }
}

impl Record<'_> {
    /// A copy that outlives the consumer's buffer.
    pub fn to_owned(&self) -> OwnedRecord {
        OwnedRecord {
            topic: self.topic.to_owned(),
            partition: self.partition,
            offset: self.offset,
            kafka_ms: self.kafka_ms,
            key: self.key.map(<[u8]>::to_vec),
            value: self.value.to_vec(),
            headers: self.headers.to_vec(),
        }
    }
}

/// A record with its own memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRecord {
    /// Its topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Kafka's time stamp in milliseconds since the epoch, or -1.
    pub kafka_ms: i64,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value.
    pub value: Vec<u8>,
    /// The headers.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl OwnedRecord {
    /// The record, borrowed.
    pub fn as_record(&self) -> Record<'_> {
        Record {
            topic: &self.topic,
            partition: self.partition,
            offset: self.offset,
            kafka_ms: self.kafka_ms,
            key: self.key.as_deref(),
            value: &self.value,
            headers: Headers(Source::Owned(&self.headers)),
        }
    }
}

/// A record to send; it is copied when taken.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Where to.
    pub topic: &'a str,
    /// Which partition; `None` leaves it to the key (murmur2, as Java clients do) or to chance.
    pub partition: Option<i32>,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value.
    pub value: &'a [u8],
    /// The headers.
    pub headers: &'a [(&'a str, &'a [u8])],
}

impl Outgoing<'_> {
    /// Bytes as the limit counts them: key, value and headers.
    pub fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(key, value)| key.len() + value.len()).sum();
        self.key.map_or(0, <[u8]>::len) + self.value.len() + headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::message::{Header, OwnedHeaders};

    #[test]
    fn the_same_headers_from_every_source() {
        let list: [(&str, &[u8]); 3] = [("a", b"1"), ("b", b""), ("a", b"2")];
        let mut kafka = OwnedHeaders::new();
        for (key, value) in list {
            kafka = kafka.insert(Header { key, value: Some(value) });
        }
        let owned = Headers::new(&list).to_vec();
        for headers in [
            Headers::new(&list),
            Headers(Source::Owned(&owned)),
            Headers::kafka(Some(kafka.as_borrowed())),
        ] {
            assert_eq!(headers.get("a"), Some(&b"1"[..]), "{headers:?}");
            assert_eq!(headers.get("b"), Some(&b""[..]), "{headers:?}");
            assert_eq!(headers.get("c"), None, "{headers:?}");
            assert_eq!(headers.to_vec(), owned);
        }
    }
}
