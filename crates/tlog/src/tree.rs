//! The Merkle tree, as far as its root needs it: the roots of its full subtrees.

use sha2::{Digest as _, Sha256};

/// A SHA-256 hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash of an entry.
    pub fn of_entry(entry: &[u8]) -> Self {
        Self(Sha256::new_with_prefix([0]).chain_update(entry).finalize().into())
    }

    /// The hash of two subtrees.
    fn of_pair(left: Self, right: Self) -> Self {
        let pair = Sha256::new_with_prefix([1]).chain_update(left.0).chain_update(right.0);
        Self(pair.finalize().into())
    }
}

/// The tree over the entries so far. It holds one hash for each bit that is set in their number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// Roots of the full subtrees, the largest first.
    peaks: Vec<Hash>,
}

impl Tree {
    /// The tree of so many entries with these roots of its full subtrees, the largest first, as
    /// [`Self::peaks`] gave them; `None` where the two do not belong together.
    pub fn from_peaks(size: u64, peaks: &[u8]) -> Option<Self> {
        let (hashes, rest) = peaks.as_chunks::<32>();
        let fits = rest.is_empty() && hashes.len() == size.count_ones() as usize;
        fits.then(|| Self { size, peaks: hashes.iter().copied().map(Hash).collect() })
    }

    /// The roots of the full subtrees, the largest first, one after the other.
    pub fn peaks(&self) -> Vec<u8> {
        self.peaks.iter().flat_map(|hash| hash.0).collect()
    }

    /// How many entries there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry by its hash.
    pub fn push(&mut self, entry: Hash) {
        let mut root = entry;
        // As in counting: each full subtree of the same height carries over.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                root = Hash::of_pair(left, root);
            }
        }
        self.peaks.push(root);
        self.size += 1;
    }

    /// The root of all entries; of none, the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(last) = peaks.next() else { return Hash(Sha256::digest([]).into()) };
        peaks.fold(last, |right, left| Hash::of_pair(left, right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 6962, section 2.1, word by word.
    fn plain(entries: &[Vec<u8>]) -> Hash {
        match entries {
            [] => Hash(Sha256::digest([]).into()),
            [one] => Hash::of_entry(one),
            many => {
                let half = many.len().next_power_of_two() / 2;
                let (left, right) = many.split_at(half);
                Hash::of_pair(plain(left), plain(right))
            }
        }
    }

    #[test]
    fn the_root_of_nothing_and_of_an_empty_entry_are_those_of_the_standard() {
        let hex = |hash: Hash| hash.0.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let mut tree = Tree::default();
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex(tree.root()), nothing);
        tree.push(Hash::of_entry(b""));
        let empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(hex(tree.root()), empty);
    }

    proptest! {
        #[test]
        fn the_root_is_that_of_the_plain_definition(
            entries in proptest::collection::vec(any::<Vec<u8>>(), 0..70),
        ) {
            let mut tree = Tree::default();
            for entry in &entries {
                // Kept and taken up again between any two entries.
                tree = Tree::from_peaks(tree.size(), &tree.peaks()).unwrap();
                tree.push(Hash::of_entry(entry));
            }
            prop_assert_eq!(tree.size(), entries.len() as u64);
            prop_assert_eq!(tree.root(), plain(&entries));
        }
    }

    #[test]
    fn peaks_of_another_size_are_refused() {
        let mut tree = Tree::default();
        (0..5_u8).for_each(|n| tree.push(Hash::of_entry(&[n])));
        assert!(Tree::from_peaks(5, &tree.peaks()).is_some());
        assert!(Tree::from_peaks(4, &tree.peaks()).is_none());
        assert!(Tree::from_peaks(5, &tree.peaks()[1..]).is_none());
    }
}
