//! Odd and hostile input: no panic, no stall, nothing lost, the raw bytes kept. That long lines are read
//! in linear time is tested where the parsers are (crate `parse`).

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skips"
)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// A record may take this much of the processor at the most; a debug build is slower than the product.
const RECORD_MAX: Duration = Duration::from_secs(1);

/// The processor's time for this thread: others on the machine do not count.
fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

#[test]
fn malformed_payloads() {
    let Some(corpora) = support::corpora() else { return };
    let mut normalizer = support::normalizer();
    for row in support::rows(&corpora.join("robustness/malformed.ndjson.zst")) {
        let text = row["payload_b64"].as_str();
        let raw = STANDARD.decode(text.unwrap_or_else(|| panic!("{row}"))).unwrap();
        let begin = cpu();
        let result = support::normalize(&mut normalizer, &raw[..raw.len().min(1_000_000)]);
        assert!(cpu() - begin < RECORD_MAX, "{}: {:?}", row["id"], cpu() - begin);
        if let Ok(events) = result {
            assert!(!events.is_empty());
            kept(&events, &raw[..raw.len().min(1_000_000)]);
        }
    }
}

/// The raw bytes come back from the event; of several, each keeps its own part of the text.
fn kept(events: &[serde_json::Value], raw: &[u8]) {
    let base64 = events[0]["unmapped"]["raw_base64"].as_str();
    if let Some(base64) = base64 {
        assert_eq!(STANDARD.decode(base64).unwrap(), raw);
    }
    for text in events.iter().map(|event| event["raw_data"].as_str().unwrap()) {
        let is_part = memchr::memmem::find(raw, text.as_bytes()).is_some();
        let is_whole = text.as_bytes() == raw;
        assert!(base64.is_some() || is_whole || events.len() > 1 && is_part, "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes(raw in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut normalizer = support::normalizer();
        if let Ok(events) = support::normalize(&mut normalizer, &raw) {
            prop_assert!(!events.is_empty());
        }
    }
}
