//! One record through the parser and the writer, with what must hold of any.

use bumpalo::Bump;
use model::EventUid;
use ocsf::classes::Class;
use ocsf::{Envelope, Event, Store, write};
use parse::{Cx, Outcome, Scratch, Zone};
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// 2026-03-14 15:09:26 UTC.
const ARRIVAL: i64 = 1_773_500_966_000;

static TABLES: LazyLock<Arc<mapping::Tables>> =
    LazyLock::new(|| Arc::new(mapping::Tables::builtin().expect("our own tables")));

/// A parser that has seen nothing yet.
pub(crate) fn scratch() -> Scratch {
    Scratch::new(Arc::clone(&TABLES))
}

/// Reads a record; panics where a promise is broken.
pub(crate) fn record(raw: &str, scratch: &mut Scratch, stream: u64) {
    let arena = Bump::new();
    let cx = Cx {
        arena: &arena,
        arrival_ms: ARRIVAL,
        zone: &Zone::UTC,
        hint: None,
        stream,
        custom: None,
    };
    let envelope = Envelope {
        uid: EventUid(1),
        tenant: "local",
        raw,
        raw_base64: None,
        logged_ms: ARRIVAL,
        processed_ms: ARRIVAL,
        fallback_ms: ARRIVAL,
    };
    let mut count = 0;
    let mut out = Vec::new();
    let mut event = Event::new(Store::default());
    let outcome = parse::parse(raw, &cx, scratch, &mut event, &mut |event| {
        count += 1;
        // A line may stand for a thousand: they are alike.
        if count <= 4 {
            out.clear();
            write(event, &envelope, &mut out);
            let part = event.raw.unwrap_or(raw);
            assert!(raw.contains(part), "{part:?} is no part of {raw:?}");
            check(&out, part);
        }
    });
    match outcome {
        Outcome::Events => assert!(count > 0, "no event and no reason: {raw:?}"),
        Outcome::Dead { .. } => assert_eq!(count, 0, "events and a dead letter: {raw:?}"),
    }
}

fn check(json: &[u8], raw: &str) {
    let event: Value = serde_json::from_slice(json)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(json)));
    let number = |name: &str| event[name].as_u64().unwrap_or_else(|| panic!("{name} of {raw:?}"));
    let class = Class::of(number("class_uid") as u32);
    assert_eq!(number("type_uid"), number("class_uid") * 100 + number("activity_id"));
    assert!(event["time"].is_i64(), "time of {raw:?}");
    assert_eq!(event["raw_data"].as_str(), Some(raw));
    for attribute in &class.required {
        assert!(
            !event[attribute.name].is_null(),
            "{}: {} of {raw:?}",
            class.caption,
            attribute.name
        );
    }
}
