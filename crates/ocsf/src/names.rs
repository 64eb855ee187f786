//! Sets of names that say at once that a name is not among them.

/// A set of names, whatever the case of their letters. It may take a name for one that was added to
/// it, but never the other way round: a Bloom filter of one hash, made of the name's length and
/// three of its bytes, so that for a name that the compiler knows it is a constant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Names([u64; WORDS]);

const WORDS: usize = 4;

impl Names {
    /// The set of these names.
    pub const fn of(names: &[&str]) -> Self {
        let mut set = Self([0; WORDS]);
        let mut at = 0;
        while at < names.len() {
            let (word, bit) = place(names[at].as_bytes());
            set.0[word] |= bit;
            at += 1;
        }
        set
    }

    /// Adds a name; returns whether it may have been there.
    #[inline]
    pub fn add(&mut self, name: &str) -> bool {
        let (word, bit) = place(name.as_bytes());
        let was_there = self.0[word] & bit != 0;
        self.0[word] |= bit;
        was_there
    }

    /// Whether a name may have been added.
    #[inline]
    pub const fn may_have(&self, name: &str) -> bool {
        let (word, bit) = place(name.as_bytes());
        self.0[word] & bit != 0
    }
}

/// A name's word and the bit in it.
#[inline]
const fn place(name: &[u8]) -> (usize, u64) {
    if name.is_empty() {
        return (0, 1);
    }
    let (first, last, middle) = (name[0], name[name.len() - 1], name[name.len() / 2]);
    // Letters of either case are the same with this bit set.
    let key = u32::from_le_bytes([first | 0x20, last | 0x20, middle | 0x20, name.len() as u8]);
    // Fibonacci hashing: the highest bits depend on all others.
    let hash = key.wrapping_mul(0x9e37_79b1) >> 24;
    ((hash >> 6) as usize % WORDS, 1 << (hash & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_added_is_there_in_any_case(
            names in proptest::collection::vec("[a-zA-Z@._]{0,9}", 0..40),
        ) {
            let mut set = Names::default();
            for name in &names {
                set.add(name);
            }
            for name in &names {
                prop_assert!(set.may_have(name) && set.add(name));
                prop_assert!(set.may_have(&name.to_ascii_lowercase()));
                prop_assert!(set.may_have(&name.to_ascii_uppercase()));
            }
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            prop_assert_eq!(Names::of(&names), set);
        }
    }

    #[test]
    fn most_other_names_are_not_there() {
        const SET: Names = Names::of(&["Event", "winlog", "win", "System", "EventID"]);
        let others = ["host", "user", "src_ip", "dest_ip", "timestamp", "event_type", "proto"];
        assert!(others.iter().filter(|name| SET.may_have(name)).count() <= 1);
    }
}
