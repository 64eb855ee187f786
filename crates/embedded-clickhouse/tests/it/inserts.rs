//! Rows on their way in: every form of INSERT, and those that break off.

use crate::support::{PASSWORD, shared, until};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn table(name: &str) {
    let sql = format!(
        "CREATE TABLE {name} (a UInt64, b String DEFAULT 'd') ENGINE = MergeTree ORDER BY a \
         SETTINGS non_replicated_deduplication_window = 100"
    );
    shared().post("/", sql).await.ok();
}

async fn rows(name: &str) -> String {
    shared().post("/", format!("SELECT a, b FROM {name} ORDER BY a, b")).await.ok()
}

#[tokio::test]
async fn data_in_every_place() {
    table("places").await;
    let check = async |query: &str, body: &str| {
        let answer = shared().post(query, body.to_owned()).await;
        assert!(answer.header("x-clickhouse-summary").contains("\"written_rows\":\"1\""));
        answer.ok();
    };
    check("/?query=INSERT+INTO+places+FORMAT+CSV", "1,x\n").await;
    check("/?query=INSERT+INTO+places+(a)+FORMAT+JSONEachRow", "{\"a\": 2}").await;
    check("/?query=INSERT+INTO+places+VALUES", "(3, 'it''s')").await;
    check("/?query=INSERT+INTO+places+VALUES+(4,", " upper('v'))").await;
    check("/", "INSERT INTO places VALUES (5, 'body')").await;
    check("/", "INSERT INTO places FORMAT TSV\n6\tbody\n").await;
    check("/", "INSERT INTO places SETTINGS max_threads = 1 FORMAT CSV 7,\"a;\n\nb\"\n").await;
    check("/?query=INSERT+INTO+places+SELECT+8,+'select'", "").await;
    check("/?database=system&query=INSERT+INTO+default.places+FORMAT+CSV", "9,y\n").await;
    check("/?param_t=places&query=INSERT+INTO+{t:Identifier}+FORMAT+CSV", "10,z\n").await;
    let found = rows("places").await;
    let expected =
        "1\tx\n2\td\n3\tit\\'s\n4\tV\n5\tbody\n6\tbody\n7\ta;\\n\\nb\n8\tselect\n9\ty\n10\tz\n";
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_token_makes_a_batch_count_once() {
    table("once").await;
    let insert = "/?insert_deduplication_token=t1&query=INSERT+INTO+once+FORMAT+CSV";
    for _ in 0..3 {
        shared().post(insert, "1,x\n2,y\n").await.ok();
    }
    assert_eq!(rows("once").await, "1\tx\n2\ty\n");
    shared().post(&insert.replace("t1", "t2"), "1,x\n2,y\n").await.ok();
    assert_eq!(rows("once").await, "1\tx\n1\tx\n2\ty\n2\ty\n");
}

#[tokio::test]
async fn bad_rows_store_nothing() {
    table("bad").await;
    let check = async |query: &str, body: &[u8], code: &str| {
        let answer = shared().post(query, body.to_vec()).await;
        assert_eq!(answer.header("x-clickhouse-exception-code"), code, "{}", answer.text());
    };
    check("/?query=INSERT+INTO+bad+FORMAT+CSV", b"1,x\nno,y\n", "27").await;
    check("/?query=INSERT+INTO+bad+(a)+FORMAT+RowBinary", b"\x01\0\0\0\0\0\0", "33").await;
    check("/?query=INSERT+INTO+bad+(none)+FORMAT+CSV", b"1\n", "16").await;
    check("/?query=INSERT+INTO+bad+FORMAT+NoneSuch", b"1\n", "73").await;
    let packed = "/?decompress=1&query=INSERT+INTO+bad+FORMAT+CSV";
    check(packed, b"1,x\n2,y\n3,z\n4,x\n5,x\n6,x\n7,x\n", "39").await;
    check(packed, b"1,x\n", "33").await;
    assert_eq!(rows("bad").await, "");
    shared().post("/?query=INSERT+INTO+bad+FORMAT+CSV", "").await.ok();
    assert_eq!(rows("bad").await, "");
}

#[tokio::test]
async fn an_early_error_reaches_a_client_that_is_still_sending() {
    let body = "1,x\n".repeat(5_000_000);
    let answer = shared().post("/?query=INSERT+INTO+none_such+FORMAT+CSV", body).await;
    assert_eq!(answer.status, 404, "{}", answer.text());
}

/// Sends the head and a part of a chunked INSERT.
async fn begin_insert(table: &str) -> TcpStream {
    let address = shared().url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let basic = STANDARD.encode(format!("default:{PASSWORD}"));
    let head = format!(
        "POST /?query=INSERT+INTO+{table}+FORMAT+CSV HTTP/1.1\r\nHost: x\r\n\
         Authorization: Basic {basic}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1,x\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_client_that_goes_away_has_stored_nothing() {
    table("gone").await;
    let stream = begin_insert("gone").await;
    wait_for_inserts("gone", 1).await;
    drop(stream);
    wait_for_inserts("gone", 0).await;
    assert_eq!(rows("gone").await, "");
}

#[tokio::test]
async fn a_client_that_falls_silent_is_answered_and_has_stored_nothing() {
    table("silent").await;
    let mut stream = begin_insert("silent").await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("Code: 209."), "{answer}");
    assert_eq!(rows("silent").await, "");
}

async fn wait_for_inserts(table: &str, count: usize) {
    let sql = format!(
        "SELECT count() FROM system.processes \
         WHERE query_kind = 'Insert' AND query LIKE '%{table}%'"
    );
    let expected = format!("{count}\n");
    until(&sql, async || shared().post("/", sql.clone()).await.ok() == expected).await;
}
