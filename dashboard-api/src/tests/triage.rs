//! Working on alerts: the queue, the evidence, changes and their conflicts.

use super::browser::{Browser, Reply, Rig};
use super::engine::database;
use super::sample::{BEGIN_MS, alert_id, plant, poison, uid};
use crate::Role;
use axum::http::Method;
use serde_json::{Value, json};

async fn rig(alerts: u64) -> Rig {
    let store = database().await;
    plant(&store, "mof", alerts).await;
    let rig = Rig::with(store);
    for name in ["rahima", "karim"] {
        rig.add_user(name, &[(Role::Analyst, "mof")], None);
    }
    rig.add_user("viewer", &[(Role::Viewer, "mof")], None);
    rig
}

async fn change(browser: &mut Browser, number: u64, version: u32, body: Value) -> Reply {
    let path = format!("/alerts/{}", alert_id("mof", number));
    let mut request = browser.request(Method::PATCH, &path, Some(body));
    request.headers_mut().insert("if-match", format!("\"{version}\"").parse().unwrap());
    browser.send(request).await
}

#[tokio::test]
async fn of_two_analysts_the_second_sees_what_the_first_did() {
    let rig = rig(1).await;
    let mut rahima = rig.signed_in("rahima").await;
    let mut karim = rig.signed_in("karim").await;
    let path = format!("/alerts/{}", alert_id("mof", 0));
    let seen = karim.get(&path).await;
    assert_eq!(seen.headers["etag"], "\"1\"");

    let closing = json!({"state": "closed", "verdict": "false_positive", "reason": "আমাদের স্ক্যানার"});
    let closed = change(&mut rahima, 0, 1, closing).await;
    assert_eq!((closed.status.as_u16(), &closed.headers["etag"]), (200, &"\"2\"".parse().unwrap()));
    assert_eq!(closed.json()["verdict"], "false_positive");

    let late = change(&mut karim, 0, 1, json!({"state": "acknowledged"})).await;
    assert_eq!(late.code(), "version_conflict");
    assert_eq!(late.status, 412);
    let current = &late.json()["params"]["current"];
    assert_eq!(current["by"], "rahima");
    assert_eq!((&current["state"], &current["version"]), (&json!("closed"), &json!(2)));
    assert_eq!(current["reason"], "আমাদের স্ক্যানার");
    assert!(current["at"].as_i64().unwrap() > BEGIN_MS);

    let reopened = change(&mut karim, 0, 2, json!({"state": "in_progress"})).await.json();
    assert_eq!((&reopened["version"], &reopened["verdict"]), (&json!(3), &json!(null)));

    let history = karim.get(&format!("{path}/history")).await.json();
    let steps: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["version"].as_u64().unwrap(), step["actor"].as_str().unwrap()))
        .collect();
    assert_eq!(steps, [(2, "rahima"), (3, "karim")]);
}

#[tokio::test]
async fn changes_that_make_no_sense_are_refused() {
    let rig = rig(1).await;
    let mut rahima = rig.signed_in("rahima").await;
    for (body, code) in [
        (json!({"state": "closed"}), "verdict_required"),
        (json!({"state": "closed", "verdict": "benign"}), "reason_required"),
        (json!({"state": "closed", "verdict": "benign", "reason": "  "}), "reason_required"),
        (json!({"verdict": "benign", "reason": "x"}), "verdict_without_close"),
        (json!({"state": "open"}), "invalid_body"),
        (json!({"state": "new", "severity": 5}), "unknown_parameter"),
        (json!({}), "nothing_to_change"),
        (json!({"assignee": "nobody"}), "unknown_assignee"),
        (json!({"assignee": "viewer"}), "unknown_assignee"),
        (json!({"reason": "x".repeat(4_001)}), "invalid_body"),
    ] {
        let shown = body.to_string();
        assert_eq!(change(&mut rahima, 0, 1, body).await.code(), code, "{shown:.80}");
    }
    let path = format!("/alerts/{}", alert_id("mof", 0));
    let request = rahima.request(Method::PATCH, &path, Some(json!({"state": "acknowledged"})));
    assert_eq!(rahima.send(request).await.code(), "if_match_required");
    assert_eq!(rahima.get(&path).await.json()["version"], 1, "nothing was changed");
    assert_eq!(change(&mut rahima, 7, 1, json!({"state": "new"})).await.code(), "not_found");
    let mut viewer = rig.signed_in("viewer").await;
    let body = json!({"state": "acknowledged"});
    assert_eq!(change(&mut viewer, 0, 1, body).await.code(), "forbidden");
}

#[tokio::test]
async fn the_queue_is_paged_filtered_and_counted() {
    let rig = rig(7).await;
    let mut rahima = rig.signed_in("rahima").await;
    let taken = change(&mut rahima, 2, 1, json!({"assignee": "rahima"})).await;
    assert_eq!(taken.json()["assignee"], "rahima");

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = rahima.get(&format!("/alerts?limit=3{cursor}")).await.json();
        let ids = page["items"].as_array().unwrap().iter().map(|a| a["id"].clone());
        seen.extend(ids);
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let expected: Vec<Value> = (0..7).rev().map(|n| json!(alert_id("mof", n))).collect();
    assert_eq!(seen, expected, "newest first, each once");

    for (query, count) in [
        ("state=new", 7),
        ("state=closed", 0),
        ("severity_min=4", 7),
        ("severity_min=5", 0),
        ("host=web-01", 7),
        ("host=web", 0),
        ("q=brute", 7),
        ("q=%25", 0),
        ("assignee=me", 1),
        ("assignee=none", 6),
        ("assignee=karim", 0),
    ] {
        let counts = rahima.get(&format!("/alerts/counts?{query}")).await.json();
        assert_eq!(counts["total"], count, "{query}");
        let page = rahima.get(&format!("/alerts?{query}")).await.json();
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{query}");
    }
    let counts = rahima.get("/alerts/counts").await.json();
    assert_eq!((&counts["mine"], &counts["unassigned"]), (&json!(1), &json!(6)));
    assert_eq!(counts["by_state"]["closed"], 0);
    for (query, code) in [
        ("state=open", "invalid_parameter"),
        ("severity_min=7", "invalid_parameter"),
        ("limit=501", "invalid_parameter"),
        ("cursor=x", "invalid_cursor"),
        ("from=2&to=1", "reversed_range"),
        ("agency=../x", "invalid_parameter"),
        ("offset=5", "unknown_parameter"),
    ] {
        assert_eq!(rahima.get(&format!("/alerts?{query}")).await.code(), code, "{query}");
    }
}

