//! What becomes of a match: filters first, then the rule's stage.

use crate::{Stage, Stages};
use sigma::{Filter, Rule, Targets};
use std::collections::HashMap;

/// What becomes of a match of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate<'p> {
    /// It is an alert.
    Alert,
    /// A filter leaves it out.
    LeftOut(&'p Filter),
    /// The rule is in shadow: it is counted.
    Shadow,
    /// The rule is a canary in other agencies: it is counted.
    Elsewhere,
}

/// A name in a filter that no rule has, or that has no rule of the filter's log source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unaimed {
    /// The filter's index among those given.
    pub filter: usize,
    /// As written; `None` where the filter is for any rule and there is none.
    pub name: Option<String>,
}

/// The filters and stages of a set of rules.
#[derive(Debug, Default)]
pub struct Policy {
    filters: Vec<Filter>,
    /// By rule: the filters that join it.
    joined: Vec<Box<[u32]>>,
    /// By rule.
    stages: Vec<Stage>,
    /// Of whatever is not active, by id: for correlations, which have no number here.
    by_id: HashMap<String, Stage>,
    /// By id: how sure a rule or correlation is, in percent, where that was decided.
    quality: HashMap<String, u8>,
}

impl Policy {
    /// The policy for `rules`, which are numbered in this order.
    pub fn new(rules: &[Rule], filters: Vec<Filter>, stages: &Stages) -> Self {
        let joined = |rule: &Rule| -> Box<[u32]> {
            let all = filters.iter().enumerate();
            all.filter(|(_, filter)| filter.joins(rule)).map(|(index, _)| index as u32).collect()
        };
        let joined = rules.iter().map(joined).collect();
        let by_id = stages.iter().map(|(id, stage, ..)| (id.to_owned(), stage.clone())).collect();
        let quality =
            stages.iter().filter_map(|(id, ..)| Some((id.to_owned(), stages.quality(id)?)));
        let quality = quality.collect();
        let stages = rules.iter().map(|rule| stages.get(rule.uid())).collect();
        Self { filters, joined, stages, by_id, quality }
    }

    /// What filters aim at and miss.
    pub fn unaimed(&self, rules: &[Rule]) -> Vec<Unaimed> {
        let mut unaimed = Vec::new();
        for (index, filter) in self.filters.iter().enumerate() {
            let joined: Vec<&Rule> = rules.iter().filter(|rule| filter.joins(rule)).collect();
            let missed =
                |name: Option<&str>| Unaimed { filter: index, name: name.map(str::to_owned) };
            match &filter.rules {
                Targets::Any if joined.is_empty() => unaimed.push(missed(None)),
                Targets::Any => {}
                Targets::Named(names) => {
                    let hits = |name: &str| {
                        let is = |known: &Option<String>| known.as_deref() == Some(name);
                        joined.iter().any(|rule| is(&rule.id) || is(&rule.name))
                    };
                    let names = names.iter().filter(|(name, _)| !hits(name));
                    unaimed.extend(names.map(|(name, _)| missed(Some(name))));
                }
            }
        }
        unaimed
    }

    /// How many rules there are.
    pub fn rules(&self) -> usize {
        self.joined.len()
    }

    /// The filters.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// Rules that match what each filter leaves out. An engine gets them after the rules, so that
    /// the numbers of its matches say as well which filters an event meets.
    pub fn left_out(&self) -> impl Iterator<Item = Rule> {
        self.filters.iter().map(Filter::left_out)
    }

    /// Cuts an engine's matches, which rise, into rules and the rest.
    pub fn split<'m>(&self, matching: &'m [u32]) -> (&'m [u32], &'m [u32]) {
        matching.split_at(matching.partition_point(|number| (*number as usize) < self.joined.len()))
    }

    /// What becomes of the match of `rule` by an event of `agency` at that time, in milliseconds
    /// since the epoch, that meets the filters `met` (as [`Self::split`] gives them).
    pub fn fate(&self, rule: u32, met: &[u32], agency: &str, at_ms: i64) -> Fate<'_> {
        let rule = rule as usize;
        let first = self.joined.len() as u32;
        let joined = self.joined.get(rule).map_or(&[][..], |joined| joined);
        for index in joined.iter().filter(|index| met.contains(&(first + **index))) {
            let filter = &self.filters[*index as usize];
            if filter.concerns(agency, at_ms) {
                return Fate::LeftOut(filter);
            }
        }
        self.stages.get(rule).map_or(Fate::Alert, |stage| of_stage(stage, agency))
    }

    /// How sure the rule or correlation with that id is, in percent, where that was decided.
    pub fn quality(&self, id: &str) -> Option<u8> {
        self.quality.get(id).copied()
    }

    /// What becomes of what the correlation with that id raises in `agency`.
    pub fn fate_of_correlation(&self, id: &str, agency: &str) -> Fate<'_> {
        self.by_id.get(id).map_or(Fate::Alert, |stage| of_stage(stage, agency))
    }
}

