//! Rules over HTTP: written, tried, shipped by several people, counted within one's agencies.

use super::browser::{Browser, Reply, Rig};
use super::engine::database;
use super::sample::plant;
use crate::Role;
use crate::audit::{Action, Entry};
use crate::rulebook::Draft;
use axum::http::Method;
use serde_json::{Value, json};

const ID: &str = "7f3c1d52-0000-4000-8000-000000000001";
const LINE: &str = "Nov 25 10:00:00 web-01 sudo[812]:   rahim : TTY=pts/0 ; PWD=/home/rahim ; \
    USER=root ; COMMAND=/bin/cat /etc/shadow";

fn text(id: &str, value: &str) -> String {
    format!(
        "title: Shadow read\nid: {id}\nlogsource: {{product: linux, service: sudo}}\ndetection: {{s: \
         {{message|contains: '{value}'}}, condition: s}}\nlevel: high\ntags: [attack.t1003.008]\n"
    )
}

/// Keeps a rule with that id, past the API, which wants longer ones.
pub(super) async fn keep(rig: &Rig, id: &str) {
    let entry = Entry {
        actor: "test".into(),
        action: Action::RuleSave,
        target: id.into(),
        detail: json!({}),
        trace_id: String::new(),
    };
    let draft = Draft { text: text(id, "x"), ..Draft::default() };
    rig.app.rulebook.save(None, draft, entry).await.unwrap().unwrap();
}

async fn send(browser: &mut Browser, method: Method, path: &str, tag: u64, body: Value) -> Reply {
    let mut request = browser.request(method, path, Some(body));
    request.headers_mut().insert("if-match", format!("\"{tag}\"").parse().unwrap());
    browser.send(request).await
}

fn body() -> Value {
    json!({
        "text": text(ID, "COMMAND=/bin/cat /etc/shadow"), "matching": LINE,
        "missing": LINE.replace("shadow", "hosts"),
    })
}

#[tokio::test]
async fn a_text_is_looked_at_and_tried_on_its_lines() {
    let rig = Rig::with(database().await);
    rig.add_user("writer", &[(Role::RuleAuthor, "mof")], None);
    let mut writer = rig.signed_in("writer").await;
    let linted = writer.post("/rules:lint", body()).await.json();
    assert_eq!((&linted["errors"], &linted["warnings"]), (&json!(0), &json!(0)), "{linted}");
    let broken = json!({"text": text(ID, "x").replace("|contains", "|contain")});
    let linted = writer.post("/rules:lint", broken).await.json();
    assert_eq!((&linted["findings"][0]["line"], &linted["errors"]), (&json!(4), &json!(1)));
    let tested = writer.post("/rules:test", body()).await.json();
    assert_eq!((&tested["passes"], &tested["whole"]), (&json!(true), &json!(true)), "{tested}");
    let wrong = json!({"text": text(ID, "nothing like it"), "matching": LINE});
    let tested = writer.post("/rules:test", wrong).await.json();
    assert_eq!(tested["passes"], false);
    assert!(tested["samples"][0]["why"][0].is_string(), "{tested}");
}

#[tokio::test]
async fn a_rule_is_written_and_shipped() {
    let rig = Rig::with(database().await);
    for (name, role) in [
        ("writer", Role::RuleAuthor),
        ("first", Role::RuleApprover),
        ("second", Role::RuleApprover),
        ("reader", Role::Viewer),
    ] {
        rig.add_user(name, &[(role, "*")], None);
    }
    rig.add_user("local", &[(Role::RuleApprover, "mof")], None);
    rig.add_user("author-of-mof", &[(Role::RuleAuthor, "mof")], None);
    let mut writer = rig.signed_in("writer").await;
    let body = body();
    let broken = json!({"text": text(ID, "x").replace("|contains", "|contain")});
    assert_eq!(writer.post("/rules", broken).await.code(), "rule_invalid");
    let made = writer.post("/rules", body.clone()).await;
    assert_eq!((made.status.as_u16(), made.headers["etag"].to_str().unwrap()), (201, "\"1\""));
    assert_eq!(writer.post("/rules", body.clone()).await.code(), "rule_exists");
    let path = format!("/rules/{ID}");
    assert_eq!(
        send(&mut writer, Method::PUT, &path, 9, body.clone()).await.code(),
        "version_conflict"
    );
    let kept = send(&mut writer, Method::PUT, &path, 1, body.clone()).await.json();
    assert_eq!((&kept["newest"], &kept["live"]), (&json!(2), &Value::Null));

    let stage = format!("{path}/stage");
    let ask =
        |stage: &str, agencies: Value| json!({"stage": stage, "version": 2, "agencies": agencies});
    let none = send(&mut writer, Method::POST, &stage, 2, ask("canary", json!([]))).await;
    assert_eq!(none.code(), "invalid_body");
    let mut local = rig.signed_in("author-of-mof").await;
    let other = send(&mut local, Method::POST, &stage, 2, ask("canary", json!(["moe"]))).await;
    assert_eq!(other.code(), "forbidden", "a canary sings only at home");
    let canary = send(&mut local, Method::POST, &stage, 2, ask("canary", json!(["mof"]))).await;
    assert_eq!(canary.json()["stage"], "canary");
    let waits = send(&mut writer, Method::POST, &stage, 3, ask("active", json!([]))).await.json();
    assert_eq!((&waits["stage"], &waits["proposal"]["needed"]), (&json!("canary"), &json!(2)));
    let approve = format!("{path}/approve");
    for (name, tag, code) in
        [("writer", 4, "forbidden"), ("local", 4, "forbidden"), ("reader", 4, "forbidden")]
    {
        let mut browser = rig.signed_in(name).await;
        let reply = send(&mut browser, Method::POST, &approve, tag, json!({})).await;
        assert_eq!(reply.code(), code, "{name}");
    }
    let mut first = rig.signed_in("first").await;
    assert_eq!(send(&mut first, Method::POST, &approve, 4, json!({})).await.status, 200);
    assert_eq!(send(&mut first, Method::POST, &approve, 5, json!({})).await.code(), "four_eyes");
    let mut second = rig.signed_in("second").await;
    let active =
        send(&mut second, Method::POST, &approve, 5, json!({"note": "ঠিক আছে"})).await.json();
    assert_eq!((&active["stage"], &active["live"]), (&json!("active"), &json!(2)), "{active}");
    let mut reader = rig.signed_in("reader").await;
    let version = reader.get(&format!("{path}/versions/1")).await.json();
    assert_eq!((&version["author"], &version["origin"]), (&json!("writer"), &json!("dashboard")));
    assert_eq!(reader.get(&format!("{path}/versions/9")).await.code(), "not_found");
    assert_eq!(reader.get("/rules?stage=active&q=shadow").await.json()["total"], 1);
    assert_eq!(reader.get("/rules?kind=exception").await.json()["total"], 0);
    assert_eq!(reader.post("/rules", body).await.code(), "forbidden");
    assert_eq!(reader.get("/ruleset").await.json()["stages"]["active"], 1);
    let audited = rig.app.accounts.audited("second").await.unwrap();
    assert!(audited.iter().any(|(action, ..)| action == "rule.approve"));
}

