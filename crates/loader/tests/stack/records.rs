//! What normalizers and detectors write, restarts and bad records included.

use bus::{Config, DeliveryError, Outgoing, Producer, ProducerOptions, SendError};
use std::time::Duration;

/// A record to send.
pub(crate) struct Sent {
    topic: &'static str,
    partition: i32,
    header: String,
    value: String,
}

/// 2026-03-01T00:00:00Z in ms.
const START_MS: i64 = 1_772_323_200_000;

fn header(partition: i32, offset: u64) -> String {
    format!("1\traw.mof\t{partition}\t{offset}\t{}\t0\t1", START_MS + offset as i64)
}

/// Event `number` of a partition.
pub(crate) fn event(partition: i32, number: u64) -> Sent {
    let uid = (1 + u128::from(number)) << 8 | partition as u128;
    let value = format!(
        r#"{{"class_uid":3002,"time":{time},"message":"Failed password for admin{number} from 203.0.113.9 port {number}","raw_data":"<38>Mar  1 00:00:00 web-01 sshd[{number}]: Failed password for admin{number} from 203.0.113.9 port {number} ssh2","metadata":{{"uid":"{uid:032x}","tenant_uid":"mof","log_source":"sshd","logged_time":{time}}},"device":{{"hostname":"web-{host:02}"}},"src_endpoint":{{"ip":"203.0.113.9"}}}}"#,
        time = START_MS + number as i64,
        host = number % 20,
    );
    Sent { topic: "events", partition, header: header(partition, number), value }
}

/// An event that no parser of ours would write.
pub(crate) fn bad_event(partition: i32, number: u64) -> Sent {
    Sent { value: "{".into(), ..event(partition, number) }
}

pub(crate) fn alert(partition: i32, id: u64) -> Sent {
    let value = format!(r#"{{"severity_id":4,"finding_info":{{"uid":"alert-{id}","title":"T"}}}}"#);
    Sent { topic: "alerts", partition, header: header(partition, id), value }
}

/// The same alert, told again with another count.
pub(crate) fn alert_again(partition: i32, id: u64) -> Sent {
    let value = format!(
        r#"{{"activity_id":2,"count":7,"severity_id":4,"finding_info":{{"uid":"alert-{id}","title":"T"}}}}"#
    );
    Sent { value, ..alert(partition, id) }
}

pub(crate) fn dead_letter(partition: i32, number: u64) -> Sent {
    let value = format!("\u{1}raw {number}");
    Sent { topic: "dead-letters", partition, header: header(partition, number), value }
}

/// Sends all, in order, and waits until all are confirmed.
pub(crate) fn send(config: &Config, records: &[Sent]) {
    let on_delivery = |_, outcome: Result<_, DeliveryError>| _ = outcome.unwrap();
    let producer = Producer::open(config, &ProducerOptions::default(), on_delivery).unwrap();
    for sent in records {
        let headers: [(&str, &[u8]); 2] = [("raw", sent.header.as_bytes()), ("code", b"binary")];
        let record = Outgoing {
            topic: sent.topic,
            partition: Some(sent.partition),
            key: None,
            value: sent.value.as_bytes(),
            headers: &headers,
        };
        while producer.try_send(&record, 0) == Err(SendError::QueueFull) {
            std::thread::yield_now();
        }
    }
    producer.flush(Duration::from_secs(60)).unwrap();
}
