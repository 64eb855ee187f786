//! Whether the platform itself is quiet, and what of that is new.

use fleet::{Fleet, State};
use notice::{Condition, Trouble};
use std::collections::BTreeMap;

/// A store that does not answer for so long is in trouble; shorter, it restarts.
const STORE_AWAY_MS: i64 = 120_000;
/// After a start collectors have this long to be heard: their heartbeats are read anew.
const FLEET_MS: i64 = 60_000;

/// What is kept of the looks.
pub(crate) struct Watch {
    quiet_ms: i64,
    begun_ms: Option<i64>,
    store_away_since: Option<i64>,
    /// When the newest event was stored; none: nothing is known of it now.
    newest_event: Option<i64>,
    /// Collectors that are known, and since when they are silent, where they are.
    collectors: BTreeMap<String, (Condition, Option<i64>)>,
}

/// A trouble that began or is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) what: String,
    pub(super) trouble: Trouble,
}

impl Watch {
    pub(crate) fn new(quiet_ms: i64) -> Self {
        Self {
            quiet_ms,
            begun_ms: None,
            store_away_since: None,
            newest_event: None,
            collectors: BTreeMap::new(),
        }
    }

    /// What the store said: `None` where it did not answer, else when the newest event was stored,
    /// of those that are not too old.
    pub(super) fn store(&mut self, now_ms: i64, said: Option<Option<i64>>) {
        self.begun_ms.get_or_insert(now_ms);
        match said {
            None => {
                self.store_away_since.get_or_insert(now_ms);
                self.newest_event = None;
            }
            Some(newest) => {
                self.store_away_since = None;
                self.newest_event = newest;
            }
        }
    }

    /// What is known of collectors.
    pub(super) fn collectors(&mut self, now_ms: i64, fleet: &Fleet) {
        let known = fleet.collectors().map(|(agency, collector)| {
            let beat = &collector.beat;
            let condition = Condition::Collector {
                agency: agency.to_string(),
                id: beat.collector.clone(),
                host: beat.host.clone().unwrap_or_else(|| beat.collector.clone()),
            };
            let silent = collector.state(now_ms) == State::Silent;
            let since = silent.then_some(collector.seen_ms);
            (format!("collector {agency} {}", beat.collector), (condition, since))
        });
        self.collectors = known.collect();
    }

