//! Rules whose alerts fold, held against the plain definitions and against losing any.

use super::*;

/// Rules a, b and c with these attributes.
fn rules(attributes: [&str; 3]) -> Arc<Plan> {
    let rule = |(name, attribute): (&str, &&str)| {
        format!(
            "title: {name}\nname: {name}\nlogsource: {{product: p}}\n{attribute}\ndetection: {{s: {{x: 1}}, condition: s}}\n"
        )
    };
    let texts: Vec<String> = ["a", "b", "c"].into_iter().zip(&attributes).map(rule).collect();
    let (plan, errors) = compile_text(&texts.join("---\n"));
    assert!(errors.is_empty(), "{errors:?}");
    Arc::new(plan)
}

const SUPPRESS: &str = "x-prohori-suppress: {by: [g], for: 10s}";

/// The second at which each alarm of rule a is raised, its count, and its group.
fn check(attribute: &str, text: &str, expected: &[(i64, u64, &str)]) {
    let plan = rules([attribute, "", ""]);
    let events = events(text);
    let alarms = offline(&plan, &events, 1_000_000);
    let mut last: Vec<Alarm> = Vec::new();
    for alarm in alarms {
        last.retain(|known| known.uid != alarm.uid);
        last.push(alarm);
    }
    let of = |alarm: &Alarm| {
        let group = alarm.group.iter().map(|(_, value)| value.as_str()).collect::<String>();
        (alarm.time / 1_000, alarm.count, group)
    };
    let mut found: Vec<(i64, u64, String)> = last.iter().map(of).collect();
    found.sort();
    let expected: Vec<_> = expected.iter().map(|(t, n, g)| (*t, *n, (*g).to_owned())).collect();
    assert_eq!(found, expected, "{attribute}\n{text}");
}

#[test]
fn what_follows_folds_until_a_time_is_quiet_or_a_stretch_begins() {
    check(SUPPRESS, "a 1 x; a 2 x; a 9 x; a 2 y", &[(1, 3, "x"), (2, 1, "y")]);
    check(SUPPRESS, "a 1 x; a 11 x; a 22 x", &[(1, 2, "x"), (22, 1, "x")]);
    // What goes on is told once in each stretch of ten seconds, and all of it is counted.
    let text: String = (0..40).map(|second| format!("a {} x;", 5 + second)).collect();
    check(SUPPRESS, &text, &[(5, 15, "x"), (20, 10, "x"), (30, 10, "x"), (40, 5, "x")]);
    // Without the field it is a group as well.
    check(SUPPRESS, "a 1 -; a 2 -; a 3 x", &[(1, 2, ""), (3, 1, "x")]);
    check("x-prohori-suppress: {for: 10s}", "a 1 x; a 2 y; a 3 -", &[(1, 3, "")]);
}

#[test]
fn a_threshold_counts_before_and_folds_after() {
    let three = "x-prohori-threshold: {count: 3, by: [g], within: 5s}";
    check(three, "a 1 x; a 2 x; a 3 y; a 4 x; a 5 x", &[(4, 4, "x")]);
    check(three, "a 1 x; a 4 x; a 7 x", &[]);
    let long = "x-prohori-threshold: {count: 2, by: [g], within: 5s}\nx-prohori-suppress: {by: [g], for: 60s}";
    check(long, "a 1 x; a 2 x; a 30 x; a 59 x", &[(2, 4, "x")]);
}

#[test]
fn a_rule_raises_its_alerts_one_way_only() {
    let plan = rules([SUPPRESS, "", ""]);
    assert!(plan.is_silent(0) && !plan.is_silent(1));
    assert_eq!((plan.leaves(0).len(), plan.leaves(1).len()), (1, 0));
    let both = |generate: bool| {
        let own = RULES.replace("title: A\n", &format!("title: A\n{SUPPRESS}\n"));
        let count = "{type: event_count, rules: [a], timespan: 10s, condition: {gte: 2}}";
        compile_text(&format!("{own}---\ntitle: c\ngenerate: {generate}\ncorrelation: {count}\n")).0
    };
    // What only a correlation uses raises nothing, folded or not.
    assert_eq!((both(false).units().len(), both(false).is_silent(0)), (1, true));
    assert_eq!((both(true).units().len(), both(true).is_silent(0)), (2, true));
}

