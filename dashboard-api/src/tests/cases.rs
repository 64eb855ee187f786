//! Cases: opened from alerts, worked on by two, shared, merged, split, and their evidence.

use super::browser::{Browser, Rig};
use super::engine::database;
use super::sample::{alert_id, plant, poison, uid};
use crate::Role;
use axum::http::Method;
use serde_json::{Value, json};

const OWN: &str = "mof";
const OTHER: &str = "moe";

async fn rig() -> Rig {
    let store = database().await;
    plant(&store, OWN, 3).await;
    plant(&store, OTHER, 2).await;
    let rig = Rig::with(store);
    for name in ["rahima", "karim"] {
        rig.add_user(name, &[(Role::Analyst, OWN)], None);
    }
    rig.add_user("other", &[(Role::Analyst, OTHER)], None);
    rig.add_user("viewer", &[(Role::Viewer, OWN)], None);
    rig.add_user("national", &[(Role::NationalAnalyst, "*")], None);
    rig
}

async fn opened(browser: &mut Browser, title: &str, alerts: &[String]) -> Value {
    let reply = browser.post("/cases", json!({"title": title, "alerts": alerts})).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn of_two_analysts_the_second_sees_what_the_first_did_to_a_case() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let mut karim = rig.signed_in("karim").await;
    let alerts = [alert_id(OWN, 0), alert_id(OWN, 1)];
    let case = opened(&mut rahima, "অনুপ্রবেশ web-01", &alerts).await;
    assert_eq!((&case["id"], &case["agency"]), (&json!("mof-1"), &json!(OWN)));
    assert_eq!((&case["severity_id"], &case["tlp"]), (&json!(4), &json!("amber")));
    assert_eq!(ids(&case["alerts"]), alerts);
    let seen = karim.get("/cases/mof-1").await;
    assert_eq!(seen.headers["etag"], "\"2\"", "opened, and alerts added");

    let change = json!({"state": "in_progress", "assignee": "rahima"});
    let taken = rahima.change(Method::PATCH, "/cases/mof-1", 2, change).await;
    assert_eq!((taken.status.as_u16(), &taken.json()["version"]), (200, &json!(3)));
    let late = karim.change(Method::PATCH, "/cases/mof-1", 2, json!({"tlp": "red"})).await;
    assert_eq!((late.status.as_u16(), late.code().as_str()), (412, "version_conflict"));
    assert_eq!(late.json()["params"]["current"]["assignee"], "rahima");
    assert_eq!(late.json()["params"]["current"]["updated_by"], "rahima");

    let said = karim.post("/cases/mof-1/comments", json!({"text": "দেখছি"})).await;
    assert_eq!(said.status, 201, "a comment fits any version");
    let close = json!({"state": "closed"});
    let bare = rahima.change(Method::PATCH, "/cases/mof-1", 4, close).await;
    assert_eq!(bare.code(), "reason_required");
    let close = json!({"state": "closed", "resolution": "Password changed, host rebuilt"});
    let closed = rahima.change(Method::PATCH, "/cases/mof-1", 4, close).await.json();
    assert_eq!(closed["resolution"], "Password changed, host rebuilt");
    let reopened = json!({"state": "open"});
    let reopened = rahima.change(Method::PATCH, "/cases/mof-1", 5, reopened).await.json();
    assert_eq!(reopened["resolution"], json!(null));

    let history = rahima.get("/cases/mof-1/history").await.json();
    assert_eq!(history["intact"], true);
    let kinds: Vec<&str> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["kind"].as_str().unwrap())
        .collect();
    let expected = ["created", "alerts_added", "changed", "comment", "changed", "changed"];
    assert_eq!(kinds, expected);
    let change = &history["items"][2]["detail"]["state"];
    assert_eq!(change, &json!({"before": "open", "after": "in_progress"}));
}

