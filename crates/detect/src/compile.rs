//! From rules to formulas over numbered tests.

use crate::Error;
use crate::expr::Expr;
use crate::field::FieldTests;
use crate::naive::{self, served_matchers};
use sigma::{Anchor, Item, Matcher, Node, Rule};
use std::collections::HashMap;

/// The name under which keywords are a field.
pub(crate) const KEYWORDS: &str = "";

/// A test that compares two fields.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) test: u32,
    pub(crate) field: u32,
    pub(crate) other: u32,
    pub(crate) anchor: Anchor,
    pub(crate) cased: bool,
}

/// A field of any rule.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) tests: FieldTests,
    /// The number of its first test.
    pub(crate) base: u32,
}

/// A rule.
#[derive(Debug)]
pub(crate) struct CompiledRule {
    pub(crate) holds: Expr,
    /// Tests of which one holds whenever the rule does; `None` where it can match without any.
    pub(crate) triggers: Option<Box<[u32]>>,
    /// The fields that it asks about.
    pub(crate) fields: Box<[u32]>,
    /// Its tests that are not answered by one field's value: keywords and references.
    pub(crate) apart: Box<[u32]>,
    /// The selections that explain its matches, each with its formula.
    pub(crate) explained: Box<[(u32, Expr)]>,
}

/// What rules are compiled to.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) fields: Vec<Field>,
    /// One for each rule.
    pub(crate) rules: Vec<CompiledRule>,
    pub(crate) references: Vec<Reference>,
    /// The field, among `fields`, of each test.
    pub(crate) field_of: Vec<u32>,
    /// One for each condition of a served log source.
    pub(crate) guards: HashMap<(String, Vec<String>), Expr>,
}

/// Tests while they are gathered: numbered per field at first, since their number is not known.
#[derive(Default)]
struct Gathered {
    names: Vec<String>,
    index: HashMap<String, usize>,
    matchers: Vec<Vec<Matcher>>,
    known: HashMap<(usize, Matcher), u32>,
}

impl Gathered {
    fn field(&mut self, name: &str) -> usize {
        if let Some(index) = self.index.get(name) {
            return *index;
        }
        self.index.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.matchers.push(Vec::new());
        self.names.len() - 1
    }

    /// A test of a field, numbered `field << 32 | test` for now.
    fn test(&mut self, field: usize, matcher: &Matcher) -> Draft {
        if let Matcher::Reference { field: other, .. } = matcher {
            self.field(other);
        }
        let next = self.matchers[field].len() as u32;
        let test = *self.known.entry((field, matcher.clone())).or_insert(next);
        if test == next {
            self.matchers[field].push(matcher.clone());
        }
        Draft::Test(field, test)
    }
}

/// A formula whose tests are not numbered through yet.
enum Draft {
    Test(usize, u32),
    Not(Box<Draft>),
    And(Vec<Draft>),
    Or(Vec<Draft>),
}

impl Draft {
    fn number(&self, bases: &[u32]) -> Expr {
        let all = |parts: &[Self]| parts.iter().map(|part| part.number(bases)).collect();
        match self {
            Self::Test(field, test) => Expr::Test(bases[*field] + test),
            Self::Not(inner) => Expr::Not(Box::new(inner.number(bases))),
            Self::And(parts) => Expr::And(all(parts)),
            Self::Or(parts) => Expr::Or(all(parts)),
        }
    }
}

/// Compiles `rules`; `guards` are the conditions that the mapping's log sources have.
pub(crate) fn compile<'a>(
    rules: impl Iterator<Item = &'a Rule>,
    guards: Vec<(String, Vec<String>)>,
) -> Result<Compiled, Error> {
    let mut gathered = Gathered::default();
    let mut drafts = Vec::new();
    for rule in rules {
        let detection = &rule.detection;
        let selections: Vec<Draft> = detection
            .selections
            .iter()
            .map(|selection| node(&selection.node, &mut gathered))
            .collect();
        drafts.push((&detection.condition, selections));
    }
    let guards: Vec<_> = guards
        .into_iter()
        .map(|(name, values)| {
            let field = gathered.field(&name);
            let tests = served_matchers(&values).map(|m| gathered.test(field, &m)).collect();
            ((name, values), Draft::Or(tests))
        })
        .collect();
    let (fields, bases, field_of) = number(&mut gathered)?;
    let references = references(&fields, &gathered.index);
    let (mut rules, mut explained) = (Vec::new(), Vec::new());
    for (condition, selections) in &drafts {
        let selections: Vec<Expr> = selections.iter().map(|draft| draft.number(&bases)).collect();
        rules.push(Expr::condition(condition, &selections));
        let wanted = naive::explained(condition).into_iter();
        explained.push(wanted.map(|index| (index as u32, selections[index].clone())).collect());
    }
    let rules = finished(rules, explained, &fields, &field_of);
    let guards = guards.into_iter().map(|(key, draft)| (key, draft.number(&bases))).collect();
    Ok(Compiled { fields, rules, references, field_of, guards })
}

