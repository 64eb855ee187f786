//! What was acknowledged is there after the process was killed.

use crate::support::{Engine, Home};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// `PROHORI_KILLS` makes a campaign of it.
const KILLS: u64 = 4;
const BATCH: u64 = 500;
const WRITERS: u64 = 3;

/// Inserts batch after batch and remembers those that were acknowledged, until the engine dies.
async fn write(engine: &Engine, next: Arc<AtomicU64>, acknowledged: Arc<Notify>) -> Vec<u64> {
    let client = engine.client();
    let mut known = Vec::new();
    loop {
        let batch = next.fetch_add(1, Ordering::Relaxed);
        let body: String = (0..BATCH).map(|n| format!("{batch},{n}\n")).collect();
        let mut insert = client.insert_formatted_with("INSERT INTO kept FORMAT CSV");
        if insert.send(body.into()).await.is_err() || insert.end().await.is_err() {
            return known;
        }
        known.push(batch);
        acknowledged.notify_one();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_rows_survive_a_kill() {
    let home = Home::new();
    let config = home.config("", "");
    let (next, acknowledged) = (Arc::new(AtomicU64::new(0)), Arc::new(Notify::new()));
    let mut known = BTreeSet::new();
    let kills = std::env::var("PROHORI_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    for round in 0..kills {
        let engine = Arc::new(Engine::start(&config));
        let create = "CREATE TABLE IF NOT EXISTS kept (batch UInt64, n UInt64) \
                      ENGINE = MergeTree ORDER BY (batch, n)";
        engine.post("/", create).await.ok();
        check(&engine, &known).await;
        let mut writers = JoinSet::new();
        for _ in 0..WRITERS {
            let (engine, next, told) = (engine.clone(), next.clone(), acknowledged.clone());
            writers.spawn(async move { write(&engine, next, told).await });
        }
        // In the middle of inserts: after a number of them that differs by round.
        for _ in 0..5 + 7 * (round % 5) {
            acknowledged.notified().await;
        }
        kill(engine.pid());
        while let Some(writer) = writers.join_next().await {
            known.extend(writer.unwrap());
        }
        Arc::into_inner(engine).unwrap().kill();
    }
    let engine = Engine::start(&config);
    check(&engine, &known).await;
    assert!(known.len() as u64 >= kills * 5, "{} batches were acknowledged", known.len());
    assert!(engine.stop().success());
}

fn kill(pid: u32) {
    let status = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(status.unwrap().success());
}

/// Every acknowledged batch is there, whole and once; one that was not may be there, whole.
async fn check(engine: &Engine, known: &BTreeSet<u64>) {
    let sql = "SELECT batch, count(), uniqExact(n) FROM kept GROUP BY batch";
    let client = engine.client();
    let found = client.query(sql).fetch_all::<(u64, u64, u64)>().await.unwrap();
    for (batch, count, distinct) in &found {
        assert_eq!((*count, *distinct), (BATCH, BATCH), "batch {batch} is not whole");
    }
    let found: BTreeSet<u64> = found.into_iter().map(|(batch, ..)| batch).collect();
    let lost: Vec<_> = known.difference(&found).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
}
