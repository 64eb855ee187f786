//! Why a rule matched: its clauses, from what the pass over the event has found already.

use super::index::NONE;
use super::memory::{text_of, value};
use super::{PlanState, Session, holds};
use crate::expr::Expr;
use crate::scan::Capture;
use crate::token::Kind;
use crate::{Clause, Engine};
use sigma::{Item, Matcher, Node};
use std::borrow::Cow;

impl Session {
    /// The clauses that `event` met of `rule`, which [`Session::matches`] has just found to match it.
    pub fn explain<'s>(&'s mut self, rule: u32, event: &'s [u8]) -> Vec<Clause<'s>> {
        let Self { engine, memory, plans, last, verdict_key, .. } = self;
        let Some(Some(state)) = plans.get(*last as usize) else { return Vec::new() };
        for test in verdict_key.iter().flat_map(|set| memory.sets.tests(*set)) {
            memory.truth[*test as usize / 64] |= 1 << (test % 64);
        }
        let told = Told {
            engine,
            state,
            event,
            truth: &memory.truth,
            index: &self.index,
            captures: &self.scan.captures,
            keywords: &self.keyword_scan.captures,
        };
        let mut clauses = Vec::new();
        let selections = &engine.rules()[rule as usize].detection.selections;
        for (index, formula) in &engine.compiled.rules[rule as usize].explained {
            let selection = &selections[*index as usize];
            if told.holds(formula) {
                told.clauses(&selection.name, &selection.node, formula, &mut clauses);
            }
        }
        for test in verdict_key.iter().flat_map(|set| memory.sets.tests(*set)) {
            memory.truth[*test as usize / 64] = 0;
        }
        clauses
    }
}

/// An event that was asked about.
struct Told<'s, 't> {
    engine: &'s Engine,
    event: &'s [u8],
    state: &'t PlanState,
    truth: &'t [u64],
    index: &'t super::Index,
    captures: &'t [Capture],
    keywords: &'t [Capture],
}

impl<'s> Told<'s, '_> {
    fn holds(&self, formula: &Expr) -> bool {
        formula.holds(&|test| holds(self.truth, test))
    }

    /// Appends the clauses of a part of a selection, which holds, and whose formula is shaped like it.
    fn clauses(
        &self,
        selection: &'s str,
        node: &'s Node,
        formula: &Expr,
        clauses: &mut Vec<Clause<'s>>,
    ) {
        match (node, formula) {
            (Node::Item(item), formula) => self.item(selection, item, formula, clauses),
            (Node::All(nodes) | Node::Any(nodes), Expr::And(parts) | Expr::Or(parts)) => {
                for (node, part) in nodes.iter().zip(parts).filter(|(_, part)| self.holds(part)) {
                    self.clauses(selection, node, part, clauses);
                }
            }
            _ => {}
        }
    }

    fn item(
        &self,
        selection: &'s str,
        item: &'s Item,
        formula: &Expr,
        clauses: &mut Vec<Clause<'s>>,
    ) {
        let whole = if let Expr::Not(inner) = formula { inner } else { formula };
        let (Expr::And(tests) | Expr::Or(tests)) = whole else { return };
        for (test, alternatives) in item.tests.iter().zip(tests) {
            let Expr::Or(alternatives) = alternatives else { continue };
            let met = alternatives.iter().find_map(|alternative| match alternative {
                Expr::Test(number) => Some(*number).filter(|number| holds(self.truth, *number)),
                _ => None,
            });
            let Some(met) = met else { continue };
            let (path, value) = self.found(met, item.field.is_none());
            clauses.push(Clause {
                selection,
                field: item.field.as_deref(),
                path: path.map(Cow::Borrowed),
                modifier: &item.modifiers,
                pattern: &test.text,
                value,
            });
        }
    }

    /// Where the value is that meets a test, and what it is.
    fn found(&self, test: u32, keywords: bool) -> (Option<&'s str>, Option<Cow<'s, str>>) {
        let number = self.engine.compiled.field_of[test as usize];
        let field = &self.engine.compiled.fields[number as usize];
        let matcher = &field.tests.matchers()[(test - field.base) as usize];
        if keywords {
            let scalars = self.keywords.iter().filter(|capture| capture.kind != Kind::Object);
            return (None, self.telling(matcher, scalars.copied()));
        }
        let fields = &self.state.plan.fields;
        let Ok(place) = fields.binary_search_by_key(&number, |field| field.field) else {
            return (None, None);
        };
        let first = self.index.find(&fields[place].places);
        let Some(capture) = self.captures.get(first as usize) else { return (None, None) };
        let next = |at: &u32| Some(self.index.next[*at as usize]).filter(|next| *next != NONE);
        let values = std::iter::successors(Some(first), next);
        let values = values.map(|at| self.captures[at as usize]);
        (Some(self.engine.tree.name(capture.path)), self.telling(matcher, values))
    }

    /// The first value that fits, else the first of all.
    fn telling(
        &self,
        matcher: &Matcher,
        mut values: impl Iterator<Item = Capture>,
    ) -> Option<Cow<'s, str>> {
        let first = values.next()?;
        let mut text = String::new();
        let mut fits = |capture: &Capture| matcher.matches(value(self.event, *capture, &mut text));
        let telling = match values.next() {
            // With one value there is nothing to choose.
            None => first,
            Some(second) if !fits(&first) => {
                std::iter::once(second).chain(values).find(fits).unwrap_or(first)
            }
            Some(_) => first,
        };
        text_of(self.event, telling)
    }
}
