//! Collectors, from the heartbeats in a real Kafka.

use super::browser::Rig;
use super::engine::{database, kafka};
use crate::Role;
use bus::{Outgoing, Producer, ProducerOptions, TopicSpec};
use fleet::{CollectorBeat, Heartbeat, StreamBeat};
use model::{Agency, topic};
use service::Shutdown;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// Writes what a collector of `agency` and the normalizer tell.
fn tell(bus: &bus::Config, agency: &str, missing: u64) {
    let agency = Agency::new(agency).unwrap();
    let streams = TopicSpec::new(topic::STREAMS, 1);
    bus::admin::ensure_topics(bus, &[TopicSpec::heartbeats(&agency), streams]).unwrap();
    let on_delivery = |_, outcome: Result<_, bus::DeliveryError>| _ = outcome.unwrap();
    let producer = Producer::open(bus, &ProducerOptions::default(), on_delivery).unwrap();
    let send = |topic: &str, key: &str, value: &[u8]| {
        let key = Some(key.as_bytes());
        let record = Outgoing { topic, partition: Some(0), key, value, headers: &[] };
        producer.try_send(&record, 0).unwrap();
    };
    let collector = format!("c-{agency}");
    let beats = [
        Heartbeat::Collector(CollectorBeat {
            collector: collector.clone(),
            host: Some("web-07".into()),
            version: "1.2.3".into(),
            interval_s: 3600,
            streams: 1,
            spool_bytes: 77,
            counters: [("spool_dropped_newest".to_owned(), 5)].into(),
            ..CollectorBeat::default()
        }),
        Heartbeat::Stream(StreamBeat {
            collector: collector.clone(),
            stream: "udp:0.0.0.0:514".into(),
            generation: 3,
            sequence: 40,
            waiting_records: Some(2),
            ..StreamBeat::default()
        }),
    ];
    for beat in &beats {
        send(&topic::heartbeats(&agency), &beat.key(), &beat.value());
    }
    let key = format!("raw.{agency}\t0\t1\t{collector}\tudp:0.0.0.0:514");
    let value = format!("1\t3\t90\t12\t-\t-\t{missing}\t1700000000000\t40");
    send(topic::STREAMS, &key, value.as_bytes());
    producer.flush(PATIENCE).unwrap();
}

#[tokio::test]
async fn collectors_of_the_own_agency_are_shown_with_what_is_missing() {
    let bus = kafka().await;
    let teller = bus.clone();
    let told = tokio::task::spawn_blocking(move || {
        tell(&teller, "fleeta", 7);
        tell(&teller, "fleetb", 9);
    });
    told.await.unwrap();
    let rig = Rig::with_both(database().await, bus.clone());
    let (fleet, shutdown) = (rig.app.fleet.clone(), Shutdown::new());
    let until = shutdown.clone();
    let following = tokio::task::spawn_blocking(move || fleet.follow(&bus, &until));
    let begun = Instant::now();
    let known = |agency: &str| {
        let agency = Agency::new(agency).unwrap();
        let fleet = rig.app.fleet.read();
        let known = fleet.get(&agency, &format!("c-{agency}"));
        known.is_some_and(|known| known.missing() > 0 && known.beat.interval_s > 0)
    };
    while !(known("fleeta") && known("fleetb")) {
        assert!(begun.elapsed() < PATIENCE, "{:?}", rig.app.fleet.read());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shutdown.begin();
    following.await.unwrap().unwrap();

    rig.add_user("operator", &[(Role::CollectorOperator, "fleeta")], None);
    rig.add_user("author", &[(Role::RuleAuthor, "fleeta")], None);
    let mut browser = rig.signed_in("operator").await;
    let list = browser.get("/collectors").await.json();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{list}");
    for (key, expected) in [
        ("agency", "fleeta".into()),
        ("id", "c-fleeta".into()),
        ("host", "web-07".into()),
        ("version", "1.2.3".into()),
        ("state", "alive".into()),
        ("lost", 5.into()),
        ("missing", 7.into()),
        ("spool_bytes", serde_json::Value::from(77)),
    ] {
        assert_eq!(items[0][key], expected, "{key} of {list}");
    }
    let streams = browser.get("/collectors/c-fleeta/streams").await.json();
    let stream = &streams["items"][0];
    assert_eq!((&stream["stream"], &stream["sequence"]), (&"udp:0.0.0.0:514".into(), &40.into()));
    assert_eq!((&stream["missing"], &stream["waiting_records"]), (&7.into(), &2.into()));
    assert_eq!(browser.get("/collectors/c-fleetb/streams").await.code(), "not_found");
    let mut author = rig.signed_in("author").await;
    assert_eq!(author.get("/collectors").await.code(), "forbidden");
    assert_eq!(author.get("/collectors/c-fleeta/streams").await.code(), "forbidden");
}
