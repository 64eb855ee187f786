//! How the alerts of a rule fold: attributes of our own, `x-prohori-suppress` and
//! `x-prohori-threshold`.
//!
//! A rule that has them stands for a correlation of itself, by its own id: an `event_count` of at
//! least one, or of as many as the threshold says. So what correlations promise holds here too.

use crate::correlation::{group_by, timespan_ms};
use crate::error::Fault;
use crate::rule::form;
use crate::{
    Bound, Correlation, CorrelationCondition, CorrelationKind, Head, Measure, Named, Number,
    Problem, Relation, nearest,
};
use yaml::{Node, Position};

/// What attributes of our own begin with.
pub(crate) const OURS: &str = "x-prohori-";
const SUPPRESS: &str = "x-prohori-suppress";
const THRESHOLD: &str = "x-prohori-threshold";
/// The highest threshold: as many matches as a window holds.
pub const THRESHOLD_MAX: u32 = 100_000;
/// The timespan where nothing is counted: a match stands for itself.
const AT_ONCE_MS: i64 = 1;

/// When a rule's matches become an alert, and what is folded into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folding {
    /// Where it is written.
    pub at: Position,
    /// The fields whose values must be equal, each where it is written; none means one group.
    pub by: Vec<Named>,
    /// How many matches make an alert.
    pub count: u32,
    /// Within which time, in milliseconds.
    pub within_ms: i64,
    /// How long further matches are folded into it, in milliseconds.
    pub for_ms: i64,
}

impl Folding {
    /// The correlation that the rule with this head stands for.
    pub fn correlation(&self, head: &Head) -> Correlation {
        let text = self.count.to_string();
        let value = Number::from_i64(i64::from(self.count));
        let bound = Bound { relation: Relation::GreaterOrEqual, value, text };
        Correlation {
            head: head.clone(),
            kind: CorrelationKind::EventCount,
            rules: vec![Named { text: head.uid().to_owned(), at: self.at }],
            group_by: self.by.iter().map(|field| field.text.clone()).collect(),
            aliases: Vec::new(),
            timespan_ms: self.within_ms,
            fold_ms: self.for_ms,
            measure: Measure {
                fields: Vec::new(),
                percentile: None,
                condition: CorrelationCondition::Bounds(vec![bound]),
            },
            generate: false,
            of_rule: true,
        }
    }
}

/// Reads the attributes of a rule. A misspelt one would fold nothing, so all must be known.
pub(crate) fn read(node: &Node) -> Result<Option<Folding>, Fault> {
    known(node, "a rule", OURS, &[SUPPRESS, THRESHOLD])?;
    let suppress = node.get(SUPPRESS).map(suppress).transpose()?;
    let threshold = node.get(THRESHOLD).map(threshold).transpose()?;
    match (suppress, threshold) {
        (None, folding) | (folding, None) => Ok(folding),
        (Some(suppress), Some(threshold)) => {
            let texts = |f: &Folding| f.by.iter().map(|n| n.text.clone()).collect::<Vec<_>>();
            if texts(&suppress) != texts(&threshold) {
                let what = format!("by of {SUPPRESS} and {THRESHOLD}");
                let (expected, found) = ("the same fields", "others".to_owned());
                return Err((suppress.at, Problem::Form { what, expected, found }));
            }
            if suppress.for_ms < threshold.within_ms {
                let what = format!("for of {SUPPRESS}");
                let (expected, found) = ("no shorter than within of the threshold", "less".into());
                return Err((suppress.at, Problem::Form { what, expected, found }));
            }
            Ok(Some(Folding { for_ms: suppress.for_ms, ..threshold }))
        }
    }
}

fn suppress(node: &Node) -> Result<Folding, Fault> {
    map(node, SUPPRESS, "a map with by and for", &["by", "for"])?;
    let mend = "how long alerts fold, such as \"for: 1h\"";
    let span = node.get("for").ok_or((node.at, Problem::Missing { what: "for", mend }))?;
    let for_ms = timespan_ms("for", span)?;
    Ok(Folding { at: node.at, by: by(node)?, count: 1, within_ms: AT_ONCE_MS, for_ms })
}

fn threshold(node: &Node) -> Result<Folding, Fault> {
    map(node, THRESHOLD, "a map with count, by and within", &["count", "by", "within"])?;
    let mend = "in how much time, such as \"within: 5m\"";
    let span = node.get("within").ok_or((node.at, Problem::Missing { what: "within", mend }))?;
    let within_ms = timespan_ms("within", span)?;
    let mend = "how many matches make an alert, such as \"count: 5\"";
    let count = node.get("count").ok_or((node.at, Problem::Missing { what: "count", mend }))?;
    let found = count.as_str().unwrap_or(count.what());
    let number = found.parse::<u32>().ok().filter(|n| (2..=THRESHOLD_MAX).contains(n));
    let number = number.ok_or_else(|| {
        let (expected, found) = ("a number from 2 to 100000", format!("{found:?}"));
        (count.at, Problem::Form { what: "count".into(), expected, found })
    })?;
    Ok(Folding { at: node.at, by: by(node)?, count: number, within_ms, for_ms: within_ms })
}

