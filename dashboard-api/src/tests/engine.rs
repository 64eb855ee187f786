//! The real ClickHouse engine and the real Kafka for these tests, one of each.

use embedded_clickhouse::testing;
use std::sync::atomic::{AtomicU32, Ordering};
use store::Store;

/// A fresh, migrated database.
pub(super) async fn database() -> Store {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let url = testing::engine("tests::engine::engine_child");
    let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let store = Store::connect(&store::Config::new(url, &name).unwrap());
    store.migrate().await.unwrap();
    store
}

/// The address of a real broker.
pub(super) async fn kafka() -> bus::Config {
    let address = tokio::task::spawn_blocking(|| embedded_kafka::testing::broker().address());
    bus::Config::new(address.await.unwrap())
}

/// Not a test: what the engine's process runs.
#[test]
fn engine_child() {
    testing::play();
}
