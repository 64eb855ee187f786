//! Tests of the Kafka stage, with an outbox that records.

use super::*;
use bus::Headers;
use bus::relay::TooLarge;
use prometheus::Registry;

/// A record that was sent: topic, partition, value, headers.
type Sent = (String, Option<i32>, Vec<u8>, Vec<(String, Vec<u8>)>);

/// Stands in for Kafka's producer.
#[derive(Default)]
struct Recorder {
    sent: Vec<Sent>,
    bytes_max: Option<usize>,
}

impl Outbox for Recorder {
    fn send(&mut self, record: &Outgoing<'_>) -> Result<(), TooLarge> {
        let bytes = record.bytes();
        if let Some(bytes_max) = self.bytes_max.filter(|max| bytes > *max) {
            return Err(TooLarge { bytes, bytes_max });
        }
        let headers = Headers::new(record.headers).to_vec();
        self.sent.push((record.topic.into(), record.partition, record.value.into(), headers));
        Ok(())
    }
}

fn stage() -> Normalize {
    let metrics = Metrics::register(&Registry::new()).unwrap();
    Normalize::new(Arc::new(Tables::builtin().unwrap()), Settings::default(), metrics)
}

fn origin() -> String {
    let mut text = String::new();
    Origin { host: Some("web-01"), ..Origin::stdin(3, 99, 1_773_500_966_000) }.encode(&mut text);
    text
}

fn process(stage: &mut Normalize, topic: &str, value: &[u8], origin: &str, out: &mut Recorder) {
    process_at(stage, 40, topic, value, origin, out);
}

fn process_at(
    stage: &mut Normalize,
    offset: i64,
    topic: &str,
    value: &[u8],
    origin: &str,
    out: &mut Recorder,
) {
    let headers = [(ORIGIN_HEADER, origin.as_bytes())];
    let headers = Headers::new(&headers);
    stage.process(
        &Record { topic, partition: 2, offset, kafka_ms: 5, key: None, value, headers },
        out,
    );
}

fn header<'s>(sent: &'s Sent, key: &str) -> &'s str {
    let value = sent.3.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_slice());
    std::str::from_utf8(value.unwrap()).unwrap()
}

#[test]
fn events_carry_their_place_and_agency() {
    let mut out = Recorder::default();
    let raw = b"Mar  1 10:00:00 h sshd[1]: message repeated 2 times: [ x ]";
    process(&mut stage(), "raw.mof", raw, &origin(), &mut out);
    assert_eq!(out.sent.len(), 2);
    for (index, sent) in out.sent.iter().enumerate() {
        assert_eq!((sent.0.as_str(), sent.1), ("events", Some(2)));
        assert_eq!(header(sent, RAW_HEADER), format!("1\traw.mof\t2\t40\t5\t{index}\t2"));
        assert_eq!(header(sent, ORIGIN_HEADER), origin());
        let json: serde_json::Value = serde_json::from_slice(&sent.2).unwrap();
        assert_eq!(json["metadata"]["tenant_uid"], "mof");
    }
    assert_ne!(out.sent[0].2, out.sent[1].2);
}

#[test]
fn what_cannot_be_read_is_a_dead_letter() {
    let mut stage = stage();
    let large = vec![b'x'; 1_000_001];
    for (topic, value, origin, code) in [
        ("raw.mof", &b"\x01\x02\x03"[..], origin(), "binary"),
        ("raw.mof", b" \n", origin(), "empty"),
        ("raw.mof", &large, origin(), "too_long"),
        ("raw.mof", b"fine", "1\tbroken".into(), "bad_origin"),
        ("raw.Bad", b"fine", origin(), "bad_origin"),
    ] {
        let mut out = Recorder::default();
        process(&mut stage, topic, value, &origin, &mut out);
        let [sent] = out.sent.as_slice() else { panic!("{code}: {}", out.sent.len()) };
        assert_eq!((sent.0.as_str(), sent.1), ("dead-letters", Some(2)), "{code}");
        assert_eq!(sent.2, value);
        assert_eq!(header(sent, CODE_HEADER), code);
        assert!(header(sent, RAW_HEADER).ends_with("\t0\t0"));
        assert!(
            !header(sent, REASON_HEADER).is_empty() && header(sent, PARSER_HEADER).contains('/')
        );
    }
    assert_eq!(stage.metrics.dead_letters.with_label_values(&["bad_origin"]).get(), 2);
}

