//! What is measured in a window, and whether it is what the correlation asks for.

use sigma::{
    Condition, Correlation, CorrelationCondition, CorrelationKind, Number, Relation, has_not,
};
use std::collections::BTreeMap;

/// Numbers are compared in millionths, exactly.
const DECIMALS: u32 = 6;
/// One, in millionths.
const ONE: i128 = 1_000_000;
/// Beyond this a value counts as this: sums of as many as a window holds still fit.
const SCALED_MAX: i128 = 1_000_000_000_000_000_000_000_000_000_000;

/// What a correlation measures, and its bounds.
#[derive(Debug)]
pub(crate) struct Gauge {
    pub(crate) kind: CorrelationKind,
    /// How many rules it names.
    pub(crate) positions: usize,
    bounds: Vec<(Relation, i128)>,
    expression: Option<Condition>,
    percentile: Option<i128>,
    /// Whether it can be decided at a match, as further ones could not undo it.
    pub(crate) at_match: bool,
    /// Whether only a window without a match can meet it.
    pub(crate) only_empty: bool,
}

/// A match as far as measuring goes: which rule, and the value where one is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) position: u16,
    pub(crate) time: i64,
    /// The value, or several as one; `None` where a field is missing.
    pub(crate) value: Option<&'a str>,
}

impl Gauge {
    pub(crate) fn new(correlation: &Correlation) -> Self {
        let (mut bounds, mut expression) = (Vec::new(), None);
        match &correlation.measure.condition {
            CorrelationCondition::Bounds(list) => {
                bounds = list.iter().map(|bound| (bound.relation, scaled(&bound.value))).collect();
            }
            CorrelationCondition::Expression(condition, _) => expression = Some(condition.clone()),
        }
        use CorrelationKind::{EventCount, Temporal, TemporalOrdered, ValueCount, ValueSum};
        let grows = matches!(
            correlation.kind,
            EventCount | ValueCount | Temporal | TemporalOrdered | ValueSum
        );
        let lower = bounds.iter().all(|(relation, _)| relation.is_lower());
        let mut gauge = Self {
            kind: correlation.kind,
            positions: correlation.rules.len(),
            at_match: grows && lower && !expression.as_ref().is_some_and(has_not),
            only_empty: false,
            bounds,
            expression,
            percentile: correlation.measure.percentile.as_ref().map(scaled),
        };
        let counts = matches!(correlation.kind, EventCount | ValueCount | Temporal);
        gauge.only_empty = counts
            && gauge.expression.is_none()
            && gauge.fits(0)
            && !(1..=COUNT_MAX).any(|n| gauge.fits(n * ONE));
        gauge
    }

    /// Whether the bounds hold of a number in millionths.
    fn fits(&self, scaled: i128) -> bool {
        self.bounds.iter().all(|(relation, bound)| relation.holds(&scaled, bound))
    }

    pub(crate) fn count_fits(&self, count: u64) -> bool {
        self.fits(i128::from(count) * ONE)
    }

    pub(crate) fn sum_fits(&self, sum: i128) -> bool {
        self.fits(sum)
    }

    /// Whether the rules that `present` names are those that are wanted.
    pub(crate) fn rules_fit(&self, present: impl Fn(usize) -> bool) -> bool {
        match &self.expression {
            Some(condition) => condition.holds(&mut |index| present(index)),
            None => {
                let count = (0..self.positions).filter(|position| present(*position)).count();
                self.count_fits(count as u64)
            }
        }
    }

