//! Events and alerts for the tests.

use model::{EventPlace, RawPlace};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{AlertRow, Block, DeadLetterRow, EventRow, Place, Scope, Store};

/// 2026-03-01T00:00:00Z in ms.
pub(crate) const START_MS: i64 = 1_772_323_200_000;

/// A scope of these agencies.
pub(crate) fn scope(agencies: &[&str]) -> Scope {
    Scope::of(agencies.iter().map(|name| model::Agency::new(name).unwrap()))
}

/// A uid made of a number.
pub(crate) fn uid(number: u64) -> String {
    format!("5{number:031x}")
}

/// Event `number`, a second after the one before it; `change` may alter its JSON.
pub(crate) fn event(agency: &str, number: u64, change: impl FnOnce(&mut Value)) -> Value {
    let time = START_MS + number as i64 * 1_000;
    let mut event = json!({
        "class_uid": 3002, "category_uid": 3, "activity_id": 1, "severity_id": 2, "time": time,
        "message": format!("Failed password for invalid user admin{number} from 203.0.113.9"),
        "raw_data": format!("<38>Mar  1 00:00:00 web-01 sshd[{number}]: Failed password"),
        "metadata": {
            "version": "1.8.0", "uid": uid(number), "tenant_uid": agency, "log_source": "sshd",
            "logged_time": time + 5, "processed_time": time + 9, "labels": ["parser:sshd/1"],
        },
        "device": {"hostname": "web-01"}, "user": {"name": "admin"},
        "src_endpoint": {"ip": "203.0.113.9", "port": 50022}, "unmapped": {"n": [1, 2.50, null]},
    });
    change(&mut event);
    event
}

/// A block of these events, at offsets from `offset` on in partition 0.
pub(crate) fn event_block(agency: &str, offset: u64, events: &[Value]) -> Arc<Block> {
    let mut block = Block::events();
    let topic = format!("raw.{agency}");
    for (index, event) in events.iter().enumerate() {
        let offset = offset + index as u64;
        let raw = RawPlace {
            topic: &topic,
            partition: 0,
            offset: offset as i64,
            kafka_ms: START_MS + offset as i64,
        };
        let from = EventPlace { raw, index: 0, count: 1 };
        let json = event.to_string();
        let place = Place { partition: 0, offset };
        block.push_event(&EventRow::new(json.as_bytes(), &from, place).unwrap());
    }
    Arc::new(block)
}

/// Stores these events of one agency, from `offset` on.
pub(crate) async fn store_events(store: &Store, agency: &str, offset: u64, events: &[Value]) {
    let token = format!("{agency}/{offset}");
    store.insert(&event_block(agency, offset, events), &token).await.unwrap();
}

/// The Detection Finding of alert `id` on `event`.
pub(crate) fn finding(id: &str, severity_id: u8, event: &Value) -> Value {
    json!({
        "class_uid": 2004, "severity_id": severity_id, "time": event["time"], "count": 1,
        "message": "Brute force against web-01",
        "finding_info": {"uid": id, "title": "SSH brute force", "analytic": {"uid": "rule-1"}},
        "evidences": [{"data": event}],
    })
}

/// Findings, each at the offset beside it, as the loader sorts them: alerts, and what is told again.
pub(crate) fn told(findings: &[(u64, Value)]) -> [Arc<Block>; 2] {
    let (mut raised, mut again) = (Block::alerts(), Block::alert_updates());
    for (offset, finding) in findings {
        let json = finding.to_string();
        let place = Place { partition: 0, offset: *offset };
        let created_ms = START_MS + *offset as i64 * 1_000;
        let row = AlertRow::new(json.as_bytes(), "raw.mof", created_ms, place).unwrap();
        if row.is_update() { again.push_alert_update(&row) } else { raised.push_alert(&row) }
    }
    [Arc::new(raised), Arc::new(again)]
}

/// A block of alerts `ids`, the first at `offset`, arriving a second apart.
pub(crate) fn alert_block(agency: &str, offset: u64, ids: &[&str]) -> Arc<Block> {
    let mut block = Block::alerts();
    let topic = format!("raw.{agency}");
    for (index, id) in ids.iter().enumerate() {
        let offset = offset + index as u64;
        let severity_id = 1 + (offset % 6) as u8;
        let json = finding(id, severity_id, &event(agency, offset, |_| {})).to_string();
        let place = Place { partition: 0, offset };
        let created_ms = START_MS + offset as i64 * 1_000;
        let row = AlertRow::new(json.as_bytes(), &topic, created_ms, place).unwrap();
        block.push_alert(&row);
    }
    Arc::new(block)
}

/// A block of one dead letter at `offset`.
pub(crate) fn dead_letter_block(agency: &str, offset: u64) -> Arc<Block> {
    let mut block = Block::dead_letters();
    let topic = format!("raw.{agency}");
    let row = DeadLetterRow {
        agency,
        kafka_ms: START_MS + offset as i64,
        code: "binary",
        reason: "not text",
        parser: "detect/1",
        origin: b"1\tc",
        raw: b"\x00\xff\xfe raw",
        raw_topic: &topic,
        raw_partition: 0,
        raw_offset: offset,
        raw_index: 0,
        topic: "dead-letters",
    };
    block.push_dead_letter(&row, Place { partition: 0, offset });
    Arc::new(block)
}
