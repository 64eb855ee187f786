//! The audit log as auditors read it.

use super::browser::Rig;
use super::engine::database;
use crate::Role;
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn an_auditor_of_all_reads_it_and_nobody_else() {
    let rig = Rig::with(database().await);
    rig.add_user("karim", &[(Role::Auditor, "*")], None);
    rig.add_user("one", &[(Role::Auditor, "mof")], None);
    rig.add_user("rahima", &[(Role::Analyst, "*")], None);
    for name in ["one", "rahima"] {
        let mut browser = rig.signed_in(name).await;
        for path in ["/audit", "/audit/checkpoint"] {
            assert_eq!(browser.get(path).await.code(), "forbidden", "{name} {path}");
        }
        assert_eq!(browser.post("/audit:verify", json!({})).await.code(), "forbidden", "{name}");
    }
    let mut karim = rig.signed_in("karim").await;
    assert_eq!(karim.get("/audit/checkpoint").await.code(), "not_found");
    let page = karim.get("/audit?actor=rahima").await.json();
    assert_eq!(page["items"][0]["action"], "session.begin");
    assert_eq!(page["next_before"], json!(null));
    let own = karim.get("/audit?action=audit.read").await.json();
    assert_eq!(own["items"][0]["actor"], "karim", "reading is an entry too: {own}");
    let all = karim.get("/audit?limit=500").await.json();
    let first = karim.get("/audit?limit=2").await.json();
    let next = first["next_before"].as_i64().unwrap();
    let second = karim.get(&format!("/audit?limit=2&before={next}")).await.json();
    assert_eq!(second["items"][1]["seq"], all["items"][2]["seq"], "pages follow each other");
    for (query, code) in [
        ("limit=0", "invalid_parameter"),
        ("x=1", "unknown_parameter"),
        ("before=0", "invalid_parameter"),
        ("from=2&to=1", "reversed_range"),
    ] {
        assert_eq!(karim.get(&format!("/audit?{query}")).await.code(), code, "{query}");
    }
    rig.app.accounts.seal(Arc::new(tlog::Key::new("prohori/audit", &[1; 32]))).await.unwrap();
    let sealed = karim.get("/audit/checkpoint").await.json();
    assert!(sealed["note"].as_str().unwrap().starts_with("prohori/audit\n"), "{sealed}");
}

#[tokio::test]
async fn the_log_is_checked_where_it_is_and_what_was_kept_elsewhere_counts() {
    let rig = Rig::with(database().await);
    rig.add_user("karim", &[(Role::Auditor, "*")], None);
    let mut karim = rig.signed_in("karim").await;
    let nothing = karim.post("/audit:verify", json!({})).await.json();
    assert_eq!((&nothing["whole"], &nothing["entries"]), (&json!(false), &json!(0)), "{nothing}");
    let key = Arc::new(tlog::Key::new("prohori/audit", &[1; 32]));
    rig.app.accounts.seal(Arc::clone(&key)).await.unwrap();
    let note = karim.get("/audit/checkpoint").await.json()["note"].as_str().unwrap().to_owned();
    let found = karim.post("/audit:verify", json!({"kept": [note.trim_end()]})).await.json();
    assert_eq!((&found["whole"], &found["checkpoints"]), (&json!(true), &json!(2)), "{found}");
    let (entries, sealed) = (found["entries"].as_u64().unwrap(), found["sealed"].as_u64().unwrap());
    assert!(sealed > 0 && entries > sealed, "what came since is not sealed yet: {found}");
    // Another log, sealed with the same key, is not what was kept.
    let other = tlog::Checkpoint { size: 2, root: tlog::Hash::of_entry(b"other") }.signed(&key);
    let found = karim.post("/audit:verify", json!({"kept": [other]})).await.json();
    let breach = found["breach"].as_str().unwrap();
    assert!(breach.contains("entries 1 to 2") && found["whole"] == false, "{found}");
    for (body, code) in [
        (json!({"kept": vec!["x"; 11]}), "invalid_body"),
        (json!({"keep": []}), "unknown_parameter"),
    ] {
        assert_eq!(karim.post("/audit:verify", body.clone()).await.code(), code, "{body}");
    }
    let entry = karim.get("/audit?action=audit.verify").await.json();
    assert_eq!(entry["items"].as_array().unwrap().len(), 3, "{entry}");
}
