//! For how long what is stored is kept: two people shorten, one lengthens, and what is over goes.

use super::browser::Rig;
use super::engine::{database, kafka};
use super::sample::{BEGIN_MS, plant};
use crate::Role;
use crate::expiring::Expirer;
use axum::http::Method;
use serde_json::{Value, json};

const OWN: &str = "mof";
const OTHER: &str = "moe";
const DAY_MS: i64 = 24 * 3_600_000;

async fn rig() -> Rig {
    let store = database().await;
    plant(&store, OWN, 3).await;
    plant(&store, OTHER, 2).await;
    let rig = Rig::with_both(store, kafka().await);
    rig.add_user("salma", &[(Role::PrivacyOfficer, OWN)], None);
    rig.add_user("tariq", &[(Role::PrivacyOfficer, OWN)], None);
    rig.add_user("platform", &[(Role::PlatformAdmin, "*")], None);
    rig.add_user("auditor", &[(Role::Auditor, "*")], None);
    rig.add_user("rahima", &[(Role::Analyst, OWN)], None);
    rig
}

fn body(days: Option<u32>, hold: bool) -> Value {
    json!({"days": days, "hold": hold, "reason": "Decision 7 of the council"})
}

#[tokio::test]
async fn what_keeps_less_takes_a_second_person() {
    let rig = rig().await;
    let mut salma = rig.signed_in("salma").await;
    let mut tariq = rig.signed_in("tariq").await;
    let path = format!("/retention-policies/{OWN}/identity");
    let approval = format!("{path}/approval");
    let asked = salma.change(Method::PUT, &path, 0, body(Some(30), false)).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    let policy = asked.json();
    assert_eq!((&policy["days"], &policy["asked"]["days"]), (&json!(null), &json!(30)));
    assert_eq!(policy["version"], 1);
    let own = salma.change(Method::POST, &approval, 1, Value::Null).await;
    assert_eq!(own.code(), "four_eyes");
    let stale = tariq.change(Method::POST, &approval, 0, Value::Null).await;
    assert_eq!(stale.code(), "version_conflict");
    let holds = tariq.change(Method::POST, &approval, 1, Value::Null).await.json();
    assert_eq!((&holds["days"], &holds["asked"]), (&json!(30), &json!(null)));
    // Longer, or a hold, holds at once; shorter again is asked for, and may be dropped.
    let longer = salma.change(Method::PUT, &path, 2, body(Some(60), false)).await.json();
    assert_eq!((&longer["days"], &longer["asked"]), (&json!(60), &json!(null)));
    let held = salma.change(Method::PUT, &path, 3, body(Some(60), true)).await.json();
    assert_eq!((&held["hold"], &held["asked"]), (&json!(true), &json!(null)));
    let freed = salma.change(Method::PUT, &path, 4, body(Some(60), false)).await.json();
    assert_eq!((&freed["hold"], &freed["asked"]["hold"]), (&json!(true), &json!(false)));
    let dropped = salma.change(Method::DELETE, &approval, 5, Value::Null).await;
    assert_eq!(dropped.status, 204, "{}", dropped.text);
    assert_eq!(tariq.change(Method::POST, &approval, 6, Value::Null).await.code(), "not_found");
    for (agency, class, code) in [
        (OTHER, "all", "forbidden"),
        ("*", "all", "forbidden"),
        ("No", "all", "not_found"),
        (OWN, "everything", "not_found"),
    ] {
        let path = format!("/retention-policies/{agency}/{class}");
        let reply = salma.change(Method::PUT, &path, 0, body(Some(9), false)).await;
        assert_eq!(reply.code(), code, "{path}");
    }
    for body in [
        json!({"days": 6, "reason": "x"}),
        json!({"days": 36_526, "reason": "x"}),
        json!({"days": 5, "reason": " "}),
    ] {
        let reply = salma.change(Method::PUT, &path, 6, body.clone()).await;
        assert_eq!(reply.code(), "invalid_body", "{body}");
    }
    let mut rahima = rig.signed_in("rahima").await;
    assert_eq!(rahima.get("/retention-policies").await.code(), "forbidden");
    let mut auditor = rig.signed_in("auditor").await;
    let list = auditor.get("/retention-policies").await.json();
    assert_eq!(
        (&list["items"][0]["agency"], &list["items"][0]["class"]),
        (&json!(OWN), &json!("identity"))
    );
    assert!(list["presets"].as_array().unwrap().len() >= 2);
    let mut platform = rig.signed_in("platform").await;
    let all = platform.change(Method::PUT, "/retention-policies/*/all", 0, body(None, true)).await;
    assert_eq!(all.status, 200, "{}", all.text);
}

#[tokio::test]
async fn what_is_over_goes_and_the_audit_log_says_so() {
    let rig = rig().await;
    let mut salma = rig.signed_in("salma").await;
    let mut tariq = rig.signed_in("tariq").await;
    let path = format!("/retention-policies/{OWN}/all");
    salma.change(Method::PUT, &path, 0, body(Some(30), false)).await;
    let approved =
        tariq.change(Method::POST, &format!("{path}/approval"), 1, Value::Null).await.json();
    assert_eq!(approved["days"], 30);
    // The alerts are open and stay.
    let at_ms = BEGIN_MS + 40 * DAY_MS;
    let expirer = Expirer {
        store: rig.app.store.clone(),
        work: rig.app.work.clone(),
        accounts: rig.app.accounts.clone(),
        clock: crate::Clock::new(move || at_ms),
    };
    let gone = expirer.once().await.unwrap();
    assert!(gone.iter().all(|each| each.agency == OWN), "{gone:?}");
    assert_eq!(
        gone.iter().map(|each| each.rows).sum::<u64>(),
        4,
        "3 events, a dead letter: {gone:?}"
    );
    assert_eq!(expirer.once().await.unwrap(), []);
    let entries = rig.app.accounts.audited("retention").await.unwrap();
    assert_eq!(entries.len(), 1);
    let detail: Value = serde_json::from_str(&entries[0].1).unwrap();
    assert_eq!(detail["rows"], json!({"dead_letters": 1, "identity": 3}));
    let mut rahima = rig.signed_in("rahima").await;
    assert_eq!(rahima.get("/alerts/counts").await.json()["total"], 3);
    let ledger = rahima.get("/ledger").await.json();
    assert_eq!(
        (&ledger["stored"], &ledger["dead_letters"], &ledger["expired"]),
        (&json!(0), &json!(0), &json!(4))
    );
}