/// That `node` is a map of nothing but `keys`.
fn map(
    node: &Node,
    what: &'static str,
    expected: &'static str,
    keys: &[&'static str],
) -> Result<(), Fault> {
    match node.as_map() {
        Some(_) => known(node, what, "", keys),
        None => Err(form(node, what, expected)),
    }
}

/// That all keys of `node` that begin with `prefix` are among `keys`.
pub(crate) fn known(
    node: &Node,
    of: &str,
    prefix: &str,
    keys: &[&'static str],
) -> Result<(), Fault> {
    for entry in node.as_map().unwrap_or_default() {
        if entry.key.starts_with(prefix) && !keys.contains(&entry.key.as_str()) {
            let near = nearest(&entry.key, keys.iter().copied());
            let expected = near
                .and_then(|near| keys.iter().copied().find(|key| *key == near))
                .unwrap_or("one that is known");
            let what = format!("attribute {:?} of {of}", entry.key);
            let found = format!("that; there are {}", keys.join(", "));
            return Err((entry.at, Problem::Form { what, expected, found }));
        }
    }
    Ok(())
}

fn by(node: &Node) -> Result<Vec<Named>, Fault> {
    let fields = group_by("by", node)?;
    let items = node.get("by").map_or(&[][..], |by| by.items());
    let named = fields.into_iter().zip(items);
    Ok(named.map(|(text, item)| Named { text, at: item.at }).collect())
}

#[cfg(test)]
mod tests {
    use crate::{Document, Placeholders, parse};

    fn read(attributes: &str) -> String {
        let text = format!(
            "title: t\nid: r-1\nlogsource: {{product: p}}\n{attributes}\ndetection: {{s: {{a: 1}}, condition: s}}\n"
        );
        let parsed = parse("f.yml", &text, &Placeholders::new());
        let Some(Document::Rule(rule)) = parsed.documents.first() else {
            return parsed.errors[0].to_string();
        };
        let Some(folding) = &rule.folding else { return "none".into() };
        let correlation = folding.correlation(&rule.head);
        assert_eq!(correlation.uid(), "r-1");
        let (within, hold) = (correlation.timespan_ms, correlation.fold_ms);
        let condition = &correlation.measure.condition;
        format!("{condition} by {:?} within {within} for {hold}", correlation.group_by)
    }

    #[test]
    fn attributes_become_a_correlation_of_the_rule_itself() {
        for (attributes, expected) in [
            ("status: test", "none"),
            ("x-other-suppress: 1", "none"),
            ("x-prohori-suppress: {for: 1h}", "gte 1 by [] within 1 for 3600000"),
            (
                "x-prohori-suppress: {by: [src_ip, User], for: 90s}",
                "gte 1 by [\"src_ip\", \"User\"] within 1 for 90000",
            ),
            (
                "x-prohori-threshold: {count: 5, by: src_ip, within: 5m}",
                "gte 5 by [\"src_ip\"] within 300000 for 300000",
            ),
            (
                "x-prohori-threshold: {count: 5, within: 5m}\nx-prohori-suppress: {for: 1d}",
                "gte 5 by [] within 300000 for 86400000",
            ),
        ] {
            assert_eq!(read(attributes), expected, "{attributes}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_mend() {
        for (attributes, expected) in [
            (
                "x-prohori-supress: {for: 1h}",
                "f.yml:4:1: attribute \"x-prohori-supress\" of a rule must be x-prohori-suppress",
            ),
            (
                "x-prohori-suppress: 1h",
                "f.yml:4:21: x-prohori-suppress must be a map with by and for",
            ),
            (
                "x-prohori-suppress: {by: [a]}",
                "f.yml:4:21: for is missing; add how long alerts fold",
            ),
            (
                "x-prohori-suppress: {for: soon}",
                "f.yml:4:27: for must be a number and one of s, m, h, d",
            ),
            ("x-prohori-suppress: {for: 31d}", "f.yml:4:27: for"),
            (
                "x-prohori-suppress: {for: 1h, per: a}",
                "f.yml:4:31: attribute \"per\" of x-prohori-suppress must be",
            ),
            (
                "x-prohori-threshold: {count: 1, within: 5m}",
                "f.yml:4:30: count must be a number from 2",
            ),
            ("x-prohori-threshold: {count: 5}", "f.yml:4:22: within is missing"),
            ("x-prohori-threshold: {within: 5m}", "f.yml:4:22: count is missing"),
            (
                "x-prohori-threshold: {count: 5, by: [a], within: 5m}\nx-prohori-suppress: {for: 1d}",
                "f.yml:5:21: by of x-prohori-suppress and x-prohori-threshold must be the same fields",
            ),
            (
                "x-prohori-threshold: {count: 5, within: 5m}\nx-prohori-suppress: {for: 1m}",
                "f.yml:5:21: for of x-prohori-suppress must be no shorter",
            ),
        ] {
            let error = read(attributes);
            assert!(error.starts_with(expected), "{attributes}: {error}");
        }
    }
}
