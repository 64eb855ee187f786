//! A POST with an `Idempotency-Key` is done once, whatever the network does.

use super::browser::{Browser, Rig};
use super::engine::database;
use super::sample::{alert_id, plant};
use crate::Role;
use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use std::future::Future;
use std::task::{Context, Poll, Waker};
use tower::ServiceExt;

async fn rig() -> Rig {
    let store = database().await;
    plant(&store, "mof", 1).await;
    let rig = Rig::with(store);
    rig.add_user("rahima", &[(Role::Analyst, "mof")], None);
    rig.add_user("karim", &[(Role::Analyst, "mof")], None);
    rig
}

fn comment(browser: &Browser, key: &str, body: Value) -> Request<Body> {
    let path = format!("/alerts/{}/comments", alert_id("mof", 0));
    let mut request = browser.request(Method::POST, &path, Some(body));
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

async fn comments(browser: &mut Browser) -> usize {
    let history = browser.get(&format!("/alerts/{}/history", alert_id("mof", 0))).await.json();
    history["items"].as_array().unwrap().iter().filter(|e| e["kind"] == "comment").count()
}

#[tokio::test]
async fn the_same_request_is_done_once_and_answered_alike() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let said = json!({"text": "দেখছি"});
    let first = rahima.send(comment(&rahima, "k1", said.clone())).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    let again = rahima.send(comment(&rahima, "k1", said.clone())).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.headers["content-type"], first.headers["content-type"]);
    assert_eq!(comments(&mut rahima).await, 1);

    let other = rahima.send(comment(&rahima, "k1", json!({"text": "অন্য"}))).await;
    assert_eq!(other.code(), "idempotency_mismatch");
    // Keys are each user's own.
    let mut karim = rig.signed_in("karim").await;
    assert_eq!(karim.send(comment(&karim, "k1", said)).await.status, 201);
    assert_eq!(comments(&mut rahima).await, 2);
}

#[tokio::test]
async fn an_answer_is_kept_as_it_is_and_compressed_for_who_takes_it_so() {
    let store = database().await;
    plant(&store, "mof", 30).await;
    let rig = Rig::with(store);
    rig.add_user("rahima", &[(Role::Analyst, "mof")], None);
    let mut rahima = rig.signed_in("rahima").await;
    let ask = |browser: &Browser, accepts: Option<&str>| {
        let body = json!({"filter": {}, "expected": 30, "dry_run": true,
            "change": {"assignee": "rahima"}});
        let mut request = browser.request(Method::POST, "/alerts:bulk", Some(body));
        request.headers_mut().insert("idempotency-key", "large".parse().unwrap());
        if let Some(accepts) = accepts {
            request.headers_mut().insert("accept-encoding", accepts.parse().unwrap());
        }
        request
    };
    let request = ask(&rahima, Some("gzip"));
    let first = rahima.send(request).await;
    assert_eq!(
        (first.status.as_u16(), &first.headers["content-encoding"]),
        (200, &"gzip".parse().unwrap())
    );
    let request = ask(&rahima, Some("gzip"));
    let again = rahima.send(request).await;
    assert_eq!(again.headers["idempotency-replayed"], "true", "{}", again.text);
    assert_eq!(
        (&again.headers["content-encoding"], &again.text),
        (&first.headers["content-encoding"], &first.text)
    );
    let request = ask(&rahima, None);
    let plain = rahima.send(request).await;
    assert!(!plain.headers.contains_key("content-encoding"));
    assert_eq!(plain.json()["counts"], json!({"unchanged": 30}));
}

#[tokio::test]
async fn what_was_refused_may_be_sent_again_under_its_key() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let refused = rahima.send(comment(&rahima, "k", json!({"text": ""}))).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert_eq!(rahima.send(comment(&rahima, "k", json!({"text": "x"}))).await.status, 201);
    for key in ["", &"k".repeat(129), "a b"] {
        let reply = rahima.send(comment(&rahima, key, json!({"text": "x"}))).await;
        assert_eq!(reply.code(), "invalid_parameter", "{key:?}");
    }
    let mut nobody = rig.browser();
    assert_eq!(nobody.send(comment(&nobody, "k", json!({}))).await.code(), "not_signed_in");
}

#[tokio::test]
async fn who_hangs_up_finds_it_done() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let said = json!({"text": "once"});
    {
        let mut first = Box::pin(rig.router.clone().oneshot(comment(&rahima, "k", said.clone())));
        let mut context = Context::from_waker(Waker::noop());
        // As far as it comes without waiting, and gone.
        while rig.app.running.is_idle() {
            assert!(matches!(first.as_mut().poll(&mut context), Poll::Pending));
            tokio::task::yield_now().await;
        }
    }
    let reply = loop {
        let reply = rahima.send(comment(&rahima, "k", said.clone())).await;
        if reply.status != 409 {
            break reply;
        }
        assert_eq!(reply.code(), "idempotency_in_progress");
    };
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.headers["idempotency-replayed"], "true");
    assert_eq!(comments(&mut rahima).await, 1);
}
