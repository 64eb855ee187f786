//! Tests of line framing, however the reads split it.

use super::*;
use crate::Cut;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

type Owned = (Vec<u8>, u64, u64, Option<Cut>);

fn owned(frame: Frame<'_>) -> Owned {
    (frame.bytes.to_vec(), frame.start, frame.end, frame.cut)
}

/// Feeds `chunks` and then the end.
fn frames(mut lines: Lines, chunks: &[&[u8]]) -> Vec<Owned> {
    let mut found = Vec::new();
    for chunk in chunks {
        let mut rest = *chunk;
        while let Some(frame) = lines.next(&mut rest) {
            found.push(owned(frame));
        }
        assert!(rest.is_empty());
    }
    found.extend(lines.finish().map(owned));
    assert_eq!(lines.pending(), 0);
    assert_eq!(lines.start(), chunks.iter().map(|c| c.len() as u64).sum::<u64>());
    found
}

fn hash(record: &[u8]) -> [u8; 16] {
    Sha256::digest(record)[..16].try_into().unwrap()
}

/// The same, written as plainly as can be, over the whole input.
fn oracle(input: &[u8], max: usize, keep_empty: bool) -> Vec<Owned> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < input.len() {
        let newline = input[start..].iter().position(|b| *b == b'\n').map(|at| start + at);
        let end = newline.map_or(input.len(), |at| at + 1);
        let mut line = &input[start..newline.unwrap_or(input.len())];
        if newline.is_some() && line.last() == Some(&b'\r') {
            line = &line[..line.len() - 1];
        }
        let cut = (line.len() > max).then(|| Cut { bytes: line.len() as u64, sha256: hash(line) });
        if !line.is_empty() || keep_empty {
            found.push((line[..line.len().min(max)].to_vec(), start as u64, end as u64, cut));
        }
        start = end;
    }
    found
}

/// Splits `input` at the given places, taken modulo what is left.
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

#[test]
fn tables() {
    let check = |chunks: &[&str], expected: &[(&str, u64, u64)]| {
        let chunks: Vec<_> = chunks.iter().map(|c| c.as_bytes()).collect();
        let found = frames(Lines::new(100), &chunks);
        let found: Vec<_> =
            found.iter().map(|f| (std::str::from_utf8(&f.0).unwrap(), f.1, f.2)).collect();
        assert_eq!(found, expected, "{chunks:?}");
    };
    check(&[], &[]);
    check(&["\n\r\n\n"], &[]);
    check(&["a\nb\n"], &[("a", 0, 2), ("b", 2, 4)]);
    check(&["a\r\nb\n"], &[("a", 0, 3), ("b", 3, 5)]);
    check(&["a\r", "\nb"], &[("a", 0, 3), ("b", 3, 4)]);
    check(&["\r", "\n", "b\n"], &[("b", 2, 4)]);
    check(&["a\r\r\n"], &[("a\r", 0, 4)]);
    check(&["\n\na\n"], &[("a", 2, 4)]);
    check(&["a\r"], &[("a\r", 0, 2)]);
    check(&["ab", "", "c", "d\ne"], &[("abcd", 0, 5), ("e", 5, 6)]);
}

#[test]
fn a_long_line_is_cut_counted_and_hashed_and_the_next_one_is_whole() {
    let long = vec![b'x'; 10_000_000];
    let mut input = long.clone();
    input.extend_from_slice(b"\r\nnext\n");
    let chunks: Vec<_> = input.chunks(65_536).collect();
    let found = frames(Lines::new(1_000_000), &chunks);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].0.len(), 1_000_000);
    assert_eq!(found[0].3, Some(Cut { bytes: 10_000_000, sha256: hash(&long) }));
    assert_eq!(found[1], (b"next".to_vec(), 10_000_002, 10_000_007, None));
    let hex = found[0].3.unwrap().sha256_hex();
    assert!(hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
}

#[test]
fn a_cut_line_of_carriage_returns_is_not_an_empty_line() {
    let input = b"\r\r\r\r\n";
    assert_eq!(frames(Lines::new(1), &[&input[..3], &input[3..]]), oracle(input, 1, false));
}

#[test]
fn a_restart_forgets_the_unfinished_line() {
    let mut lines = Lines::new(100);
    assert!(lines.next(&mut &b"unfinished"[..]).is_none());
    assert_eq!((lines.start(), lines.pending()), (0, 10));
    lines.restart(77);
    let frame = lines.next(&mut &b"a\n"[..]).map(owned);
    assert_eq!(frame, Some((b"a".to_vec(), 77, 79, None)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn chunks_do_not_matter_and_the_plain_way_agrees(
        input in prop::collection::vec(
            prop_oneof![3 => Just(b'\n'), 2 => Just(b'\r'), 8 => Just(b'x'), 1 => any::<u8>()],
            0..200,
        ),
        places in prop::collection::vec(0usize..40, 0..20),
        max in 1usize..20,
        keep_empty: bool,
    ) {
        let lines = Lines::new(max);
        let lines = if keep_empty { lines.keep_empty() } else { lines };
        prop_assert_eq!(frames(lines, &split(&input, &places)), oracle(&input, max, keep_empty));
    }
}

#[test]
fn newlines_of_utf_16_are_two_bytes_at_an_even_offset() {
    let text = "one\r\n\u{0a0a}two\n\n\u{10d}";
    for unit in [Unit::Utf16Le, Unit::Utf16Be] {
        let units = text.encode_utf16();
        let little = unit == Unit::Utf16Le;
        let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        let bytes: Vec<u8> = units.flat_map(bytes).collect();
        for at in (0..bytes.len()).step_by(2) {
            let mut lines = Lines::new(1000).of(unit);
            let mut found = Vec::new();
            for mut rest in [&bytes[..at], &bytes[at..]] {
                while let Some(frame) = lines.next(&mut rest) {
                    found.push((frame.start, frame.end, frame.bytes.to_vec()));
                }
            }
            let last = lines.finish().unwrap();
            found.push((last.start, last.end, last.bytes.to_vec()));
            let expected = [(0, 10, 0..8), (10, 20, 10..18), (22, 24, 22..24)];
            let expected = expected.map(|(start, end, range)| (start, end, bytes[range].to_vec()));
            assert_eq!(found, expected, "{unit:?} split at {at}");
        }
    }
}
