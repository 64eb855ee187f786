//! The `detection` of a rule: selections of items, and the condition over them.

use crate::error::Fault;
use crate::value::Chain;
use crate::{Condition, Matcher, Modifier, Placeholders, Problem};
use yaml::{Kind, Node as Yaml, Position};

/// How many selections a rule may have; SigmaHQ's largest has 34.
pub const SELECTIONS_MAX: usize = 1_000;

/// What a rule looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// The search identifiers, in the order of the file.
    pub selections: Vec<Selection>,
    /// When the rule matches.
    pub condition: Condition,
    /// The condition as written; several are joined by " or ".
    pub condition_text: String,
    /// Where the condition stands.
    pub condition_at: Position,
}

/// A search identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub at: Position,
    /// What it asks.
    pub node: Node,
}

/// Items joined by AND and OR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// One item.
    Item(Item),
    /// A map: all of them.
    All(Vec<Node>),
    /// A list of maps: one of them.
    Any(Vec<Node>),
}

/// A field with its modifiers and values, or keywords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The field's Sigma name; `None` for keywords, which every value of the event is asked.
    pub field: Option<String>,
    /// The modifiers as written, such as `contains|all`.
    pub modifiers: String,
    /// Where it stands.
    pub at: Position,
    /// Whether every test must hold (`all`) rather than one.
    pub all: bool,
    /// Whether none may hold (`neq`).
    pub negated: bool,
    /// One for each value.
    pub tests: Vec<Test>,
}

/// One value of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// The value as written.
    pub text: String,
    /// Where it stands.
    pub at: Position,
    /// What it becomes by its modifiers, one of which must hold; mostly one.
    pub alternatives: Vec<Matcher>,
}

/// Reads the map under `detection`.
pub(crate) fn read(node: &Yaml, placeholders: &Placeholders) -> Result<Detection, Fault> {
    let Some(entries) = node.as_map() else {
        return Err(form(node, "detection", "a map of selections and a condition"));
    };
    let mut selections = Vec::new();
    let mut condition = None;
    for entry in entries {
        match entry.key.as_str() {
            "condition" => condition = Some(&entry.value),
            "timeframe" => {
                let what = "\"timeframe\" in a detection".to_owned();
                let mend = "write a correlation rule with a timespan instead";
                return Err((entry.at, Problem::Legacy { what, mend }));
            }
            name => {
                let node = Reader { placeholders }.selection(name, &entry.value)?;
                selections.push(Selection { name: name.to_owned(), at: entry.at, node });
            }
        }
    }
    if selections.len() > SELECTIONS_MAX {
        let what = "the number of selections".to_owned();
        let mend = "put alternatives into one selection's list";
        return Err((node.at, Problem::Limit { what, max: SELECTIONS_MAX, mend }));
    }
    let missing = Problem::Missing { what: "condition", mend: "\"condition: selection\"" };
    let written = condition.ok_or((node.at, missing))?;
    let (condition, condition_text) = conditions(written, &selections)?;
    Ok(Detection { selections, condition, condition_text, condition_at: written.at })
}

/// One condition or a list of them, which is an OR.
fn conditions(node: &Yaml, selections: &[Selection]) -> Result<(Condition, String), Fault> {
    let names: Vec<&str> = selections.iter().map(|selection| selection.name.as_str()).collect();
    let mut parts = Vec::new();
    let mut texts = Vec::new();
    for item in node.items() {
        let text = item.as_str().ok_or_else(|| form(item, "condition", "text"))?;
        parts.push(Condition::parse(text, &names).map_err(|problem| (item.at, problem))?);
        texts.push(text);
    }
    match parts.len() {
        0 => Err(form(node, "condition", "text")),
        1 => Ok((parts.remove(0), texts.concat())),
        _ => Ok((Condition::Or(parts), texts.join(" or "))),
    }
}

fn form(node: &Yaml, what: &str, expected: &'static str) -> Fault {
    (node.at, Problem::Form { what: what.to_owned(), expected, found: node.what().to_owned() })
}

struct Reader<'a> {
    placeholders: &'a Placeholders,
}

impl Reader<'_> {
    fn selection(&self, name: &str, node: &Yaml) -> Result<Node, Fault> {
        match &node.kind {
            Kind::Map(entries) if entries.is_empty() => Err(form(node, name, "a map with fields")),
            Kind::Map(entries) => {
                let items =
                    entries.iter().map(|entry| self.item(entry)).collect::<Result<_, _>>()?;
                Ok(single(items, Node::All))
            }
            Kind::List(items) if items.is_empty() => Err(form(node, name, "a list with values")),
            Kind::List(items) => self.list(name, items),
            Kind::Scalar(_) => self.keywords(node.at, std::slice::from_ref(node)),
        }
    }

    /// Scalars are keywords of one item, maps and lists alternatives to it.
    fn list(&self, name: &str, items: &[Yaml]) -> Result<Node, Fault> {
        let (scalars, others): (Vec<&Yaml>, Vec<&Yaml>) =
            items.iter().partition(|item| item.as_scalar().is_some());
        let mut nodes = Vec::new();
        if let Some(first) = scalars.first() {
            let scalars: Vec<Yaml> = scalars.iter().map(|node| (*node).clone()).collect();
            nodes.push(self.keywords(first.at, &scalars)?);
        }
        for other in others {
            nodes.push(self.selection(name, other)?);
        }
        Ok(single(nodes, Node::Any))
    }

    fn keywords(&self, at: Position, values: &[Yaml]) -> Result<Node, Fault> {
        self.tests(None, None, at, values).map(Node::Item)
    }

    fn item(&self, entry: &yaml::Entry) -> Result<Node, Fault> {
        let (field, modifiers) = match entry.key.split_once('|') {
            Some((field, modifiers)) => (field, Some(modifiers)),
            None => (entry.key.as_str(), None),
        };
        let field = (!field.is_empty()).then(|| field.to_owned());
        let values = entry.value.items();
        if values.is_empty() {
            return Err(form(&entry.value, &entry.key, "a value or a list of values"));
        }
        self.tests(field, modifiers, entry.at, values).map(Node::Item)
    }

    fn tests(
        &self,
        field: Option<String>,
        modifiers: Option<&str>,
        at: Position,
        values: &[Yaml],
    ) -> Result<Item, Fault> {
        let chain = chain(modifiers).map_err(|problem| (at, problem))?;
        let reader =
            Chain { modifiers: &chain, placeholders: self.placeholders, keyword: field.is_none() };
        let tests = values.iter().map(|value| reader.test(value)).collect::<Result<_, _>>()?;
        Ok(Item {
            field,
            modifiers: modifiers.unwrap_or_default().to_owned(),
            at,
            all: chain.contains(&Modifier::All),
            negated: chain.contains(&Modifier::Neq),
            tests,
        })
    }
}

fn chain(modifiers: Option<&str>) -> Result<Vec<Modifier>, Problem> {
    let named = |name: &str| {
        Modifier::named(name).ok_or_else(|| Problem::UnknownModifier {
            name: name.to_owned(),
            suggestion: Modifier::suggest(name),
        })
    };
    modifiers.map_or(Ok(Vec::new()), |modifiers| modifiers.split('|').map(named).collect())
}

fn single(mut nodes: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    match nodes.len() {
        1 => nodes.remove(0),
        _ => many(nodes),
    }
}
