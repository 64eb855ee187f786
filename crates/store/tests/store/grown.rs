//! Alerts that grow, belong together, and are sorted by risk.

use crate::engine::database;
use crate::sample::{START_MS, event, finding, scope, told};
use serde_json::{Value, json};
use store::{AlertFilter, Change, Order, Outcome, Page, State, Store};

/// Alert `id` of a group, with its risk.
fn alert(id: &str, group: &str, risk: u64) -> Value {
    let mut alert = finding(id, 4, &event("mof", 1, |_| {}));
    alert["activity_id"] = json!(1);
    alert["risk_score"] = json!(risk);
    alert["metadata"] = json!({ "correlation_uid": group });
    alert
}

/// The same, told again.
fn again(alert: &Value, count: u64, last_ms: i64) -> Value {
    let mut alert = alert.clone();
    alert["activity_id"] = json!(2);
    alert["count"] = json!(count);
    alert["message"] = json!(format!("{count} times"));
    alert["unmapped"] = json!({ "message_bn": format!("{count} বার") });
    alert["finding_info"]["last_seen_time"] = json!(last_ms);
    alert
}

async fn store_told(store: &Store, findings: &[(u64, Value)]) {
    for block in told(findings).into_iter().filter(|block| !block.is_empty()) {
        let missing = store.missing(&block, "alerts", 0).await.unwrap();
        store.insert(&std::sync::Arc::new(missing), "t").await.unwrap();
    }
}

async fn listed(store: &Store, filter: &AlertFilter, mut page: Page) -> Vec<(String, u64)> {
    let mut seen = Vec::new();
    loop {
        let found = store.alerts(&scope(&["mof"]), filter, &page).await.unwrap();
        seen.extend(found.items.into_iter().map(|item| (item.id, item.group_alerts)));
        let Some(next) = found.next else { return seen };
        page.after = Some(next.to_string().parse().unwrap());
    }
}

#[tokio::test]
async fn an_alert_carries_the_count_that_was_told_last() {
    let store = database().await;
    let raised = alert("a", "", 70);
    let findings = [
        (1, raised.clone()),
        (2, again(&raised, 20, START_MS + 9_000)),
        (3, again(&raised, 10, START_MS + 5_000)),
        (4, alert("b", "", 70)),
    ];
    store_told(&store, &findings).await;
    // A loader that was killed looks before it writes.
    store_told(&store, &findings).await;
    let page = store.alerts(&scope(&["mof"]), &AlertFilter::default(), &Page::first(9)).await;
    let items = page.unwrap().items;
    let words: Vec<_> =
        items.iter().map(|a| (&*a.id, a.event_count, &*a.message, a.last)).collect();
    let time = START_MS + 1_000;
    let expected =
        [("b", 1, "Brute force against web-01", time), ("a", 20, "20 times", START_MS + 9_000)];
    assert_eq!(words, expected);
    let detail = store.alert(&scope(&["mof"]), "a").await.unwrap().unwrap();
    assert_eq!((detail.summary.event_count, &*detail.summary.message_bn), (20, "20 বার"));
    let told: Value = serde_json::from_str(&detail.finding).unwrap();
    assert_eq!(told["count"], 20);
    // Triage goes on as if nothing was told again, and answers with what was.
    let change = Change { state: Some(State::Acknowledged), ..Change::default() };
    let outcome = store.change_alert(&scope(&["mof"]), "a", 1, &change, "rima").await.unwrap();
    let Outcome::Changed(changed) = outcome else { panic!("{outcome:?}") };
    assert_eq!((changed.event_count, changed.version), (20, 2));
    assert!(store.alert(&scope(&["moh"]), "a").await.unwrap().is_none(), "another agency's");
}

#[tokio::test]
async fn the_queue_by_risk_and_by_groups() {
    let store = database().await;
    let rows = [
        ("a", "g", 70),
        ("b", "h", 95),
        ("c", "g", 70),
        ("d", "", 20),
        ("e", "h", 40),
        ("f", "", 20),
    ];
    let findings: Vec<(u64, Value)> =
        rows.iter().zip(1..).map(|((id, group, risk), at)| (at, alert(id, group, *risk))).collect();
    store_told(&store, &findings).await;
    for limit in [1, 2, 9] {
        let page = |order, grouped| Page { order, grouped, ..Page::first(limit) };
        let all = AlertFilter::default();
        for (order, grouped, expected) in [
            (Order::Arrival, false, "f1 e1 d1 c1 b1 a1"),
            (Order::Risk, false, "b1 c1 a1 e1 f1 d1"),
            (Order::Arrival, true, "f1 e2 d1 c2"),
            (Order::Risk, true, "b2 c2 f1 d1"),
        ] {
            let seen = listed(&store, &all, page(order, grouped)).await;
            let seen: Vec<String> = seen.iter().map(|(id, n)| format!("{id}{n}")).collect();
            assert_eq!(seen.join(" "), expected, "{order:?} {grouped} {limit}");
        }
        let of_group = AlertFilter { group: Some("g".into()), ..AlertFilter::default() };
        let seen = listed(&store, &of_group, page(Order::Arrival, false)).await;
        assert_eq!(seen, [("c".to_owned(), 1), ("a".to_owned(), 1)]);
        // A group is counted as far as the filter goes.
        let late = AlertFilter { from_ms: Some(START_MS + 3_000), ..AlertFilter::default() };
        assert_eq!(listed(&store, &late, page(Order::Arrival, true)).await[3], ("c".to_owned(), 1));
    }
    let page = Page { after: Some("5:1.x".parse().unwrap()), ..Page::first(2) };
    let error = store.alerts(&scope(&["mof"]), &AlertFilter::default(), &page).await;
    assert!(matches!(error, Err(store::Error::Cursor { .. })), "a cursor of the other order");
}
