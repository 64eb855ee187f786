//! Correlations read from text and resolved: what is understood, and which errors are told.

use crate::{
    Correlation, CorrelationCondition, CorrelationKind, Document, Member, Placeholders, Rule,
    parse, resolve,
};
use std::path::PathBuf;

fn read(body: &str) -> Result<Correlation, String> {
    let text = format!("title: t\ncorrelation: {{{body}}}\n");
    let mut parsed = parse("c.yml", &text, &Placeholders::new());
    match (parsed.errors.pop(), parsed.documents.pop()) {
        (Some(error), _) => Err(error.to_string()),
        (None, Some(Document::Correlation(correlation))) => Ok(*correlation),
        (_, other) => panic!("{other:?}"),
    }
}

fn shown(correlation: &Correlation) -> String {
    let rules: Vec<&str> = correlation.rules.iter().map(|rule| rule.text.as_str()).collect();
    format!(
        "{} {} by {} in {} ms: {}{}",
        correlation.kind.as_str(),
        rules.join(" "),
        correlation.group_by.join(" "),
        correlation.timespan_ms,
        correlation.measure.fields.join(" "),
        correlation.measure.condition
    )
}

#[test]
fn every_kind_is_understood() {
    for (body, expected) in [
        (
            "type: event_count, rules: [a], group-by: [u], timespan: 1h, condition: {gte: 100}",
            "event_count a by u in 3600000 ms: gte 100",
        ),
        (
            "type: event_count, rules: a, timespan: 90m, condition: {gt: 100, lte: 200}",
            "event_count a by  in 5400000 ms: gt 100 and lte 200",
        ),
        (
            "type: value_count, rules: [a], group-by: [u, v], timespan: 1d, condition: {field: F, neq: 1}",
            "value_count a by u v in 86400000 ms: Fneq 1",
        ),
        (
            "type: value_count, rules: [a], timespan: 9s, condition: {field: [F, G], eq: 3}",
            "value_count a by  in 9000 ms: F Geq 3",
        ),
        ("type: temporal, rules: [a, b], timespan: 5m", "temporal a b by  in 300000 ms: gte 2"),
        (
            "type: temporal, rules: [a, b], timespan: 5m, condition: a and not b",
            "temporal a b by  in 300000 ms: a and not b",
        ),
        (
            "type: temporal_ordered, rules: [b, a], timespan: 5m",
            "temporal_ordered b a by  in 300000 ms: gte 2",
        ),
        (
            "type: value_sum, rules: [a], timespan: 5m, condition: {field: F, gt: 1.5}",
            "value_sum a by  in 300000 ms: Fgt 1.5",
        ),
        (
            "type: value_avg, rules: [a], timespan: 5m, condition: {field: F, lt: 2}",
            "value_avg a by  in 300000 ms: Flt 2",
        ),
        (
            "type: value_percentile, rules: [a], timespan: 5m, condition: {field: F, lte: 1}",
            "value_percentile a by  in 300000 ms: Flte 1",
        ),
        (
            "type: value_median, rules: [a], timespan: 5m, condition: {field: F, gte: 1}",
            "value_median a by  in 300000 ms: Fgte 1",
        ),
    ] {
        assert_eq!(read(body).map(|c| shown(&c)).as_deref(), Ok(expected), "{body}");
    }
}

#[test]
fn whether_rules_alert_by_themselves_is_said_at_either_place() {
    let base = "title: t\ncorrelation: {type: temporal, rules: [a, b], timespan: 5m";
    for (text, expected) in [
        (format!("{base}}}\n"), false),
        (format!("{base}}}\ngenerate: true\n"), true),
        (format!("{base}, generate: true}}\n"), true),
        (format!("{base}}}\ngenerate: false\n"), false),
    ] {
        let parsed = parse("c.yml", &text, &Placeholders::new());
        let Some(Document::Correlation(read)) = parsed.documents.first() else { panic!("{text}") };
        assert_eq!(read.generate, expected, "{text}");
    }
}

