//! The ledger, held against a real Kafka and a real store.

use super::browser::Rig;
use super::engine::{database, kafka};
use super::sample::plant;
use crate::Role;
use bus::{Outgoing, Producer, ProducerOptions, TopicSpec};
use std::time::Duration;

/// Sends `count` raw records of an agency and waits until Kafka has them.
fn send(bus: &bus::Config, agency: &str, count: u64) {
    let topic = format!("raw.{agency}");
    bus::admin::ensure_topics(bus, &[TopicSpec::new(&topic, 2)]).unwrap();
    let on_delivery = |_, outcome: Result<_, bus::DeliveryError>| _ = outcome.unwrap();
    let producer = Producer::open(bus, &ProducerOptions::default(), on_delivery).unwrap();
    for number in 0..count {
        let partition = Some(i32::from(number % 2 == 0));
        let record = Outgoing { topic: &topic, partition, key: None, value: b"line", headers: &[] };
        producer.try_send(&record, number).unwrap();
    }
    producer.flush(Duration::from_secs(60)).unwrap();
}

#[tokio::test]
async fn the_counts_of_the_own_agency_add_up() {
    let store = database().await;
    let bus = kafka().await;
    // As many raw records as events and dead letters; of the other agency two more.
    plant(&store, "bdmet", 4).await;
    plant(&store, "bdrail", 2).await;
    let sender = bus.clone();
    tokio::task::spawn_blocking(move || {
        send(&sender, "bdmet", 5);
        send(&sender, "bdrail", 5);
    })
    .await
    .unwrap();
    let rig = Rig::with_both(store, bus);
    rig.add_user("rahima", &[(Role::Viewer, "bdmet")], None);
    rig.add_user("both", &[(Role::Viewer, "bdmet"), (Role::CollectorOperator, "bdrail")], None);

    let ledger = rig.signed_in("rahima").await.get("/ledger").await.json();
    assert_eq!((ledger["received"].as_u64(), ledger["stored"].as_u64()), (Some(5), Some(4)));
    assert_eq!((ledger["dead_letters"].as_u64(), ledger["in_flight"].as_i64()), (Some(1), Some(0)));
    assert_eq!((ledger["adds_up"].as_bool(), ledger["alerts"].as_u64()), (Some(true), Some(4)));

    let ledger = rig.signed_in("both").await.get("/ledger").await.json();
    assert_eq!((ledger["received"].as_u64(), ledger["in_flight"].as_i64()), (Some(10), Some(2)));
    assert_eq!(ledger["adds_up"], true, "seen for the first time, it may yet move");
}
