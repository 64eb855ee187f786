//! Raw records of any bytes through the whole of the normalizer, with and without an agency's key: each
//! becomes events whose raw text or bytes are the record's, or a dead letter. The first byte says which
//! agency it is of, the second which source the collector names.
#![cfg_attr(fuzzing, no_main)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mapping::Tables;
use model::{Agency, Cut, Origin};
use normalizer::{Masks, Normalized, Normalizer, Settings};
use serde_json::Value;
use std::cell::RefCell;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

/// 2026-03-14 15:09:26 UTC.
const NOW: i64 = 1_773_500_966_000;
/// What collectors name, and what none does.
const SOURCES: [&str; 12] = [
    "nginx",
    "iis",
    "auditd",
    "windows",
    "json",
    "cef",
    "zeek",
    "w3c",
    "postgresql",
    "journald",
    "netflow",
    "unheard of",
];

thread_local! {
    /// It lives on from input to input, so that what it remembers is tested too.
    static NORMALIZER: RefCell<Normalizer> = RefCell::new(normalizer());
}

fn normalizer() -> Normalizer {
    let file = tempfile::NamedTempFile::new().expect("a file for a key");
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(file.path(), mode).expect("only for its owner");
    let key = privacy::generate("k1", [7; 32]).expect("our own key");
    std::fs::write(file.path(), key).expect("a key");
    let agency = Agency::new("masked").expect("our own name");
    let masks = Masks::of_agency(&agency, file.path()).expect("our own key");
    let settings = Settings { masks, ..Settings::default() };
    Normalizer::new(Arc::new(Tables::builtin().expect("our own tables")), settings)
}

fuzz::target!(|bytes| NORMALIZER.with_borrow_mut(|normalizer| {
    let [agency, source, raw @ ..] = bytes else { return };
    let masked = agency % 2 == 1;
    let name = if masked { "masked" } else { "open" };
    let origin = Origin {
        source: SOURCES.get(usize::from(source % 32)).copied(),
        host: (source & 64 > 0).then_some("host-1"),
        sender: (source & 128 > 0).then_some("192.0.2.1"),
        cut: (agency & 2 > 0).then_some(Cut { bytes: 1 << 40, sha256: "00" }),
        ..Origin::stdin(1, 2, NOW)
    };
    let mut uids = Vec::new();
    let mut is_lossy = false;
    if let Normalized::Events(events) = normalizer.normalize(raw, &origin, name, NOW) {
        assert!(!events.is_empty());
        // A line may stand for a thousand: they are alike.
        for json in events.iter().take(4) {
            let event: Value = serde_json::from_slice(json)
                .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(json)));
            assert!(event["time"].is_i64() && event["class_uid"].is_u64());
            assert_eq!(event["metadata"]["tenant_uid"], name);
            assert_eq!(event["metadata"]["is_truncated"].is_boolean(), origin.cut.is_some());
            if !masked {
                let (kept, is_text) = kept(&event);
                is_lossy |= !is_text;
                // Of several events each keeps its own part.
                let is_part = is_lossy || memchr::memmem::find(raw, &kept).is_some();
                assert!(kept == raw || events.len() > 1 && is_part);
            }
            uids.push(event["metadata"]["uid"].clone());
        }
    }
    let count = uids.len();
    uids.dedup();
    assert_eq!(uids.len(), count, "events with one id");
}));

/// The raw bytes as the event has them, and whether its text is they.
fn kept(event: &Value) -> (Vec<u8>, bool) {
    match event["unmapped"]["raw_base64"].as_str() {
        Some(base64) => (STANDARD.decode(base64).unwrap_or_default(), false),
        None => (event["raw_data"].as_str().unwrap_or_default().as_bytes().to_vec(), true),
    }
}