    /// Measures a whole window, as it stands when it closes: what was measured, if it fits.
    pub(crate) fn measure(&self, items: &[Item<'_>], since: i64) -> Option<String> {
        use CorrelationKind as Kind;
        match self.kind {
            Kind::EventCount => self.counted(items.len() as u64),
            Kind::ValueCount => {
                let values: std::collections::BTreeSet<&str> =
                    items.iter().filter_map(|item| item.value).collect();
                self.counted(values.len() as u64)
            }
            Kind::Temporal => {
                let has =
                    |position| items.iter().any(|item| usize::from(item.position) == position);
                let count = (0..self.positions).filter(|position| has(*position)).count();
                self.rules_fit(has).then(|| count.to_string())
            }
            Kind::TemporalOrdered => {
                let mut chain = Chain::new(self.positions);
                items.iter().for_each(|item| chain.add(item.position, item.time));
                self.counted(chain.longest(since) as u64)
            }
            Kind::ValueSum | Kind::ValueAvg | Kind::ValueMedian | Kind::ValuePercentile => {
                self.number(items)
            }
        }
    }

    fn counted(&self, count: u64) -> Option<String> {
        self.count_fits(count).then(|| count.to_string())
    }

    fn number(&self, items: &[Item<'_>]) -> Option<String> {
        if self.kind == CorrelationKind::ValuePercentile && self.percentile.is_none() {
            return self.share(items).map(|(value, share)| format!("{share} % {value}"));
        }
        let mut values: Vec<i128> = items.iter().filter_map(|item| number(item.value?)).collect();
        values.sort_unstable();
        let count = values.len() as i128;
        // Bounds are held against `value / parts`, without dividing.
        let (value, parts) = match self.kind {
            CorrelationKind::ValueSum => (values.iter().sum(), 1),
            _ if count == 0 => return None,
            CorrelationKind::ValueAvg => (values.iter().sum(), count),
            CorrelationKind::ValueMedian => {
                let middle = values.len() / 2;
                (values[(values.len() - 1) / 2] + values[middle], 2)
            }
            _ => (values[rank(self.percentile.unwrap_or(0), values.len())], 1),
        };
        let fits =
            self.bounds.iter().all(|(relation, bound)| relation.holds(&value, &(bound * parts)));
        fits.then(|| shown(value / parts))
    }

    /// The first value, in the order of texts, whose share of all values fits, with the share in
    /// percent.
    pub(crate) fn share<'a>(&self, items: &[Item<'a>]) -> Option<(&'a str, String)> {
        let mut counts: BTreeMap<&str, i128> = BTreeMap::new();
        for value in items.iter().filter_map(|item| item.value) {
            *counts.entry(value).or_default() += 1;
        }
        let all: i128 = counts.values().sum();
        let fits = |count: i128| {
            let part = 100 * ONE * count;
            self.bounds.iter().all(|(relation, bound)| relation.holds(&part, &(bound * all)))
        };
        let (value, count) = counts.into_iter().find(|(_, count)| fits(*count))?;
        Some((value, shown(100 * ONE * count / all)))
    }
}

/// Counts up to here are tried to find whether only none will do.
const COUNT_MAX: i128 = 1_000;

/// The place of a percentile among `count` sorted values: the nearest rank.
fn rank(percentile: i128, count: usize) -> usize {
    let whole = 100 * ONE;
    let rank = (percentile * count as i128 + whole - 1) / whole;
    usize::try_from(rank.max(1) - 1).unwrap_or(0).min(count - 1)
}

fn scaled(number: &Number) -> i128 {
    number.scaled(DECIMALS).clamp(-SCALED_MAX, SCALED_MAX)
}

/// A value's number in millionths; `None` where it is none.
pub(crate) fn number(text: &str) -> Option<i128> {
    Number::parse(text).as_ref().map(scaled)
}

/// Millionths as people write them.
pub(crate) fn shown(scaled: i128) -> String {
    let (whole, rest) =
        (scaled.unsigned_abs() / ONE.unsigned_abs(), scaled.unsigned_abs() % ONE.unsigned_abs());
    let sign = if scaled < 0 { "-" } else { "" };
    match rest {
        0 => format!("{sign}{whole}"),
        rest => format!("{sign}{whole}.{}", format!("{rest:06}").trim_end_matches('0')),
    }
}

/// The rules met in the order in which they are named: for each length of a chain and each rule
/// that it may end with, the latest time at which such a chain began.
#[derive(Debug)]
pub(crate) struct Chain {
    positions: usize,
    begun: Box<[i64]>,
}

impl Chain {
    pub(crate) fn new(positions: usize) -> Self {
        Self { positions, begun: vec![i64::MIN; positions * positions].into() }
    }

    /// Adds a match; matches come in the order of [`crate::fact::Entry::order`].
    pub(crate) fn add(&mut self, position: u16, time: i64) {
        let (position, width) = (usize::from(position), self.positions);
        for length in 0..=position {
            let begun = match length {
                0 => time,
                _ => {
                    let shorter = &self.begun[(length - 1) * width..][..position];
                    shorter.iter().copied().max().unwrap_or(i64::MIN)
                }
            };
            let place = &mut self.begun[length * width + position];
            *place = begun.max(*place);
        }
    }

    /// How many rules the longest chain has that began at `since` or later.
    pub(crate) fn longest(&self, since: i64) -> usize {
        let lengths = self.begun.chunks(self.positions.max(1)).enumerate().rev();
        let mut long = lengths.filter(|(_, begun)| begun.iter().any(|time| *time >= since));
        long.next().map_or(0, |(length, _)| length + 1)
    }
}
