//! One table: a rule, and the codes that it gets.

use super::*;
use mapping::Tables;
use sigma::Placeholders;

const HEAD: &str =
    "title: t\nid: 1\nlevel: low\nlogsource: {product: windows, category: process_creation}\n";

/// That all of it is told in Bangla too, and no English sentence is left.
fn in_bangla(report: &Report) {
    let is_bangla = |text: &str| text.chars().any(|c| ('\u{980}'..='\u{9ff}').contains(&c));
    for finding in &report.findings {
        let Told { message, mend } = finding.bangla();
        assert!(is_bangla(&message), "{}", finding.message);
        assert!(mend.is_empty() || is_bangla(&mend), "{}", finding.mend);
        // What the libraries for YAML and expressions say is not ours.
        if ["yaml", "regex"].contains(&finding.code) {
            continue;
        }
        // Sigma's words and names of a rule stay; the little words that join English ones do not.
        for text in [message, mend] {
            let words: Vec<&str> = text.split(' ').collect();
            let left = ["the", "is", "must", "a", "an", "it", "that", "with", "what", "write"];
            let english = words.iter().find(|word| left.contains(word));
            assert_eq!(english, None, "{text}");
        }
    }
}

/// The findings for a rule with this detection, samples beside it.
fn found(text: &str) -> Vec<String> {
    let file = RuleFile {
        name: "r.yml".into(),
        text: text.into(),
        has_match_samples: true,
        has_miss_samples: true,
    };
    let tables = Tables::builtin().unwrap();
    let report = check(&[file], &tables, &Placeholders::new(), 0);
    in_bangla(&report);
    report.findings.iter().map(|f| format!("{}:{} {}", f.at.line, f.at.column, f.code)).collect()
}

