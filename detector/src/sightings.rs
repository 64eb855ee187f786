//! Indicators in events: the first sighting of one on a host is an alert, the others of the same
//! hour are counted and told once at its end.
//!
//! The ids depend on nothing but indicator, source, host and window, so that several threads and
//! replays raise the same first alert. What is counted lives in memory: a detector that is killed
//! tells of the sightings since it began again.

use alert::{Again, Evidence, Sighting, Source};
use indicators::Set;
use indicators::observe::{Hit, Hits, observe};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Sightings that are counted together, in milliseconds of event time.
pub(crate) const WINDOW_MS: i64 = 3_600_000;
/// How long after the first one a window is told of, in milliseconds of arrival: late events of the
/// same hour are counted too.
const OPEN_MS: i64 = WINDOW_MS + 300_000;
/// Windows that are open at once, each with its last event; the oldest is told of when there are
/// more. With events of 2 KB that is 40 MB.
const OPEN_MAX: usize = 20_000;

/// What `event` holds that is listed.
pub(crate) fn sightings(set: &Set, event: &[u8]) -> Vec<Sighting> {
    if set.is_empty() {
        return Vec::new();
    }
    // Expiry is judged by the event's time, which is read only where there is anything to judge.
    let source = Source::new(event);
    let hits = match set.has_agencies() {
        true => Hits::of(&source.agency().unwrap_or("local".into())),
        false => Hits::default(),
    };
    let found = observe(set, event, i64::MIN, hits);
    if found.hits.is_empty() {
        return Vec::new();
    }
    let seconds = source.time() / 1000;
    let current = found
        .hits
        .into_iter()
        .filter(|hit| hit.listing.note.expires.is_none_or(|end| seconds < end));
    let owned = |hit: Hit<'_>| Sighting {
        name: hit.name,
        value: hit.value,
        kind: hit.listing.kind,
        indicator: hit.listing.indicator,
        note: hit.listing.note.clone(),
        version: set.version().to_owned(),
    };
    current.map(owned).collect()
}

/// Windows that are open.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    open: HashMap<String, Window>,
    order: VecDeque<String>,
}

/// The sightings of an indicator on a host within an hour.
#[derive(Debug)]
pub(crate) struct Window {
    uid: String,
    sighting: Sighting,
    again: Again,
    last: Arc<[u8]>,
    arrived_ms: i64,
    /// The header and partition of the last event, for the alert.
    pub(crate) raw: Vec<u8>,
    pub(crate) partition: i32,
}

/// Where an event came from, as far as its alert needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct From<'f> {
    pub(crate) arrived_ms: i64,
    pub(crate) raw: &'f [u8],
    pub(crate) partition: i32,
}

impl Windows {
    /// Counts a sighting in the event of `source`; its id where it is the first of its window.
    pub(crate) fn see(
        &mut self,
        sighting: Sighting,
        source: &Source<'_>,
        event: &Arc<[u8]>,
        from: From<'_>,
    ) -> Option<(String, Sighting)> {
        let uid = alert::sighting_uid(&sighting, source, WINDOW_MS);
        let time = source.time();
        if let Some(window) = self.open.get_mut(&uid) {
            window.again.count += 1;
            window.again.first_ms = window.again.first_ms.min(time);
            window.again.last_ms = window.again.last_ms.max(time);
            window.last = Arc::clone(event);
            window.raw = from.raw.to_vec();
            window.partition = from.partition;
            return None;
        }
        let window = Window {
            uid: uid.clone(),
            sighting: sighting.clone(),
            again: Again { count: 1, first_ms: time, last_ms: time },
            last: Arc::clone(event),
            arrived_ms: from.arrived_ms,
            raw: from.raw.to_vec(),
            partition: from.partition,
        };
        self.open.insert(uid.clone(), window);
        self.order.push_back(uid.clone());
        Some((uid, sighting))
    }

