//! A record takes bounded memory, whatever it holds.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it measured"
)]

mod support;

use std::fmt::Write as _;
use std::fs;

/// The largest record.
const BYTES: usize = model::RAW_BYTES_MAX;
/// What the largest record may take at its peak, in MiB, with what earlier ones left: its text some
/// times over, what is made of it, and the tape of its JSON.
const PEAK_MIB_MAX: u64 = 96;
/// What may stay after all of them, in MiB: the allocator gives back late.
const KEPT_MIB_MAX: u64 = 64;

/// A text of at most [`BYTES`]: `begin`, as many parts as fit, `end`.
fn filled(begin: &str, end: &str, mut part: impl FnMut(&mut String, usize)) -> String {
    let mut text = begin.to_owned();
    for number in 0.. {
        let before = text.len();
        part(&mut text, number);
        if text.len() + end.len() > BYTES {
            text.truncate(before);
            break;
        }
    }
    text + end
}

/// Texts that tempt a parser to make much of little.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let repeated = |begin: &str, part: &'static str, end: &str| {
        filled(begin, end, |text, _| text.push_str(part))
    };
    let keys = |text: &mut String, number: usize| {
        let comma = if number > 0 { "," } else { "" };
        write!(text, "{comma}\"k{number}\":{number}").unwrap();
    };
    let nested = |text: &mut String, number: usize| {
        let comma = if number > 0 { "," } else { "" };
        write!(text, "{comma}\"k{number}\":{}1{}", "[".repeat(97), "]".repeat(97)).unwrap();
    };
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(*b"a\0").cycle().take(BYTES).collect();
    let texts = [
        ("many keys", filled("{", "}", keys)),
        ("deep nesting, often", filled("{", "}", nested)),
        ("too deep", "[".repeat(BYTES)),
        ("objects in objects", repeated("", "{\"a\":", "")),
        ("empty objects", repeated("[{}", ",{}", "]")),
        ("empty records", repeated("{\"Records\":[{}", ",{}", "]}")),
        ("small records", repeated("[{\"a\":1}", ",{\"a\":1}", "]")),
        ("numbers", repeated("{\"a\":[1", ",1", "]}")),
        ("escapes", repeated("{\"a\":\"", "\\u0001", "\"}")),
        ("quotes", repeated("{\"message\":\"", "\\\"", "\"}")),
        ("padding", repeated("padded", "\0", "")),
        ("tabs", repeated("tabs", "\t", "")),
        ("pairs", filled("", "", |text, number| write!(text, "k{number}=v ").unwrap())),
        (
            "cef",
            filled("CEF:0|v|p|1|id|name|5|", "", |text, number| {
                write!(text, "cs{number}=v cs{number}Label=l ").unwrap();
            }),
        ),
        ("rows", repeated("#Fields: a", "\n1", "")),
        (
            "a repeated line",
            repeated("<13>Mar  1 10:00:00 h p[1]: message repeated 1000 times: [ ", "x", "]"),
        ),
        (
            "xml",
            repeated(
                "<Event><System><EventID>1</EventID></System><EventData>",
                "<Data Name='a'>b</Data>",
                "</EventData></Event>",
            ),
        ),
        ("audit", repeated("type=EXECVE msg=audit(1.1:1): argc=9", " a1=6162", "")),
        ("commas", repeated("1,2026/03/01 10:00:00,s,TRAFFIC", ",", "")),
        ("addresses", repeated("login failed from ", "1.2.3.4 ", "")),
    ];
    let texts = texts.into_iter().map(|(name, text)| (name, text.into_bytes()));
    texts.chain([("utf-16", utf16), ("no text", b"text \xff".repeat(BYTES / 6))]).collect()
}

/// A field of this process's status, in MiB.
fn status_mib(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
fn a_hostile_record_has_a_ceiling() {
    let mut normalizer = support::normalizer();
    support::normalize(&mut normalizer, b"a first record makes the tables").unwrap();
    let records = hostile();
    let first = status_mib("VmRSS:");
    for (name, raw) in &records {
        assert!(raw.len() <= BYTES && raw.len() > BYTES - 1000, "{name}: {}", raw.len());
        // The peak of what is resident begins anew.
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let origin = model::Origin::stdin(0, 0, support::ARRIVAL);
        let events = match normalizer.normalize(raw, &origin, "local", support::ARRIVAL) {
            normalizer::Normalized::Events(events) => events.len(),
            normalizer::Normalized::Dead(_) => 0,
        };
        let peak = status_mib("VmHWM:").saturating_sub(first);
        println!("{name}: {events} events, peak {peak} MiB");
        assert!(peak <= PEAK_MIB_MAX, "{name}: {peak} MiB");
    }
    support::normalize(&mut normalizer, b"a last record gives back").unwrap();
    let kept = status_mib("VmRSS:").saturating_sub(first);
    println!("kept {kept} MiB");
    assert!(kept <= KEPT_MIB_MAX, "{kept} MiB stay");
}
