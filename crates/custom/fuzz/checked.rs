//! One record through all parsers and the writer, with what must hold of any.

use bumpalo::Bump;
use custom::Set;
use ocsf::{Envelope, Event, Store, write};
use parse::{Cx, Outcome, Scratch, Zone};
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// 2026-03-14 15:09:26 UTC.
const ARRIVAL: i64 = 1_773_500_966_000;

static TABLES: LazyLock<Arc<mapping::Tables>> =
    LazyLock::new(|| Arc::new(mapping::Tables::builtin().expect("our own tables")));

/// Reads a record; panics where a promise is broken.
pub(crate) fn record(raw: &str, set: &Set, hint: Option<&str>) {
    let arena = Bump::new();
    let cx = Cx {
        arena: &arena,
        arrival_ms: ARRIVAL,
        zone: &Zone::UTC,
        hint: hint.map(|hint| &*arena.alloc_str(hint)),
        stream: 0,
        custom: Some(set),
    };
    let envelope = Envelope {
        uid: model::EventUid(1),
        tenant: "local",
        raw,
        raw_base64: None,
        logged_ms: ARRIVAL,
        processed_ms: ARRIVAL,
        fallback_ms: ARRIVAL,
    };
    let (mut count, mut out) = (0, Vec::new());
    let mut scratch = Scratch::new(Arc::clone(&TABLES));
    let mut event = Event::new(Store::default());
    let outcome = parse::parse(raw, &cx, &mut scratch, &mut event, &mut |event| {
        count += 1;
        // A line may stand for a thousand: they are alike.
        if count <= 4 {
            out.clear();
            write(event, &envelope, &mut out);
            check(&out, raw);
        }
    });
    assert_eq!(outcome == Outcome::Events, count > 0, "{raw:?}");
}

fn check(json: &[u8], raw: &str) {
    let event: Value = serde_json::from_slice(json)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(json)));
    assert!(event["time"].is_i64() && event["class_uid"].is_u64(), "{raw:?}");
    assert_eq!(event["raw_data"].as_str(), Some(raw));
}
