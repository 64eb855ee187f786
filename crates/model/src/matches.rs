//! What travels in topic `matches`: matches of rules that correlations are about, and how far each
//! partition of `events` has come.
//!
//! A match's value is the event, untouched, with its header `raw` ([`crate::coordinates`]) and the
//! header [`MATCH_HEADER`]. A record with the header [`PROGRESS_HEADER`] has no value: it says that
//! whatever still comes from a partition of `events` had reached Kafka then or later. Both are
//! tab-separated text that begins with its version, so that an operator can read them.

use crate::Error;

/// The key of the header that holds a [`MatchOf`].
pub const MATCH_HEADER: &str = "match";
/// The key of the header that holds a [`Progress`].
pub const PROGRESS_HEADER: &str = "progress";

/// Which correlation a match is for, and which rule matched: by their ids, or what stands for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchOf<'a> {
    /// The correlation that stands for itself.
    pub correlation: &'a str,
    /// The rule.
    pub rule: &'a str,
}

impl<'a> MatchOf<'a> {
    /// The header's value. A tab in a name, which no id has, becomes a blank in both.
    pub fn encode(&self) -> String {
        let plain = |text: &str| text.replace(['\t', '\n'], " ");
        format!("1\t{}\t{}", plain(self.correlation), plain(self.rule))
    }

    /// Reads a header's value. Fields that a later version appends are passed over.
    pub fn decode(value: &'a [u8]) -> Result<Self, Error> {
        let bad = |field| Error::Header { header: MATCH_HEADER, field };
        let text = std::str::from_utf8(value).map_err(|_| bad("encoding"))?;
        let mut fields = text.split('\t');
        let mut next = |field| fields.next().ok_or(bad(field));
        if next("version")? != "1" {
            return Err(bad("version"));
        }
        Ok(Self { correlation: next("correlation")?, rule: next("rule")? })
    }
}

/// How far a partition of `events` has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The partition.
    pub partition: i32,
    /// Kafka's time of the latest raw record read, in milliseconds since the epoch.
    pub arrival_ms: i64,
}

impl Progress {
    /// The header's value.
    pub fn encode(&self) -> String {
        format!("1\t{}\t{}", self.partition, self.arrival_ms)
    }

    /// Reads a header's value. Fields that a later version appends are passed over.
    pub fn decode(value: &[u8]) -> Result<Self, Error> {
        let bad = |field| Error::Header { header: PROGRESS_HEADER, field };
        let text = std::str::from_utf8(value).map_err(|_| bad("encoding"))?;
        let mut fields = text.split('\t');
        let mut next = |field| fields.next().ok_or(bad(field));
        if next("version")? != "1" {
            return Err(bad("version"));
        }
        Ok(Self {
            partition: next("partition")?.parse().map_err(|_| bad("partition"))?,
            arrival_ms: next("arrival")?.parse().map_err(|_| bad("arrival"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_comes_back() {
        let of = MatchOf { correlation: "c-1", rule: "a rule" };
        assert_eq!(MatchOf::decode(of.encode().as_bytes()), Ok(of));
        let progress = Progress { partition: 3, arrival_ms: 1 << 41 };
        assert_eq!(Progress::decode(progress.encode().as_bytes()), Ok(progress));
        let odd = MatchOf { correlation: "a\tb", rule: "c" };
        assert_eq!(
            MatchOf::decode(odd.encode().as_bytes()),
            Ok(MatchOf { correlation: "a b", rule: "c" })
        );
    }

    #[test]
    fn malformed_headers_name_the_field() {
        let bad = |header, field| Err(Error::Header { header, field });
        assert_eq!(MatchOf::decode(b"1\tc"), bad(MATCH_HEADER, "rule").map(|()| odd()));
        assert_eq!(MatchOf::decode(b"2\tc\tr"), bad(MATCH_HEADER, "version").map(|()| odd()));
        let progress = |value: &[u8]| Progress::decode(value).unwrap_err();
        for (value, field) in [(&b"1\tx\t0"[..], "partition"), (b"1\t0", "arrival")] {
            assert_eq!(progress(value), Error::Header { header: PROGRESS_HEADER, field });
        }
    }

    fn odd() -> MatchOf<'static> {
        MatchOf { correlation: "", rule: "" }
    }
}
