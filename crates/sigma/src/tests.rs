//! Rules read from text: what values become, what conditions mean, and which errors are told.

use crate::*;
use proptest::prelude::*;
use std::path::PathBuf;

fn placeholders() -> Placeholders {
    Placeholders::from([("admins".into(), vec!["root".into(), "svc_*".into()])])
}

/// The only rule of a detection written in flow style.
fn detection(text: &str) -> Result<Detection, Error> {
    let text = format!("title: t\nlogsource: {{product: windows}}\ndetection:\n  {text}\n");
    let mut parsed = parse("r.yml", &text, &placeholders());
    if let Some(error) = parsed.errors.pop() {
        return Err(error);
    }
    match parsed.documents.pop() {
        Some(Document::Rule(rule)) => Ok(rule.detection),
        other => panic!("{other:?}"),
    }
}

/// The tests of the only item, as text: `alternative|alternative & …`.
fn item(key_and_value: &str) -> Result<String, Error> {
    let detection = detection(&format!("sel: {{{key_and_value}}}\n  condition: sel"))?;
    let Node::Item(item) = &detection.selections[0].node else { panic!("not an item") };
    let tests: Vec<String> = item
        .tests
        .iter()
        .map(|test| test.alternatives.iter().map(show).collect::<Vec<_>>().join(" | "))
        .collect();
    let joined = tests.join(if item.all { " & " } else { " , " });
    Ok(if item.negated { format!("not {joined}") } else { joined })
}

