//! Compiled rules, shared by all threads.

use crate::compile::{Compiled, KEYWORDS, compile};
use crate::locate::keys;
use crate::plan::Plan;
use crate::scan::PathTree;
use crate::{Error, Json, naive};
use mapping::{EventMap, LogSource, RouteKey, Tables};
use sigma::Rule;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

/// A test of a rule that an event met, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause<'a> {
    /// The selection it stands in.
    pub selection: &'a str,
    /// The field's Sigma name; `None` for keywords.
    pub field: Option<&'a str>,
    /// Where the value was found, if it was at one place.
    pub path: Option<Cow<'a, str>>,
    /// The modifiers, as written.
    pub modifier: &'a str,
    /// The rule's value, as written.
    pub pattern: &'a str,
    /// The event's value; `None` where it is absent or null.
    pub value: Option<Cow<'a, str>>,
}

/// The paths that decide an event's mapping, in the order of [`RouteKey`].
const ROUTE: [&[&str]; 5] = [
    &["metadata", "log_name"],
    &["metadata", "event_code"],
    &["metadata", "log_provider"],
    &["metadata", "log_source"],
    &["class_uid"],
];

/// Rules, ready to be asked about events.
#[derive(Debug)]
pub struct Engine {
    rules: Vec<Arc<Rule>>,
    tables: Arc<Tables>,
    pub(crate) compiled: Compiled,
    /// The rules of each log source.
    pub(crate) log_sources: Vec<(LogSource, Vec<u32>)>,
    pub(crate) tree: PathTree,
    pub(crate) keyword_tree: PathTree,
    pub(crate) route: [u32; 5],
    pub(crate) keywords: Option<u32>,
    /// By the address of the event map, which `tables` keeps.
    plans: RwLock<HashMap<usize, Arc<Plan>>>,
}

impl Engine {
    /// Compiles `rules` for events mapped by `tables`.
    pub fn new(rules: Vec<Rule>, tables: Arc<Tables>) -> Result<Self, Error> {
        let rules: Vec<Arc<Rule>> = rules.into_iter().map(Arc::new).collect();
        let compiled = compile(rules.iter().map(AsRef::as_ref), guards(&tables))?;
        let mut tree = PathTree::new();
        let route = ROUTE
            .map(|path| tree.want(&path.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>()));
        for field in compiled.fields.iter().filter(|field| field.name != KEYWORDS) {
            for path in tables.paths_anywhere(&field.name) {
                for keys in keys(&path) {
                    tree.want(&keys);
                }
            }
        }
        let mut log_sources: HashMap<LogSource, Vec<u32>> = HashMap::new();
        for (number, rule) in rules.iter().enumerate() {
            log_sources.entry(naive::log_source(rule)).or_default().push(number as u32);
        }
        let keywords = compiled.fields.iter().position(|field| field.name == KEYWORDS);
        Ok(Self {
            rules,
            tables,
            compiled,
            log_sources: log_sources.into_iter().collect(),
            tree,
            keyword_tree: PathTree::keywords(),
            route,
            keywords: keywords.map(|index| index as u32),
            plans: RwLock::default(),
        })
    }

    /// The rules, by the numbers that [`crate::Session::matches`] yields.
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    /// Which clauses of a rule an event met; [`crate::Session::explain`] says it of the last event
    /// for less.
    pub fn explain(&self, rule: usize, event: &Json) -> Vec<Clause<'_>> {
        naive::explain(&self.tables, &self.rules[rule], event)
    }

    /// The values of fields of an event, by their Sigma names.
    pub fn values(&self, event: &Json, fields: &[String]) -> Vec<Option<Box<str>>> {
        naive::values(&self.tables, event, fields)
    }

    /// The plan for events of `key`, or `None` where no rule is for them.
    pub(crate) fn plan(&self, key: &RouteKey<'_>) -> Option<Arc<Plan>> {
        let map = self.tables.event_map(key)?;
        let address = Arc::as_ptr(&map) as usize;
        let known =
            self.plans.read().unwrap_or_else(PoisonError::into_inner).get(&address).cloned();
        let plan = known.unwrap_or_else(|| self.make_plan(address, &map));
        (!plan.rules.is_empty()).then_some(plan)
    }

    fn make_plan(&self, address: usize, map: &EventMap) -> Arc<Plan> {
        let plan = Arc::new(Plan::new(self, map));
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(plans.entry(address).or_insert(plan))
    }
}

/// Every condition of a log source in the tables.
fn guards(tables: &Tables) -> Vec<(String, Vec<String>)> {
    let mut found = BTreeSet::new();
    for (_, _, key) in tables.examples() {
        for served in tables.event_map(&key).iter().flat_map(|map| &map.log_sources) {
            found.extend(served.conditions.iter().cloned());
        }
    }
    found.into_iter().collect()
}
