//! Tests of the filter: plain and framed, in order, nothing lost.

use super::*;
use serde_json::Value;

fn filter(options: &Options, input: &[u8]) -> Vec<Value> {
    let mut out = Vec::new();
    run(options, input, &mut out).unwrap();
    let lines = out.split(|b| *b == b'\n').filter(|l| !l.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

#[test]
fn a_line_an_event_in_order() {
    let input = b"Mar  1 10:00:00 h sshd[7]: Failed password for root from 10.0.0.9 port 4 ssh2\n\
        second\r\n\nlast without end";
    let events = filter(&Options::default(), input);
    let raws: Vec<&str> = events.iter().map(|e| e["raw_data"].as_str().unwrap()).collect();
    assert_eq!(raws.len(), 3);
    assert!(raws[0].contains("sshd") && raws[1] == "second" && raws[2] == "last without end");
    let uids: std::collections::HashSet<_> =
        events.iter().map(|e| e["metadata"]["uid"].to_string()).collect();
    assert_eq!(uids.len(), 3);
    assert_eq!(events, strip_clock(filter(&Options::default(), input), &events));
}

/// Replaces what the clock makes differ between two runs.
fn strip_clock(mut events: Vec<Value>, like: &[Value]) -> Vec<Value> {
    for (event, like) in events.iter_mut().zip(like) {
        for key in ["logged_time", "processed_time"] {
            event["metadata"][key] = like["metadata"][key].clone();
        }
        if like["metadata"]["labels"].to_string().contains("time:arrival") {
            event["time"] = like["time"].clone();
        }
    }
    events
}

#[test]
fn framed_lines_answer_in_order() {
    let options = Options { framed: true, ..Options::default() };
    let input = br#"{"id":1,"raw":"a\nb"}
{"id":"x","raw":" ","source":"nginx"}
not json
{"id":null,"raw":"message repeated 3 times: [ x ]"}
"#;
    let answers = filter(&options, input);
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0]["id"], 1);
    assert_eq!(answers[0]["events"][0]["raw_data"], "a\nb");
    assert_eq!(answers[1]["id"], "x");
    assert_eq!(answers[1]["error"], "empty: nothing but blanks or nul bytes");
    assert!(answers[2]["error"].as_str().unwrap().starts_with("malformed frame"));
    assert_eq!(answers[3]["events"].as_array().unwrap().len(), 3);
}

#[test]
fn a_long_line_is_cut_and_flagged() {
    let mut input = vec![b'x'; 10_000_000];
    input.extend_from_slice(b"\nafter\n");
    let events = filter(&Options::default(), &input);
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["raw_data"].as_str().unwrap().len(), RAW_BYTES_MAX);
    assert_eq!(events[0]["metadata"]["is_truncated"], true);
    assert_eq!(events[0]["metadata"]["untruncated_size"], 10_000_000);
    assert_eq!(events[0]["unmapped"]["raw_sha256"].as_str().unwrap().len(), 32);
    assert_eq!(events[1]["raw_data"], "after");
}

#[test]
fn dead_letters_keep_their_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dead.ndjson");
    let options = Options { dead_letters: Some(path.clone()), ..Options::default() };
    let bomb = "[".repeat(10_000) + &"]".repeat(10_000);
    let input = [b"\x01\x02\x03\x04\n".as_slice(), bomb.as_bytes(), b"\nfine\n"].concat();
    let events = filter(&options, &input);
    assert_eq!(events.len(), 1);
    let text = std::fs::read_to_string(&path).unwrap();
    let rows: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let codes: Vec<_> = rows.iter().map(|r| r["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["binary", "too_deep"]);
    assert_eq!(rows[0]["raw_base64"], STANDARD.encode(b"\x01\x02\x03\x04"));
    assert_eq!((rows[1]["sequence"].as_u64(), rows[1]["offset"].as_u64()), (Some(1), Some(5)));
}

/// A file with a new key.
fn key_file(folder: &std::path::Path) -> PathBuf {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = folder.join("local.key");
    let open = File::options().write(true).create_new(true).mode(0o600).open(&path);
    open.unwrap().write_all(privacy::generate("k1", [5; 32]).unwrap().as_bytes()).unwrap();
    path
}

#[test]
fn with_a_key_no_plain_value_survives_in_events_or_dead_letters() {
    let folder = tempfile::tempdir().unwrap();
    let dead = folder.path().join("dead");
    let options = Options {
        privacy_key: Some(key_file(folder.path())),
        dead_letters: Some(dead.clone()),
        ..Options::default()
    };
    let mut input = Vec::new();
    for line in [
        &b"{\"nid\":1234567890,\"email\":\"rahim@mof.gov.bd\",\"user\":\"rahim\"}"[..],
        b"CEF:0|V|P|1|1|n|5|suser=rahim@mof.gov.bd msg=call 01712345678",
        b"Mar  1 10:00:00 h app[1]: \xff caller 01712345678",
        b"\xff\xfec\0a\0l\0l\0 \x000\x001\x007\x001\x002\x003\x004\x005\x006\x007\x008\0",
        "কল ০১৭১২৩৪৫৬৭৮".as_bytes(),
        b"\x01\x02\x03\x04\x05\x06 01712345678",
    ] {
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    let events = filter(&options, &input);
    let letters = std::fs::read_to_string(&dead).unwrap();
    assert_eq!((events.len(), letters.lines().count()), (5, 1));
    let text = serde_json::to_string(&events).unwrap();
    for plain in ["1234567890", "rahim@", "01712345678", "০১৭১২৩৪৫৬৭৮"] {
        assert!(!text.contains(plain), "{plain} in {text}");
    }
    assert!(text.contains("tok:nid:k1:") && text.contains("@mof.gov.bd"));
    let phones: Vec<_> =
        text.match_indices("tok:phone:k1:").map(|(at, _)| &text[at..at + 37]).collect();
    assert!(phones.len() >= 6 && phones.iter().all(|token| *token == phones[0]), "{phones:?}");
    // What is kept in base64 beside text that is no UTF-8 is masked too.
    for event in &events[2..4] {
        let bytes = STANDARD.decode(event["unmapped"]["raw_base64"].as_str().unwrap()).unwrap();
        let wide: Vec<u8> = bytes.iter().copied().filter(|b| *b != 0).collect();
        assert!(wide.windows(13).any(|w| w == b"tok:phone:k1:"), "{bytes:?}");
    }
    let letter: Value = serde_json::from_str(&letters).unwrap();
    let bytes = STANDARD.decode(letter["raw_base64"].as_str().unwrap()).unwrap();
    assert!(bytes.starts_with(b"\x01\x02\x03\x04\x05\x06 tok:phone:k1:"));
}