/// Finds for each rule what plans want to know of it.
///
/// The tests that draw attention to a rule are rare ones, of which few rules ask, as what many
/// rules ask for (`\powershell.exe`) is common in events too.
fn finished(
    rules: Vec<Expr>,
    explained: Vec<Box<[(u32, Expr)]>>,
    fields: &[Field],
    field_of: &[u32],
) -> Vec<CompiledRule> {
    let tests_of = |rule: &Expr| {
        let mut tests = Vec::new();
        rule.tests(&mut tests);
        tests.sort_unstable();
        tests.dedup();
        tests
    };
    let mut uses = vec![0u64; field_of.len()];
    for test in rules.iter().flat_map(tests_of) {
        uses[test as usize] += 1;
    }
    let is_apart = |test: &u32| {
        let field = &fields[field_of[*test as usize] as usize];
        let matcher = &field.tests.matchers()[(*test - field.base) as usize];
        field.name == KEYWORDS || matches!(matcher, Matcher::Reference { .. })
    };
    let finish = |(holds, explained): (Expr, _)| {
        let tests = tests_of(&holds);
        let mut fields: Vec<u32> = tests.iter().map(|test| field_of[*test as usize]).collect();
        fields.dedup();
        let triggers = holds.triggers(&|test| uses[test as usize]).map(|(_, mut triggers)| {
            triggers.sort_unstable();
            triggers.dedup();
            triggers.into()
        });
        let apart = tests.iter().copied().filter(is_apart).collect();
        CompiledRule { triggers, fields: fields.into(), apart, explained, holds }
    };
    rules.into_iter().zip(explained).map(finish).collect()
}

type Numbered = (Vec<Field>, Vec<u32>, Vec<u32>);

fn number(gathered: &mut Gathered) -> Result<Numbered, Error> {
    let (mut fields, mut bases, mut field_of) = (Vec::new(), Vec::new(), Vec::new());
    for (name, matchers) in gathered.names.iter().zip(std::mem::take(&mut gathered.matchers)) {
        let base = field_of.len() as u32;
        field_of.resize(field_of.len() + matchers.len(), fields.len() as u32);
        bases.push(base);
        fields.push(Field { name: name.clone(), tests: FieldTests::new(name, matchers)?, base });
    }
    Ok((fields, bases, field_of))
}

fn references(fields: &[Field], index: &HashMap<String, usize>) -> Vec<Reference> {
    let mut references = Vec::new();
    for (number, field) in fields.iter().enumerate() {
        for (test, matcher) in field.tests.matchers().iter().enumerate() {
            if let Matcher::Reference { field: other, anchor, cased } = matcher {
                references.push(Reference {
                    test: field.base + test as u32,
                    field: number as u32,
                    other: index.get(other).map_or(number, |other| *other) as u32,
                    anchor: *anchor,
                    cased: *cased,
                });
            }
        }
    }
    references
}

fn node(node_: &Node, gathered: &mut Gathered) -> Draft {
    match node_ {
        Node::Item(item) => self::item(item, gathered),
        Node::All(nodes) => Draft::And(nodes.iter().map(|inner| node(inner, gathered)).collect()),
        Node::Any(nodes) => Draft::Or(nodes.iter().map(|inner| node(inner, gathered)).collect()),
    }
}

fn item(item: &Item, gathered: &mut Gathered) -> Draft {
    let field = gathered.field(item.field.as_deref().unwrap_or(KEYWORDS));
    let mut tests = Vec::new();
    for test in &item.tests {
        let alternatives = test.alternatives.iter().map(|m| gathered.test(field, m)).collect();
        tests.push(Draft::Or(alternatives));
    }
    let whole = if item.all { Draft::And(tests) } else { Draft::Or(tests) };
    match item.negated {
        true => Draft::Not(Box::new(whole)),
        false => whole,
    }
}
