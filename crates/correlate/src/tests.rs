//! Correlations held against the plain definitions, in every order in which matches may come.

use crate::naive::{self, Told};
use crate::*;
use proptest::prelude::*;
use sigma::{Document, Placeholders};
use std::sync::Arc;

const LATENESS_MS: i64 = 5_000;

const RULES: &str = "
title: A
name: a
logsource: {product: p}
detection: {s: {x: 1}, condition: s}
---
title: B
name: b
logsource: {product: p}
detection: {s: {x: 2}, condition: s}
---
title: C
name: c
logsource: {product: p}
detection: {s: {x: 3}, condition: s}
";

/// Rules a, b and c, and correlations in YAML; what is wrong with them.
fn compile(correlations: &str) -> (Plan, Vec<String>) {
    compile_text(&format!("{RULES}---\n{correlations}"))
}

fn compile_text(text: &str) -> (Plan, Vec<String>) {
    let parsed = sigma::parse("t.yml", text, &Placeholders::new());
    let (mut rules, mut found) = (Vec::new(), Vec::new());
    for document in parsed.documents {
        match document {
            Document::Rule(rule) => rules.push(*rule),
            Document::Correlation(correlation) => found.push(*correlation),
            Document::Filter(_) => {}
        }
    }
    let resolved = sigma::resolve(&rules, found);
    let (plan, too_large) = Plan::with_rules(&rules, &resolved.correlations);
    let errors = parsed.errors.iter().chain(&resolved.errors).chain(&too_large);
    (plan, errors.map(ToString::to_string).collect())
}

fn plan(correlations: &str) -> Arc<Plan> {
    let (plan, errors) = compile(correlations);
    assert!(errors.is_empty(), "{errors:?}");
    Arc::new(plan)
}

mod folding;

/// An event that a rule matched: `rule time g v`, the time in seconds.
#[derive(Debug, Clone)]
struct Event {
    rule: usize,
    time: i64,
    /// How much later it arrives.
    delay: i64,
    g: Option<String>,
    v: Option<String>,
    uid: u128,
}

/// Reads `a 3 x 17; b 4 y -`: events of rule, second, g and v, where `-` is none.
fn events(text: &str) -> Vec<Event> {
    let field = |word: Option<&str>| word.filter(|word| *word != "-").map(str::to_owned);
    let read = |(uid, text): (usize, &str)| {
        let mut words = text.split_whitespace();
        let rule = words.next().unwrap().bytes().next().unwrap() - b'a';
        let seconds: f64 = words.next().unwrap().parse().unwrap();
        let (g, v) = (field(words.next()), field(words.next()));
        let time = (seconds * 1_000.0) as i64;
        Event { rule: rule.into(), time, delay: 0, g, v, uid: uid as u128 + 1 }
    };
    text.split(';').filter(|text| !text.trim().is_empty()).enumerate().map(read).collect()
}

fn found(engine: &mut Engine, event: &Event) -> Vec<Found> {
    let plan = Arc::clone(engine.plan());
    let body = engine.body(format!("event {}", event.uid).as_bytes(), b"");
    let leaves = plan.leaves(event.rule).iter();
    leaves
        .map(|leaf| {
            let wanted = plan.units()[leaf.unit].wanted(leaf.slot).iter();
            let value = |name: &String| match name.as_str() {
                "g" | "g2" => event.g.as_deref().map(Into::into),
                "v" => event.v.as_deref().map(Into::into),
                _ => None,
            };
            Found {
                leaf: *leaf,
                rule: "r".into(),
                uid: event.uid,
                time: event.time,
                arrival: event.time + event.delay,
                scope: "mof".into(),
                values: wanted.map(value).collect(),
                body: body.clone(),
            }
        })
        .collect()
}

/// The last word on each alarm, sorted.
fn told(alarms: &[Alarm]) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    for alarm in alarms {
        let row = (alarm.uid, alarm.time, alarm.measured.clone(), alarm.count, alarm.folded);
        match (alarm.stage, told.iter_mut().find(|known| known.0 == alarm.uid)) {
            (Stage::Raised, None) => told.push(row),
            (Stage::Grown | Stage::Closed, Some(known)) => *known = row,
            _ => panic!("{alarm:?} twice, or closed before it was raised"),
        }
    }
    told.sort();
    told
}

