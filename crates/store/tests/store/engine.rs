//! The real engine for this test binary, and databases in it.

use embedded_clickhouse::testing;
use std::sync::atomic::{AtomicU32, Ordering};
use store::Store;

/// A fresh, migrated database.
pub(crate) async fn database() -> Store {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let store = Store::connect(&store::Config::new(url(), &name).unwrap());
    assert_eq!(store.migrate().await.unwrap(), 11);
    store
}

/// The engine's address.
pub(crate) fn url() -> &'static str {
    testing::engine("engine::engine_child")
}

/// Not a test: what the engine's process runs.
#[test]
fn engine_child() {
    testing::play();
}
