//! The engine: matches in, alarms out.

use crate::alarm::{Alarm, Stage};
use crate::fact::{Entry, Origin, Room};
use crate::group::{Effect, Group, Open, View};
use crate::plan::{Leaf, Plan};
use crate::schedule::{Due, Schedule, What};
use crate::state::{NodeState, Touched};
use crate::{Body, Fact, Unit};
use std::collections::HashMap;
use std::sync::Arc;

/// How many pairs of rule and agency are known before they are forgotten: more than any country has.
const ORIGINS_MAX: usize = 100_000;

/// Limits, and how long a match may be on its way.
#[derive(Debug, Clone)]
pub struct Options {
    /// How much later than others a match of a group may arrive and still be looked at in order.
    pub lateness_ms: i64,
    /// Groups of one correlation; beyond, the one longest at rest is forgotten.
    pub groups_max: usize,
    /// Matches in the window of one group; beyond, its first is no longer counted.
    pub window_max: usize,
    /// Bytes of events held as evidence; beyond, alarms name their events without them.
    pub evidence_bytes_max: usize,
    /// How many sources there are; nothing is decided until all have been heard of.
    pub sources: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lateness_ms: 5_000,
            groups_max: 2_000_000,
            window_max: 100_000,
            evidence_bytes_max: 64 * 1024 * 1024,
            sources: 1,
        }
    }
}

/// A match that has been found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where it belongs.
    pub leaf: Leaf,
    /// The rule, by its id.
    pub rule: Arc<str>,
    /// The event's id.
    pub uid: u128,
    /// When it happened, in milliseconds since the epoch.
    pub time: i64,
    /// When it arrived, on the clock of [`Engine::progress`]; the same as `time` where unknown.
    pub arrival: i64,
    /// The agency.
    pub scope: Arc<str>,
    /// The values of [`crate::Unit::wanted`], in its order.
    pub values: Box<[Option<Box<str>>]>,
    /// The event, from [`Engine::body`].
    pub body: Body,
}

/// What has happened so far, and what is held now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Matches taken.
    pub matches: u64,
    /// Matches that had been taken before.
    pub duplicates: u64,
    /// Matches without a value to group by, which belong to no group.
    pub ungrouped: u64,
    /// Matches later than the lateness that still counted in their window.
    pub late: u64,
    /// Matches so late that their window was over: not counted in it.
    pub too_late: u64,
    /// Alarms raised.
    pub alarms: u64,
    /// Matches folded into alarms that had been raised.
    pub folded: u64,
    /// Groups forgotten because there were too many.
    pub groups_evicted: u64,
    /// Matches no longer counted because their window was full.
    pub window_full: u64,
    /// Events not kept as evidence because there was no room.
    pub evidence_left_out: u64,
}

/// The state of all correlations.
#[derive(Debug)]
pub struct Engine {
    plan: Arc<Plan>,
    options: Options,
    /// How far each source has come.
    sources: HashMap<u32, i64>,
    now: i64,
    end: Option<i64>,
    /// The number of each unit's first node.
    bases: Vec<u32>,
    states: Vec<NodeState>,
    schedule: Schedule,
    room: Room,
    /// By rule and agency.
    origins: HashMap<Arc<str>, HashMap<Arc<str>, Arc<Origin>>>,
    counters: Counters,
}

impl Engine {
    /// An engine that has seen nothing yet.
    pub fn new(plan: Arc<Plan>, options: Options) -> Self {
        let (bases, states) = fresh(&plan);
        Self {
            plan,
            options,
            sources: HashMap::new(),
            now: i64::MIN,
            end: None,
            bases,
            states,
            schedule: Schedule::default(),
            room: Room::default(),
            origins: HashMap::new(),
            counters: Counters::default(),
        }
    }

    /// What it correlates by.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Goes on by another plan. Correlations that are the same in both keep what they know, others
    /// begin anew.
    pub fn adopt(&mut self, plan: Arc<Plan>) {
        let (bases, states) = fresh(&plan);
        let old = std::mem::replace(&mut self.plan, plan);
        let old_bases = std::mem::replace(&mut self.bases, bases);
        let old_states = std::mem::replace(&mut self.states, states);
        let mut moved: HashMap<u32, u32> = HashMap::new();
        for (unit, base) in self.plan.units().iter().zip(&self.bases) {
            let same = old.units().iter().zip(&old_bases).find(|(known, _)| known.is_same(unit));
            let Some((_, old_base)) = same else { continue };
            moved.extend((0..unit.nodes.len() as u32).map(|node| (old_base + node, base + node)));
        }
        for (number, state) in old_states.into_iter().enumerate() {
            if let Some(new) = moved.get(&(number as u32)) {
                self.states[*new as usize] = state;
            }
        }
        self.schedule.renumber(|node| moved.get(&node).copied());
    }

    /// Keeps an event for evidence, as long as there is room.
    pub fn body(&mut self, event: &[u8], note: &[u8]) -> Body {
        let body = self.room.body(event, note, self.options.evidence_bytes_max);
        self.counters.evidence_left_out += u64::from(!body.is_held());
        body
    }

