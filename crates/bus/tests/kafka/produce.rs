//! What is sent arrives as it was, once, and what cannot be sent is said so.

use crate::{PATIENCE, config, make, plain, read_all};
use bus::{DeliveryError, Outgoing, Producer, ProducerOptions, RECORD_BYTES_MAX, SendError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Outcomes = Arc<Mutex<Vec<(u64, Result<(i32, i64), DeliveryError>)>>>;

fn producer(config: &bus::Config, options: &ProducerOptions) -> (Producer, Outcomes) {
    let outcomes = Outcomes::default();
    let list = outcomes.clone();
    let producer = Producer::open(config, options, move |tag, outcome| {
        list.lock().unwrap().push((tag, outcome.map(|d| (d.partition, d.offset))));
    });
    (producer.unwrap(), outcomes)
}

#[test]
fn key_value_and_headers_come_back_as_they_went() {
    let config = make(&["round"]);
    let (producer, outcomes) = producer(&config, &ProducerOptions::default());
    let large = vec![0xff; RECORD_BYTES_MAX - 100];
    let headers: [(&str, &[u8]); 3] = [("origin", b"1\tc"), ("empty", b""), ("bytes", &[0, 255])];
    let records = [
        Outgoing {
            topic: "round",
            partition: Some(1),
            key: Some(b"k"),
            value: b"v",
            headers: &headers,
        },
        plain("round", 1, b""),
        plain("round", 1, &large),
    ];
    for (tag, record) in (10..).zip(&records) {
        producer.try_send(record, tag).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
    assert_eq!(*outcomes.lock().unwrap(), [(10, Ok((1, 0))), (11, Ok((1, 1))), (12, Ok((1, 2)))]);

    let read = read_all(&config, "round");
    for ((offset, read), sent) in (0..).zip(&read).zip(&records) {
        assert_eq!((read.topic.as_str(), read.partition, read.offset), ("round", 1, offset));
        assert_eq!((read.key.as_deref(), read.value.as_slice()), (sent.key, sent.value));
        let headers: Vec<_> =
            read.headers.iter().map(|(k, v)| (k.as_str(), v.as_slice())).collect();
        assert_eq!(headers, sent.headers);
        assert!(read.kafka_ms > 1_500_000_000_000, "{}", read.kafka_ms);
    }
    assert_eq!(read[0].as_record().headers.get("bytes"), Some(&[0, 255][..]));
}

#[test]
fn a_key_always_goes_to_one_partition() {
    let config = make(&["keyed"]);
    let (producer, outcomes) = producer(&config, &ProducerOptions::default());
    for tag in 0..40 {
        let key = [b'a' + (tag % 4) as u8];
        let record = Outgoing { partition: None, key: Some(&key), ..plain("keyed", 0, b"v") };
        producer.try_send(&record, tag).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
    let mut of_key = [None; 4];
    for (tag, outcome) in outcomes.lock().unwrap().iter() {
        let (partition, _) = *outcome.as_ref().unwrap();
        let expected = *of_key[(tag % 4) as usize].get_or_insert(partition);
        assert_eq!(partition, expected);
    }
}

#[test]
fn what_is_too_large_is_refused_at_once() {
    let (producer, outcomes) = producer(&config(), &ProducerOptions::default());
    let value = vec![b'x'; RECORD_BYTES_MAX + 1];
    let error = producer.try_send(&plain("any", 0, &value), 1).unwrap_err();
    assert!(matches!(error, SendError::TooLarge { .. }), "{error}");
    assert_eq!(outcomes.lock().unwrap().len(), 0);
}

#[test]
fn a_full_queue_says_so_and_nothing_is_lost_in_silence() {
    // Nobody listens there, so the queue cannot empty.
    let nowhere = bus::Config::new("127.0.0.1:1");
    let options = ProducerOptions { queue_records_max: 5, ..ProducerOptions::default() };
    let (producer, outcomes) = producer(&nowhere, &options);
    for tag in 0..5 {
        producer.try_send(&plain("any", 0, b"v"), tag).unwrap();
    }
    assert_eq!(producer.try_send(&plain("any", 0, b"v"), 5), Err(SendError::QueueFull));
    let error = producer.flush(Duration::from_millis(50)).unwrap_err();
    assert!(matches!(error, bus::Error::Flush { left: 5, .. }), "{error}");
    drop(producer);
    let mut outcomes = outcomes.lock().unwrap().clone();
    outcomes.sort_by_key(|(tag, _)| *tag);
    let expected: Vec<_> = (0..5).map(|tag| (tag, Err(DeliveryError::Purged))).collect();
    assert_eq!(outcomes, expected);
}

#[test]
fn a_refused_record_is_followed_by_none() {
    // The topic takes less than we send, so the broker refuses.
    let config = config();
    let small = bus::TopicSpec::new("small", 1).with("max.message.bytes", "1000");
    bus::admin::ensure_topics(&config, &[small]).unwrap();
    let (producer, outcomes) = producer(&config, &ProducerOptions::default());
    let noise: Vec<u8> =
        (0..5000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    producer.try_send(&plain("small", 0, b"before"), 1).unwrap();
    producer.flush(PATIENCE).unwrap();
    producer.try_send(&plain("small", 0, &noise), 2).unwrap();
    producer.flush(PATIENCE).unwrap();
    assert!(producer.failure().is_some());
    let after = producer.try_send(&plain("small", 0, b"after"), 3);
    assert!(matches!(after, Err(SendError::Fatal { .. })), "{after:?}");
    let outcomes = outcomes.lock().unwrap();
    assert_eq!(outcomes[0], (1, Ok((0, 0))));
    assert!(matches!(&outcomes[1], (2, Err(DeliveryError::Refused { .. }))), "{outcomes:?}");
    assert_eq!(read_all(&config, "small").len(), 1);
}
