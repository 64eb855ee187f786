//! Searches with commands, and what a search means before it is run.

use super::browser::{Browser, Rig};
use super::engine::database;
use super::sample::{BEGIN_MS, plant};
use crate::Role;
use serde_json::{Value, json};

const RANGE: (i64, i64) = (BEGIN_MS, BEGIN_MS + 60_000);

async fn rahima() -> (Rig, Browser) {
    let store = database().await;
    plant(&store, "mof", 3).await;
    plant(&store, "moe", 5).await;
    let rig = Rig::with(store);
    rig.add_user("rahima", &[(Role::Analyst, "mof")], None);
    rig.add_user("national", &[(Role::Analyst, "mof"), (Role::Analyst, "moe")], None);
    let browser = rig.signed_in("rahima").await;
    (rig, browser)
}

fn path(q: &str, more: &str) -> String {
    let q: String = form_urlencoded::byte_serialize(q.as_bytes()).collect();
    format!("/events/table?from={}&to={}&q={q}{more}", RANGE.0, RANGE.1)
}

#[tokio::test]
async fn commands_make_a_table() {
    let (rig, _) = rahima().await;
    let mut browser = rig.signed_in("national").await;
    for (q, more, columns, rows) in [
        (
            "failed | count by agency",
            "",
            json!(["agency", "count"]),
            json!([["moe", "5"], ["mof", "3"]]),
        ),
        (
            "failed | count by agency",
            "&agency=mof",
            json!(["agency", "count"]),
            json!([["mof", "3"]]),
        ),
        ("failed | count by agency", "&host=db-01", json!(["agency", "count"]), json!([])),
        (
            "failed | count by host",
            "&class_uid=3002&source=sshd",
            json!(["host", "count"]),
            json!([["web-01", "8"]]),
        ),
        ("failed | count", "&class_uid=1007", json!(["count"]), json!([["0"]])),
        ("failed | distinct user by host", "", json!(["host", "count"]), json!([["web-01", "2"]])),
        (
            "failed agency:mof | timechart span=1h by host",
            "",
            json!(["time", "host", "count"]),
            json!([[BEGIN_MS.to_string(), "web-01", "3"]]),
        ),
    ] {
        let answer = browser.get(&path(q, more)).await.json();
        assert_eq!(answer["columns"], columns, "{q}{more}: {answer}");
        assert_eq!(answer["rows"], rows, "{q}{more}");
    }
    let table = browser.get(&path("failed | table user, src_ip | head 2", "")).await.json();
    assert_eq!(table["columns"], json!(["time", "uid", "user", "src_ip"]));
    assert_eq!(table["rows"].as_array().unwrap().len(), 2);
    let cut = browser.get(&path("failed | table user", "&limit=1")).await.json();
    assert_eq!((cut["rows"].as_array().unwrap().len(), &cut["more"]), (1, &json!(true)));
}

#[tokio::test]
async fn a_table_has_limits_and_says_what_is_wrong() {
    let (_rig, mut browser) = rahima().await;
    for (path, code) in [
        (path("failed | count by", ""), "invalid_parameter"),
        (path("failed | cuont by host", ""), "invalid_parameter"),
        (path("failed | count", "&limit=0"), "invalid_parameter"),
        (path("failed | count", "&limit=10001"), "invalid_parameter"),
        (path("failed | count", "&x=1"), "unknown_parameter"),
        (format!("/events/table?from={}&to={}", RANGE.0, RANGE.1), "missing_parameter"),
        (format!("/events/table?from={}&to={}&q=a", RANGE.1, RANGE.0), "reversed_range"),
    ] {
        assert_eq!(browser.get(&path).await.code(), code, "{path}");
    }
    let histogram = format!("/events/histogram?from={}&to={}&q=failed+%7C+count", RANGE.0, RANGE.1);
    let bars = browser.get(&histogram).await.json();
    let counted: u64 =
        bars["items"].as_array().unwrap().iter().map(|bar| bar["count"].as_u64().unwrap()).sum();
    assert_eq!(counted, 3, "commands do not matter to the histogram");
}

#[tokio::test]
async fn a_search_is_explained_before_it_is_run() {
    let (_rig, mut browser) = rahima().await;
    let body = json!({"q": "user:root failed | count by host", "from": RANGE.0, "to": RANGE.1});
    let parsed = browser.post("/query:parse", body).await.json();
    assert_eq!(parsed["commands"], true);
    assert_eq!(parsed["events"], 3, "only the own agency's events are counted: {parsed}");
    let said = |language: &str| parsed["explanation"][language].as_str().unwrap().to_owned();
    assert!(said("en").contains("root") && said("bn").contains("root"), "{parsed}");
    assert_ne!(said("en"), said("bn"));
    let again = browser.post("/query:parse", json!({"q": parsed["query"]})).await.json();
    assert_eq!(again["query"], parsed["query"], "the plainest spelling is its own");
    assert_eq!(again["events"], Value::Null);
}

#[tokio::test]
async fn a_mistake_is_told_with_its_place() {
    let (_rig, mut browser) = rahima().await;
    let problem = browser.post("/query:parse", json!({"q": "failed hots:x"})).await.json();
    assert_eq!(problem["code"], "invalid_parameter");
    let params = &problem["params"];
    assert_eq!((&params["start"], &params["end"]), (&json!(7), &json!(11)));
    assert_eq!((&params["problem"], &params["suggestion"]), (&json!("field"), &json!("host")));
    for (body, code) in [
        (json!({"q": ""}), "invalid_body"),
        (json!({"q": "a", "x": 1}), "unknown_parameter"),
        (json!({"q": "a", "from": 2, "to": 1}), "reversed_range"),
    ] {
        assert_eq!(browser.post("/query:parse", body.clone()).await.code(), code, "{body}");
    }
}
