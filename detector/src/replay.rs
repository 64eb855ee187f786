//! Leaves out what a restarted normalizer wrote twice.

use model::EventPlace;
use std::collections::HashMap;

/// The highest place seen of each raw partition, for each partition of `events`.
///
/// A normalizer that restarts writes again what it had not committed, after what it wrote before
/// and into the same partition. So within a partition of `events`, a place that is not above all
/// earlier ones of its raw partition was here before.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    highest: HashMap<i32, Vec<Highest>>,
}

/// A raw partition, and the highest offset and index seen of it.
#[derive(Debug)]
struct Highest {
    topic: String,
    partition: i32,
    place: (i64, u32),
}

impl Replay {
    /// Whether the event is new; if so, it is remembered.
    pub(crate) fn is_new(&mut self, partition: i32, place: &EventPlace<'_>) -> bool {
        let raw = &place.raw;
        let here = (raw.offset, place.index);
        let highest = self.highest.entry(partition).or_default();
        // Few raw partitions flow into one of `events`, so that a list is quicker than a map.
        let known = |h: &&mut Highest| h.partition == raw.partition && h.topic == raw.topic;
        match highest.iter_mut().find(known) {
            Some(last) if here <= last.place => false,
            Some(last) => {
                last.place = here;
                true
            }
            None => {
                let (topic, partition) = (raw.topic.to_owned(), raw.partition);
                highest.push(Highest { topic, partition, place: here });
                true
            }
        }
    }

    /// Forgets a partition, which another member reads on.
    pub(crate) fn forget(&mut self, partition: i32) {
        self.highest.remove(&partition);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::RawPlace;

    #[test]
    fn only_rising_places_are_new() {
        let mut replay = Replay::default();
        let mut new = |partition, topic, raw_partition, offset, index| {
            let raw = RawPlace { topic, partition: raw_partition, offset, kafka_ms: 0 };
            replay.is_new(partition, &EventPlace { raw, index, count: 2 })
        };
        for (place, expected) in [
            ((0, "raw.a", 0, 5, 0), true),
            ((0, "raw.a", 0, 5, 1), true),
            ((0, "raw.a", 0, 5, 1), false),
            ((0, "raw.a", 0, 4, 7), false),
            ((0, "raw.b", 0, 1, 0), true),
            ((0, "raw.a", 1, 1, 0), true),
            ((1, "raw.a", 0, 5, 0), true),
            ((0, "raw.a", 0, 6, 0), true),
        ] {
            let (partition, topic, raw_partition, offset, index) = place;
            assert_eq!(new(partition, topic, raw_partition, offset, index), expected, "{place:?}");
        }
        replay.forget(0);
        let raw = RawPlace { topic: "raw.a", partition: 0, offset: 6, kafka_ms: 0 };
        assert!(replay.is_new(0, &EventPlace { raw, index: 0, count: 1 }));
    }
}
