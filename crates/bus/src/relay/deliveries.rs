//! Confirmations on their way from the producer's thread to the relay's.

use crate::{Delivered, DeliveryError};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Which record of which assignment: a slot's number above, the low bits of the offset below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag(u64);

/// Offsets up to 2^48 - 1: at a million records a second in one partition, nine years.
const OFFSET_BITS: u32 = 48;

impl Tag {
    pub(super) fn new(slot: u16, offset: i64) -> Self {
        Self(u64::from(slot) << OFFSET_BITS | (offset as u64 & ((1 << OFFSET_BITS) - 1)))
    }

    /// Of a record that no offset waits for.
    pub(super) const FREE: Self = Self(u64::MAX);

    pub(super) fn get(self) -> u64 {
        self.0
    }

    pub(super) fn slot(self) -> u16 {
        (self.0 >> OFFSET_BITS) as u16
    }

    pub(super) fn offset(self) -> i64 {
        (self.0 & ((1 << OFFSET_BITS) - 1)) as i64
    }
}

/// The mailbox. Bounded by the producer's queue: nothing else can be confirmed.
#[derive(Default)]
pub(super) struct Deliveries {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    confirmed: Vec<Tag>,
    failure: Option<DeliveryError>,
    waiting: bool,
}

impl Deliveries {
    /// Called by the producer's thread for each record.
    pub(super) fn put(&self, tag: u64, outcome: Result<Delivered, DeliveryError>) {
        let mut state = self.lock();
        match outcome {
            Ok(_) => state.confirmed.push(Tag(tag)),
            Err(error) => {
                state.failure.get_or_insert(error);
            }
        }
        // Waking costs a system call, so only where somebody waits.
        if std::mem::take(&mut state.waiting) {
            self.changed.notify_one();
        }
    }

    /// Swaps what was confirmed into `tags`, which must be empty, or says what failed.
    pub(super) fn take(&self, tags: &mut Vec<Tag>) -> Result<(), DeliveryError> {
        let mut state = self.lock();
        std::mem::swap(&mut state.confirmed, tags);
        state.failure.take().map_or(Ok(()), Err)
    }

    /// Waits until something is confirmed or fails, at most `timeout`. `true` when it failed.
    pub(super) fn wait(&self, timeout: Duration) -> bool {
        let mut state = self.lock();
        state.waiting = true;
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, timeout, |state| state.waiting)
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting = false;
        state.failure.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_holds_slot_and_offset() {
        for (slot, offset) in [(0, 0), (7, 42), (u16::MAX, (1 << OFFSET_BITS) - 1)] {
            let tag = Tag(Tag::new(slot, offset).get());
            assert_eq!((tag.slot(), tag.offset()), (slot, offset));
        }
    }

    #[test]
    fn waiting_ends_with_a_delivery() {
        let deliveries = Deliveries::default();
        assert!(!deliveries.wait(Duration::from_millis(1)));
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| deliveries.wait(Duration::from_secs(60)));
            while !deliveries.lock().waiting {
                std::thread::yield_now();
            }
            deliveries.put(3, Err(DeliveryError::Purged));
            assert!(waiter.join().unwrap());
        });
        let mut tags = Vec::new();
        deliveries.put(9, Ok(Delivered { partition: 0, offset: 0 }));
        assert_eq!(deliveries.take(&mut tags), Err(DeliveryError::Purged));
        assert_eq!(tags, [Tag(9)]);
    }
}
