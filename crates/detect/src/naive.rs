//! Rules against events, one by one, as the specification reads: the oracle, and the explainer.

use crate::locate::{KEYWORDS_EXCEPT, UNMAPPED, places};
use crate::{Clause, Json};
use mapping::{EventMap, LogSource, RouteKey, Served, Tables};
use sigma::{Condition, Item, Matcher, Node, Rule, Test, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Whether `rule` matches `event`.
pub fn matches(tables: &Tables, rule: &Rule, event: &Json) -> bool {
    let Some(map) = tables.event_map(&route_key(event)) else { return false };
    let asked = Asked::new(event, &map);
    asked.serves(&log_source(rule)) && asked.holds(rule)
}

/// The clauses of `rule` that `event` met: those of selections that the condition wants.
pub fn explain<'a>(tables: &Tables, rule: &'a Rule, event: &Json) -> Vec<Clause<'a>> {
    let Some(map) = tables.event_map(&route_key(event)) else { return Vec::new() };
    let asked = Asked::new(event, &map);
    let mut clauses = Vec::new();
    for index in explained(&rule.detection.condition) {
        let selection = &rule.detection.selections[index];
        if asked.node(&selection.node) {
            asked.clauses(&selection.name, &selection.node, &mut clauses);
        }
    }
    clauses
}

/// The values of fields of an event, by their Sigma names; of a field with several, all as one
/// text. `None` where it is absent, null or empty.
pub fn values(tables: &Tables, event: &Json, fields: &[String]) -> Vec<Option<Box<str>>> {
    let Some(map) = tables.event_map(&route_key(event)) else { return vec![None; fields.len()] };
    let asked = Asked { event, map: &map };
    let value = |name: &String| {
        let (_, values) = asked.field(name)?;
        let texts: Vec<&str> = values.iter().filter_map(|value| value_of(value).text()).collect();
        Some(texts.join(", ").into_boxed_str()).filter(|text| !text.is_empty())
    };
    fields.iter().map(value).collect()
}

/// What decides the event's mapping: of several values at a path the first, as of any field.
pub fn route_key(event: &Json) -> RouteKey<'_> {
    let text = |path: &str| {
        let keys: Vec<String> = path.split('.').map(str::to_owned).collect();
        let mut values = Vec::new();
        collect(event, &keys, false, &mut values);
        values.first().and_then(|value| value.text())
    };
    RouteKey {
        log_name: text("metadata.log_name"),
        event_code: text("metadata.event_code"),
        log_provider: text("metadata.log_provider"),
        log_source: text("metadata.log_source"),
        class_uid: text("class_uid"),
    }
}

/// The mapping's form of a rule's log source.
pub fn log_source(rule: &Rule) -> LogSource {
    let sigma::LogSource { product, category, service } = rule.logsource.clone();
    LogSource { product, category, service }
}

/// What a served log source asks of a field: one of these values, whole, ignoring case.
pub(crate) fn served_matchers(values: &[String]) -> impl Iterator<Item = Matcher> {
    values.iter().map(|value| Matcher::Text {
        pattern: sigma::Pattern::literal(value).folded(),
        cased: false,
    })
}

/// The selections that a match is explained by: those that the condition wants, in order.
pub(crate) fn explained(condition: &Condition) -> BTreeSet<usize> {
    let mut wanted = Vec::new();
    wanted_selections(condition, true, &mut wanted);
    wanted.into_iter().collect()
}

fn wanted_selections(condition: &Condition, wanted: bool, found: &mut Vec<usize>) {
    match condition {
        Condition::Selection(index) if wanted => found.push(*index),
        Condition::Selection(_) => {}
        Condition::Not(inner) => wanted_selections(inner, !wanted, found),
        Condition::And(parts) | Condition::Or(parts) => {
            for part in parts {
                wanted_selections(part, wanted, found);
            }
        }
        Condition::AtLeast(_, of) if wanted => found.extend(of),
        Condition::AtLeast(..) => {}
    }
}

/// An event of which things are asked.
#[derive(Debug)]
pub struct Asked<'a> {
    pub(crate) event: &'a Json,
    pub(crate) map: &'a EventMap,
}

/// What a field is in an event: where it was found, and its values; absent is `None`.
pub(crate) type Found<'a> = Option<(String, Vec<&'a Json>)>;

impl<'a> Asked<'a> {
    /// An event, and what the tables say about its kind.
    pub fn new(event: &'a Json, map: &'a EventMap) -> Self {
        Self { event, map }
    }

    /// Whether the event is of the log source.
    pub fn serves(&self, wanted: &LogSource) -> bool {
        let served = |served: &&Served| served.source.fits(wanted);
        self.map.log_sources.iter().filter(served).any(|served| {
            served.conditions.iter().all(|(field, values)| {
                let found = self.field(field);
                served_matchers(values).any(|matcher| self.matcher(&matcher, &found))
            })
        })
    }

    /// Whether the Sigma field does what is asked of it.
    pub fn field_holds(&self, name: &str, matcher: &Matcher) -> bool {
        self.matcher(matcher, &self.field(name))
    }

    /// Whether any of the event's values does what is asked of keywords.
    pub fn keyword_holds(&self, matcher: &Matcher) -> bool {
        self.matcher(matcher, &self.keywords())
    }

    /// Whether any of the Sigma field's values, as text, does what is asked.
    pub fn any_text(&self, name: &str, asked: &mut impl FnMut(&str) -> bool) -> bool {
        let values = self.field(name).map_or_else(Vec::new, |(_, values)| values);
        values.into_iter().any(|value| value_of(value).text().is_some_and(&mut *asked))
    }

