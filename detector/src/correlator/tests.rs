//! Stage one and two with records and outboxes of our own in place of Kafka's, killed anywhere.

use super::*;
use crate::live::{Origin, Source as Rules};
use crate::stage::Detector;
use crate::watchlist::Watchlist;
use bus::OwnedRecord;
use bus::admin::Committed;
use bus::relay::TooLarge;
use model::RawPlace;
use proptest::prelude::*;
use serde_json::Value;

const RULES: &str = "
title: Failure
name: failure
logsource: {product: linux}
detection: {s: [failed], condition: s}
---
title: Success
name: success
logsource: {product: linux}
detection: {s: [accepted], condition: s}
---
title: Folds
id: folds
logsource: {product: linux}
x-prohori-suppress: {by: [who], for: 15s}
detection: {s: [failed], condition: s}
---
title: Mass
id: mass
logsource: {product: linux}
x-prohori-threshold: {count: 4, within: 5s}
x-prohori-suppress: {for: 30s}
detection: {s: [accepted, failed], condition: s}
---
title: Many
id: many
correlation: {type: event_count, rules: [failure], group-by: [who], timespan: 10s, condition: {gte: 3}}
---
title: Then
id: then
generate: true
correlation: {type: temporal_ordered, rules: [many, success], group-by: [who], timespan: 20s}
---
title: Few
id: few
correlation: {type: event_count, rules: [success], group-by: [who], timespan: 10s, condition: {lt: 2}}
---
title: Silent
id: silent
correlation: {type: event_count, rules: [success], group-by: [who], timespan: 4s, condition: {lt: 1}}
";

const SHARDS: i32 = 3;
const SOURCES: i32 = 2;

/// Topics in memory: what was sent, by topic and partition.
#[derive(Default)]
struct Topics {
    records: HashMap<(String, i32), Vec<OwnedRecord>>,
}

impl Outbox for Topics {
    fn send(&mut self, record: &Outgoing<'_>) -> Result<(), TooLarge> {
        let partition = record.partition.unwrap();
        let log = self.records.entry((record.topic.to_owned(), partition)).or_default();
        let headers = record.headers.iter().map(|(k, v)| ((*k).to_owned(), v.to_vec())).collect();
        log.push(OwnedRecord {
            topic: record.topic.to_owned(),
            partition,
            offset: log.len() as i64,
            kafka_ms: 0,
            key: None,
            value: record.value.to_vec(),
            headers,
        });
        Ok(())
    }
}

impl Topics {
    fn log(&self, topic: &str, partition: i32) -> &[OwnedRecord] {
        self.records.get(&(topic.to_owned(), partition)).map_or(&[], Vec::as_slice)
    }
}

fn live() -> (Arc<Live>, Metrics) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("r.yml"), RULES).unwrap();
    let rules =
        Rules::new(Origin::Folders(vec![folder.path().to_owned()]), sigma::Placeholders::new())
            .unwrap();
    let ruleset = rules.compile(|told| panic!("{told}")).unwrap();
    (Arc::new(Live::new(ruleset)), Metrics::register(&prometheus::Registry::new()).unwrap())
}

/// An event: second, who, and whether it is a success.
type Event = (i64, u8, bool);

fn event(number: usize, (second, who, success): Event) -> (String, String) {
    let word = if success { "accepted" } else { "failed" };
    let time = second * 1_000 + 1_700_000_000_000;
    let value = format!(
        "{{\"time\":{time},\"metadata\":{{\"uid\":\"{number:032x}\",\"log_source\":\"sshd\"}},\"message\":\"{word}\",\"unmapped\":{{\"who\":\"u{who}\"}}}}"
    );
    let raw = RawPlace {
        topic: "raw.mof",
        partition: number as i32 % SOURCES,
        offset: number as i64,
        kafka_ms: time + 100,
    };
    let mut place = String::new();
    EventPlace { raw, index: 0, count: 1 }.encode(&mut place);
    (value, place)
}

