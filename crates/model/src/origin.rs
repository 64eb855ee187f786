//! Where a raw record was collected: the `origin` header of topic `raw.<agency>`.
//!
//! One header of tab-separated text rather than one header a field: librdkafka allocates per
//! header, and at 300,000 lines a second that is what a collector would spend its time on; text,
//! so that an operator can read it with Kafka's own console consumer. The fields, in order:
//!
//! `1` (version), collector, stream, generation, sequence, offset, collected time (ms since the
//! epoch), source type or `-`, host label or `-`, sender address or `-`, and, where the record was
//! cut, its whole length in bytes and the first 16 bytes of its SHA-256 in hex, else `-` twice.

use crate::Error;
use std::fmt::Write as _;

/// The header's key.
pub const HEADER: &str = "origin";

/// The longest name, in bytes, of a collector or a stream (a path, mostly).
const NAME_BYTES_MAX: usize = 1024;

/// Where, when and as which record of its stream a raw record was collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The collector's identity (not the host's name).
    pub collector: &'a str,
    /// The stream within the collector, such as `file:/var/log/auth.log` or `udp:0.0.0.0:514`.
    pub stream: &'a str,
    /// Counts up when the stream begins anew: a file rotated or truncated, a socket reopened.
    pub generation: u64,
    /// Number of the record within stream and generation, from 0 without holes.
    pub sequence: u64,
    /// Byte offset of the record's first byte within stream and generation.
    pub offset: u64,
    /// When the collector read it, in milliseconds since the epoch.
    pub collected_ms: i64,
    /// The source type, where configuration names one.
    pub source: Option<&'a str>,
    /// The host's own name for itself: a label, not an identity.
    pub host: Option<&'a str>,
    /// The network address that sent it, for socket inputs.
    pub sender: Option<&'a str>,
    /// Set when the record was longer than [`crate::RAW_BYTES_MAX`].
    pub cut: Option<Cut<'a>>,
}

/// What a cut record was before it was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut<'a> {
    /// Length of the whole record, in bytes.
    pub bytes: u64,
    /// First 16 bytes of the SHA-256 of the whole record, in hex.
    pub sha256: &'a str,
}

impl<'a> Origin<'a> {
    /// The origin of line `sequence` of standard input, as the filters use it.
    pub fn stdin(sequence: u64, offset: u64, collected_ms: i64) -> Self {
        Self {
            collector: "local",
            stream: "stdin",
            generation: 0,
            sequence,
            offset,
            collected_ms,
            source: None,
            host: None,
            sender: None,
            cut: None,
        }
    }

    /// Appends the header's value to `out`. Names must have passed [`check_name`].
    pub fn encode(&self, out: &mut String) {
        let or_dash = |s: Option<&'a str>| s.filter(|s| !s.is_empty()).unwrap_or("-");
        let _ = write!(
            out,
            "1\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t",
            self.collector,
            self.stream,
            self.generation,
            self.sequence,
            self.offset,
            self.collected_ms,
            or_dash(self.source),
            or_dash(self.host),
            or_dash(self.sender),
        );
        let _ = match self.cut {
            Some(cut) => write!(out, "{}\t{}", cut.bytes, cut.sha256),
            None => write!(out, "-\t-"),
        };
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
        let number = |text: &str, field| text.parse::<u64>().map_err(|_| bad(field));
        let optional = |text: &'a str| (text != "-").then_some(text);
        Ok(Self {
            collector: next("collector")?,
            stream: next("stream")?,
            generation: number(next("generation")?, "generation")?,
            sequence: number(next("sequence")?, "sequence")?,
            offset: number(next("offset")?, "offset")?,
            collected_ms: next("collected")?.parse().map_err(|_| bad("collected"))?,
            source: optional(next("source")?),
            host: optional(next("host")?),
            sender: optional(next("sender")?),
            cut: match (next("cut bytes")?, next("cut sha256")?) {
                ("-", _) => None,
                (bytes, sha256) => Some(Cut { bytes: number(bytes, "cut bytes")?, sha256 }),
            },
        })
    }
}

/// Checks a name that is to stand in the header: no control characters (a tab would shift the
/// fields), at most 1,024 bytes, not empty.
pub fn check_name<'a>(what: &'static str, value: &'a str) -> Result<&'a str, Error> {
    if value.is_empty() || value.len() > NAME_BYTES_MAX || value.chars().any(char::is_control) {
        return Err(Error::Name { what, value: value.into(), bytes_max: NAME_BYTES_MAX });
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_comes_back() {
        let full = Origin {
            collector: "c-1",
            stream: "file:/var/log/a b.log",
            generation: 3,
            sequence: u64::MAX,
            offset: 77,
            collected_ms: -5,
            source: Some("nginx"),
            host: Some("web-07"),
            sender: Some("10.0.0.1"),
            cut: Some(Cut { bytes: 10_000_000, sha256: "00112233445566778899aabbccddeeff" }),
        };
        for origin in [full, Origin::stdin(0, 0, 1)] {
            let mut text = String::new();
            origin.encode(&mut text);
            assert_eq!(Origin::decode(text.as_bytes()), Ok(origin));
        }
    }

    #[test]
    fn malformed_headers_name_the_field() {
        for (value, field) in [
            (&b"\xff"[..], "encoding"),
            (b"2\tx", "version"),
            (b"1\tc", "stream"),
            (b"1\tc\ts\tx\t0\t0\t0\t-\t-\t-\t-\t-", "generation"),
            (b"1\tc\ts\t0\t0\t0\t0\t-\t-\t-\tx\t-", "cut bytes"),
        ] {
            assert_eq!(Origin::decode(value), Err(Error::Header { header: HEADER, field }));
        }
    }

    #[test]
    fn names_without_tabs() {
        assert!(check_name("stream", "file:/a").is_ok());
        assert!(check_name("stream", "a\tb").is_err());
        assert!(check_name("stream", "").is_err());
    }
}
