//! Why a rule matched an event or did not: every question that it asks, with what the event held.

use crate::naive::{Asked, log_source, route_key, value_of};
use crate::{BadEvent, Json};
use mapping::{EventMap, LogSource, Path, Tables};
use sigma::{Item, Node, Position, Rule};
use std::sync::Arc;

/// How a rule and an event stand to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Whether the rule matches.
    pub matches: bool,
    /// Whether the event is of the rule's log source.
    pub is_for: bool,
    /// The log sources that the event serves.
    pub serves: Vec<LogSource>,
    /// One for each selection, in the order of the rule.
    pub selections: Vec<SelectionTrace>,
}

/// A selection and how the event answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectionTrace {
    /// Its name.
    pub name: String,
    /// Whether it holds.
    pub holds: bool,
    /// What it asks.
    pub node: NodeTrace,
}

/// What a selection asks, as it is nested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeTrace {
    /// One item.
    Item(ItemTrace),
    /// All of them; and whether they hold.
    All(Vec<NodeTrace>, bool),
    /// One of them; and whether one holds.
    Any(Vec<NodeTrace>, bool),
}

impl NodeTrace {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        match self {
            Self::Item(item) => item.holds,
            Self::All(_, holds) | Self::Any(_, holds) => *holds,
        }
    }
}

/// An item and how the event answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemTrace {
    /// The field's Sigma name; `None` for keywords.
    pub field: Option<String>,
    /// The modifiers, as written.
    pub modifiers: String,
    /// Where it stands in the rule.
    pub at: Position,
    /// Whether it holds.
    pub holds: bool,
    /// Whether it asks for the opposite (`neq`).
    pub negated: bool,
    /// Whether it asks for every value (`all`).
    pub all: bool,
    /// Where the field was looked for, the first that is present counts; none for keywords.
    pub looked: Vec<Path>,
    /// Where it was found.
    pub path: Option<String>,
    /// What it holds: no value where it is absent, `None` for a null.
    pub values: Vec<Option<String>>,
    /// One for each of the rule's values.
    pub tests: Vec<TestTrace>,
}

/// A value of the rule, and whether the event's field does what it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestTrace {
    /// The value, as written.
    pub pattern: String,
    /// Whether it is met.
    pub holds: bool,
}

/// Asks an event everything that `rule` asks.
pub fn trace(tables: &Tables, rule: &Rule, event: &[u8]) -> Result<Trace, BadEvent> {
    let event = Json::parse(event)?;
    let map = tables.event_map(&route_key(&event)).unwrap_or_else(|| Arc::new(EventMap::default()));
    let asked = Asked { event: &event, map: &map };
    let wanted = log_source(rule);
    let is_for = asked.serves(&wanted);
    let selections = rule.detection.selections.iter();
    let selections = selections.map(|selection| {
        let node = asked.trace_node(&selection.node);
        SelectionTrace { name: selection.name.clone(), holds: node.holds(), node }
    });
    let served = map.log_sources.iter().filter(|served| {
        // One with conditions is served only where they hold.
        served.conditions.is_empty() || served.source.fits(&wanted) && is_for
    });
    Ok(Trace {
        matches: is_for && asked.holds(rule),
        is_for,
        serves: served.map(|served| served.source.clone()).collect(),
        selections: selections.collect(),
    })
}

impl Asked<'_> {
    fn trace_node(&self, node: &Node) -> NodeTrace {
        let all = |nodes: &[Node]| nodes.iter().map(|inner| self.trace_node(inner)).collect();
        match node {
            Node::Item(item) => NodeTrace::Item(self.trace_item(item)),
            Node::All(nodes) => NodeTrace::All(all(nodes), self.node(node)),
            Node::Any(nodes) => NodeTrace::Any(all(nodes), self.node(node)),
        }
    }

    fn trace_item(&self, item: &Item) -> ItemTrace {
        let found = self.values(item);
        let tests = item.tests.iter().map(|test| TestTrace {
            pattern: test.text.clone(),
            holds: test.alternatives.iter().any(|matcher| self.matcher(matcher, &found)),
        });
        let values = || found.iter().flat_map(|(_, values)| values);
        // Keywords are asked of every value, which nobody wants to read.
        let shown = item.field.is_some();
        ItemTrace {
            field: item.field.clone(),
            modifiers: item.modifiers.clone(),
            at: item.at,
            holds: self.item(item),
            negated: item.negated,
            all: item.all,
            looked: item.field.as_ref().map_or_else(Vec::new, |name| self.map.paths(name)),
            path: found.as_ref().map(|(path, _)| path.clone()).filter(|path| !path.is_empty()),
            values: match shown {
                true => values().map(|value| value_of(value).text().map(str::to_owned)).collect(),
                false => Vec::new(),
            },
            tests: tests.collect(),
        }
    }
}
