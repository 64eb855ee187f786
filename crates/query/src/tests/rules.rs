//! Sigma rules as searches: the same answer as the engine's, and the same rule as a text.

use super::*;
use crate::{Evaluator, of_rule};
use detect::{Json, naive};
use sigma::{Document, Placeholders, Rule};
use std::path::{Path, PathBuf};

/// The rules of these documents.
fn rules(file: &str, text: &str) -> Vec<Rule> {
    let documents = sigma::parse(file, text, &Placeholders::new()).documents;
    documents
        .into_iter()
        .filter_map(|document| match document {
            Document::Rule(rule) => Some(*rule),
            _ => None,
        })
        .collect()
}

/// Every rule of SigmaHQ, where the shared corpora are here.
fn sigma_hq() -> Option<Vec<Rule>> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let from_env = std::env::var_os("PROHORI_SHARED").map(PathBuf::from);
    let folder = from_env.unwrap_or(above).join("corpora/sigma");
    if !folder.is_dir() {
        eprintln!("skipped: shared corpora absent");
        return None;
    }
    let mut found = Vec::new();
    for tree in ["rules", "rules-threat-hunting", "rules-emerging-threats", "rules-compliance"] {
        read(&folder.join(tree), &mut found);
    }
    Some(found)
}

fn read(folder: &Path, found: &mut Vec<Rule>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            found.extend(rules(path.to_str().unwrap(), &std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn sigmahq_opens_as_searches_and_becomes_sql() {
    let Some(rules) = sigma_hq() else { return };
    let (mut whole, mut exact) = (0, 0);
    for rule in &rules {
        let expr = of_rule(rule);
        let condition = crate::sql::condition(&expr, tables(), 0);
        exact += usize::from(condition.notes.is_empty());
        match parse(&expr.to_string(), tables()) {
            Ok(query) => {
                assert_eq!(query.expr, expr, "{}", rule.file);
                whole += 1;
            }
            Err(error) => {
                let limit = matches!(error.problem, crate::Problem::Limit { .. });
                assert!(limit, "{}: {error}\n{expr}", rule.file);
            }
        }
    }
    eprintln!("{} rules: {whole} open as searches, {exact} are said exactly in SQL", rules.len());
    assert!(rules.len() > 3_700 && whole * 100 > rules.len() * 99, "{whole} of {}", rules.len());
    assert!(exact * 100 > rules.len() * 97, "{exact} of {}", rules.len());
}

const WINDOWS: &str = r"
title: t
id: r
logsource: {product: windows, category: process_creation}
detection:
    image: {Image|endswith: ['\powershell.exe', '\pwsh.exe']}
    line: {CommandLine|contains|all: [' -enc', http]}
    parent: {ParentImage: null}
    keyword: [evil, 'b?d']
    number: {ProcessId|gte: 4000}
    same: {User|fieldref: ParentUser}
    condition: (image and line and not parent) or keyword or 2 of (number, same) or number and same
";

#[test]
fn a_rule_reads_as_a_search() {
    let text = WINDOWS.replace(" or 2 of (number, same)", "");
    let expr = of_rule(&rules("r.yml", &text)[0]);
    assert_eq!(
        expr.to_string(),
        "logsource(product=\"windows\", category=\"process_creation\") AND (((Image:*\\powershell.exe OR \
         Image:*\\pwsh.exe) AND (CommandLine:*\\ -enc* AND CommandLine:*http*) AND NOT null(ParentImage)) OR \
         (any:*evil* OR any:*b?d*) OR (ProcessId>=4000 AND User:field(\"ParentUser\")))"
    );
    assert_eq!(parse(&expr.to_string(), tables()).unwrap().expr, expr);
}

/// Events of a few kinds with the values that the rules below look for.
fn event() -> impl Strategy<Value = String> {
    let value = || {
        prop_oneof![
            "[abAB*?. ]{0,4}".prop_map(|text| serde_json::Value::from(text).to_string()),
            Just("null".to_owned()),
            Just("[]".to_owned()),
            "-?[0-9]{1,3}",
            r#"\["[ab]{0,2}",(null|"[AB]{1,2}")\]"#,
        ]
    };
    let code = prop_oneof![Just("1"), Just("5"), Just("4688")];
    let log = prop_oneof![Just("Microsoft-Windows-Sysmon/Operational"), Just("Security")];
    (code, log, value(), value(), value(), "[abAB ]{0,4}").prop_map(
        |(code, log, one, two, three, message)| {
            format!(
                r#"{{"metadata":{{"log_source":"windows","log_name":"{log}","event_code":"{code}"}},"message":"{message}","process":{{"file":{{"path":{one}}},"cmd_line":{two}}},"unmapped":{{"A B":{three},"Image":{two}}}}}"#
            )
        },
    )
}

fn rule_text() -> impl Strategy<Value = String> {
    let field = proptest::sample::select(vec![
        "Image",
        "CommandLine",
        "AB",
        "Message",
        "EventID",
        "ProcessId",
        "NewProcessName",
    ]);
    let test = prop_oneof![
        "[ab*?.]{1,3}".prop_map(|v| format!(": '{v}'")),
        ("(contains|startswith|endswith|cased|re|contains\\|all)", "[ab]{1,2}")
            .prop_map(|(m, v)| format!("|{m}: ['{v}', 'b']")),
        Just(": null".to_owned()),
        Just(": ''".to_owned()),
        any::<bool>().prop_map(|v| format!("|exists: {v}")),
        (0..9).prop_map(|v| format!("|gt: {v}")),
        Just("|fieldref: AB".to_owned()),
        Just("|neq: a".to_owned()),
    ];
    let condition = proptest::sample::select(vec![
        "a and not b",
        "a or b",
        "not a",
        "1 of them",
        "all of them",
        "not (a or b)",
        "2 of them",
        "c and not a",
    ]);
    (field.clone(), test.clone(), field, test, condition).prop_map(|(f, t, g, u, condition)| {
        format!(
            "title: t\nlogsource: {{product: windows}}\ndetection:\n  a: {{{f}{t}}}\n  b: {{{g}{u}}}\n  c: ['ab']\n  condition: {condition}\n"
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_search_made_of_a_rule_finds_what_the_rule_matches(text in rule_text(), event in event()) {
        for rule in rules("r.yml", &text) {
            let json = Json::parse(event.as_bytes()).unwrap();
            let matches = naive::matches(tables(), &rule, &json);
            let expr = of_rule(&rule);
            prop_assert_eq!(Evaluator::new(tables(), &json, 0).holds(&expr), matches, "{}\n{}", text, event);
        }
    }
}
