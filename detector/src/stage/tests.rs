//! The stage with records and an outbox of our own in place of Kafka's.

use super::*;
use crate::live::{Origin, Source as Rules};
use bus::Headers;
use bus::relay::TooLarge;
use model::RawPlace;
use serde_json::Value;

/// A record that was sent.
struct Copy {
    topic: String,
    partition: Option<i32>,
    value: Vec<u8>,
    headers: Vec<(String, Vec<u8>)>,
}

/// What was sent.
#[derive(Default)]
struct Sent {
    records: Vec<Copy>,
    bytes_max: Option<usize>,
}

impl Outbox for Sent {
    fn send(&mut self, record: &Outgoing<'_>) -> Result<(), TooLarge> {
        let bytes = record.bytes();
        if let Some(bytes_max) = self.bytes_max.filter(|max| bytes > *max) {
            return Err(TooLarge { bytes, bytes_max });
        }
        let headers = record.headers.iter().map(|(k, v)| ((*k).to_owned(), v.to_vec())).collect();
        let (topic, value) = (record.topic.to_owned(), record.value.to_vec());
        self.records.push(Copy { topic, partition: record.partition, value, headers });
        Ok(())
    }
}

const RULE: &str = "
title: Evil
id: r-1
level: high
logsource: {product: linux}
detection: {s: [evil], condition: s}
";

fn detector() -> Detector {
    detector_with(&[])
}

/// A detector with [`RULE`] and further files.
fn detector_with(files: &[(&str, &str)]) -> Detector {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("r.yml", RULE)].iter().chain(files) {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let rules =
        Rules::new(Origin::Folders(vec![folder.path().to_owned()]), sigma::Placeholders::new())
            .unwrap();
    let ruleset = rules.compile(|told| panic!("{told}")).unwrap();
    let metrics = Metrics::register(&prometheus::Registry::new()).unwrap();
    let csv = "value\n203.0.113.9\n";
    let (set, _) = indicators::load(&[("feed.csv".into(), csv.into())], &[]).unwrap();
    let feeds = Arc::new(service::reload::Live::new(set));
    Detector::new(
        Arc::new(Live::new(ruleset)),
        Watchlist::new(feeds),
        metrics,
        1,
        || 0,
        Arc::default(),
    )
}

fn place(offset: i64) -> String {
    let raw = RawPlace { topic: "raw.mof", partition: 2, offset, kafka_ms: 7 };
    let mut text = String::new();
    EventPlace { raw, index: 0, count: 1 }.encode(&mut text);
    text
}

fn event(word: &str) -> String {
    format!(
        r#"{{"class_uid":0,"time":5,"metadata":{{"uid":"u1","log_source":"sshd"}},"raw_data":"an {word} line"}}"#
    )
}

fn process(detector: &mut Detector, value: &str, raw: Option<&str>, sent: &mut Sent) {
    let headers: Vec<(&str, &[u8])> = raw.iter().map(|raw| ("raw", raw.as_bytes())).collect();
    let record = Record {
        topic: "events",
        partition: 2,
        offset: 1,
        kafka_ms: 9,
        key: None,
        value: value.as_bytes(),
        headers: Headers::new(&headers),
    };
    detector.process(&record, sent);
}

#[test]
fn a_match_becomes_an_alert_beside_its_event_and_a_replay_none() {
    let (mut detector, mut sent) = (detector(), Sent::default());
    process(&mut detector, &event("evil"), Some(&place(1)), &mut sent);
    process(&mut detector, &event("evil"), Some(&place(1)), &mut sent);
    process(&mut detector, &event("good"), Some(&place(2)), &mut sent);
    assert_eq!(sent.records.len(), 1);
    let Copy { topic, partition, value, headers } = &sent.records[0];
    assert_eq!((topic.as_str(), *partition), ("alerts", Some(2)));
    assert_eq!(headers, &[("raw".to_owned(), place(1).into_bytes())]);
    let finding: Value = serde_json::from_slice(value).unwrap();
    assert_eq!(finding["finding_info"]["analytic"]["uid"], "r-1");
    assert_eq!(finding["unmapped"]["matched"][0]["value"], "an evil line");
    assert_eq!((detector.metrics.events.get(), detector.metrics.replayed.get()), (2, 1));
    assert_eq!(detector.metrics.rule_matches.with_label_values(&["r-1"]).get(), 1);
}

#[test]
fn what_cannot_be_read_is_a_dead_letter() {
    let (mut detector, mut sent) = (detector(), Sent::default());
    process(&mut detector, "{\"a\":", Some(&place(1)), &mut sent);
    process(&mut detector, &event("evil"), None, &mut sent);
    for Copy { topic, partition, headers, .. } in &sent.records {
        assert_eq!((topic.as_str(), *partition), ("dead-letters", Some(2)));
        assert!(headers.contains(&("code".to_owned(), b"bad_event".to_vec())));
    }
    assert_eq!((sent.records.len(), detector.metrics.bad_events.get()), (2, 2));
    assert_eq!(sent.records[0].value, b"{\"a\":");
}

