//! Any bytes, in pieces, joined to records of several lines and to audit events: frames follow one
//! another, and how the input was split changes nothing.
#![cfg_attr(fuzzing, no_main)]

use frame::{Assembler, Frame, Multiline};

/// Small, so that cutting is reached.
const BYTES_MAX: usize = 64;

type Found = Vec<(u64, u64, Vec<u8>)>;

fn note(found: &mut Found, frame: &Frame<'_>) {
    assert!(frame.bytes.len() <= BYTES_MAX && frame.start < frame.end);
    assert!(found.last().is_none_or(|last| last.1 <= frame.end && last.0 < frame.start));
    found.push((frame.start, frame.end, frame.bytes.to_vec()));
}

fn multiline(pieces: &[&[u8]]) -> Found {
    let (mut framer, mut found) = (Multiline::new(BYTES_MAX), Found::new());
    for mut rest in pieces.iter().copied() {
        while let Some(frame) = framer.next(&mut rest, |line| !line.starts_with(b" ")) {
            note(&mut found, &frame);
        }
    }
    while let Some(frame) = framer.finish(|line| !line.starts_with(b" ")) {
        note(&mut found, &frame);
    }
    found
}

fn audit(pieces: &[&[u8]]) -> Found {
    let (mut framer, mut found) = (Assembler::new(BYTES_MAX), Found::new());
    for mut rest in pieces.iter().copied() {
        while let Some(frame) = framer.next(&mut rest) {
            note(&mut found, &frame);
        }
    }
    while let Some(frame) = framer.finish() {
        note(&mut found, &frame);
    }
    found
}

fuzz::target!(|bytes| {
    // The first byte says how long the pieces are.
    if let Some((size, text)) = bytes.split_first() {
        let pieces: Vec<&[u8]> = text.chunks(usize::from(*size) + 1).collect();
        for framer in [multiline, audit] {
            assert_eq!(framer(&pieces), framer(&[text]));
        }
    }
});
