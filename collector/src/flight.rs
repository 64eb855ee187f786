//! What is under way to Kafka, and up to where a stream is confirmed.

use std::collections::VecDeque;

/// How far a generation of a stream has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// Offset of the first byte of the next record.
    pub(crate) offset: u64,
    /// Number of the next record.
    pub(crate) sequence: u64,
}

/// The records of one generation that were sent and are not all confirmed.
///
/// Records are numbered as they are sent; the numbers go on over rewinds, so that what comes in
/// for a record sent before one is recognised as old. Confirmations may come in any order; the
/// position moves only over records that are confirmed together with all before them.
#[derive(Debug)]
pub(crate) struct Flight {
    /// Number of the front of `open`.
    first: u64,
    /// For each record the offset behind it, shifted left by one; the low bit: it is confirmed.
    open: VecDeque<u64>,
    confirmed: Position,
}

/// A ring that grew beyond this is given back when it is empty: a file that was busy once should
/// not hold its memory for ever.
const KEPT_CAPACITY_MAX: usize = 64;

impl Flight {
    /// Nothing under way from `position` on; the next record's number is `first`.
    pub(crate) fn new(position: Position, first: u64) -> Self {
        Self { first, open: VecDeque::new(), confirmed: position }
    }

    /// The number that the next record sent will have.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.open.len() as u64
    }

    /// Notes a record as sent that ends at `end`.
    #[inline]
    pub(crate) fn begin(&mut self, end: u64) {
        self.open.push_back(end << 1);
    }

    /// Whether `number` is one of these records.
    pub(crate) fn holds(&self, number: u64) -> bool {
        (self.first..self.next()).contains(&number)
    }

    /// Notes record `number` as confirmed. Numbers that are not under way are passed over.
    #[inline]
    pub(crate) fn confirm(&mut self, number: u64) {
        let Some(index) = number.checked_sub(self.first) else { return };
        let Some(entry) = self.open.get_mut(index as usize) else { return };
        *entry |= 1;
        while let Some(end) = self.open.front().filter(|entry| **entry & 1 == 1) {
            self.confirmed.offset = end >> 1;
            self.confirmed.sequence += 1;
            self.first += 1;
            self.open.pop_front();
        }
        if self.open.is_empty() && self.open.capacity() > KEPT_CAPACITY_MAX {
            self.open = VecDeque::new();
        }
    }

    /// Up to where everything is confirmed.
    pub(crate) fn confirmed(&self) -> Position {
        self.confirmed
    }

    /// How many records are under way or wait for one before them.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Forgets what is under way: it will be read and sent again from [`Self::confirmed`] on.
    pub(crate) fn rewind(&mut self) {
        self.first = self.next();
        self.open.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Position = Position { offset: 100, sequence: 7 };

    #[test]
    fn the_position_waits_for_the_first() {
        let mut flight = Flight::new(START, 40);
        for end in [110, 125, 130] {
            flight.begin(end);
        }
        flight.confirm(42);
        flight.confirm(41);
        assert_eq!((flight.confirmed(), flight.len()), (START, 3));
        flight.confirm(40);
        assert_eq!(flight.confirmed(), Position { offset: 130, sequence: 10 });
        assert_eq!((flight.len(), flight.next()), (0, 43));
    }

    #[test]
    fn confirmations_from_before_a_rewind_are_old() {
        let mut flight = Flight::new(START, 0);
        flight.begin(110);
        flight.begin(120);
        flight.confirm(0);
        flight.rewind();
        assert_eq!(flight.confirmed(), Position { offset: 110, sequence: 8 });
        flight.begin(120);
        flight.confirm(1);
        assert_eq!(flight.confirmed().offset, 110);
        assert!(flight.holds(2) && !flight.holds(1));
        flight.confirm(2);
        assert_eq!(flight.confirmed(), Position { offset: 120, sequence: 9 });
    }

    proptest! {
        #[test]
        fn agrees_with_a_list_of_flags(
            steps in prop::collection::vec((any::<bool>(), 0u64..60), 0..200),
        ) {
            let mut flight = Flight::new(START, 0);
            let mut flags: Vec<bool> = Vec::new();
            for (begin, number) in steps {
                if begin {
                    flags.push(false);
                    flight.begin(START.offset + 10 * flags.len() as u64);
                } else {
                    flight.confirm(number);
                    if let Some(flag) = flags.get_mut(number as usize) {
                        *flag = true;
                    }
                }
                let done = flags.iter().take_while(|flag| **flag).count() as u64;
                let offset = START.offset + 10 * done;
                let position = Position { offset, sequence: START.sequence + done };
                prop_assert_eq!(flight.confirmed(), position);
                prop_assert_eq!(flight.len() as u64, flags.len() as u64 - done);
            }
        }
    }
}