#[test]
fn an_event_that_no_topic_takes_is_a_dead_letter() {
    let mut out = Recorder { bytes_max: Some(600), ..Recorder::default() };
    process(&mut stage(), "raw.mof", &[b'y'; 300], &origin(), &mut out);
    assert_eq!(out.sent.len(), 1);
    assert_eq!(header(&out.sent[0], CODE_HEADER), "too_long");
}

#[test]
fn of_a_batch_the_event_that_no_topic_takes_is_a_dead_letter_of_its_own() {
    let mut out = Recorder { bytes_max: Some(3000), ..Recorder::default() };
    let mut stage = stage();
    let record = |name: &str| {
        format!(
            r#"{{"eventVersion":"1.08","eventName":"{name}","eventSource":"iam.amazonaws.com"}}"#
        )
    };
    let large = record(&"x".repeat(1500));
    let batch = format!(r#"{{"Records":[{},{large},{}]}}"#, record("a"), record("b"));
    process(&mut stage, "raw.mof", batch.as_bytes(), &origin(), &mut out);
    let topics: Vec<&str> = out.sent.iter().map(|sent| sent.0.as_str()).collect();
    assert_eq!(topics, ["events", "dead-letters", "events"]);
    assert_eq!(header(&out.sent[1], CODE_HEADER), "too_long");
    assert_eq!(out.sent[1].2, large.as_bytes());
    assert_eq!(header(&out.sent[2], RAW_HEADER), "1\traw.mof\t2\t40\t5\t2\t3");
    assert_eq!(stage.metrics.dead_letters.with_label_values(&["too_long"]).get(), 1);
    assert_eq!(stage.metrics.records.get(), 1);
}

#[test]
fn a_panic_leaves_a_dead_letter_and_a_working_stage() {
    let (mut stage, mut out) = (stage(), Recorder::default());
    let origin = origin();
    let headers = [(ORIGIN_HEADER, origin.as_bytes())];
    let record = Record {
        topic: "raw.mof",
        partition: 0,
        offset: 1,
        kafka_ms: 2,
        key: None,
        value: b"x",
        headers: Headers::new(&headers),
    };
    stage.panicked(&record, "boom", &mut out);
    stage.process(&record, &mut out);
    let topics: Vec<&str> = out.sent.iter().map(|s| s.0.as_str()).collect();
    assert_eq!(topics, ["dead-letters", "events"]);
}

#[test]
fn the_next_owner_of_a_partition_tells_a_repetition_too() {
    let (mut first, mut out) = (stage(), Recorder::default());
    for offset in [40, 40 + SAVE_OFFSETS] {
        process_at(&mut first, offset, "raw.mof", b"a line", &origin(), &mut out);
    }
    let saved: Vec<_> = out.sent.iter().filter(|sent| sent.0 == "streams").collect();
    assert_eq!(saved.len(), 1);
    assert_eq!(
        (saved[0].1, saved[0].2.as_slice()),
        (Some(2), b"1\t0\t99\t40\t-\t-\t0\t0\t4".as_slice())
    );

    let key = b"raw.mof\t2\t1\tlocal\tstdin".as_slice();
    let mut next = stage();
    next.recall(&Record {
        topic: "streams",
        partition: 2,
        offset: 0,
        kafka_ms: 5,
        key: Some(key),
        value: &saved[0].2,
        headers: Headers::NONE,
    });
    let mut out = Recorder::default();
    process_at(&mut next, 50, "raw.mof", b"a line", &origin(), &mut out);
    assert_eq!(
        (out.sent[0].0.as_str(), header(&out.sent[0], CODE_HEADER)),
        ("dead-letters", "repeated")
    );
    next.revoked(&[Partition::new("raw.mof", 2)]);
    process_at(&mut next, 51, "raw.mof", b"a line", &origin(), &mut out);
    assert_eq!(out.sent[1].0, "events");
}
