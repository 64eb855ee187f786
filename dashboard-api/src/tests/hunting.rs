//! Rules on what has happened, exceptions on what was raised, and coverage: within one's agencies.

use super::browser::Rig;
use super::engine::database;
use super::sample::{BEGIN_MS, alert_id, plant};
use crate::Role;
use model::day::OFFSET_MS;
use serde_json::{Value, json};
use std::time::Duration;

const SSHD: &str = "title: Failed\nid: 7f3c1d52-0000-4000-8000-00000000000a\nlogsource: {product: linux, \
    service: sshd}\ndetection: {s: {message|contains: 'Failed password'}, condition: s}\nlevel: low\n\
    tags: [attack.t1110.001]\n";
const MANY: &str = "title: Many\nid: 7f3c1d52-0000-4000-8000-00000000000b\ncorrelation: {type: event_count, \
    rules: [7f3c1d52-0000-4000-8000-00000000000a], timespan: 1h, condition: {gte: 3}}\nlevel: high\n";

fn exception(rule: &str, clause: &str) -> String {
    format!(
        "title: e\nid: 7f3c1d52-0000-4000-8000-00000000000c\nx-prohori-agencies: [mof]\nlogsource: \
         {{product: linux}}\nfilter: {{rules: ['{rule}'], s: {clause}, condition: not s}}\n"
    )
}

async fn rig() -> Rig {
    let store = database().await;
    plant(&store, "mof", 3).await;
    plant(&store, "moe", 5).await;
    let rig = Rig::with(store);
    rig.add_user("rahima", &[(Role::Hunter, "mof"), (Role::RuleAuthor, "mof")], None);
    rig.add_user("other", &[(Role::Hunter, "*")], None);
    rig
}

