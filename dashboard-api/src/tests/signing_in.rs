//! Signing in and out over HTTP.

use super::browser::Rig;
use crate::Role;
use crate::accounts::one_time_login;
use axum::http::header;
use serde_json::json;

const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn a_newcomer_signs_in_by_link_and_sets_a_password() {
    let rig = Rig::alone();
    let token = one_time_login(rig.dir.path(), "admin").unwrap();
    let mut browser = rig.browser();
    assert_eq!(browser.get("/me").await.code(), "not_signed_in");
    let reply = browser.post("/session", json!({"token": token})).await;
    let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap();
    for part in ["prohori_session=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let me = reply.json();
    assert_eq!(me["user"], "admin");
    assert_eq!(me["agencies"], json!(["*"]));
    assert_eq!(me["has_password"], false);
    assert!(me["permissions"].as_array().unwrap().contains(&json!("triage_alerts")));
    assert_eq!(browser.post("/session", json!({"token": token})).await.code(), "sign_in_failed");

    let weak = browser.put("/me/password", json!({"new": "short"})).await;
    assert_eq!(weak.code(), "password_too_weak");
    assert_eq!(weak.json()["params"]["reason"], "short");
    let before = browser.cookie.clone();
    assert_eq!(browser.put("/me/password", json!({"new": PASSWORD})).await.status, 204);
    assert_ne!(browser.cookie, before, "a new session");
    assert_eq!(browser.get("/me").await.json()["has_password"], true);
    let again = browser.put("/me/password", json!({"new": "another good password"})).await;
    assert_eq!(again.code(), "wrong_password", "the current one is asked for now");

    let mut other = rig.browser();
    let body = json!({"user": " Admin ", "password": PASSWORD});
    assert_eq!(other.post("/session", body).await.status, 200);
}

#[tokio::test]
async fn signing_out_ends_the_session_itself() {
    let rig = Rig::alone();
    let mut browser = rig.signed_in("admin").await;
    let mut thief = browser.clone();
    assert_eq!(browser.delete("/session").await.status, 204);
    assert_eq!(browser.cookie, None);
    assert_eq!(thief.get("/me").await.code(), "not_signed_in");
}

#[tokio::test]
async fn lockout_says_when_to_come_back() {
    let rig = Rig::alone();
    rig.add_user("rahima", &[(Role::Analyst, "mof")], Some(PASSWORD));
    let mut browser = rig.browser();
    for _ in 0..5 {
        let body = json!({"user": "rahima", "password": "wrong"});
        assert_eq!(browser.post("/session", body).await.code(), "sign_in_failed");
    }
    let reply = browser.post("/session", json!({"user": "rahima", "password": PASSWORD})).await;
    assert_eq!(reply.code(), "locked_out");
    let seconds: i64 = reply.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    assert_eq!(reply.json()["params"]["retry_after_s"], seconds);
}

#[tokio::test]
async fn half_a_sign_in_is_no_sign_in() {
    let rig = Rig::alone();
    let mut browser = rig.browser();
    for body in [
        json!({"user": "a"}),
        json!({"password": "a"}),
        json!({"user": "a", "password": "b", "token": "c"}),
        json!({"user": "a".repeat(65), "password": "b"}),
        json!({}),
    ] {
        let shown = body.to_string();
        assert_eq!(browser.post("/session", body).await.code(), "invalid_body", "{shown}");
    }
    assert_eq!(browser.post("/session", json!({"token": "x"})).await.code(), "sign_in_failed");
}
