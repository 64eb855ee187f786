//! Syslog over TCP of any bytes, cut anywhere into chunks: the same messages, in order, within limits;
//! and as datagrams. The first byte says how long chunks are, the second how long messages may be.
#![cfg_attr(fuzzing, no_main)]

use frame::{Frame, SyslogStream, datagram};

/// A message, where it began and ended, and the length it was cut from.
type Seen = (Vec<u8>, u64, u64, Option<u64>);

fn seen(frame: Frame<'_>) -> Seen {
    (frame.bytes.to_vec(), frame.start, frame.end, frame.cut.map(|cut| cut.bytes))
}

fn all(bytes: &[u8], chunk: usize, bytes_max: usize) -> Vec<Seen> {
    let mut stream = SyslogStream::new(bytes_max);
    let mut found = Vec::new();
    for chunk in bytes.chunks(chunk.max(1)) {
        let mut rest = chunk;
        while let Some(frame) = stream.next(&mut rest) {
            found.push(seen(frame));
        }
        assert!(rest.is_empty());
    }
    found.extend(stream.finish().map(seen));
    found
}

fuzz::target!(|bytes| {
    let [chunk, longest, stream @ ..] = bytes else { return };
    let bytes_max = usize::from(*longest) + 1;
    let whole = all(stream, stream.len(), bytes_max);
    assert_eq!(whole, all(stream, usize::from(*chunk), bytes_max));
    let mut at = 0;
    for (kept, start, end, cut) in &whole {
        assert!(*start >= at && *end > *start && *end <= stream.len() as u64, "{start} {end}");
        assert!(!kept.is_empty() && kept.len() <= bytes_max);
        assert!(cut.is_none_or(|whole| whole > kept.len() as u64));
        at = *end;
    }
    assert!(stream.starts_with(datagram(stream)));
});
