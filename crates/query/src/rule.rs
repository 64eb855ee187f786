//! A Sigma rule as a search.

use crate::field::Field;
use crate::{Expr, Leaf};
use sigma::{Condition, Item, Node, Rule, Test};

/// The events that `rule` matches: those of its log source that meet its condition.
pub fn of_rule(rule: &Rule) -> Expr {
    let detection = &rule.detection;
    let selections: Vec<Expr> = detection.selections.iter().map(|s| node(&s.node)).collect();
    let source = Expr::Leaf(Leaf::Source(rule.logsource.clone()));
    Expr::All(vec![source, condition(&detection.condition, &selections)])
}

fn condition(of: &Condition, selections: &[Expr]) -> Expr {
    let all = |parts: &[Condition]| parts.iter().map(|part| condition(part, selections)).collect();
    match of {
        Condition::Selection(index) => selections[*index].clone(),
        Condition::Not(inner) => condition(inner, selections).negated(),
        Condition::And(parts) => Expr::all(all(parts)),
        Condition::Or(parts) => Expr::any(all(parts)),
        Condition::AtLeast(count, of) => {
            Expr::AtLeast(*count, of.iter().map(|index| selections[*index].clone()).collect())
        }
    }
}

fn node(of: &Node) -> Expr {
    match of {
        Node::Item(inner) => item(inner),
        Node::All(nodes) => Expr::all(nodes.iter().map(node).collect()),
        Node::Any(nodes) => Expr::any(nodes.iter().map(node).collect()),
    }
}

fn item(item: &Item) -> Expr {
    let field = item.field.clone().map_or(Field::Any, Field::Sigma);
    let test = |test: &Test| {
        let alternatives = test.alternatives.iter();
        Expr::any(alternatives.map(|m| Expr::field(field.clone(), m.clone())).collect())
    };
    let tests = item.tests.iter().map(test).collect();
    let whole = if item.all { Expr::all(tests) } else { Expr::any(tests) };
    if item.negated { whole.negated() } else { whole }
}
