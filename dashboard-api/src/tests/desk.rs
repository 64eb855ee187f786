//! What surrounds the queue: many alerts at once, alerts alike, entities, fields, exports, measures.

use super::browser::{Browser, Rig};
use super::engine::database;
use super::sample::{BEGIN_MS, alert_id, plant, poison, uid};
use crate::Role;
use axum::http::Method;
use model::day::{DAY_MS, OFFSET_MS};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const OWN: &str = "mof";
const OTHER: &str = "moe";

async fn rig(alerts: u64) -> Rig {
    let store = database().await;
    plant(&store, OWN, alerts).await;
    plant(&store, OTHER, 2).await;
    let rig = Rig::with(store);
    for name in ["rahima", "karim"] {
        rig.add_user(name, &[(Role::Hunter, OWN)], None);
    }
    rig.add_user("viewer", &[(Role::Viewer, OWN)], None);
    rig
}

fn range() -> String {
    format!("from={}&to={}", BEGIN_MS - 3_600_000, BEGIN_MS + 3_600_000)
}

async fn close(browser: &mut Browser, number: u64, verdict: &str) {
    let path = format!("/alerts/{}", alert_id(OWN, number));
    let body = json!({"state": "closed", "verdict": verdict, "reason": "seen"});
    let reply = browser.change(Method::PATCH, &path, 1, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn many_are_changed_if_they_are_as_many_as_expected() {
    let rig = rig(5).await;
    let mut rahima = rig.signed_in("rahima").await;
    let ack = json!({"state": "acknowledged"});
    let filter = json!({"state": ["new"], "host": "web-01"});
    let body = |expected: u64, more: Value| {
        let mut body = json!({"filter": filter, "expected": expected, "change": ack});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let off = rahima.post("/alerts:bulk", body(4, json!({}))).await;
    assert_eq!((off.status.as_u16(), off.code().as_str()), (409, "count_differs"));
    assert_eq!(off.json()["params"], json!({"expected": 4, "found": 5}));
    let dry = rahima.post("/alerts:bulk", body(5, json!({"dry_run": true}))).await.json();
    assert_eq!(dry["counts"], json!({"unchanged": 5}));
    assert_eq!(rahima.get("/alerts/counts?state=new").await.json()["total"], 5);
    let done = rahima.post("/alerts:bulk", body(5, json!({}))).await.json();
    assert_eq!((&done["counts"], &done["remaining"]), (&json!({"changed": 5}), &json!(0)));
    assert_eq!(rahima.get("/alerts/counts?state=new").await.json()["total"], 0);
    let named = json!({"ids": [alert_id(OWN, 0), alert_id(OTHER, 0)], "expected": 1,
        "change": {"assignee": "karim"}});
    let done = rahima.post("/alerts:bulk", named).await.json();
    assert_eq!(
        done["items"],
        json!([{"id": alert_id(OWN, 0), "outcome": "changed", "version": 3}])
    );
    for (body, code) in [
        (json!({"expected": 1, "change": ack}), "invalid_body"),
        (json!({"ids": [], "expected": 0, "change": ack}), "invalid_body"),
        (json!({"ids": ["x"], "filter": {}, "expected": 0, "change": ack}), "invalid_body"),
        (json!({"filter": {}, "expected": 5, "change": {}}), "nothing_to_change"),
        (json!({"filter": {"x": 1}, "expected": 5, "change": ack}), "unknown_parameter"),
        (json!({"filter": {}, "expected": 5, "change": {"state": "closed"}}), "verdict_required"),
        (json!({"filter": {}, "change": ack}), "missing_parameter"),
    ] {
        let shown = body.to_string();
        assert_eq!(rahima.post("/alerts:bulk", body).await.code(), code, "{shown}");
    }
    let mut viewer = rig.signed_in("viewer").await;
    let reply =
        viewer.post("/alerts:bulk", json!({"filter": {}, "expected": 5, "change": ack})).await;
    assert_eq!(reply.code(), "forbidden");
}

#[tokio::test]
async fn what_is_too_much_for_one_request_goes_on_behind_a_cursor() {
    let rig = rig(203).await;
    let mut rahima = rig.signed_in("rahima").await;
    let body = |expected: u64, cursor: &Value| {
        json!({"filter": {"state": ["new"]}, "expected": expected, "cursor": cursor,
            "change": {"assignee": "rahima"}, "dry_run": true})
    };
    let first = rahima.post("/alerts:bulk", body(203, &json!(null))).await.json();
    assert_eq!((&first["counts"], &first["remaining"]), (&json!({"unchanged": 200}), &json!(3)));
    let rest = rahima.post("/alerts:bulk", body(3, &first["next_cursor"])).await.json();
    assert_eq!((&rest["counts"], &rest["remaining"]), (&json!({"unchanged": 3}), &json!(0)));
    assert_eq!(rest["next_cursor"], json!(null));
    let ids = |answer: &Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let all: std::collections::BTreeSet<String> =
        [ids(&first), ids(&rest)].concat().into_iter().collect();
    assert_eq!(all.len(), 203);
    let bad = rahima.post("/alerts:bulk", body(3, &json!("x"))).await;
    assert_eq!(bad.code(), "invalid_cursor");
}

#[tokio::test]
async fn alerts_alike_come_with_what_they_turned_out_to_be() {
    let rig = rig(4).await;
    let mut rahima = rig.signed_in("rahima").await;
    close(&mut rahima, 1, "false_positive").await;
    close(&mut rahima, 2, "false_positive").await;
    let path = format!("/alerts/{}", alert_id(OWN, 0));
    let similar = rahima.get(&format!("{path}/similar")).await.json();
    assert_eq!(
        (&similar["total"], &similar["verdicts"]),
        (&json!(3), &json!({"false_positive": 2}))
    );
    assert_eq!(similar["items"][0]["shares"], json!(["group", "host", "user", "src_ip"]));
    assert_eq!(similar["items"][2]["reason"], "seen", "newest first: {similar}");
    assert!(!similar.to_string().contains(&poison(OTHER)));
    let explained = rahima.get(&format!("{path}/explain")).await.json();
    assert_eq!(explained["matched"][0]["pattern"], "Failed");
    assert_eq!(
        rahima.get(&format!("/alerts/{}/similar", alert_id(OTHER, 0))).await.code(),
        "not_found"
    );

    let bundle = rahima.get(&format!("{path}/bundle")).await;
    assert!(bundle.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let bundle = bundle.json();
    let parts = bundle["parts"].as_array().unwrap();
    let names: Vec<&str> = parts.iter().map(|part| part["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["finding.json", "history.json", "event-0.json", "event-0.log"]);
    for part in parts {
        let digest = Sha256::digest(part["content"].as_str().unwrap());
        assert_eq!(part["sha256"], crate::accounts::secret::hex(&digest), "{}", part["name"]);
    }
}

#[tokio::test]
async fn an_entity_is_known_within_the_own_agencies() {
    let rig = rig(3).await;
    let mut rahima = rig.signed_in("rahima").await;
    let host = rahima.get("/entities/host/web-01").await.json();
    assert_eq!((&host["events"], &host["first"]), (&json!(3), &json!(BEGIN_MS)));
    assert_eq!(host["last"], BEGIN_MS + 2_000);
    assert_eq!(
        (&host["seen"][0]["agency"], &host["seen"][0]["role"]),
        (&json!(OWN), &json!("device"))
    );
    assert_eq!(host["alerts"]["total"], 3);
    let ip = rahima.get("/entities/ip/::ffff:203.0.113.9").await.json();
    assert_eq!((&ip["value"], &ip["events"]), (&json!("203.0.113.9"), &json!(3)));
    let theirs = rahima.get(&format!("/entities/user/{}", poison(OTHER))).await.json();
    assert_eq!((&theirs["seen"], &theirs["alerts"]["total"]), (&json!([]), &json!(0)));
    let events =
        rahima.get(&format!("/entities/host/web-01/timeline?{}&limit=2", range())).await.json();
    assert_eq!(events["items"].as_array().unwrap().len(), 2);
    assert!(events["next_cursor"].is_string());
    let alerts = rahima.get("/entities/ip/203.0.113.9/alerts").await.json();
    assert_eq!(alerts["items"].as_array().unwrap().len(), 3);
    // The alerts' day began at midnight in Dhaka, six hours before theirs of UTC.
    let midnight_ms = BEGIN_MS - OFFSET_MS;
    let days = format!("from={}&to={}", midnight_ms - DAY_MS, midnight_ms + DAY_MS);
    let days = rahima.get(&format!("/entities/host/web-01/days?{days}")).await.json();
    let counts: Vec<_> =
        days["items"].as_array().unwrap().iter().map(|d| (&d["events"], &d["alerts"])).collect();
    assert_eq!(counts, [(&json!(0), &json!(0)), (&json!(3), &json!(3))]);
    assert!(days["items"][1]["risk"].as_u64().unwrap() > 0);
    let related = rahima.get(&format!("/entities/host/web-01/related?{}", range())).await.json();
    let values: Vec<&str> =
        related["items"].as_array().unwrap().iter().map(|r| r["value"].as_str().unwrap()).collect();
    assert_eq!(values, [poison(OWN).as_str(), "203.0.113.9"]);
    for (path, code) in [
        ("/entities/planet/mars", "not_found"),
        ("/entities/ip/nowhere", "invalid_parameter"),
        ("/entities/hash/xyz", "invalid_parameter"),
        ("/entities/host/web-01/days?from=1&to=90000000000", "range_too_long"),
        ("/entities/host/web-01/timeline?from=2&to=1", "reversed_range"),
    ] {
        assert_eq!(rahima.get(path).await.code(), code, "{path}");
    }
}

#[tokio::test]
async fn fields_have_values_and_searches_go_on() {
    let rig = rig(3).await;
    let mut rahima = rig.signed_in("rahima").await;
    let fields = rahima.get("/fields").await.json();
    assert_eq!(
        fields["items"][1],
        json!({"name": "host", "path": "device.hostname", "column": true})
    );
    let values = rahima.get(&format!("/fields/user/values?{}", range())).await.json();
    assert_eq!(values["items"], json!([{"value": poison(OWN), "count": 3}]));
    let none = rahima.get(&format!("/fields/user/values?{}&q=user:nobody", range())).await.json();
    assert_eq!(none["items"], json!([]));
    for (path, code) in [
        (format!("/fields/any/values?{}", range()), "not_found"),
        (format!("/fields/user/values?{}&limit=0", range()), "invalid_parameter"),
        (format!("/fields/user/values?{}&q=a+%7C+count", range()), "invalid_parameter"),
        ("/fields/user/values?from=1&to=9000000000".into(), "range_too_long"),
    ] {
        assert_eq!(rahima.get(&path).await.code(), code, "{path}");
    }
    let times = json!({"from": BEGIN_MS - 1_000, "to": BEGIN_MS + 60_000});
    let mut body = json!({"before": "failed user:poi"});
    body.as_object_mut().unwrap().extend(times.as_object().unwrap().clone());
    let values = rahima.post("/query:complete", body).await.json();
    let insert = format!("{} ", poison(OWN));
    let expected =
        json!({"replace": 3, "items": [{"insert": insert, "kind": "value", "count": 3}]});
    assert_eq!(values, expected, "another agency's users are no completion");
    let names = rahima.post("/query:complete", json!({"before": "src_i"})).await.json();
    assert_eq!(names["items"][0]["insert"], "src_ip:");
}

#[tokio::test]
async fn an_export_is_every_event_and_its_hash_stands_in_the_audit_log() {
    let rig = rig(3).await;
    let mut rahima = rig.signed_in("rahima").await;
    let file = rahima.get(&format!("/events/export?{}", range())).await;
    assert_eq!(file.headers["content-type"], "application/x-ndjson");
    let uids: Vec<Value> = file
        .text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["metadata"]["uid"].clone())
        .collect();
    assert_eq!(uids, [0, 1, 2].map(|n| json!(uid(OWN, n))), "oldest first, none of others");
    let entries = rig.app.accounts.audited("rahima").await.unwrap();
    let (_, whole, _) = entries.iter().rfind(|(action, ..)| action == "events.export").unwrap();
    let whole: Value = serde_json::from_str(whole).unwrap();
    let digest = crate::accounts::secret::hex(&Sha256::digest(&file.text));
    assert_eq!((&whole["rows"], &whole["sha256"]), (&json!(3), &json!(digest)));
    assert_eq!(whole["truncated"], false);
    let path = format!("/events/export?{}&format=csv&columns=host,user&q=user:*mof*", range());
    let csv = rahima.get(&path).await;
    let line = format!("web-01,{}", poison(OWN));
    assert_eq!(csv.text, format!("host,user\r\n{line}\r\n{line}\r\n{line}\r\n"));
    let columns = rahima.get(&format!("/events/export?{}&format=parquet", range())).await;
    assert_eq!(columns.status, 200, "{}", columns.text);
    assert!(columns.text.starts_with("PAR1") && columns.text.ends_with("PAR1"));
    let chosen =
        rahima.get(&format!("/events/export?{}&format=parquet&columns=host", range())).await;
    assert_eq!(chosen.code(), "invalid_parameter");
    let nothing = rahima.get(&format!("/events/export?{}&q=user:nobody&format=csv", range())).await;
    assert_eq!(nothing.text.lines().count(), 1, "only the head: {}", nothing.text);
    let commands = rahima.get(&format!("/events/export?{}&q=a+%7C+count", range())).await;
    assert_eq!(commands.code(), "invalid_parameter");
    let mut viewer = rig.signed_in("viewer").await;
    assert_eq!(viewer.get(&format!("/events/export?{}", range())).await.code(), "forbidden");
}

#[tokio::test]
async fn measures_come_from_the_history() {
    let rig = rig(7).await;
    let mut rahima = rig.signed_in("rahima").await;
    let mut karim = rig.signed_in("karim").await;
    for number in 0..4 {
        close(&mut rahima, number, "false_positive").await;
    }
    let before = rahima.get(&format!("/measures?{}", range())).await.json();
    assert_eq!(
        before["rules"][0]["false_positive_ratio"],
        json!(null),
        "four verdicts say nothing"
    );
    close(&mut karim, 4, "true_positive").await;
    let path = format!("/alerts/{}", alert_id(OWN, 5));
    karim.change(Method::PATCH, &path, 1, json!({"state": "acknowledged"})).await;
    let got = karim.get(&format!("/measures?{}", range())).await.json();
    let agency = &got["agencies"][0];
    assert_eq!((&agency["agency"], &agency["alerts"]), (&json!(OWN), &json!(7)));
    assert_eq!(
        (&agency["acknowledged"]["alerts"], &agency["closed"]["alerts"]),
        (&json!(6), &json!(5))
    );
    // They arrived in March and were closed now.
    assert!(agency["closed"]["median_ms"].as_i64().unwrap() > 86_400_000, "{agency}");
    assert_eq!(
        (&got["days"][0]["day"], &got["days"][0]["alerts"]),
        (&json!(BEGIN_MS - OFFSET_MS), &json!(7))
    );
    let rule = &got["rules"][0];
    assert_eq!((&rule["alerts"], &rule["false_positives"]), (&json!(7), &json!(4)));
    assert_eq!(rule["false_positive_ratio"], 0.8);
    assert_eq!(got["agencies"].as_array().unwrap().len(), 1, "none of others");
    let now = super::super::Clock::system().now_ms();
    let today = format!("from={}&to={}", now - 3_600_000, now + 3_600_000);
    let did = karim.get(&format!("/measures?{today}")).await.json();
    let who: Vec<_> = did["analysts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| (a["user"].clone(), a["closed"].clone()))
        .collect();
    assert_eq!(who, [(json!("rahima"), json!(4)), (json!("karim"), json!(1))]);
    assert_eq!(karim.get("/measures?from=1&to=90000000000").await.code(), "range_too_long");
}