#[tokio::test]
async fn two_at_once_are_one_change_and_one_conflict() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let mut karim = rig.signed_in("karim").await;
    opened(&mut rahima, "Two", &[alert_id(OWN, 0)]).await;
    let (a, b) = tokio::join!(
        rahima.change(Method::PATCH, "/cases/mof-1", 2, json!({"assignee": "rahima"})),
        karim.change(Method::PATCH, "/cases/mof-1", 2, json!({"assignee": "karim"})),
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let winner = if a.status == 200 { "rahima" } else { "karim" };
    assert_eq!(rahima.get("/cases/mof-1").await.json()["assignee"], winner);
}

#[tokio::test]
async fn tasks_have_versions_of_their_own() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let mut karim = rig.signed_in("karim").await;
    opened(&mut rahima, "Tasks", &[alert_id(OWN, 0)]).await;
    let new = json!({"title": "Ask the owner", "assignee": "karim", "due": 1_800_000_000_000_i64});
    let case = rahima.post("/cases/mof-1/tasks", new).await.json();
    let case = match rahima.post("/cases/mof-1/tasks", json!({"title": "Take an image"})).await {
        reply if reply.status == 201 => reply.json(),
        reply => panic!("{} after {case}", reply.text),
    };
    let tasks: Vec<String> = ids(&case["tasks"]).into_iter().map(str::to_owned).collect();
    let path = |n: usize| format!("/tasks/{}", tasks[n]);
    // Two tasks of one case, changed by two: neither is in the other's way.
    let done = json!({"state": "done"});
    assert_eq!(rahima.change(Method::PATCH, &path(0), 1, done.clone()).await.status, 200);
    assert_eq!(karim.change(Method::PATCH, &path(1), 1, done).await.status, 200);
    let late = karim.change(Method::PATCH, &path(0), 1, json!({"state": "dropped"})).await;
    assert_eq!(late.code(), "version_conflict");
    let case = karim.change(Method::PATCH, &path(0), 2, json!({"due": null})).await.json();
    assert_eq!(
        (&case["tasks"][0]["due"], &case["tasks"][0]["state"]),
        (&json!(null), &json!("done"))
    );
    let list = karim.get("/cases").await.json();
    assert_eq!(
        (&list["items"][0]["tasks"], &list["items"][0]["tasks_open"]),
        (&json!(2), &json!(0))
    );
    for (body, code) in [
        (json!({}), "nothing_to_change"),
        (json!({"state": "late"}), "invalid_body"),
        (json!({"assignee": "other"}), "unknown_assignee"),
    ] {
        assert_eq!(karim.change(Method::PATCH, &path(0), 3, body).await.code(), code);
    }
}

