//! Tests of both syslog framings, however the reads split them.

use super::*;
use crate::Cut;
use proptest::prelude::*;

type Owned = (Vec<u8>, u64, u64, Option<Cut>);

fn owned(frame: Frame<'_>) -> Owned {
    (frame.bytes.to_vec(), frame.start, frame.end, frame.cut)
}

fn frames(max: usize, chunks: &[&[u8]]) -> Vec<Owned> {
    let mut stream = SyslogStream::new(max);
    let mut found = Vec::new();
    for chunk in chunks {
        let mut rest = *chunk;
        while let Some(frame) = stream.next(&mut rest) {
            found.push(owned(frame));
        }
        assert!(rest.is_empty());
    }
    found.extend(stream.finish().map(owned));
    assert_eq!(stream.start(), chunks.iter().map(|c| c.len() as u64).sum::<u64>());
    found
}

fn split<'a>(mut input: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    for place in places {
        let (chunk, rest) = input.split_at(place % (input.len() + 1));
        chunks.push(chunk);
        input = rest;
    }
    chunks.push(input);
    chunks
}

/// Whole, and byte by byte.
fn check(input: &str, expected: &[&str]) {
    let bytes: Vec<&[u8]> = input.as_bytes().chunks(1).collect();
    for chunks in [vec![input.as_bytes()], bytes] {
        let found = frames(100, &chunks);
        let found: Vec<_> = found.iter().map(|f| std::str::from_utf8(&f.0).unwrap()).collect();
        assert_eq!(found, expected, "{input:?}");
    }
}

#[test]
fn framings_are_told_apart() {
    check("", &[]);
    check("\n\r\n\0\n", &[]);
    check("<13>a\n<14>b\n", &["<13>a", "<14>b"]);
    check("<13>a\r\n<14>b", &["<13>a", "<14>b"]);
    check("<13>a\0\n", &["<13>a"]);
    check("5 <13>a6 <14>bc", &["<13>a", "<14>bc"]);
    check("5 <13>a\n6 <14>bc\n<15>d\n5 <16>e", &["<13>a", "<14>bc", "<15>d", "<16>e"]);
    check("<13>a\n5 <14>b<15>c\n", &["<13>a", "<14>b", "<15>c"]);
    // A newline within, and one that the sender put at the end.
    check("9 <13>a\nbcd9 <14>bcde\n", &["<13>a\nbcd", "<14>bcde"]);
    // Counted without a priority.
    check("5 hello6 world!", &["hello", "world!"]);
    check("6 hello\n<13>a\n", &["hello", "<13>a"]);
}

#[test]
fn numbers_that_are_no_counts_are_text() {
    check("2026 was a good year\n<13>a\n", &["2026 was a good year", "<13>a"]);
    check("2026-10-01 up\n", &["2026-10-01 up"]);
    check("12345678 <13>a\n<14>b\n", &["12345678 <13>a", "<14>b"]);
    check("9999999 no such length\n<14>b\n", &["9999999 no such length", "<14>b"]);
    check("0 <13>a\n05 <13>a\n", &["0 <13>a", "05 <13>a"]);
    check("17\n5 <13>a", &["17", "<13>a"]);
}

#[test]
fn an_unfinished_message_is_kept_when_the_connection_ends() {
    check("<13>unfin", &["<13>unfin"]);
    check("50 <13>unfin", &["<13>unfin"]);
    check("50 hello", &["50 hello"]);
    check("50 ", &["50 "]);
    check("50", &["50"]);
}

#[test]
fn a_count_beyond_the_limit_is_cut_and_the_next_message_is_whole() {
    let input = format!("300 <13>{}5 <14>b", "x".repeat(296));
    for size in [1, 7, 1000] {
        let chunks: Vec<_> = input.as_bytes().chunks(size).collect();
        let found = frames(100, &chunks);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].0, input.as_bytes()[4..104]);
        assert_eq!(found[0].3.map(|c| c.bytes), Some(300));
        assert_eq!((found[0].1, found[0].2), (0, 304));
        assert_eq!(found[1], (b"<14>b".to_vec(), 304, 311, None));
    }
}

#[test]
fn datagrams_lose_what_senders_add() {
    for (given, expected) in
        [("<13>a\n", "<13>a"), ("<13>a\0", "<13>a"), ("<13>a\nb\r\n", "<13>a\nb"), ("\n", "")]
    {
        assert_eq!(datagram(given.as_bytes()), expected.as_bytes());
    }
}

/// Bytes of which framings are made, and some others.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"5 <13>a".to_vec()),
        Just(b"<13>a\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\0".to_vec()),
        Just(b"1234567 ".to_vec()),
        (0usize..60).prop_map(|n| format!("{n} ").into_bytes()),
        prop::collection::vec(any::<u8>(), 0..8),
        Just(b"<".to_vec()),
        Just(b"xyz".to_vec()),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn chunks_do_not_matter(
        input in hostile(),
        places in prop::collection::vec(0usize..30, 0..20),
        max in 1usize..60,
    ) {
        let whole = frames(max, &[&input]);
        prop_assert_eq!(&frames(max, &split(&input, &places)), &whole);
        let mut at = 0;
        for (bytes, start, end, cut) in whole {
            prop_assert!(at <= start && start < end && end <= input.len() as u64);
            prop_assert!(!bytes.is_empty() && bytes.len() <= max);
            prop_assert!(cut.is_none_or(|c| c.bytes > max as u64 && bytes.len() == max));
            at = end;
        }
    }

    #[test]
    fn what_a_sender_frames_comes_back(
        messages in prop::collection::vec(("<[0-9]{1,3}>[a-z\\n]{0,20}[a-z]", any::<bool>()), 0..20),
        places in prop::collection::vec(0usize..30, 0..20),
    ) {
        let mut input = Vec::new();
        let mut sent = Vec::new();
        for (message, counted) in messages {
            let message = if counted { message } else { message.replace('\n', " ") };
            let framed =
                if counted { format!("{} {message}", message.len()) } else { format!("{message}\n") };
            input.extend_from_slice(framed.as_bytes());
            sent.push(message.into_bytes());
        }
        let found: Vec<_> = frames(100, &split(&input, &places)).into_iter().map(|f| f.0).collect();
        prop_assert_eq!(found, sent);
    }
}
