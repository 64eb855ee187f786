//! A stream's place as a record of topic `streams`.
//!
//! The key is the raw topic, the raw partition and the stream's part of the `origin` header, tabs
//! between; the value is `1` (version), generation, offset, the raw offset of that place, and first
//! and last raw offset of the latest repetitions or `-` twice, how many numbers are missing and when
//! that was last found (`fleet::Gaps` reads these), and the next number or `-`, tabs between. Text, so that an
//! operator can read it.

use super::Seen;

/// Whose place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Saved<'a> {
    /// The raw topic.
    pub(super) topic: &'a str,
    /// The raw partition.
    pub(super) partition: i32,
    /// The stream.
    pub(super) key: &'a [u8],
}

impl<'a> Saved<'a> {
    /// The record's key.
    pub(super) fn key(&self) -> Vec<u8> {
        let mut key = format!("{}\t{}\t", self.topic, self.partition).into_bytes();
        key.extend_from_slice(self.key);
        key
    }

    /// The record's value.
    pub(super) fn value(&self, seen: &Seen) -> String {
        let (generation, offset) = seen.place;
        let repeats = match &seen.repeats {
            Some(repeats) => format!("{}\t{}", repeats.start(), repeats.end()),
            None => "-\t-".to_owned(),
        };
        let Seen { raw, missing, missing_ms, .. } = seen;
        let next = seen.next.map_or_else(|| "-".to_owned(), |next| next.to_string());
        format!("1\t{generation}\t{offset}\t{raw}\t{repeats}\t{missing}\t{missing_ms}\t{next}")
    }

    /// What was written.
    pub(super) fn read(key: &'a [u8], value: &[u8]) -> Option<(Self, Seen)> {
        let mut parts = key.splitn(3, |byte| *byte == b'\t');
        let topic = std::str::from_utf8(parts.next()?).ok()?;
        let partition = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
        let saved = Self { topic, partition, key: parts.next()? };
        let mut fields = std::str::from_utf8(value).ok()?.split('\t');
        if fields.next()? != "1" {
            return None;
        }
        let place = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let raw = fields.next()?.parse().ok()?;
        let repeats = match (fields.next()?, fields.next()?) {
            ("-", _) => None,
            (first, last) => Some(first.parse().ok()?..=last.parse().ok()?),
        };
        // An earlier version wrote nothing of these.
        let missing = fields.next().and_then(|missing| missing.parse().ok()).unwrap_or(0);
        let missing_ms = fields.next().and_then(|ms| ms.parse().ok()).unwrap_or(0);
        let next = fields.next().and_then(|next| next.parse().ok());
        Some((saved, Seen { repeats, next, missing, missing_ms, ..Seen::at(place, raw) }))
    }
}
