//! Kills: of the process that relays, and of the broker while it is written to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use bus::relay::{self, Metrics, Options, Outbox, Stage};
use bus::{
    Config, Consumer, ConsumerOptions, Outgoing, Polled, Producer, ProducerOptions, Record,
    SendError, Subscription, TopicSpec, admin,
};
use embedded_kafka::{Broker, testing};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);

fn record<'a>(topic: &'a str, value: &'a [u8]) -> Outgoing<'a> {
    Outgoing { topic, partition: Some(0), key: None, value, headers: &[] }
}

/// Sends numbers from `range` as fast as the queue takes them, until `enough`.
fn send_numbers(
    producer: &Producer,
    topic: &str,
    range: impl Iterator<Item = u64>,
    enough: impl Fn() -> bool,
) -> u64 {
    let mut sent = 0;
    for number in range {
        let value = number.to_string();
        while producer.try_send(&record(topic, value.as_bytes()), number)
            == Err(SendError::QueueFull)
        {
            std::thread::yield_now();
        }
        sent = number + 1;
        if enough() {
            break;
        }
    }
    sent
}

/// All numbers in partition 0 of `topic`, in order.
fn read_numbers(config: &Config, topic: &str) -> Vec<u64> {
    let end = admin::end_offsets(config, &[topic]).unwrap()[&(topic.to_owned(), 0)];
    let options = ConsumerOptions::new(&format!("read-{topic}-{end}"), Subscription::topic(topic));
    let consumer = Consumer::open(config, &options).unwrap();
    let begun = Instant::now();
    let mut numbers = Vec::new();
    let mut next = 0;
    while next < end {
        assert!(begun.elapsed() < PATIENCE, "read up to {next} of {end}");
        if let Polled::Record(message) = consumer.next(POLL).unwrap() {
            let record = message.record();
            numbers.push(std::str::from_utf8(record.value).unwrap().parse().unwrap());
            next = record.offset + 1;
        }
    }
    numbers
}

#[test]
fn a_broker_killed_midway_loses_nothing_and_doubles_nothing() {
    let broker_config = embedded_kafka::Config::new(testing::raw_config("killed")).unwrap();
    let broker = Broker::start(&broker_config).unwrap();
    let config = Config::new(broker.address());
    admin::ensure_topics(&config, &[TopicSpec::new("written", 1)]).unwrap();

    let confirmed: Arc<Mutex<BTreeMap<u64, i64>>> = Arc::default();
    let count = Arc::new(AtomicU64::new(0));
    let (list, counter) = (confirmed.clone(), count.clone());
    let producer = Producer::open(&config, &ProducerOptions::default(), move |tag, outcome| {
        list.lock().unwrap().insert(tag, outcome.unwrap().offset);
        counter.fetch_add(1, Ordering::Relaxed);
    })
    .unwrap();

    let enough = || count.load(Ordering::Relaxed) >= 20_000;
    let sent = send_numbers(&producer, "written", 0.., enough);
    broker.kill().unwrap();
    assert!(producer.in_flight() > 0, "the kill came midway");
    let broker = Broker::start(&broker_config).unwrap();
    let sent = send_numbers(&producer, "written", sent..sent + 20_000, || false);
    producer.flush(PATIENCE).unwrap();
    assert!(producer.failure().is_none());

    assert_eq!(confirmed.lock().unwrap().len() as u64, sent);
    let numbers = read_numbers(&config, "written");
    assert!(numbers.iter().copied().eq(0..sent), "{} of {sent}", numbers.len());
    drop(broker);
}

/// Copies to the topic it names.
struct Copy(String);

impl Stage for Copy {
    fn process(&mut self, input: &Record<'_>, out: &mut dyn Outbox) {
        out.send(&record(&self.0, input.value)).unwrap();
    }
}

/// Set in the copies of this process that play a relay: brokers, group, topics.
const RELAY: &str = "PROHORI_TEST_RELAY";

/// Runs a relay for ever where this process is such a copy.
fn play_relay() {
    let Ok(parts) = std::env::var(RELAY) else { return };
    let mut parts = parts.split(' ');
    let mut part = || parts.next().unwrap().to_owned();
    let (brokers, group, from, to) = (part(), part(), part(), part());
    let consumer = ConsumerOptions::new(&group, Subscription::topic(&from));
    let options = Options::new(Config::new(brokers), consumer, 1);
    let metrics = Metrics::register(&prometheus::Registry::new()).unwrap();
    relay::run(&options, &metrics, &|| false, &|_| Copy(to.clone())).unwrap();
}