/// What stage one makes of the events; progress is told after each.
fn matches(live: &Arc<Live>, metrics: &Metrics, events: &[Event]) -> Topics {
    // A clock that always says that it is time to tell.
    let clock = || {
        use std::sync::atomic::{AtomicI64, Ordering};
        static NOW: AtomicI64 = AtomicI64::new(0);
        NOW.fetch_add(600, Ordering::Relaxed)
    };
    let mut topics = Topics::default();
    let mut stages: Vec<Detector> = (0..SOURCES)
        .map(|source| {
            let none = indicators::load(&[], &[]).unwrap().0;
            let watchlist = Watchlist::new(Arc::new(service::reload::Live::new(none)));
            let mut stage = Detector::new(
                Arc::clone(live),
                watchlist,
                metrics.clone(),
                SHARDS,
                clock,
                Arc::default(),
            );
            stage.assigned(&[Partition::new(topic::EVENTS, source)]);
            stage
        })
        .collect();
    for (number, event_of) in events.iter().enumerate() {
        let (value, place) = event(number, *event_of);
        let record = OwnedRecord {
            topic: topic::EVENTS.into(),
            partition: number as i32 % SOURCES,
            offset: number as i64,
            kafka_ms: 0,
            key: None,
            value: value.into_bytes(),
            headers: vec![("raw".into(), place.into_bytes())],
        };
        let stage = &mut stages[number % SOURCES as usize];
        stage.process(&record.as_record(), &mut topics);
        stage.tick(&mut topics);
    }
    topics
}

fn correlator(live: &Arc<Live>, metrics: &Metrics) -> Correlator {
    let options = Options { sources: SOURCES as usize, lateness_ms: 3_000, ..Options::default() };
    let setting = Setting { options, shards: SHARDS };
    Correlator::new(Arc::clone(live), setting, metrics.clone())
}

fn alerts(topics: &Topics) -> Vec<String> {
    let values = |partition| topics.log(topic::ALERTS, partition).iter();
    (0..SHARDS)
        .flat_map(values)
        .map(|record| {
            let finding: Value = serde_json::from_slice(&record.value).unwrap();
            let text = |pointer: &str| finding.pointer(pointer).unwrap().to_string();
            let raw = String::from_utf8(record.headers[0].1.clone()).unwrap();
            assert!(raw.starts_with("1\traw.mof\t"), "{raw}");
            [text("/finding_info/uid"), text("/activity_id"), text("/count"), text("/time")]
                .join(" ")
        })
        .collect()
}

fn clean(live: &Arc<Live>, metrics: &Metrics, matches: &Topics) -> Vec<String> {
    let mut stage = correlator(live, metrics);
    let mut out = Topics::default();
    for shard in 0..SHARDS {
        for record in matches.log(topic::MATCHES, shard) {
            stage.process(&record.as_record(), &mut out);
        }
    }
    alerts(&out)
}

/// The same with a kill after every `every` records: the next one begins where the note says.
fn killed(live: &Arc<Live>, metrics: &Metrics, matches: &Topics, every: usize) -> Vec<String> {
    let mut out = Topics::default();
    for shard in 0..SHARDS {
        let log = matches.log(topic::MATCHES, shard);
        let partition = Partition::new(topic::MATCHES, shard);
        let mut committed: Option<Committed> = None;
        while committed.as_ref().map_or(0, |c| c.offset) < log.len() as i64 {
            let mut stage = correlator(live, metrics);
            let from = committed.as_ref().map_or(0, |c| c.offset);
            let back = committed.as_ref().map_or(0, |c| stage.back_to(&partition, c));
            assert!(back <= from);
            for record in &log[back as usize..from as usize] {
                stage.recall(&record.as_record());
            }
            for record in log[from as usize..].iter().take(every) {
                stage.process(&record.as_record(), &mut out);
            }
            let offset = (from + every as i64).min(log.len() as i64);
            let metadata = stage.note(&partition, offset);
            committed = Some(Committed { offset, metadata });
        }
    }
    alerts(&out)
}

#[test]
fn matches_go_where_they_meet_and_become_alerts_beside_their_event() {
    let (live, metrics) = live();
    let events: Vec<Event> = (0..40).map(|n| (n, (n % 4) as u8, n > 30)).collect();
    let topics = matches(&live, &metrics, &events);
    let used = (0..SHARDS).filter(|shard| topics.log(topic::MATCHES, *shard).len() > 40);
    assert!(used.count() > 1, "groups are spread");
    let told = clean(&live, &metrics, &topics);
    assert!(told.len() > 6, "{told:?}");
    assert_eq!(metrics.correlation.ungrouped.get(), 0);
    assert!(metrics.correlation.groups.get() == 0, "what is no longer held is not shown");
}

