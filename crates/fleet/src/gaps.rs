//! Numbers of a stream that never came, as the normalizer tells of them.
//!
//! Topic `streams` holds how far each stream has come. Its key is the raw topic, the raw partition
//! and the beginning of the `origin` header (version, collector, stream), tabs between; of its value
//! this room needs generation, how many numbers are missing, and when that was last found (ms since
//! the epoch, 0: never).

use model::{Agency, topic};

/// What one record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gaps {
    /// Whose stream.
    pub agency: Agency,
    /// The collector's id.
    pub collector: String,
    /// The stream's name.
    pub stream: String,
    /// The highest generation.
    pub generation: u64,
    /// Records whose numbers were passed over.
    pub missing: u64,
    /// When one was last passed over.
    pub found_ms: i64,
}

impl Gaps {
    /// Reads a record of topic `streams`; `None` where it says nothing of a stream, or nothing of
    /// gaps.
    pub fn read(key: &[u8], value: &[u8]) -> Option<Self> {
        let mut key = std::str::from_utf8(key).ok()?.split('\t');
        let agency = topic::agency_of(key.next()?)?;
        let (_partition, _version) = (key.next()?, key.next()?);
        let (collector, stream) = (key.next()?.to_owned(), key.next()?.to_owned());
        // A dead letter that was sent again has a longer key.
        if key.next().is_some() {
            return None;
        }
        let fields: Vec<&str> = std::str::from_utf8(value).ok()?.split('\t').collect();
        let [version, generation, _, _, _, _, missing, found_ms, ..] = fields[..] else {
            return None;
        };
        if version != "1" {
            return None;
        }
        let (generation, missing) = (generation.parse().ok()?, missing.parse().ok()?);
        let found_ms = found_ms.parse().ok()?;
        Some(Self { agency, collector, stream, generation, missing, found_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_tells_of_gaps_is_read() {
        let key = b"raw.mof\t3\t1\tc-1\tfile:/a b";
        let gaps = Gaps::read(key, b"1\t7\t900\t12\t-\t-\t5\t1700000000000").unwrap();
        assert_eq!(
            (gaps.agency.as_str(), &*gaps.collector, &*gaps.stream),
            ("mof", "c-1", "file:/a b")
        );
        assert_eq!((gaps.generation, gaps.missing, gaps.found_ms), (7, 5, 1_700_000_000_000));
        for (key, value) in [
            (&key[..], &b"1\t7\t900\t12\t-\t-"[..]),
            (key, b"2\t7\t900\t12\t-\t-\t5\t1"),
            (b"raw.mof\t3\t1\tc-1", b"1\t7\t900\t12\t-\t-\t5\t1"),
            (b"raw.mof\t3\t1\tc-1\ts\t7\t0\t0", b"1\t7\t900\t12\t-\t-\t5\t1"),
            (b"events\t3\t1\tc-1\ts", b"1\t7\t900\t12\t-\t-\t5\t1"),
        ] {
            assert_eq!(Gaps::read(key, value), None);
        }
    }
}
