//! Sets of tests that hold together, each known by a small number.

use std::collections::HashMap;

/// How many sets are known before the session forgets what it knows. Real fields have some
/// thousands; a million are about 100 MB.
pub(crate) const SETS_MAX: usize = 500_000;
/// The empty set.
pub(crate) const EMPTY: u32 = 0;

/// Interned sets of test numbers.
#[derive(Debug)]
pub(crate) struct Sets {
    sets: Vec<Box<[u32]>>,
    index: HashMap<Box<[u32]>, u32>,
}

impl Sets {
    pub(crate) fn new() -> Self {
        let empty: Box<[u32]> = Box::default();
        Self { sets: vec![empty.clone()], index: HashMap::from([(empty, EMPTY)]) }
    }

    /// The number of the set of `tests`, which is sorted on the way.
    pub(crate) fn number(&mut self, tests: &mut Vec<u32>) -> u32 {
        tests.sort_unstable();
        tests.dedup();
        if let Some(number) = self.index.get(tests.as_slice()) {
            return *number;
        }
        let number = self.sets.len() as u32;
        let set: Box<[u32]> = tests.as_slice().into();
        self.sets.push(set.clone());
        self.index.insert(set, number);
        number
    }

    /// The tests of a set, in order.
    pub(crate) fn tests(&self, number: u32) -> &[u32] {
        &self.sets[number as usize]
    }

    /// Whether there are too many.
    pub(crate) fn full(&self) -> bool {
        self.sets.len() > SETS_MAX
    }
}
