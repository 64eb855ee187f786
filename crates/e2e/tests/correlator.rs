//! The detector killed in the middle of a burst that it correlates, with the real Kafka: the alerts
//! are those of the filter on the same events, each once.

use bus::{
    Config, Consumer, ConsumerOptions, Outgoing, Polled, Producer, ProducerOptions, Subscription,
    TopicSpec,
};
use e2e::binary;
use embedded_kafka::testing;
use model::{EventPlace, RawPlace, topic};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const PARTITIONS: i32 = 2;
/// Events in all, and how many between two kills.
const EVENTS: i64 = 3_000;
const BATCH: i64 = 750;
/// How long the alerts may take after the last kill: the group waits for the dead member.
const PATIENCE: Duration = Duration::from_secs(120);

const RULES: &str = "
title: Failure
name: failure
logsource: {product: linux}
detection: {s: [failed], condition: s}
---
title: Many
name: many
id: many
correlation: {type: event_count, rules: [failure], group-by: [who], timespan: 10s, condition: {gte: 4}}
---
title: Everywhere
id: everywhere
correlation: {type: value_count, rules: [many], timespan: 1m, condition: {field: who, gte: 3}}
generate: true
";

/// An event that happened `n` fifths of a second after `begun`.
fn event(n: i64, begun: i64) -> String {
    let time = begun + n * 200;
    // Nine people, of whom some come in bursts.
    let who = (n * n / 7 + n / 50) % 9;
    let word = if n % 5 == 4 { "accepted" } else { "failed" };
    format!(
        "{{\"class_uid\":0,\"time\":{time},\"metadata\":{{\"uid\":\"{n:032x}\",\"tenant_uid\":\"mof\",\"log_source\":\"sshd\"}},\"message\":\"{word}\",\"unmapped\":{{\"who\":\"u{who}\"}}}}"
    )
}

/// Each alert's last word: its id with moment and count.
fn last_words<'a>(findings: impl Iterator<Item = &'a [u8]>) -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    for finding in findings {
        let finding: Value = serde_json::from_slice(finding).expect("a finding is JSON");
        let id = finding["finding_info"]["uid"].as_str().expect("an id").to_owned();
        let word = format!(
            "{} at {} count {}",
            finding["finding_info"]["analytic"]["uid"], finding["time"], finding["count"]
        );
        let is_update = finding["activity_id"] == 2;
        if is_update || !words.contains_key(&id) {
            words.insert(id, word);
        }
    }
    words
}

fn spawn(config: &Path) -> Child {
    Command::new(binary::prohori())
        .args(["detect", "--config"])
        .arg(config)
        .current_dir(binary::root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("prohori starts")
}

fn send(producer: &Producer, range: std::ops::Range<i64>, begun: i64) {
    for n in range {
        let value = event(n, begun);
        let raw = RawPlace {
            topic: "raw.mof",
            partition: (n % i64::from(PARTITIONS)) as i32,
            offset: n,
            kafka_ms: begun + n * 200 + 50,
        };
        let mut place = String::new();
        EventPlace { raw, index: 0, count: 1 }.encode(&mut place);
        let record = Outgoing {
            topic: topic::EVENTS,
            partition: Some((n % i64::from(PARTITIONS)) as i32),
            key: None,
            value: value.as_bytes(),
            headers: &[("raw", place.as_bytes())],
        };
        producer.try_send(&record, 0).expect("there is room");
    }
    producer.flush(Duration::from_secs(30)).expect("Kafka takes them");
}

/// Reads on in `alerts` for a moment.
fn read(consumer: &Consumer, alerts: &mut Vec<Vec<u8>>) {
    let until = Instant::now() + Duration::from_millis(300);
    while Instant::now() < until {
        if let Polled::Record(message) =
            consumer.next(Duration::from_millis(100)).expect("Kafka answers")
        {
            alerts.push(message.record().value.to_vec());
        }
    }
}

#[test]
fn a_detector_killed_in_a_burst_raises_the_alerts_of_one_that_was_not() {
    let broker = testing::broker();
    let bus = Config::new(broker.address());
    bus::admin::ensure_topics(&bus, &TopicSpec::shared(PARTITIONS)).expect("topics are made");
    let folder = tempfile::tempdir().expect("a folder");
    let (rules, config) = (folder.path().join("rules.yml"), folder.path().join("detect.toml"));
    std::fs::write(&rules, RULES).expect("the rules are written");
    let text = format!(
        "rules = [{rules:?}]\nlateness_ms = 2000\n[bus]\nbrokers = {:?}\n[http]\nlisten = \"127.0.0.1:0\"\n",
        bus.brokers
    );
    std::fs::write(&config, text).expect("the configuration is written");

    // Ten minutes of events, all of them in the past, so that nothing needs to be waited for.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64;
    let begun = now - 15 * 60_000;
    let all: String = (0..EVENTS).map(|n| event(n, begun) + "\n").collect();
    let rules = rules.to_str().expect("a plain path");
    let expected = binary::pipe(&["detect", "--stdin", "--rules", rules], all.as_bytes());
    let expected = last_words(expected.split(|byte| *byte == b'\n').filter(|l| !l.is_empty()));
    assert!(expected.len() > 20, "{} alerts are too few to lose one", expected.len());

    let producer = Producer::open(&bus, &ProducerOptions::default(), |_, outcome| {
        assert!(outcome.is_ok(), "{outcome:?}");
    })
    .expect("a producer");
    let options = ConsumerOptions::new("the-test", Subscription::topic(topic::ALERTS));
    let consumer = Consumer::open(&bus, &options).expect("a consumer");
    let mut alerts = Vec::new();
    let mut child = spawn(&config);
    for batch in 0..EVENTS / BATCH {
        send(&producer, batch * BATCH..(batch + 1) * BATCH, begun);
        let (kill_at, waiting) = (alerts.len() + 3, Instant::now());
        // Somewhere in the middle of what this batch raises, or after a while.
        while alerts.len() < kill_at && waiting.elapsed() < Duration::from_secs(12) {
            read(&consumer, &mut alerts);
        }
        child.kill().and_then(|()| child.wait().map(drop)).expect("it can be killed");
        child = spawn(&config);
    }
    let waiting = Instant::now();
    let told = loop {
        read(&consumer, &mut alerts);
        let told = last_words(alerts.iter().map(Vec::as_slice));
        if told == expected || waiting.elapsed() > PATIENCE {
            break told;
        }
    };
    child.kill().and_then(|()| child.wait().map(drop)).expect("it can be killed");
    assert_eq!(told, expected);
}