#[test]
fn errors_say_where_what_and_how_to_mend() {
    for (body, expected) in [
        (
            "rules: [a], timespan: 5m".to_owned(),
            "2:14: type is missing; add \"type: event_count\" or another",
        ),
        (
            "type: count, rules: [a], timespan: 5m".to_owned(),
            "2:21: type must be event_count, value_count, temporal, temporal_ordered, value_sum, value_avg, value_percentile or value_median, not \"count\"",
        ),
        (
            "type: near, rules: [a], timespan: 5m".to_owned(),
            "2:21: correlation type \"near\" is no longer part of Sigma; write type: temporal or temporal_ordered",
        ),
        (
            "type: temporal, timespan: 5m".to_owned(),
            "2:14: rules is missing; add the names or ids of rules",
        ),
        (
            "type: temporal, rules: [], timespan: 5m".to_owned(),
            "2:38: rules must be a list of names or ids, not a list",
        ),
        (
            "type: temporal, rules: [a, a], timespan: 5m".to_owned(),
            "2:42: rule \"a\" must be named once, not again",
        ),
        (
            "type: temporal, rules: [a, b]".to_owned(),
            "2:14: timespan is missing; add how long a window is, such as \"timespan: 5m\"",
        ),
        (
            "type: temporal, rules: [a, b], timespan: 5".to_owned(),
            "2:56: timespan must be a number and one of s, m, h, d, such as 90m, not \"5\"",
        ),
        (
            "type: temporal, rules: [a, b], timespan: 1w".to_owned(),
            "2:56: timespan must be a number and one of s, m, h, d, such as 90m, not \"1w\"",
        ),
        (
            "type: temporal, rules: [a, b], timespan: 0s".to_owned(),
            "2:56: timespan must be a number and one of s, m, h, d, such as 90m, not \"0s\"",
        ),
        (
            "type: temporal, rules: [a, b], timespan: 99999999999999999999d".to_owned(),
            "2:56: timespan is longer than 30 days; count what happens sooner",
        ),
        (
            "type: temporal, rules: [a, b], timeframe: 5m".to_owned(),
            "2:46: \"timeframe\" in a correlation is no longer part of Sigma; write timespan",
        ),
        (
            "type: temporal, rules: [a, b], span: 5m".to_owned(),
            "2:46: \"span\" in a correlation must be type, rules, group-by, timespan, aliases, condition or generate, not unknown",
        ),
    ] {
        assert_eq!(read(&body), Err(format!("c.yml:{expected}")), "{body}");
    }
    let many: Vec<String> = (0..65).map(|n| format!("r{n}")).collect();
    let error = read(&format!("type: temporal, rules: [{}], timespan: 5m", many.join(", ")));
    assert!(error.unwrap_err().contains("the number of rules exceeds the limit of 64"));
}

#[test]
fn errors_in_conditions_say_so_too() {
    let count = "type: event_count, rules: [a], timespan: 5m";
    for (body, expected) in [
        (count.to_owned(), "2:14: condition is missing; add when it holds, such as \"condition: {gte: 10}\""),
        (
            format!("{count}, condition: {{}}"),
            "2:71: the bound of the condition is missing; add gt, gte, lt, lte, eq or neq and a number",
        ),
        (format!("{count}, condition: {{gte: many}}"), "2:77: gte must be a number, not \"many\""),
        (
            format!("{count}, condition: {{min: 3}}"),
            "2:72: \"min\" in the condition of a correlation must be gt, gte, lt, lte, eq, neq, field or percentile, not unknown",
        ),
        (
            format!("{count}, condition: {{gte: 3, field: F}}"),
            "2:71: the condition of event_count must be without a field, as it looks at no values (value_count does), not one with field",
        ),
        (
            format!("{count}, condition: a and b"),
            "2:71: the condition of event_count must be a map such as gte: 10 (an expression over rules goes with temporal only), not text",
        ),
        (
            "type: value_count, rules: [a], timespan: 5m, condition: {gte: 3}".to_owned(),
            "2:71: field is missing; add the field whose values are meant, inside of condition",
        ),
        (
            "type: temporal, rules: [a, b], timespan: 5m, condition: a and c".to_owned(),
            "2:71: condition: no selection of that name at \"c\"; there are a, b",
        ),
        (
            "type: temporal, rules: [a, b], timespan: 5m, aliases: {x: {c: F}}".to_owned(),
            "2:74: alias \"x\" is for \"c\", which is not among the rules; there are a, b",
        ),
        (
            "type: value_percentile, rules: [a], timespan: 5m, condition: {field: F, percentile: 101, gt: 1}".to_owned(),
            "2:99: percentile must be from 0 to 100, not \"101\"",
        ),
    ] {
        assert_eq!(read(&body), Err(format!("c.yml:{expected}")), "{body}");
    }
}

const RULE: &str = "logsource: {product: p}\ndetection: {s: {x: 1}, condition: s}\n";