    /// Takes a match. What is decided by it comes out with [`Self::progress`].
    pub fn take(&mut self, found: Found) {
        self.counters.matches += 1;
        let leaf = found.leaf;
        let unit = &self.plan.units()[leaf.unit];
        let node = unit.leaf_node(leaf.slot);
        let Some(position) = unit.nodes[node].position(leaf.slot) else { return };
        let origin = self.origin(&found);
        let fact = Arc::new(Fact::new(found, origin));
        let entry = Entry { fact, slot: leaf.slot, position };
        let number = self.bases[leaf.unit] + node as u32;
        self.place(leaf.unit, number, entry);
    }

    /// Rule and agency of a match, which many share.
    fn origin(&mut self, found: &Found) -> Arc<Origin> {
        if let Some(known) = self.origins.get(&found.rule).and_then(|of| of.get(&found.scope)) {
            return Arc::clone(known);
        }
        if self.origins.values().map(HashMap::len).sum::<usize>() >= ORIGINS_MAX {
            self.origins.clear();
        }
        let (rule, scope) = ((&*found.rule).into(), (&*found.scope).into());
        let origin = Arc::new(Origin { rule, scope });
        let of = self.origins.entry(Arc::clone(&found.rule)).or_default();
        of.insert(Arc::clone(&found.scope), Arc::clone(&origin));
        origin
    }

    /// A source has come so far: whatever it still brings arrived then or later. Hands out what
    /// that decides.
    pub fn progress(&mut self, source: u32, arrival: i64, out: &mut Vec<Alarm>) {
        let known = self.sources.entry(source).or_insert(i64::MIN);
        *known = arrival.max(*known);
        if self.sources.len() >= self.options.sources {
            let slowest = self.sources.values().copied().min().unwrap_or(i64::MIN);
            self.now = self.now.max(slowest);
        }
        self.advance(out);
    }

    /// The input has ended, its last event at `end`: every window that has begun closes.
    pub fn finish(&mut self, end: i64, out: &mut Vec<Alarm>) {
        self.end = Some(end);
        self.now = i64::MAX;
        self.advance(out);
    }

    /// Decides what half of the waiting matches decide, without waiting for the rest of the input.
    pub fn decide_half(&mut self, out: &mut Vec<Alarm>) {
        if let Some(middle) = self.schedule.middle() {
            self.now = self.now.max(middle);
            self.advance(out);
        }
    }

    /// How many things wait.
    pub fn waiting(&self) -> usize {
        self.schedule.len()
    }

    /// How far all sources have come.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// How far back in arrivals whatever is still to be decided may look.
    pub fn reach_ms(&self) -> i64 {
        let lateness_ms = self.options.lateness_ms;
        self.plan.units().iter().map(|unit| unit.reach_ms(lateness_ms)).max().unwrap_or(0)
    }

    /// What has happened so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Groups held now.
    pub fn groups(&self) -> usize {
        self.states.iter().map(NodeState::len).sum()
    }

    /// Bytes of events held as evidence.
    pub fn evidence_bytes(&self) -> usize {
        self.room.bytes()
    }

    /// How often each correlation met a limit: its id, groups forgotten, matches left out.
    pub fn limits(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        let names = self.plan.correlations().map(|correlation| correlation.uid());
        names.zip(&self.states).map(|(name, state)| (name, state.evicted, state.full))
    }

    fn advance(&mut self, out: &mut Vec<Alarm>) {
        let plan = Arc::clone(&self.plan);
        while let Some(due) = self.schedule.pop(self.now) {
            let unit = self.bases.partition_point(|base| *base <= due.node) - 1;
            let work = Work { plan: &plan, unit, number: due.node, key: due.key, at: due.at };
            match due.what {
                What::Match => self.release(work, due.time, out),
                What::Wake => self.wake(work, due.time, out),
            }
        }
        self.sweep();
    }

    /// Looks at the matches of a group that have arrived, up to `time`.
    fn release(&mut self, work: Work<'_>, time: i64, out: &mut Vec<Alarm>) {
        let view = self.view(work);
        loop {
            let Some(group) = self.states[work.number as usize].get_mut(work.key) else { return };
            let Some(entry) = group.next(work.at, time) else { return };
            let mut effects = Vec::new();
            group.take(view, entry, &mut effects);
            self.apply(work, effects, out);
        }
    }

    /// The time of a group has come to `time`: what had arrived until then goes first.
    fn wake(&mut self, work: Work<'_>, time: i64, out: &mut Vec<Alarm>) {
        self.release(work, time, out);
        let view = self.view(work);
        let Some(group) = self.states[work.number as usize].get_mut(work.key) else { return };
        let mut effects = Vec::new();
        group.pass(view, time.saturating_add(1), &mut effects);
        self.apply(work, effects, out);
    }

