//! Bad input is data: whatever the bytes, every line is an event or a counted dead letter.

use e2e::{Stack, binary};
use serde_json::Value;
use std::io::Write as _;
use std::time::{Duration, Instant};

/// A file of each kind of trouble, and how many lines it has.
fn troubles() -> Vec<(&'static str, Vec<u8>)> {
    let binary: Vec<u8> = (0..=255).cycle().take(64 * 1024).collect();
    let mut long = vec![b'x'; 10 * 1024 * 1024];
    long.push(b'\n');
    let bomb = [&b"["[..]].concat().repeat(10_000);
    let bomb = [&b"{\"a\":"[..], &bomb, &b"]".repeat(10_000), b"}\n"].concat();
    vec![
        ("binary", binary),
        ("long", long),
        ("utf8", b"Nov 20 08:00:00 h app[1]: caf\xe9 \xff\xfe latin\n".to_vec()),
        ("bomb", bomb),
        ("nul", b"\0\0\0\0\n".to_vec()),
        ("unfinished", b"{\"a\": \"no end".to_vec()),
    ]
}

/// Lines as the collector counts them: what stands between line feeds, empty ones left out.
fn records(bytes: &[u8]) -> u64 {
    let lines = bytes.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l));
    lines.filter(|line| !line.is_empty()).count() as u64
}

#[test]
fn the_filter_answers_every_line_and_quickly() {
    binary::prohori(); // built before the clock runs
    for (name, bytes) in troubles() {
        let dead = tempfile::NamedTempFile::new().expect("a temporary file");
        let path = dead.path().to_str().expect("a UTF-8 path");
        let began = Instant::now();
        let events = binary::pipe(&["normalize", "--stdin", "--dead-letters", path], &bytes);
        assert!(began.elapsed() < Duration::from_secs(10), "{name} stalls the filter");
        let lines = |text: &[u8]| text.iter().filter(|b| **b == b'\n').count() as u64;
        let dead = std::fs::read(path).expect("the dead letters are readable");
        assert_eq!(lines(&events) + lines(&dead), records(&bytes), "{name}");
        for event in events.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            let event: Value = serde_json::from_slice(event)
                .unwrap_or_else(|error| panic!("{name}: an event is no JSON: {error}"));
            assert!(event["metadata"]["uid"].is_string() && event["raw_data"].is_string());
        }
    }
}

#[test]
fn a_long_line_is_cut_flagged_and_its_whole_length_kept() {
    let (_, long) = troubles().swap_remove(1);
    let events = binary::pipe(&["normalize", "--stdin"], &long);
    let event: Value = serde_json::from_slice(&events).expect("one event");
    assert_eq!(event["metadata"]["is_truncated"], Value::Bool(true));
    assert_eq!(event["metadata"]["untruncated_size"], Value::from(10 * 1024 * 1024));
    assert_eq!(event["raw_data"].as_str().map(str::len), Some(1_000_000));
}

#[test]
fn the_stack_stores_or_dead_letters_every_record_and_goes_on() {
    let stack = Stack::start(&[]);
    let mut sent = 0;
    for (name, bytes) in troubles().into_iter().filter(|(name, _)| *name != "unfinished") {
        sent += records(&bytes);
        let path = stack.logs().join(format!("{name}.log"));
        let written = std::fs::File::create(path).and_then(|mut file| {
            file.write_all(&bytes)?;
            if bytes.ends_with(b"\n") { Ok(()) } else { file.write_all(b"\n") }
        });
        written.expect("the file is written");
    }
    stack.append("after.log", "Nov 20 08:00:00 h app[1]: still here\n");
    sent += 1;
    let count = |sql| stack.count(sql).unwrap_or(0);
    let began = Instant::now();
    while count("SELECT count() FROM events") + count("SELECT count() FROM dead_letters") < sent {
        assert!(began.elapsed() < Duration::from_secs(60), "of {sent}\n{}", stack.report());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(count("SELECT count() FROM events WHERE position(message, 'still here') > 0"), 1);
    assert!(count("SELECT count() FROM dead_letters") > 0, "binary garbage is no event");
    assert_eq!(count("SELECT max(length(raw)) FROM events"), 1_000_000);
    stack.stop();
}
