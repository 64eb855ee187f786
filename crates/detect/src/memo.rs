//! A bounded memory of values seen lately and what became of them.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// How many values a memo holds: 16k held 97.8 % of the look-ups on a million events.
const SLOTS_MAX: usize = 32 * 1024;
/// How few it begins with; most fields see few values.
const SLOTS_MIN: usize = 64;
/// How many bytes the values of a memo may take, before it is emptied.
const BYTES_MAX: usize = 2 * 1024 * 1024;
/// The longest value that is remembered, in bytes: longer ones seldom come twice.
pub(crate) const VALUE_BYTES_MAX: usize = 2048;

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    hash: u64,
    start: u32,
    length: u32,
    answer: u32,
    used: bool,
}

/// Values and their answers. Values are compared byte by byte: an equal hash is not enough, since
/// a value that passes for another would be a missed match.
#[derive(Debug)]
pub(crate) struct Memo {
    slots: Vec<Slot>,
    bytes: Vec<u8>,
    used: usize,
}

/// The hash of a value of a kind.
#[inline]
pub(crate) fn hash(kind: u8, value: &[u8]) -> u64 {
    xxh3_64_with_seed(value, u64::from(kind))
}

impl Memo {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), bytes: Vec::new(), used: 0 }
    }

    /// The answer for `value`, whose hash is `hash`, if it was seen lately.
    #[inline]
    pub(crate) fn get(&self, hash: u64, kind: u8, value: &[u8]) -> Option<u32> {
        let mask = self.slots.len().wrapping_sub(1);
        let first = hash as usize & mask;
        [first, first ^ 1].into_iter().find_map(|index| {
            let slot = self.slots.get(index)?;
            let fits = slot.used && slot.hash == hash && slot.length as usize == value.len() + 1;
            let (start, length) = (slot.start as usize, slot.length as usize);
            let stored = || &self.bytes[start..start + length];
            (fits && stored()[0] == kind && &stored()[1..] == value).then_some(slot.answer)
        })
    }

    /// How much memory it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>() + self.bytes.capacity()
    }

    /// Remembers the answer for `value`, at the cost of another where there is no room.
    pub(crate) fn put(&mut self, hash: u64, kind: u8, value: &[u8], answer: u32) {
        if value.len() > VALUE_BYTES_MAX {
            return;
        }
        if self.bytes.len() + value.len() + 1 > BYTES_MAX {
            self.clear();
        }
        if self.used * 2 >= self.slots.len() && self.slots.len() < SLOTS_MAX {
            self.grow();
        }
        let start = self.bytes.len() as u32;
        self.bytes.push(kind);
        self.bytes.extend_from_slice(value);
        let length = value.len() as u32 + 1;
        self.place(Slot { hash, start, length, answer, used: true });
    }

    fn place(&mut self, slot: Slot) {
        let first = slot.hash as usize & (self.slots.len() - 1);
        let index = if self.slots[first].used { first ^ 1 } else { first };
        // Of two taken ones, the older makes room, so that what comes now is kept a while.
        let index =
            match self.slots[index].used && self.slots[first].start < self.slots[index].start {
                true => first,
                false => index,
            };
        self.used += usize::from(!self.slots[index].used);
        self.slots[index] = slot;
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(SLOTS_MIN);
        let old = std::mem::replace(&mut self.slots, vec![Slot::default(); size]);
        self.used = 0;
        for slot in old.into_iter().filter(|slot| slot.used) {
            self.place(slot);
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.slots.fill(Slot::default());
        self.bytes.clear();
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn what_it_answers_was_put(
            steps in proptest::collection::vec((0u8..2, 0u16..400, any::<u32>()), 1..600),
        ) {
            let mut memo = Memo::new();
            let mut last = HashMap::new();
            for (kind, number, answer) in steps {
                let value = number.to_string().into_bytes();
                let hash = hash(kind, &value);
                if let Some(found) = memo.get(hash, kind, &value) {
                    prop_assert_eq!(Some(&found), last.get(&(kind, number)));
                } else {
                    memo.put(hash, kind, &value, answer);
                    prop_assert_eq!(memo.get(hash, kind, &value), Some(answer));
                    last.insert((kind, number), answer);
                }
            }
        }
    }

    #[test]
    fn equal_hashes_do_not_pass_for_equal_values() {
        let mut memo = Memo::new();
        memo.put(7, 0, b"a", 1);
        assert_eq!(memo.get(7, 0, b"a"), Some(1));
        assert_eq!(memo.get(7, 0, b"b"), None);
        assert_eq!(memo.get(7, 1, b"a"), None);
        memo.put(7, 0, &[b'x'; VALUE_BYTES_MAX + 1], 2);
        assert_eq!(memo.get(7, 0, &[b'x'; VALUE_BYTES_MAX + 1]), None);
    }
}
