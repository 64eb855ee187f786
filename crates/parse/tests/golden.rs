//! Lines and what must be found in their events: one table a family of sources.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod golden {
    mod apps;
    mod audit;
    mod auth;
    mod databases;
    mod firewalls;
    mod generic;
    mod headers;
    mod hints;
    mod hosts;
    mod json;
    mod mail;
    mod names;
    mod network;
    mod values;
    mod variants;
    mod web;
    mod windows;
}

use bumpalo::Bump;
use model::EventUid;
use ocsf::{Envelope, Event, Store, write};
use parse::{Cx, Outcome, Scratch, Zone};
use serde_json::Value;
use std::sync::Arc;

/// 2026-03-14 15:09:26 UTC.
const ARRIVAL: i64 = 1_773_500_966_000;

/// The events of a line.
fn events(raw: &str, hint: Option<&str>) -> Vec<Value> {
    let mut scratch = Scratch::new(Arc::new(mapping::Tables::builtin().unwrap()));
    let (found, outcome) = events_of(raw, hint, 0, &mut scratch);
    assert_eq!(outcome, Outcome::Events, "{raw}");
    found
}

/// What becomes of a line of a stream whose earlier lines `scratch` has seen.
fn events_of(
    raw: &str,
    hint: Option<&str>,
    stream: u64,
    scratch: &mut Scratch,
) -> (Vec<Value>, Outcome) {
    let arena = Bump::new();
    let cx =
        Cx { arena: &arena, arrival_ms: ARRIVAL, zone: &Zone::UTC, hint, stream, custom: None };
    let envelope = Envelope {
        uid: EventUid(1),
        tenant: "local",
        raw: "",
        raw_base64: None,
        logged_ms: ARRIVAL,
        processed_ms: ARRIVAL,
        fallback_ms: ARRIVAL,
    };
    let mut found = Vec::new();
    let mut event = Event::new(Store::default());
    let outcome = parse::parse(raw, &cx, scratch, &mut event, &mut |event| {
        let mut out = Vec::new();
        write(event, &envelope, &mut out);
        found.push(serde_json::from_slice(&out).unwrap());
    });
    (found, outcome)
}

/// Checks that the one event of `raw` has at each path the value given; `null` means absent.
fn check(raw: &str, expected: &[(&str, Value)]) {
    let found = events(raw, None);
    assert_eq!(found.len(), 1, "{raw}");
    holds(raw, &found[0], expected);
}

/// Checks what an event has at each path.
fn holds(raw: &str, event: &Value, expected: &[(&str, Value)]) {
    for (path, value) in expected {
        let at = path.split('/').fold(event, |at, name| match name.parse::<usize>() {
            Ok(index) if at.is_array() => &at[index],
            _ => &at[name],
        });
        assert_eq!(at, value, "{path} of {raw}\n{event:#}");
    }
}

/// A row's expectations: `row!["class_uid" => 3002, …]`.
macro_rules! row {
    ($($path:literal => $value:tt),* $(,)?) => {
        &[$(($path, serde_json::json!($value))),*]
    };
}
pub(crate) use row;
