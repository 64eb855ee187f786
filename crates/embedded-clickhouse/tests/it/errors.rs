//! What the engine refuses, and how the refusal looks.

use crate::support::shared;

#[tokio::test]
async fn codes_and_statuses() {
    let check = async |sql: &str, code: &str, status: u16| {
        let answer = shared().post("/", sql.to_owned()).await;
        let text = answer.text();
        let found = (answer.header("x-clickhouse-exception-code"), answer.status.as_u16());
        assert_eq!(found, (code, status), "{sql}: {text}");
        assert!(text.starts_with(&format!("Code: {code}. DB::Exception: ")), "{text}");
        assert!(text.ends_with(" (embedded))\n"), "{text}");
    };
    check("SELEC 1", "62", 400).await;
    check("", "62", 400).await;
    check("-- nothing", "62", 400).await;
    check("SELECT 1; SELECT 2", "62", 400).await;
    check("SELECT * FROM none_such", "60", 404).await;
    check("SELECT none_such", "47", 404).await;
    check("SELECT none_such(1)", "46", 404).await;
    check("SELECT 1 FORMAT NoneSuch", "73", 404).await;
    check("SELECT 1 SETTINGS none_such = 1", "115", 404).await;
    check("SELECT toUInt8('x')", "6", 400).await;
    check("SELECT throwIf(1)", "395", 500).await;
    check(
        "SELECT sum(number) FROM numbers(1000000000000) SETTINGS max_execution_time = 0.1",
        "159",
        408,
    )
    .await;
    check("SELECT {x:UInt8}", "456", 500).await;
    check("INSERT INTO none_such FORMAT CSV\n1", "60", 404).await;
    check("INSERT INTO t", "62", 400).await;
}

#[tokio::test]
async fn nothing_outside_the_database_is_reached() {
    let check = async |sql: &str, code: &str| {
        let answer = shared().post("/", sql.to_owned()).await;
        assert_eq!(answer.header("x-clickhouse-exception-code"), code, "{sql}: {}", answer.text());
    };
    check("SELECT 1 INTO OUTFILE '/tmp/prohori-never'", "358").await;
    check("INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV", "358").await;
    check("SELECT * FROM file('/etc/passwd', 'LineAsString')", "497").await;
    check("SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", "497").await;
    check("SELECT * FROM remote('127.0.0.1', system.one)", "497").await;
    check("SELECT * FROM `/etc/passwd`", "497").await;
    // Only what lies in the data directory's user_scripts, where nothing does.
    check("SELECT * FROM executable('sh', TSV, 'a String')", "1").await;
    check("CREATE TABLE u (a String) ENGINE = URL('http://127.0.0.1:1/', CSV)", "497").await;
    check("CREATE TABLE f (a String) ENGINE = File(CSV)", "497").await;
    check("CREATE USER other", "497").await;
    assert!(!std::path::Path::new("/tmp/prohori-never").exists());
}

#[tokio::test]
async fn memory_of_one_statement_is_limited() {
    let sql = "SELECT groupArray(number) FROM numbers(1000000000)";
    let answer = shared().post("/?max_memory_usage=50000000", sql).await;
    assert_eq!(answer.header("x-clickhouse-exception-code"), "241", "{}", answer.text());
    assert_eq!(shared().post("/", "SELECT 1").await.ok(), "1\n");
}
