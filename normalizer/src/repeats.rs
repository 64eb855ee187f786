//! Records that a collector sent once more after it was killed.
//!
//! A collector that is killed resumes at its checkpoint, which may lie behind what Kafka had
//! confirmed: the same lines come again, with the same stream, generation and offset, at new places
//! of the raw topic. Within one stream generation and offset only rise (a stream's records stay in
//! one partition, in order), so what does not rise is a repetition.
//!
//! The memory is this process's own. A normalizer that starts anew while a collector does cannot
//! tell the repetitions of just that moment; they have equal uids.

use model::Origin;
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// Streams that are remembered; some 150 bytes each. A national fleet of 50,000 hosts spreads over
/// many normalizers. When it is reached all are forgotten, which costs at most a repetition.
const STREAMS_MAX: usize = 100_000;

/// How far each stream has come.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    streams: HashMap<Box<[u8]>, Seen>,
}

#[derive(Debug)]
struct Seen {
    /// The highest generation and offset.
    place: (u64, u64),
    /// The raw offset at which that was.
    raw: i64,
    /// The raw offsets of the latest repetitions, for when the relay reads them again.
    repeats: Option<RangeInclusive<i64>>,
}

impl Repeats {
    /// Whether the record at raw offset `raw` with this `origin` (and the header's bytes) was sent
    /// before. A record that the relay reads again after a failure is judged as the first time.
    pub(crate) fn contain(&mut self, origin: &Origin<'_>, header: &[u8], raw: i64) -> bool {
        let place = (origin.generation, origin.offset);
        let key = stream_key(header);
        let Some(seen) = self.streams.get_mut(key) else {
            if self.streams.len() >= STREAMS_MAX {
                self.streams.clear();
            }
            self.streams.insert(key.into(), Seen { place, raw, repeats: None });
            return false;
        };
        if raw <= seen.raw {
            return seen.repeats.as_ref().is_some_and(|repeats| repeats.contains(&raw));
        }
        if place > seen.place {
            (seen.place, seen.raw) = (place, raw);
            return false;
        }
        let first = seen.repeats.as_ref().map(|r| *r.start()).filter(|first| *first > seen.raw);
        seen.repeats = Some(first.unwrap_or(raw)..=raw);
        true
    }
}

/// Version, collector and stream: the header up to its third tab.
fn stream_key(header: &[u8]) -> &[u8] {
    let third = memchr::memchr_iter(b'\t', header).nth(2);
    &header[..third.unwrap_or(header.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of (stream, generation, offset, raw offset) and whether it is a repetition.
    fn check(rows: &[(&str, u64, u64, i64, bool)]) {
        let mut repeats = Repeats::default();
        for (stream, generation, offset, raw, expected) in rows.iter().copied() {
            let origin = Origin { stream, generation, ..Origin::stdin(0, offset, 0) };
            let mut header = String::new();
            origin.encode(&mut header);
            let found = repeats.contain(&origin, header.as_bytes(), raw);
            assert_eq!(found, expected, "{stream} {generation} {offset} at {raw}");
        }
    }

    #[test]
    fn what_does_not_rise_is_a_repetition() {
        check(&[
            ("a", 1, 0, 10, false),
            ("a", 1, 5, 11, false),
            ("b", 1, 0, 12, false),
            ("a", 1, 0, 13, true),
            ("a", 1, 5, 14, true),
            ("a", 1, 9, 15, false),
            ("a", 2, 0, 16, false),
            ("a", 1, 9, 17, true),
        ]);
    }

    #[test]
    fn what_the_relay_reads_again_is_judged_as_the_first_time() {
        let first = [
            ("a", 1, 0, 10, false),
            ("a", 1, 5, 11, false),
            ("a", 1, 5, 12, true),
            ("a", 1, 9, 13, false),
        ];
        check(&[first, first].concat());
    }
}
