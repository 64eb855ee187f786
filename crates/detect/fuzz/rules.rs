//! Rules of any bytes on events of any bytes, which the compiled and the naive evaluator must answer
//! alike. An input is a rule file, a line `===`, and events, one a line.
#![cfg_attr(fuzzing, no_main)]

use detect::{Engine, Json, Session, naive};
use mapping::Tables;
use sigma::{Document, Placeholders, Rule};
use std::sync::{Arc, LazyLock};

/// Between the rules and the events.
const BORDER: &str = "\n===\n";

static TABLES: LazyLock<Arc<Tables>> = LazyLock::new(|| {
    Arc::new(Tables::new([("table.yml", include_str!("table.yml"))]).expect("our own table"))
});

fuzz::target!(|bytes| {
    let text = String::from_utf8_lossy(bytes);
    let (text, events) = text.split_once(BORDER).unwrap_or((&text, "{}"));
    let parsed = sigma::parse("r.yml", text, &Placeholders::new());
    let rule = |document| match document {
        Document::Rule(rule) => Some(*rule),
        _ => None,
    };
    let rules: Vec<Rule> = parsed.documents.into_iter().filter_map(rule).collect();
    let Ok(engine) = Engine::new(rules.clone(), Arc::clone(&TABLES)) else { return };
    let mut session = Session::new(Arc::new(engine));
    for event in events.lines() {
        let (json, found) = (Json::parse(event.as_bytes()), session.matches(event.as_bytes()));
        assert_eq!(json.is_ok(), found.is_ok(), "{event}");
        let (Ok(json), Ok(found)) = (json, found) else { continue };
        for (number, rule) in rules.iter().enumerate() {
            let expected = naive::matches(&TABLES, rule, &json);
            assert_eq!(found.contains(&(number as u32)), expected, "{text}\n{event}");
        }
    }
});