/// A job once it has ended.
async fn ended(browser: &mut super::browser::Browser, id: &str) -> Value {
    for _ in 0..600 {
        let job = browser.get(&format!("/jobs/{id}")).await.json();
        if job["state"] != "running" {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the job does not end");
}

#[tokio::test]
async fn a_backtest_counts_what_the_detector_would_have_raised_in_one_s_agencies() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let range =
        |text: &str| json!({"text": text, "from": BEGIN_MS - 60_000, "to": BEGIN_MS + 3_600_000});
    let begun = rahima.post("/rules:backtest", range(SSHD)).await;
    assert_eq!(begun.status, 202);
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(begun.headers["location"].to_str().unwrap(), format!("/api/v1/jobs/{id}"));
    let job = ended(&mut rahima, &id).await;
    assert_eq!((&job["state"], &job["progress"]), (&json!("done"), &json!(1.0)), "{job}");
    let raised = &job["result"];
    assert_eq!((&raised["alerts"], &raised["events"]), (&json!(3), &json!(3)), "{raised}");
    assert_eq!(
        raised["days"],
        json!([{"day": BEGIN_MS - OFFSET_MS, "agency": "mof", "alerts": 3}])
    );
    assert!(!job.to_string().contains("poison-of-moe"));
    // Another's job is nobody else's, whatever he may read.
    let mut other = rig.signed_in("other").await;
    assert_eq!(other.get(&format!("/jobs/{id}")).await.code(), "not_found");
    assert_eq!(other.get("/jobs").await.json()["items"], json!([]));
    assert_eq!(rahima.get("/jobs").await.json()["items"][0]["result"], Value::Null);

    // A correlation, whose rule stands in another file.
    assert_eq!(rahima.post("/rules", json!({"text": SSHD})).await.status, 201);
    let begun = rahima.post("/rules:backtest", range(MANY)).await.json();
    let job = ended(&mut rahima, begun["id"].as_str().unwrap()).await;
    assert_eq!(job["result"]["alerts"], 1, "{job}");
    // What an exception takes away, by the same engine.
    let text = exception("7f3c1d52-0000-4000-8000-00000000000a", "{src_ip: 203.0.113.9}");
    let begun = rahima.post("/rules:backtest", range(&text)).await.json();
    let job = ended(&mut rahima, begun["id"].as_str().unwrap()).await;
    assert_eq!(
        (&job["result"]["alerts"], &job["result"]["hidden"]),
        (&json!(3), &json!(3)),
        "{job}"
    );

    let backwards = json!({"text": SSHD, "from": 2, "to": 1});
    assert_eq!(rahima.post("/rules:backtest", backwards).await.code(), "reversed_range");
    let long = json!({"text": SSHD, "from": 0, "to": 93 * 24 * 3_600_000_i64});
    assert_eq!(rahima.post("/rules:backtest", long).await.code(), "range_too_long");
    // Nothing happened within the last hour: what was planted is old.
    let now = rahima.post("/rules:matches", json!({"text": SSHD})).await.json();
    assert_eq!((&now["alerts"], &now["truncated"]), (&json!(0), &json!(false)), "{now}");
    let wrong = rahima.post("/rules:matches", json!({"text": "title: x"})).await;
    assert_eq!(wrong.code(), "rule_invalid");
}

#[tokio::test]
async fn a_job_is_cancelled_and_none_outlives_the_service() {
    let rig = rig().await;
    let order = || crate::jobs::Order {
        kind: "backtest",
        owner: "rahima".into(),
        agencies: crate::roles::Agencies::All,
        asked: json!({}),
    };
    let jobs = &rig.app.jobs;
    let work = |progress: &crate::jobs::Progress| {
        while !progress.is_cancelled() {
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(json!({}))
    };
    let first = jobs.begin(order(), work).await.unwrap();
    for _ in 0..2 {
        jobs.begin(order(), work).await.unwrap();
    }
    assert!(jobs.begin(order(), work).await.is_err(), "three of one user are enough");
    let mut rahima = rig.signed_in("rahima").await;
    // It read every agency, and she may read one.
    assert_eq!(rahima.get(&format!("/jobs/{}", first.id)).await.code(), "forbidden");
    let path = format!("/jobs/{}/cancel", first.id);
    assert_eq!(rahima.post(&path, json!({})).await.status, 202);
    let mut stands = crate::jobs::State::Running;
    for _ in 0..600 {
        stands = jobs.get("rahima", &first.id).await.unwrap().unwrap().state;
        if stands != crate::jobs::State::Running {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(stands, crate::jobs::State::Cancelled);
    // A new start on the same data: what was under way has failed.
    let database = std::sync::Arc::clone(rig.app.accounts.database());
    let again = crate::jobs::Jobs::open(database, rig.app.clock.clone()).unwrap();
    let stand: Vec<_> = again.of("rahima").await.unwrap().iter().map(|job| job.state).collect();
    let failed = stand.iter().filter(|state| **state == crate::jobs::State::Failed).count();
    assert_eq!(failed, 2, "{stand:?}");
    for job in jobs.of("rahima").await.unwrap() {
        jobs.cancel(&job.id);
    }
}

#[tokio::test]
async fn an_exception_s_preview_flags_true_positives_and_stays_within_one_s_agencies() {
    let rig = rig().await;
    super::rules::keep(&rig, "rule-1").await;
    let mut rahima = rig.signed_in("rahima").await;
    let id = alert_id("mof", 0);
    let close = json!({"state": "closed", "verdict": "true_positive", "reason": "x"});
    let path = format!("/alerts/{id}");
    let mut request = rahima.request(axum::http::Method::PATCH, &path, Some(close));
    request.headers_mut().insert("if-match", "\"1\"".parse().unwrap());
    assert_eq!(rahima.send(request).await.status, 200);
    let days = (rig.app.clock.now_ms() - BEGIN_MS) / 86_400_000 + 2;
    let mut preview = async |clause: &str| {
        let body = json!({"text": exception("rule-1", clause), "days": days.min(366)});
        rahima.post("/exceptions:preview", body).await.json()
    };
    let all = preview("{src_ip: 203.0.113.9}").await;
    assert_eq!((&all["looked"], &all["hidden"]), (&json!(3), &json!(3)), "{all}");
    assert_eq!((&all["true_positives"], &all["items"][0]["id"]), (&json!(1), &json!(id)));
    assert!(!all.to_string().contains("moe-alert"));
    let none = preview("{src_ip: 203.0.113.8}").await;
    assert_eq!((&none["looked"], &none["hidden"]), (&json!(3), &json!(0)), "{none}");
    let rule = rahima.post("/exceptions:preview", json!({"text": SSHD})).await;
    assert_eq!(rule.code(), "rule_invalid");
}

#[tokio::test]
async fn coverage_counts_rules_in_force_by_technique() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let made = rahima.post("/rules", json!({"text": SSHD, "matching": "x", "missing": "y"})).await;
    assert_eq!(made.status, 201);
    assert_eq!(rahima.get("/coverage/attack").await.json()["rules"], 0, "a draft covers nothing");
    let path = "/rules/7f3c1d52-0000-4000-8000-00000000000a/stage";
    let ship = json!({"stage": "shadow", "version": 1});
    let mut request = rahima.request(axum::http::Method::POST, path, Some(ship));
    request.headers_mut().insert("if-match", "\"1\"".parse().unwrap());
    assert_eq!(rahima.send(request).await.status, 200);
    let coverage = rahima.get("/coverage/attack").await.json();
    let techniques = |tactic: &Value| tactic["techniques"].as_array().unwrap().clone();
    let found: Vec<Value> = coverage["tactics"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(techniques)
        .filter(|technique| technique["rules"] == 1)
        .collect();
    assert_eq!((found.len(), &found[0]["id"]), (1, &json!("T1110")), "{found:?}");
    // Nothing came within a day: what was planted is old.
    assert_eq!((&found[0]["tested"], &found[0]["seeing"]), (&json!(1), &json!(0)));
    assert_eq!(found[0]["parts"][0]["id"], "T1110.001");
    let layer = rahima.get("/coverage/attack/navigator").await.json();
    assert_eq!(layer["versions"]["layer"], "4.5");
    assert_eq!(layer["techniques"][0]["techniqueID"], "T1110.001");
}
