//! A rule's condition as a formula over what is asked of each field.

use sigma::{Condition, Detection, Item, Matcher, Node};
use std::collections::HashMap;

/// A formula over atoms, which are numbered.
#[derive(Debug, Clone)]
pub(crate) enum Formula {
    Atom(usize),
    Not(Box<Formula>),
    And(Vec<Formula>),
    Or(Vec<Formula>),
    AtLeast(usize, Vec<Formula>),
}

/// The atoms of one field.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// The field's Sigma name; `None` for keywords, each of which is a question of its own.
    pub(crate) field: Option<String>,
    /// The numbers of its atoms.
    pub(crate) atoms: Vec<usize>,
}

/// The atoms of a rule.
#[derive(Debug, Default)]
pub(crate) struct Atoms<'r> {
    pub(crate) matchers: Vec<&'r Matcher>,
    /// The group of each.
    pub(crate) group_of: Vec<usize>,
    pub(crate) groups: Vec<Group>,
    fields: HashMap<Option<&'r str>, usize>,
    known: HashMap<(usize, &'r Matcher), usize>,
}

impl<'r> Atoms<'r> {
    /// The formulas of a rule's selections, in their order.
    pub(crate) fn selections(&mut self, detection: &'r Detection) -> Vec<Formula> {
        detection.selections.iter().map(|selection| self.node(&selection.node)).collect()
    }

    fn node(&mut self, node: &'r Node) -> Formula {
        match node {
            Node::Item(item) => self.item(item),
            Node::All(nodes) => Formula::And(nodes.iter().map(|inner| self.node(inner)).collect()),
            Node::Any(nodes) => Formula::Or(nodes.iter().map(|inner| self.node(inner)).collect()),
        }
    }

    fn item(&mut self, item: &'r Item) -> Formula {
        let groups = &mut self.groups;
        let group = *self.fields.entry(item.field.as_deref()).or_insert_with(|| {
            groups.push(Group { field: item.field.clone(), atoms: Vec::new() });
            groups.len() - 1
        });
        let mut tests = Vec::new();
        for test in &item.tests {
            let ways = test.alternatives.iter().map(|matcher| self.atom(group, matcher));
            tests.push(Formula::Or(ways.collect()));
        }
        let whole = if item.all { Formula::And(tests) } else { Formula::Or(tests) };
        if item.negated { Formula::Not(Box::new(whole)) } else { whole }
    }

    fn atom(&mut self, group: usize, matcher: &'r Matcher) -> Formula {
        let next = self.matchers.len();
        let atom = *self.known.entry((group, matcher)).or_insert(next);
        if atom == next {
            self.matchers.push(matcher);
            self.group_of.push(group);
            self.groups[group].atoms.push(atom);
        }
        Formula::Atom(atom)
    }
}

impl Formula {
    /// A condition over these selections.
    pub(crate) fn condition(condition: &Condition, selections: &[Self]) -> Self {
        let all = |parts: &[Condition]| {
            parts.iter().map(|part| Self::condition(part, selections)).collect()
        };
        match condition {
            Condition::Selection(index) => selections[*index].clone(),
            Condition::Not(inner) => Self::Not(Box::new(Self::condition(inner, selections))),
            Condition::And(parts) => Self::And(all(parts)),
            Condition::Or(parts) => Self::Or(all(parts)),
            Condition::AtLeast(count, of) => {
                Self::AtLeast(*count, of.iter().map(|index| selections[*index].clone()).collect())
            }
        }
    }

    /// Its value where it is decided by the atoms that have one; `undecided` gets the first that
    /// has none and matters.
    pub(crate) fn value(
        &self,
        atoms: &[Option<bool>],
        undecided: &mut Option<usize>,
    ) -> Option<bool> {
        match self {
            Self::Atom(atom) => {
                if atoms[*atom].is_none() {
                    undecided.get_or_insert(*atom);
                }
                atoms[*atom]
            }
            Self::Not(inner) => inner.value(atoms, undecided).map(|value| !value),
            Self::And(parts) => join(parts, true, atoms, undecided),
            Self::Or(parts) => join(parts, false, atoms, undecided),
            Self::AtLeast(count, parts) => {
                let (mut holds, mut open) = (0, 0);
                for part in parts {
                    match part.value(atoms, undecided) {
                        Some(true) => holds += 1,
                        Some(false) => {}
                        None => open += 1,
                    }
                }
                match (holds >= *count, holds + open < *count) {
                    (true, _) => Some(true),
                    (_, true) => Some(false),
                    _ => None,
                }
            }
        }
    }
}

/// `And` with the neutral value true, `Or` with false.
fn join(
    parts: &[Formula],
    neutral: bool,
    atoms: &[Option<bool>],
    undecided: &mut Option<usize>,
) -> Option<bool> {
    let mut whole = Some(neutral);
    let mut first = None;
    for part in parts {
        match part.value(atoms, &mut first) {
            Some(value) if value != neutral => return Some(value),
            Some(_) => {}
            None => whole = None,
        }
    }
    if whole.is_none() && undecided.is_none() {
        *undecided = first;
    }
    whole
}
