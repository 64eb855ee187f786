//! What one agency stores, no other sees: every read, as another agency and as nobody.

use crate::engine::database;
use crate::sample::{START_MS, alert_block, dead_letter_block, event, scope, store_events, uid};
use store::{AlertFilter, Change, EventFilter, Outcome, Page, Scope, State, Store};

async fn fill(store: &Store) {
    for (offset, agency) in [(0, "mof"), (100, "moh")] {
        let name = |e: &mut serde_json::Value| e["user"]["name"] = format!("of-{agency}").into();
        let events: Vec<_> = (offset..offset + 5).map(|n| event(agency, n, name)).collect();
        store_events(store, agency, offset, &events).await;
        let id = format!("alert-{agency}");
        store.insert(&alert_block(agency, offset, &[&id]), &id).await.unwrap();
        let letter = format!("letter-{agency}");
        store.insert(&dead_letter_block(agency, offset), &letter).await.unwrap();
        let change = Change { comment: Some("secret".into()), ..Change::default() };
        let outcome = store.change_alert(&scope(&[agency]), &id, 1, &change, "x").await.unwrap();
        assert!(matches!(outcome, Outcome::Changed(_)));
    }
}

/// How many rows of agency `moh` each read gives to this scope.
async fn leaks(store: &Store, scope: &Scope) -> Vec<(&'static str, usize)> {
    let page = Page::first(100);
    let all = EventFilter { to_ms: START_MS * 2, ..EventFilter::default() };
    let asked = EventFilter { agency: model::Agency::new("moh").ok(), ..all.clone() };
    let alerts = AlertFilter::default();
    let alerts_asked = AlertFilter { agency: model::Agency::new("moh").ok(), ..alerts.clone() };
    let is_moh = |agency: &String| agency == "moh";
    let events =
        |items: Vec<store::EventSummary>| items.iter().filter(|item| is_moh(&item.agency)).count();
    let alert =
        |items: Vec<store::AlertSummary>| items.iter().filter(|item| is_moh(&item.agency)).count();
    let ledger = store.ledger(scope).await.unwrap();
    let histogram = store.event_histogram(scope, &asked, 10).await.unwrap();
    let entity = store.entity_events(scope, "web-01", START_MS, START_MS, 100).await.unwrap();
    let host = store::Entity::new(store::EntityKind::Host, "web-01").unwrap();
    let range = query::Range { from_ms: START_MS, to_ms: START_MS + 86_400_000 };
    let profile = store.entity(scope, &host).await.unwrap();
    let days = store.entity_days(scope, &host, range).await.unwrap();
    let related = store.entity_related(scope, &host, range, 100).await.unwrap();
    let all_entity = EventFilter { entity: Some(host.clone()), ..all.clone() };
    let alerts_entity = AlertFilter { entity: Some(host), ..alerts.clone() };
    let activity = store.activity(scope, 0, START_MS * 2).await.unwrap();
    let letters = store.dead_letters(scope, &page).await.unwrap().items;
    let change = Change { state: Some(State::Acknowledged), ..Change::default() };
    let changed = store.change_alert(scope, "alert-moh", 0, &change, "spy").await.unwrap();
    let commented = store.comment_alert(scope, "alert-moh", "hi", "spy").await.unwrap();
    vec![
        ("events", events(store.events(scope, &all, &page).await.unwrap().items)),
        ("events asked", events(store.events(scope, &asked, &page).await.unwrap().items)),
        ("event", usize::from(store.event(scope, &uid(101)).await.unwrap().is_some())),
        ("histogram", histogram.items.iter().map(|(_, count)| *count as usize).sum()),
        ("entity_events", events(entity)),
        ("entity", profile.seen.iter().filter(|row| is_moh(&row.agency)).count()),
        ("entity days", days.iter().filter(|row| is_moh(&row.agency)).count()),
        ("entity related", related.iter().filter(|row| row.value == "of-moh").count()),
        (
            "events of an entity",
            events(store.events(scope, &all_entity, &page).await.unwrap().items),
        ),
        (
            "alerts of an entity",
            alert(store.alerts(scope, &alerts_entity, &page).await.unwrap().items),
        ),
        ("activity", activity.iter().filter(|row| is_moh(&row.agency)).count()),
        ("alerts", alert(store.alerts(scope, &alerts, &page).await.unwrap().items)),
        ("alerts asked", alert(store.alerts(scope, &alerts_asked, &page).await.unwrap().items)),
        ("counts", store.alert_counts(scope, &alerts_asked).await.unwrap().total as usize),
        ("alert", usize::from(store.alert(scope, "alert-moh").await.unwrap().is_some())),
        ("history", store.alert_history(scope, "alert-moh").await.unwrap().len()),
        ("dead_letters", letters.iter().filter(|item| is_moh(&item.agency)).count()),
        ("ledger", ledger.by_agency.iter().filter(|row| is_moh(&row.agency)).count()),
        ("change", usize::from(changed != Outcome::NotFound)),
        ("comment", usize::from(commented != Outcome::NotFound)),
    ]
}

#[tokio::test]
async fn no_read_crosses_agencies() {
    let store = database().await;
    fill(&store).await;
    for scope in [scope(&["mof"]), scope(&["mof", "other"]), Scope::of([])] {
        for (read, rows) in leaks(&store, &scope).await {
            assert_eq!(rows, 0, "{read} shows rows of moh to {scope:?}");
        }
    }
    // The same reads do show them to whom they belong: the test can fail.
    for scope in [scope(&["moh"]), Scope::all()] {
        for (read, rows) in leaks(&store, &scope).await {
            assert_ne!(rows, 0, "{read} shows nothing of moh to {scope:?}");
        }
    }
}

#[tokio::test]
async fn the_ledger_counts_within_the_scope() {
    let store = database().await;
    fill(&store).await;
    let all = store.ledger(&scope(&["mof", "moh"])).await.unwrap();
    assert_eq!((all.events, all.raw_records, all.dead_letters, all.alerts), (10, 10, 2, 2));
    assert_eq!(all.newest_ms, Some(START_MS + 104));
    let own = store.ledger(&scope(&["moh"])).await.unwrap();
    assert_eq!((own.events, own.dead_letters, own.alerts), (5, 1, 1));
    assert_eq!(own.by_agency.len(), 1);
    assert_eq!(own.by_agency[0].alerts, 1);
    assert_eq!(store.ledger(&Scope::all()).await.unwrap(), all);
    assert_eq!(store.ledger(&Scope::of([])).await.unwrap(), store::Ledger::default());
}

#[tokio::test]
async fn dead_letters_keep_their_bytes() {
    let store = database().await;
    fill(&store).await;
    let scope = scope(&["mof", "moh"]);
    let first = store.dead_letters(&scope, &Page::first(1)).await.unwrap();
    let item = &first.items[0];
    assert_eq!((&*item.agency, &*item.code, &*item.raw_topic), ("moh", "binary", "raw.moh"));
    assert_eq!(item.raw, b"\x00\xff\xfe raw");
    let page = Page { after: first.next, ..Page::first(5) };
    let second = store.dead_letters(&scope, &page).await.unwrap();
    assert_eq!(second.items.len(), 1);
    assert_eq!((&*second.items[0].agency, second.next), ("mof", None));
}
