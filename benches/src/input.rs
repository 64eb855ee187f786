//! Events of a wanted size and order, from events as the normalizer wrote them.

use serde_json::Value;
use std::collections::BTreeMap;

/// How many events a file has.
const EVENTS: usize = 200_000;
/// How many alike follow one another in natural order.
const RUN: usize = 40;
/// What is left out of an event until it is small enough, in this order.
const LEFT_OUT: [&str; 4] = ["raw_data", "observables", "unmapped", "enrichments"];

/// Events in some order, each a line.
pub(crate) struct Events(Vec<String>);

impl Events {
    /// Those of `lines` that have about `bytes`, whole or without some parts; all as they are where
    /// no size is given. They are repeated until there are enough.
    pub(crate) fn new(lines: &str, bytes: Option<usize>) -> Self {
        let fitting: Vec<String> = match bytes {
            None => lines.lines().map(str::to_owned).collect(),
            Some(bytes) => lines.lines().filter_map(|line| resized(line, bytes)).collect(),
        };
        Self(fitting.iter().cycle().take(EVENTS.min(fitting.len() * 50)).cloned().collect())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The mean size.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(String::len).sum::<usize>() / self.count().max(1)
    }

    /// In random order, the same one every time.
    pub(crate) fn shuffled(&mut self) {
        shuffle(&mut self.0);
    }

    /// In runs of events of one source and kind, as hosts send them; the runs in random order.
    pub(crate) fn natural(&mut self) {
        let mut alike: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in std::mem::take(&mut self.0) {
            alike.entry(kind(&line)).or_default().push(line);
        }
        let mut runs: Vec<Vec<String>> =
            alike.values().flat_map(|lines| lines.chunks(RUN).map(<[String]>::to_vec)).collect();
        shuffle(&mut runs);
        self.0 = runs.concat();
    }

    /// The first of them only.
    pub(crate) fn keep(&mut self, count: usize) {
        self.0.truncate(count);
    }

    /// As a file.
    pub(crate) fn text(&self) -> String {
        self.0.join("\n") + "\n"
    }
}

fn resized(line: &str, bytes: usize) -> Option<String> {
    let fits = |text: &String| (bytes * 7 / 10..=bytes * 13 / 10).contains(&text.len());
    let mut text = line.to_owned();
    let mut event: Value = serde_json::from_str(line).ok()?;
    for part in LEFT_OUT {
        if text.len() <= bytes * 13 / 10 {
            break;
        }
        event.as_object_mut()?.remove(part);
        text = event.to_string();
    }
    Some(text).filter(fits)
}

/// What makes events alike: source, event id and host.
fn kind(line: &str) -> String {
    let event: Value = serde_json::from_str(line).unwrap_or_default();
    let part = |pointer| event.pointer(pointer).map(Value::to_string).unwrap_or_default();
    [part("/metadata/log_source"), part("/metadata/event_code"), part("/device/hostname")].join(" ")
}

fn shuffle<T>(items: &mut [T]) {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    for last in (1..items.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        items.swap(last, state as usize % (last + 1));
    }
}
