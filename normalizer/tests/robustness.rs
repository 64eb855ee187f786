//! Odd and hostile input: no panic, no stall, nothing lost, the raw bytes kept.

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
            for event in &events {
                kept(event, &raw[..raw.len().min(1_000_000)]);
            }
        }
    }
}

/// The raw bytes come back from the event.
fn kept(event: &serde_json::Value, raw: &[u8]) {
    match event["unmapped"]["raw_base64"].as_str() {
        Some(base64) => assert_eq!(STANDARD.decode(base64).unwrap(), raw),
        None => assert_eq!(event["raw_data"].as_str().unwrap().as_bytes(), raw),
    }
}

/// Enough for quadratic work to take minutes.
const TRAP_BYTES: usize = 400_000;

/// Characters that tempt a scanner to look back or ahead, many of each, alone and behind
/// beginnings that choose a parser.
#[test]
fn many_of_each_trap_character() {
    let mut normalizer = support::normalizer();
    let beginnings = [
        "",
        "<13>Mar  1 10:00:00 h sshd[1]: Failed password for ",
        "type=SYSCALL msg=audit(1.1:1): ",
        "type=EXECVE msg=audit(1.1:1): argc=3 a0=",
        "10.0.0.1 - - [01/Mar/2026:10:00:00 +0000] \"",
        "2026/03/01 10:00:00 [error] 1#1: *1 ",
        "[Sun Mar 01 10:00:00 2026] [error] [client ",
        "{\"a\":\"",
        "CEF:0|v|p|1|i|n|5|",
        "<Event xmlns='x'><System><EventID>1</EventID></System><EventData>",
        "Mar  1 10:00:00 fw : %ASA-6-302013: Built ",
        "a=1 b=2 c=3 ",
        "1,2026/03/01 10:00:00,1,TRAFFIC,",
    ];
    let traps = [
        "\"",
        "\\",
        "[",
        "]",
        "{",
        "(",
        "=",
        "|",
        ",",
        ":",
        " ",
        "a",
        "1",
        ".",
        "%",
        "&",
        "<",
        "a=",
        "from ",
        " port ",
        "<a ",
        "\\\"",
        "from 1.1.1.1 port 1 ",
        "=\"",
        "1.1.1.1 ",
        "a:",
        "::",
        "অ",
        "user ",
    ];
    for beginning in beginnings {
        for trap in traps {
            let raw = format!("{beginning}{}", trap.repeat(TRAP_BYTES / trap.len()));
            let begin = cpu();
            let _ = support::normalize(&mut normalizer, raw.as_bytes());
            let taken = cpu() - begin;
            assert!(taken < 2 * RECORD_MAX, "{beginning:?} and {trap:?}: {taken:?}");
        }
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
