//! The queue's news: nothing is missed, nothing of others arrives.

use super::browser::{Browser, Rig};
use super::engine::database;
use super::sample::{alert_id, plant, plant_at, poison};
use crate::{Clock, Role};
use axum::body::Body;
use axum::http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

const OWN: &str = "mof";
const OTHER: &str = "moe";

/// Each event's id, name and data, of what a stream said until its end.
fn events(text: &str) -> Vec<(Option<i64>, String, Value)> {
    let of = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim_start_matches([':', ' ']).to_owned())
    };
    text.split("\n\n")
        .filter_map(|block| {
            let data = serde_json::from_str(&of(block, "data")?).unwrap();
            Some((of(block, "id").and_then(|id| id.parse().ok()), of(block, "event")?, data))
        })
        .collect()
}

async fn heard(browser: &mut Browser, after: i64) -> Vec<(Option<i64>, String, Value)> {
    let mut request = browser.request(Method::GET, "/alerts/stream?seconds=0", None);
    request.headers_mut().insert("last-event-id", after.to_string().parse().unwrap());
    let reply = browser.send(request).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.headers["content-type"], "text/event-stream");
    events(&reply.text)
}

fn ids(events: &[(Option<i64>, String, Value)], name: &str) -> Vec<String> {
    let of = events.iter().filter(|(_, each, _)| each == name);
    of.map(|(.., data)| data["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_was_missed_comes_again_and_nothing_of_others() {
    let store = database().await;
    plant(&store, OWN, 3).await;
    plant(&store, OTHER, 2).await;
    let rig = Rig::with(store);
    rig.add_user("rahima", &[(Role::Analyst, OWN)], None);
    rig.add_user("operator", &[(Role::CollectorOperator, OWN)], None);
    let mut rahima = rig.signed_in("rahima").await;
    let all = heard(&mut rahima, 0).await;
    assert_eq!(ids(&all, "alert"), [0, 1, 2].map(|n| alert_id(OWN, n)));
    assert!(!format!("{all:?}").contains(&poison(OTHER)));
    // What is changed while nobody listens is heard by whoever comes back with the last id.
    let last = all.iter().filter_map(|(id, ..)| *id).max().unwrap();
    let path = format!("/alerts/{}", alert_id(OWN, 1));
    let body = json!({"state": "acknowledged"});
    assert_eq!(rahima.change(Method::PATCH, &path, 1, body).await.status, 200);
    let back = heard(&mut rahima, last).await;
    assert_eq!(ids(&back, "change"), [alert_id(OWN, 1)]);
    let change = back.iter().find(|(_, name, _)| name == "change").unwrap();
    assert_eq!((&change.2["version"], &change.2["by"]), (&json!(2), &json!("rahima")));
    for (query, code) in [
        ("?seconds=601", "invalid_parameter"),
        ("?after=x", "invalid_parameter"),
        ("?since=1", "unknown_parameter"),
    ] {
        assert_eq!(rahima.get(&format!("/alerts/stream{query}")).await.code(), code, "{query}");
    }
    let mut operator = rig.signed_in("operator").await;
    assert_eq!(operator.get("/alerts/stream?seconds=0").await.code(), "forbidden");
}

#[tokio::test]
async fn a_stream_tells_of_an_alert_as_it_is_stored_and_ends_with_the_rights() {
    let store = database().await;
    let rig = Rig::with(store.clone());
    rig.add_user("rahima", &[(Role::Analyst, OWN)], None);
    let stop = service::Shutdown::new();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(rig.app.feed.clone().run(store.clone(), Clock::system(), stop.clone()));
    let rahima = rig.signed_in("rahima").await;
    let request = rahima.request(Method::GET, "/alerts/stream?seconds=60", None);
    let mut body: Body = rig.router.clone().oneshot(request).await.unwrap().into_body();
    let now_ms = Clock::system().now_ms();
    plant_at(&store, OTHER, 1, now_ms).await;
    plant_at(&store, OWN, 1, now_ms).await;
    let mut text = String::new();
    let told = async {
        while !text.contains(&alert_id(OWN, 0)) {
            let frame = body.frame().await.unwrap().unwrap();
            text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(30), told).await.unwrap();
    assert!(!text.contains(&alert_id(OTHER, 0)) && !text.contains(&poison(OTHER)), "{text}");
    stop.begin();
    tasks.join_next().await.unwrap().unwrap().unwrap();
    let end = async { while body.frame().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(30), end)
        .await
        .expect("the stream ends with the service");
}