#[tokio::test]
async fn a_shared_agency_sees_the_case_and_no_rows_of_others() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let mut other = rig.signed_in("other").await;
    opened(&mut rahima, "Phishing", &[alert_id(OWN, 0)]).await;
    rahima.upload("/cases/mof-1/files?name=mail.eml", poison(OWN).as_bytes()).await;
    assert_eq!(other.get("/cases/mof-1").await.code(), "not_found");
    assert_eq!(other.get("/cases").await.json()["items"], json!([]));
    let text = json!({"text": "x"});
    assert_eq!(other.post("/cases/mof-1/comments", text.clone()).await.code(), "not_found");

    let share = json!({"agencies": [OTHER]});
    let path = "/cases/mof-1/agencies";
    assert_eq!(rahima.change(Method::PUT, path, 3, share.clone()).await.status, 200);
    for path in ["/cases/mof-1", "/cases/mof-1/history", "/cases"] {
        let reply = other.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        assert!(reply.text.contains(r#""kind":"shared""#) || reply.text.contains("Phishing"));
        assert!(!reply.text.contains(&alert_id(OWN, 0)), "{path}: {}", reply.text);
        assert!(!reply.text.contains("mail.eml"), "{path}: {}", reply.text);
    }
    let seen = other.get("/cases/mof-1").await.json();
    assert_eq!((&seen["hidden"], &seen["may_change"]), (&json!(2), &json!(false)));
    assert_eq!(other.get("/evidence/mof-1.e3").await.code(), "not_found");
    assert_eq!(other.get("/evidence/mof-1.e3/content").await.code(), "not_found");
    // It may add what is its own, and say something, and not change the case.
    let add = json!({"add": [alert_id(OTHER, 0)]});
    let added = other.post("/cases/mof-1/alerts", add).await.json();
    assert_eq!(ids(&added["alerts"]), [alert_id(OTHER, 0)]);
    assert_eq!(other.post("/cases/mof-1/comments", text).await.status, 201);
    let version = other.get("/cases/mof-1").await.json()["version"].as_u64().unwrap();
    let body = json!({"title": "Mine"});
    assert_eq!(
        other.change(Method::PATCH, "/cases/mof-1", version, body).await.code(),
        "forbidden"
    );
    let own = rahima.get("/cases/mof-1").await.json();
    assert_eq!(ids(&own["alerts"]), [alert_id(OWN, 0)], "nor do we see theirs");

    // A TLP that keeps it in the agency and sharing exclude each other.
    let red = json!({"tlp": "red"});
    let refused = rahima.change(Method::PATCH, "/cases/mof-1", version, red.clone()).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "tlp_forbids"));
    let none = json!({"agencies": []});
    assert_eq!(rahima.change(Method::PUT, path, version, none).await.status, 200);
    let version = version + 1;
    assert_eq!(rahima.change(Method::PATCH, "/cases/mof-1", version, red).await.status, 200);
    assert_eq!(rahima.change(Method::PUT, path, version + 1, share).await.code(), "tlp_forbids");
    assert_eq!(other.get("/cases/mof-1").await.code(), "not_found");
}

#[tokio::test]
async fn evidence_keeps_its_bytes_its_hash_and_who_had_it() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let mut karim = rig.signed_in("karim").await;
    opened(&mut rahima, "Evidence", &[alert_id(OWN, 0)]).await;
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
    let name = "%E0%A6%AE%E0%A7%87%E0%A6%AE%E0%A6%B0%E0%A6%BF.bin";
    let kept = rahima.upload(&format!("/cases/mof-1/files?name={name}"), &bytes).await;
    assert_eq!(kept.status, 201, "{}", kept.text);
    let frozen = json!({"event": uid(OWN, 0), "note": "the first try"});
    let case = rahima.post("/cases/mof-1/evidence", frozen).await.json();
    let piece = &case["evidence"][0];
    assert_eq!((&piece["bytes"], &piece["name"]), (&json!(100_000), &json!("মেমরি.bin")));
    let sha256 = crate::accounts::secret::hex(&<sha2::Sha256 as sha2::Digest>::digest(&bytes));
    assert_eq!(piece["sha256"], sha256);
    assert_eq!(
        (&case["evidence"][1]["kind"], &case["evidence"][1]["agency"]),
        (&json!("event"), &json!(OWN))
    );

    let path = format!("/evidence/{}", piece["id"].as_str().unwrap());
    let got = karim.get(&format!("{path}/content")).await;
    assert_eq!(got.headers["x-sha256"].to_str().unwrap(), sha256);
    assert_eq!(got.headers["content-type"], "application/octet-stream");
    let disposition = got.headers["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, format!("attachment; filename*=UTF-8''{name}"));
    let detail = rahima.get(&path).await.json();
    let hands: Vec<(&str, &str)> = detail["custody"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["actor"].as_str().unwrap(), line["action"].as_str().unwrap()))
        .collect();
    assert_eq!(hands, [("rahima", "received"), ("karim", "read")]);

    for (path, content, code) in [
        ("/cases/mof-1/files", &b"x"[..], "missing_parameter"),
        ("/cases/mof-1/files?name=x", b"", "invalid_body"),
        ("/cases/mof-1/files?name=x", &vec![0; 8 * 1024 * 1024 + 1], "body_too_large"),
        ("/cases/mof-9/files?name=x", b"x", "not_found"),
    ] {
        assert_eq!(rahima.upload(path, content).await.code(), code, "{path}");
    }
    let mut viewer = rig.signed_in("viewer").await;
    assert_eq!(viewer.upload("/cases/mof-1/files?name=x", b"x").await.code(), "forbidden");
    let foreign = json!({"alert": alert_id(OTHER, 0)});
    assert_eq!(rahima.post("/cases/mof-1/evidence", foreign).await.code(), "not_found");
}