    /// A window that is to be told of: its time has come by `arrived_ms`, or there are too many.
    pub(crate) fn close(&mut self, arrived_ms: i64) -> Option<Window> {
        let first = self.order.front().and_then(|uid| self.open.get(uid))?;
        let due = first.arrived_ms.saturating_add(OPEN_MS) <= arrived_ms;
        if due || self.open.len() > OPEN_MAX { self.take() } else { None }
    }

    /// The oldest window.
    pub(crate) fn take(&mut self) -> Option<Window> {
        self.open.remove(&self.order.pop_front()?)
    }
}

impl Window {
    /// The finding that tells how often, where it was more than once.
    pub(crate) fn finding(&self, evidence: Evidence) -> Option<String> {
        let source = Source::new(&self.last);
        let tell =
            |again| alert::sighted(&self.sighting, &self.uid, &source, Some(again), evidence);
        (self.again.count > 1).then(|| tell(self.again))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn set() -> Set {
        let csv = "value,confidence,expires\n203.0.113.9,90,\n203.0.113.8,,1970-01-01T00:00:10Z\n";
        indicators::load(&[("feed.csv".into(), csv.into())], &[]).unwrap().0
    }

    fn event(time: i64, host: &str, address: &str) -> Arc<[u8]> {
        let text = format!(
            r#"{{"time":{time},"metadata":{{"uid":"u{time}","tenant_uid":"mof"}},"device":{{"hostname":"{host}"}},"observables":[{{"name":"src_endpoint.ip","type_id":2,"value":"{address}"}}]}}"#
        );
        text.into_bytes().into()
    }

    #[test]
    fn the_first_of_an_hour_is_told_at_once_and_the_others_are_counted() {
        let (set, mut windows, mut firsts) = (set(), Windows::default(), Vec::new());
        let from = From { arrived_ms: 7, raw: b"", partition: 0 };
        for (time, host, address) in [
            (1_000, "a", "203.0.113.9"),
            (2_000, "a", "203.0.113.9"),
            (500, "a", "203.0.113.9"),
            (2_000, "b", "203.0.113.9"),
            (WINDOW_MS, "a", "203.0.113.9"),
            (9_999, "a", "203.0.113.8"),
            (10_000, "c", "203.0.113.8"),
            (1_000, "a", "203.0.113.7"),
        ] {
            let event = event(time, host, address);
            let source = Source::new(&event);
            for sighting in sightings(&set, &event) {
                let first = windows.see(sighting, &source, &event, from);
                firsts.extend(first.map(|(uid, sighting)| {
                    alert::sighted(&sighting, &uid, &source, None, Evidence::Whole)
                }));
            }
        }
        let read = |text: &String| serde_json::from_str::<Value>(text).unwrap();
        let firsts: Vec<Value> = firsts.iter().map(read).collect();
        let hosts: Vec<_> =
            firsts.iter().map(|f| (f["time"].as_i64(), f["device"]["hostname"].as_str())).collect();
        let expected = [(1_000, "a"), (2_000, "b"), (WINDOW_MS, "a"), (9_999, "a")];
        assert_eq!(hosts, expected.map(|(time, host)| (Some(time), Some(host))));
        assert_eq!(
            (&firsts[0]["severity"], &firsts[0]["osint"][0]["value"]),
            (&"High".into(), &"203.0.113.9".into())
        );
        assert_eq!(firsts[3]["osint"][0]["expiration_time"], 10_000);
        assert!(windows.close(OPEN_MS + 6).is_none());
        let told = windows.close(OPEN_MS + 7).unwrap().finding(Evidence::Whole).unwrap();
        let told = read(&told);
        assert_eq!(told["count"], 3);
        assert_eq!(told["finding_info"]["first_seen_time"], 500);
        assert_eq!(told["finding_info"]["last_seen_time"], 2_000);
        assert_eq!(told["evidences"][0]["data"]["time"], 500);
        let first = firsts[0]["finding_info"]["uid"].as_str().unwrap();
        assert_eq!(told["finding_info"]["uid"], format!("{first}-again"));
        let rest = std::iter::from_fn(|| windows.take()).filter_map(|w| w.finding(Evidence::Whole));
        assert_eq!(rest.count(), 0);
    }
}
