//! The fold of all heartbeats and gaps.

use crate::{CollectorBeat, Gaps, Heartbeat, StreamBeat};
use model::Agency;
use std::collections::BTreeMap;

/// Collectors of all agencies that are remembered. Beyond it new ones are passed over and counted.
const COLLECTORS_MAX: usize = 20_000;
/// Streams of one collector that are remembered.
const STREAMS_MAX: usize = 25_000;
/// A heartbeat that is later than so many quarters of an interval is late.
const LATE_QUARTERS: i64 = 10;
/// One that is later than so many intervals is a silence.
const SILENT_INTERVALS: i64 = 10;
/// What is assumed of a collector that does not say it.
const INTERVAL_S: u32 = 30;

/// Counters of records that are lost, as a collector itself tells.
const LOSSES: &[&str] = &[
    "file_lost",
    "journal_missing",
    "netflow_kernel_drops",
    "spool_damaged",
    "spool_dropped_newest",
    "spool_dropped_oldest",
    "syslog_kernel_drops",
    "syslog_rate_dropped",
];

/// How a collector is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Its heartbeats come.
    Alive,
    /// The next one is overdue.
    Late,
    /// None has come for long: host, network or collector are down.
    Silent,
    /// It was told to end.
    Stopped,
}

/// What is known of one collector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collector {
    /// Its last heartbeat; nothing but the id where only its streams are known.
    pub beat: CollectorBeat,
    /// When Kafka got that, or the last one of a stream, ms since the epoch: no host's clock.
    pub seen_ms: i64,
    /// Its streams by name.
    pub streams: BTreeMap<String, Stream>,
}

/// What is known of one stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stream {
    /// Its last heartbeat.
    pub beat: StreamBeat,
    /// When Kafka got that.
    pub seen_ms: i64,
    /// Records whose numbers never came.
    pub missing: u64,
    /// When one was last found missing; 0: never.
    pub missing_ms: i64,
}

impl Collector {
    /// How it is at `now_ms`.
    pub fn state(&self, now_ms: i64) -> State {
        let interval_s = if self.beat.interval_s == 0 { INTERVAL_S } else { self.beat.interval_s };
        let interval_ms = i64::from(interval_s) * 1000;
        let age_ms = now_ms.saturating_sub(self.seen_ms);
        if self.beat.stopping {
            State::Stopped
        } else if age_ms > SILENT_INTERVALS * interval_ms {
            State::Silent
        } else if age_ms > LATE_QUARTERS * interval_ms / 4 {
            State::Late
        } else {
            State::Alive
        }
    }

    /// Records that it says itself are lost, since it started.
    pub fn lost(&self) -> u64 {
        LOSSES.iter().filter_map(|name| self.beat.counters.get(*name)).sum()
    }

    /// Records of its streams whose numbers never came.
    pub fn missing(&self) -> u64 {
        self.streams.values().map(|stream| stream.missing).sum()
    }
}

/// Every collector, by agency and id.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    collectors: BTreeMap<(Agency, String), Collector>,
    passed_over: u64,
}

impl Fleet {
    /// Notes a record of `agency`'s heartbeats that Kafka got at `at_ms`. One without a value, which
    /// is how a collector is taken off, makes it forgotten.
    pub fn note(&mut self, agency: &Agency, key: &[u8], value: &[u8], at_ms: i64) {
        if value.is_empty() {
            return self.forget(agency, key);
        }
        match Heartbeat::read(value) {
            Some(Heartbeat::Collector(beat)) => {
                let Some(known) = self.collector(agency, &beat.collector) else { return };
                known.seen_ms = at_ms;
                known.beat = beat;
            }
            Some(Heartbeat::Stream(beat)) => {
                let (id, name) = (beat.collector.clone(), beat.stream.clone());
                let Some(stream) = self.stream(agency, &id, name) else { return };
                (stream.beat, stream.seen_ms) = (beat, at_ms);
            }
            None => self.passed_over += 1,
        }
    }

    /// Notes what the normalizer says of a stream.
    pub fn note_gaps(&mut self, gaps: Gaps) {
        let Gaps { agency, collector, stream, missing, found_ms, .. } = gaps;
        if missing == 0 {
            return;
        }
        if let Some(stream) = self.stream(&agency, &collector, stream) {
            (stream.missing, stream.missing_ms) = (missing, found_ms);
        }
    }

    /// All collectors, by agency and id.
    pub fn collectors(&self) -> impl Iterator<Item = (&Agency, &Collector)> {
        self.collectors.iter().map(|((agency, _), collector)| (agency, collector))
    }

    /// One collector.
    pub fn get(&self, agency: &Agency, id: &str) -> Option<&Collector> {
        self.collectors.get(&(agency.clone(), id.to_owned()))
    }

    /// Records that could not be read, or of collectors and streams beyond the limits.
    pub fn passed_over(&self) -> u64 {
        self.passed_over
    }

    fn collector(&mut self, agency: &Agency, id: &str) -> Option<&mut Collector> {
        let key = (agency.clone(), id.to_owned());
        if !self.collectors.contains_key(&key) {
            if self.collectors.len() >= COLLECTORS_MAX {
                self.passed_over += 1;
                return None;
            }
            let beat = CollectorBeat { collector: id.to_owned(), ..CollectorBeat::default() };
            self.collectors.insert(key.clone(), Collector { beat, ..Collector::default() });
        }
        self.collectors.get_mut(&key)
    }

