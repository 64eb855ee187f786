//! The official client, unchanged.

use crate::support::{Engine, shared};
use clickhouse::{Client, Compression, Row};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
struct Sample {
    id: u64,
    small: i8,
    name: String,
    agency: String,
    ratio: f64,
    at: i64,
    address: std::net::Ipv6Addr,
    tags: Vec<String>,
    extra: Vec<(String, String)>,
    maybe: Option<u32>,

    raw: String,
}

const COLUMNS: &str = "id UInt64, small Int8, name String, agency LowCardinality(String), \
    ratio Float64, at DateTime64(3), address IPv6, tags Array(String), \
    extra Map(String, String), maybe Nullable(UInt32), raw String";

fn sample(id: u64) -> Sample {
    Sample {
        id,
        small: -3,
        // Two line breaks and a zero byte: what the engine cuts when data follows the SQL text.
        name: format!("প্রহরী \n\n\0 '\\\t {id}"),
        agency: format!("agency-{}", id % 3),
        ratio: 0.5,
        at: 1_700_000_000_123 + id as i64,
        address: "2001:db8::1".parse().unwrap(),
        tags: vec![String::new(), "b\n\n".to_owned()],
        extra: vec![("k".to_owned(), "v".to_owned())],
        maybe: (!id.is_multiple_of(2)).then_some(7),
        raw: "\0\n\n\r\n\u{7f}৳".repeat(1 + id as usize % 50),
    }
}

async fn round_trip(client: Client, table: &str, rows: u64) {
    let create = format!("CREATE TABLE {table} ({COLUMNS}) ENGINE = MergeTree ORDER BY id");
    client.query(&create).execute().await.unwrap();
    let mut insert = client.insert::<Sample>(table).await.unwrap();
    for id in 0..rows {
        insert.write(&sample(id)).await.unwrap();
    }
    insert.end().await.unwrap();
    let select = format!("SELECT ?fields FROM {table} ORDER BY id");
    let found = client.query(&select).fetch_all::<Sample>().await.unwrap();
    assert_eq!(found.len() as u64, rows);
    assert!(found.into_iter().zip(0..).all(|(found, id)| found == sample(id)));
}

#[tokio::test]
async fn rows_come_back_as_they_were_with_lz4() {
    round_trip(shared().client(), "rows_lz4", 20_000).await;
}

#[tokio::test]
async fn rows_come_back_as_they_were_without_compression() {
    let client = shared().client().with_compression(Compression::None);
    round_trip(client, "rows_plain", 20_000).await;
}

#[tokio::test]
async fn no_rows_are_no_rows() {
    round_trip(shared().client(), "rows_none", 0).await;
}

#[tokio::test]
async fn parameters_are_values_and_never_text() {
    let client = shared().client();
    for value in ["", "a", "'; DROP TABLE x; --", "tab\tline\n\r\\ \"` ৳", "{x:String}"] {
        let query = client.query("SELECT {v:String}").param("v", value);
        assert_eq!(query.fetch_one::<String>().await.unwrap(), value);
    }
    let query = client
        .query("SELECT {a:Array(String)}, {n:UInt64}, {t:Identifier} FROM (SELECT 5 AS c)")
        .param("a", vec!["it's", "b\\"])
        .param("n", u64::MAX)
        .param("t", "c");
    let row = query.fetch_one::<(Vec<String>, u64, u8)>().await.unwrap();
    assert_eq!(row, (vec!["it's".to_owned(), "b\\".to_owned()], u64::MAX, 5));
    let error = client.query("SELECT {v:UInt8}").param("v", "x").fetch_one::<u8>().await;
    assert!(error.unwrap_err().to_string().contains("Code: "));
}

#[tokio::test]
async fn settings_hold_for_one_statement() {
    let client = shared().client();
    let threads = |client: Client| async move {
        client.query("SELECT toUInt64(getSetting('max_threads'))").fetch_one::<u64>().await.unwrap()
    };
    let usual = threads(client.clone()).await;
    assert_eq!(threads(client.clone().with_setting("max_threads", "7")).await, 7);
    assert_eq!(threads(client.clone()).await, usual);
    let wrong = client.clone().with_setting("max_threads", "many");
    assert!(wrong.query("SELECT 1").fetch_one::<u8>().await.is_err());
    let unknown = client.with_setting("max_thraeds", "1").query("SELECT 1");
    let error = unknown.fetch_one::<u8>().await.unwrap_err().to_string();
    assert!(error.contains("Code: 115.") && error.contains("max_thraeds"), "{error}");
}