/// All at the end of the input, in any order: as the filter does.
fn offline(plan: &Arc<Plan>, events: &[Event], end: i64) -> Vec<Alarm> {
    let mut engine = Engine::new(Arc::clone(plan), Options::default());
    let mut alarms = Vec::new();
    for event in events {
        let event = Event { delay: 0, ..event.clone() };
        for found in found(&mut engine, &event) {
            engine.take(found);
        }
    }
    engine.finish(end, &mut alarms);
    alarms
}

fn seconds(alarms: &[Alarm]) -> Vec<(i64, u64)> {
    told(alarms)
        .iter()
        .map(|told| (told.1 / 1_000, told.3))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// The second at which each alarm is raised, and how many events it counts.
fn check(correlation: &str, text: &str, expected: &[(i64, u64)]) {
    let plan = plan(&format!("title: t\nid: t-1\ncorrelation: {{{correlation}}}"));
    let events = events(text);
    let end = events.iter().map(|event| event.time).max().unwrap_or(0);
    let alarms = offline(&plan, &events, end);
    assert_eq!(seconds(&alarms), expected, "{correlation}\n{text}");
}

#[test]
fn counts_within_sliding_windows() {
    let three = "type: event_count, rules: [a], group-by: [g], timespan: 10s, condition: {gte: 3}";
    check(three, "a 1 x; a 2 x; a 3 x", &[(3, 3)]);
    check(three, "a 1 x; a 2 y; a 3 x", &[]);
    check(three, "a 1 x; a 2 x; a 11 x", &[(11, 3)]);
    check(three, "a 1 x; a 2 x; a 11.001 x", &[]);
    check(three, "a 8 x; a 9 x; a 12 x; a 13 x; a 14 x", &[(12, 5)]);
    check(three, "a 1 x; a 2 x; a 3 x; a 30 x; a 31 x; a 32 x", &[(3, 3), (32, 3)]);
    check(three, "a 1 -; a 2 -; a 3 -", &[]);
    check(three, "a 1 x; b 2 x; a 3 x", &[]);
    let same = "title: t\ncorrelation: {type: event_count, rules: [a, b], timespan: 10s, condition: {gte: 2}}";
    let mut both = events("a 1 x; b 1 x");
    both[1].uid = both[0].uid;
    assert_eq!(seconds(&offline(&plan(same), &both, 1_000)), [], "one event counts once");
    let more = "type: event_count, rules: [a, b], timespan: 10s, condition: {gt: 2}";
    check(more, "a 1 x; b 2 y; a 3 z", &[(3, 3)]);
}

#[test]
fn distinct_values_and_sums() {
    let users = "type: value_count, rules: [a], group-by: [g], timespan: 10s, condition: {field: v, gte: 3}";
    check(users, "a 1 x 1; a 2 x 1; a 3 x 2; a 4 x 3", &[(4, 4)]);
    check(users, "a 1 x 1; a 2 x 2; a 3 x -; a 12 x 3", &[]);
    let sum =
        "type: value_sum, rules: [a], group-by: [g], timespan: 10s, condition: {field: v, gt: 10}";
    check(sum, "a 1 x 5; a 2 x 5; a 3 x 0.000001", &[(3, 3)]);
    check(sum, "a 1 x 5; a 2 x 5; a 3 x word", &[]);
    check(sum, "a 1 x 9; a 12 x 9", &[]);
    let average =
        "type: value_avg, rules: [a], group-by: [g], timespan: 10s, condition: {field: v, gt: 4}";
    check(average, "a 1 x 5; a 2 x 3", &[]);
    check(average, "a 1 x 5; a 2 x 3.5", &[(11, 2)]);
    let median = "type: value_median, rules: [a], group-by: [g], timespan: 10s, condition: {field: v, gte: 3}";
    check(median, "a 1 x 1; a 2 x 2; a 3 x 4; a 4 x 90", &[(11, 4)]);
    check(median, "a 1 x 1; a 2 x 2; a 3 x 3.9; a 4 x 90", &[]);
    let high = "type: value_percentile, rules: [a], timespan: 10s, condition: {field: v, percentile: 75, gte: 4}";
    check(high, "a 1 x 1; a 2 x 2; a 3 x 4; a 4 x 90", &[(11, 4)]);
    let rare = "type: value_percentile, rules: [a], timespan: 10s, condition: {field: v, lte: 25}";
    check(rare, "a 1 x q; a 2 x p; a 3 x q; a 4 x q", &[(11, 4)]);
    check(rare, "a 1 x q; a 2 x p; a 3 x q", &[]);
}

#[test]
fn rules_together_and_in_order() {
    let all = "type: temporal, rules: [a, b, c], group-by: [g], timespan: 10s";
    check(all, "c 1 x; a 2 x; b 3 x", &[(3, 3)]);
    check(all, "a 1 x; a 2 x; a 3 x", &[]);
    check(all, "c 1 x; a 2 x; b 12 x", &[]);
    let two = "type: temporal, rules: [a, b, c], timespan: 10s, condition: {gte: 2}";
    check(two, "a 1 x; c 2 x", &[(2, 2)]);
    let either = "type: temporal, rules: [a, b, c], timespan: 10s, condition: a and (b or c)";
    check(either, "a 1 x; c 2 x", &[(2, 2)]);
    check(either, "b 1 x; c 2 x", &[]);
    let without =
        "type: temporal, rules: [a, b], group-by: [g], timespan: 10s, condition: a and not b";
    check(without, "a 1 x; b 2 x; a 3 y", &[(13, 1)]);
    let ordered = "type: temporal_ordered, rules: [a, b, c], group-by: [g], timespan: 10s";
    check(ordered, "a 1 x; b 2 x; c 3 x", &[(3, 3)]);
    check(ordered, "a 1 x; c 2 x; b 3 x", &[]);
    check(ordered, "c 1 x; b 1 x; a 1 x", &[(1, 3)]);
    check(ordered, "a 1 x; b 5 x; c 11 x", &[(11, 3)]);
    check(ordered, "a 1 x; b 5 x; c 12 x", &[]);
    check(ordered, "a 1 x; b 5 x; a 6 x; b 7 x; c 12 x", &[(12, 4)]);
}

#[test]
fn too_few_are_told_when_the_window_closes() {
    let few = "type: event_count, rules: [a], group-by: [g], timespan: 10s, condition: {lt: 3}";
    check(few, "a 1 x; a 2 x", &[(11, 2)]);
    check(few, "a 1 x; a 2 x; a 3 x", &[]);
    check(few, "a 9 x; a 10 x; a 11 x; b 60 x", &[]);
    let exact = "type: event_count, rules: [a], group-by: [g], timespan: 10s, condition: {eq: 2}";
    check(exact, "a 1 x; a 2 x; a 3 x", &[]);
    check(exact, "a 1 x; a 2 x", &[(11, 2)]);
    let range = "type: event_count, rules: [a], timespan: 10s, condition: {gt: 1, lte: 3}";
    check(range, "a 1 x; a 2 x; a 3 x; a 4 x", &[]);
    check(range, "a 1 x; a 2 x; a 3 x", &[(11, 3)]);
    // A heartbeat that stops: the first window without one.
    let silent = "type: event_count, rules: [a], group-by: [g], timespan: 10s, condition: {lt: 1}";
    check(silent, "a 1 x; a 9 x; a 17 x; a 25 x; a 60 y", &[(39, 0)]);
    check(silent, "a 1 x; a 9 x; a 17 x; a 25 x", &[]);
}

#[test]
fn names_differ_between_rules_and_correlations_go_on() {
    let aliased = "type: temporal, rules: [a, b], group-by: [who], timespan: 10s, aliases: {who: {a: g, b: v}}";
    check(aliased, "a 1 x -; b 2 - x", &[(2, 2)]);
    check(aliased, "a 1 x -; b 2 x y", &[]);
    let chain = "
title: many
name: many
correlation: {type: event_count, rules: [a], group-by: [g, v], timespan: 10s, condition: {gte: 3}}
---
title: then
id: t-2
correlation: {type: temporal_ordered, rules: [many, b], group-by: [g], timespan: 20s}
";
    let plan = plan(chain);
    assert_eq!(plan.units().len(), 1);
    assert!(plan.is_silent(0) && plan.is_silent(1) && !plan.is_silent(2));
    for (text, expected) in [
        ("a 1 x 1; a 2 x 1; a 3 x 1; b 20 x 2", &[(20, 4)][..]),
        ("a 1 x 1; a 2 x 1; b 3 x 2; a 4 x 1", &[]),
        ("a 1 x 1; a 2 x 2; a 3 x 1; b 20 x 2", &[]),
    ] {
        let alarms = offline(&plan, &events(text), 60_000);
        assert_eq!(seconds(&alarms), expected, "{text}");
    }
    let alarms = offline(&plan, &events("a 1 x 1; a 2 x 1; a 3 x 1; b 20 x 2"), 60_000);
    let evidence: Vec<i64> = alarms[0].evidence.iter().map(|fact| fact.time / 1_000).collect();
    assert_eq!(evidence, [1, 2, 3, 20]);
    assert_eq!(alarms[0].group, [("g".to_owned(), "x".to_owned())]);
}

#[test]
fn the_first_ten_and_the_last_are_evidence() {
    let three = "title: t\ncorrelation: {type: event_count, rules: [a], timespan: 100s, condition: {gte: 3}}";
    let text: String = (1..=40).map(|second| format!("a {second} x;")).collect();
    let alarms = offline(&plan(three), &events(&text), 40_000);
    let seconds = |alarm: &Alarm| -> Vec<i64> {
        alarm.evidence.iter().map(|fact| fact.time / 1_000).collect()
    };
    assert_eq!(seconds(&alarms[0]), [1, 2, 3]);
    let last = alarms.last().unwrap();
    assert_eq!((last.stage, last.count, last.folded), (Stage::Grown, 40, 37));
    assert_eq!(seconds(last), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 40]);
}

