//! The queue and its triage.

use crate::engine::database;
use crate::sample::{START_MS, alert_block, event, finding, scope};
use std::collections::HashSet;
use std::sync::Arc;
use store::{
    AlertFilter, AlertRow, Block, Change, Outcome, Page, Place, Refusal, State, Store, Verdict,
};

async fn ids(store: &Store, filter: &AlertFilter) -> Vec<String> {
    let page = store.alerts(&scope(&["mof"]), filter, &Page::first(100)).await.unwrap();
    page.items.into_iter().map(|item| item.id).collect()
}

fn to(state: State) -> Change {
    Change { state: Some(state), ..Change::default() }
}

fn close() -> Change {
    Change {
        state: Some(State::Closed),
        verdict: Some(Verdict::FalsePositive),
        reason: Some("a \"scanner\" of ours\\".into()),
        ..Change::default()
    }
}

async fn changed(store: &Store, id: &str, version: u32, change: &Change) -> store::AlertSummary {
    let outcome = store.change_alert(&scope(&["mof"]), id, version, change, "rima").await;
    let Ok(Outcome::Changed(alert)) = outcome else { panic!("{outcome:?}") };
    alert
}

#[tokio::test]
async fn the_queue_is_newest_first_and_filtered() {
    let store = database().await;
    store.insert(&alert_block("mof", 1, &["a", "b", "c"]), "t").await.unwrap();
    let take = Change { assignee: Some("rima".into()), ..to(State::Acknowledged) };
    changed(&store, "b", 1, &take).await;
    let text = |text: &str| AlertFilter { text: Some(text.into()), ..AlertFilter::default() };
    for (filter, expected) in [
        (AlertFilter::default(), &["c", "b", "a"][..]),
        (AlertFilter { state: vec![State::New], ..AlertFilter::default() }, &["c", "a"]),
        (AlertFilter { severity_min: Some(3), ..AlertFilter::default() }, &["c", "b"]),
        (AlertFilter { rule: Some("rule-1".into()), ..AlertFilter::default() }, &["c", "b", "a"]),
        (AlertFilter { rule: Some("rule-2".into()), ..AlertFilter::default() }, &[]),
        (AlertFilter { host: Some("web-01".into()), ..AlertFilter::default() }, &["c", "b", "a"]),
        (AlertFilter { from_ms: Some(START_MS + 3_000), ..AlertFilter::default() }, &["c"]),
        (AlertFilter { to_ms: Some(START_MS + 2_000), ..AlertFilter::default() }, &["a"]),
        (text("BRUTE 203.0.113"), &["c", "b", "a"]),
        (text("brute 198.51"), &[]),
        (text("brute -203.0.113"), &[]),
        (AlertFilter { assignee: Some(String::new()), ..AlertFilter::default() }, &["c", "a"]),
        (AlertFilter { assignee: Some("rima".into()), ..AlertFilter::default() }, &["b"]),
    ] {
        assert_eq!(ids(&store, &filter).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn the_queue_has_the_finding_s_words_in_both_languages() {
    let store = database().await;
    let mut finding = finding("bangla", 4, &event("mof", 1, |_| {}));
    finding["unmapped"] = serde_json::json!({
        "message_bn": "web-01 হোস্টে পাসওয়ার্ড অনুমান", "rule": {"title_bn": "পাসওয়ার্ড অনুমান"},
    });
    let (mut block, json) = (Block::alerts(), finding.to_string());
    let place = Place { partition: 0, offset: 1 };
    block.push_alert(&AlertRow::new(json.as_bytes(), "raw.mof", START_MS, place).unwrap());
    store.insert(&Arc::new(block), "bangla").await.unwrap();
    store.insert(&alert_block("mof", 2, &["plain"]), "plain").await.unwrap();
    let page = store.alerts(&scope(&["mof"]), &AlertFilter::default(), &Page::first(9)).await;
    let items = page.unwrap().items;
    let words: Vec<_> =
        items.iter().map(|a| (a.title_bn.as_str(), a.message_bn.as_str())).collect();
    assert_eq!(words, [("", ""), ("পাসওয়ার্ড অনুমান", "web-01 হোস্টে পাসওয়ার্ড অনুমান")]);
    let text = AlertFilter { text: Some("অনুমান".into()), ..AlertFilter::default() };
    assert_eq!(ids(&store, &text).await, ["bangla"]);
}

#[tokio::test]
async fn pages_of_the_queue_join() {
    let store = database().await;
    let names: Vec<String> = (0..9).map(|n| format!("id-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    store.insert(&alert_block("mof", 0, &names), "t").await.unwrap();
    let (mut page, mut seen) = (Page::first(2), Vec::new());
    loop {
        let filter = AlertFilter::default();
        let found = store.alerts(&scope(&["mof"]), &filter, &page).await.unwrap();
        seen.extend(found.items.into_iter().map(|item| item.id));
        let Some(next) = found.next else { break };
        page.after = Some(next.to_string().parse().unwrap());
    }
    let expected: Vec<&str> = names.into_iter().rev().collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn counts_by_state_severity_and_assignee() {
    let store = database().await;
    store.insert(&alert_block("mof", 0, &["a", "b", "c", "d"]), "t").await.unwrap();
    let take = Change { assignee: Some("karim".into()), ..to(State::InProgress) };
    changed(&store, "a", 1, &take).await;
    changed(&store, "b", 1, &close()).await;
    let counts = store.alert_counts(&scope(&["mof"]), &AlertFilter::default()).await.unwrap();
    assert_eq!((counts.total, counts.unassigned), (4, 2));
    let mut by_state = counts.by_state.clone();
    by_state.sort_by_key(|(state, _)| state.as_str());
    assert_eq!(by_state, [(State::Closed, 1), (State::InProgress, 1), (State::New, 2)]);
    assert_eq!(counts.by_severity, [(1, 1), (2, 1), (3, 1), (4, 1)]);
    assert_eq!(counts.by_assignee, [("karim".to_owned(), 1)]);
}

#[tokio::test]
async fn every_change_is_in_the_history_and_in_the_view() {
    let store = database().await;
    store.insert(&alert_block("mof", 0, &["a"]), "t").await.unwrap();
    let scope = scope(&["mof"]);
    changed(&store, "a", 1, &to(State::Acknowledged)).await;
    let said = store.comment_alert(&scope, "a", "দেখছি", "karim").await.unwrap();
    assert!(matches!(said, Outcome::Changed(alert) if alert.version == 3));
    let closed = changed(&store, "a", 3, &close()).await;
    let detail = store.alert(&scope, "a").await.unwrap().unwrap();
    assert_eq!(detail.summary, closed);
    assert_eq!((closed.version, closed.state), (4, State::Closed));
    assert_eq!(closed.reason, "a \"scanner\" of ours\\");
    assert!(detail.finding.contains("\"uid\":\"a\""));
    let history = store.alert_history(&scope, "a").await.unwrap();
    let steps: Vec<_> =
        history.iter().map(|h| (h.version, &*h.kind, &*h.actor, h.to_state)).collect();
    let expected = [
        (2, "state", "rima", State::Acknowledged),
        (3, "comment", "karim", State::Acknowledged),
        (4, "state", "rima", State::Closed),
    ];
    assert_eq!(steps, expected);
    assert_eq!(history[1].comment, "দেখছি");
    assert_eq!(history[2].verdict, Some(Verdict::FalsePositive));
}

#[tokio::test]
async fn of_two_who_change_one_version_one_wins() {
    let store = database().await;
    store.insert(&alert_block("mof", 0, &["a"]), "t").await.unwrap();
    let (scope, change) = (scope(&["mof"]), to(State::Acknowledged));
    let names: Vec<String> = (0..8).map(|n| format!("analyst-{n}")).collect();
    let mut tries = tokio::task::JoinSet::new();
    for name in names {
        let (store, scope, change) = (store.clone(), scope.clone(), change.clone());
        tries.spawn(
            async move { store.change_alert(&scope, "a", 1, &change, &name).await.unwrap() },
        );
    }
    let outcomes = tries.join_all().await;
    let (mut winners, mut seen) = (Vec::new(), HashSet::new());
    for outcome in outcomes {
        match outcome {
            Outcome::Changed(alert) => winners.push(alert.changed_by),
            Outcome::Conflict(alert) => drop(seen.insert((alert.version, alert.changed_by))),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert_eq!(seen, HashSet::from([(2, winners[0].clone())]));
    assert_eq!(store.alert_history(&scope, "a").await.unwrap().len(), 1);
    let now = store.alert(&scope, "a").await.unwrap().unwrap().summary;
    assert_eq!((now.version, &now.changed_by), (2, &winners[0]));
}

#[tokio::test]
async fn refusals_change_nothing() {
    let store = database().await;
    store.insert(&alert_block("mof", 0, &["a"]), "t").await.unwrap();
    let scope = scope(&["mof"]);
    let refused = store.change_alert(&scope, "a", 1, &to(State::Closed), "rima").await.unwrap();
    assert_eq!(refused, Outcome::Refused(Refusal::VerdictRequired));
    let unknown = store.change_alert(&scope, "zz", 1, &close(), "rima").await.unwrap();
    assert_eq!(unknown, Outcome::NotFound);
    assert_eq!(store.alert_history(&scope, "a").await.unwrap(), []);
}

/// The crash between the two writes: the history has a step that the alert does not show.
#[tokio::test]
async fn a_view_behind_its_history_is_mended() {
    let store = database().await;
    store.insert(&alert_block("mof", 0, &["a", "b"]), "t").await.unwrap();
    let scope = scope(&["mof"]);
    changed(&store, "a", 1, &to(State::Acknowledged)).await;
    changed(&store, "b", 1, &to(State::Acknowledged)).await;
    // Put the view back to what a crash before the update leaves.
    crate::loading::execute(
        &store,
        "UPDATE alerts SET state = 'new', version = 1, changed_by = '' WHERE 1",
    )
    .await;
    let conflict = store.change_alert(&scope, "a", 1, &close(), "karim").await.unwrap();
    assert!(matches!(&conflict, Outcome::Conflict(now) if now.changed_by == "rima"));
    assert_eq!(store.mend_alerts().await.unwrap(), 1);
    assert_eq!(store.mend_alerts().await.unwrap(), 0);
    for id in ["a", "b"] {
        let now = store.alert(&scope, id).await.unwrap().unwrap().summary;
        assert_eq!((now.version, now.state), (2, State::Acknowledged), "{id}");
    }
}
