//! Which rules are for one kind of event, and where it has their fields.

use crate::Engine;
use crate::compile::KEYWORDS;
use crate::expr::Expr;
use crate::locate::places;
use crate::naive::log_source;
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
        let mut tests = Vec::new();
        for rule in &rules {
            engine.compiled.rules[rule.rule as usize].tests(&mut tests);
            if let Some(guard) = &rule.guard {
                guard.tests(&mut tests);
            }
        }
        let mut uses: HashMap<u32, u64> = HashMap::new();
        for test in &tests {
            *uses.entry(*test).or_default() += 1;
        }
        let used: BTreeSet<u32> =
            tests.iter().map(|test| engine.compiled.field_of[*test as usize]).collect();
        let place = |field: u32| -> Box<[u32]> {
            let name = &engine.compiled.fields[field as usize].name;
            let numbers = places(map, name).into_iter().map(|keys| engine.tree.number(&keys));
            numbers.filter(|number| *number != NO_PATH).collect()
        };
        let keywords = engine.keywords.is_some_and(|field| used.contains(&field));
        let named = |field: &&u32| engine.compiled.fields[**field as usize].name != KEYWORDS;
        let fields = used.iter().filter(named);
        let fields =
            fields.map(|field| PlanField { field: *field, places: place(*field) }).collect();
        let references = engine.compiled.references.iter().enumerate();
        let references = references
            .filter(|(_, reference)| uses.contains_key(&reference.test))
            .map(|(index, reference)| PlanReference {
                reference: index as u32,
                field: place(reference.field),
                other: place(reference.other),
            })
            .collect();
        let field = engine.keywords.filter(|_| keywords);
        let probes = field.and_then(|field| probes(engine, field, &uses));
        let (triggers, always) = (HashMap::new(), Vec::new());
        let mut plan = Self { fields, rules, references, keywords, probes, triggers, always };
        plan.index(engine, &uses);
        plan
    }

    /// Finds for each rule the tests that must draw attention to it: rare ones, of which few rules
    /// ask, as what many rules ask for (`\powershell.exe`) is common in events too.
    fn index(&mut self, engine: &Engine, uses: &HashMap<u32, u64>) {
        let cost = |test: u32| uses.get(&test).copied().unwrap_or(1);
        for (index, rule) in self.rules.iter().enumerate() {
            let index = index as u32;
            match engine.compiled.rules[rule.rule as usize].triggers(&cost) {
                None => self.always.push(index),
                Some((_, tests)) => {
                    for test in BTreeSet::from_iter(tests) {
                        self.triggers.entry(test).or_default().push(index);
                    }
                }
            }
        }
    }

    /// The rules that match where exactly these tests hold, of which `holding` answers any.
    pub(crate) fn matching(
        &self,
        engine: &Engine,
        tests: &[u32],
        holding: &impl Fn(u32) -> bool,
    ) -> Vec<u32> {
        let triggered = tests.iter().filter_map(|test| self.triggers.get(test)).flatten();
        let candidates: BTreeSet<u32> = triggered.chain(&self.always).copied().collect();
        let matches = |index: &u32| {
            let rule = &self.rules[*index as usize];
            engine.compiled.rules[rule.rule as usize].holds(holding)
                && rule.guard.as_ref().is_none_or(|guard| guard.holds(holding))
        };
        candidates.into_iter().filter(matches).map(|i| self.rules[i as usize].rule).collect()
    }
}

/// Probes for the keywords that the plan's rules ask for.
fn probes(engine: &Engine, field: u32, uses: &HashMap<u32, u64>) -> Option<Probes> {
    let field = &engine.compiled.fields[field as usize];
    let matchers = field.tests.matchers().iter().enumerate();
    let used = matchers.filter(|(test, _)| uses.contains_key(&(field.base + *test as u32)));
    Probes::new(used.map(|(_, matcher)| matcher))
}

/// The rules that are for events of `map`, with what their log sources ask.
fn rules_for(engine: &Engine, map: &EventMap) -> Vec<PlanRule> {
    let mut known: HashMap<LogSource, Option<Option<Expr>>> = HashMap::new();
    let mut rules = Vec::new();
    for (index, rule) in engine.rules().iter().enumerate() {
        let wanted = log_source(rule);
        let guard = known.entry(wanted).or_insert_with_key(|wanted| guard(engine, map, wanted));
        if let Some(guard) = guard {
            rules.push(PlanRule { rule: index as u32, guard: guard.clone() });
        }
    }
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
