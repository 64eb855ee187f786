//! The growing fingerprint of a file's first bytes.

use xxhash_rust::xxh3::xxh3_64;

/// How many of a file's first bytes make its fingerprint, once it has so many. Log lines begin
/// with their time, so even two files with the same long preamble mostly differ within this.
pub(crate) const PREFIX_BYTES_MAX: usize = 1024;

/// Length and hash of the first bytes of a file, as many as it had when last looked at.
///
/// A file of any size has one, the empty file too, and as the file grows so does it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Prefix {
    bytes: u16,
    hash: u64,
}

impl Prefix {
    /// The fingerprint of a file that begins with `start` (of which at most
    /// [`PREFIX_BYTES_MAX`] are looked at).
    pub(crate) fn of(start: &[u8]) -> Self {
        let start = &start[..start.len().min(PREFIX_BYTES_MAX)];
        if start.is_empty() {
            return Self::default();
        }
        Self { bytes: start.len() as u16, hash: xxh3_64(start) }
    }

    /// Whether a file that begins with `start` can be the one that this was taken of.
    pub(crate) fn fits(self, start: &[u8]) -> bool {
        start.get(..usize::from(self.bytes)).is_some_and(|start| Self::of(start) == self)
    }

    /// Whether it was taken of an empty file, and so fits any.
    pub(crate) fn is_empty(self) -> bool {
        self.bytes == 0
    }

    /// Whether it can still grow.
    pub(crate) fn is_short(self) -> bool {
        usize::from(self.bytes) < PREFIX_BYTES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_fingerprint_as_it_grows() {
        let long = vec![b'x'; 3000];
        for (then, now, same) in [
            (&b""[..], &b""[..], true),
            (b"", b"anything", true),
            (b"abc", b"abc", true),
            (b"abc", b"abcdef", true),
            (b"abc", b"ab", false),
            (b"abc", b"", false),
            (b"abc", b"abX", false),
            (&long, &long, true),
            (&long[..2000], &long, true),
            (&long, &long[..1023], false),
        ] {
            assert_eq!(Prefix::of(then).fits(now), same, "{} then {}", then.len(), now.len());
        }
        assert!(Prefix::of(b"").is_empty() && !Prefix::of(b"a").is_empty());
        assert!(Prefix::of(b"a").is_short() && !Prefix::of(&long).is_short());
    }
}