    /// Whether the value at `keys` from the root does what is asked.
    pub fn path_holds(&self, keys: &[String], matcher: &Matcher) -> bool {
        let mut values = Vec::new();
        collect(self.event, keys, false, &mut values);
        let found = (!values.is_empty()).then(|| (String::new(), values));
        self.matcher(matcher, &found)
    }

    pub(crate) fn holds(&self, rule: &Rule) -> bool {
        let selections = &rule.detection.selections;
        rule.detection.condition.holds(&mut |index| self.node(&selections[index].node))
    }

    pub(crate) fn node(&self, node: &Node) -> bool {
        match node {
            Node::Item(item) => self.item(item),
            Node::All(nodes) => nodes.iter().all(|node| self.node(node)),
            Node::Any(nodes) => nodes.iter().any(|node| self.node(node)),
        }
    }

    pub(crate) fn item(&self, item: &Item) -> bool {
        let found = self.values(item);
        let test = |test: &Test| test.alternatives.iter().any(|m| self.matcher(m, &found));
        let holds = match item.all {
            true => item.tests.iter().all(test),
            false => item.tests.iter().any(test),
        };
        holds != item.negated
    }

    pub(crate) fn values(&self, item: &Item) -> Found<'a> {
        match &item.field {
            Some(name) => self.field(name),
            None => self.keywords(),
        }
    }

    fn keywords(&self) -> Found<'a> {
        let mut values = Vec::new();
        keyword_values(self.event, &mut values);
        Some((String::new(), values))
    }

    fn field(&self, name: &str) -> Found<'a> {
        for place in places(self.map, name) {
            let mut values = Vec::new();
            collect(self.event, &place, false, &mut values);
            if !values.is_empty() {
                return Some((place.join("."), values));
            }
        }
        None
    }

    pub(crate) fn matcher(&self, matcher: &Matcher, found: &Found<'_>) -> bool {
        let values = found.as_ref().map_or(&[][..], |(_, values)| values);
        match matcher {
            Matcher::Null => values.is_empty() || values.iter().any(|value| **value == Json::Null),
            Matcher::Exists(wanted) => found.is_some() == *wanted,
            Matcher::Reference { field, anchor, cased } => {
                let others = self.field(field).map_or_else(Vec::new, |(_, values)| values);
                let holds = |value: &&Json, other: &&Json| match (
                    value_of(value).text(),
                    value_of(other).text(),
                ) {
                    (Some(outer), Some(inner)) => anchor.holds(outer, inner, *cased),
                    _ => false,
                };
                values.iter().any(|value| others.iter().any(|other| holds(value, other)))
            }
            _ => values.iter().any(|value| matcher.matches(value_of(value))),
        }
    }

    fn clauses<'c>(&self, selection: &'c str, node: &'c Node, clauses: &mut Vec<Clause<'c>>) {
        match node {
            Node::Item(item) => self.item_clauses(selection, item, clauses),
            Node::All(nodes) | Node::Any(nodes) => {
                for node in nodes.iter().filter(|node| self.node(node)) {
                    self.clauses(selection, node, clauses);
                }
            }
        }
    }

    fn item_clauses<'c>(&self, selection: &'c str, item: &'c Item, clauses: &mut Vec<Clause<'c>>) {
        let found = self.values(item);
        for test in &item.tests {
            let Some(matcher) = test.alternatives.iter().find(|m| self.matcher(m, &found)) else {
                continue;
            };
            let values = found.as_ref().map_or(&[][..], |(_, values)| values);
            let met = values.iter().find(|value| matcher.matches(value_of(value)));
            let value = met.or(values.first()).and_then(|value| value_of(value).text());
            clauses.push(Clause {
                selection,
                field: item.field.as_deref(),
                path: found
                    .as_ref()
                    .map(|(path, _)| Cow::<str>::Owned(path.clone()))
                    .filter(|path| !path.is_empty()),
                modifier: &item.modifiers,
                pattern: &test.text,
                value: value.map(|value| Cow::Owned(value.to_owned())),
            });
        }
    }
}

/// A tree's node as a rule sees it; arrays have been taken apart before.
pub(crate) fn value_of(json: &Json) -> Value<'_> {
    match json {
        Json::Null | Json::List(_) => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(text) => Value::Number(text),
        Json::Text(text) => Value::Text(text),
        Json::Map(_, text) => Value::Object(text),
    }
}

/// The values at `keys`, through arrays. An empty array is a null.
fn collect<'a>(json: &'a Json, keys: &[String], squeezed: bool, values: &mut Vec<&'a Json>) {
    match (json, keys.split_first()) {
        (Json::List(items), None) if items.is_empty() => values.push(&Json::Null),
        (Json::List(items), _) => {
            for item in items {
                collect(item, keys, squeezed, values);
            }
        }
        (_, None) => values.push(json),
        (Json::Map(members, _), Some((key, rest))) => {
            for (name, value) in members {
                if name == key || squeezed && name.contains(' ') && name.replace(' ', "") == *key {
                    collect(value, rest, squeezed || key == UNMAPPED, values);
                }
            }
        }
        _ => {}
    }
}

/// Every value that keywords look into.
fn keyword_values<'a>(event: &'a Json, values: &mut Vec<&'a Json>) {
    let Json::Map(members, _) = event else { return };
    for (name, value) in members {
        if !KEYWORDS_EXCEPT.contains(&name.as_str()) {
            leaves(value, values);
        }
    }
}

fn leaves<'a>(json: &'a Json, values: &mut Vec<&'a Json>) {
    match json {
        Json::List(items) => items.iter().for_each(|item| leaves(item, values)),
        Json::Map(members, _) => members.iter().for_each(|(_, value)| leaves(value, values)),
        scalar => values.push(scalar),
    }
}
