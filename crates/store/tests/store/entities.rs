//! Entities: what is known of one, from rows old and new.

use crate::engine::database;
use crate::loading::{execute, number};
use crate::sample::{START_MS, event, finding, scope, store_events, told, uid};
use query::Range;
use serde_json::{Value, json};
use store::{AlertFilter, Entity, EntityKind, EventFilter, Page, Scope, Store};

const DAY_MS: i64 = 86_400_000;
const HASH: &str = "D41D8CD98F00B204E9800998ECF8427E";

fn entity(kind: EntityKind, value: &str) -> Entity {
    Entity::new(kind, value).unwrap()
}

/// An event with entities in every place.
fn busy(number: u64) -> Value {
    event("mof", number, |e| {
        e["dst_endpoint"] = json!({"ip": "198.51.100.7"});
        e["observables"] = json!([
            {"name": "device.hostname", "type_id": 1, "value": "web-01"},
            {"name": "user.name", "type_id": 4, "value": "admin"},
            {"name": "actor.user.name", "type_id": 4, "value": "cron"},
            {"name": "src_endpoint.ip", "type_id": 2, "value": "203.0.113.9"},
            {"name": "dst_endpoint.ip", "type_id": 2, "value": "198.51.100.7"},
            {"name": "device.ip", "type_id": 2, "value": "10.1.1.1"},
            {"name": "query.hostname", "type_id": 1, "value": "Evil.Example"},
            {"name": "process.file.hashes", "type_id": 8, "value": HASH},
        ]);
    })
}

/// Role, agency and number of events.
async fn seen(store: &Store, scope: &Scope, entity: &Entity) -> Vec<(&'static str, String, u64)> {
    let profile = store.entity(scope, entity).await.unwrap();
    assert!(profile.seen.iter().all(|seen| seen.first <= seen.last && seen.first > 0));
    profile.seen.into_iter().map(|seen| (seen.role, seen.agency, seen.events)).collect()
}

/// What every kind of entity must be known by, whatever way the rows came.
async fn check(store: &Store) {
    let all = Scope::all();
    for (kind, value, expected) in [
        (EntityKind::Host, "web-01", vec![("device", 5)]),
        (EntityKind::User, "admin", vec![("user", 5)]),
        (EntityKind::User, "cron", vec![("other", 3)]),
        (EntityKind::Ip, "203.0.113.9", vec![("source", 5)]),
        (EntityKind::Ip, "198.51.100.7", vec![("destination", 3)]),
        (EntityKind::Ip, "10.1.1.1", vec![("other", 3)]),
        (EntityKind::Domain, "evil.example", vec![("observed", 3)]),
        (EntityKind::Hash, HASH, vec![("observed", 3)]),
        (EntityKind::Hash, "00", vec![]),
    ] {
        let entity = entity(kind, value);
        let expected: Vec<_> =
            expected.into_iter().map(|(role, n)| (role, "mof".to_owned(), n)).collect();
        assert_eq!(seen(store, &all, &entity).await, expected, "{kind:?} {value}");
        let filter = EventFilter {
            from_ms: START_MS,
            to_ms: START_MS + DAY_MS,
            entity: Some(entity.clone()),
            ..EventFilter::default()
        };
        let page = store.events(&all, &filter, &Page::first(100)).await.unwrap();
        let events: u64 = expected.iter().map(|(_, _, n)| n).sum();
        assert_eq!(page.items.len() as u64, events, "{kind:?} {value}");
    }
}

async fn fill(store: &Store) {
    store_events(store, "mof", 0, &[busy(0), busy(1), busy(2)]).await;
    store_events(store, "mof", 3, &[3, 4].map(|n| event("mof", n, |_| {}))).await;
}

#[tokio::test]
async fn every_kind_is_known_in_each_of_its_roles() {
    let store = database().await;
    fill(&store).await;
    check(&store).await;
    let host = store.entity(&scope(&["mof"]), &entity(EntityKind::Host, "web-01")).await.unwrap();
    assert_eq!((host.seen[0].first, host.seen[0].last), (START_MS, START_MS + 4_000));
    assert!(seen(&store, &scope(&["moh"]), &entity(EntityKind::Host, "web-01")).await.is_empty());
    execute(&store, "OPTIMIZE TABLE events FINAL").await;
    check(&store).await;
}