#[test]
fn a_match_that_comes_too_late_is_an_alert_all_the_same() {
    let mut engine = Engine::new(rules([SUPPRESS, "", ""]), Options::default());
    let mut alarms = Vec::new();
    for (event, arrival) in
        events("a 100 x; a 101 x; a 95 x; a 50 x").iter().zip([100, 101, 120, 121])
    {
        let event = Event { delay: arrival * 1_000 - event.time, ..event.clone() };
        for found in found(&mut engine, &event) {
            engine.take(found);
        }
        engine.progress(0, arrival * 1_000 + 1, &mut alarms);
    }
    engine.finish(200_000, &mut alarms);
    let told: Vec<(i64, u64)> = told(&alarms).iter().map(|told| (told.1 / 1_000, told.3)).collect();
    let mut told = told;
    told.sort();
    let counted: u64 = told.iter().map(|(_, count)| count).sum();
    assert_eq!((counted, told.len()), (4, 3), "{told:?}");
    assert_eq!((engine.counters().late, engine.counters().too_late), (2, 0));
}

#[test]
fn a_count_is_told_as_it_doubles() {
    let plan = rules([SUPPRESS, "", ""]);
    let text: String = (0..50).map(|n| format!("a {} x;", 0.1 * f64::from(n))).collect();
    let alarms = offline(&plan, &events(&text), 100_000);
    let told: Vec<(Stage, u64)> = alarms.iter().map(|alarm| (alarm.stage, alarm.count)).collect();
    let grown = [10, 20, 40].map(|count| (Stage::Grown, count));
    assert_eq!(told, [&[(Stage::Raised, 1)], &grown[..], &[(Stage::Closed, 50)]].concat());
    assert!(alarms.iter().all(|alarm| alarm.uid == alarms[0].uid));
    let ten: String = (0..10).map(|n| format!("a {} x;", 0.1 * f64::from(n))).collect();
    assert_eq!(offline(&plan, &events(&ten), 100_000).len(), 2, "nothing is told twice");
}

fn some_rules() -> Arc<Plan> {
    rules([
        SUPPRESS,
        "x-prohori-threshold: {count: 3, by: [g], within: 6s}\nx-prohori-suppress: {by: [g], for: 15s}",
        "x-prohori-threshold: {count: 2, within: 3s}",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn agrees_with_the_plain_definitions_and_loses_none(
        events in some_events(),
        turns in proptest::collection::vec(any::<bool>(), 1..20),
        again in 0usize..4,
    ) {
        let plan = some_rules();
        let end = events.iter().map(|event| event.time).max().unwrap_or(0);
        let expected = naive_of(&plan, &events, end);
        let alarms = offline(&plan, &events, end);
        prop_assert_eq!(told(&alarms), expected.clone());
        prop_assert_eq!(told(&live(&plan, &events, end, &turns, again)), expected);
        // Every match of the rule that only folds is in exactly one alarm.
        let mut last = std::collections::HashMap::new();
        for alarm in alarms.iter().filter(|alarm| alarm.correlation.uid() == "a") {
            last.insert(alarm.uid, alarm.count);
        }
        let matches = events.iter().filter(|event| event.rule == 0).count() as u64;
        prop_assert_eq!(last.values().sum::<u64>(), matches);
    }

    /// Who takes over reads back as far as it must and tells from there on what another would.
    #[test]
    fn what_is_read_back_is_enough(events in some_events(), cut in 0usize..60) {
        let plan = some_rules();
        let mut sorted: Vec<Event> = events.iter().map(|e| Event { delay: 0, ..e.clone() }).collect();
        sorted.sort_by_key(|event| (event.time, event.uid));
        let cut = cut.min(sorted.len());
        let run = |events: &[Event], silent_until: i64| -> Vec<Told> {
            let mut engine = Engine::new(Arc::clone(&plan), Options::default());
            let mut all = Vec::new();
            for event in events {
                for found in found(&mut engine, event) {
                    engine.take(found);
                }
                let mut alarms = Vec::new();
                engine.progress(0, event.time, &mut alarms);
                if event.time >= silent_until {
                    all.extend(alarms);
                }
            }
            engine.finish(i64::MAX / 2, &mut all);
            let row = |a: &Alarm| (a.uid, a.time, a.measured.clone(), a.count, a.folded);
            all.iter().map(row).collect()
        };
        let Some(from) = sorted.get(cut).map(|event| event.time) else { return Ok(()) };
        let reach = Engine::new(Arc::clone(&plan), Options::default()).reach_ms();
        let first = sorted.partition_point(|event| event.time < from - LATENESS_MS - reach);
        prop_assert_eq!(run(&sorted, from), run(&sorted[first..], from));
    }
}
