//! The coverage as a layer of the ATT&CK Navigator, in its format 4.5.

use crate::{Coverage, Covering, RELEASE, full_name};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The format that is written.
const LAYER: &str = "4.5";
/// The Navigator that introduced the format.
const NAVIGATOR: &str = "5.1.0";
/// How many rules a technique's comment names; the others are counted.
const NAMED_MAX: usize = 20;

/// The layer: the score of a technique is the number of its rules.
pub fn layer(coverage: &Coverage) -> Value {
    let techniques = coverage.techniques();
    let most = techniques.values().map(BTreeSet::len).max().unwrap_or_default().max(1);
    json!({
        "name": "Prohori",
        "versions": {"attack": RELEASE, "navigator": NAVIGATOR, "layer": LAYER},
        "domain": "enterprise-attack",
        "description": format!(
            "{} Sigma rules; the score is the number of rules for a technique",
            coverage.rules
        ),
        "sorting": 3,
        "layout": {
            "layout": "side",
            "aggregateFunction": "max",
            "showID": true,
            "showName": true,
            "showAggregateScores": true,
            "countUnscored": false,
            "expandedSubtechniques": "annotated",
        },
        "hideDisabled": false,
        "techniques": techniques.iter().map(|(id, rules)| technique(id, rules)).collect::<Vec<_>>(),
        "gradient": {
            "colors": ["#e8f2fb", "#0b5394"],
            "minValue": 0,
            "maxValue": most,
        },
        "legendItems": [],
        "metadata": [],
        "links": [],
        "showTacticRowBackground": false,
        "selectTechniquesAcrossTactics": true,
        "selectSubtechniquesWithParent": false,
        "selectVisibleTechniques": false,
    })
}

fn technique(id: &str, rules: &BTreeSet<&Covering>) -> Value {
    let tested = rules.iter().filter(|rule| rule.tested).count();
    let mut titles: Vec<&str> =
        rules.iter().take(NAMED_MAX).map(|rule| rule.title.as_str()).collect();
    let more = rules.len().saturating_sub(NAMED_MAX);
    let more = format!("and {more} more");
    if rules.len() > NAMED_MAX {
        titles.push(&more);
    }
    json!({
        "techniqueID": id,
        "score": rules.len(),
        "comment": titles.join("\n"),
        "enabled": true,
        "metadata": [
            {"name": "technique", "value": full_name(id)},
            {"name": "rules", "value": rules.len().to_string()},
            {"name": "tested", "value": tested.to_string()},
        ],
        "links": [],
        "showSubtechniques": id.contains('.'),
    })
}