fn show(matcher: &Matcher) -> String {
    match matcher {
        Matcher::Text { pattern, cased: true } => format!("cased:{pattern}"),
        Matcher::Text { pattern, .. } => pattern.to_string(),
        Matcher::Regex(regex) => format!("/{}/", regex.source()),
        Matcher::Equals(_, text) => format!("={text}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn values_become_what_their_modifiers_say() {
    for (written, expected) in [
        ("a: Word", "word"),
        ("a: 4688", "=4688"),
        ("a: '4688'", "4688"),
        ("a: 0x17", "0x17"),
        ("a: true", "true"),
        ("a: null", "Null"),
        ("a:", "Null"),
        ("a: ''", ""),
        ("a: [x, y]", "x , y"),
        ("a|all: [x, y]", "x & y"),
        ("a|contains: x", "*x*"),
        ("a|contains|all: [x, y]", "*x* & *y*"),
        ("a|startswith: x*", "x*"),
        ("a|endswith: '*x'", "*x"),
        (r"a|endswith: '\cmd.exe'", r"*\\cmd.exe"),
        (r"a|contains: 'tail\'", r"*tail\\*"),
        (r"a: 'x\*y'", r"x\*y"),
        (r"a: 'x\\*y'", r"x\\*y"),
        (r"a: 'x\\\*y'", r"x\\\*y"),
        (r"a: 'x\\\\y'", r"x\\\\y"),
        (r"a: 'x\\\y'", r"x\\\\y"),
        (r"a: 'x\y'", r"x\\y"),
        ("a: 'x**y?'", "x*y?"),
        ("a|cased: Word", "cased:Word"),
        ("a|contains|cased: Word", "cased:*Word*"),
        ("a|neq: x", "not x"),
        ("a|re: '^A.b$'", "/^A.b$/"),
        ("a|re|i|s: x", "/(?is)x/"),
        ("a|re|startswith: x|y", r"/\A(?:x|y)/"),
        ("a|base64: foo", "zm9v"),
        ("a|base64|contains: foo", "*zm9v*"),
        ("a|base64offset|contains: foobar", "*zm9vymfy* | *zvb2jhc* | *mb29iyx*"),
        ("a|wide|base64: a", "yqa="),
        ("a|utf16|base64: a", "//5haa=="),
        ("a|utf16be|base64: a", "age="),
        ("a|wide: ab", "a\0b\0"),
        ("a|expand: '%admins%'", "root | svc_*"),
        ("a|contains|expand: 'x%admins%'", "*xroot* | *xsvc_*"),
        ("a: '%admins%'", "%admins%"),
        ("a|exists: true", "Exists(true)"),
        ("a|fieldref: b", "Reference { field: \"b\", anchor: Whole, cased: false }"),
        ("a|fieldref|startswith: b", "Reference { field: \"b\", anchor: Start, cased: false }"),
        ("a|hour: 3", "Date(Hour, Equal, 3)"),
        ("a|hour|gte: 18", "Date(Hour, GreaterOrEqual, 18)"),
    ] {
        assert_eq!(item(written).map_err(|e| e.to_string()).as_deref(), Ok(expected), "{written}");
    }
}

#[test]
fn dashes_at_the_start_of_options_take_five_forms() {
    let forms = |written: &str| item(written).unwrap();
    assert_eq!(forms("a|windash: x -y"), "x -y | x /y | x –y | x —y | x ―y");
    assert_eq!(forms("a|windash|contains: ' /c'").matches(" | ").count(), 4);
    assert_eq!(forms("a|contains|windash: '-a -b'").matches(" | ").count(), 24);
    for untouched in ["x-y", "- x", "x/", "--"] {
        assert_eq!(forms(&format!("a|windash: '{untouched}'")), untouched);
    }
}

#[test]
fn errors_say_where_what_and_how_to_mend() {
    for (written, expected) in [
        ("a|contain: x", "4:9: unknown modifier \"contain\"; did you mean \"contains\"?"),
        (
            "a|xyzzy: x",
            "4:9: unknown modifier \"xyzzy\"; the specification's appendix lists the known ones",
        ),
        ("a|: x", "4:9: unknown modifier \"\"; the specification's appendix lists the known ones"),
        (
            "a|contains|base64: x",
            "4:28: modifier \"base64\" cannot encode wildcards; escape them as \\* and \\?, and put contains, startswith and endswith last",
        ),
        ("a|i: x", "4:14: modifier \"i\" is a flag of regular expressions; put it after re"),
        (
            "a|cidr: 10.0.0.0/40",
            "4:17: modifier \"cidr\" finds no network in \"10.0.0.0/40\"; write it as 10.0.0.0/8 or 2001:db8::/32",
        ),
        ("a|exists: maybe", "4:19: modifier \"exists\" needs true or false; write one of them"),
        ("a|gt: x", "4:15: modifier \"gt\" needs a number; write one"),
        (
            "a|contains: null",
            "4:21: modifier \"contains\" needs text; remove it, or the modifier before it",
        ),
        (
            "a|expand: '%nobody%'",
            "4:19: placeholder %nobody% has no values; add them to the configuration under [placeholders]",
        ),
        (
            "a|expand: nobody",
            "4:19: modifier \"expand\" finds no %placeholder% in \"nobody\"; remove it",
        ),
        (
            "a|re: '(?<=x)y'",
            "4:15: regular expression \"(?<=x)y\" is not supported: look-around, including look-ahead and look-behind, is not supported; rewrite it without look-around, back-references and large counts",
        ),
        (
            "a: {b: c}",
            "4:12: a value must be text, a number, true, false or null (nested fields are named with dots), not a map",
        ),
        ("a: []", "4:12: a must be a value or a list of values, not a list"),
    ] {
        let error = item(written).unwrap_err();
        assert_eq!(error.to_string(), format!("r.yml:{expected}"), "{written}");
    }
    let huge = item("a|re: '((a{100}){100}){100}'").unwrap_err().to_string();
    assert!(huge.contains("it needs more than 4194304 bytes"), "{huge}");
    let dashes = item("a|windash: '-a -b -c -d -e -f'").unwrap_err().to_string();
    assert!(dashes.contains("exceeds the limit of 10000"), "{dashes}");
}

/// The truth of a condition over a, b, _c, f1 and f2, of which some hold.
fn truth(condition: &str, holding: &str) -> Result<bool, String> {
    let names = ["a", "b", "_c", "f1", "f2"];
    let parsed = Condition::parse(condition, &names).map_err(|problem| problem.to_string())?;
    Ok(parsed.holds(&mut |index| holding.split(' ').any(|name| name == names[index])))
}

#[test]
fn conditions_hold_or_not() {
    for (condition, holding, expected) in [
        ("a", "a", true),
        ("a and b", "a", false),
        ("a or b and f1", "a", true),
        ("(a or b) and f1", "a", false),
        ("not a and b", "b", true),
        ("not (a and b)", "a", true),
        ("not not a", "a", true),
        ("1 of them", "_c", false),
        ("1 of them", "f2", true),
        ("all of them", "a b f1 f2", true),
        ("any of f*", "f2", true),
        ("all of f*", "f2", false),
        ("not 1 of f*", "f2", false),
        ("not all of f*", "f2", true),
        ("2 of them", "a f1", true),
        ("2 of them", "a", false),
        ("1 of _*", "_c", true),
        ("1 of *1", "f1", true),
        ("1 of f*1", "f2", false),
        ("a AND NOT b", "a", true),
        ("a and(b or f1)", "a f1", true),
    ] {
        assert_eq!(truth(condition, holding), Ok(expected), "{condition} with {holding}");
    }
}

#[test]
fn conditions_that_cannot_be_read() {
    let deep = "(".repeat(200) + "a";
    let long = "a or ".repeat(10_000) + "a";
    for (condition, expected) in [
        (
            "",
            "condition: expected a selection at \"the end\"; name one, or remove what comes before",
        ),
        (
            "a and",
            "condition: expected a selection at \"the end\"; name one, or remove what comes before",
        ),
        ("a b", "condition: expected \"and\" or \"or\" at \"b\"; join the parts"),
        ("(a", "condition: a parenthesis is not closed at \"the end\"; add \")\""),
        ("a)", "condition: a parenthesis is closed that was not opened at \")\"; remove it"),
        ("x", "condition: no selection of that name at \"x\"; there are a, b, _c, f1, f2"),
        (
            "1 of x*",
            "condition: no selection fits the pattern at \"x*\"; there are a, b, _c, f1, f2",
        ),
        (
            "0 of them",
            "condition: expected a number, \"any\" or \"all\" before \"of\" at \"0\"; write 1 of …",
        ),
        (
            "a | count() by x > 5",
            "the aggregation \"| count\" in a condition is no longer part of Sigma; write a correlation rule (event_count, value_count, temporal) instead",
        ),
        (
            "a | near b",
            "the aggregation \"| near\" in a condition is no longer part of Sigma; write a correlation rule (event_count, value_count, temporal) instead",
        ),
        (
            deep.as_str(),
            "the nesting of the condition exceeds the limit of 100; take parentheses out, or move parts into selections",
        ),
        (
            long.as_str(),
            "the number of words in the condition exceeds the limit of 10000; use 1 of name* with a pattern",
        ),
    ] {
        assert_eq!(truth(condition, ""), Err(expected.to_owned()));
    }
}

#[test]
fn selections_take_every_form() {
    for (written, expected) in [
        ("sel: [x, y]", "Item"),
        ("sel: x", "Item"),
        ("sel: {a: 1, b: 2}", "All 2"),
        ("sel: [{a: 1}, {b: 2, c: 3}]", "Any 2"),
        ("sel: [word, {a: 1}]", "Any 2"),
        ("sel: {'|all': [x, y]}", "Item"),
    ] {
        let detection = detection(&format!("{written}\n  condition: sel")).unwrap();
        let shape = match &detection.selections[0].node {
            Node::Item(_) => "Item".to_owned(),
            Node::All(nodes) => format!("All {}", nodes.len()),
            Node::Any(nodes) => format!("Any {}", nodes.len()),
        };
        assert_eq!(shape, expected, "{written}");
    }
    let or = detection("a: {x: 1}\n  b: {x: 2}\n  condition: [a, b]").unwrap();
    assert_eq!(or.condition_text, "a or b");
    let timeframe = detection("a: {x: 1}\n  timeframe: 5m\n  condition: a").unwrap_err();
    assert!(timeframe.to_string().contains("\"timeframe\" in a detection is no longer part"));
    let none = detection("a: {x: 1}").unwrap_err();
    assert!(none.to_string().ends_with("condition is missing; add \"condition: selection\""));
}

#[test]
fn collections_share_and_repeat() {
    let text = "
action: global
title: shared
level: high
logsource: {product: windows}
detection: {condition: sel}
---
detection: {sel: {a: 1}}
---
action: repeat
level: low
detection: {sel: {a: 2}}
---
action: reset
---
title: own
---
title: counted
correlation: {type: event_count, rules: [x], timespan: 5m, condition: {gte: 2}}
---
title: left out
logsource: {product: p}
filter: {rules: any, selection: {a: 1}, condition: not selection}
";
    let parsed = parse("c.yml", text, &Placeholders::new());
    let shown: Vec<String> = parsed
        .documents
        .iter()
        .map(|document| match document {
            Document::Rule(rule) => {
                let Node::Item(item) = &rule.detection.selections[0].node else { panic!() };
                format!("{} {} {}", rule.title, rule.level.unwrap(), item.tests[0].text)
            }
            Document::Correlation(correlation) => {
                format!("{} {}", correlation.title, correlation.kind.as_str())
            }
            Document::Filter(filter) => filter.title.clone(),
        })
        .collect();
    assert_eq!(shown, ["shared high 1", "shared low 2", "counted event_count", "left out"]);
    let errors: Vec<String> = parsed.errors.iter().map(Error::to_string).collect();
    assert_eq!(errors, ["c.yml:16:1: detection is missing; add selections and a condition"]);
}

#[test]
fn patterns_fit_whole_values() {
    for (pattern, value, fits) in [
        ("", "", true),
        ("", "x", false),
        ("*", "", true),
        ("abc", "abc", true),
        ("abc", "abcd", false),
        ("a*c", "abbc", true),
        ("a*c", "abbcd", false),
        ("*a*a*", "xaxax", true),
        ("*a*a*", "xax", false),
        ("a?c", "aéc", true),
        ("a?c", "ac", false),
        ("?*", "", false),
        ("*ab", "aab", true),
        ("a*", "a\nb", true),
        ("?", "\n", true),
        ("*.?x*", "..x", true),
        ("*প্র?", "xপ্রহ", true),
    ] {
        assert_eq!(Pattern::parse(pattern).fits(value), fits, "{pattern} {value}");
    }
}

proptest! {
    #[test]
    fn patterns_fit_as_the_plain_recursive_definition_says(
        pattern in "[ab*?é]{0,8}", value in "[abé]{0,10}",
    ) {
        fn plain(parts: &[char], value: &[char]) -> bool {
            match (parts.first(), value.first()) {
                (None, None) => true,
                (Some('*'), _) => plain(&parts[1..], value) || (!value.is_empty() && plain(parts, &value[1..])),
                (Some('?'), Some(_)) => plain(&parts[1..], &value[1..]),
                (Some(a), Some(b)) if a == b => plain(&parts[1..], &value[1..]),
                _ => false,
            }
        }
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(Pattern::parse(&pattern).fits(&value), plain(&chars(&pattern), &chars(&value)));
    }

    #[test]
    fn a_pattern_is_shown_as_it_can_be_read_again(text in "[ab*?\\\\]{0,10}") {
        let pattern = Pattern::parse(&text);
        prop_assert_eq!(&Pattern::parse(&pattern.to_string()), &pattern);
    }

    #[test]
    fn any_text_ends_in_documents_or_errors(
        text in "(title|detection|condition|sel|a\\|re|a\\|windash|[-:{}\\[\\]|*?%' \n1x]){0,40}",
    ) {
        let _ = parse("f.yml", &text, &placeholders());
    }

    #[test]
    fn any_condition_is_read_or_refused(text in "(a|b|not|and|or|of|1|all|them|f\\*|[ ()|]){0,30}") {
        let _ = truth(&text, "a");
    }
}

/// The SigmaHQ rules of the shared corpora, if they are here.
fn sigmahq() -> Option<PathBuf> {
    let from_env = std::env::var_os("PROHORI_SHARED").map(PathBuf::from);
    let above = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = from_env.unwrap_or(above).join("corpora/sigma");
    if !folder.is_dir() {
        eprintln!("skipped: shared corpora absent");
        return None;
    }
    Some(folder)
}

fn files(folder: &std::path::Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            found.push(path);
        }
    }
}

#[test]
fn all_of_sigmahq_is_read_but_for_unconfigured_placeholders() {
    let Some(folder) = sigmahq() else { return };
    let mut rules = 0;
    let mut errors = Vec::new();
    for tree in ["rules", "rules-threat-hunting", "rules-emerging-threats", "rules-compliance"] {
        let mut paths = Vec::new();
        files(&folder.join(tree), &mut paths);
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap();
            let parsed = parse(path.to_str().unwrap(), &text, &Placeholders::new());
            rules += parsed.documents.len();
            errors.extend(parsed.errors);
        }
    }
    let (placeholders, others): (Vec<_>, Vec<_>) =
        errors.iter().partition(|error| matches!(error.problem, Problem::Placeholder { .. }));
    assert!(others.is_empty(), "{others:#?}");
    assert!(placeholders.len() <= 2 && rules > 3_700, "{rules} rules, {placeholders:#?}");
}
