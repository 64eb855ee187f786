//! Searching events.

use crate::engine::database;
use crate::sample::{START_MS, event, scope, store_events, uid};
use mapping::Tables;
use query::sql::{Condition, condition};
use serde_json::{Value, json};
use store::{EventFilter, Page, Store};

fn whole_time() -> EventFilter {
    EventFilter { from_ms: START_MS, to_ms: START_MS + 3_600_000, ..EventFilter::default() }
}

/// What an analyst's text asks.
fn search(text: &str) -> Condition {
    let tables = Tables::builtin().unwrap();
    condition(&query::parse(text, &tables).unwrap().expr, &tables, 0)
}

async fn found(store: &Store, filter: &EventFilter) -> Vec<u64> {
    let page = store.events(&scope(&["mof"]), filter, &Page::first(100)).await.unwrap();
    page.items.iter().map(|item| u64::from_str_radix(&item.uid[1..], 16).unwrap()).collect()
}

#[tokio::test]
async fn an_event_comes_back_whole() {
    let store = database().await;
    let events = [
        event("mof", 1, |_| {}),
        event("mof", 2, |e| e["raw_data"] = "\"quoted\"\t\\ \u{0} বাংলা \n\n two".into()),
        event("mof", 3, |e| e["metadata"]["logged_time"] = Value::Null),
        event("mof", 4, |e| e["time"] = json!(i64::MAX)),
        event("mof", 5, |e| e["src_endpoint"] = json!({"ip": "2001:db8::1", "port": "x"})),
    ];
    store_events(&store, "mof", 10, &events).await;
    for (number, event) in (1..).zip(&events) {
        let detail = store.event(&scope(&["mof"]), &uid(number)).await.unwrap().unwrap();
        assert_eq!(&serde_json::from_str::<Value>(&detail.event).unwrap(), event);
        assert_eq!(detail.raw, event["raw_data"].as_str().unwrap());
    }
    for uid in [uid(99), "short".into(), "zz".repeat(16)] {
        assert_eq!(store.event(&scope(&["mof"]), &uid).await.unwrap(), None, "{uid}");
    }
}