#[test]
fn limits_are_counted() {
    let three = "title: t\nid: t-1\ncorrelation: {type: event_count, rules: [a], group-by: [g], timespan: 100s, condition: {gte: 3}}";
    let options =
        Options { groups_max: 2, window_max: 4, evidence_bytes_max: 20, ..Options::default() };
    let mut engine = Engine::new(plan(three), options);
    let mut alarms = Vec::new();
    let text: String = (0..6).map(|n| format!("a {n} x;")).collect();
    for event in events(&format!("{text}a 7 y; a 8 z; a 9 w")) {
        for found in found(&mut engine, &event) {
            engine.take(found);
        }
        engine.progress(0, event.time + LATENESS_MS, &mut alarms);
    }
    let counters = engine.counters();
    assert_eq!((counters.window_full, counters.groups_evicted), (2, 2));
    assert_eq!((counters.evidence_left_out, engine.groups()), (7, 2));
    assert_eq!(engine.limits().collect::<Vec<_>>(), [("t-1", 2, 2)]);
    assert_eq!((alarms[0].count, alarms.len()), (3, 1));
}

#[test]
fn what_is_late_is_told() {
    let three = "title: t\ncorrelation: {type: event_count, rules: [a], group-by: [g], timespan: 10s, condition: {gte: 3}}";
    let mut engine = Engine::new(plan(three), Options::default());
    let mut alarms = Vec::new();
    for (event, arrival) in
        events("a 1 x; a 20 x; a 2 x; a 15 x; a 21 x; a 21 x").iter().zip([1, 20, 40, 41, 60, 61])
    {
        let event = Event { delay: arrival * 1_000 - event.time, ..event.clone() };
        for found in found(&mut engine, &event) {
            engine.take(found);
        }
        engine.progress(0, arrival * 1_000, &mut alarms);
    }
    engine.progress(0, 100_000, &mut alarms);
    let counters = engine.counters();
    assert_eq!((counters.too_late, counters.late, counters.matches), (1, 1, 6));
    assert_eq!(alarms[0].time, 21_000);
}

