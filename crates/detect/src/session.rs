//! One thread's way through events.

mod explain;
mod index;
mod memory;

use crate::costs::{Account, Clock, Cost};
use crate::hasher::Hasher;
use crate::memo::{Memo, hash};
use crate::plan::Plan;
use crate::scan::{Scan, Shapes};
use crate::sets::EMPTY;
use crate::{BadEvent, Engine};
use index::{Index, NONE};
use mapping::RouteKey;
use memory::{Memory, text_of};
use std::collections::HashMap;
use std::sync::Arc;

/// How many combinations of sets the answers of all plans are remembered for; then they are
/// forgotten. Each is some 150 bytes.
const VERDICTS_MAX: usize = 100_000;

/// An engine at work in one thread, with what it remembers.
#[derive(Debug)]
pub struct Session {
    engine: Arc<Engine>,
    scan: Scan,
    shapes: Shapes,
    keyword_scan: Scan,
    index: Index,
    routes: Memo,
    plans: Vec<Option<PlanState>>,
    plan_numbers: HashMap<usize, u32>,
    /// The plan of the event that was read last.
    last: u32,
    memory: Memory,
    /// How many verdicts all plans remember.
    verdicts: usize,
    key: Vec<u8>,
    verdict_key: Vec<u32>,
}

/// A plan and the answers it has given.
#[derive(Debug)]
struct PlanState {
    plan: Arc<Plan>,
    /// How many events it was for, since costs were last taken.
    events: u64,
    verdicts: HashMap<Box<[u32]>, Box<[u32]>, Hasher>,
}

impl Session {
    /// A session that remembers nothing yet.
    pub fn new(engine: Arc<Engine>) -> Self {
        let index = Index::new(engine.tree.paths());
        let memory = Memory::new(&engine);
        Self {
            engine,
            scan: Scan::default(),
            shapes: Shapes::new(),
            keyword_scan: Scan::default(),
            index,
            routes: Memo::new(),
            plans: Vec::new(),
            plan_numbers: HashMap::new(),
            last: 0,
            memory,
            verdicts: 0,
            key: Vec::new(),
            verdict_key: Vec::new(),
        }
    }

    /// Measures by `clock` what rules cost, too.
    pub fn timed(mut self, clock: Clock) -> Self {
        self.memory.account = Account::new(Some(clock));
        self
    }

    /// Charges a rule with the time that was spent on one of its matches.
    pub fn spent(&mut self, rule: u32, nanoseconds: u64) {
        self.memory.account.spent(rule, nanoseconds);
    }

    /// Adds to `costs`, which has one for each rule, what has been spent since this was last called.
    pub fn take_costs(&mut self, costs: &mut [Cost]) {
        self.memory.account.settle(&self.engine, costs);
        for state in self.plans.iter_mut().flatten() {
            let events = std::mem::take(&mut state.events);
            for rule in state.plan.rules.iter().filter(|_| events > 0) {
                costs[rule.rule as usize].evaluated += events;
            }
        }
    }

    /// The engine at work.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The rules that match `event`, a JSON object, as numbers into [`Engine::rules`], ascending.
    pub fn matches(&mut self, event: &[u8]) -> Result<&[u32], BadEvent> {
        self.scan.read(event, &self.engine.tree, &mut self.shapes)?;
        self.index.build(&self.scan.captures);
        self.stay_small();
        let number = self.route(event);
        self.last = number;
        let Some(Some(state)) = self.plans.get_mut(number as usize) else { return Ok(&[]) };
        state.events += 1;
        let (engine, memory) = (&*self.engine, &mut self.memory);
        let (plan, captures) = (Arc::clone(&state.plan), &self.scan.captures);
        let key = &mut self.verdict_key;
        key.clear();
        for field in &plan.fields {
            key.push(match self.index.find(&field.places) {
                NONE => memory.absent[field.field as usize],
                first => {
                    let next = &self.index.next;
                    memory.set(engine, field.field, event, captures, next, first)
                }
            });
        }
        for reference in &plan.references {
            key.push(memory.reference(engine, reference, event, captures, &self.index));
        }
        let in_vain = || plan.probes.as_ref().is_some_and(|probes| !probes.may_hold(event));
        if let (true, Some(field)) = (plan.keywords && !in_vain(), engine.keywords) {
            self.keyword_scan.read_general(event, &engine.keyword_tree)?;
            key.push(memory.keywords(engine, field, event, &self.keyword_scan.captures));
        }
        key.retain(|set| *set != EMPTY);
        Ok(state.verdict(engine, memory, key, &mut self.verdicts))
    }

