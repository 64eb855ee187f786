//! The partitions that a relay thread reads, each with its watermark.

use super::deliveries::Tag;
use crate::{Partition, Watermark};

/// One assignment of one partition. Its number is not that of an earlier assignment, so that a
/// late confirmation cannot be taken for one of records that were read anew.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) number: u16,
    pub(super) partition: Partition,
    pub(super) watermark: Watermark,
    /// Records before this offset were processed by an earlier owner.
    pub(super) begins: i64,
    /// The offset of the last commit begun.
    sent: Option<i64>,
}

#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    next: u16,
    /// Where the last record's slot was: records come in runs of one partition.
    last: usize,
}

impl Slots {
    /// A partition of which records before `begins` were processed before.
    pub(super) fn add(&mut self, partition: Partition, begins: i64) {
        self.remove(std::slice::from_ref(&partition));
        let number = self.new_number();
        self.slots.push(Slot {
            number,
            partition,
            watermark: Watermark::new(),
            begins,
            sent: None,
        });
    }

    pub(super) fn remove(&mut self, partitions: &[Partition]) {
        self.slots.retain(|slot| !partitions.contains(&slot.partition));
    }

    pub(super) fn find(&mut self, topic: &str, partition: i32) -> Option<&mut Slot> {
        let is =
            |slot: &Slot| slot.partition.partition == partition && slot.partition.topic == topic;
        if !self.slots.get(self.last).is_some_and(is) {
            self.last = self.slots.iter().position(is)?;
        }
        self.slots.get_mut(self.last)
    }

    /// Forgets what is in flight in a partition whose offsets began anew.
    pub(super) fn restart(&mut self, topic: &str, partition: i32) {
        let number = self.new_number();
        if let Some(slot) = self.find(topic, partition) {
            slot.number = number;
            slot.watermark = Watermark::new();
            slot.begins = 0;
            slot.sent = None;
        }
    }

    pub(super) fn confirm(&mut self, tag: Tag) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.number == tag.slot()) {
            slot.watermark.confirm(tag.offset());
        }
    }

    /// What has become committable since the last call, of all partitions or of `only` these.
    pub(super) fn commits(&mut self, only: Option<&[Partition]>) -> Vec<(Partition, i64)> {
        let wanted = |slot: &&mut Slot| only.is_none_or(|only| only.contains(&slot.partition));
        let mut commits = Vec::new();
        for slot in self.slots.iter_mut().filter(wanted) {
            let offset = slot.watermark.committable();
            if let Some(offset) = offset.filter(|_| offset != slot.sent) {
                slot.sent = Some(offset);
                commits.push((slot.partition.clone(), offset));
            }
        }
        commits
    }

    /// Makes [`Self::commits`] give everything again, after a commit was refused.
    pub(super) fn commit_again(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.sent = None);
    }

    pub(super) fn in_flight(&self) -> usize {
        self.slots.iter().map(|slot| slot.watermark.in_flight()).sum()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    fn new_number(&mut self) -> u16 {
        // The last number is [`Tag::FREE`]'s.
        while self.next == u16::MAX || self.slots.iter().any(|slot| slot.number == self.next) {
            self.next = self.next.wrapping_add(1);
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_follow_confirmations_and_are_given_once() {
        let mut slots = Slots::default();
        let (a, b) = (Partition::new("raw.a", 0), Partition::new("raw.b", 0));
        slots.add(a.clone(), 0);
        slots.add(b.clone(), 0);
        let number = slots.find("raw.a", 0).unwrap().number;
        slots.find("raw.a", 0).unwrap().watermark.begin(4);
        slots.find("raw.b", 0).unwrap().watermark.begin(7);
        assert_eq!((slots.commits(None), slots.in_flight()), (vec![], 2));
        slots.confirm(Tag::new(number, 4));
        assert_eq!(slots.commits(Some(std::slice::from_ref(&b))), []);
        assert_eq!(slots.commits(None), [(a.clone(), 5)]);
        assert_eq!(slots.commits(None), []);
        slots.commit_again();
        assert_eq!(slots.commits(None), [(a, 5)]);
    }

    #[test]
    fn a_late_confirmation_does_not_reach_the_next_assignment() {
        let mut slots = Slots::default();
        let p = Partition::new("raw.a", 0);
        slots.add(p.clone(), 0);
        let old = slots.find("raw.a", 0).unwrap().number;
        for again in
            [Slots::restart as fn(&mut Slots, &str, i32), |s, t, p| s.add(Partition::new(t, p), 0)]
        {
            again(&mut slots, "raw.a", 0);
            slots.find("raw.a", 0).unwrap().watermark.begin(0);
            slots.confirm(Tag::new(old, 0));
            assert_eq!(slots.commits(None), []);
            assert_eq!(slots.len(), 1);
        }
        slots.remove(&[p]);
        assert!(slots.find("raw.a", 0).is_none());
    }
}
