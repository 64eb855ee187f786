//! Streams of any bytes, cut anywhere into chunks, which never changes the lines; every byte is in one.
//! The first byte says how long chunks are, the second how long lines may be.
#![cfg_attr(fuzzing, no_main)]

use frame::{Cut, Frame, Lines};

/// What a frame was: its bytes, where it began and ended, and the cut.
type Seen = (Vec<u8>, u64, u64, Option<Cut>);

fn seen(frame: Frame<'_>) -> Seen {
    (frame.bytes.to_vec(), frame.start, frame.end, frame.cut)
}

fn all(bytes: &[u8], chunk: usize, bytes_max: usize) -> Vec<Seen> {
    let mut lines = Lines::new(bytes_max).keep_empty();
    let mut found = Vec::new();
    for chunk in bytes.chunks(chunk.max(1)) {
        let mut rest = chunk;
        while let Some(frame) = lines.next(&mut rest) {
            found.push(seen(frame));
        }
        assert!(rest.is_empty());
    }
    found.extend(lines.finish().map(seen));
    found
}

fuzz::target!(|bytes| {
    let [chunk, longest, stream @ ..] = bytes else { return };
    let bytes_max = usize::from(*longest) + 1;
    let whole = all(stream, stream.len(), bytes_max);
    assert_eq!(whole, all(stream, usize::from(*chunk), bytes_max));
    let mut at = 0;
    for (kept, start, end, cut) in &whole {
        assert!(*start == at && *end > *start && kept.len() <= bytes_max, "{start} {end}");
        assert_eq!(cut.is_some(), cut.is_some_and(|cut| cut.bytes > bytes_max as u64));
        at = *end;
    }
    assert_eq!(at, stream.len() as u64);
});
