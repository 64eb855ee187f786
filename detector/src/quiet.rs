//! Which partitions of `events` are quiet, as Kafka tells it: nothing is on its way to them.
//!
//! Correlations wait until every partition has come far enough, so a partition without a record must
//! be known to be one that has none, and not one whose records are late: a normalizer that was cut
//! off, or whose partitions another takes over, may need half a minute. A clock cannot tell the two
//! apart. Offsets can: once the normalizers have committed all that was raw at a moment, and the
//! detectors all that was in `events` then, no event of before that moment is still to come.

use crate::Error;
use bus::admin::{committed, end_offsets, topics};
use model::topic;
use service::telemetry::chain;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Pause between two looks; alarms about quiet partitions wait for one.
const LOOK: Duration = Duration::from_millis(500);

/// What a group has done, or where topics end, by topic and partition.
type Offsets = BTreeMap<(String, i32), i64>;

/// Up to when nothing is on its way any more, by partition.
#[derive(Debug, Default)]
pub struct Quiet {
    until_ms: Mutex<HashMap<i32, i64>>,
    /// Whether anybody has asked since the last look: each look is some requests.
    is_wanted: AtomicBool,
}

impl Quiet {
    /// Up to when, in milliseconds since the epoch of the detector's clock, every raw record that
    /// belongs into `partition` has been looked at; nothing where that is not known.
    pub(crate) fn until(&self, partition: i32) -> Option<i64> {
        self.is_wanted.store(true, Ordering::Relaxed);
        self.lock().get(&partition).copied()
    }

