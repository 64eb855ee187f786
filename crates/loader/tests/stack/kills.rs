//! `kill -9` of loader and engine while events are loaded: each ends up stored exactly once.

use crate::engine::start_at;
use crate::process::Loader;
use crate::records::{Sent, alert, alert_again, bad_event, dead_letter, event, send};
use bus::TopicSpec;
use embedded_kafka::testing;
use std::time::{Duration, Instant};

/// Events of each partition, before those that are sent twice.
const EVENTS: u64 = 30_000;
const PARTITIONS: i32 = 2;
/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Records sent at a time: what comes in while others are written, announced and acknowledged.
const CHUNK: usize = 1_000;

/// Everything that is sent: events in the order of their raw partition, now and then the last
/// hundred again as a restarted normalizer would, every thousandth unreadable; alerts and dead
/// letters, some twice.
fn records() -> Vec<Sent> {
    let mut records = Vec::new();
    for number in 0..EVENTS {
        let again = number % 5_000 == 4_999;
        for number in if again { number - 100..=number } else { number..=number } {
            for partition in 0..PARTITIONS {
                records.push(match number % 1_000 {
                    0 => bad_event(partition, number),
                    _ => event(partition, number),
                });
            }
        }
        if number % 100 == 99 {
            let n = number / 100;
            // Every alert and dead letter once more, three later.
            for n in [Some(n), n.checked_sub(3)].into_iter().flatten() {
                for partition in 0..PARTITIONS {
                    let id = 1_000 * partition.unsigned_abs() as u64 + n;
                    records.push(alert(partition, id));
                    records.push(alert_again(partition, id));
                    records.push(dead_letter(partition, n));
                }
            }
        }
    }
    records
}

/// The counts that lie beside the events in the same parts.
const FIVE_MINUTES: &str = "SELECT sum(n) FROM (SELECT count() AS n FROM events \
    GROUP BY agency, toStartOfFiveMinutes(time)) SETTINGS force_optimize_projection = 1";

struct Counter {
    client: clickhouse::Client,
    runtime: tokio::runtime::Runtime,
}

impl Counter {
    /// `None` while there is nobody to ask.
    fn ask(&self, sql: &str) -> Option<u64> {
        let query = self.client.query_raw(sql).fetch_one::<u64>();
        let answer = async { tokio::time::timeout(Duration::from_secs(10), query).await };
        self.runtime.block_on(answer).ok()?.ok()
    }

    fn wait(&self, sql: &str, at_least: u64) {
        let begun = Instant::now();
        loop {
            let count = self.ask(sql);
            if count.is_some_and(|count| count >= at_least) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{sql}: {count:?} of {at_least}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn killed_at_any_time_each_record_is_stored_once() {
    let data = tempfile::tempdir().unwrap();
    let [port] = testing::free_ports();
    let mut engine = start_at(data.path(), port);
    let url = engine.url.clone();
    let config = bus::Config::new(testing::broker().address());
    let topics: Vec<_> =
        ["events", "alerts", "dead-letters"].map(|name| TopicSpec::new(name, PARTITIONS)).into();
    bus::admin::ensure_topics(&config, &topics).unwrap();
    let sender = config.clone();
    let sending = std::thread::spawn(move || {
        records().chunks(CHUNK).for_each(|chunk| send(&sender, chunk));
    });

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = clickhouse::Client::default().with_url(&url).with_database("kills");
    let counter = Counter { client, runtime };
    let start = || Loader::start(&config.brokers, &url, "kills");
    let mut loader = start();
    let good = u64::from(PARTITIONS.unsigned_abs()) * (EVENTS - EVENTS / 1_000);
    for (round, share) in [0, 20, 40, 60].into_iter().enumerate() {
        // A little further each time, then whatever is under way is cut off.
        counter.wait("SELECT count() FROM events", 1 + good * share / 100);
        loader.kill();
        if round == 1 {
            engine.kill();
            engine = start_at(data.path(), port);
        }
        loader = start();
    }
    counter.wait("SELECT count() FROM events", good * 80 / 100);
    engine.kill();
    let _engine = start_at(data.path(), port);

    sending.join().unwrap();
    let others = u64::from(PARTITIONS.unsigned_abs()) * EVENTS / 100;
    let letters = u64::from(PARTITIONS.unsigned_abs()) * EVENTS / 1_000 + others;
    counter.wait("SELECT count() FROM events", good);
    counter.wait("SELECT count() FROM dead_letters", letters);
    // Alerts are sent twice but for the last three; what is told again is stored as often as it is.
    let again = u64::from(PARTITIONS.unsigned_abs()) * (2 * EVENTS / 100 - 3);
    counter.wait("SELECT count() FROM alerts", others);
    counter.wait("SELECT count() FROM alert_updates", again);
    settled(&config);
    for (sql, expected) in [
        ("SELECT count() FROM events", good),
        ("SELECT uniqExact(uid) FROM events", good),
        (FIVE_MINUTES, good),
        ("SELECT count() FROM dead_letters", letters),
        ("SELECT uniqExact(topic, partition, raw_offset) FROM dead_letters", letters),
        ("SELECT count() FROM alerts", others),
        ("SELECT uniqExact(id) FROM alerts", others),
        ("SELECT count() FROM alert_updates", again),
        ("SELECT uniqExact(partition, offset) FROM alert_updates", again),
    ] {
        assert_eq!(counter.ask(sql), Some(expected), "{sql}");
    }
}

/// Waits until the group has committed everything, so that nothing more can come.
fn settled(config: &bus::Config) {
    let topics = ["events", "alerts", "dead-letters"];
    let ends = bus::admin::end_offsets(config, &topics).unwrap();
    let begun = Instant::now();
    loop {
        let committed = bus::admin::committed(config, "loader", &topics).unwrap();
        let behind = ends.iter().find(|(partition, end)| {
            committed.get(*partition).is_none_or(|c| c.offset < **end || c.metadata.contains("e="))
        });
        let Some(behind) = behind else { return };
        assert!(begun.elapsed() < PATIENCE, "not settled: {behind:?}, {committed:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