/// The default of the column, and the rows of parts that have no projection, say the same.
#[tokio::test]
async fn rows_from_before_the_migration_are_known_too() {
    let store = database().await;
    for statement in [
        "ALTER TABLE events DROP INDEX observed_bloom",
        "ALTER TABLE events DROP COLUMN observed",
        "ALTER TABLE events DROP PROJECTION days_of_hosts",
        "ALTER TABLE events DROP PROJECTION days_of_users",
        "ALTER TABLE events DROP PROJECTION days_of_sources",
        "ALTER TABLE events DROP PROJECTION days_of_destinations",
    ] {
        execute(&store, statement).await;
    }
    execute(&store, "TRUNCATE TABLE schema_migrations").await;
    let other = database().await;
    fill(&other).await;
    let name = |store: &Store| format!("{store:?}").replace("Store(", "").replace(')', "");
    let columns = "agency, time, kafka_time, logged_time, processed_time, uid, class_uid, host, user, \
        src_ip, dst_ip, message, raw, rest, partition, offset";
    let copy =
        format!("INSERT INTO events ({columns}) SELECT {columns} FROM {}.events", name(&other));
    execute(&store, &copy).await;
    store.migrate().await.unwrap();
    check(&store).await;
}

/// A lookup reads the projection of its column, not the events.
#[tokio::test]
async fn figures_come_from_projections() {
    let store = database().await;
    fill(&store).await;
    for condition in [
        "host = 'web-01'",
        "user = 'admin'",
        "src_ip = toIPv6('203.0.113.9')",
        "dst_ip = toIPv6('198.51.100.7') OR dst_ip = toIPv6('::')",
    ] {
        let sql = format!(
            "SELECT sum(n) FROM (SELECT agency, min(time), max(time), count() AS n FROM events \
             WHERE agency IN ('mof') AND ({condition}) GROUP BY agency) \
             SETTINGS force_optimize_projection = 1"
        );
        assert_eq!(number(&store, &sql).await, 5, "{condition}");
    }
}

/// Every question that could be answered from a projection gets the answer of the rows.
#[tokio::test]
async fn projections_change_no_answer() {
    let store = database().await;
    fill(&store).await;
    let ledger = store.ledger(&Scope::all()).await.unwrap();
    assert_eq!((ledger.events, ledger.raw_records), (5, 5));
    let activity = store.activity(&Scope::all(), START_MS, START_MS + DAY_MS).await.unwrap();
    assert_eq!(activity.iter().map(|row| row.events).sum::<u64>(), 5);
}

#[tokio::test]
async fn days_and_what_is_related() {
    let store = database().await;
    let events: Vec<Value> = (0..6_i64)
        .map(|n| event("mof", n as u64, |e| e["time"] = json!(START_MS + n / 2 * DAY_MS)))
        .collect();
    store_events(&store, "mof", 0, &events).await;
    let host = entity(EntityKind::Host, "web-01");
    let range = Range { from_ms: START_MS + DAY_MS + 5, to_ms: START_MS + 2 * DAY_MS };
    let days = store.entity_days(&Scope::all(), &host, range).await.unwrap();
    let days: Vec<_> = days.iter().map(|day| (day.day, day.role, day.events)).collect();
    let begin = model::day::begin_ms(model::day::number(START_MS));
    assert_eq!(days, [(begin + DAY_MS, "device", 2), (begin + 2 * DAY_MS, "device", 2)]);
    let range = Range { from_ms: START_MS, to_ms: START_MS + 9 * DAY_MS };
    let related = store.entity_related(&scope(&["mof"]), &host, range, 5).await.unwrap();
    let related: Vec<_> =
        related.iter().map(|r| (r.kind.as_str(), r.role, &*r.value, r.events)).collect();
    assert_eq!(related, [("user", "user", "admin", 6), ("ip", "source", "203.0.113.9", 6)]);
    assert!(store.entity_related(&scope(&["moh"]), &host, range, 5).await.unwrap().is_empty());
}

#[tokio::test]
async fn alerts_are_found_by_what_their_evidence_observes() {
    let store = database().await;
    let alerts =
        told(&[(1, finding("a", 4, &busy(1))), (2, finding("b", 4, &event("mof", 2, |_| {})))]);
    store.insert(&alerts[0], "alerts").await.unwrap();
    for (kind, value, expected) in [
        (EntityKind::Host, "web-01", &["b", "a"][..]),
        (EntityKind::Ip, "203.0.113.9", &["b", "a"]),
        (EntityKind::Ip, "10.1.1.1", &["a"]),
        (EntityKind::User, "cron", &["a"]),
        (EntityKind::Domain, "evil.example", &["a"]),
        (EntityKind::Hash, HASH, &["a"]),
        (EntityKind::Hash, &uid(1), &[]),
    ] {
        let entity = entity(kind, value);
        let filter = AlertFilter { entity: Some(entity.clone()), ..AlertFilter::default() };
        let page = store.alerts(&scope(&["mof"]), &filter, &Page::first(10)).await.unwrap();
        let ids: Vec<&str> = page.items.iter().map(|item| item.id.as_str()).collect();
        assert_eq!(ids, expected, "{kind:?} {value}");
        let profile = store.entity(&scope(&["mof"]), &entity).await.unwrap();
        assert_eq!(profile.alerts.total, expected.len() as u64);
    }
}