#[test]
fn what_a_detection_is_told() {
    let mut wrong = Vec::new();
    for (detection, expected) in [
        ("{s: {Image: a}, condition: s}", ""),
        ("{s: {Image: a}, t: {Image: b}, condition: s}", "5:28 unused-selection"),
        ("{s: {Image: a}, t: {Image: b}, condition: 1 of *}", ""),
        ("{s: {Image: a}, condition: s and not s}", "5:39 never-true"),
        ("{s: {Image: a}, condition: s or not s}", "5:39 always-true"),
        ("{s: {Image: a}, t: {Image: b}, condition: s and t}", "5:54 never-true"),
        ("{s: {Image: a}, t: {Image: b}, condition: s or t}", ""),
        ("{s: {Image: ab}, t: {Image|contains: B}, condition: s and t}", ""),
        ("{s: {Image: ab}, t: {Image|contains: c}, condition: s and t}", "5:64 never-true"),
        ("{s: {Image: AB}, t: {Image|cased: ab}, condition: s and t}", ""),
        ("{s: {Image: null}, t: {Image|contains: c}, condition: s and t}", "5:66 never-true"),
        ("{s: {Image: null}, t: {Image|contains: c}, condition: s or t}", ""),
        ("{s: {Image|contains: a}, t: {Image|contains: b}, condition: s and t}", ""),
        (
            "{s: {Image|contains: a}, t: {Image|contains: b}, condition: s and t and not t}",
            "5:72 never-true",
        ),
        ("{s: {EventID: 1}, condition: s}", ""),
        ("{s: {EventID: 4688}, condition: s}", ""),
        ("{s: {EventID: 4625}, condition: s}", "5:44 never-true"),
        ("{s: {EventID|gt: 1, Image: a}, condition: s}", ""),
        ("{s: {EventID|gt: 9999, Image: a}, condition: s}", "5:57 never-true"),
        ("{s: {Image|contains|all: [a, b]}, condition: s}", ""),
        ("{s: {Image|all: [a, b]}, condition: s}", "5:48 never-true"),
        ("{s: {Image|all: [a, b]}, t: {Image: c}, condition: s or t}", "5:13 never-true"),
        ("{s: {Image|exists: false}, t: {Image: c}, condition: s and t}", "5:65 never-true"),
        ("{s: {Image|neq: c}, t: {Image: c}, condition: s and t}", "5:58 never-true"),
        ("{s: [a, b], condition: s}", ""),
        ("{s: {Imag: a}, condition: s}", "5:17 field"),
        ("{s: {Image|fieldref: Parentimage}, condition: s}", "5:17 field"),
        ("{s: {Image|re: 'evil'}, condition: s}", "5:27 literal-regex"),
        ("{s: {Image|re: 'e.il'}, condition: s}", ""),
        ("{s: {Image|contain: a}, condition: s}", "5:17 unknown-modifier"),
    ] {
        let text = format!("{HEAD}detection: {detection}\n");
        let told = found(&text).join(", ");
        if told != expected {
            wrong.push(format!("{detection}\n  {told}\n  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_rest_of_a_rule_is_told() {
    let tail = "logsource: {product: linux}\ndetection: {s: [evil], condition: s}\n";
    for (head, expected) in [
        ("title: t\nid: 1\nlevel: low\n", ""),
        ("title: t\n", "1:1 no-id, 1:1 no-level"),
        (
            "title: t\nid: 1\nlevel: low\ntags:\n  - attack.t1059\n  - attack.nothing\n",
            "6:5 unknown-tag",
        ),
        ("title: t\nid: 1\nlevel: low\ntags: [attack.t1562.001]\n", "4:8 revoked-tag"),
        (
            "title: t\nid: 1\nlevel: low\nx-prohori-suppress: {by: [cmdline, nowhere], for: 1h}\n",
            "4:27 field, 4:36 field",
        ),
    ] {
        assert_eq!(found(&format!("{head}{tail}")).join(", "), expected, "{head}");
    }
    let unserved = "title: t\nid: 1\nlevel: low\nlogsource: {product: abacus}\ndetection: {s: [evil], condition: s}\n";
    assert_eq!(found(unserved), ["1:1 logsource"]);
    let within = |generate: bool| {
        let rule = format!(
            "{HEAD}name: a\nx-prohori-suppress: {{for: 1h}}\ndetection: {{s: [evil], condition: s}}\n"
        );
        let count =
            "correlation: {type: event_count, rules: [a], timespan: 5m, condition: {gte: 2}}";
        found(&format!("{rule}---\ntitle: c\nid: c\nlevel: low\ngenerate: {generate}\n{count}\n"))
    };
    assert_eq!((within(false), within(true)), (vec!["6:21 folds-nothing".to_owned()], vec![]));
}

#[test]
fn ids_differ_between_files_and_samples_are_missed() {
    let text = format!("{HEAD}detection: {{s: [evil], condition: s}}\n");
    let file =
        |name: &str| RuleFile { name: name.into(), text: text.clone(), ..RuleFile::default() };
    let tables = Tables::builtin().unwrap();
    let report = check(&[file("a/x.yml"), file("b.yml")], &tables, &Placeholders::new(), 0);
    in_bangla(&report);
    let told: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "a/x.yml:1:1: warning[no-match-samples]: there are no lines on which the rule must fire; write a/x.match.log",
            "a/x.yml:1:1: warning[no-miss-samples]: there are no lines on which the rule must not fire; write a/x.miss.log",
            "b.yml:1:1: warning[no-match-samples]: there are no lines on which the rule must fire; write b.match.log",
            "b.yml:1:1: warning[no-miss-samples]: there are no lines on which the rule must not fire; write b.miss.log",
            "b.yml:2:5: warning[duplicate-id]: the id 1 is also that of a/x.yml:2; give one of them another",
        ]
    );
}

#[test]
fn exceptions_stages_and_references_are_held_against_the_whole_set() {
    let rules = format!("{HEAD}detection: {{s: [evil], condition: s}}\n");
    let filters = "title: f
id: f
x-prohori-owner: soc
x-prohori-expires: 2026-01-01
logsource: {product: windows}
filter: {rules: ['1', '2'], s: {User: x}, condition: s}
---
title: g
id: g
logsource: {product: linux}
filter: {rules: any, s: {User: x}, condition: not s}
---
title: c
id: c
level: low
correlation: {type: event_count, rules: [absent], timespan: 5m, condition: {gte: 2}}
";
    let file = |name: &str, text: &str| RuleFile {
        name: name.into(),
        text: text.into(),
        has_match_samples: true,
        has_miss_samples: true,
    };
    let files = [
        file("a.yml", &rules),
        file("f.yml", filters),
        file("stages.yml", "'1': draft\nx: shadow\n"),
    ];
    let tables = Tables::builtin().unwrap();
    let report = check(&files, &tables, &Placeholders::new(), 1_800_000_000_000);
    in_bangla(&report);
    let told: Vec<String> = report
        .findings
        .iter()
        .map(|f| format!("{}:{}:{} {}", f.file, f.at.line, f.at.column, f.code))
        .collect();
    assert_eq!(
        told,
        [
            "f.yml:1:1 expired",
            "f.yml:6:23 filter-target",
            "f.yml:6:54 filter-keeps",
            "f.yml:8:1 no-owner",
            "f.yml:8:1 filter-target",
            "f.yml:16:42 unknown-rule",
            "stages.yml:2:1 stage-target",
        ]
    );
    assert_eq!((report.rules, report.filters, report.correlations), (1, 2, 1));
}

/// What is wrong: the form it stands in, and the code.
const WRONG: [(&str, &str, &str); 57] = [
    ("whole", "a: [", "yaml"),
    ("whole", "a: 1\na: 2\n", "yaml"),
    ("whole", "[a]", "form"),
    ("whole", "id: 1\nlogsource: {product: linux}\ndetection: {s: [x], condition: s}\n", "missing"),
    ("head", "status: x\n", "missing"),
    ("head", "detection: x\n", "form"),
    ("head", "x-prohori-suppres: {for: 1h}\ndetection: {s: [x], condition: s}\n", "form"),
    ("head", "x-prohori-suppress: {by: a}\ndetection: {s: [x], condition: s}\n", "missing"),
    (
        "head",
        "x-prohori-threshold: {count: 1, within: 5m}\ndetection: {s: [x], condition: s}\n",
        "form",
    ),
    ("head", "x-prohori-suppress: {for: 90d}\ndetection: {s: [x], condition: s}\n", "range"),
    ("rule", "{s: {Image|contain: a}, condition: s}", "unknown-modifier"),
    ("rule", "{s: {Image|xyzzy: a}, condition: s}", "unknown-modifier"),
    ("rule", "{s: {Image|base64: a*}, condition: s}", "modifier"),
    ("rule", "{s: {Image|i: a}, condition: s}", "modifier"),
    ("rule", "{s: {Image|cidr: 10.0.0.0/40}, condition: s}", "modifier"),
    ("rule", "{s: {Image|exists: maybe}, condition: s}", "modifier"),
    ("rule", "{s: {Image|gt: x}, condition: s}", "modifier"),
    ("rule", "{s: {Image|re: '(?<=x)y'}, condition: s}", "regex"),
    ("rule", "{s: {Image|expand: '%nobody%'}, condition: s}", "placeholder"),
    ("rule", "{s: {Image|expand: nobody}, condition: s}", "modifier"),
    ("rule", "{s: {Image: {a: b}}, condition: s}", "form"),
    ("rule", "{s: {Image: []}, condition: s}", "form"),
    ("rule", "{s: {}, condition: s}", "form"),
    ("rule", "{s: [x]}", "missing"),
    ("rule", "{s: [x], condition: t}", "condition"),
    ("rule", "{s: [x], condition: s s}", "condition"),
    ("rule", "{s: [x], condition: (s}", "condition"),
    ("rule", "{s: [x], condition: s)}", "condition"),
    ("rule", "{s: [x], condition: s and}", "condition"),
    ("rule", "{s: [x], condition: 1 of t*}", "condition"),
    ("rule", "{s: [x], condition: 0 of s}", "condition"),
    ("rule", "{s: [x], condition: s | count() > 5}", "legacy"),
    ("rule", "{s: [x], timeframe: 5m, condition: s}", "legacy"),
    ("correlation", "x", "form"),
    ("correlation", "{rules: [p], timespan: 5m}", "missing"),
    ("correlation", "{type: near, rules: [p], timespan: 5m}", "legacy"),
    ("correlation", "{type: many, rules: [p], timespan: 5m}", "form"),
    ("correlation", "{type: event_count, timespan: 5m, condition: {gte: 2}}", "missing"),
    ("correlation", "{type: event_count, rules: [], timespan: 5m, condition: {gte: 2}}", "form"),
    (
        "correlation",
        "{type: event_count, rules: [p, p], timespan: 5m, condition: {gte: 2}}",
        "form",
    ),
    ("correlation", "{type: event_count, rules: [p], timespan: 5y, condition: {gte: 2}}", "form"),
    ("correlation", "{type: event_count, rules: [p], condition: {gte: 2}}", "missing"),
    (
        "correlation",
        "{type: event_count, rules: [p], timeframe: 5m, condition: {gte: 2}}",
        "legacy",
    ),
    ("correlation", "{type: event_count, rules: [p], span: 5m, condition: {gte: 2}}", "form"),
    ("correlation", "{type: event_count, rules: [p], timespan: 5m}", "missing"),
    ("correlation", "{type: event_count, rules: [p], timespan: 5m, condition: {}}", "missing"),
    ("correlation", "{type: event_count, rules: [p], timespan: 5m, condition: a and b}", "form"),
    ("correlation", "{type: event_count, rules: [p], timespan: 5m, condition: {gte: x}}", "form"),
    (
        "correlation",
        "{type: event_count, rules: [p], timespan: 5m, condition: {field: b, gte: 1}}",
        "form",
    ),
    (
        "correlation",
        "{type: value_count, rules: [p], timespan: 5m, condition: {gte: 1}}",
        "missing",
    ),
    (
        "correlation",
        "{type: value_avg, rules: [p], timespan: 5m, condition: {field: [b, c], gte: 1}}",
        "form",
    ),
    (
        "correlation",
        "{type: value_avg, rules: [p], timespan: 5m, condition: {field: b, percentile: 9, gte: 1}}",
        "form",
    ),
    (
        "correlation",
        "{type: event_count, rules: [p], aliases: {x: {b: f}}, timespan: 5m, condition: {gte: 2}}",
        "alias-rule",
    ),
    ("correlation", "{type: event_count, rules: [c], timespan: 5m, condition: {gte: 2}}", "cycle"),
    ("filter", "filter: x", "form"),
    ("filter", "filter: {s: [x], condition: s}", "missing"),
    ("filter", "x-prohori-expires: soon\nfilter: {rules: any, s: [x], condition: not s}", "form"),
];

#[test]
fn errors_are_told_in_bangla_too() {
    for (form, body, code) in WRONG {
        let text = match form {
            "head" => format!("{HEAD}{body}"),
            "rule" => format!("{HEAD}detection: {body}\n"),
            "correlation" => format!("title: c\nid: c\nlevel: low\ncorrelation: {body}\n"),
            "filter" => format!("title: f\nid: f\nlogsource: {{product: linux}}\n{body}\n"),
            _ => body.to_owned(),
        };
        let told = found(&text);
        let is_there = told.iter().any(|finding| finding.ends_with(&format!(" {code}")));
        assert!(is_there, "{text}\n{told:?}, wanted {code}");
    }
}