    /// Says so for a partition.
    pub(crate) fn say(&self, partition: i32, until_ms: i64) {
        let mut known = self.lock();
        let until = known.entry(partition).or_insert(until_ms);
        *until = until_ms.max(*until);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, i64>> {
        self.until_ms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks as often as somebody asks, until `stop`. Blocks.
    pub(crate) fn watch(
        &self,
        bus: &bus::Config,
        detectors: &str,
        clock: fn() -> i64,
        stop: &dyn Fn() -> bool,
    ) {
        let (mut barriers, mut complaint) = (Barriers::default(), String::new());
        while !stop() {
            std::thread::sleep(LOOK);
            if !self.is_wanted.swap(false, Ordering::Relaxed) {
                continue;
            }
            let told = match look(bus, detectors, clock) {
                Ok(seen) => {
                    barriers.advance(seen).into_iter().for_each(|(p, until)| self.say(p, until));
                    String::new()
                }
                Err(error) => chain(&error),
            };
            if told != complaint && !told.is_empty() {
                tracing::warn!(error = told, "cannot tell quiet partitions; correlations wait");
            }
            complaint = told;
        }
    }
}

/// One look. Each is taken after the one before it.
#[derive(Debug, Default)]
struct Seen {
    at_ms: i64,
    raw_ends: Offsets,
    normalized: Offsets,
    events_ends: Offsets,
    detected: Offsets,
}

fn look(bus: &bus::Config, detectors: &str, clock: fn() -> i64) -> Result<Seen, Error> {
    let at_ms = clock();
    let known = topics(bus)?;
    let raw = known.keys().map(String::as_str).filter(|name| topic::agency_of(name).is_some());
    let raw: Vec<&str> = raw.collect();
    let of_group = |group: &str, topics: &[&str]| -> Result<Offsets, Error> {
        Ok(committed(bus, group, topics)?.into_iter().map(|(p, c)| (p, c.offset)).collect())
    };
    Ok(Seen {
        at_ms,
        raw_ends: end_offsets(bus, &raw)?,
        normalized: of_group(topic::NORMALIZERS, &raw)?,
        events_ends: end_offsets(bus, &[topic::EVENTS])?,
        detected: of_group(detectors, &[topic::EVENTS])?,
    })
}

/// A moment of which it is not known yet whether all before it has been looked at.
#[derive(Debug)]
struct Barrier {
    at_ms: i64,
    /// Where the raw partitions ended then.
    raw_ends: Offsets,
    /// Where `events` ended once the normalizers had passed these.
    events_end: Option<i64>,
}

/// One barrier for each partition of `events`.
#[derive(Debug, Default)]
struct Barriers(HashMap<i32, Barrier>);

impl Barriers {
    /// Which partitions have passed their barrier, and up to when they are quiet. Where records
    /// come without a pause that make no event, each look finds new ones: therefore a barrier stays
    /// until it is passed.
    fn advance(&mut self, seen: Seen) -> Vec<(i32, i64)> {
        let mut passed = Vec::new();
        for (of, end) in &seen.events_ends {
            let partition = &of.1;
            let barrier = self.0.entry(*partition).or_insert_with(|| Barrier {
                at_ms: seen.at_ms,
                raw_ends: of_partition(&seen.raw_ends, *partition),
                events_end: None,
            });
            if barrier.events_end.is_none() && is_past(&seen.normalized, &barrier.raw_ends) {
                barrier.events_end = Some(*end);
            }
            let Some(events_end) = barrier.events_end else { continue };
            if is_done(seen.detected.get(of), events_end) {
                passed.push((*partition, barrier.at_ms));
                self.0.remove(partition);
            }
        }
        passed
    }
}

fn of_partition(offsets: &Offsets, partition: i32) -> Offsets {
    let own = offsets.iter().filter(|((_, number), _)| *number == partition);
    own.map(|(of, end)| (of.clone(), *end)).collect()
}

/// Whether a group has done everything before these ends.
fn is_past(done: &Offsets, ends: &Offsets) -> bool {
    ends.iter().all(|(of, end)| is_done(done.get(of), *end))
}

/// Whether what a group has committed reaches `end`; of an empty partition there is nothing to do.
fn is_done(done: Option<&i64>, end: i64) -> bool {
    end == 0 || done.is_some_and(|done| *done >= end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets<const N: usize>(topic: &str, of: [(i32, i64); N]) -> Offsets {
        of.into_iter().map(|(partition, offset)| ((topic.to_owned(), partition), offset)).collect()
    }

    fn seen(
        at_ms: i64,
        raw_end: i64,
        normalized: i64,
        events_end: i64,
        detected: Option<i64>,
    ) -> Seen {
        Seen {
            at_ms,
            raw_ends: offsets("raw.mof", [(3, raw_end)]),
            normalized: offsets("raw.mof", [(3, normalized)]),
            events_ends: offsets(topic::EVENTS, [(3, events_end)]),
            detected: detected.map_or_else(Offsets::new, |at| offsets(topic::EVENTS, [(3, at)])),
        }
    }

    #[test]
    fn a_partition_is_quiet_once_all_that_was_raw_has_been_looked_at() {
        let mut barriers = Barriers::default();
        // Two raw records are not normalized yet, then their events are not looked at.
        assert_eq!(barriers.advance(seen(100, 7, 5, 50, Some(50))), []);
        assert_eq!(barriers.advance(seen(200, 9, 7, 52, Some(50))), []);
        // What came since belongs to the next barrier.
        assert_eq!(barriers.advance(seen(300, 12, 9, 54, Some(52))), [(3, 100)]);
        assert_eq!(barriers.advance(seen(400, 12, 12, 57, Some(57))), [(3, 400)]);
        assert_eq!(barriers.advance(seen(500, 12, 12, 57, Some(57))), [(3, 500)]);
    }

    #[test]
    fn nothing_is_on_its_way_to_an_empty_partition() {
        let mut barriers = Barriers::default();
        assert_eq!(barriers.advance(seen(100, 0, 0, 0, None)), [(3, 100)]);
        assert_eq!(barriers.advance(seen(200, 0, 0, 4, None)), [], "nobody looked at these");
        let raw_only = Seen { normalized: Offsets::new(), ..seen(300, 4, 0, 0, None) };
        assert_eq!(Barriers::default().advance(raw_only), [], "nobody normalized these");
    }

    #[test]
    fn what_is_known_only_rises() {
        let quiet = Quiet::default();
        assert_eq!(quiet.until(1), None);
        quiet.say(1, 20);
        quiet.say(1, 10);
        assert_eq!((quiet.until(1), quiet.until(2)), (Some(20), None));
    }
}