#[tokio::test]
async fn what_somebody_changes_in_the_file_is_found() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    opened(&mut rahima, "Tampered", &[alert_id(OWN, 0)]).await;
    rahima.upload("/cases/mof-1/files?name=log", b"as it was").await;
    let path = rig.dir.path().join("work.sqlite3");
    let file = rusqlite::Connection::open(path).unwrap();
    for sql in [
        "UPDATE case_steps SET actor = 'x'",
        "DELETE FROM case_steps",
        "UPDATE evidence_contents SET content = x'00'",
        "DELETE FROM evidence_custody",
    ] {
        assert!(file.execute(sql, []).is_err(), "{sql}");
    }
    // Whoever owns the file can do away with the triggers, and is found out.
    file.execute_batch(
        "DROP TRIGGER case_steps_are_not_changed; DROP TRIGGER evidence_contents_are_not_changed; \
         UPDATE case_steps SET actor = 'karim' WHERE version = 1; \
         UPDATE evidence_contents SET content = CAST('as it is' AS BLOB);",
    )
    .unwrap();
    assert_eq!(rahima.get("/cases/mof-1/history").await.json()["intact"], false);
    let broken = rahima.get("/evidence/mof-1.e3/content").await;
    assert_eq!((broken.status.as_u16(), broken.code().as_str()), (500, "evidence_broken"));
}

#[tokio::test]
async fn cases_are_merged_and_split() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    opened(&mut rahima, "First", &[alert_id(OWN, 0)]).await;
    opened(&mut rahima, "Second", &[alert_id(OWN, 1)]).await;
    rahima.post("/cases/mof-1/tasks", json!({"title": "Ask"})).await;
    rahima.upload("/cases/mof-1/files?name=log", b"bytes").await;
    let version = rahima.get("/cases/mof-1").await.json()["version"].as_u64().unwrap();
    let merge = |into: &str| json!({"into": into});
    let path = "/cases/mof-1/merge";
    for (into, code) in [("mof-1", "invalid_body"), ("mof-7", "not_found")] {
        assert_eq!(rahima.change(Method::POST, path, version, merge(into)).await.code(), code);
    }
    assert_eq!(
        rahima.change(Method::POST, path, 1, merge("mof-2")).await.code(),
        "version_conflict"
    );
    let merged = rahima.change(Method::POST, path, version, merge("mof-2")).await.json();
    assert_eq!(ids(&merged["alerts"]), [alert_id(OWN, 0), alert_id(OWN, 1)]);
    assert_eq!(merged["tasks"].as_array().unwrap().len(), 1);
    let content = rahima.get("/evidence/mof-1.e4/content").await;
    assert_eq!((content.status.as_u16(), content.text.as_str()), (200, "bytes"));
    let gone = rahima.get("/cases/mof-1").await.json();
    assert_eq!((&gone["state"], &gone["merged_into"]), (&json!("closed"), &json!("mof-2")));
    let late = rahima.post("/cases/mof-1/comments", json!({"text": "x"})).await;
    assert_eq!(
        (late.code().as_str(), &late.json()["params"]["case"]),
        ("case_merged", &json!("mof-2"))
    );

    let version = merged["version"].as_u64().unwrap();
    let split = json!({"title": "Third", "alerts": [alert_id(OWN, 0)], "evidence": ["mof-1.e4"]});
    let path = "/cases/mof-2/split";
    let odd = json!({"title": "x", "alerts": [alert_id(OWN, 2)]});
    assert_eq!(rahima.change(Method::POST, path, version, odd).await.code(), "invalid_body");
    let third = rahima.change(Method::POST, path, version, split).await;
    assert_eq!((third.status.as_u16(), &third.json()["id"]), (201, &json!("mof-3")));
    assert_eq!(ids(&third.json()["evidence"]), ["mof-1.e4"]);
    assert_eq!(ids(&rahima.get("/cases/mof-2").await.json()["alerts"]), [alert_id(OWN, 1)]);
}