/// A topic of numbers, an empty one, and a group that copies from the one to the other.
struct Job {
    config: Config,
    group: &'static str,
    from: String,
    to: String,
    records: u64,
}

impl Job {
    fn new(group: &'static str, records: u64) -> Self {
        let config = Config::new(testing::broker().address());
        let (from, to) = (format!("{group}-in"), format!("{group}-out"));
        let topics = [TopicSpec::new(&from, 1), TopicSpec::new(&to, 1)];
        admin::ensure_topics(&config, &topics).unwrap();
        let options = ProducerOptions::default();
        let producer =
            Producer::open(&config, &options, |_, outcome| _ = outcome.unwrap()).unwrap();
        send_numbers(&producer, &from, 0..records, || false);
        producer.flush(PATIENCE).unwrap();
        Self { config, group, from, to, records }
    }

    /// This process again, playing the relay; `test` must begin with [`play_relay`].
    fn relay(&self, test: &str) -> Relay {
        let parts = [&self.config.brokers, self.group, &self.from, &self.to].join(" ");
        let mut command = Command::new(std::env::current_exe().unwrap());
        Relay(command.args(["--exact", test]).env(RELAY, parts).spawn().unwrap())
    }

    fn written(&self) -> i64 {
        admin::end_offsets(&self.config, &[&self.to]).unwrap()[&(self.to.clone(), 0)]
    }

    fn committed(&self) -> i64 {
        let all = admin::committed(&self.config, self.group, &[&self.from]).unwrap();
        all.values().next().map_or(0, |committed| committed.offset)
    }

    fn done(&self) -> bool {
        self.committed() == self.records as i64
    }

    fn wait_until(&self, what: &str, done: impl Fn() -> bool) {
        let begun = Instant::now();
        while !done() {
            let (written, committed) = (self.written(), self.committed());
            assert!(begun.elapsed() < PATIENCE, "{what}: {written} written, {committed} committed");
        }
    }

    /// First appearances come in order without a gap, which is what consumers rely on; how many
    /// records came again.
    fn check(&self) -> u64 {
        let numbers = read_numbers(&self.config, &self.to);
        let mut next = 0;
        for number in &numbers {
            assert!(*number <= next, "{number} before {next}");
            next = next.max(number + 1);
        }
        assert_eq!(next, self.records);
        numbers.len() as u64 - self.records
    }
}

/// A relay in a process of its own, killed at the end whatever happens.
struct Relay(Child);

impl Relay {
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_killed_relay_loses_nothing_and_repeats_a_bounded_stretch() {
    play_relay();
    let job = Job::new("killed", 150_000);
    let mut kills = 0;
    while !job.done() {
        let relay = job.relay("a_killed_relay_loses_nothing_and_repeats_a_bounded_stretch");
        // The first is killed right after its first records, the second a little later, and so on.
        let until = job.written() + 1 + 20_000 * kills;
        job.wait_until("some work", || job.written() >= until || job.done());
        drop(relay);
        kills += 1;
    }
    let repeated = job.check();
    eprintln!("{kills} kills, {repeated} of {} records repeated", job.records);
    // The last one found all done; how many came midway depends on how busy the machine is.
    assert!(kills >= 2, "{kills} kills");
    // Each kill repeats at most what the queue holds and what a quarter of a second commits.
    assert!(repeated < kills as u64 * 150_000, "{repeated} repeated by {kills} kills");
}

#[test]
fn a_relay_that_was_frozen_and_wakes_spoils_nothing() {
    play_relay();
    let test = "a_relay_that_was_frozen_and_wakes_spoils_nothing";
    let job = Job::new("frozen", 100_000);
    let frozen = job.relay(test);
    job.wait_until("first records", || job.written() > 0);
    frozen.signal(Signal::STOP);
    // The group gives its partition to another once the frozen one's session ends.
    let other = job.relay(test);
    job.wait_until("all of it", || job.done());
    let before = job.written();
    frozen.signal(Signal::CONT);
    drop(other);
    // Awake again and alone, it must go on at the end and not where it was.
    let options = ProducerOptions::default();
    let producer =
        Producer::open(&job.config, &options, |_, outcome| _ = outcome.unwrap()).unwrap();
    let job = Job { records: job.records + 1, ..job };
    send_numbers(&producer, &job.from, job.records - 1..job.records, || false);
    producer.flush(PATIENCE).unwrap();
    job.wait_until("the last record", || job.done());
    eprintln!("{before} written before it woke, {} after; {} repeated", job.written(), job.check());
    drop(frozen);
}
