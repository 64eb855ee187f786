//! Correlations compiled: trees of correlations whose leaves are rules.

use crate::measure::Gauge;
use sigma::{Correlation, Error, Member, Problem, Rule};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How many leaves a unit may have; a correlation that is referred to twice counts twice.
pub const LEAVES_MAX: usize = 1_000;

/// Correlations ready to be fed with matches.
#[derive(Debug, Default)]
pub struct Plan {
    units: Vec<Unit>,
    leaves: HashMap<usize, Vec<Leaf>>,
    silent: HashSet<usize>,
}

/// Where a rule's matches go: a leaf of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    /// Index into [`Plan::units`].
    pub unit: usize,
    /// The leaf within the unit.
    pub slot: u16,
}

/// A correlation that stands for itself, with those inside of it.
#[derive(Debug)]
pub struct Unit {
    /// Children before parents; the last is the root.
    pub(crate) nodes: Vec<Node>,
    slots: Vec<Slot>,
    reach_ms: i64,
}

#[derive(Debug)]
struct Slot {
    rule: usize,
    /// Fields of the rule's events, by their Sigma names.
    wanted: Vec<String>,
    /// The node that the leaf hangs on.
    node: usize,
    /// Which of `wanted` decide where the match is correlated.
    key: Vec<usize>,
}

/// One correlation of a unit.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) correlation: Arc<Correlation>,
    pub(crate) gauge: Gauge,
    pub(crate) parent: Option<usize>,
    /// How many correlations are below it in a row.
    pub(crate) height: usize,
    /// By slot, for those below this node.
    pub(crate) ways: Vec<Option<Way>>,
}

/// How a node sees the matches of a slot.
#[derive(Debug)]
pub(crate) struct Way {
    /// Which of the correlation's rules it is, or comes through.
    pub(crate) position: u16,
    /// Where among the slot's `wanted` the values to group by are.
    pub(crate) group: Vec<usize>,
    /// Where those to measure are.
    pub(crate) fields: Vec<usize>,
}

impl Plan {
    /// Compiles what [`sigma::resolve`] has resolved. What is too large is among the errors.
    pub fn new(correlations: &[(Correlation, Vec<Member>)]) -> (Self, Vec<Error>) {
        let mut plan = Self::default();
        let mut errors = Vec::new();
        let shared: Vec<Arc<Correlation>> =
            correlations.iter().map(|(correlation, _)| Arc::new(correlation.clone())).collect();
        let inner = inner(correlations);
        for root in (0..correlations.len()).filter(|index| !inner.contains(index)) {
            let unit = Unit::empty();
            let mut builder =
                Builder { all: correlations, shared: &shared, unit, ways: Vec::new() };
            match builder.node(root, &mut Vec::new()) {
                Some(_) => plan.add(builder.unit.finish()),
                None => errors.push(too_large(&correlations[root].0)),
            }
        }
        plan.silent = silent(correlations);
        (plan, errors)
    }

    /// As [`Self::new`], with those of `rules` whose alerts fold: each is a correlation of itself.
    pub fn with_rules(
        rules: &[Rule],
        correlations: &[(Correlation, Vec<Member>)],
    ) -> (Self, Vec<Error>) {
        let within = silent(correlations);
        let folding = rules.iter().enumerate().filter(|(number, _)| !within.contains(number));
        let own = folding.filter_map(|(number, rule)| {
            let correlation = rule.folding.as_ref()?.correlation(&rule.head);
            Some((correlation, vec![Member::Rule(number)]))
        });
        let all: Vec<_> = correlations.iter().cloned().chain(own).collect();
        Self::new(&all)
    }

    fn add(&mut self, unit: Unit) {
        let number = self.units.len();
        for (slot, leaf) in unit.slots.iter().enumerate() {
            let leaf_of = Leaf { unit: number, slot: slot as u16 };
            self.leaves.entry(leaf.rule).or_default().push(leaf_of);
        }
        self.units.push(unit);
    }

    /// The units.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// Where the matches of a rule go; nowhere, if no correlation is about it.
    pub fn leaves(&self, rule: usize) -> &[Leaf] {
        self.leaves.get(&rule).map_or(&[], Vec::as_slice)
    }

