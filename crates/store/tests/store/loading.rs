//! Blocks go in once, whatever happens.

use crate::engine::{database, url};
use crate::sample::{
    START_MS, alert_block, dead_letter_block, event, event_block, scope, store_events,
};
use std::sync::Arc;
use store::{Block, Store, Table};

/// Fails where the projection does not answer it.
const FIVE_MINUTES: &str = "SELECT sum(n) FROM (SELECT count() AS n FROM events \
    GROUP BY agency, toStartOfFiveMinutes(time)) SETTINGS force_optimize_projection = 1";

/// Runs SQL that the store has no function for, in the database of the store.
pub(crate) async fn execute(store: &Store, sql: &str) {
    client(store).query_raw(sql).execute().await.unwrap();
}

/// The one number that SQL gives.
pub(crate) async fn number(store: &Store, sql: &str) -> u64 {
    client(store).query_raw(sql).fetch_one().await.unwrap()
}

/// The store shows its database's name and nothing else of itself.
fn client(store: &Store) -> clickhouse::Client {
    let name = format!("{store:?}").replace("Store(", "").replace(')', "");
    clickhouse::Client::default().with_url(url()).with_database(name)
}

fn block(events: u64) -> Arc<Block> {
    let events: Vec<_> = (0..events).map(|n| event("mof", n, |_| {})).collect();
    event_block("mof", 0, &events)
}

#[tokio::test]
async fn migrations_repeat_and_are_recorded() {
    let store = database().await;
    assert_eq!(store.migrate().await.unwrap(), 0);
    // As after a crash between the last statement and its record.
    execute(&store, "TRUNCATE TABLE schema_migrations").await;
    assert_eq!(store.migrate().await.unwrap(), 11);
    store_events(&store, "mof", 0, &[event("mof", 1, |_| {})]).await;
}

#[tokio::test]
async fn an_insert_is_one_part_and_its_retry_is_nothing() {
    let store = database().await;
    let block = block(30_000);
    for _ in 0..2 {
        store.insert(&block, "events/0/0-30000").await.unwrap();
    }
    let parts = "SELECT count() FROM system.parts \
        WHERE database = currentDatabase() AND table = 'events' AND active";
    assert_eq!(number(&store, parts).await, 1);
    assert_eq!(number(&store, "SELECT count() FROM events").await, 30_000);
    assert_eq!(number(&store, "SELECT uniqExact(uid) FROM events").await, 30_000);
    assert_eq!(number(&store, FIVE_MINUTES).await, 30_000);
}

#[tokio::test]
async fn a_look_finds_what_is_missing() {
    let store = database().await;
    let events = block(10);
    let half = Arc::new(events.only(|offset, _| offset < 5));
    store.insert(&half, "half").await.unwrap();
    let missing = store.missing(&events, "events", 0).await.unwrap();
    assert_eq!(missing.offsets().collect::<Vec<_>>(), [5, 6, 7, 8, 9]);
    // Another partition's offsets are other records.
    assert_eq!(store.missing(&events, "events", 1).await.unwrap().rows(), 10);
    store.insert(&Arc::new(missing), "rest").await.unwrap();
    assert!(store.missing(&events, "events", 0).await.unwrap().is_empty());

    let alerts = alert_block("mof", 0, &["a", "b"]);
    store.insert(&Arc::new(alerts.only(|_, id| id == "b")), "b").await.unwrap();
    let missing = store.missing(&alerts, "alerts", 0).await.unwrap();
    assert_eq!(missing.ids().collect::<Vec<_>>(), ["a"]);

    let letter = dead_letter_block("mof", 7);
    store.insert(&letter, "letter").await.unwrap();
    assert!(store.missing(&letter, "dead-letters", 0).await.unwrap().is_empty());
    // The same offset of topic `events` is another record.
    assert_eq!(store.missing(&letter, "events", 0).await.unwrap().rows(), 1);
}

/// Offsets begin anew when a topic is deleted and made again; arrival tells the two apart.
#[tokio::test]
async fn a_topic_made_again_is_not_taken_for_its_past() {
    let store = database().await;
    store.insert(&block(3), "old").await.unwrap();
    let later = event("mof", 1, |_| {});
    let mut new = Block::events();
    let json = later.to_string();
    let raw = model::RawPlace {
        topic: "raw.mof",
        partition: 0,
        offset: 0,
        kafka_ms: START_MS + 86_400_000,
    };
    let from = model::EventPlace { raw, index: 0, count: 1 };
    let place = store::Place { partition: 0, offset: 0 };
    new.push_event(&store::EventRow::new(json.as_bytes(), &from, place).unwrap());
    assert_eq!(store.missing(&new, "events", 0).await.unwrap().rows(), 1);
}

/// A clock far off makes many partitions of time, and none of arrival.
#[tokio::test]
async fn no_clock_can_refuse_an_insert() {
    let store = database().await;
    let day = 86_400_000;
    let events: Vec<_> = (0..400_i64)
        .map(|n| event("mof", n as u64, |e| e["time"] = (n * 91 * day).into()))
        .collect();
    store_events(&store, "mof", 0, &events).await;
    assert_eq!(number(&store, "SELECT count() FROM events").await, 400);
    assert_eq!(number(&store, FIVE_MINUTES).await, 400);
    let mut far = Block::events();
    for (n, event) in events.iter().enumerate() {
        let kafka_ms = n as i64 * 91 * day;
        let raw = model::RawPlace { topic: "raw.mof", partition: 0, offset: 0, kafka_ms };
        let from = model::EventPlace { raw, index: 0, count: 1 };
        let place = store::Place { partition: 0, offset: 1_000 + n as u64 };
        let json = event.to_string();
        far.push_event(&store::EventRow::new(json.as_bytes(), &from, place).unwrap());
    }
    assert_eq!(far.table(), Table::Events);
    store.insert(&Arc::new(far), "far").await.unwrap();
    assert_eq!(number(&store, "SELECT count() FROM events").await, 800);
}

#[tokio::test]
async fn the_way_to_the_store_is_measured() {
    let store = database().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = now.as_millis() as i64;
    let event = event("mof", 1, |e| e["metadata"]["logged_time"] = (now - 2_000).into());
    let raw = model::RawPlace { topic: "raw.mof", partition: 0, offset: 0, kafka_ms: now };
    let from = model::EventPlace { raw, index: 0, count: 1 };
    let mut block = Block::events();
    let json = event.to_string();
    let place = store::Place { partition: 0, offset: 0 };
    block.push_event(&store::EventRow::new(json.as_bytes(), &from, place).unwrap());
    store.insert(&Arc::new(block), "t").await.unwrap();
    let ledger = store.ledger(&scope(&["mof"])).await.unwrap();
    let (median, p99) = ledger.line_to_store_ms.unwrap();
    assert!((2_000.0..30_000.0).contains(&median), "{median}");
    assert!(p99 >= median);
    assert_eq!((ledger.streams_heard, ledger.streams_silent), (1, 0));
}
