//! Heartbeats: how far this collector and its streams have come, told every half minute.
//!
//! They go to the topic `heartbeats.<agency>` by a producer of their own: whatever becomes of them,
//! records go on. While Kafka is away none pile up.

mod board;

pub(crate) use board::{Board, Place};

use crate::kafka::Renewal;
use crate::metrics::HeartbeatMetrics;
use crate::queue::Queue;
use bus::{Outgoing, Producer, ProducerOptions};
use fleet::{CollectorBeat, Counters, Heartbeat, StreamBeat};
use model::{Agency, topic};
use service::{Registry, Shutdown};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long inputs have to write their places on the board; they look every second.
const GATHER: Duration = Duration::from_millis(1500);
/// How often the shutdown is looked for.
const LOOK: Duration = Duration::from_millis(200);
/// A stream that stands still is told of with every so many heartbeats.
const REPEAT_BEATS: u64 = 20;
/// How long the last heartbeat may take at the shutdown.
const LAST: Duration = Duration::from_secs(2);
/// Heartbeats at the producer at a time: all streams of a large host.
const QUEUE_RECORDS_MAX: usize = 32_768;
/// Their bytes.
const QUEUE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The counters that a heartbeat holds, by their names without prefix and `_total`.
const COUNTED: &[&str] = &[
    "file_lost",
    "file_lost_bytes",
    "journal_missing",
    "kafka_confirmed",
    "kafka_refused",
    "netflow_given_up",
    "netflow_kernel_drops",
    "spool_damaged",
    "spool_dropped_newest",
    "spool_dropped_oldest",
    "syslog_kernel_drops",
    "syslog_rate_dropped",
];

/// Who tells, of what, how often.
pub(crate) struct Heart {
    pub(crate) bus: bus::Config,
    pub(crate) agency: Agency,
    pub(crate) collector: Arc<str>,
    pub(crate) host: Option<Arc<str>>,
    pub(crate) interval: Duration,
    pub(crate) board: Arc<Board>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) registry: Registry,
    pub(crate) metrics: HeartbeatMetrics,
    /// Now, in ms since the epoch.
    pub(crate) clock: fn() -> i64,
}

impl Heart {
    /// Tells until the shutdown, and then that it stops; on a thread of its own.
    pub(crate) fn run(self, shutdown: &Shutdown) {
        let mut voice = Voice::new(&self);
        let mut memory = Memory::default();
        let started_ms = (self.clock)();
        let mut beats = 0;
        let mut next = Instant::now();
        while !shutdown.has_begun() {
            self.board.ask();
            pause(GATHER, shutdown);
            if shutdown.has_begun() {
                break;
            }
            if voice.has_failed() {
                // What was told may not have arrived: all of it is told again.
                memory = Memory::default();
            }
            if !voice.is_busy() {
                let (now_ms, places) = ((self.clock)(), self.places());
                let beat = self.beat(started_ms, now_ms, &places, false);
                let all = beats % REPEAT_BEATS == 0;
                let streams = memory.changed(&self.collector, places, now_ms, all);
                let mut said = vec![Heartbeat::Collector(beat)];
                said.extend(streams.map(Heartbeat::Stream));
                voice.say(&self, &said);
                beats += 1;
            }
            next += self.interval;
            pause(next.saturating_duration_since(Instant::now()), shutdown);
        }
        let places = self.places();
        let last = self.beat(started_ms, (self.clock)(), &places, true);
        voice.say(&self, &[Heartbeat::Collector(last)]);
        voice.finish();
    }

    fn places(&self) -> Vec<Place> {
        let mut places = self.board.read();
        places.extend(self.queue.places());
        places
    }

    fn beat(
        &self,
        started_ms: i64,
        now_ms: i64,
        places: &[Place],
        stopping: bool,
    ) -> CollectorBeat {
        let spool = self.queue.level();
        CollectorBeat {
            collector: self.collector.to_string(),
            host: self.host.as_deref().map(ToOwned::to_owned),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_ms,
            sent_ms: now_ms,
            interval_s: u32::try_from(self.interval.as_secs()).unwrap_or(u32::MAX),
            stopping,
            streams: places.len() as u64,
            spool_records: spool.0,
            spool_bytes: spool.1,
            counters: counters(&self.registry),
        }
    }
}

fn counters(registry: &Registry) -> Counters {
    let families = registry.gather();
    let one = |family: &prometheus::proto::MetricFamily| {
        let name = family.name().strip_prefix("prohori_collector_")?.strip_suffix("_total")?;
        let sum: f64 =
            family.get_metric().iter().map(|metric| metric.get_counter().get_value()).sum();
        COUNTED.contains(&name).then(|| (name.to_owned(), sum as u64))
    };
    families.iter().filter_map(one).collect()
}

/// What was told of each stream last, and when its number last moved.
#[derive(Default)]
struct Memory(HashMap<String, (Place, i64)>);

impl Memory {
    /// The heartbeats of the streams that are elsewhere than was told, or of `all`.
    fn changed<'a>(
        &'a mut self,
        collector: &'a str,
        places: Vec<Place>,
        now_ms: i64,
        all: bool,
    ) -> impl Iterator<Item = StreamBeat> + 'a {
        places.into_iter().filter_map(move |place| {
            let known = self.0.get(&place.stream);
            let number = |place: &Place| (place.generation, place.sequence);
            let stands = known.filter(|(told, _)| number(told) == number(&place));
            let moved_ms = stands.map_or(now_ms, |(_, moved_ms)| *moved_ms);
            let tell = all || known.is_none_or(|(told, _)| *told != place);
            if tell {
                self.0.insert(place.stream.clone(), (place.clone(), moved_ms));
            }
            tell.then(|| StreamBeat {
                collector: collector.to_owned(),
                stream: place.stream,
                generation: place.generation,
                sequence: place.sequence,
                offset: place.offset,
                waiting_records: place.waiting_records,
                waiting_bytes: place.waiting_bytes,
                sent_ms: now_ms,
                moved_ms,
            })
        })
    }
}