    /// Whether a rule raises no alert of its own, as only correlations without `generate` use it.
    pub fn is_silent(&self, rule: usize) -> bool {
        self.silent.contains(&rule)
    }

    /// Whether there is nothing to correlate.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Every correlation that is run, children before parents.
    pub fn correlations(&self) -> impl Iterator<Item = &Arc<Correlation>> {
        self.units.iter().flat_map(|unit| unit.nodes.iter().map(|node| &node.correlation))
    }
}

impl Unit {
    fn empty() -> Self {
        Self { nodes: Vec::new(), slots: Vec::new(), reach_ms: 0 }
    }

    /// The correlation whose alarms it raises.
    pub fn correlation(&self) -> &Arc<Correlation> {
        &self.nodes[self.nodes.len() - 1].correlation
    }

    /// The rule of a leaf.
    pub fn rule(&self, slot: u16) -> usize {
        self.slots[slot as usize].rule
    }

    /// The leaf of a rule, if it has one.
    pub fn slots_of(&self, rule: usize) -> impl Iterator<Item = u16> {
        let slots = self.slots.iter().enumerate();
        slots.filter(move |(_, slot)| slot.rule == rule).map(|(index, _)| index as u16)
    }

    /// The fields of an event whose values a match at this leaf brings, in order.
    pub fn wanted(&self, slot: u16) -> &[String] {
        &self.slots[slot as usize].wanted
    }

    /// The values that decide where a match is correlated: matches that could meet have the same.
    /// `None` where a field to group by is missing, so that the match belongs to no group.
    pub fn key<'a>(&self, slot: u16, values: &'a [Option<Box<str>>]) -> Option<Vec<&'a str>> {
        let leaf = &self.slots[slot as usize];
        let node = &self.nodes[leaf.node];
        let way = node.ways[slot as usize].as_ref()?;
        let value = |index: &usize| node.group_value(values.get(*index).and_then(Option::as_deref));
        let present = way.group.iter().all(|index| value(index).is_some());
        present.then(|| leaf.key.iter().map(value).collect::<Option<_>>()).flatten()
    }

    /// How far back in arrivals a decision looks, where a match may be late by `lateness_ms`.
    pub fn reach_ms(&self, lateness_ms: i64) -> i64 {
        let height = self.nodes[self.nodes.len() - 1].height as i64;
        self.reach_ms.saturating_add(lateness_ms.saturating_mul(height + 3))
    }

    /// Whether another unit does the same with the same rules.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same = |(own, other): (&Node, &Node)| own.is_same(other);
        let nodes =
            self.nodes.len() == other.nodes.len() && self.nodes.iter().zip(&other.nodes).all(same);
        let leaves = |unit: &Self| {
            let slots = unit.slots.iter();
            slots.map(|slot| (slot.wanted.clone(), slot.node)).collect::<Vec<_>>()
        };
        nodes && leaves(self) == leaves(other)
    }

    pub(crate) fn leaf_node(&self, slot: u16) -> usize {
        self.slots[slot as usize].node
    }

    fn finish(mut self) -> Self {
        let slots = self.slots.len();
        for node in &mut self.nodes {
            node.ways.resize_with(slots, || None);
        }
        let key = self.key_fields();
        let root = self.nodes.len() - 1;
        for slot in 0..slots {
            let way = self.nodes[root].ways[slot].as_ref();
            let fields = way.map_or(Vec::new(), |way| key.iter().map(|g| way.group[*g]).collect());
            self.slots[slot].key = fields;
        }
        self.reach_ms =
            (0..slots).map(|slot| self.path_reach(self.slots[slot].node)).max().unwrap_or(0);
        self
    }

    fn path_reach(&self, leaf: usize) -> i64 {
        let steps = std::iter::successors(Some(leaf), |node| self.nodes[*node].parent);
        steps.map(|node| self.nodes[node].reach_ms()).sum()
    }

    /// Which of the root's group fields every node groups by as well: matches that differ in one
    /// of them cannot meet anywhere in the unit.
    fn key_fields(&self) -> Vec<usize> {
        let root = &self.nodes[self.nodes.len() - 1];
        let fields = 0..root.correlation.group_by.len();
        fields.filter(|field| self.nodes.iter().all(|node| node.groups_by(root, *field))).collect()
    }
}

