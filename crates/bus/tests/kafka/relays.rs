//! The relay commits what is confirmed, replays what is not, and is stopped by no record.

use crate::{PATIENCE, make, numbers, plain, read_all, send, send_numbers, wait_until};
use bus::relay::{self, Metrics, Options, Outbox, Recall, Stage};
use bus::{Config, ConsumerOptions, Outgoing, Record, Subscription, admin};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Copies every record to `to`, `copies` times, with its topic as a header.
struct Copy<'a> {
    to: &'a str,
    copies: usize,
    panic_on: Option<&'a [u8]>,
}

impl Stage for Copy<'_> {
    fn process(&mut self, record: &Record<'_>, out: &mut dyn Outbox) {
        if self.panic_on == Some(record.value) {
            panic!("as told");
        }
        let headers = [("from", record.topic.as_bytes())];
        for _ in 0..self.copies {
            let copy =
                Outgoing { headers: &headers, ..plain(self.to, record.partition, record.value) };
            out.send(&copy).unwrap();
        }
    }

    fn panicked(&mut self, record: &Record<'_>, message: &str, out: &mut dyn Outbox) {
        assert_eq!(message, "as told");
        out.send(&plain(self.to, record.partition, b"999")).unwrap();
    }
}

fn copy(to: &str) -> Copy<'_> {
    Copy { to, copies: 1, panic_on: None }
}

fn options(config: &Config, group: &str, topic: &str) -> Options {
    let consumer = ConsumerOptions::new(group, Subscription::topic(topic));
    let mut options = Options::new(config.clone(), consumer, 2);
    options.commit_interval = Duration::from_millis(50);
    options
}

fn metrics() -> Metrics {
    Metrics::register(&prometheus::Registry::new()).unwrap()
}

/// Runs a relay until `done`, then stops it; its metrics.
fn run_until<S: Stage>(
    options: &Options,
    stage: impl Fn() -> S + Sync,
    mut done: impl FnMut(&Metrics) -> bool,
) -> Metrics {
    let metrics = metrics();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let relay = scope.spawn(|| {
            let stopped = || stop.load(Ordering::Relaxed);
            relay::run(options, &metrics, &stopped, &|_| stage())
        });
        // Stop it also when the wait fails, or the scope would wait for ever.
        struct Stop<'a>(&'a AtomicBool);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        {
            let _stop = Stop(&stop);
            wait_until("the relay's work", || done(&metrics));
        }
        relay.join().unwrap().unwrap();
    });
    metrics
}

fn committed(config: &Config, group: &str, topic: &str) -> i64 {
    let all = admin::committed(config, group, &[topic]).unwrap();
    all.get(&(topic.to_owned(), 0)).map_or(0, |committed| committed.offset)
}

#[test]
fn everything_arrives_once_and_in_order() {
    let config = make(&["in", "out"]);
    send_numbers(&config, "in", 0..5000);
    let options = options(&config, "once", "in");
    let metrics = run_until(&options, || copy("out"), |m| m.records_in.get() == 5000);
    let copies = read_all(&config, "out");
    assert_eq!(numbers(&copies), (0..5000).collect::<Vec<_>>());
    assert!(copies.iter().all(|c| c.headers == [("from".to_owned(), b"in".to_vec())]));
    assert_eq!(committed(&config, "once", "in"), 5000);
    assert_eq!((metrics.records_out.get(), metrics.restarts.get()), (5000, 0));
    assert_eq!((metrics.partitions.get(), metrics.in_flight.get()), (0, 0));
    // A second run finds nothing to do.
    send_numbers(&config, "in", 5000..5001);
    run_until(&options, || copy("out"), |m| m.records_in.get() == 1);
    assert_eq!(read_all(&config, "out").len(), 5001);
}

#[test]
fn records_that_yield_none_or_many_are_committed_alike() {
    let config = make(&["sifted-in", "sifted-out"]);
    send_numbers(&config, "sifted-in", 0..100);
    for (group, copies) in [("none", 0), ("many", 3)] {
        let options = options(&config, group, "sifted-in");
        let stage = || Copy { to: "sifted-out", copies, panic_on: None };
        run_until(&options, stage, |_| committed(&config, group, "sifted-in") == 100);
        assert_eq!(read_all(&config, "sifted-out").len(), 100 * copies);
    }
}

