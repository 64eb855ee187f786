//! Parquet files of events.

use crate::engine::database;
use crate::sample::{START_MS, event, scope, store_events};
use mapping::Tables;
use query::{Expr, Range};
use serde_json::Value;
use store::{Parquet, Scope};

async fn whole(export: &mut Parquet) -> Vec<u8> {
    let mut file = Vec::new();
    while let Some(piece) = export.next().await.unwrap() {
        file.extend_from_slice(&piece);
    }
    file
}

#[tokio::test]
async fn a_parquet_file_holds_what_the_scope_sees_and_no_more() {
    let store = database().await;
    let events: Vec<Value> = (0..300).map(|n| event("mof", n, |_| {})).collect();
    store_events(&store, "mof", 0, &events).await;
    store_events(&store, "moh", 1_000, &[event("moh", 600, |_| {})]).await;
    let tables = Tables::builtin().unwrap();
    let everything = query::sql::condition(&Expr::everything(), &tables, START_MS);
    let range = Range { from_ms: START_MS, to_ms: START_MS + 3_600_000 };
    for (agencies, rows_max, rows, is_cut) in [
        (vec!["mof"], 1_000, 300, false),
        (vec!["mof"], 299, 299, true),
        (vec!["moh"], 5, 1, false),
    ] {
        let mut export =
            store.parquet(&scope(&agencies), &everything, range, rows_max).await.unwrap();
        let file = whole(&mut export).await;
        assert_eq!((export.rows(), export.is_cut()), (rows, is_cut), "{agencies:?}");
        assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"));
        let text = String::from_utf8_lossy(&file);
        let other = if agencies == ["mof"] { "moh" } else { "mof" };
        assert!(text.contains(agencies[0]) && !text.contains(other), "{agencies:?}");
    }
    let mut nothing = store.parquet(&Scope::of([]), &everything, range, 10).await.unwrap();
    assert_eq!((whole(&mut nothing).await, nothing.rows()), (vec![], 0));
}
