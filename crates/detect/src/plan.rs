//! Which rules are for one kind of event, and where it has their fields.

use crate::Engine;
use crate::compile::KEYWORDS;
use crate::costs::Account;
use crate::expr::Expr;
use crate::locate::places;
use crate::probe::Probes;
use crate::scan::NO_PATH;
use mapping::{EventMap, LogSource};
use std::collections::{BTreeSet, HashMap};

/// A field that some rule of the plan asks about.
#[derive(Debug)]
pub(crate) struct PlanField {
    pub(crate) field: u32,
    /// Paths, the first that is present counts.
    pub(crate) places: Box<[u32]>,
}

/// A rule of the plan.
#[derive(Debug)]
pub(crate) struct PlanRule {
    pub(crate) rule: u32,
    /// What the log source asks besides.
    guard: Option<Expr>,
}

/// A comparison of two fields, by their places.
#[derive(Debug)]
pub(crate) struct PlanReference {
    pub(crate) reference: u32,
    pub(crate) field: Box<[u32]>,
    pub(crate) other: Box<[u32]>,
}

/// What to do with the events of one mapping.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) fields: Vec<PlanField>,
    pub(crate) rules: Vec<PlanRule>,
    pub(crate) references: Vec<PlanReference>,
    /// Whether some rule looks for keywords, and what of the event says that it need not.
    pub(crate) keywords: bool,
    pub(crate) probes: Option<Probes>,
    /// By test: the rules to look at when it holds.
    triggers: HashMap<u32, Vec<u32>>,
    /// Rules that can match without any test that holds.
    always: Vec<u32>,
}

impl Plan {
    pub(crate) fn new(engine: &Engine, map: &EventMap) -> Self {
        let rules = rules_for(engine, map);
        let compiled = &engine.compiled;
        let compiled_rules = || rules.iter().map(|rule| &compiled.rules[rule.rule as usize]);
        let mut used: BTreeSet<u32> = compiled_rules().flat_map(|r| &r.fields).copied().collect();
        let mut guards = Vec::new();
        rules.iter().flat_map(|rule| &rule.guard).for_each(|guard| guard.tests(&mut guards));
        used.extend(guards.iter().map(|test| compiled.field_of[*test as usize]));
        let apart: BTreeSet<u32> = compiled_rules().flat_map(|r| &r.apart).copied().collect();
        let place = |field: u32| -> Box<[u32]> {
            let name = &compiled.fields[field as usize].name;
            let numbers = places(map, name).into_iter().map(|keys| engine.tree.number(&keys));
            numbers.filter(|number| *number != NO_PATH).collect()
        };
        let keywords = engine.keywords.is_some_and(|field| used.contains(&field));
        let named = |field: &&u32| compiled.fields[**field as usize].name != KEYWORDS;
        let fields = used.iter().filter(named);
        let fields =
            fields.map(|field| PlanField { field: *field, places: place(*field) }).collect();
        let references = compiled.references.iter().enumerate();
        let references = references
            .filter(|(_, reference)| apart.contains(&reference.test))
            .map(|(index, reference)| PlanReference {
                reference: index as u32,
                field: place(reference.field),
                other: place(reference.other),
            })
            .collect();
        let field = engine.keywords.filter(|_| keywords);
        let probes = field.and_then(|field| probes(engine, field, &apart));
        let (triggers, always) = index(engine, &rules);
        Self { fields, rules, references, keywords, probes, triggers, always }
    }

    /// The rules that match where exactly these tests hold, of which `holding` answers any.
    pub(crate) fn matching(
        &self,
        engine: &Engine,
        tests: &[u32],
        holding: &impl Fn(u32) -> bool,
        account: &mut Account,
    ) -> Vec<u32> {
        let triggered = tests.iter().filter_map(|test| self.triggers.get(test)).flatten();
        let candidates: BTreeSet<u32> = triggered.chain(&self.always).copied().collect();
        let matches = |rule: &PlanRule| {
            engine.compiled.rules[rule.rule as usize].holds.holds(holding)
                && rule.guard.as_ref().is_none_or(|guard| guard.holds(holding))
        };
        let candidates = candidates.into_iter().map(|index| &self.rules[index as usize]);
        let Some(clock) = account.sample() else {
            return candidates.filter(|rule| matches(rule)).map(|rule| rule.rule).collect();
        };
        let mut matching = Vec::new();
        for rule in candidates {
            let began = clock();
            if matches(rule) {
                matching.push(rule.rule);
            }
            account.rule(rule.rule, clock().saturating_sub(began));
        }
        matching
    }
}

/// By test, the rules to look at when it holds, and the rules to look at always.
fn index(engine: &Engine, rules: &[PlanRule]) -> (HashMap<u32, Vec<u32>>, Vec<u32>) {
    let (mut triggers, mut always) = (HashMap::<u32, Vec<u32>>::new(), Vec::new());
    for (index, rule) in rules.iter().enumerate() {
        match &engine.compiled.rules[rule.rule as usize].triggers {
            None => always.push(index as u32),
            Some(tests) => {
                for test in tests {
                    triggers.entry(*test).or_default().push(index as u32);
                }
            }
        }
    }
    (triggers, always)
}

/// Probes for the keywords that the plan's rules ask for.
fn probes(engine: &Engine, field: u32, apart: &BTreeSet<u32>) -> Option<Probes> {
    let field = &engine.compiled.fields[field as usize];
    let matchers = field.tests.matchers().iter().enumerate();
    let used = matchers.filter(|(test, _)| apart.contains(&(field.base + *test as u32)));
    Probes::new(used.map(|(_, matcher)| matcher))
}

/// The rules that are for events of `map`, in order, with what their log sources ask.
fn rules_for(engine: &Engine, map: &EventMap) -> Vec<PlanRule> {
    let mut rules = Vec::new();
    for (wanted, numbers) in &engine.log_sources {
        if let Some(guard) = guard(engine, map, wanted) {
            let rule = |rule: &u32| PlanRule { rule: *rule, guard: guard.clone() };
            rules.extend(numbers.iter().map(rule));
        }
    }
    rules.sort_by_key(|rule| rule.rule);
    rules
}

/// Whether events of `map` are of the log source `wanted`: `None` if not, else on what condition.
fn guard(engine: &Engine, map: &EventMap, wanted: &LogSource) -> Option<Option<Expr>> {
    let mut ways = Vec::new();
    for served in map.log_sources.iter().filter(|served| served.source.fits(wanted)) {
        if served.conditions.is_empty() {
            return Some(None);
        }
        let conditions = served.conditions.iter();
        let tests = conditions.filter_map(|key| engine.compiled.guards.get(key).cloned());
        ways.push(Expr::And(tests.collect()));
    }
    (!ways.is_empty()).then_some(Some(Expr::Or(ways)))
}
