//! Which captures belong to which path.

use crate::scan::Capture;

/// No capture.
pub(super) const NONE: u32 = u32::MAX;

/// The captures of each path: the first, and from each the next.
#[derive(Debug)]
pub(super) struct Index {
    first: Vec<(u32, u32)>,
    pub(super) next: Vec<u32>,
    round: u32,
}

impl Index {
    pub(super) fn new(paths: usize) -> Self {
        Self { first: vec![(0, NONE); paths], next: Vec::new(), round: 0 }
    }

    pub(super) fn build(&mut self, captures: &[Capture]) {
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.first.fill((0, NONE));
            self.round = 1;
        }
        self.next.clear();
        self.next.resize(captures.len(), NONE);
        for (number, capture) in captures.iter().enumerate().rev() {
            let first = &mut self.first[capture.path as usize];
            if first.0 == self.round {
                self.next[number] = first.1;
            }
            *first = (self.round, number as u32);
        }
    }

    /// The first capture of the first of `places` that is present.
    #[inline]
    pub(super) fn find(&self, places: &[u32]) -> u32 {
        for place in places {
            let (round, capture) = self.first[*place as usize];
            if round == self.round {
                return capture;
            }
        }
        NONE
    }
}