#[test]
fn alerts_that_fold_carry_their_count_and_what_matched() {
    let (live, metrics) = live();
    let events: Vec<Event> = (0..26).map(|n| (n / 2, (n % 2) as u8, false)).collect();
    let mut topics = matches(&live, &metrics, &events);
    // Stage one was killed and wrote the first matches again.
    for shard in 0..SHARDS {
        let log = topics.records.get_mut(&(topic::MATCHES.to_owned(), shard)).unwrap();
        let again = log.clone().into_iter().take(20);
        log.splice(30..30, again);
        log.iter_mut().zip(0..).for_each(|(record, offset)| record.offset = offset);
    }
    let mut stage = correlator(&live, &metrics);
    let mut out = Topics::default();
    let mut last: HashMap<String, (u64, u64, Value)> = HashMap::new();
    for shard in 0..SHARDS {
        for record in topics.log(topic::MATCHES, shard) {
            stage.process(&record.as_record(), &mut out);
        }
        // Long after, so that all is told.
        for partition in 0..SOURCES {
            let progress = Progress { partition, arrival_ms: 1_700_009_000_000 }.encode();
            let mut record = topics.log(topic::MATCHES, shard)[0].clone();
            record.headers = vec![(PROGRESS_HEADER.to_owned(), progress.into_bytes())];
            stage.process(&record.as_record(), &mut out);
        }
        for record in out.log(topic::ALERTS, shard) {
            let finding: Value = serde_json::from_slice(&record.value).unwrap();
            if finding["finding_info"]["analytic"]["uid"] == "folds" {
                let uid = finding["finding_info"]["uid"].to_string();
                let known = last.remove(&uid).map_or(0, |(records, ..)| records);
                last.insert(uid, (known + 1, finding["count"].as_u64().unwrap(), finding));
            }
        }
    }
    let mut counts: Vec<(u64, u64)> = last.values().map(|(n, count, _)| (*n, *count)).collect();
    counts.sort_unstable();
    assert_eq!(counts, [(3, 13), (3, 13)], "raised, told at ten, told at the end; all counted");
    for (.., finding) in last.values() {
        assert_eq!(finding["unmapped"]["matched"][0]["value"], "failed");
        assert_eq!(finding["unmapped"]["rule"]["title"], "Folds");
    }
    assert!(metrics.correlation.duplicates.get() > 0);
    assert_eq!(metrics.rule_matches.with_label_values(&["folds"]).get(), 26);
}

#[test]
fn what_cannot_be_read_is_counted() {
    let (live, metrics) = live();
    let mut stage = correlator(&live, &metrics);
    let mut out = Topics::default();
    let stale = ("match".to_owned(), b"1\tgone\tr".to_vec());
    let (value, place) = event(0, (0, 0, false));
    for (headers, value) in [
        (vec![], "{}".to_owned()),
        (vec![("raw".to_owned(), place.clone().into_bytes()), stale], value),
    ] {
        let record = OwnedRecord {
            topic: topic::MATCHES.into(),
            partition: 0,
            offset: 0,
            kafka_ms: 0,
            key: None,
            value: value.into_bytes(),
            headers,
        };
        stage.process(&record.as_record(), &mut out);
    }
    assert_eq!((metrics.correlation.bad.get(), metrics.correlation.stale.get()), (1, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_kill_anywhere_changes_no_alert(
        steps in proptest::collection::vec((0i64..4, 0u8..3, 0u8..5), 0..300),
        every in 1usize..60,
    ) {
        let (live, metrics) = live();
        let mut second = 0;
        let events: Vec<Event> = steps
            .iter()
            .map(|(step, who, kind)| {
                second += step;
                (second, *who, *kind == 0)
            })
            .collect();
        let topics = matches(&live, &metrics, &events);
        let expected = clean(&live, &metrics, &topics);
        prop_assert_eq!(killed(&live, &metrics, &topics, every), expected);
    }
}
