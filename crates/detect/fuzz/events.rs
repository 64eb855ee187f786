//! Lines of any bytes as events: the engine, which remembers earlier lines, must say of each what
//! the naive evaluator says.
#![cfg_attr(fuzzing, no_main)]

use detect::{Engine, Json, Session, naive};
use mapping::Tables;
use sigma::{Document, Placeholders, Rule};
use std::cell::RefCell;
use std::sync::Arc;

/// How much of an input is looked at: the naive evaluator is slow on purpose.
const LINES_MAX: usize = 16;

struct Fixture {
    tables: Arc<Tables>,
    rules: Vec<Rule>,
    /// It lives on from input to input, so that what it remembers is tested too.
    session: Session,
}

thread_local! {
    static FIXTURE: RefCell<Fixture> = RefCell::new(fixture());
}

fn fixture() -> Fixture {
    let tables = Tables::new([("table.yml", include_str!("table.yml"))]).expect("our own table");
    let parsed = sigma::parse("rules.yml", include_str!("rules.yml"), &Placeholders::new());
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    let rule = |document| match document {
        Document::Rule(rule) => Some(*rule),
        _ => None,
    };
    let rules: Vec<Rule> = parsed.documents.into_iter().filter_map(rule).collect();
    let tables = Arc::new(tables);
    let engine = Engine::new(rules.clone(), Arc::clone(&tables)).expect("our own rules");
    Fixture { tables, rules, session: Session::new(Arc::new(engine)) }
}

fuzz::target!(|bytes| FIXTURE.with_borrow_mut(|fixture| {
    for line in bytes.split(|byte| *byte == b'\n').take(LINES_MAX) {
        agree(fixture, line);
        // What a source writes lies under `unmapped`; most inputs get there only with help.
        agree(
            fixture,
            &[b"{\"metadata\":{\"log_source\":\"t\"},\"unmapped\":", line, b"}"].concat(),
        );
    }
}));

fn agree(Fixture { tables, rules, session }: &mut Fixture, event: &[u8]) {
    let json = Json::parse(event);
    let found = session.matches(event);
    assert_eq!(json.is_ok(), found.is_ok(), "{}", event.escape_ascii());
    let (Ok(json), Ok(found)) = (json, found) else { return };
    for (number, rule) in rules.iter().enumerate() {
        let expected = naive::matches(tables, rule, &json);
        assert_eq!(
            found.contains(&(number as u32)),
            expected,
            "{:?} on {}",
            rule.title,
            event.escape_ascii()
        );
    }
}
