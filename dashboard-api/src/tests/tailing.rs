//! Events as they arrive, and lists with chosen columns.

use super::browser::Rig;
use super::engine::database;
use super::sample::{BEGIN_MS, plant, plant_at, poison, uid};
use crate::{Clock, Role};
use axum::body::Body;
use axum::http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

const OWN: &str = "mof";
const OTHER: &str = "moe";

/// The data of each event of that name in a stream.
fn told(text: &str, name: &str) -> Vec<Value> {
    let line = |block: &str, key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim().to_owned())
    };
    text.split("\n\n")
        .filter(|block| line(block, "event:").as_deref() == Some(name))
        .map(|block| serde_json::from_str(&line(block, "data:").unwrap()).unwrap())
        .collect()
}

fn uids(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["uid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_tail_tells_what_was_stored_and_nothing_of_others() {
    let store = database().await;
    // The row's own clock is ClickHouse's; its arrival must not be long ago.
    let now_ms = Clock::system().now_ms();
    plant_at(&store, OWN, 3, now_ms).await;
    plant_at(&store, OTHER, 2, now_ms).await;
    let rig = Rig::with(store);
    rig.add_user("rahima", &[(Role::Analyst, OWN)], None);
    rig.add_user("operator", &[(Role::CollectorOperator, OWN)], None);
    let mut rahima = rig.signed_in("rahima").await;
    let path = format!("/events/tail?seconds=0&after={}", now_ms - 60_000);
    let all = rahima.get(&format!("{path}&columns=user,src_endpoint.ip,process.pid")).await;
    assert_eq!(all.status, 200, "{}", all.text);
    assert_eq!(all.headers["content-type"], "text/event-stream");
    let events = told(&all.text, "event");
    let mut found = uids(&events);
    found.sort();
    assert_eq!(found, [0, 1, 2].map(|n| uid(OWN, n)));
    assert_eq!(events[0]["cells"], json!([poison(OWN), "203.0.113.9", ""]));
    assert!(!all.text.contains(&poison(OTHER)), "{}", all.text);
    // Whoever comes again says what it had last, which counts more than the address.
    let again = |after: &str| {
        let mut request = rahima.request(Method::GET, &path, None);
        request.headers_mut().insert("last-event-id", after.parse().unwrap());
        request
    };
    let (late, wrong) = (again("4000000000000"), again("yesterday"));
    assert!(told(&rahima.send(late).await.text, "event").is_empty());
    assert_eq!(rahima.send(wrong).await.code(), "invalid_parameter");
    let none = rahima.get(&format!("{path}&q=nothing-of-this")).await;
    assert!(told(&none.text, "event").is_empty());
    // The search's commands make nothing of a tail; its words count.
    let some = rahima.get(&format!("{path}&q=Failed+%7C+count")).await;
    assert_eq!(told(&some.text, "event").len(), 3);
    for (query, code) in [
        ("?seconds=601", "invalid_parameter"),
        ("?columns=hots", "invalid_parameter"),
        ("?columns=a,", "invalid_parameter"),
        ("?columns=a,b,c,d,e,f,g,h,i,j,k", "invalid_parameter"),
        ("?from=1", "unknown_parameter"),
        ("?q=host:(", "invalid_parameter"),
    ] {
        assert_eq!(rahima.get(&format!("/events/tail{query}")).await.code(), code, "{query}");
    }
    let mut operator = rig.signed_in("operator").await;
    assert_eq!(operator.get("/events/tail?seconds=0").await.code(), "forbidden");
}

#[tokio::test]
async fn a_tail_goes_on_until_its_user_is_somebody_else() {
    let store = database().await;
    let rig = Rig::with(store.clone());
    rig.add_user("rahima", &[(Role::Analyst, OWN)], None);
    let rahima = rig.signed_in("rahima").await;
    let request = rahima.request(Method::GET, "/events/tail?seconds=60", None);
    let mut body: Body = rig.router.clone().oneshot(request).await.unwrap().into_body();
    let now_ms = Clock::system().now_ms();
    plant_at(&store, OTHER, 1, now_ms).await;
    plant_at(&store, OWN, 1, now_ms).await;
    let mut text = String::new();
    let come = async {
        while !text.contains(&uid(OWN, 0)) {
            let frame = body.frame().await.unwrap().unwrap();
            text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(30), come).await.unwrap();
    assert!(!text.contains(&uid(OTHER, 0)) && !text.contains(&poison(OTHER)), "{text}");
    let lost = |c: &mut rusqlite::Connection| c.execute("DELETE FROM grants", []);
    rig.app.accounts.database().run("take grants", lost).unwrap();
    let end = async { while body.frame().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(30), end).await.expect("the tail ends with the right");
}

#[tokio::test]
async fn a_flood_is_shown_in_part_and_counted_in_full() {
    let store = database().await;
    let now_ms = Clock::system().now_ms();
    plant_at(&store, OWN, 130, now_ms - 130_000).await;
    let rig = Rig::with(store);
    rig.add_user("rahima", &[(Role::Analyst, OWN)], None);
    let mut rahima = rig.signed_in("rahima").await;
    let path = format!("/events/tail?seconds=0&after={}", now_ms - 60_000);
    let text = rahima.get(&path).await.text;
    assert_eq!(told(&text, "event").len(), 100);
    assert_eq!(told(&text, "left_out"), [json!({"count": 30})]);
}

#[tokio::test]
async fn a_list_shows_the_columns_that_are_asked_for() {
    let store = database().await;
    plant(&store, OWN, 2).await;
    let rig = Rig::with(store);
    rig.add_user("rahima", &[(Role::Analyst, OWN)], None);
    let mut rahima = rig.signed_in("rahima").await;
    let range = format!("/events?from={}&to={}", BEGIN_MS, BEGIN_MS + 60_000);
    let plain = rahima.get(&range).await.json();
    assert_eq!(plain["items"][0]["cells"], json!([]));
    let list = rahima.get(&format!("{range}&columns=severity,metadata.log_source,nothing.x")).await;
    let cells: Vec<Value> =
        list.json()["items"].as_array().unwrap().iter().map(|i| i["cells"].clone()).collect();
    assert_eq!(cells, vec![json!(["2", "sshd", ""]); 2], "{}", list.text);
}
