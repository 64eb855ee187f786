//! What a sliding window holds, kept up to date with each match that comes and goes.

use crate::measure::{Chain, Gauge, number, shown};
use sigma::CorrelationKind;
use std::collections::HashMap;

/// Up to this many distinct values are kept in a list, which is smaller than a map.
const LISTED_MAX: usize = 32;

/// The running measure of a window that is decided at each match.
#[derive(Debug)]
pub(crate) enum Tally {
    /// The window's length says it.
    Count,
    Distinct(Box<Distinct>),
    /// How many matches of each rule.
    Rules(Box<[u32]>),
    Chain(Chain),
    Sum(i128),
}

impl Tally {
    pub(crate) fn new(gauge: &Gauge) -> Self {
        match gauge.kind {
            CorrelationKind::ValueCount => Self::Distinct(Box::default()),
            CorrelationKind::Temporal => Self::Rules(vec![0; gauge.positions].into()),
            CorrelationKind::TemporalOrdered => Self::Chain(Chain::new(gauge.positions)),
            CorrelationKind::ValueSum => Self::Sum(0),
            _ => Self::Count,
        }
    }

    pub(crate) fn add(&mut self, position: u16, time: i64, value: Option<&str>) {
        match self {
            Self::Count => {}
            Self::Distinct(distinct) => distinct.change(value, 1),
            Self::Rules(rules) => rules[usize::from(position)] += 1,
            Self::Chain(chain) => chain.add(position, time),
            Self::Sum(sum) => *sum += value.and_then(number).unwrap_or_default(),
        }
    }

    pub(crate) fn remove(&mut self, position: u16, value: Option<&str>) {
        match self {
            // A chain that began too early is told by the time at which it began.
            Self::Count | Self::Chain(_) => {}
            Self::Distinct(distinct) => distinct.change(value, -1),
            Self::Rules(rules) => rules[usize::from(position)] -= 1,
            Self::Sum(sum) => *sum -= value.and_then(number).unwrap_or_default(),
        }
    }

    /// What was measured, if it fits.
    pub(crate) fn measured(&self, gauge: &Gauge, matches: usize, since: i64) -> Option<String> {
        let counted = |count: usize| gauge.count_fits(count as u64).then(|| count.to_string());
        match self {
            Self::Count => counted(matches),
            Self::Distinct(distinct) => counted(distinct.len()),
            Self::Chain(chain) => counted(chain.longest(since)),
            Self::Sum(sum) => gauge.sum_fits(*sum).then(|| shown(*sum)),
            Self::Rules(rules) => {
                let present = |position: usize| rules[position] > 0;
                let count = rules.iter().filter(|count| **count > 0).count();
                gauge.rules_fit(present).then(|| count.to_string())
            }
        }
    }
}

/// Distinct values with how often each is there, by a hash of 128 bits.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    few: Vec<(u128, u32)>,
    many: Option<HashMap<u128, u32>>,
}

impl Distinct {
    fn len(&self) -> usize {
        self.many.as_ref().map_or(self.few.len(), |many| many.len())
    }

    fn change(&mut self, value: Option<&str>, by: i32) {
        let Some(value) = value else { return };
        let hash = xxhash_rust::xxh3::xxh3_128(value.as_bytes());
        if let Some(many) = &mut self.many {
            let count = many.entry(hash).or_default();
            *count = count.saturating_add_signed(by);
            if *count == 0 {
                many.remove(&hash);
            }
            return;
        }
        match self.few.iter().position(|(known, _)| *known == hash) {
            Some(index) => {
                let count = &mut self.few[index].1;
                *count = count.saturating_add_signed(by);
                if *count == 0 {
                    self.few.swap_remove(index);
                }
            }
            None if by > 0 => {
                self.few.push((hash, 1));
                if self.few.len() > LISTED_MAX {
                    self.many = Some(std::mem::take(&mut self.few).into_iter().collect());
                }
            }
            None => {}
        }
    }
}
