//! Events, alerts and dead letters of two agencies, stored as the loader stores them.

use model::{EventPlace, RawPlace};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{AlertRow, Block, DeadLetterRow, EventRow, Place, Store};

/// 2026-03-01T00:00:00Z in ms.
pub(super) const BEGIN_MS: i64 = 1_772_323_200_000;

/// What an agency's rows are full of; nobody else may ever see it.
pub(super) fn poison(agency: &str) -> String {
    format!("poison-of-{agency}")
}

/// The uid of event `number` of an agency.
pub(super) fn uid(agency: &str, number: u64) -> String {
    format!("{:016x}{number:016x}", agency.bytes().fold(7_u64, |n, b| n * 31 + u64::from(b)))
}

/// The id of alert `number` of an agency.
pub(super) fn alert_id(agency: &str, number: u64) -> String {
    format!("{agency}-alert-{number}")
}

fn event(agency: &str, number: u64) -> Value {
    let time = BEGIN_MS + i64::try_from(number).unwrap() * 1_000;
    let poison = poison(agency);
    json!({
        "class_uid": 3002, "category_uid": 3, "activity_id": 1, "severity_id": 2, "time": time,
        "message": format!("Failed password for {poison}"),
        "raw_data": format!("<38>Mar  1 00:00:00 web-01 sshd[{number}]: Failed for {poison}"),
        "metadata": {
            "version": "1.8.0", "uid": uid(agency, number), "tenant_uid": agency,
            "log_source": "sshd", "logged_time": time, "processed_time": time,
        },
        "device": {"hostname": "web-01"}, "user": {"name": poison},
        "src_endpoint": {"ip": "203.0.113.9"},
    })
}

fn finding(agency: &str, number: u64) -> Value {
    let event = event(agency, number);
    json!({
        "class_uid": 2004, "severity_id": 4, "severity": "High", "time": event["time"], "count": 3,
        "message": format!("Brute force on {}", poison(agency)),
        "metadata": {"correlation_uid": "group-1"},
        "finding_info": {
            "uid": alert_id(agency, number), "title": "SSH brute force",
            "analytic": {"uid": "rule-1", "name": "SSH brute force"},
            "attacks": [{"tactic": {"name": "Credential Access"}, "technique": {"uid": "T1110"}}],
        },
        "evidences": [{"data": event}],
        "unmapped": {
            "message_bn": format!("web-01 হোস্টে {}", poison(agency)),
            "rule": {"id": "rule-1", "title": "SSH brute force", "level": "high",
                "description": poison(agency), "tags": ["attack.t1110"]},
            "matched": [{"selection": "selection", "field": "message", "path": "message",
                "modifier": "contains", "pattern": "Failed", "value": event["message"]}],
        },
    })
}

/// Stores `count` events and alerts of an agency, and one dead letter.
pub(super) async fn plant(store: &Store, agency: &str, count: u64) {
    plant_at(store, agency, count, BEGIN_MS).await;
}

/// The same, arrived from this time on.
pub(super) async fn plant_at(store: &Store, agency: &str, count: u64, begin_ms: i64) {
    let (mut events, mut alerts) = (Block::events(), Block::alerts());
    let topic = format!("raw.{agency}");
    for number in 0..count {
        let place = Place { partition: 0, offset: number };
        let kafka_ms = begin_ms + i64::try_from(number).unwrap() * 1_000;
        let offset = i64::try_from(number).unwrap();
        let raw = RawPlace { topic: &topic, partition: 0, offset, kafka_ms };
        let from = EventPlace { raw, index: 0, count: 1 };
        let json = event(agency, number).to_string();
        events.push_event(&EventRow::new(json.as_bytes(), &from, place).unwrap());
        let json = finding(agency, number).to_string();
        alerts.push_alert(&AlertRow::new(json.as_bytes(), &topic, kafka_ms, place).unwrap());
    }
    let mut dead = Block::dead_letters();
    let raw = poison(agency);
    let letter = DeadLetterRow {
        agency,
        kafka_ms: begin_ms,
        code: "binary",
        reason: &raw,
        parser: "detect/1",
        raw: raw.as_bytes(),
        raw_topic: &topic,
        raw_offset: count,
        topic: "dead-letters",
        ..DeadLetterRow::default()
    };
    dead.push_dead_letter(&letter, Place { partition: 0, offset: count });
    for (name, block) in [("events", events), ("alerts", alerts), ("dead", dead)] {
        store
            .insert(&Arc::new(block), &format!("{agency}/{name}/{begin_ms}/{count}"))
            .await
            .unwrap();
    }
}
