//! A correlation as written: which rules, grouped by what, within which time, and how many.

use crate::correlation_condition::{self, Measure};
use crate::error::Fault;
use crate::rule::{self, text, texts};
use crate::{Head, Problem, head};
use std::ops::Deref;
use yaml::{Node, Position};

/// How many rules one correlation may name.
pub const CORRELATED_RULES_MAX: usize = 64;
/// How many fields a correlation may group by.
pub const GROUP_FIELDS_MAX: usize = 16;
/// The longest timespan, in milliseconds: thirty days. State is kept for it in memory.
pub const TIMESPAN_MS_MAX: i64 = 30 * 86_400_000;

/// What is counted, summed or looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CorrelationKind {
    /// Matches.
    EventCount,
    /// Distinct values of a field.
    ValueCount,
    /// Matches of different rules, in any order.
    Temporal,
    /// Matches of different rules, in the order in which they are named.
    TemporalOrdered,
    /// The sum of a field.
    ValueSum,
    /// The mean of a field.
    ValueAvg,
    /// A percentile of a field, or the share of one value among all.
    ValuePercentile,
    /// The median of a field.
    ValueMedian,
}

impl CorrelationKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::EventCount,
        Self::ValueCount,
        Self::Temporal,
        Self::TemporalOrdered,
        Self::ValueSum,
        Self::ValueAvg,
        Self::ValuePercentile,
        Self::ValueMedian,
    ];

    /// Its name in a rule.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventCount => "event_count",
            Self::ValueCount => "value_count",
            Self::Temporal => "temporal",
            Self::TemporalOrdered => "temporal_ordered",
            Self::ValueSum => "value_sum",
            Self::ValueAvg => "value_avg",
            Self::ValuePercentile => "value_percentile",
            Self::ValueMedian => "value_median",
        }
    }

    /// Whether it is about which rules matched, not about how often or with what values.
    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Temporal | Self::TemporalOrdered)
    }

    /// Whether it looks at the values of a field.
    pub fn has_field(self) -> bool {
        !self.is_temporal() && self != Self::EventCount
    }
}

/// A name or id, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As written.
    pub text: String,
    /// Where.
    pub at: Position,
}

/// A name that stands for different fields in the events of different rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The name.
    pub name: Named,
    /// By rule: the field in its events.
    pub fields: Vec<(Named, String)>,
}

/// A correlation of other rules' matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlation {
    /// What it says of itself; its parts read as the correlation's own.
    pub head: Head,
    /// What is counted.
    pub kind: CorrelationKind,
    /// The rules and correlations it is about, in the order given.
    pub rules: Vec<Named>,
    /// The fields whose values must be equal; none means one group.
    pub group_by: Vec<String>,
    /// Names for fields that differ between rules.
    pub aliases: Vec<Alias>,
    /// The timespan, in milliseconds.
    pub timespan_ms: i64,
    /// How long what follows is folded into an alert, in milliseconds; mostly the timespan.
    pub fold_ms: i64,
    /// When it holds.
    pub measure: Measure,
    /// Whether the rules it names raise alerts of their own as well.
    pub generate: bool,
    /// Whether it stands for the alerts of the one rule it names ([`crate::Folding`]): then a match
    /// without a value to group by is of a group too, and one that comes late is no less an alert.
    pub of_rule: bool,
}

impl Deref for Correlation {
    type Target = Head;

    fn deref(&self) -> &Head {
        &self.head
    }
}

/// What a correlation may hold; anything else is refused by name.
const KEYS: [&str; 7] =
    ["type", "rules", "group-by", "timespan", "aliases", "condition", "generate"];

/// Reads a document that has a `correlation`.
pub(crate) fn read(file: &str, node: &Node) -> Result<Correlation, Fault> {
    let body = node.get("correlation").unwrap_or(node);
    known_keys(body)?;
    let kind = kind(body)?;
    let rules = rules(body)?;
    let timespan = body.get("timespan").ok_or((body.at, MISSING_TIMESPAN))?;
    let timespan_ms = timespan_ms("timespan", timespan)?;
    Ok(Correlation {
        head: head::read(file, node)?,
        kind,
        group_by: group_by("group-by", body)?,
        aliases: aliases(body, &rules)?,
        timespan_ms,
        fold_ms: timespan_ms,
        measure: correlation_condition::read(body, kind, &rules)?,
        generate: generate(node, body)?,
        of_rule: false,
        rules,
    })
}

const MISSING_TIMESPAN: Problem =
    Problem::Missing { what: "timespan", mend: "how long a window is, such as \"timespan: 5m\"" };

fn known_keys(body: &Node) -> Result<(), Fault> {
    let Some(entries) = body.as_map() else {
        return Err(rule::form(body, "correlation", "a map with type, rules and timespan"));
    };
    let known = |entry: &&yaml::Entry| KEYS.contains(&entry.key.as_str());
    let Some(entry) = entries.iter().find(|entry| !known(entry)) else { return Ok(()) };
    let what = format!("{:?} in a correlation", entry.key);
    let mend = match entry.key.as_str() {
        "timeframe" => "write timespan",
        "field" => "write it inside of condition",
        "ordered" => "write type: temporal_ordered",
        "group_by" | "groupby" => "write group-by",
        "action" | "near" | "within" => "write type, rules and timespan",
        _ => {
            let expected = "type, rules, group-by, timespan, aliases, condition or generate";
            return Err((entry.at, Problem::Form { what, expected, found: "unknown".into() }));
        }
    };
    Err((entry.at, Problem::Legacy { what, mend }))
}

