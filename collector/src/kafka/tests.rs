//! The real broker, and a producer that is said to have failed.

use super::*;
use crate::queue::{Queue, Received, testing};
use bus::{Consumer, ConsumerOptions, Polled, Subscription, TopicSpec};
use service::{Registry, Status};
use std::collections::BTreeSet;

const PATIENCE: Duration = Duration::from_secs(60);
const ROUNDS: usize = 3;
const RECORDS: usize = 20_000;

struct ToQueue(Arc<Queue>);

impl Confirmed for ToQueue {
    fn confirmed(&self, tag: u64) {
        self.0.confirm(tag);
    }
}

/// Every text in `topic` up to where it ends now.
fn texts(config: &bus::Config, topic: &str) -> Vec<String> {
    let end: i64 = bus::admin::end_offsets(config, &[topic]).unwrap().values().sum();
    let options = ConsumerOptions::new(&format!("read-{topic}"), Subscription::topic(topic));
    let consumer = Consumer::open(config, &options).unwrap();
    let begun = Instant::now();
    let mut texts = Vec::new();
    while (texts.len() as i64) < end {
        assert!(begun.elapsed() < PATIENCE, "{} of {end}", texts.len());
        if let Polled::Record(message) = consumer.next(LOOK).unwrap() {
            texts.push(String::from_utf8(message.record().value.to_vec()).unwrap());
        }
    }
    texts
}

#[test]
fn a_failed_producer_is_replaced_and_what_was_not_confirmed_is_sent_again() {
    let config = bus::Config::new(embedded_kafka::testing::broker().address());
    let agency = Agency::new("renewed").unwrap();
    bus::admin::ensure_topics(&config, &[TopicSpec::raw(&agency, 1)]).unwrap();
    let registry = Registry::new();
    let (_dir, queue, stream) = testing::queue("stdin");
    let metrics = KafkaMetrics::register(&registry).unwrap();
    let told = Arc::new(ToQueue(queue.clone()));
    let link = Link::open(&config, "c", &agency, None, told, metrics.clone()).unwrap();
    let (status, shutdown) = (Status::new(), Shutdown::new());
    let (part, mut sender) = (status.part("kafka"), link.sender());
    std::thread::scope(|scope| {
        scope.spawn(|| link.keep(&part, &shutdown));
        let (begun, mut origin) = (Instant::now(), String::new());
        for round in 0..ROUNDS {
            for n in round * RECORDS..(round + 1) * RECORDS {
                let text = n.to_string();
                let bytes = text.as_bytes();
                let record = Received { bytes, cut: None, sender: None, collected_ms: 0 };
                assert_eq!(queue.push(stream, &[record]), 1);
            }
            queue.flush(stream);
            // Some of it is under way by then, some confirmed, some neither.
            queue.send(&mut sender, &mut origin);
            link.health.fail(round as u64, "said so by the test");
            let done = || metrics.renewed.get() as usize > round && queue.is_empty();
            while !done() && begun.elapsed() < PATIENCE {
                queue.send(&mut sender, &mut origin);
                if sender.renewed() {
                    queue.rewind();
                }
                queue.wait(Duration::from_millis(1));
            }
        }
        shutdown.begin();
    });
    assert!(queue.is_empty(), "{:?} are not confirmed", queue.left());
    assert_eq!(metrics.renewed.get() as usize, ROUNDS);
    let texts = texts(&config, "raw.renewed");
    let numbers: BTreeSet<usize> = texts.iter().map(|text| text.parse().unwrap()).collect();
    assert!(numbers.into_iter().eq(0..ROUNDS * RECORDS));
}

#[test]
fn the_first_reason_of_a_failure_is_kept_and_a_later_epoch_has_its_own() {
    let health = Health { failed_below: AtomicU64::new(0), reason: Mutex::default() };
    assert!(!health.has_failed(0));
    health.fail(0, "first");
    health.fail(0, "what followed from it");
    assert!(health.has_failed(0) && !health.has_failed(1));
    assert_eq!(health.reason(), "first");
    health.fail(1, "second");
    assert_eq!((health.has_failed(1), health.reason().as_str()), (true, "second"));
}

#[test]
fn kafka_counts_as_silent_only_while_something_waits_for_it() {
    let mut progress = Progress::new();
    let long_ago = Instant::now() - 2 * SILENCE;
    for (confirmed, in_flight, silent) in [(5, 0, false), (5, 3, true), (6, 3, false), (6, 3, true)]
    {
        progress.since = long_ago;
        progress.look(confirmed, in_flight);
        assert_eq!(progress.since.elapsed() > SILENCE, silent, "{confirmed} {in_flight}");
    }
    assert!(progress.confirmed_since_new(7) && !progress.confirmed_since_new(5));
}
