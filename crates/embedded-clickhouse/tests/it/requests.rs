//! Requests by hand: methods, credentials, ids, limits and the small routes.

use crate::support::{PASSWORD, authorized, shared, until};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clickhouse::Compression;

#[tokio::test]
async fn small_routes_need_no_credentials() {
    let check = |path: &'static str, status: u16, text: &'static str| async move {
        let answer = shared().send("GET", path, &[], "").await;
        assert_eq!((answer.status.as_u16(), &*answer.text()), (status, text), "{path}");
        assert_eq!(answer.header("x-clickhouse-server-display-name"), "prohori");
    };
    check("/", 200, "Ok.\n").await;
    check("/ping", 200, "Ok.\n").await;
    check("/replicas_status", 200, "Ok.\n").await;
    let nowhere = "There is no handle /nowhere\n\nUse / with a query, or /ping\n";
    check("/nowhere", 404, nowhere).await;
    for path in ["/live", "/ready"] {
        assert_eq!(shared().send("GET", path, &[], "").await.status, 200);
    }
    let metrics = shared().send("GET", "/metrics", &[], "").await.ok();
    assert!(metrics.contains("prohori_engine_statements_total"), "{metrics}");
}

#[tokio::test]
async fn credentials_in_each_way_and_never_in_two() {
    let basic = |user: &str, password: &str| {
        format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
    };
    let (right, wrong) = (basic("default", PASSWORD), basic("default", "no"));
    let in_query: String = form_urlencoded::Serializer::new("/?query=SELECT+1&".to_owned())
        .append_pair("user", "default")
        .append_pair("password", PASSWORD)
        .finish();
    let check = async |query: &str, headers: &[(&str, &str)], status: u16, code: &str| {
        let answer = shared().send("POST", query, headers, "").await;
        let found = (answer.status.as_u16(), answer.header("x-clickhouse-exception-code"));
        assert_eq!(found, (status, code), "{query} {headers:?}: {}", answer.text());
        assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401);
    };
    let select = "/?query=SELECT+1";
    check(select, &authorized(), 200, "").await;
    check(select, &[("Authorization", &right)], 200, "").await;
    check(&in_query, &[], 200, "").await;
    check(select, &[], 401, "194").await;
    check(select, &[("Authorization", &wrong)], 403, "516").await;
    check(select, &[("Authorization", "Bearer x")], 403, "516").await;
    check(select, &[("Authorization", "Basic ???")], 403, "516").await;
    check(select, &[("X-ClickHouse-User", "root"), ("X-ClickHouse-Key", PASSWORD)], 403, "516")
        .await;
    check(select, &[("X-ClickHouse-User", "default")], 403, "516").await;
    check(&in_query, &[("Authorization", &right)], 403, "516").await;
    check(&in_query, &authorized(), 403, "516").await;
}

#[tokio::test]
async fn a_get_changes_nothing() {
    let engine = shared();
    assert_eq!(engine.get("/?query=SELECT+1").await.ok(), "1\n");
    for query in
        ["CREATE+TABLE+got+(a+UInt8)+ENGINE=Memory", "SET+readonly=0", "DROP+DATABASE+default"]
    {
        let answer = engine.get(&format!("/?query={query}")).await;
        assert_eq!(answer.header("x-clickhouse-exception-code"), "164", "{}", answer.text());
    }
    let answer = engine.get("/?query=SELECT+1&readonly=0").await;
    assert_eq!(answer.ok(), "1\n");
    assert_eq!(engine.get("/?query=EXISTS+TABLE+got").await.ok(), "0\n");
}

#[tokio::test]
async fn the_query_id_comes_back() {
    let engine = shared();
    let answer = engine.post("/?query_id=my+id-1", "SELECT 1").await;
    assert_eq!(answer.header("x-clickhouse-query-id"), "my id-1");
    let (one, two) = (engine.post("/", "SELECT 1").await, engine.post("/", "SELECT 1").await);
    let (one, two) = (one.header("x-clickhouse-query-id"), two.header("x-clickhouse-query-id"));
    assert!(one.len() == 36 && one != two, "{one} {two}");
    let failed = engine.post("/?query_id=f", "SELECT x").await;
    assert_eq!(failed.header("x-clickhouse-query-id"), "f");
    let odd = engine.post("/?query_id=a%0D%0AX-Y:%20z", "SELECT 1").await;
    assert!(odd.status == 400 && !odd.headers.contains_key("x-y"));
}

