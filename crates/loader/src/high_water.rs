//! How far each raw partition has come, so that what a restarted normalizer wrote twice is dropped.
//!
//! Within one partition of `events` (or `dead-letters`) the places of each raw partition only rise
//! by first appearance; whatever is not higher than what was seen is a repetition. The marks travel
//! in the metadata of the committed offset and therefore have a size limit.

use model::EventPlace;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

/// The most bytes of the encoded marks, below what a commit's metadata may have
/// (`bus::consumer::COMMIT_METADATA_BYTES_MAX`); at some 25 bytes a mark this is room for more than
/// 1,000 agencies.
pub(crate) const ENCODED_BYTES_MAX: usize = 30_000;

/// Offset and index: which event of a raw partition.
type Place = (i64, u32);

/// A raw partition's mark, and when it last rose (counted in records).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    place: Place,
    touched: u64,
}

/// The highest place seen of each raw partition.
#[derive(Debug, Clone, Default)]
pub(crate) struct HighWater {
    /// By topic, and by the few partitions of it (mostly one) that one of ours repeats.
    marks: HashMap<String, Vec<(i32, Mark)>>,
    records: u64,
}

impl PartialEq for HighWater {
    fn eq(&self, other: &Self) -> bool {
        let places = |h: &Self| {
            let marks = h.marks.iter().flat_map(|(topic, list)| {
                list.iter().map(|(partition, mark)| (topic.clone(), *partition, mark.place))
            });
            marks.collect::<BTreeSet<_>>()
        };
        places(self) == places(other)
    }
}

impl HighWater {
    /// Whether the event is new; its place is then the highest.
    pub(crate) fn rises_to(&mut self, from: &EventPlace<'_>) -> bool {
        self.records += 1;
        let mark = Mark { place: (from.raw.offset, from.index), touched: self.records };
        let Some(list) = self.marks.get_mut(from.raw.topic) else {
            self.marks.insert(from.raw.topic.to_owned(), vec![(from.raw.partition, mark)]);
            return true;
        };
        match list.iter_mut().find(|(partition, _)| *partition == from.raw.partition) {
            Some((_, known)) if known.place >= mark.place => false,
            Some((_, known)) => {
                *known = mark;
                true
            }
            None => {
                list.push((from.raw.partition, mark));
                true
            }
        }
    }

    /// As text: `topic:partition:offset.index,…`. What would not fit is left out, the longest at
    /// rest first: of those partitions a repetition could no longer be told. Returns how many.
    pub(crate) fn encode(&self, out: &mut String) -> usize {
        let mut marks: Vec<_> = self
            .marks
            .iter()
            .flat_map(|(topic, list)| list.iter().map(move |m| (topic, m)))
            .collect();
        marks.sort_by_key(|(_, (_, mark))| std::cmp::Reverse(mark.touched));
        let start = out.len();
        for (written, (topic, (partition, mark))) in marks.iter().enumerate() {
            let end = out.len();
            let comma = if end == start { "" } else { "," };
            let (offset, index) = mark.place;
            let _ = write!(out, "{comma}{topic}:{partition}:{offset}.{index}");
            if out.len() - start > ENCODED_BYTES_MAX {
                out.truncate(end);
                return marks.len() - written;
            }
        }
        0
    }

    /// Reads the text; `None` where it is malformed.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let mut marks: HashMap<String, Vec<(i32, Mark)>> = HashMap::new();
        for mark in text.split(',').filter(|mark| !mark.is_empty()) {
            let mut fields = mark.rsplitn(3, ':');
            let (offset, index) = fields.next()?.split_once('.')?;
            let place = (offset.parse().ok()?, index.parse().ok()?);
            let partition = fields.next()?.parse().ok()?;
            let list = marks.entry(fields.next()?.to_owned()).or_default();
            list.push((partition, Mark { place, touched: 0 }));
        }
        Some(Self { marks, records: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::RawPlace;

    fn place(topic: &str, offset: i64, index: u32) -> EventPlace<'_> {
        let raw = RawPlace { topic, partition: 2, offset, kafka_ms: 0 };
        EventPlace { raw, index, count: 3 }
    }

    #[test]
    fn only_what_is_higher_is_new() {
        let mut high = HighWater::default();
        for (topic, offset, index, new) in [
            ("raw.mof", 5, 0, true),
            ("raw.mof", 5, 0, false),
            ("raw.mof", 5, 1, true),
            ("raw.moh", 1, 0, true),
            ("raw.mof", 4, 9, false),
            ("raw.mof", 9, 0, true),
            ("raw.moh", 1, 0, false),
        ] {
            assert_eq!(high.rises_to(&place(topic, offset, index)), new, "{topic} {offset}");
        }
    }

    #[test]
    fn text_and_back() {
        let mut high = HighWater::default();
        for topic in ["raw.mof", "raw.moh", "raw.a-b"] {
            high.rises_to(&place(topic, 1 << 40, 7));
        }
        let mut text = String::new();
        assert_eq!(high.encode(&mut text), 0);
        assert_eq!(HighWater::decode(&text), Some(high));
        assert_eq!(HighWater::decode(""), Some(HighWater::default()));
        for bad in ["raw.mof", "raw.mof:1", "raw.mof:1:5", "raw.mof:x:5.0", "raw.mof:1:5.x"] {
            assert_eq!(HighWater::decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn too_many_marks_lose_those_longest_at_rest() {
        let mut high = HighWater::default();
        let topics: Vec<String> = (0..4_000).map(|n| format!("raw.agency-{n:04}")).collect();
        for topic in &topics {
            high.rises_to(&place(topic, 1, 0));
        }
        high.rises_to(&place(&topics[0], 2, 0));
        let mut text = String::new();
        let lost = high.encode(&mut text);
        assert!(lost > 0 && text.len() <= ENCODED_BYTES_MAX, "{lost}");
        let mut kept = HighWater::decode(&text).unwrap();
        assert_eq!(kept.marks.len(), 4_000 - lost);
        assert!(!kept.rises_to(&place(&topics[0], 2, 0)), "the latest is kept");
        assert!(kept.rises_to(&place(&topics[1], 1, 0)), "the one longest at rest is not");
    }
}