fn of_stage(stage: &Stage, agency: &str) -> Fate<'static> {
    match stage {
        Stage::Shadow => Fate::Shadow,
        Stage::Canary(agencies) if !agencies.iter().any(|name| name == agency) => Fate::Elsewhere,
        _ => Fate::Alert,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sigma::{Document, Placeholders, parse};

    /// Rules 0 and 1; filters 2 (rule a, agency mof, until 1000) and 3 (any).
    fn policy(stages: &str) -> Policy {
        let text = "
title: a
id: a
logsource: {product: linux}
detection: {s: {x: 1}, condition: s}
---
title: b
id: b
logsource: {product: windows}
detection: {s: {x: 1}, condition: s}
---
title: fa
x-prohori-agencies: [mof]
x-prohori-expires: 1970-01-01T00:00:01Z
logsource: {product: linux}
filter: {rules: [a, nobody], s: {y: 1}, condition: not s}
---
title: fb
logsource: {product: windows}
filter: {rules: any, s: {y: 2}, condition: s}
";
        let (mut rules, mut filters) = (Vec::new(), Vec::new());
        for document in parse("p.yml", text, &Placeholders::new()).documents {
            match document {
                Document::Rule(rule) => rules.push(*rule),
                Document::Filter(filter) => filters.push(*filter),
                Document::Correlation(_) => {}
            }
        }
        let mut known = Stages::default();
        assert!(known.add("stages.yml", stages).is_empty());
        let policy = Policy::new(&rules, filters, &known);
        let name = Some("nobody".to_owned());
        assert_eq!(policy.unaimed(&rules), [Unaimed { filter: 0, name }]);
        policy
    }

    fn shown(fate: Fate<'_>) -> String {
        match fate {
            Fate::LeftOut(filter) => format!("left out by {}", filter.title),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn filters_concern_their_rules_agencies_and_time() {
        let policy = policy("{}");
        for (rule, met, agency, at_ms, expected) in [
            (0, &[][..], "mof", 0, "Alert"),
            (0, &[2], "mof", 0, "left out by fa"),
            (0, &[2], "mof", 1000, "Alert"),
            (0, &[2], "moha", 0, "Alert"),
            (0, &[3], "mof", 0, "Alert"),
            (1, &[2, 3], "mof", i64::MAX, "left out by fb"),
            (9, &[2, 3], "mof", 0, "Alert"),
        ] {
            let fate = shown(policy.fate(rule, met, agency, at_ms));
            assert_eq!(fate, expected, "{rule} {met:?} {agency} {at_ms}");
        }
        assert_eq!(policy.split(&[0, 1, 2, 3]), (&[0, 1][..], &[2, 3][..]));
        assert_eq!(policy.split(&[2]), (&[][..], &[2][..]));
        let left_out: Vec<bool> = policy
            .left_out()
            .map(|rule| matches!(rule.detection.condition, sigma::Condition::Selection(_)))
            .collect();
        assert_eq!(left_out, [true, false], "`not s` leaves out s, `s` all but s");
    }

    #[test]
    fn stages_keep_matches_from_the_queue() {
        let policy = policy("a: shadow\nb: {canary: [mof]}\nc: shadow\n");
        for (rule, agency, expected) in
            [(0, "mof", "Shadow"), (1, "mof", "Alert"), (1, "moha", "Elsewhere")]
        {
            assert_eq!(shown(policy.fate(rule, &[], agency, 0)), expected, "{rule} {agency}");
        }
        assert_eq!(policy.fate_of_correlation("c", "mof"), Fate::Shadow);
        assert_eq!(policy.fate_of_correlation("d", "mof"), Fate::Alert);
    }
}