    fn view<'a>(&self, work: Work<'a>) -> View<'a> {
        self.view_of(&work.plan.units()[work.unit], work.number - self.bases[work.unit])
    }

    fn view_of<'a>(&self, unit: &'a Unit, node: u32) -> View<'a> {
        View {
            node: &unit.nodes[node as usize],
            reach_ms: unit.reach_ms(self.options.lateness_ms),
            window_max: self.options.window_max,
            end: self.end,
        }
    }

    fn apply(&mut self, work: Work<'_>, effects: Vec<Effect>, out: &mut Vec<Alarm>) {
        for effect in effects {
            match effect {
                Effect::Wake(time) => {
                    let wait = self.view(work).node.wait_ms(self.options.lateness_ms);
                    let state = &mut self.states[work.number as usize];
                    let lag = state.get_mut(work.key).map_or(0, |group| group.lag);
                    let at = time.saturating_add(lag).saturating_add(wait);
                    let (node, key) = (work.number, work.key);
                    self.schedule.push(Due { at, what: What::Wake, time, uid: 0, node, key });
                }
                Effect::Raised(open) if self.view(work).node.parent.is_some() => {
                    self.hand_up(work, open);
                }
                Effect::Raised(open) => {
                    self.counters.alarms += 1;
                    self.tell(work, open, Stage::Raised, out);
                }
                Effect::Grown(open) => self.tell(work, open, Stage::Grown, out),
                Effect::Closed(open) => {
                    self.counters.folded += open.folded;
                    // What has grown a moment ago is told already.
                    if open.count != open.told {
                        self.tell(work, open, Stage::Closed, out);
                    }
                }
                Effect::Late(true) => self.counters.late += 1,
                Effect::Late(false) => self.counters.too_late += 1,
                Effect::Full => {
                    self.counters.window_full += 1;
                    self.states[work.number as usize].full += 1;
                }
            }
        }
    }

    /// A condition inside of a unit is met: that is a match of the correlation above.
    fn hand_up(&mut self, work: Work<'_>, open: Open) {
        let node = self.view(work).node;
        let slot = open.anchor.slot;
        let Some(parent) = node.parent else { return };
        let Some(position) = work.plan.units()[work.unit].nodes[parent].position(slot) else {
            return;
        };
        let rule = node.correlation.uid();
        let fact = open.anchor.fact.raised(rule, (open.uid, open.time), open.evidence, open.count);
        let entry = Entry { fact: Arc::new(fact), slot, position };
        self.place(work.unit, self.bases[work.unit] + parent as u32, entry);
    }

    /// Puts a match into its group, where it waits for its time.
    fn place(&mut self, unit: usize, number: u32, entry: Entry) {
        let plan = Arc::clone(&self.plan);
        let view = self.view_of(&plan.units()[unit], number - self.bases[unit]);
        let Some(key) = group_key(view, &entry) else {
            self.counters.ungrouped += 1;
            return;
        };
        let (time, uid, arrival) = (entry.time(), entry.fact.uid, entry.fact.arrival);
        let state = &mut self.states[number as usize];
        if state.get_mut(key).is_none() {
            self.counters.groups_evicted +=
                state.insert(key, Group::new(view), self.options.groups_max);
        }
        if !state.get_mut(key).is_some_and(|group| group.add(entry)) {
            self.counters.duplicates += 1;
            return;
        }
        let at = arrival.saturating_add(view.node.wait_ms(self.options.lateness_ms));
        self.schedule.push(Due { at, what: What::Match, time, uid, node: number, key });
    }

    fn tell(&self, work: Work<'_>, open: Open, stage: Stage, out: &mut Vec<Alarm>) {
        let view = self.view(work);
        if view.node.parent.is_some() {
            return; // What is folded inside of a unit is counted by nobody.
        }
        out.push(Alarm {
            correlation: Arc::clone(&view.node.correlation),
            uid: open.uid,
            stage,
            time: open.time,
            first: open.first,
            last: open.last,
            count: open.count,
            folded: open.folded,
            group: view.group(&open.anchor),
            anchor: open.anchor.fact,
            measured: open.measured,
            evidence: open.evidence,
        });
    }

    /// Forgets groups that nothing can need any more, a few at a time.
    fn sweep(&mut self) {
        for (unit, base) in self.plan.units().iter().zip(&self.bases) {
            let reach = unit.reach_ms(self.options.lateness_ms);
            let before = self.now.saturating_sub(reach);
            for number in 0..unit.nodes.len() {
                self.states[*base as usize + number].sweep(Touched { before });
            }
        }
    }
}

/// Which group of which node is looked at, and the moment on the clock of arrivals.
#[derive(Clone, Copy)]
struct Work<'a> {
    plan: &'a Plan,
    unit: usize,
    number: u32,
    key: u128,
    at: i64,
}

fn fresh(plan: &Plan) -> (Vec<u32>, Vec<NodeState>) {
    let (mut bases, mut states) = (Vec::new(), Vec::new());
    for unit in plan.units() {
        bases.push(states.len() as u32);
        states.extend(unit.nodes.iter().map(|_| NodeState::default()));
    }
    (bases, states)
}

/// A group is its agency and the values grouped by; a match that lacks one belongs to none.
fn group_key(view: View<'_>, entry: &Entry) -> Option<u128> {
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    let mut text = |text: &str| {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    text(entry.fact.scope());
    for place in &view.way(entry.slot)?.group {
        text(view.node.group_value(entry.fact.value(*place))?);
    }
    Some(hash.digest128())
}
