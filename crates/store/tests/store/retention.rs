//! What has been kept for long enough goes, is counted, and goes once.

use crate::engine::database;
use crate::loading::execute;
use crate::sample::{
    START_MS, alert_block, dead_letter_block, event, event_block, scope, store_events,
};
use serde_json::json;
use store::{AlertFilter, Change, Expired, LogClass, Page, Scope, State, Store, Verdict};

const DAY_MS: i64 = 24 * 3_600_000;

fn told(gone: &[Expired]) -> Vec<(String, LogClass, u64)> {
    gone.iter().map(|each| (each.agency.clone(), each.class, each.rows)).collect()
}

/// Two agencies' events of one day: logons (class 3002) and processes (1007).
async fn fill(store: &Store) {
    for agency in ["mof", "moe"] {
        let process = |n| event(agency, n, |e| e["class_uid"] = json!(1007));
        let events = [event(agency, 1, |_| {}), event(agency, 2, |_| {}), process(3)];
        store_events(store, agency, 0, &events).await;
        store.insert(&dead_letter_block(agency, 9), &format!("{agency}/dead")).await.unwrap();
    }
}

#[tokio::test]
async fn a_class_of_an_agency_goes_and_the_ledger_still_adds_up() {
    let store = database().await;
    fill(&store).await;
    let ledger = || async { store.ledger(&Scope::all()).await.unwrap() };
    let before = ledger().await;
    assert_eq!((before.raw_records, before.dead_letters, before.expired), (6, 2, 0));
    let keep = |agency: &str, class| match (agency, class) {
        ("mof", LogClass::Identity) => Some(10),
        ("moe", LogClass::DeadLetters) => Some(10),
        _ => None,
    };
    // The tenth day after is still kept.
    assert_eq!(store.expire(START_MS + 10 * DAY_MS, keep).await.unwrap(), []);
    let gone = store.expire(START_MS + 11 * DAY_MS, keep).await.unwrap();
    assert_eq!(
        told(&gone),
        [("mof".into(), LogClass::Identity, 2), ("moe".into(), LogClass::DeadLetters, 1)]
    );
    assert_eq!(gone[0].day, "2026-03-01");
    let after = ledger().await;
    assert_eq!((after.raw_records, after.dead_letters, after.expired), (4, 1, 3));
    let own = store.ledger(&scope(&["moe"])).await.unwrap();
    assert_eq!((own.raw_records, own.dead_letters, own.expired), (3, 0, 1));
    assert_eq!(store.expire(START_MS + 12 * DAY_MS, keep).await.unwrap(), []);
    // Then everything: the day's part goes as a whole.
    let gone = store.expire(START_MS + 12 * DAY_MS, |_, _| Some(5)).await.unwrap();
    assert_eq!(gone.iter().map(|each| each.rows).sum::<u64>(), 5, "{gone:?}");
    let after = ledger().await;
    assert_eq!((after.raw_records, after.dead_letters, after.expired), (0, 0, 8));
}

#[tokio::test]
async fn what_was_broken_off_is_counted_once() {
    let store = database().await;
    fill(&store).await;
    let begun = "INSERT INTO expired (agency, class, day, rows, raw_records, phase) VALUES \
         ('mof', 'identity', '2026-03-01', 2, 2, 'begun')";
    // Killed before the rows went: they are found again.
    execute(&store, begun).await;
    let keep = |_: &str, class| (class == LogClass::Identity).then_some(5);
    assert_eq!(store.ledger(&Scope::all()).await.unwrap().expired, 0);
    store.expire(START_MS + 20 * DAY_MS, keep).await.unwrap();
    assert_eq!(store.ledger(&Scope::all()).await.unwrap().expired, 4);
    // Killed after they went: only the count is missing.
    let begun = "INSERT INTO expired (agency, class, day, rows, raw_records, phase) VALUES \
         ('mof', 'network', '2026-02-01', 7, 5, 'begun')";
    execute(&store, begun).await;
    for _ in 0..2 {
        store.expire(START_MS + 20 * DAY_MS, |_, _| None).await.unwrap();
        assert_eq!(store.ledger(&Scope::all()).await.unwrap().expired, 9);
    }
}

#[tokio::test]
async fn alerts_go_when_they_are_closed_with_all_that_belongs_to_them() {
    let store = database().await;
    store.insert(&alert_block("mof", 0, &["a", "b"]), "t").await.unwrap();
    let closed = Change {
        state: Some(State::Closed),
        verdict: Some(Verdict::Benign),
        reason: Some("ours".into()),
        ..Change::default()
    };
    store.change_alert(&scope(&["mof"]), "a", 1, &closed, "karim").await.unwrap();
    let gone = store
        .expire(START_MS + 400 * DAY_MS, |_, class| (class == LogClass::Alerts).then_some(365));
    assert_eq!(told(&gone.await.unwrap()), [("mof".into(), LogClass::Alerts, 1)]);
    let filter = AlertFilter::default();
    let left = store.alerts(&scope(&["mof"]), &filter, &Page::first(10)).await.unwrap();
    assert_eq!(left.items.iter().map(|alert| &*alert.id).collect::<Vec<_>>(), ["b"]);
    assert_eq!(store.alert_history(&scope(&["mof"]), "a").await.unwrap(), []);
}

/// An event that comes later is of another part, and its class stays.
#[tokio::test]
async fn days_go_by_arrival() {
    let store = database().await;
    store_events(&store, "mof", 0, &[event("mof", 1, |_| {})]).await;
    let late = event_block("mof", 2 * DAY_MS as u64, &[event("mof", 2, |_| {})]);
    store.insert(&late, "late").await.unwrap();
    let gone = store.expire(START_MS + 11 * DAY_MS, |_, _| Some(10)).await.unwrap();
    assert_eq!(told(&gone), [("mof".into(), LogClass::Identity, 1)]);
    assert_eq!(store.ledger(&Scope::all()).await.unwrap().raw_records, 1);
}
