//! Searches that run by themselves: every event counted once, by the rights of their owner, and told.

use super::browser::{Browser, NOWHERE, Rig};
use super::engine::database;
use super::sample::plant_at;
use crate::Role;
use crate::searching::Searcher;
use serde_json::{Value, json};

const MINUTES: i64 = 60_000;

/// An analyst's search with a schedule of five minutes; its path.
async fn schedule(rig: &Rig, user: &str, body: Value) -> String {
    let mut browser = rig.signed_in(user).await;
    let new = json!({"name": "Failed sign-ins", "q": "failed"});
    let kept = browser.post("/searches", new).await;
    assert_eq!(kept.status, 201, "{}", kept.text);
    let path = format!("/searches/{}/schedule", kept.json()["id"].as_str().unwrap());
    let set = browser.put(&path, body).await;
    assert_eq!(set.status, 200, "{}", set.text);
    path
}

/// What the newest runs found: events, whether enough, why not.
async fn runs(browser: &mut Browser, path: &str) -> Vec<(u64, bool, String)> {
    let found = browser.get(path).await.json();
    let run = |run: &Value| {
        let fault = run["fault"].as_str().unwrap().to_owned();
        (run["events"].as_u64().unwrap(), run["found"].as_bool().unwrap(), fault)
    };
    found["runs"].as_array().unwrap().iter().map(run).collect()
}

#[tokio::test]
async fn what_is_stored_is_counted_once_by_the_rights_of_the_owner() {
    let store = database().await;
    let rig = Rig::with(store.clone());
    rig.add_user("rahima", &[(Role::Analyst, "mof")], None);
    let mut admin = rig.signed_in("admin").await;
    let mut rahima = rig.signed_in("rahima").await;
    let channel = json!({"agency": "*", "name": "Desk", "language": "en", "platform": true,
        "target": {"kind": "webhook", "url": format!("https://{NOWHERE}/x")}});
    let channel = admin.post("/notification-channels", channel).await;
    assert_eq!(channel.status, 201, "{}", channel.text);
    let channel = channel.json()["channel"]["id"].as_str().unwrap().to_owned();
    let path = schedule(&rig, "rahima", json!({"minutes": 5, "at_least": 3})).await;
    let told =
        schedule(&rig, "admin", json!({"minutes": 5, "at_least": 9, "channel": channel})).await;
    let searcher = Searcher::of(&rig.app);
    searcher.look().await.unwrap();
    assert!(runs(&mut rahima, &path).await.is_empty(), "not before its time");
    // Of long ago by their own clocks, but they come now.
    plant_at(&store, "mof", 3, rig.now_ms()).await;
    plant_at(&store, "moe", 6, rig.now_ms()).await;
    rig.wait(6 * MINUTES);
    searcher.look().await.unwrap();
    let list = rahima.get("/schedules").await.json();
    assert_eq!(list["items"][0]["unseen"], 1, "{list}");
    assert_eq!(runs(&mut rahima, &path).await, [(3, true, String::new())]);
    assert_eq!(runs(&mut admin, &told).await, [(9, true, String::new())]);
    let list = rahima.get("/schedules").await.json();
    assert_eq!(list["items"][0]["unseen"], 0, "it was looked at");
    assert_eq!(rig.app.work.make_messages().await.unwrap(), 1);
    let told = admin.get(&format!("/notification-channels/{channel}")).await.json();
    let headline = told["messages"][0]["headline"].as_str().unwrap();
    assert!(headline.starts_with("Search \"Failed sign-ins\" found 9 events since "), "{headline}");
    rig.wait(6 * MINUTES);
    searcher.look().await.unwrap();
    assert_eq!(runs(&mut rahima, &path).await[0], (0, false, String::new()), "each once");
    // Who may not read any more gets nothing, and nothing is passed over.
    let grants = |connection: &mut rusqlite::Connection, agency: &str| {
        let sql = "UPDATE grants SET role = 'collector_operator', agency = ?1 WHERE user_id = \
                   (SELECT id FROM users WHERE name = 'rahima')";
        connection.execute(sql, [agency])
    };
    rig.app.accounts.database().run("take rights", |c| grants(c, "mof")).unwrap();
    rig.wait(6 * MINUTES);
    searcher.look().await.unwrap();
    let sql = "UPDATE grants SET role = 'analyst' WHERE agency = 'mof'";
    rig.app.accounts.database().run("give rights", |c| c.execute(sql, [])).unwrap();
    let fault = "its owner reads no events any more";
    assert_eq!(runs(&mut rahima, &path).await[0], (0, false, fault.into()));
    let events = rig.app.accounts.audited("rahima").await.unwrap();
    let searched = events.iter().filter(|(action, ..)| action == "events.search").count();
    assert_eq!(searched, 2, "a run is audited as a search");
}

#[tokio::test]
async fn only_ones_own_and_only_what_can_be_counted() {
    let rig = Rig::alone();
    rig.add_user("rahima", &[(Role::Analyst, "mof")], None);
    rig.add_user("karim", &[(Role::Analyst, "mof")], None);
    let path = schedule(&rig, "rahima", json!({"minutes": 5, "at_least": 1})).await;
    let mut karim = rig.signed_in("karim").await;
    let body = json!({"minutes": 5, "at_least": 1});
    assert_eq!(karim.get(&path).await.code(), "not_found");
    assert_eq!(karim.put(&path, body.clone()).await.code(), "not_found");
    assert_eq!(karim.delete(&path).await.code(), "not_found");
    let mut rahima = rig.signed_in("rahima").await;
    for (change, code) in [
        (json!({"minutes": 4, "at_least": 1}), "invalid_body"),
        (json!({"minutes": 5, "at_least": 0}), "invalid_body"),
        (json!({"minutes": 5, "at_least": 1, "channel": "1"}), "forbidden"),
    ] {
        assert_eq!(rahima.put(&path, change).await.code(), code);
    }
    for (q, page) in [("failed | count by host", "search"), ("severity=4", "queue")] {
        let kept =
            rahima.post("/searches", json!({"name": "x", "q": q, "page": page})).await.json();
        let path = format!("/searches/{}/schedule", kept["id"].as_str().unwrap());
        assert_eq!(rahima.put(&path, body.clone()).await.json()["params"]["field"], "search");
    }
    assert_eq!(rahima.delete(&path).await.status, 204);
    assert_eq!(rahima.get(&path).await.json(), json!({"schedule": null, "runs": []}));
    // A search that is deleted does not run on.
    let path = schedule(&rig, "rahima", body).await;
    let id = path.split('/').nth(2).unwrap();
    let gone = format!("/searches/{id}");
    let gone = rahima.change(axum::http::Method::DELETE, &gone, 1, json!({})).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    rig.wait(6 * MINUTES);
    assert!(rig.app.work.due_searches().await.unwrap().is_empty());
}
