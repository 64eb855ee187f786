//! What streams are called and how their generations are numbered.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// How long a stream's last generation is remembered after nothing uses it any more. From then on
/// the clock alone keeps generations apart ([`Generations`]), so this is longer than any clock is
/// likely to be set back.
const REMEMBERED_S: u64 = 7 * 24 * 3600;

/// The longest path that a stream's name holds whole; the name as such may have 1,024 bytes.
const PATH_BYTES_MAX: usize = 960;

/// The name of the stream of a file that is first seen at `path`.
///
/// Of a very long path the beginning is kept, and a hash of all of it follows.
pub(crate) fn of_file(path: &Path) -> String {
    let escaped = escape(path);
    if escaped.len() <= PATH_BYTES_MAX {
        return format!("file:{escaped}");
    }
    let at = (0..=PATH_BYTES_MAX).rev().find(|at| escaped.is_char_boundary(*at)).unwrap_or(0);
    format!("file:{}~{:016x}", &escaped[..at], xxh3_64(escaped.as_bytes()))
}

/// A path as text that holds no control characters and gives the path back ([`unescape`]):
/// they, bytes that are not UTF-8, and `%` itself are written as `%XX`.
pub(crate) fn escape(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        for char in chunk.valid().chars() {
            if char == '%' || char.is_control() {
                let mut bytes = [0; 4];
                hex(&mut text, char.encode_utf8(&mut bytes).as_bytes());
            } else {
                text.push(char);
            }
        }
        hex(&mut text, chunk.invalid());
    }
    text
}

fn hex(text: &mut String, bytes: &[u8]) {
    use std::fmt::Write as _;
    for byte in bytes {
        let _ = write!(text, "%{byte:02X}");
    }
}

/// The path that [`escape`] made `text` of.
pub(crate) fn unescape(text: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    OsString::from_vec(bytes).into()
}

/// Numbers generations, so that no two of a stream are ever alike.
///
/// A new generation is the time of its birth in seconds since the epoch, or one more than the
/// stream's last where that is not above it. So they rise, and a stream may be forgotten, or the
/// whole state be lost, without an old number coming again for other content, which would give
/// different lines the same id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Generations(BTreeMap<String, u64>);

impl Generations {
    /// What was saved.
    pub(crate) fn new(saved: BTreeMap<String, u64>) -> Self {
        Self(saved)
    }

    /// The next generation of `stream`.
    pub(crate) fn next(&mut self, stream: &str, now_ms: i64) -> u64 {
        let clock = u64::try_from(now_ms / 1000).unwrap_or_default();
        let last = self.0.get(stream);
        let next = last.map_or(clock, |last| clock.max(last + 1));
        self.0.insert(stream.to_owned(), next);
        next
    }

    /// What is to be saved.
    pub(crate) fn saved(&self) -> &BTreeMap<String, u64> {
        &self.0
    }

    /// Forgets the streams that are not `used` and whose last generation is old.
    pub(crate) fn forget(&mut self, used: impl Fn(&str) -> bool, now_ms: i64) {
        let clock = u64::try_from(now_ms / 1000).unwrap_or_default();
        self.0.retain(|stream, last| *last + REMEMBERED_S > clock || used(stream));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_pass_the_header() {
        let long = "/x".repeat(2000);
        let bengali = format!("/{}", "লগ".repeat(500));
        for path in ["/var/log/auth.log", "/a\tb\n", "/100%", &long, &bengali] {
            let name = of_file(Path::new(path));
            assert!(model::origin::check_name("stream", &name).is_ok(), "{name:?}");
        }
        assert_eq!(of_file(Path::new("/var/log/a b")), "file:/var/log/a b");
        assert_ne!(of_file(Path::new(&long)), of_file(Path::new(&format!("{long}y"))));
    }

    #[test]
    fn generations_rise_and_never_come_again() {
        let mut generations = Generations::default();
        assert_eq!(generations.next("a", 5_000), 5);
        assert_eq!(generations.next("a", 5_900), 6);
        assert_eq!(generations.next("a", 2_000), 7);
        assert_eq!(generations.next("b", 2_000), 2);
        assert_eq!(generations.next("a", 9_000), 9);
        let late = 1_000 * i64::try_from(REMEMBERED_S).unwrap() + 8_000;
        generations.forget(|stream| stream == "b", late);
        assert_eq!(generations.saved().keys().collect::<Vec<_>>(), ["a", "b"]);
        generations.forget(|_| false, late);
        assert_eq!(generations.saved().keys().collect::<Vec<_>>(), ["a"]);
    }

    proptest! {
        #[test]
        fn paths_come_back(bytes in prop::collection::vec(1u8.., 0..40)) {
            let path = PathBuf::from(OsString::from_vec(bytes));
            let text = escape(&path);
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert_eq!(unescape(&text), path);
        }
    }
}