    /// What is new beside `told`. What cannot be known now stays as it was told.
    pub(super) fn changes(&self, now_ms: i64, told: &BTreeMap<String, i64>) -> Vec<Change> {
        let mut looks: Vec<(String, Condition, Option<i64>)> = Vec::new();
        let away = self.store_away_since.filter(|since| now_ms - since >= STORE_AWAY_MS);
        if self.store_away_since.is_none() || away.is_some() {
            looks.push(("store".into(), Condition::Store, away));
        }
        if let Some(newest) = self.newest_event {
            let quiet = (now_ms - newest >= self.quiet_ms).then_some(newest);
            looks.push(("quiet".into(), Condition::Quiet, quiet));
        }
        if self.begun_ms.is_some_and(|begun| now_ms - begun >= FLEET_MS) {
            let all = self.collectors.iter();
            looks.extend(
                all.map(|(what, (condition, since))| (what.clone(), condition.clone(), *since)),
            );
        }
        let change = |(what, condition, since): (String, Condition, Option<i64>)| {
            let (since_ms, over) = match (since, told.get(&what)) {
                (Some(since), None) => (since, false),
                (None, Some(since)) => (*since, true),
                _ => return None,
            };
            Some(Change { what, trouble: Trouble { condition, over, since_ms } })
        };
        looks.into_iter().filter_map(change).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fleet::{CollectorBeat, Heartbeat};

    const QUIET_MS: i64 = 900_000;

    fn names(changes: &[Change]) -> Vec<(&str, bool)> {
        changes.iter().map(|change| (change.what.as_str(), change.trouble.over)).collect()
    }

    /// What was told, once these changes were.
    fn tell(told: &mut BTreeMap<String, i64>, changes: &[Change]) {
        for Change { what, trouble } in changes {
            if trouble.over {
                told.remove(what);
            } else {
                told.insert(what.clone(), trouble.since_ms);
            }
        }
    }

    #[test]
    fn silence_is_told_once_and_its_end_once() {
        let (mut watch, mut told) = (Watch::new(QUIET_MS), BTreeMap::new());
        let minute = 60_000;
        let mut all = Vec::new();
        // Events until minute 5, none until minute 30, then again.
        for now in (0..40).map(|n| n * minute) {
            let newest = if now < 5 * minute { now } else { 5 * minute };
            let newest = if now >= 30 * minute { now } else { newest };
            watch.store(now, Some(Some(newest)));
            let changes = watch.changes(now, &told);
            tell(&mut told, &changes);
            all.extend(changes.iter().map(|c| (now / minute, c.what.clone(), c.trouble.over)));
        }
        assert_eq!(all, [(20, "quiet".into(), false), (30, "quiet".into(), true)]);
    }

    #[test]
    fn a_store_that_restarts_is_no_trouble_and_what_is_unknown_stays() {
        let (mut watch, mut told) = (Watch::new(QUIET_MS), BTreeMap::new());
        watch.store(0, Some(Some(0)));
        watch.store(1_000, None);
        assert!(watch.changes(60_000, &told).is_empty(), "it may restart");
        let gone = watch.changes(200_000, &told);
        assert_eq!(names(&gone), [("store", false)]);
        tell(&mut told, &gone);
        // A quiet platform that was told is not over because the store cannot say so.
        told.insert("quiet".into(), 0);
        assert!(watch.changes(3_000_000, &told).is_empty());
        // It answers, and nothing was ever stored in the time that is looked at.
        watch.store(3_000_000, Some(None));
        assert_eq!(names(&watch.changes(3_000_000, &told)), [("store", true)]);
    }

    #[test]
    fn a_new_installation_is_not_quiet() {
        let mut watch = Watch::new(QUIET_MS);
        for now in [0, 10_000_000] {
            watch.store(now, Some(None));
            assert!(watch.changes(now, &BTreeMap::new()).is_empty());
        }
    }

    #[test]
    fn a_collector_is_told_when_it_is_silent_and_when_it_is_heard_again() {
        let (mut watch, mut told) = (Watch::new(QUIET_MS), BTreeMap::new());
        let agency = model::Agency::new("mof").unwrap();
        let mut fleet = Fleet::default();
        let beat = CollectorBeat {
            collector: "c-1".into(),
            host: Some("web-1".into()),
            interval_s: 30,
            ..CollectorBeat::default()
        };
        let heartbeat = Heartbeat::Collector(beat);
        let note = |fleet: &mut Fleet, at_ms| {
            fleet.note(&agency, heartbeat.key().as_bytes(), &heartbeat.value(), at_ms);
        };
        note(&mut fleet, 1_000);
        watch.store(0, Some(None));
        let late = 10_000_000;
        watch.collectors(late, &fleet);
        let silent = watch.changes(late, &told);
        assert_eq!(names(&silent), [("collector mof c-1", false)], "{fleet:?}");
        assert_eq!(silent[0].trouble.since_ms, 1_000);
        tell(&mut told, &silent);
        assert!(watch.changes(late, &told).is_empty(), "once");
        // A start reads heartbeats anew: who is not there yet is not heard again.
        let mut again = Watch::new(QUIET_MS);
        again.store(late, Some(None));
        again.collectors(late, &Fleet::default());
        assert!(again.changes(late + FLEET_MS, &told).is_empty());
        note(&mut fleet, late);
        watch.collectors(late + 1, &fleet);
        assert_eq!(names(&watch.changes(late + 1, &told)), [("collector mof c-1", true)]);
    }
}