#[test]
fn another_plan_keeps_what_is_the_same() {
    let one = "title: t\nid: t-1\ncorrelation: {type: event_count, rules: [a], timespan: 10s, condition: {gte: 3}}";
    let other = "title: u\nid: t-0\ncorrelation: {type: event_count, rules: [b], timespan: 10s, condition: {gte: 3}}";
    let mut engine = Engine::new(plan(one), Options::default());
    let mut alarms = Vec::new();
    let all = events("a 1 x; a 2 x; a 3 x");
    for event in &all[..2] {
        for found in found(&mut engine, event) {
            engine.take(found);
        }
    }
    engine.progress(0, 6_500, &mut alarms);
    engine.adopt(plan(&format!("{other}\n---\n{one}")));
    for found in found(&mut engine, &all[2]) {
        engine.take(found);
    }
    engine.progress(0, 60_000, &mut alarms);
    assert_eq!(seconds(&alarms), [(3, 3)]);
}

/// Correlations of every kind, to be tried on random matches.
const KINDS: [&str; 12] = [
    "type: event_count, rules: [a, b], group-by: [g], timespan: 10s, condition: {gte: 3}",
    "type: event_count, rules: [a], timespan: 7s, condition: {gt: 1}",
    "type: value_count, rules: [a, b], group-by: [g], timespan: 10s, condition: {field: v, gte: 2}",
    "type: value_sum, rules: [a], group-by: [g], timespan: 10s, condition: {field: v, gte: 4}",
    "type: temporal, rules: [a, b, c], group-by: [g], timespan: 10s",
    "type: temporal, rules: [a, b, c], group-by: [g], timespan: 9s, condition: a and (b or c)",
    "type: temporal_ordered, rules: [a, b, c], group-by: [g], timespan: 12s",
    "type: event_count, rules: [a, b], group-by: [g], timespan: 10s, condition: {lt: 2}",
    "type: event_count, rules: [a], group-by: [g], timespan: 6s, condition: {lt: 1}",
    "type: value_avg, rules: [a], group-by: [g], timespan: 10s, condition: {field: v, gte: 2}",
    "type: temporal, rules: [a, b], group-by: [g], timespan: 8s, condition: a and not b",
    "type: value_count, rules: [a], group-by: [g], timespan: 8s, condition: {field: v, eq: 2}",
];