#[tokio::test]
async fn a_database_is_chosen_for_one_client() {
    let client = shared().client();
    client.query("CREATE DATABASE `of one's own`").execute().await.unwrap();
    let other = client.clone().with_database("of one's own");
    other.query("CREATE TABLE t (id UInt64) ENGINE = Memory").execute().await.unwrap();
    let mut insert = other.insert::<Id>("t").await.unwrap();
    insert.write(&Id { id: 3 }).await.unwrap();
    insert.end().await.unwrap();
    assert_eq!(other.query("SELECT id FROM t").fetch_one::<u64>().await.unwrap(), 3);
    let error = client.query("SELECT id FROM t").fetch_one::<u64>().await.unwrap_err();
    assert!(error.to_string().contains("Code: 60."), "{error}");
    let missing = client.with_database("nowhere").query("SELECT 1").fetch_one::<u8>().await;
    assert!(missing.unwrap_err().to_string().contains("Code: 81."));
}

#[derive(Row, Serialize, Deserialize)]
struct Id {
    id: u64,
}

#[tokio::test]
async fn an_error_within_a_result_reaches_the_client() {
    for compression in [Compression::Lz4, Compression::None] {
        let client = shared().client().with_compression(compression);
        let query = "SELECT number, throwIf(number = 1500000, 'halfway') FROM numbers(3000000)";
        let mut rows = client.query(query).fetch::<(u64, u8)>().unwrap();
        let mut seen = 0_u64;
        let error = loop {
            match rows.next().await {
                Ok(Some((number, _))) => {
                    assert_eq!(number, seen);
                    seen += 1;
                }
                Ok(None) => panic!("the result ended after {seen} rows as if it were whole"),
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains("Code: 395.") && error.contains("halfway"), "{error}");
        assert!((1..1_500_000).contains(&seen), "{seen} rows came before the error");
    }
}

#[tokio::test]
async fn a_large_result_is_streamed_in_little_memory() {
    let engine = shared();
    let before = resident_bytes(engine);
    let rows = 150_000_000;
    let client = engine.client().with_compression(Compression::None);
    let query = format!("SELECT number FROM numbers({rows})");
    let mut cursor = client.query(&query).fetch_bytes("RowBinary").unwrap();
    let (mut bytes, mut most) = (0_u64, 0);
    while let Some(part) = cursor.next().await.unwrap() {
        bytes += part.len() as u64;
        most = most.max(resident_bytes(engine));
    }
    assert_eq!(bytes, rows * 8);
    let grown = most.saturating_sub(before) >> 20;
    // 1.2 GB went through; other tests run beside this one.
    assert!(grown < 480, "the engine grew by {grown} MiB");
}

fn resident_bytes(engine: &Engine) -> u64 {
    let path = format!("/proc/{}/statm", engine.pid());
    let text = std::fs::read_to_string(path).unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[tokio::test]
async fn many_clients_work_side_by_side() {
    let client = shared().client();
    let create = "CREATE TABLE side (id UInt64) ENGINE = MergeTree ORDER BY id";
    client.query(create).execute().await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..12_u64 {
        let client = shared().client();
        tasks.spawn(async move {
            for batch in 0..3 {
                let mut insert = client.insert::<Id>("side").await.unwrap();
                for id in 0..1000 {
                    insert.write(&Id { id: (n * 3 + batch) * 1000 + id }).await.unwrap();
                }
                insert.end().await.unwrap();
                let count = "SELECT count() FROM side";
                assert!(client.query(count).fetch_one::<u64>().await.unwrap() >= 1000);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let counts = "SELECT count(), uniqExact(id), max(id) FROM side";
    let counts = client.query(counts).fetch_one::<(u64, u64, u64)>().await.unwrap();
    assert_eq!(counts, (36_000, 36_000, 35_999));
}