    /// The number of the event's plan.
    fn route(&mut self, event: &[u8]) -> u32 {
        self.key.clear();
        let captures = &self.scan.captures;
        let parts = self.engine.route.map(|path| self.index.find(&[path]));
        for part in parts {
            if let Some(capture) = captures.get(part as usize) {
                self.key.push(capture.kind as u8 + 1);
                self.key.extend_from_slice(&event[capture.start as usize..capture.end as usize]);
            }
            self.key.push(0);
        }
        let hash = hash(0, &self.key);
        if let Some(number) = self.routes.get(hash, 0, &self.key) {
            return number;
        }
        let texts = parts.map(|part| captures.get(part as usize).and_then(|c| text_of(event, *c)));
        let [log_name, event_code, log_provider, log_source, class_uid] =
            texts.each_ref().map(Option::as_deref);
        let plan = self.engine.plan(&RouteKey {
            log_name,
            event_code,
            log_provider,
            log_source,
            class_uid,
        });
        let number = self.plan_number(plan);
        self.routes.put(hash, 0, &self.key, number);
        number
    }

    fn plan_number(&mut self, plan: Option<Arc<Plan>>) -> u32 {
        let address = plan.as_ref().map_or(0, |plan| Arc::as_ptr(plan) as usize);
        let next = self.plans.len() as u32;
        let number = *self.plan_numbers.entry(address).or_insert(next);
        if number == next {
            let state = |plan| PlanState { plan, events: 0, verdicts: HashMap::default() };
            self.plans.push(plan.map(state));
        }
        number
    }

    /// Forgets what has grown too large: verdicts, and with the sets all that refers to them.
    #[inline]
    fn stay_small(&mut self) {
        if self.memory.sets.full() || self.verdicts > VERDICTS_MAX {
            self.memory.forget(&self.engine);
            self.plans.iter_mut().flatten().for_each(|state| state.verdicts.clear());
            self.verdicts = 0;
        }
    }
}

impl PlanState {
    /// The rules that match where these sets of tests hold; `count` grows with what is remembered.
    fn verdict(
        &mut self,
        engine: &Engine,
        memory: &mut Memory,
        key: &[u32],
        count: &mut usize,
    ) -> &[u32] {
        if !self.verdicts.contains_key(key) {
            let matching = self.compute(engine, memory, key);
            self.verdicts.insert(key.into(), matching.into());
            *count += 1;
        }
        let matching = self.verdicts.get(key).map_or(&[][..], |matching| matching);
        memory.account.matched(matching);
        matching
    }

    fn compute(&self, engine: &Engine, memory: &mut Memory, key: &[u32]) -> Vec<u32> {
        let Memory { sets, truth, holding, account, .. } = memory;
        holding.clear();
        for set in key {
            holding.extend_from_slice(sets.tests(*set));
        }
        for test in holding.iter() {
            truth[*test as usize / 64] |= 1 << (test % 64);
        }
        let matching = self.plan.matching(engine, holding, &|test| holds(truth, test), account);
        for test in holding.iter() {
            truth[*test as usize / 64] = 0;
        }
        matching
    }
}

/// Whether a test holds, by a bit for each.
#[inline]
fn holds(truth: &[u64], test: u32) -> bool {
    truth[test as usize / 64] >> (test % 64) & 1 == 1
}
