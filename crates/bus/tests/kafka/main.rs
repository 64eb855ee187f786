//! The bus against a real broker, one for all tests here; each has topics and groups of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod consume;
mod produce;
mod relays;
mod topics;

use bus::{
    Config, Consumer, ConsumerOptions, DeliveryError, Outgoing, OwnedRecord, Polled, Producer,
    ProducerOptions, Subscription, TopicSpec, admin,
};
use embedded_kafka::testing;
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

fn config() -> Config {
    Config::new(testing::broker().address())
}

/// Makes `topics` with two partitions each.
fn make(topics: &[&str]) -> Config {
    let config = config();
    let specs: Vec<_> = topics.iter().map(|topic| TopicSpec::new(*topic, 2)).collect();
    admin::ensure_topics(&config, &specs).unwrap();
    config
}

fn plain<'a>(topic: &'a str, partition: i32, value: &'a [u8]) -> Outgoing<'a> {
    Outgoing { topic, partition: Some(partition), key: None, value, headers: &[] }
}

/// Sends and waits until all are confirmed.
fn send(config: &Config, records: &[Outgoing<'_>]) {
    let on_delivery = |_, outcome: Result<_, DeliveryError>| _ = outcome.unwrap();
    let producer = Producer::open(config, &ProducerOptions::default(), on_delivery).unwrap();
    for record in records {
        producer.try_send(record, 0).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
}

/// Numbers `range` as values, to partition 0.
fn send_numbers(config: &Config, topic: &str, range: std::ops::Range<u64>) {
    let values: Vec<_> = range.map(|n| n.to_string()).collect();
    let records: Vec<_> = values.iter().map(|v| plain(topic, 0, v.as_bytes())).collect();
    send(config, &records);
}

fn open(config: &Config, group: &str, topic: &str) -> Consumer {
    Consumer::open(config, &ConsumerOptions::new(group, Subscription::topic(topic))).unwrap()
}

/// Reads until there are `count`, without committing.
fn read(consumer: &Consumer, count: usize) -> Vec<OwnedRecord> {
    let begun = Instant::now();
    let mut records = Vec::new();
    while records.len() < count {
        assert!(begun.elapsed() < PATIENCE, "{} of {count} records", records.len());
        if let Polled::Record(message) = consumer.next(POLL).unwrap() {
            records.push(message.record().to_owned());
        }
    }
    records
}

/// Everything in `topic`, by a group of its own.
fn read_all(config: &Config, topic: &str) -> Vec<OwnedRecord> {
    let count: i64 = admin::end_offsets(config, &[topic]).unwrap().values().sum();
    let group = format!("all-of-{topic}-{count}");
    read(&open(config, &group, topic), count.try_into().unwrap())
}

fn numbers(records: &[OwnedRecord]) -> Vec<u64> {
    records.iter().map(|r| std::str::from_utf8(&r.value).unwrap().parse().unwrap()).collect()
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}
