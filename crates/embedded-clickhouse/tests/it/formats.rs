//! Results in formats that are joined from pieces, and in those that are built whole.

use crate::support::{Answer, shared};

/// Enough rows for several pieces of 65,409.
const ROWS: usize = 200_000;

#[tokio::test]
async fn a_header_comes_once() {
    let check = async |format: &str, header: &str| {
        let sql = format!("SELECT number AS n FROM numbers({ROWS}) FORMAT {format}");
        let text = shared().post("/", sql).await.ok();
        let rows = text.strip_prefix(header).unwrap_or_else(|| panic!("{format}: {:.40}", text));
        assert_eq!(rows.lines().count(), ROWS, "{format}");
        assert!(!rows.contains('n'), "{format}");
    };
    check("TabSeparated", "").await;
    check("TSVWithNames", "n\n").await;
    check("TSVWithNamesAndTypes", "n\nUInt64\n").await;
    check("CSVWithNames", "\"n\"\n").await;
    check("JSONCompactEachRowWithNames", "[\"n\"]\n").await;
}

#[tokio::test]
async fn binary_pieces_join() {
    let sql = format!("SELECT number AS n FROM numbers({ROWS}) FORMAT RowBinaryWithNamesAndTypes");
    let body = shared().post("/", sql).await.body;
    let rows = body.strip_prefix(b"\x01\x01n\x06UInt64").unwrap();
    assert_eq!(rows.len(), ROWS * 8);
    let numbers = rows.chunks(8).map(|n| u64::from_le_bytes(n.try_into().unwrap()));
    assert!(numbers.eq(0..ROWS as u64));
}

#[tokio::test]
async fn a_whole_document_is_one() {
    let sql = format!("SELECT number AS n FROM numbers({ROWS}) FORMAT JSONCompact");
    let answer = shared().post("/", sql).await;
    assert_eq!(answer.header("content-type"), "application/json; charset=UTF-8");
    let json: serde_json::Value = serde_json::from_str(&answer.ok()).unwrap();
    assert_eq!(json["rows"], ROWS);
    assert_eq!(json["data"].as_array().unwrap().len(), ROWS);
    let sql = format!("SELECT number FROM numbers({ROWS}) FORMAT JSONEachRow");
    let rows = shared().post("/?output_format_json_array_of_rows=1", sql).await.ok();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&rows).unwrap();
    assert_eq!(rows.len(), ROWS);
    let text = shared().post("/", "SHOW DATABASES FORMAT JSON").await.ok();
    serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let null =
        shared().post("/", "SELECT sum(sleepEachRow(0.001)) FROM numbers(5) FORMAT Null").await;
    assert_eq!(null.ok(), "");
}

#[tokio::test]
async fn totals_follow_the_rows() {
    let select =
        "SELECT number % 2 AS k, count() FROM numbers(10) GROUP BY k WITH TOTALS ORDER BY k";
    let text = shared().post("/", select).await.ok();
    assert_eq!(text, "0\t5\n1\t5\n\n0\t10\n");
    let text = shared().post("/", format!("{select} FORMAT TSVWithNames")).await.ok();
    assert_eq!(text, "k\tcount()\n0\t5\n1\t5\n\n0\t10\n");
}

#[tokio::test]
async fn compressed_blocks_are_clickhouses() {
    let sql = format!("SELECT number FROM numbers({ROWS})");
    let plain = shared().post("/", sql.clone()).await.body;
    let packed = shared().post("/?compress=1", sql).await;
    assert!(packed.header("content-encoding").is_empty() && packed.body.len() < plain.len());
    // The engine itself reads them back.
    shared().post("/", "CREATE TABLE packed (n UInt64) ENGINE = Memory").await.ok();
    let insert = "/?decompress=1&query=INSERT+INTO+packed+FORMAT+TSV";
    shared().post(insert, packed.body).await.ok();
    let sum = shared().post("/", "SELECT count(), sum(n) FROM packed").await.ok();
    assert_eq!(sum, format!("{ROWS}\t{}\n", (ROWS - 1) * ROWS / 2));
}

#[tokio::test]
async fn a_broken_result_says_so_and_is_cut() {
    let sql = "SELECT number, throwIf(number = 1500000, 'halfway') FROM numbers(3000000)";
    let answer = shared().post("/", sql).await;
    assert!(answer.status == 200 && !answer.complete);
    check_exception(&answer);
    // Asked for whole, it is an ordinary error.
    let answer = shared().post("/?wait_end_of_query=1", sql).await;
    assert_eq!(answer.header("x-clickhouse-exception-code"), "395");
}

fn check_exception(answer: &Answer) {
    let (tag, text) = (answer.header("x-clickhouse-exception-tag"), answer.text());
    let start = format!("\r\n__exception__\r\n{tag}\r\n");
    let (_, exception) = text.rsplit_once(&start).unwrap();
    let (message, rest) = exception.split_once('\n').unwrap();
    assert!(message.starts_with("Code: 395. DB::Exception: halfway"), "{message}");
    assert_eq!(rest, format!("{} {tag}\r\n__exception__\r\n", message.len() + 1));
}
