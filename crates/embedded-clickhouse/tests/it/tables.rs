//! What the store asks of the engine, as it would of a server.

use crate::support::shared;
use clickhouse::Row;
use serde::{Deserialize, Serialize};

async fn ask(sql: &str) -> String {
    shared().post("/", sql.to_owned()).await.ok()
}

#[tokio::test]
async fn defaults_are_those_of_a_server_that_keeps_its_word() {
    let check = async |sql: &str, expected: &str| assert_eq!(ask(sql).await, expected, "{sql}");
    for (setting, value) in [
        ("async_insert", "0"),
        ("insert_deduplicate", "1"),
        ("deduplicate_blocks_in_dependent_materialized_views", "1"),
        ("implicit_select", "0"),
        ("allow_introspection_functions", "0"),
        ("max_threads", "2"),
        ("readonly", "0"),
    ] {
        check(&format!("SELECT toUInt64(getSetting('{setting}'))"), &format!("{value}\n")).await;
    }
    let fsync = "SELECT name, value FROM system.merge_tree_settings WHERE name LIKE 'fsync_%' \
                 AND value = '1' ORDER BY name";
    check(fsync, "fsync_after_insert\t1\nfsync_part_directory\t1\n").await;
    let server = "SELECT name FROM system.server_settings WHERE changed AND name IN \
                  ('max_server_memory_usage', 'background_pool_size') ORDER BY name";
    check(server, "background_pool_size\nmax_server_memory_usage\n").await;
    check("SELECT timezone(), toString(toDateTime(0))", "UTC\t1970-01-01 00:00:00\n").await;
}

#[derive(Row, Serialize, Deserialize)]
struct Wide {
    n: u64,
    rest: String,
}

#[tokio::test]
async fn an_insert_is_one_block_and_its_views_are_part_of_it() {
    ask("CREATE DATABASE one").await;
    ask("CREATE TABLE one.rows (n UInt64, rest JSON) ENGINE = MergeTree \
         ORDER BY n SETTINGS non_replicated_deduplication_window = 100")
    .await;
    ask("CREATE TABLE one.sums (k UInt8, s SimpleAggregateFunction(sum, UInt64)) ENGINE = \
         AggregatingMergeTree ORDER BY k SETTINGS non_replicated_deduplication_window = 100")
    .await;
    ask("CREATE MATERIALIZED VIEW one.view TO one.sums AS SELECT n % 2 AS k, sum(n) AS s \
         FROM one.rows GROUP BY k")
    .await;
    let client = shared().client().with_database("one");
    for _ in 0..2 {
        let mut insert = client
            .insert::<Wide>("rows")
            .await
            .unwrap()
            .with_setting("insert_deduplication_token", "raw.x/0/0-150000")
            .with_setting("input_format_binary_read_json_as_string", "1");
        for n in 0..150_000 {
            insert.write(&Wide { n, rest: format!("{{\"a\":{{\"b\":{n}}}}}") }).await.unwrap();
        }
        insert.end().await.unwrap();
    }
    let parts =
        "SELECT rows FROM system.parts WHERE database = 'one' AND table = 'rows' AND active";
    assert_eq!(ask(parts).await, "150000\n");
    assert_eq!(ask("SELECT sum(rest.a.b::UInt64) FROM one.rows").await, "11249925000\n");
    let sums = "SELECT k, sum(s) FROM one.sums GROUP BY k ORDER BY k";
    assert_eq!(ask(sums).await, "0\t5624925000\n1\t5625000000\n");
    let row = client
        .query("SELECT n, rest FROM rows WHERE n = 7")
        .with_setting("output_format_binary_write_json_as_string", "1")
        .fetch_one::<Wide>()
        .await
        .unwrap();
    assert_eq!((row.n, &*row.rest), (7, "{\"a\":{\"b\":7}}"));
}

#[tokio::test]
async fn a_view_that_fails_fails_the_insert() {
    ask("CREATE TABLE viewed (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    ask("CREATE TABLE seen (a UInt64) ENGINE = MergeTree ORDER BY a").await;
    ask("CREATE MATERIALIZED VIEW watch TO seen AS SELECT a + throwIf(a = 6) AS a FROM viewed")
        .await;
    let answer = shared().post("/?query=INSERT+INTO+viewed+FORMAT+CSV", "5\n6\n").await;
    assert_eq!(answer.header("x-clickhouse-exception-code"), "395", "{}", answer.text());
    assert_eq!(ask("SELECT count() FROM seen").await, "0\n");
}

#[tokio::test]
async fn an_update_that_names_a_version_is_made_once() {
    ask(
        "CREATE TABLE alerts (id UInt64, ver UInt32, state String) ENGINE = MergeTree ORDER BY id \
         SETTINGS enable_block_number_column = 1, enable_block_offset_column = 1",
    )
    .await;
    ask("INSERT INTO alerts VALUES (1, 0, 'new'), (2, 0, 'new')").await;
    for state in ["acknowledged", "closed"] {
        ask(&format!("UPDATE alerts SET ver = 1, state = '{state}' WHERE id = 1 AND ver = 0"))
            .await;
    }
    let rows = ask("SELECT id, ver, state FROM alerts ORDER BY id").await;
    assert_eq!(rows, "1\t1\tacknowledged\n2\t0\tnew\n");
}

#[tokio::test]
async fn tables_are_made_indexed_changed_and_dropped() {
    ask(
        "CREATE TABLE logs (at DateTime64(3) CODEC(Delta(8), ZSTD(1)), message String, raw String, \
         ip IPv6, INDEX words lower(message) TYPE text(tokenizer = splitByNonAlpha), \
         INDEX grams lower(raw) TYPE ngrambf_v1(4, 65536, 3, 0) GRANULARITY 1, \
         INDEX ips ip TYPE bloom_filter(0.01) GRANULARITY 1) ENGINE = MergeTree \
         PARTITION BY toDate(at) ORDER BY at TTL toDateTime(at) + INTERVAL 180 DAY DELETE \
         SETTINGS ttl_only_drop_parts = 1",
    )
    .await;
    ask("INSERT INTO logs SELECT now64(3), concat('request ', toString(number)), 'x', '::1' \
         FROM numbers(1000)")
    .await;
    let found =
        ask("SELECT message FROM logs WHERE hasAllTokens(lower(message), ['request', '77'])");
    assert_eq!(found.await, "request 77\n");
    ask("ALTER TABLE logs ADD COLUMN agency LowCardinality(String) DEFAULT 'a' AFTER at").await;
    ask("ALTER TABLE logs DELETE WHERE message = 'request 1' SETTINGS mutations_sync = 1").await;
    ask("OPTIMIZE TABLE logs FINAL").await;
    assert_eq!(ask("SELECT count(), any(agency) FROM logs").await, "999\ta\n");
    ask("RENAME TABLE logs TO older").await;
    ask("TRUNCATE TABLE older").await;
    ask("DROP TABLE older SYNC").await;
    assert_eq!(ask("EXISTS TABLE older").await, "0\n");
}
