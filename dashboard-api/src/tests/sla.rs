//! How soon alerts are to be worked: who sets it, and what is late by it.

use super::browser::Rig;
use super::engine::database;
use super::sample::{BEGIN_MS, alert_id, plant};
use crate::Role;
use axum::http::Method;
use serde_json::{Value, json};

const OWN: &str = "mof";
const OTHER: &str = "moe";
const HOUR_MS: i64 = 3_600_000;

async fn rig() -> Rig {
    let store = database().await;
    // Of severity high, long ago.
    plant(&store, OWN, 2).await;
    plant(&store, OTHER, 1).await;
    let rig = Rig::with(store);
    rig.add_user("rahima", &[(Role::Analyst, OWN)], None);
    rig.add_user("head", &[(Role::AgencyAdmin, OWN)], None);
    rig.add_user("platform", &[(Role::PlatformAdmin, "*")], None);
    rig
}

fn body(acknowledge: Option<u32>, calendar: &str) -> Value {
    json!({"calendar": calendar, "holidays": ["2026-12-16"],
        "targets": {"high": {"acknowledge": acknowledge, "close": 600}}})
}

#[tokio::test]
async fn the_usual_policy_makes_old_alerts_late_until_they_are_closed() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let counts = rahima.get("/alerts/counts").await.json();
    assert_eq!((&counts["total"], &counts["over_sla"]), (&json!(2), &json!(2)));
    let late = rahima.get("/alerts?over_sla=true").await.json();
    assert_eq!(late["items"].as_array().unwrap().len(), 2);
    // The first one arrived at the beginning; high ones are to be acknowledged within an hour.
    let alert = rahima.get(&format!("/alerts/{}", alert_id(OWN, 0))).await.json();
    assert_eq!(alert["due"], json!(BEGIN_MS + HOUR_MS));
    let path = format!("/alerts/{}", alert_id(OWN, 0));
    let taken = json!({"state": "acknowledged"});
    let taken = rahima.change(Method::PATCH, &path, 1, taken).await.json();
    assert_eq!(taken["due"], json!(BEGIN_MS + 24 * HOUR_MS));
    let closed = json!({"state": "closed", "verdict": "benign", "reason": "ours"});
    let closed = rahima.change(Method::PATCH, &path, 2, closed).await.json();
    assert_eq!(closed["due"], Value::Null);
    assert_eq!(rahima.get("/alerts/counts").await.json()["over_sla"], 1);
    let late = rahima.get("/alerts?over_sla=true").await.json();
    assert_eq!(late["items"][0]["id"], json!(alert_id(OWN, 1)));
    let bulk = json!({"filter": {"over_sla": true}, "expected": 1, "dry_run": true,
        "change": {"assignee": "rahima"}});
    assert_eq!(rahima.post("/alerts:bulk", bulk).await.json()["counts"], json!({"unchanged": 1}));
}

#[tokio::test]
async fn an_agency_sets_its_own_policy_and_nobody_else_s() {
    let rig = rig().await;
    let mut head = rig.signed_in("head").await;
    let mut rahima = rig.signed_in("rahima").await;
    let path = format!("/sla-policies/{OWN}");
    let set = head.change(Method::PUT, &path, 0, body(None, "office")).await;
    assert_eq!((set.status.as_u16(), &set.json()["version"]), (200, &json!(1)), "{}", set.text);
    assert_eq!(set.headers["etag"], "\"1\"");
    // New high ones may wait now.
    let counts = rahima.get("/alerts/counts").await.json();
    assert_eq!(counts["over_sla"], 0);
    assert_eq!(rahima.get("/alerts?limit=1").await.json()["items"][0]["due"], Value::Null);
    let late = head.change(Method::PUT, &path, 0, body(Some(5), "always")).await;
    assert_eq!(
        (late.code().as_str(), &late.json()["params"]["version"]),
        ("version_conflict", &json!(1))
    );
    for (agency, code) in [(OTHER, "forbidden"), ("*", "forbidden"), ("No", "not_found")] {
        let path = format!("/sla-policies/{agency}");
        let reply = head.change(Method::PUT, &path, 0, body(Some(5), "always")).await;
        assert_eq!(reply.code(), code, "{agency}");
    }
    let forbidden = rahima.change(Method::PUT, &path, 1, body(Some(5), "always")).await;
    assert_eq!(forbidden.code(), "forbidden");
    for body in [
        json!({"calendar": "lunar", "targets": {}}),
        json!({"calendar": "always", "targets": {"high": {"acknowledge": 0}}}),
        json!({"calendar": "always", "targets": {"high": {"acknowledge": 132_481}}}),
        json!({"calendar": "always", "targets": {}, "holidays": ["16 December"]}),
    ] {
        let reply = head.change(Method::PUT, &path, 1, body.clone()).await;
        assert_eq!(reply.code(), "invalid_body", "{body}");
    }
    // Everybody's, by who may set every agency's; an agency's own goes before it.
    let mut platform = rig.signed_in("platform").await;
    let all = platform.change(Method::PUT, "/sla-policies/*", 0, body(Some(1), "always")).await;
    assert_eq!(all.status, 200, "{}", all.text);
    assert_eq!(rahima.get("/alerts/counts").await.json()["over_sla"], 0);
    let names = |list: Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["agency"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(rahima.get("/sla-policies").await.json()), ["*", OWN]);
    let away = head.change(Method::DELETE, &path, 1, Value::Null).await;
    assert_eq!(away.status, 204, "{}", away.text);
    assert_eq!(rahima.get("/alerts/counts").await.json()["over_sla"], 2);
    assert_eq!(names(head.get("/sla-policies").await.json()), ["*"]);
    // Its version goes on where it was.
    let again = head.change(Method::PUT, &path, 0, body(None, "always")).await.json();
    assert_eq!(again["version"], 3);
}