/// Timespans that a decision at a match looks at: the one before it, and one for what arrives out of
/// order.
const REACH_AT_MATCH: i64 = 2;
/// Times of folding before it: an alarm is open for three at the most, and whether it was news
/// depends on two.
const REACH_FOLDS: i64 = 5;
/// Timespans that a decision at the end of a window looks at: the four stretches that say which row
/// the window belongs to, two that tell whether it is news, and one for what arrives out of order.
const REACH_CLOSED: i64 = 7;

impl Node {
    /// How far back what is decided here looks.
    fn reach_ms(&self) -> i64 {
        let Correlation { timespan_ms, fold_ms, .. } = *self.correlation;
        match self.gauge.at_match {
            true => REACH_AT_MATCH * timespan_ms + REACH_FOLDS * fold_ms,
            false => REACH_CLOSED * timespan_ms,
        }
    }

    /// The value at `place`, to group by. A rule's own alerts are grouped by what is missing too, as
    /// none of them may be lost.
    pub(crate) fn group_value<'v>(&self, value: Option<&'v str>) -> Option<&'v str> {
        if self.correlation.of_rule { Some(value.unwrap_or_default()) } else { value }
    }

    /// Whether another node measures the same; where it is written and what it is called for people
    /// does not matter.
    fn is_same(&self, other: &Self) -> bool {
        let names = |node: &Self| -> Vec<String> {
            node.correlation.rules.iter().map(|rule| rule.text.clone()).collect()
        };
        let (own, that) = (&self.correlation, &other.correlation);
        self.parent == other.parent
            && (own.uid(), own.kind, own.timespan_ms) == (that.uid(), that.kind, that.timespan_ms)
            && (own.fold_ms, own.of_rule) == (that.fold_ms, that.of_rule)
            && (&own.group_by, &own.measure) == (&that.group_by, &that.measure)
            && names(self) == names(other)
    }

    /// How long a match waits after its arrival: one lateness for what may come later, and one for
    /// each correlation below, whose own matches wait as long.
    pub(crate) fn wait_ms(&self, lateness_ms: i64) -> i64 {
        lateness_ms.saturating_mul(self.height as i64 + 1)
    }

    /// Which of the correlation's rules a slot is, or comes through; always the first where it does
    /// not matter, so that an event which several rules match is counted once.
    pub(crate) fn position(&self, slot: u16) -> Option<u16> {
        let way = self.ways.get(usize::from(slot))?.as_ref()?;
        Some(if self.correlation.kind.is_temporal() { way.position } else { 0 })
    }

    /// Whether the node groups by what is the root's group field number `field`, in every slot at
    /// the same place.
    fn groups_by(&self, root: &Self, field: usize) -> bool {
        (0..self.correlation.group_by.len()).any(|place| {
            self.ways.iter().zip(&root.ways).all(|ways| match ways {
                (Some(own), Some(root)) => own.group[place] == root.group[field],
                _ => true,
            })
        })
    }
}

/// Correlations that are only parts of others.
fn inner(correlations: &[(Correlation, Vec<Member>)]) -> HashSet<usize> {
    only_within(correlations, |member| match member {
        Member::Correlation(index) => Some(index),
        Member::Rule(_) => None,
    })
}

/// Rules that are only parts of correlations, or whose alerts a correlation of their own raises.
fn silent(correlations: &[(Correlation, Vec<Member>)]) -> HashSet<usize> {
    let rule = |member| match member {
        Member::Rule(index) => Some(index),
        Member::Correlation(_) => None,
    };
    let own = correlations.iter().filter(|(correlation, _)| correlation.of_rule);
    let own = own.flat_map(|(_, members)| members.iter().copied().filter_map(rule));
    let mut silent = only_within(correlations, rule);
    silent.extend(own);
    silent
}

