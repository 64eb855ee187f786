//! Conditions of any text: `not (…)` around one that is understood must be its opposite.
#![cfg_attr(fuzzing, no_main)]

use sigma::{Condition, Document, Placeholders};

/// How many selections the rule around the condition has.
const SELECTIONS: u32 = 4;

fuzz::target!(|bytes| {
    let text = String::from_utf8_lossy(bytes);
    if text.chars().any(char::is_control) {
        return;
    }
    let Some(plain) = condition(&text) else { return };
    // One level deeper may be one too deep, and then there is nothing to compare.
    let Some(negated) = condition(&format!("not ({text})")) else { return };
    for holding in 0..1u32 << SELECTIONS {
        let mut holds = |index: usize| holding >> index & 1 == 1;
        assert_ne!(plain.holds(&mut holds), negated.holds(&mut holds), "{text} {holding:b}");
    }
});

/// The condition of a rule with this text, if it is one.
fn condition(text: &str) -> Option<Condition> {
    let quoted = text.replace('\'', "''");
    let rule = format!(
        "title: t\nlogsource: {{product: p}}\ndetection:\n  a: {{x: 1}}\n  b1: {{x: 2}}\n  b2: {{x: 3}}\n  _c: {{x: 4}}\n  condition: '{quoted}'\n"
    );
    let parsed = sigma::parse("r.yml", &rule, &Placeholders::new());
    match parsed.documents.into_iter().next()? {
        Document::Rule(rule) => Some(rule.detection.condition),
        _ => None,
    }
}