#[tokio::test]
async fn the_summary_has_the_essentials() {
    let store = database().await;
    store_events(&store, "mof", 0, &[event("mof", 1, |_| {})]).await;
    let page = store.events(&scope(&["mof"]), &whole_time(), &Page::first(5)).await.unwrap();
    let item = &page.items[0];
    assert_eq!((&*item.agency, &*item.host, &*item.source), ("mof", "web-01", "sshd"));
    assert_eq!((item.class_uid, item.severity_id, item.time), (3002, 2, START_MS + 1_000));
    assert_eq!((&*item.user, &*item.src_ip, &*item.dst_ip), ("admin", "203.0.113.9", ""));
    assert!(item.raw.ends_with("sshd[1]: Failed password"));
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn text_is_found_by_all_its_terms_anywhere_in_words_and_scripts() {
    let store = database().await;
    let events = [
        event("mof", 1, |e| e["raw_data"] = r"C:\Windows\System32\LSASS.exe 100% done_x".into()),
        event("mof", 2, |e| e["message"] = "ব্যর্থ লগইন ৫ বার, গাড়ি".into()),
        event("mof", 3, |e| e["raw_data"] = "it's a \"test\" with ? and {p0:String}".into()),
        event("mof", 4, |e| e["message"] = "LOGIN ÉCHOUÉ".into()),
    ];
    store_events(&store, "mof", 0, &events).await;
    for (text, numbers) in [
        ("lsass.EXE", &[1][..]),
        ("sas", &[1]),
        (r"windows\system32 lsass", &[1]),
        ("100%", &[1]),
        ("done_x", &[1]),
        ("doneAx", &[]),
        ("লগইন ব্যর্থ", &[2]),
        ("5 বার", &[2]),
        ("৫ বার", &[2]),
        // The two ways to write one letter.
        ("গা\u{09dc}ি", &[2]),
        ("গা\u{09a1}\u{09bc}ি", &[2]),
        ("it's \"a \\\"test\" ? {p0:string}", &[3]),
        ("\"with ? and\"", &[3]),
        ("échoué", &[4]),
        ("password sshd[1]", &[]),
        ("failed ADMIN3", &[3]),
        ("", &[4, 3, 2, 1]),
        ("failed nowhere", &[]),
        ("-lsass", &[4, 3, 2]),
        ("windows -system32", &[]),
        ("\"lsass.exe 100%\"", &[1]),
        ("\"100% lsass.exe\"", &[]),
    ] {
        let filter = EventFilter { search: Some(search(text)), ..whole_time() };
        assert_eq!(found(&store, &filter).await, numbers, "{text:?}");
    }
}

#[tokio::test]
async fn filters_narrow() {
    let store = database().await;
    let events = [
        event("mof", 1, |e| e["device"]["hostname"] = "db-01".into()),
        event("mof", 2, |e| e["class_uid"] = 4002.into()),
        event("mof", 3, |e| e["metadata"]["log_source"] = "nginx".into()),
    ];
    store_events(&store, "mof", 0, &events).await;
    let host = EventFilter { host: Some("db-01".into()), ..whole_time() };
    let class = EventFilter { class_uid: Some(4002), ..whole_time() };
    let source = EventFilter { source: Some("nginx".into()), ..whole_time() };
    let second = START_MS + 2_000;
    let time = EventFilter { from_ms: second, to_ms: second + 1_000, ..EventFilter::default() };
    for (filter, numbers) in [(host, [1]), (class, [2]), (source, [3]), (time, [2])] {
        assert_eq!(found(&store, &filter).await, numbers, "{filter:?}");
    }
}

#[tokio::test]
async fn pages_join_without_gap_or_overlap_at_equal_times() {
    let store = database().await;
    let events: Vec<Value> = (1..=25)
        .map(|n| event("mof", n, |e| e["time"] = (START_MS + (n as i64 / 5)).into()))
        .collect();
    store_events(&store, "mof", 0, &events).await;
    let mut page = Page::first(4);
    let mut seen = Vec::new();
    loop {
        let found = store.events(&scope(&["mof"]), &whole_time(), &page).await.unwrap();
        seen.extend(found.items.iter().map(|item| (item.time, item.uid.clone())));
        // As an API would: out as text, and in again.
        let Some(next) = found.next else { break };
        page.after = Some(next.to_string().parse().unwrap());
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
}

#[tokio::test]
async fn the_histogram_counts_every_event_once() {
    let store = database().await;
    let events: Vec<Value> = (0..20).map(|n| event("mof", n, |_| {})).collect();
    store_events(&store, "mof", 0, &events).await;
    let filter = EventFilter { to_ms: START_MS + 20_000, ..whole_time() };
    let histogram = store.event_histogram(&scope(&["mof"]), &filter, 3).await.unwrap();
    assert_eq!(histogram.bucket_ms, 6_667);
    let counts: Vec<u64> = histogram.items.iter().map(|(_, count)| *count).collect();
    assert_eq!(counts, [7, 7, 6]);
    assert_eq!(histogram.items[1].0, START_MS + 6_667);
    let empty = EventFilter { host: Some("nobody".into()), ..filter };
    let histogram = store.event_histogram(&scope(&["mof"]), &empty, 3).await.unwrap();
    assert_eq!(histogram.items.iter().map(|(_, count)| count).sum::<u64>(), 0);
}

#[tokio::test]
async fn a_timeline_keeps_the_nearest() {
    let store = database().await;
    let events: Vec<Value> = (0..20).map(|n| event("mof", n, |_| {})).collect();
    store_events(&store, "mof", 0, &events).await;
    let around = START_MS + 10_000;
    let scope = scope(&["mof"]);
    let items = store.entity_events(&scope, "web-01", around, 5_000, 3).await.unwrap();
    let times: Vec<i64> = items.iter().map(|item| (item.time - START_MS) / 1_000).collect();
    assert_eq!(times, [11, 10, 9]);
    let all = store.entity_events(&scope, "web-01", around, 5_000, 100).await.unwrap();
    assert_eq!(all.len(), 11);
}

#[tokio::test]
async fn what_has_no_message_is_told_by_its_parts() {
    let store = database().await;
    let silent = |number: u64, change: fn(&mut Value)| {
        event("mof", number, |event| {
            event.as_object_mut().unwrap().remove("message");
            change(event);
        })
    };
    let events = [
        event("mof", 0, |_| {}),
        silent(1, |_| {}),
        silent(2, |e| {
            e["type_name"] = json!("Process Activity: Launch");
            e["process"] = json!({"name": "net.exe", "cmd_line": "net group \"Domain Admins\""});
            e["dst_endpoint"] = json!({"ip": "198.51.100.7"});
        }),
        silent(3, |e| {
            e["type_name"] = json!("DNS Activity: Query");
            e["query"] = json!({"hostname": "c2.example"});
            e["src_endpoint"] = json!({});
        }),
    ];
    store_events(&store, "mof", 0, &events).await;
    let page = store.events(&scope(&["mof"]), &whole_time(), &Page::first(10)).await.unwrap();
    let gists: Vec<&str> = page.items.iter().rev().map(|item| item.gist.as_str()).collect();
    assert_eq!(
        gists,
        [
            "",
            "admin · 203.0.113.9",
            "Process Activity: Launch · net group \"Domain Admins\" · admin · 203.0.113.9 → 198.51.100.7",
            "DNS Activity: Query · c2.example · admin",
        ]
    );
}
