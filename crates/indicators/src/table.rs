//! A table that is built once and asked often, mostly in vain.
//!
//! Entries lie sorted by hash without gaps, so memory is the entries' own and one small number per
//! bucket of four. Before the table stands a Bloom filter in blocks of one word, of twelve bits an
//! entry: a key sets four bits of its word. Of the keys that are not there it stops all but about one
//! in seventy, with one access to memory that for a million entries fits a core's own cache.

use std::ops::Range;

/// Entries a bucket holds on average.
const BUCKET: usize = 4;

/// Bits of the filter for each entry. With eight and two bits a key one in eighteen passed, and the
/// table's misses of the cache were what a look-up cost.
const FILTER_BITS: usize = 12;

/// A key that can be hashed.
pub(crate) trait Key: Copy + Eq {
    /// 64 well-mixed bits.
    fn hash(self) -> u64;
}

/// Multiplication by a large odd number, and its halves folded: enough for addresses, whose
/// structure is in the high bits.
fn mix(number: u64) -> u64 {
    let product = u128::from(number ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_u128;
    (product as u64) ^ (product >> 64) as u64
}

impl Key for u32 {
    #[inline]
    fn hash(self) -> u64 {
        // Twice, for neighbours must part in the lowest bits too.
        mix(mix(u64::from(self)))
    }
}

impl Key for u128 {
    #[inline]
    fn hash(self) -> u64 {
        mix(self as u64 ^ mix((self >> 64) as u64))
    }
}

/// The table: keys with a number each; a key may stand there several times.
#[derive(Debug, Default)]
pub(crate) struct Table<K> {
    bits: Vec<u64>,
    /// Where each bucket begins; one more at the end.
    starts: Vec<u32>,
    keys: Vec<K>,
    numbers: Vec<u32>,
}

impl<K: Key + Ord> Table<K> {
    /// Entries that repeat both key and number count once.
    pub(crate) fn new(mut entries: Vec<(K, u32)>) -> Self {
        entries.sort_unstable_by_key(|(key, number)| (key.hash(), *key, *number));
        entries.dedup();
        let buckets = entries.len().div_ceil(BUCKET);
        let mut table = Self {
            bits: vec![0; (entries.len() * FILTER_BITS).div_ceil(64)],
            starts: Vec::with_capacity(buckets + 1),
            keys: Vec::with_capacity(entries.len()),
            numbers: Vec::with_capacity(entries.len()),
        };
        for (key, number) in entries {
            let hash = key.hash();
            while table.starts.len() <= scale(hash, buckets) {
                table.starts.push(table.keys.len() as u32);
            }
            let word = scale(hash, table.bits.len());
            table.bits[word] |= mask(hash);
            table.keys.push(key);
            table.numbers.push(number);
        }
        table.starts.resize(buckets + 1, table.keys.len() as u32);
        table
    }

    /// Where the entries with `key` lie.
    #[inline]
    pub(crate) fn find(&self, key: K) -> Range<usize> {
        let hash = key.hash();
        let mask = mask(hash);
        match self.bits.get(scale(hash, self.bits.len())) {
            Some(word) if word & mask == mask => self.look(key, hash),
            _ => 0..0,
        }
    }

    fn look(&self, key: K, hash: u64) -> Range<usize> {
        let bucket = scale(hash, self.starts.len() - 1);
        let (start, end) = (self.starts[bucket] as usize, self.starts[bucket + 1] as usize);
        let mut range = start..start;
        for (at, other) in self.keys[start..end].iter().enumerate() {
            if *other == key {
                range = if range.is_empty() {
                    start + at..start + at + 1
                } else {
                    range.start..start + at + 1
                };
            }
        }
        range
    }

    /// The numbers of a range that [`Self::find`] gave.
    pub(crate) fn numbers(&self, range: Range<usize>) -> &[u32] {
        &self.numbers[range]
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        8 * self.bits.capacity()
            + 4 * (self.starts.capacity() + self.numbers.capacity())
            + size_of::<K>() * self.keys.capacity()
    }
}

/// A hash as an index below `count`, growing with it.
#[inline]
fn scale(hash: u64, count: usize) -> usize {
    ((u128::from(hash) * count as u128) >> 64) as usize
}

/// Four bits of a word, by the bits of the hash that choose no word.
#[inline]
fn mask(hash: u64) -> u64 {
    (1 << (hash & 63))
        | (1 << (hash >> 6 & 63))
        | (1 << (hash >> 12 & 63))
        | (1 << (hash >> 18 & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn finds_what_a_map_finds(entries in prop::collection::vec((0u32..200, 0u32..3), 0..300)) {
            let mut map: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
            for (key, number) in &entries {
                map.entry(*key).or_default().insert(*number);
            }
            let wide = |key: u32| u128::from(key) << 77 | 5;
            let table = Table::new(entries.clone());
            let table_wide = Table::new(entries.iter().map(|(k, n)| (wide(*k), *n)).collect());
            for key in 0..210 {
                let expected: Vec<u32> = map.get(&key).into_iter().flatten().copied().collect();
                let mut found = table.numbers(table.find(key)).to_vec();
                found.sort_unstable();
                prop_assert_eq!(&found, &expected);
                let mut found = table_wide.numbers(table_wide.find(wide(key))).to_vec();
                found.sort_unstable();
                prop_assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn the_bit_field_stops_most_of_what_is_not_there() {
        let table = Table::new((0..100_000u32).map(|n| (n, 0)).collect());
        let passed = (200_000..300_000u32)
            .filter(|key| {
                let mask = mask(key.hash());
                table.bits[scale(key.hash(), table.bits.len())] & mask == mask
            })
            .count();
        assert!(passed < 1_800, "{passed}");
    }
}