fn kind(body: &Node) -> Result<CorrelationKind, Fault> {
    let missing = Problem::Missing { what: "type", mend: "\"type: event_count\" or another" };
    let name = text(body, "type")?.ok_or((body.at, missing))?;
    let at = body.get("type").map_or(body.at, |value| value.at);
    if name == "near" {
        let mend = "write type: temporal or temporal_ordered";
        return Err((at, Problem::Legacy { what: "correlation type \"near\"".into(), mend }));
    }
    let expected = "event_count, value_count, temporal, temporal_ordered, value_sum, value_avg, \
                    value_percentile or value_median";
    let unknown = || Problem::Form { what: "type".into(), expected, found: format!("{name:?}") };
    CorrelationKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == name)
        .ok_or_else(|| (at, unknown()))
}

fn rules(body: &Node) -> Result<Vec<Named>, Fault> {
    let missing = Problem::Missing { what: "rules", mend: "the names or ids of rules" };
    let node = body.get("rules").filter(|node| !node.is_null()).ok_or((body.at, missing))?;
    let mut rules: Vec<Named> = Vec::new();
    for item in node.items() {
        let text = item.as_str().ok_or_else(|| rule::form(item, "rules", "names or ids"))?;
        if rules.iter().any(|known| known.text == text) {
            let what = format!("rule {text:?}");
            let expected = "named once";
            return Err((item.at, Problem::Form { what, expected, found: "again".into() }));
        }
        rules.push(Named { text: text.to_owned(), at: item.at });
    }
    if rules.is_empty() {
        return Err(rule::form(node, "rules", "a list of names or ids"));
    }
    limit(node, "the number of rules", rules.len(), CORRELATED_RULES_MAX)?;
    Ok(rules)
}

fn limit(node: &Node, what: &str, count: usize, max: usize) -> Result<(), Fault> {
    let mend = "split it and correlate the parts";
    match count > max {
        true => Err((node.at, Problem::Limit { what: what.to_owned(), max, mend })),
        false => Ok(()),
    }
}

/// The fields under `key`, by whose values matches are grouped.
pub(crate) fn group_by(key: &str, body: &Node) -> Result<Vec<String>, Fault> {
    let fields = texts(body, key)?;
    if let Some(node) = body.get(key) {
        limit(node, &format!("the number of fields in {key}"), fields.len(), GROUP_FIELDS_MAX)?;
    }
    Ok(fields)
}

fn aliases(body: &Node, rules: &[Named]) -> Result<Vec<Alias>, Fault> {
    let Some(node) = body.get("aliases").filter(|node| !node.is_null()) else {
        return Ok(Vec::new());
    };
    let entries = node.as_map().ok_or_else(|| rule::form(node, "aliases", "a map by alias"))?;
    entries.iter().map(|entry| alias(entry, rules)).collect()
}

fn alias(entry: &yaml::Entry, rules: &[Named]) -> Result<Alias, Fault> {
    let form = |node| rule::form(node, &entry.key, "a map from rule to field");
    let fields = entry.value.as_map().ok_or_else(|| form(&entry.value))?;
    let mut read = Vec::new();
    for field in fields {
        if !rules.iter().any(|rule| rule.text == field.key) {
            let (alias, rule) = (entry.key.clone(), field.key.clone());
            let known = known(rules);
            return Err((field.at, Problem::AliasRule { alias, rule, known }));
        }
        let name = field.value.as_str().ok_or_else(|| form(&field.value))?;
        read.push((Named { text: field.key.clone(), at: field.at }, name.to_owned()));
    }
    Ok(Alias { name: Named { text: entry.key.clone(), at: entry.at }, fields: read })
}

/// The names, for an error's text.
fn known(rules: &[Named]) -> String {
    rules.iter().map(|rule| rule.text.as_str()).collect::<Vec<_>>().join(", ")
}

/// `number + letter`, as the specification says; `what` it is of.
pub(crate) fn timespan_ms(what: &'static str, node: &Node) -> Result<i64, Fault> {
    if node.is_null() {
        let mend = "how long it lasts, such as 5m";
        return Err((node.at, Problem::Missing { what, mend }));
    }
    let form = || {
        let found = format!("{:?}", node.as_str().unwrap_or(node.what()));
        let expected = "a number and one of s, m, h, d, such as 90m";
        (node.at, Problem::Form { what: what.into(), expected, found })
    };
    let text = node.as_str().ok_or_else(form)?;
    let letter = text.chars().next_back().ok_or_else(form)?;
    let unit_ms: i64 = match letter {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return Err(form()),
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(form());
    }
    let ms = digits.parse::<i64>().ok().and_then(|count| count.checked_mul(unit_ms));
    match ms {
        Some(0) => Err(form()),
        Some(ms) if ms <= TIMESPAN_MS_MAX => Ok(ms),
        _ => {
            let mend = "count what happens sooner";
            Err((node.at, Problem::Range { what, max: "30 days", mend }))
        }
    }
}

/// The specification has it beside `level`; its first version had it inside of `correlation`.
fn generate(node: &Node, body: &Node) -> Result<bool, Fault> {
    for place in [node, body] {
        if let Some(value) = place.get("generate").filter(|value| !value.is_null()) {
            let truth = value.as_scalar().and_then(yaml::Scalar::as_bool);
            return truth.ok_or_else(|| rule::form(value, "generate", "true or false"));
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
