//! Rule files: several documents, global attributes, correlations and filters.

use crate::error::Fault;
use crate::rule::{self, Rule};
use crate::{Correlation, Error, Filter, Placeholders, Problem, correlation, filter};
use yaml::{Entry, Kind, Node, Position};

/// A document of a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// A rule over single events.
    Rule(Box<Rule>),
    /// A correlation of other rules' matches.
    Correlation(Box<Correlation>),
    /// A filter that joins the condition of other rules.
    Filter(Box<Filter>),
}

/// What a file holds: what can be used, and what is wrong with the rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parsed {
    /// The documents that can be used, in order.
    pub documents: Vec<Document>,
    /// Those that cannot.
    pub errors: Vec<Error>,
}

/// Reads a rule file; `file` is its name for errors, `placeholders` the values for `expand`.
pub fn parse(file: &str, text: &str, placeholders: &Placeholders) -> Parsed {
    let mut parsed = Parsed::default();
    let error = |(at, problem): Fault| Error { file: file.to_owned(), at, problem };
    let nodes = match yaml::documents(text) {
        Ok(nodes) => nodes,
        Err(yaml) => {
            let at = yaml.at().unwrap_or(Position { line: 1, column: 1 });
            parsed.errors.push(error((at, Problem::Yaml(yaml))));
            return parsed;
        }
    };
    let mut collection = Collection::default();
    for node in nodes {
        match collection.next(node).and_then(|node| match node {
            Some(node) => document(file, &node, placeholders).map(Some),
            None => Ok(None),
        }) {
            Ok(document) => parsed.documents.extend(document),
            Err(fault) => parsed.errors.push(error(fault)),
        }
    }
    parsed
}

fn document(file: &str, node: &Node, placeholders: &Placeholders) -> Result<Document, Fault> {
    if node.get("correlation").is_some() {
        return correlation::read(file, node).map(|read| Document::Correlation(Box::new(read)));
    }
    if node.get("filter").is_some() {
        let read = filter::read(file, node, placeholders);
        return read.map(|read| Document::Filter(Box::new(read)));
    }
    rule::read(file, node, placeholders).map(|rule| Document::Rule(Box::new(rule)))
}

/// The state of a rule collection: what `action: global` set, and the last document for `repeat`.
#[derive(Default)]
struct Collection {
    global: Option<Node>,
    last: Option<Node>,
}

impl Collection {
    /// The document that `node` stands for, or nothing where it only sets the state.
    fn next(&mut self, mut node: Node) -> Result<Option<Node>, Fault> {
        let at = node.at;
        let Kind::Map(entries) = &mut node.kind else {
            let found = node.what().to_owned();
            return Err((at, Problem::Form { what: "a rule".into(), expected: "a map", found }));
        };
        let Some(index) = entries.iter().position(|entry| entry.key == "action") else {
            let whole = merged(self.global.as_ref(), node);
            self.last = Some(whole.clone());
            return Ok(Some(whole));
        };
        let action = entries.remove(index).value;
        match action.as_str() {
            Some("global") => {
                self.global = Some(merged(self.global.as_ref(), node));
                Ok(None)
            }
            Some("reset") => {
                self.global = None;
                Ok(None)
            }
            Some("repeat") => {
                let whole = merged(self.last.as_ref(), node);
                self.last = Some(whole.clone());
                Ok(Some(whole))
            }
            _ => {
                let found = format!("{:?}", action.as_str().unwrap_or_default());
                let expected = "global, reset or repeat";
                Err((action.at, Problem::Form { what: "action".into(), expected, found }))
            }
        }
    }
}

/// `over` laid on `base`: maps are joined key by key, anything else is replaced.
fn merged(base: Option<&Node>, over: Node) -> Node {
    let Some(base) = base else { return over };
    let (Kind::Map(below), Kind::Map(above)) = (&base.kind, over.kind.clone()) else { return over };
    let mut entries: Vec<Entry> = below.clone();
    for entry in above {
        match entries.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => known.value = merged(Some(&known.value.clone()), entry.value),
            None => entries.push(entry),
        }
    }
    Node { at: over.at, kind: Kind::Map(entries) }
}
