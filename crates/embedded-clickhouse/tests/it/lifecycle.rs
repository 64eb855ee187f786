//! Starting, failing to start, and ending.

use crate::support::{Engine, Home, until};
use embedded_clickhouse::testing::library;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

#[test]
fn what_keeps_it_from_starting_is_said() {
    let home = Home::new();
    let check = |extra: &str, limits: &str, expected: &[&str]| {
        let log = Engine::fails(&home.config(extra, limits));
        for text in expected {
            assert!(log.contains(text), "{text:?} is not in {log}");
        }
    };
    check("library = '/nowhere/libchdb.so'", "", &["/nowhere/libchdb.so", "make setup"]);
    let text = home.path().join("engine.toml");
    let no_library = format!("library = '{}'", text.display());
    check(&no_library, "", &["cannot load the engine library", "make setup"]);
    let sum = format!("library_sha256 = '{}'", "0".repeat(64));
    let with_sum = format!("{no_library}\n{sum}");
    check(&with_sum, "", &["has sha256", "make setup"]);
    check("library_sha256 = '00'", "", &["64 hexadecimal digits"]);
    check("", "queries = 0", &["engine.limits.queries = 0"]);
    check("", "memory_bytes = 1", &["engine.limits.memory_bytes = 1"]);
    check("", "memroy_bytes = 1", &["memroy_bytes"]);
    let config = home.config("", "");
    let away = std::fs::read_to_string(&config).unwrap().replace("127.0.0.1:0", "0.0.0.0:0");
    std::fs::write(&config, away).unwrap();
    assert!(Engine::fails(&config).contains("this machine only"));
}

/// A library that is none of ours: it loads, and lacks the engine's functions.
#[test]
fn another_library_is_refused() {
    let libc = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6"];
    let Some(libc) = libc.into_iter().find(|path| std::path::Path::new(path).exists()) else {
        panic!("no libm to try this with");
    };
    let log = Engine::fails(&Home::new().config(&format!("library = '{libc}'"), ""));
    assert!(log.contains("lacks chdb_version"), "{log}");
}

#[tokio::test]
async fn one_process_has_one_directory_and_what_is_in_it_stays() {
    let home = Home::new();
    let engine = home.start();
    let pid = engine.pid().to_string();
    let log = Engine::fails(&home.config("", ""));
    assert!(log.contains("in use by process") && log.contains(&pid), "{log}");

    let create = "CREATE TABLE kept (a UInt64) ENGINE = MergeTree ORDER BY a";
    engine.post("/", create).await.ok();
    engine.post("/?query=INSERT+INTO+kept+FORMAT+CSV", "7\n").await.ok();
    assert!(engine.stop().success());

    // The pinned checksum is that of this very library, if it is the pinned one.
    let pinned = "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5";
    let engine = Engine::start(&home.config(&format!("library_sha256 = '{pinned}'"), ""));
    assert_eq!(engine.post("/", "SELECT a FROM kept").await.ok(), "7\n");
    let cached = std::fs::read_to_string(home.path().join("data/prohori-library.sha256")).unwrap();
    assert!(cached.starts_with(pinned), "{cached} of {}", library().display());
    assert!(engine.stop().success());
}

#[tokio::test]
async fn a_full_disk_and_a_busy_engine_say_so() {
    let home = Home::new();
    let limits = "free_disk_bytes = 4000000000000000\nqueries = 1\nwait_seconds = 1";
    let engine = Engine::start(&home.config("", limits));
    let create = "CREATE TABLE full (a UInt64) ENGINE = MergeTree ORDER BY a";
    engine.post("/", create).await.ok();
    let answer = engine.post("/?query=INSERT+INTO+full+FORMAT+CSV", "7\n").await;
    let text = answer.text();
    assert!(answer.status == 500 && text.starts_with("Code: 243. DB::Exception: "), "{text}");
    assert!(text.contains("not enough space"), "{text}");
    assert_eq!(engine.post("/", "SELECT count() FROM full").await.ok(), "0\n");

    let client = engine.client();
    let long = client.query("SELECT sum(number) FROM numbers(100000000000000)").fetch_one::<u64>();
    let second = async {
        // Refused for as long as the first one runs; before that it may be the first itself.
        loop {
            let answer = engine.post("/", "SELECT 1").await;
            if answer.status != 200 {
                return answer;
            }
        }
    };
    let refused = tokio::select! {
        ended = long => panic!("{ended:?}"),
        refused = second => refused,
    };
    let code = refused.header("x-clickhouse-exception-code");
    assert_eq!((code, refused.status.as_u16()), ("202", 503), "{}", refused.text());
    let metrics = engine.get("/metrics").await.ok();
    assert!(metrics.contains("prohori_engine_refused_total{reason=\"busy\"} 1"), "{metrics}");
    assert!(engine.stop().success());
}

#[tokio::test]
async fn a_shutdown_waits_for_statements_and_ends_those_that_take_too_long() {
    let home = Home::new();
    let engine = Engine::start(&home.config("", "drain_seconds = 2"));
    let mut statements = JoinSet::new();
    let mut begin = |sql: &'static str| {
        let client = engine.client();
        statements.spawn(async move { client.query(sql).fetch_one::<u64>().await })
    };
    let runs = async |part: &str| {
        let sql = format!(
            "SELECT count() FROM system.processes WHERE query LIKE '%{part}%' \
             AND query NOT LIKE '%processes%'"
        );
        engine.post("/", sql).await.ok() == "1\n"
    };
    begin("SELECT sum(number) FROM numbers(100000000000000)");
    until("the long one runs", async || runs("sum(number)").await).await;
    let short = begin("SELECT sum(sleepEachRow(0.1)) FROM numbers(10)");
    until("the short one runs", async || short.is_finished() || runs("sleepEachRow").await).await;
    let began = Instant::now();
    let status = tokio::task::spawn_blocking(move || engine.stop()).await.unwrap();
    assert!(status.success(), "{status}");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "the end took {took:?}");
    let ended: Vec<_> = statements.join_all().await;
    let sums: Vec<_> = ended.iter().flatten().collect();
    assert_eq!((sums, ended.iter().filter(|e| e.is_err()).count()), (vec![&0], 1));
}