fn only_within(
    correlations: &[(Correlation, Vec<Member>)],
    pick: impl Fn(Member) -> Option<usize>,
) -> HashSet<usize> {
    let of = |generate: bool| -> HashSet<usize> {
        let those = correlations.iter().filter(|(c, _)| c.generate == generate && !c.of_rule);
        those.flat_map(|(_, members)| members.iter().copied().filter_map(&pick)).collect()
    };
    &of(false) - &of(true)
}

fn too_large(correlation: &Correlation) -> Error {
    let (what, mend) = ("the number of rules below it".to_owned(), "refer to fewer correlations");
    let problem = Problem::Limit { what, max: LEAVES_MAX, mend };
    Error { file: correlation.file.clone(), at: correlation.at, problem }
}

struct Builder<'a> {
    all: &'a [(Correlation, Vec<Member>)],
    shared: &'a [Arc<Correlation>],
    unit: Unit,
    /// By slot and depth: how the correlation there sees the slot.
    ways: Vec<Vec<Option<Way>>>,
}

impl Builder<'_> {
    /// Adds a correlation and what is below it; `path` holds the correlations above it, each with
    /// the position through which it comes. `None` when there are too many leaves.
    fn node(&mut self, index: usize, path: &mut Vec<(usize, usize)>) -> Option<usize> {
        let members = &self.all[index].1;
        let first = self.unit.slots.len();
        let (mut leaves, mut children) = (Vec::new(), Vec::new());
        for (position, member) in members.iter().enumerate() {
            path.push((index, position));
            match member {
                Member::Rule(rule) => leaves.push(self.leaf(*rule, path)?),
                Member::Correlation(child) => children.push(self.node(*child, path)?),
            }
            path.pop();
        }
        let number = self.unit.nodes.len();
        let mut height = 0;
        for child in children {
            let child = &mut self.unit.nodes[child];
            child.parent = Some(number);
            height = height.max(child.height + 1);
        }
        for slot in leaves {
            self.unit.slots[slot].node = number;
        }
        let correlation = Arc::clone(&self.shared[index]);
        let gauge = Gauge::new(&correlation);
        let depth = path.len();
        let own = self.ways[first..].iter_mut().map(|way| way[depth].take());
        let ways = std::iter::repeat_with(|| None).take(first).chain(own).collect();
        self.unit.nodes.push(Node { correlation, gauge, parent: None, height, ways });
        Some(number)
    }

    /// A leaf, with the fields that each correlation above it wants.
    fn leaf(&mut self, rule: usize, path: &[(usize, usize)]) -> Option<usize> {
        let slot = self.unit.slots.len();
        if slot >= LEAVES_MAX {
            return None;
        }
        let mut wanted: Vec<String> = Vec::new();
        let mut steps = Vec::new();
        for (depth, (index, position)) in path.iter().enumerate() {
            let correlation = &self.all[*index].0;
            let mut place = |name: &String| {
                let field = self.field(&path[depth..], name);
                let known = wanted.iter().position(|known| *known == field);
                known.unwrap_or_else(|| {
                    wanted.push(field);
                    wanted.len() - 1
                })
            };
            steps.push(Some(Way {
                position: *position as u16,
                group: correlation.group_by.iter().map(&mut place).collect(),
                fields: correlation.measure.fields.iter().map(&mut place).collect(),
            }));
        }
        self.unit.slots.push(Slot { rule, wanted, node: 0, key: Vec::new() });
        self.ways.push(steps);
        Some(slot)
    }

    /// What `name` means in the events at the end of `path`: each correlation on the way may have
    /// an alias for it.
    fn field(&self, path: &[(usize, usize)], name: &str) -> String {
        path.iter().fold(name.to_owned(), |name, (index, position)| {
            let correlation = &self.all[*index].0;
            let rule = &correlation.rules[*position].text;
            let alias = correlation.aliases.iter().find(|alias| alias.name.text == name);
            let fields = alias.map_or(&[][..], |alias| &alias.fields);
            fields.iter().find(|(of, _)| of.text == *rule).map_or(name, |(_, field)| field.clone())
        })
    }
}