#[tokio::test]
async fn cases_are_listed_filtered_and_paged() {
    let rig = rig().await;
    let mut rahima = rig.signed_in("rahima").await;
    let mut national = rig.signed_in("national").await;
    for number in 0..3 {
        opened(&mut rahima, &format!("Case {number}"), &[alert_id(OWN, number)]).await;
    }
    let both = [alert_id(OWN, 0), alert_id(OTHER, 0)];
    let wide = opened(&mut national, "Both", &both).await;
    assert_eq!(wide["agency"], OTHER, "of the first alert's agency, by time and id");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = rahima.get(&format!("/cases?limit=2{cursor}")).await.json();
        seen.extend(ids(&page["items"]).into_iter().map(str::to_owned));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["mof-3", "mof-2", "mof-1"]);
    let since = rahima.get("/cases/mof-2").await.json()["updated"].as_i64().unwrap();
    rahima.post("/cases/mof-1/comments", json!({"text": "x"})).await;
    for (query, count) in [
        ("state=open", 3),
        ("state=closed", 0),
        ("severity_min=5", 0),
        ("agency=moe", 0),
        ("assignee=none", 3),
        ("assignee=me", 0),
        ("q=case+1", 1),
        ("q=mof-3", 1),
        ("q=%25", 0),
        ("alert=mof-alert-1", 1),
        ("alert=moe-alert-0", 0),
    ] {
        let page = rahima.get(&format!("/cases?{query}")).await.json();
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{query}");
    }
    let fresh = rahima.get(&format!("/cases?updated_since={since}")).await.json();
    assert!(
        ids(&fresh["items"]).contains(&"mof-1") && !fresh["items"].as_array().unwrap().is_empty()
    );
    for (query, code) in [
        ("state=new", "invalid_parameter"),
        ("severity_min=9", "invalid_parameter"),
        ("limit=0", "invalid_parameter"),
        ("cursor=x", "invalid_cursor"),
        ("offset=1", "unknown_parameter"),
    ] {
        assert_eq!(rahima.get(&format!("/cases?{query}")).await.code(), code, "{query}");
    }
    for (body, code) in [
        (json!({"title": " ", "agency": OWN}), "invalid_body"),
        (json!({"title": "x"}), "invalid_body"),
        (json!({"title": "x", "agency": OTHER}), "forbidden"),
        (json!({"title": "x", "alerts": [alert_id(OTHER, 0)]}), "not_found"),
        (json!({"title": "x", "agency": OWN, "severity_id": 7}), "invalid_parameter"),
        (json!({"title": "x", "agency": OWN, "assignee": "viewer"}), "unknown_assignee"),
        (json!({"title": "x", "agency": OWN, "y": 1}), "unknown_parameter"),
    ] {
        let shown = body.to_string();
        assert_eq!(rahima.post("/cases", body).await.code(), code, "{shown}");
    }
    let mut viewer = rig.signed_in("viewer").await;
    let body = json!({"title": "x", "agency": OWN});
    assert_eq!(viewer.post("/cases", body).await.code(), "forbidden");
    assert_eq!(viewer.get("/cases").await.json()["items"].as_array().unwrap().len(), 3);
}