#[tokio::test]
async fn an_alert_shows_its_evidence() {
    let rig = rig(2).await;
    let mut rahima = rig.signed_in("rahima").await;
    let path = format!("/alerts/{}", alert_id("mof", 1));
    let alert = rahima.get(&path).await.json();
    assert_eq!((&alert["severity"], &alert["event_count"]), (&json!("high"), &json!(3)));
    assert_eq!(alert["rule"]["level"], "high");
    assert_eq!(alert["matched"][0]["pattern"], "Failed");
    assert_eq!(alert["attack"][0]["technique"], "T1110");
    assert_eq!(alert["events"][0]["metadata"]["uid"], uid("mof", 1));
    assert!(alert["raw"][0].as_str().unwrap().starts_with("<38>Mar  1"));
    assert!(alert["summary"]["bn"].as_str().unwrap().contains("web-01"));

    let timeline = rahima.get(&format!("{path}/timeline")).await.json();
    let times: Vec<_> =
        timeline["items"].as_array().unwrap().iter().map(|e| e["time"].as_i64().unwrap()).collect();
    assert_eq!(times, [BEGIN_MS, BEGIN_MS + 1_000], "oldest first");
    assert_eq!(timeline["truncated"], false);

    let said = rahima.post(&format!("{path}/comments"), json!({"text": "দেখছি"})).await;
    assert_eq!((said.status.as_u16(), &said.json()["comment"]), (201, &json!("দেখছি")));
    assert_eq!(said.json()["kind"], "comment");
    assert_eq!(rahima.get("/alerts/none/history").await.code(), "not_found");
}

#[tokio::test]
async fn events_are_searched_within_a_range() {
    let rig = rig(3).await;
    let mut rahima = rig.signed_in("rahima").await;
    let range = format!("from={}&to={}", BEGIN_MS, BEGIN_MS + 2_000);
    let page = rahima.get(&format!("/events?{range}")).await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    assert_eq!(page["items"][0]["class_name"], "Authentication");
    let uid = page["items"][0]["uid"].as_str().unwrap();
    let event = rahima.get(&format!("/events/{uid}")).await.json();
    assert_eq!(event["event"]["user"]["name"], poison("mof"));
    assert_eq!(event["raw"], event["event"]["raw_data"]);
    for (query, code) in [
        ("to=5".to_owned(), "missing_parameter"),
        ("from=5&to=5".to_owned(), "reversed_range"),
        ("from=1&to=9000000000".to_owned(), "range_too_long"),
        (format!("{range}&q=a+AND"), "invalid_parameter"),
        (format!("{range}&q=a+%7C+count"), "invalid_parameter"),
        (format!("{range}&class_uid=x"), "invalid_parameter"),
        (format!("{range}&cursor=%27%29"), "invalid_cursor"),
    ] {
        assert_eq!(rahima.get(&format!("/events?{query}")).await.code(), code, "{query}");
    }
    for (q, count) in
        [("user:*mof*", 2), ("user:nobody", 0), ("class:3002+-user:nobody", 2), ("agency:moh", 0)]
    {
        let page = rahima.get(&format!("/events?{range}&q={q}")).await.json();
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{q}");
    }
    let problem = rahima.get(&format!("/events?{range}&q=failed+hots:x")).await.json();
    assert_eq!(
        problem["params"],
        json!({
            "parameter": "q", "problem": "field", "start": 7, "end": 11, "suggestion": "host",
        })
    );
    assert_eq!(rahima.get(&format!("/events/histogram?{range}&buckets=0")).await.status, 400);
    assert_eq!(rahima.get("/events/nonsense").await.code(), "not_found");
}

#[tokio::test]
async fn reads_and_changes_are_audited() {
    let rig = rig(1).await;
    let mut rahima = rig.signed_in("rahima").await;
    let range = format!("from={}&to={}&q=failed", BEGIN_MS, BEGIN_MS + 2_000);
    rahima.get(&format!("/events?{range}")).await;
    rahima.get(&format!("/alerts/{}", alert_id("mof", 0))).await;
    change(&mut rahima, 0, 1, json!({"state": "acknowledged"})).await;
    let trace = rahima.get("/dead-letters").await.headers["x-trace-id"].clone();
    let entries = rig.app.accounts.audited("rahima").await.unwrap();
    let actions: Vec<&str> = entries.iter().map(|entry| entry.0.as_str()).collect();
    let expected =
        ["session.begin", "events.search", "alert.read", "alert.change", "dead_letters.read"];
    assert_eq!(actions, expected);
    assert!(entries[1].1.contains(r#""q":"failed""#) && entries[1].1.contains(r#""rows":1"#));
    assert_eq!(entries[4].2, trace.to_str().unwrap());
}
