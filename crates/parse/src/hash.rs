//! A quick hash for tables of names that are ours: what the input can only ask for, not add to.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use xxhash_rust::xxh3::xxh3_64;

/// A table by name that no input can add to, so that nobody can fill it with collisions.
pub(crate) type Table<K, V> = HashMap<K, V, BuildHasherDefault<NameHasher>>;

/// Hashes one name: its bytes are written in one piece, and what is written beside them (a length,
/// the end of a text) says nothing more.
#[derive(Default)]
pub(crate) struct NameHasher(u64);

impl Hasher for NameHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= xxh3_64(bytes);
    }

    #[inline]
    fn write_u8(&mut self, _: u8) {}

    #[inline]
    fn write_usize(&mut self, _: usize) {}

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_text_and_as_bytes() {
        let names: Vec<String> = (0..500).map(|number| format!("name {number}")).collect();
        let texts: Table<String, usize> =
            names.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect();
        let bytes: Table<&[u8], usize> =
            names.iter().enumerate().map(|(at, name)| (name.as_bytes(), at)).collect();
        for (at, name) in names.iter().enumerate() {
            assert_eq!(texts.get(name.as_str()), Some(&at));
            assert_eq!(bytes.get(name.as_bytes()), Some(&at));
        }
        assert_eq!(texts.get("name 500"), None);
    }
}