    fn stream(&mut self, agency: &Agency, id: &str, name: String) -> Option<&mut Stream> {
        let known = self.collector(agency, id)?;
        if known.streams.len() >= STREAMS_MAX && !known.streams.contains_key(&name) {
            self.passed_over += 1;
            return None;
        }
        let beat = || StreamBeat {
            collector: id.to_owned(),
            stream: name.clone(),
            ..StreamBeat::default()
        };
        let new = Stream { beat: beat(), ..Stream::default() };
        Some(
            self.collectors
                .get_mut(&(agency.clone(), id.to_owned()))?
                .streams
                .entry(name)
                .or_insert(new),
        )
    }

    fn forget(&mut self, agency: &Agency, key: &[u8]) {
        let key = String::from_utf8_lossy(key);
        let (id, stream) = match key.split_once('\t') {
            Some((id, stream)) => (id, Some(stream)),
            None => (&*key, None),
        };
        let place = (agency.clone(), id.to_owned());
        match stream {
            None => _ = self.collectors.remove(&place),
            Some(stream) => {
                if let Some(collector) = self.collectors.get_mut(&place) {
                    collector.streams.remove(stream);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn beat(at_ms: i64) -> CollectorBeat {
        CollectorBeat {
            collector: "c-1".into(),
            host: Some("web-07".into()),
            version: "0.1.0".into(),
            sent_ms: at_ms,
            interval_s: 30,
            counters: [("spool_damaged".to_owned(), 2), ("kafka_confirmed".to_owned(), 9)].into(),
            ..CollectorBeat::default()
        }
    }

    fn note(fleet: &mut Fleet, heartbeat: &Heartbeat, at_ms: i64) {
        let agency = Agency::new("mof").unwrap();
        fleet.note(&agency, heartbeat.key().as_bytes(), &heartbeat.value(), at_ms);
    }

    #[test]
    fn silence_is_told_by_kafkas_clock_and_a_stop_is_none() {
        let mof = Agency::new("mof").unwrap();
        let mut fleet = Fleet::default();
        note(&mut fleet, &Heartbeat::Collector(beat(0)), 1_000_000);
        let state = |fleet: &Fleet, after_s: i64| {
            fleet.get(&mof, "c-1").unwrap().state(1_000_000 + 1000 * after_s)
        };
        for (after_s, expected) in [
            (0, State::Alive),
            (75, State::Alive),
            (76, State::Late),
            (300, State::Late),
            (301, State::Silent),
        ] {
            assert_eq!(state(&fleet, after_s), expected, "{after_s}");
        }
        let last = CollectorBeat { stopping: true, ..beat(5) };
        note(&mut fleet, &Heartbeat::Collector(last), 1_030_000);
        assert_eq!(state(&fleet, 100_000), State::Stopped);
        note(&mut fleet, &Heartbeat::Collector(beat(6)), 1_060_000);
        assert_eq!(state(&fleet, 61), State::Alive, "it is back");
    }

    #[test]
    fn gaps_and_losses_are_counted_apart_and_a_tombstone_forgets() {
        let mof = Agency::new("mof").unwrap();
        let mut fleet = Fleet::default();
        let gaps = |agency: &str, missing| Gaps {
            agency: Agency::new(agency).unwrap(),
            collector: "c-1".into(),
            stream: "udp:a".into(),
            generation: 1,
            missing,
            found_ms: 77,
        };
        fleet.note_gaps(gaps("mof", 3));
        fleet.note_gaps(gaps("moe", 0));
        let stream = StreamBeat {
            collector: "c-1".into(),
            stream: "udp:a".into(),
            sequence: 10,
            ..StreamBeat::default()
        };
        note(&mut fleet, &Heartbeat::Stream(stream), 5);
        note(&mut fleet, &Heartbeat::Collector(beat(0)), 6);
        let known = fleet.get(&mof, "c-1").unwrap();
        assert_eq!((known.lost(), known.missing(), known.seen_ms), (2, 3, 6));
        let stream = &known.streams["udp:a"];
        assert_eq!((stream.beat.sequence, stream.missing_ms, stream.seen_ms), (10, 77, 5));
        assert_eq!(fleet.collectors().count(), 1);
        fleet.note(&mof, b"c-1\tudp:a", b"", 7);
        assert!(fleet.get(&mof, "c-1").unwrap().streams.is_empty());
        fleet.note(&mof, b"c-1", b"", 8);
        assert!(fleet.get(&mof, "c-1").is_none());
        fleet.note(&mof, b"c-1", b"no json", 9);
        assert_eq!(fleet.passed_over(), 1);
    }

    proptest! {
        #[test]
        fn a_heartbeat_comes_back(stream in ".{0,40}", sequence in any::<u64>(), at in any::<i64>()) {
            let stream = StreamBeat { stream, sequence, sent_ms: at, ..StreamBeat::default() };
            let heartbeat = Heartbeat::Stream(stream);
            prop_assert_eq!(Heartbeat::read(&heartbeat.value()), Some(heartbeat));
        }
    }
}