#[test]
fn an_alert_that_no_topic_takes_goes_without_its_event() {
    let (mut detector, mut sent) = (detector(), Sent { bytes_max: Some(4_000), ..Sent::default() });
    process(
        &mut detector,
        &event(&format!("evil {}", "x".repeat(9_000))),
        Some(&place(1)),
        &mut sent,
    );
    // The clause repeats up to 4,000 characters of the value, so even this is too much here.
    assert!(sent.records.is_empty());
    let (mut detector, mut sent) =
        (self::detector(), Sent { bytes_max: Some(8_000), ..Sent::default() });
    process(
        &mut detector,
        &event(&format!("evil {}", "x".repeat(9_000))),
        Some(&place(1)),
        &mut sent,
    );
    let finding: Value = serde_json::from_slice(&sent.records[0].value).unwrap();
    assert_eq!(finding["evidences"][0]["data"]["metadata"]["uid"], "u1");
    assert_eq!(detector.metrics.referred.get(), 1);
}

const EXCEPTION: &str = "
title: Known
id: f-1
x-prohori-owner: soc
x-prohori-agencies: [mof]
x-prohori-expires: 1970-01-01T00:00:01Z
logsource: {product: linux}
filter: {rules: [r-1], s: [harmless], condition: not s}
";

#[test]
fn exceptions_and_stages_keep_alerts_back_and_count_them() {
    let event = |agency: &str, words: &str, logged: i64| {
        format!(
            r#"{{"time":5,"metadata":{{"uid":"u","log_source":"sshd","tenant_uid":"{agency}","logged_time":{logged}}},"raw_data":"{words}"}}"#
        )
    };
    let inputs = [
        event("mof", "evil and harmless", 999),
        event("mof", "evil and harmless", 1000),
        event("moha", "evil and harmless", 999),
        event("mof", "evil", 999),
        event("mof", "harmless", 999),
    ];
    for (stages, alerts, left_out, shadow, canary) in
        [("{}", 3, 1, 0, 0), ("r-1: shadow", 0, 1, 3, 0), ("r-1: {canary: [moha]}", 1, 1, 0, 2)]
    {
        let mut detector = detector_with(&[("f.yml", EXCEPTION), ("stages.yml", stages)]);
        let mut sent = Sent::default();
        for (offset, input) in inputs.iter().enumerate() {
            process(&mut detector, input, Some(&place(offset as i64)), &mut sent);
        }
        let metrics = &detector.metrics;
        let counted = |stage| metrics.rule_counted.with_label_values(&["r-1", stage]).get();
        let hidden = metrics.rule_left_out.with_label_values(&["r-1", "f-1"]).get();
        let found = (sent.records.len(), hidden, counted("shadow"), counted("canary"));
        assert_eq!(found, (alerts, left_out, shadow, canary), "{stages}");
    }
}

#[test]
fn an_indicator_is_an_alert_once_an_hour_and_then_a_count() {
    let (mut detector, mut sent) = (detector(), Sent::default());
    let event = r#"{"class_uid":0,"time":5,"metadata":{"uid":"u1"},"observables":[{"name":"src_endpoint.ip","type_id":2,"value":"203.0.113.9"}]}"#;
    for offset in 1..=3 {
        process(&mut detector, event, Some(&place(offset)), &mut sent);
    }
    assert_eq!((sent.records.len(), detector.metrics.sightings.get()), (1, 3));
    let finding: Value = serde_json::from_slice(&sent.records[0].value).unwrap();
    assert_eq!(finding["finding_info"]["analytic"]["uid"], "indicator:feed");
    assert_eq!(finding["unmapped"]["matched"][0]["pattern"], "203.0.113.9");
    assert_eq!(sent.records[0].headers[0].1, place(1).into_bytes());
    let mut feeds = detector.watchlist.windows.take().unwrap();
    feeds.partition = 3;
    let told: Value = serde_json::from_str(&feeds.finding(Evidence::Whole).unwrap()).unwrap();
    assert_eq!((&told["count"], feeds.raw), (&3.into(), place(3).into_bytes()));
    // A set that is swapped in counts from the next event on.
    detector.watchlist.live.swap(indicators::load(&[], &[]).unwrap().0);
    process(&mut detector, event, Some(&place(4)), &mut sent);
    assert_eq!((sent.records.len(), detector.metrics.sightings.get()), (1, 3));
}