/// All of the kinds, and correlations of them.
fn all_kinds() -> Arc<Plan> {
    let mut text = String::new();
    for (number, kind) in KINDS.iter().enumerate() {
        let both = if number < 8 { "generate: true" } else { "generate: false" };
        text.push_str(&format!(
            "title: k{number}\nname: k{number}\ncorrelation: {{{kind}}}\n---\n"
        ));
        text.push_str(&format!(
            "title: p{number}\nname: p{number}\n{both}\ncorrelation: {{type: temporal_ordered, \
             rules: [k{number}, c], group-by: [g2], timespan: 20s, aliases: {{g2: {{c: g}}}}}}\n---\n"
        ));
    }
    plan(&text)
}

fn some_events() -> impl Strategy<Value = Vec<Event>> {
    let event = (0usize..3, 0i64..160, 0i64..=LATENESS_MS, 0u8..5, 0u8..4);
    proptest::collection::vec(event, 0..60).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(n, (rule, half, delay, g, v))| Event {
            rule,
            time: half * 500 + 1_700_000_000_000,
            delay,
            g: ["x", "y", "z", "x"].get(usize::from(g)).map(|g| (*g).to_owned()),
            v: (v > 0).then(|| v.to_string()),
            uid: n as u128 + 1,
        })
        .collect()
    })
}

fn naive_of(plan: &Arc<Plan>, events: &[Event], end: i64) -> Vec<Told> {
    let mut engine = Engine::new(Arc::clone(plan), Options::default());
    let matches: Vec<Found> = events.iter().flat_map(|event| found(&mut engine, event)).collect();
    naive::alarms(plan, &matches, end)
}

/// As the service does: two sources, each in the order of arrival, interleaved by `turns`, some
/// matches twice.
fn live(plan: &Arc<Plan>, events: &[Event], end: i64, turns: &[bool], again: usize) -> Vec<Alarm> {
    let options = Options { sources: 2, lateness_ms: LATENESS_MS, ..Options::default() };
    let mut engine = Engine::new(Arc::clone(plan), options);
    let mut queues: [Vec<Event>; 2] = Default::default();
    for (n, event) in events.iter().enumerate() {
        queues[(event.uid % 2) as usize].push(event.clone());
        if again > 0 && n % again == 0 {
            queues[(event.uid % 2) as usize].push(event.clone());
        }
    }
    for queue in &mut queues {
        queue.sort_by_key(|event| std::cmp::Reverse(event.time + event.delay));
    }
    let mut alarms = Vec::new();
    for turn in turns.iter().cycle() {
        let source = if queues[usize::from(*turn)].is_empty() { !turn } else { *turn };
        let Some(event) = queues[usize::from(source)].pop() else { break };
        for found in found(&mut engine, &event) {
            engine.take(found);
        }
        engine.progress(u32::from(source), event.time + event.delay, &mut alarms);
    }
    engine.finish(end, &mut alarms);
    let counters = engine.counters();
    assert_eq!((counters.late, counters.too_late), (0, 0), "nothing was later than allowed");
    alarms
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn agrees_with_the_plain_definitions_in_every_order(
        events in some_events(),
        turns in proptest::collection::vec(any::<bool>(), 1..20),
        again in 0usize..4,
    ) {
        let plan = all_kinds();
        let end = events.iter().map(|event| event.time).max().unwrap_or(0);
        let expected = naive_of(&plan, &events, end);
        prop_assert_eq!(told(&offline(&plan, &events, end)), expected.clone());
        let mut turned = events.clone();
        turned.reverse();
        prop_assert_eq!(told(&offline(&plan, &turned, end)), expected.clone());
        prop_assert_eq!(told(&live(&plan, &events, end, &turns, again)), expected);
    }
}