/// The producer of heartbeats, opened anew after a failure or when certificates were renewed.
struct Voice {
    topic: String,
    producer: Option<Producer>,
    failed: Arc<AtomicBool>,
    /// The failure was logged.
    warned: bool,
    renewal: Renewal,
}

impl Voice {
    fn new(heart: &Heart) -> Self {
        let topic = topic::heartbeats(&heart.agency);
        let renewal = Renewal::new(&heart.bus);
        Self { topic, producer: None, failed: Arc::default(), warned: false, renewal }
    }

    /// Whether heartbeats were refused since the last were handed over.
    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Whether the last heartbeats are still under way: then there is no use in others.
    fn is_busy(&self) -> bool {
        let under_way = self.producer.as_ref().is_some_and(|producer| producer.in_flight() > 0);
        under_way && !self.has_failed()
    }

    /// Hands heartbeats over.
    fn say(&mut self, heart: &Heart, heartbeats: &[Heartbeat]) {
        let failed = self.failed.swap(false, Ordering::Relaxed);
        if failed || self.renewal.is_due(&heart.bus, Instant::now()) {
            self.producer = None;
        }
        if failed {
            heart.metrics.failed.inc();
            if !std::mem::replace(&mut self.warned, true) {
                tracing::warn!(
                    topic = self.topic,
                    "heartbeats are refused: have the SOC make the topic and allow this collector to \
                     write to it; records are not concerned"
                );
            }
        }
        if self.producer.is_none() {
            self.producer = self.open(heart);
        }
        let Some(producer) = &self.producer else { return };
        for heartbeat in heartbeats {
            let (key, value) = (heartbeat.key(), heartbeat.value());
            let (topic, key) = (&*self.topic, Some(key.as_bytes()));
            let record = Outgoing { topic, partition: None, key, value: &value, headers: &[] };
            if producer.try_send(&record, 0).is_err() {
                // Full, or failed, of which a delivery tells: the next heartbeat says it again.
                break;
            }
        }
    }

    fn open(&mut self, heart: &Heart) -> Option<Producer> {
        let options = ProducerOptions {
            client_id: format!("prohori-collector-{}-heartbeats", heart.collector),
            queue_records_max: QUEUE_RECORDS_MAX,
            queue_bytes_max: QUEUE_BYTES_MAX,
            ..ProducerOptions::default()
        };
        self.renewal = Renewal::new(&heart.bus);
        let (failed, sent) = (self.failed.clone(), heart.metrics.sent.clone());
        let told = move |_, delivered: Result<bus::Delivered, bus::DeliveryError>| match delivered {
            Ok(_) => sent.inc(),
            Err(bus::DeliveryError::Purged) => {}
            Err(_) => failed.store(true, Ordering::Relaxed),
        };
        match Producer::open(&heart.bus, &options, told) {
            Ok(producer) => Some(producer),
            Err(error) => {
                let error = service::telemetry::chain(&error);
                tracing::warn!(error, "cannot open a producer for heartbeats");
                None
            }
        }
    }

    fn finish(self) {
        if let Some(producer) = self.producer
            && let Err(error) = producer.flush(LAST)
        {
            tracing::debug!(%error, "the last heartbeat is not confirmed");
        }
    }
}

fn pause(wait: Duration, shutdown: &Shutdown) {
    let until = Instant::now() + wait;
    while !shutdown.has_begun() && Instant::now() < until {
        std::thread::sleep(LOOK.min(until.saturating_duration_since(Instant::now())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(stream: &str, sequence: u64) -> Place {
        Place { stream: stream.into(), sequence, ..Place::default() }
    }

    #[test]
    fn only_streams_that_moved_are_told_of_until_all_are() {
        let mut memory = Memory::default();
        let mut told = |places: &[(&str, u64)], now_ms, all| -> Vec<(String, u64, i64)> {
            let places = places.iter().map(|(stream, sequence)| place(stream, *sequence)).collect();
            let beats = memory.changed("c", places, now_ms, all);
            beats.map(|beat| (beat.stream, beat.sequence, beat.moved_ms)).collect()
        };
        let named = |name: &str, sequence, moved| (name.to_owned(), sequence, moved);
        assert_eq!(told(&[("a", 1), ("b", 1)], 10, false).len(), 2, "new ones are told of");
        assert_eq!(told(&[("a", 1), ("b", 2)], 20, false), [named("b", 2, 20)]);
        assert_eq!(told(&[("a", 1), ("b", 2)], 30, false), []);
        let all = [named("a", 1, 10), named("b", 2, 20)];
        assert_eq!(told(&[("a", 1), ("b", 2)], 40, true), all);
    }

    #[test]
    fn every_counter_of_a_heartbeat_is_a_metric() {
        use crate::metrics::{FileMetrics, JournalMetrics, KafkaMetrics, NetflowMetrics};
        use crate::metrics::{QueueMetrics, SyslogMetrics};
        let registry = Registry::new();
        FileMetrics::register(&registry).unwrap();
        QueueMetrics::register(&registry).unwrap();
        KafkaMetrics::register(&registry).unwrap().confirmed.inc_by(7);
        SyslogMetrics::register(&registry).unwrap();
        NetflowMetrics::register(&registry).unwrap();
        JournalMetrics::register(&registry).unwrap();
        let counters = counters(&registry);
        assert!(counters.keys().map(String::as_str).eq(COUNTED.iter().copied()), "{counters:?}");
        assert_eq!(counters["kafka_confirmed"], 7);
    }
}