#[tokio::test]
async fn an_exception_takes_the_right_in_its_agencies() {
    let rig = Rig::with(database().await);
    rig.add_user("writer", &[(Role::RuleAuthor, "*")], None);
    rig.add_user("analyst", &[(Role::Analyst, "mof")], None);
    let mut writer = rig.signed_in("writer").await;
    assert_eq!(writer.post("/rules", json!({"text": text(ID, "x")})).await.status, 201);
    let exception = |agencies: &str| {
        let text = format!(
            "title: backup\nid: 7f3c1d52-0000-4000-8000-000000000002\n{agencies}logsource: {{product: \
             linux}}\nfilter: {{rules: ['{ID}'], s: {{user: backup}}, condition: not s}}\n"
        );
        json!({"text": text})
    };
    let mut analyst = rig.signed_in("analyst").await;
    assert_eq!(analyst.post("/rules", exception("")).await.code(), "forbidden");
    let other = analyst.post("/rules", exception("x-prohori-agencies: [mof, moe]\n")).await;
    assert_eq!(other.code(), "forbidden");
    let made = analyst.post("/rules", exception("x-prohori-agencies: [mof]\n")).await.json();
    assert_eq!(made["kind"], "exception");
    let listed = analyst.get("/rules?kind=exception").await.json();
    // Whom it concerns is told by the title, as a rule's name may be anything.
    for rule in [&made["exception"]["rules"][0], &listed["items"][0]["exception"]["rules"][0]] {
        assert_eq!((&rule["name"], &rule["id"]), (&json!(ID), &json!(ID)));
        assert!(rule["title"].as_str().is_some_and(|title| !title.is_empty()), "{rule}");
    }
    // Its rule is of level high: it takes another's word.
    let path = "/rules/7f3c1d52-0000-4000-8000-000000000002/stage";
    let body = json!({"stage": "active", "version": 1});
    let waits = send(&mut analyst, Method::POST, path, 1, body).await.json();
    assert_eq!((&waits["stage"], &waits["proposal"]["needed"]), (&json!("draft"), &json!(1)));
}

#[tokio::test]
async fn a_rule_s_alerts_are_counted_within_one_s_agencies() {
    let store = database().await;
    plant(&store, "mof", 3).await;
    plant(&store, "moe", 5).await;
    let rig = Rig::with(store);
    keep(&rig, "rule-1").await;
    rig.add_user("rahima", &[(Role::Analyst, "mof")], None);
    let mut rahima = rig.signed_in("rahima").await;
    let mut admin = rig.signed_in("admin").await;
    // What was planted lies in the past; the clock of the test does not.
    let since = |reply: Value| reply["stats"]["alerts"].as_u64().unwrap();
    assert_eq!(since(rahima.get("/rules/rule-1").await.json()), 0);
    let mof = store::Scope::of([model::Agency::new("mof").unwrap()]);
    let own = rig.app.store.rule_counts(&mof, 0).await.unwrap();
    assert_eq!((own.len(), own[0].1.alerts), (1, 3));
    let all = rig.app.store.rule_counts(&store::Scope::all(), 0).await.unwrap();
    assert_eq!(all[0].1.alerts, 8);
    assert_eq!(admin.get("/rules").await.json()["items"][0]["id"], "rule-1");
}