#[tokio::test]
async fn headers_say_what_the_result_is() {
    let answer = shared().post("/?default_format=CSV", "SELECT 1, 'a' FROM numbers(3)").await;
    for (name, value) in [
        ("content-type", "text/csv; charset=UTF-8; header=absent"),
        ("x-clickhouse-format", "CSV"),
        ("x-clickhouse-timezone", "UTC"),
        ("x-clickhouse-server-display-name", "prohori"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let summary = answer.header("x-clickhouse-summary");
    assert!(summary.starts_with("{\"read_rows\":\"3\","), "{summary}");
    assert_eq!(answer.ok(), "1,\"a\"\n".repeat(3));
    let answer =
        shared().send("POST", "/", &with("X-ClickHouse-Format", "TSKV"), "SELECT 1 a").await;
    assert_eq!(answer.ok(), "a=1\n");
}

fn with<'a>(name: &'a str, value: &'a str) -> [(&'a str, &'a str); 3] {
    let [user, key] = authorized();
    [user, key, (name, value)]
}

#[tokio::test]
async fn a_database_in_a_header_goes_before_the_parameter() {
    let sql = "SELECT currentDatabase()";
    let headers = with("X-ClickHouse-Database", "system");
    let answer = shared().send("POST", "/?database=nowhere", &headers, sql).await;
    assert_eq!(answer.ok(), "system\n");
    assert_eq!(shared().post("/?database=system", sql).await.ok(), "system\n");
}

#[tokio::test]
async fn a_statement_may_begin_in_the_query_and_go_on_in_the_body() {
    assert_eq!(shared().post("/?query=SELECT+1,", "2").await.ok(), "1\t2\n");
}

#[tokio::test]
async fn too_large_is_413() {
    let engine = shared();
    let long = format!("SELECT 1 /* {} */", "x".repeat(1_100_000));
    let answer = engine.post("/", long).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("x-clickhouse-exception-code")),
        (413, "229")
    );
    engine.post("/", "CREATE TABLE big (a String) ENGINE = Memory").await.ok();
    let body = "x\n".repeat(16_000_000);
    let answer = engine.post("/?query=INSERT+INTO+big+FORMAT+CSV", body).await;
    assert_eq!(answer.status, 413, "{}", answer.text());
    assert!(answer.text().contains("larger than 30000000 bytes"));
    // In pieces, without a length in advance.
    let client = engine.client().with_compression(Compression::None);
    let mut insert = client.insert_formatted_with("INSERT INTO big FORMAT CSV");
    let part = bytes::Bytes::from("x\n".repeat(1_000_000));
    let mut sent = Ok(());
    for _ in 0..16 {
        sent = sent.and(insert.send(part.clone()).await);
    }
    let error = sent.and(insert.end().await).unwrap_err().to_string();
    assert!(error.contains("Code: 229."), "{error}");
    assert_eq!(engine.post("/", "SELECT count() FROM big").await.ok(), "0\n");
    // A result that must be built whole.
    let answer = engine.post("/?wait_end_of_query=1", "SELECT number FROM numbers(9000000)").await;
    assert_eq!(answer.header("x-clickhouse-exception-code"), "396", "{}", answer.text());
}

#[tokio::test]
async fn what_is_not_served_says_so() {
    let check =
        async |query: &str, headers: &[(&str, &str)], body: &str, status: u16, text: &str| {
            let answer = shared().send("POST", query, headers, body.to_owned()).await;
            let found = answer.text();
            assert!(answer.status.as_u16() == status && found.contains(text), "{query}: {found}");
        };
    check("/?session_id=1", &authorized(), "SELECT 1", 501, "sessions").await;
    check("/", &with("Content-Encoding", "gzip"), "SELECT 1", 501, "Content-Encoding").await;
    check("/?compress=perhaps", &authorized(), "SELECT 1", 400, "not 0 or 1").await;
    check("/?role=none_such", &authorized(), "SELECT 1", 404, "UNKNOWN_ROLE").await;
    let kind = with("Content-Type", "multipart/form-data; boundary=b");
    let field = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; {name}\r\n\r\n{value}\r\n")
    };
    let file = field("name=\"t\"; filename=\"t\"", "1") + "--b--\r\n";
    check("/?query=SELECT+1", &kind, &file, 501, "external table").await;
    check("/", &kind, &field("name=\"query\"", "SELECT 1"), 400, "last boundary").await;
    check("/", &kind, "nothing of that", 400, "boundary").await;
    let headless = with("Content-Type", "multipart/form-data");
    check("/", &headless, "x", 400, "boundary").await;
    for method in ["PUT", "DELETE"] {
        let answer = shared().send(method, "/?query=SELECT+1", &authorized(), "").await;
        assert_eq!(answer.status, 405);
    }
}

#[tokio::test]
async fn a_select_ends_with_its_client() {
    let sql = "SELECT uniqExact(number) FROM numbers(100000000000) SETTINGS max_threads = 1";
    let running = async || {
        let count = "SELECT count() FROM system.processes WHERE query LIKE '%100000000000%' \
                     AND query NOT LIKE '%processes%'";
        shared().post("/", count).await.ok() == "1\n"
    };
    let client = shared().client();
    let waiting = client.query(sql).fetch_one::<u64>();
    tokio::select! {
        ended = waiting => panic!("{ended:?}"),
        () = until("it runs", &running) => {}
    }
    until("it has ended", async || !running().await).await;
}