#[test]
fn a_poison_record_costs_itself_only() {
    let config = make(&["poison-in", "poison-out"]);
    send_numbers(&config, "poison-in", 0..10);
    let options = options(&config, "poison", "poison-in");
    let stage = || Copy { to: "poison-out", copies: 1, panic_on: Some(b"4") };
    let metrics = run_until(&options, stage, |_| committed(&config, "poison", "poison-in") == 10);
    assert_eq!(numbers(&read_all(&config, "poison-out")), [0, 1, 2, 3, 999, 5, 6, 7, 8, 9]);
    assert_eq!((metrics.panics.get(), metrics.restarts.get()), (1, 0));
}

#[test]
fn nothing_is_committed_before_it_is_confirmed() {
    // The records go to a topic that is not there yet: taken by the producer, never confirmed.
    let config = make(&["early-in"]);
    send_numbers(&config, "early-in", 0..10);
    let mut options = options(&config, "early", "early-in");
    options.drain = Duration::from_millis(200);
    run_until(&options, || copy("early-out"), |m| m.records_out.get() >= 10);
    assert_eq!(committed(&config, "early", "early-in"), 0);
    make(&["early-out"]);
    run_until(&options, || copy("early-out"), |_| committed(&config, "early", "early-in") == 10);
    assert_eq!(numbers(&read_all(&config, "early-out")), (0..10).collect::<Vec<_>>());
}

#[test]
fn a_refused_record_is_tried_again_in_order() {
    let config = make(&["refused-in"]);
    let noise: Vec<u8> =
        (0..5000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let small = bus::TopicSpec::new("refused-out", 2).with("max.message.bytes", "1000");
    admin::ensure_topics(&config, &[small]).unwrap();
    send(
        &config,
        &[
            plain("refused-in", 0, b"0"),
            plain("refused-in", 0, &noise),
            plain("refused-in", 0, b"2"),
        ],
    );
    let options = options(&config, "refused", "refused-in");
    let metrics = run_until(&options, || copy("refused-out"), |m| m.restarts.get() >= 2);
    assert!(committed(&config, "refused", "refused-in") <= 1);
    assert!(metrics.records_out.get() >= 2);
    // Whatever was tried, nothing behind the refused record got through.
    let copies: BTreeSet<_> =
        read_all(&config, "refused-out").into_iter().map(|r| r.value).collect();
    assert!(copies.iter().all(|value| value == b"0"), "{copies:?}");
}

#[test]
fn a_full_queue_slows_the_relay_down_and_loses_nothing() {
    let config = make(&["slow-in", "slow-out"]);
    send_numbers(&config, "slow-in", 0..2000);
    let mut options = options(&config, "slow", "slow-in");
    options.producer.queue_records_max = 50;
    let metrics =
        run_until(&options, || copy("slow-out"), |_| committed(&config, "slow", "slow-in") == 2000);
    assert_eq!(numbers(&read_all(&config, "slow-out")), (0..2000).collect::<Vec<_>>());
    assert!(metrics.waits.get() > 0);
    assert!(PATIENCE > options.drain);
}

/// Writes what it processed to its memory, and tells what it is shown.
struct Remember<'a>(&'a Mutex<Vec<String>>);

impl Remember<'_> {
    fn tell(&self, how: &str, record: &Record<'_>) {
        let text = format!("{how} {} {}", record.topic, String::from_utf8_lossy(record.value));
        self.0.lock().unwrap().push(text);
    }
}

impl Stage for Remember<'_> {
    fn recalls(&self) -> Option<Recall> {
        Some(Recall { topic: "memory", offsets: 2 })
    }

    fn recall(&mut self, record: &Record<'_>) {
        self.tell("recall", record);
    }

    fn process(&mut self, record: &Record<'_>, out: &mut dyn Outbox) {
        self.tell("process", record);
        out.send(&plain("memory", record.partition, record.value)).unwrap();
    }
}

#[test]
fn the_next_owner_is_shown_the_memory_and_the_last_records() {
    let config = make(&["remembered", "memory"]);
    let options = options(&config, "remember", "remembered");
    let mut told = Vec::new();
    for (from, to) in [(0, 4), (4, 5)] {
        send_numbers(&config, "remembered", from..to);
        let log = Mutex::default();
        run_until(&options, || Remember(&log), |m| m.records_in.get() == to - from);
        told.extend(log.into_inner().unwrap());
    }
    let expected = [
        ["process remembered 0", "process remembered 1"].as_slice(),
        &["process remembered 2", "process remembered 3"],
        &["recall memory 0", "recall memory 1", "recall memory 2", "recall memory 3"],
        &["recall remembered 2", "recall remembered 3", "process remembered 4"],
    ];
    assert_eq!(told, expected.concat());
}
