//! Rules as formulas over numbered tests.

use sigma::Condition;

/// A formula. Tests are numbered through all fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expr {
    Test(u32),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    AtLeast(usize, Vec<Expr>),
}

impl Expr {
    pub(crate) fn holds(&self, test: &impl Fn(u32) -> bool) -> bool {
        match self {
            Self::Test(number) => test(*number),
            Self::Not(inner) => !inner.holds(test),
            Self::And(parts) => parts.iter().all(|part| part.holds(test)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(test)),
            Self::AtLeast(count, parts) => {
                parts.iter().filter(|part| part.holds(test)).take(*count).count() == *count
            }
        }
    }

    /// A condition over these selections.
    pub(crate) fn condition(condition: &Condition, selections: &[Expr]) -> Self {
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

    /// Appends every test in it.
    pub(crate) fn tests(&self, found: &mut Vec<u32>) {
        match self {
            Self::Test(number) => found.push(*number),
            Self::Not(inner) => inner.tests(found),
            Self::And(parts) | Self::Or(parts) | Self::AtLeast(_, parts) => {
                parts.iter().for_each(|part| part.tests(found));
            }
        }
    }

    /// Tests of which one holds whenever the formula does, or `None` where it can hold without
    /// any: the cheapest such set by the sum of `cost`. Never too few, so no match is lost by
    /// looking at the formula only when one of them holds.
    pub(crate) fn triggers(&self, cost: &impl Fn(u32) -> u64) -> Option<(u64, Vec<u32>)> {
        let union = |parts: &[Self]| {
            let mut whole = (0, Vec::new());
            for part in parts {
                let (part_cost, tests) = part.triggers(cost)?;
                whole.0 += part_cost;
                whole.1.extend(tests);
            }
            Some(whole)
        };
        match self {
            Self::Test(number) => Some((cost(*number), vec![*number])),
            Self::And(parts) => {
                parts.iter().filter_map(|part| part.triggers(cost)).min_by_key(|(cost, _)| *cost)
            }
            Self::Or(parts) => union(parts),
            Self::AtLeast(0, _) => None,
            Self::AtLeast(_, parts) => union(parts),
            Self::Not(inner) => inner.refuted(cost),
        }
    }

    /// As [`Self::triggers`], for the formula's negation.
    fn refuted(&self, cost: &impl Fn(u32) -> u64) -> Option<(u64, Vec<u32>)> {
        match self {
            Self::Not(inner) => inner.triggers(cost),
            Self::Or(parts) => {
                parts.iter().filter_map(|part| part.refuted(cost)).min_by_key(|(cost, _)| *cost)
            }
            Self::And(parts) => {
                let mut whole = (0, Vec::new());
                for part in parts {
                    let (part_cost, tests) = part.refuted(cost)?;
                    whole.0 += part_cost;
                    whole.1.extend(tests);
                }
                Some(whole)
            }
            Self::Test(_) | Self::AtLeast(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn formula() -> impl Strategy<Value = Expr> {
        (0u32..6).prop_map(Expr::Test).prop_recursive(4, 24, 3, |inner| {
            let parts = proptest::collection::vec(inner.clone(), 0..4);
            prop_oneof![
                inner.prop_map(|inner| Expr::Not(Box::new(inner))),
                parts.clone().prop_map(Expr::And),
                parts.clone().prop_map(Expr::Or),
                (0usize..3, parts).prop_map(|(count, parts)| Expr::AtLeast(count, parts)),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_formula_holds_without_one_of_its_triggers(formula in formula(), holding in 0u32..64) {
            let test = |number: u32| holding >> number & 1 == 1;
            if let (true, Some((_, triggers))) = (formula.holds(&test), formula.triggers(&|_| 1)) {
                prop_assert!(triggers.iter().any(|number| test(*number)), "{:?}", triggers);
            }
        }
    }
}