/// What files refer to: `correlation -> rule 0, correlation 1`, and the errors.
fn resolved(files: &[(&str, String)]) -> (Vec<String>, Vec<String>) {
    let (mut rules, mut correlations): (Vec<Rule>, _) = (Vec::new(), Vec::new());
    for (name, text) in files {
        let parsed = parse(name, text, &Placeholders::new());
        assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
        for document in parsed.documents {
            match document {
                Document::Rule(rule) => rules.push(*rule),
                Document::Correlation(correlation) => correlations.push(*correlation),
                Document::Filter(_) => {}
            }
        }
    }
    let found = resolve(&rules, correlations);
    let members = found.correlations.iter().map(|(correlation, members)| {
        let members: Vec<String> = members
            .iter()
            .map(|member| match member {
                Member::Rule(index) => format!("rule {index}"),
                Member::Correlation(index) => format!("correlation {index}"),
            })
            .collect();
        format!("{} -> {}", correlation.uid(), members.join(", "))
    });
    (members.collect(), found.errors.iter().map(ToString::to_string).collect())
}

fn rule(title: &str, id: &str, name: &str) -> String {
    format!("title: {title}\nid: {id}\nname: {name}\n{RULE}")
}

fn correlation(name: &str, rules: &str) -> String {
    format!(
        "title: T{name}\nname: {name}\ncorrelation: {{type: temporal, rules: [{rules}], timespan: 5m}}\n"
    )
}

#[test]
fn rules_are_found_by_id_and_name() {
    let ab = format!("{}---\n{}", rule("A", "id-a", "a"), rule("B", "id-b", "b"));
    let (found, errors) = resolved(&[
        (
            "c.yml",
            format!("{}---\n{}", correlation("outer", "inner, id-b"), correlation("inner", "a, b")),
        ),
        ("r.yml", ab.clone()),
    ]);
    assert_eq!(found, ["inner -> rule 0, rule 1", "outer -> correlation 0, rule 1"]);
    assert!(errors.is_empty(), "{errors:?}");
    // The same document read from two folders is one; a name in the own file goes first.
    let (found, errors) = resolved(&[
        ("x/r.yml", ab.clone()),
        ("y/r.yml", ab.clone()),
        ("z.yml", format!("{}---\n{}", rule("A2", "id-a2", "a"), correlation("c", "a, b"))),
    ]);
    assert_eq!(found, ["c -> rule 4, rule 1"]);
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn what_is_not_there_is_told() {
    let a = ("r.yml", rule("A", "id-a", "a"));
    for (files, expected) in [
        (
            vec![a.clone(), ("c.yml", correlation("c", "a, nobody"))],
            "c.yml:3:42: no rule \"nobody\" is known; write the id or the name of a rule that is loaded",
        ),
        (
            vec![a.clone(), ("c.yml", correlation("c", "a, A"))],
            "c.yml:3:42: no rule \"A\" is known; that is a title; write the rule's id id-a",
        ),
        (
            vec![a.clone(), ("s.yml", rule("B", "id-b", "a")), ("c.yml", correlation("c", "a"))],
            "c.yml:3:39: several rules are named \"a\" (r.yml, s.yml); write the id of one",
        ),
        (
            vec![("c.yml", format!("{}---\n{}", correlation("x", "y"), correlation("y", "x")))],
            "c.yml:7:39: correlations refer to each other in a circle (x -> y -> x); take one reference out",
        ),
        (
            vec![("c.yml", correlation("x", "x"))],
            "c.yml:3:39: correlations refer to each other in a circle (x -> x); take one reference out",
        ),
    ] {
        let (found, errors) = resolved(&files);
        assert_eq!((found.as_slice(), errors[0].as_str()), (&[][..], expected));
    }
    let chain: Vec<String> =
        (0..20).map(|n| correlation(&format!("c{n}"), &format!("c{}", n + 1))).collect();
    let (_, errors) = resolved(&[a, ("c.yml", chain.join("---\n"))]);
    assert!(errors[0].contains("the chain of correlations exceeds the limit of 16"), "{errors:?}");
}

#[test]
fn the_specification_s_examples_are_understood() {
    let from_env = std::env::var_os("PROHORI_SHARED").map(PathBuf::from);
    let above = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder =
        from_env.unwrap_or(above).join("corpora/sigma-specification/tests/schema/correlation");
    let Ok(files) = std::fs::read_dir(folder) else {
        eprintln!("skipped: shared corpora absent");
        return;
    };
    let mut kinds = std::collections::HashSet::new();
    for file in files {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let parsed = parse("s.yml", &text, &Placeholders::new());
        assert!(parsed.errors.is_empty(), "{}: {:?}", path.display(), parsed.errors);
        let Document::Correlation(read) = &parsed.documents[0] else { panic!("{path:?}") };
        if let CorrelationCondition::Bounds(bounds) = &read.measure.condition {
            assert_eq!(bounds.len(), 1);
        }
        kinds.insert(read.kind);
    }
    // Every kind but the median, which is a percentile in the specification.
    assert_eq!(kinds.len(), CorrelationKind::ALL.len() - 1);
}
