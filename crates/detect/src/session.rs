//! One thread's way through events.

use crate::compile::Reference;
use crate::field::Scratch;
use crate::memo::{Memo, hash};
use crate::plan::{Plan, PlanReference};
use crate::scan::{Capture, Scan, Shapes};
use crate::sets::{EMPTY, Sets};
use crate::token::{Kind, compact, unescape};
use crate::{BadEvent, Engine};
use mapping::RouteKey;
use sigma::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// How many combinations of sets a plan's answers are remembered for; then they are forgotten.
const VERDICTS_MAX: usize = 100_000;
/// Keyword values longer than this are not remembered: they are raw lines, each different.
const KEYWORD_BYTES_MAX: usize = 96;
/// No capture.
const NONE: u32 = u32::MAX;

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
    memory: Memory,
    key: Vec<u8>,
    verdict_key: Vec<u32>,
}

/// A plan and the answers it has given.
#[derive(Debug)]
struct PlanState {
    plan: Arc<Plan>,
    verdicts: HashMap<Box<[u32]>, Box<[u32]>, Hasher>,
}

/// What is remembered of values and sets, and room to work.
#[derive(Debug)]
struct Memory {
    /// One for each field.
    memos: Vec<Memo>,
    absent: Vec<u32>,
    sets: Sets,
    references: Memo,
    scratch: Scratch,
    text: String,
    other: String,
    holding: Vec<u32>,
    key: Vec<u8>,
    truth: Vec<u64>,
}

/// The captures of each path: the first, and from each the next.
#[derive(Debug)]
struct Index {
    first: Vec<(u32, u32)>,
    next: Vec<u32>,
    round: u32,
}

impl Index {
    fn new(paths: usize) -> Self {
        Self { first: vec![(0, NONE); paths], next: Vec::new(), round: 0 }
    }

    fn build(&mut self, captures: &[Capture]) {
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.first.fill((0, NONE));
            self.round = 1;
        }
        self.next.clear();
        self.next.resize(captures.len(), NONE);
        for (number, capture) in captures.iter().enumerate().rev() {
            let first = &mut self.first[capture.path as usize];
            if first.0 == self.round {
                self.next[number] = first.1;
            }
            *first = (self.round, number as u32);
        }
    }

    /// The first capture of the first of `places` that is present.
    #[inline]
    fn find(&self, places: &[u32]) -> u32 {
        for place in places {
            let (round, capture) = self.first[*place as usize];
            if round == self.round {
                return capture;
            }
        }
        NONE
    }
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
            memory,
            key: Vec::new(),
            verdict_key: Vec::new(),
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
        if self.memory.sets.full() {
            self.forget();
        }
        let number = self.route(event);
        let Some(Some(state)) = self.plans.get_mut(number as usize) else { return Ok(&[]) };
        let (engine, memory) = (&*self.engine, &mut self.memory);
        let plan = Arc::clone(&state.plan);
        self.verdict_key.clear();
        for field in &plan.fields {
            let first = self.index.find(&field.places);
            let set = match first {
                NONE => memory.absent[field.field as usize],
                first => memory.set(
                    engine,
                    field.field,
                    event,
                    &self.scan.captures,
                    &self.index.next,
                    first,
                ),
            };
            if set != EMPTY {
                self.verdict_key.push(set);
            }
        }
        for reference in &plan.references {
            let set = memory.reference(engine, reference, event, &self.scan.captures, &self.index);
            if set != EMPTY {
                self.verdict_key.push(set);
            }
        }
        let in_vain = || plan.probes.as_ref().is_some_and(|probes| !probes.may_hold(event));
        if let (true, Some(field)) = (plan.keywords && !in_vain(), engine.keywords) {
            self.keyword_scan.read_general(event, &engine.keyword_tree)?;
            let set = memory.keywords(engine, field, event, &self.keyword_scan.captures);
            if set != EMPTY {
                self.verdict_key.push(set);
            }
        }
        Ok(state.verdict(engine, memory, &self.verdict_key))
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
            self.plans.push(plan.map(|plan| PlanState { plan, verdicts: HashMap::default() }));
        }
        number
    }

    /// Forgets what refers to sets.
    fn forget(&mut self) {
        self.memory = Memory::new(&self.engine);
        for state in self.plans.iter_mut().flatten() {
            state.verdicts.clear();
        }
    }
}

/// A capture's text, where it is a scalar.
fn text_of(event: &[u8], capture: Capture) -> Option<String> {
    let mut text = String::new();
    value(event, capture, &mut text).text().map(str::to_owned)
}

/// A capture as rules see it; `text` is room for it.
fn value<'a>(event: &[u8], capture: Capture, text: &'a mut String) -> Value<'a> {
    let inside = &event[capture.start as usize..capture.end as usize];
    text.clear();
    match capture.kind {
        Kind::Null => return Value::Null,
        Kind::True => return Value::Bool(true),
        Kind::False => return Value::Bool(false),
        Kind::Object => compact(inside, text),
        Kind::Escaped => unescape(inside, text),
        Kind::Number | Kind::Text => text.push_str(&String::from_utf8_lossy(inside)),
    }
    match capture.kind {
        Kind::Number => Value::Number(text),
        Kind::Object => Value::Object(text),
        _ => Value::Text(text),
    }
}

impl Memory {
    fn new(engine: &Engine) -> Self {
        let fields = &engine.compiled.fields;
        let mut sets = Sets::new();
        let absent = fields.iter().map(|field| {
            sets.number(&mut field.tests.absent.iter().map(|test| test + field.base).collect())
        });
        Self {
            memos: fields.iter().map(|_| Memo::new()).collect(),
            absent: absent.collect(),
            sets,
            references: Memo::new(),
            scratch: Scratch::default(),
            text: String::new(),
            other: String::new(),
            holding: Vec::new(),
            key: Vec::new(),
            truth: vec![0; engine.compiled.field_of.len().div_ceil(64)],
        }
    }

    /// The tests that hold for the values of a field, from capture `first` on.
    #[inline]
    fn set(
        &mut self,
        engine: &Engine,
        field: u32,
        event: &[u8],
        captures: &[Capture],
        next: &[u32],
        first: u32,
    ) -> u32 {
        let set = self.one(engine, field, event, captures[first as usize]);
        if next[first as usize] == NONE {
            return set;
        }
        let mut all = self.sets.tests(set).to_vec();
        let mut at = next[first as usize];
        while at != NONE {
            let set = self.one(engine, field, event, captures[at as usize]);
            all.extend_from_slice(self.sets.tests(set));
            at = next[at as usize];
        }
        self.sets.number(&mut all)
    }

    /// The tests that hold for one value.
    #[inline]
    fn one(&mut self, engine: &Engine, field: u32, event: &[u8], capture: Capture) -> u32 {
        let inside = &event[capture.start as usize..capture.end as usize];
        let kind = capture.kind as u8;
        let hash = hash(kind, inside);
        match self.memos[field as usize].get(hash, kind, inside) {
            Some(set) => set,
            None => {
                let set = self.compute(engine, field, event, capture);
                self.memos[field as usize].put(hash, kind, inside, set);
                set
            }
        }
    }

    fn compute(&mut self, engine: &Engine, field: u32, event: &[u8], capture: Capture) -> u32 {
        let field = &engine.compiled.fields[field as usize];
        let value = value(event, capture, &mut self.text);
        self.holding.clear();
        field.tests.holding(value, &mut self.scratch, &mut self.holding);
        for test in &mut self.holding {
            *test += field.base;
        }
        self.sets.number(&mut self.holding)
    }

    fn keywords(&mut self, engine: &Engine, field: u32, event: &[u8], captures: &[Capture]) -> u32 {
        let mut all = Vec::new();
        for capture in captures.iter().filter(|capture| capture.kind != Kind::Object) {
            let long = (capture.end - capture.start) as usize > KEYWORD_BYTES_MAX;
            let set = match long {
                true => self.compute(engine, field, event, *capture),
                false => self.one(engine, field, event, *capture),
            };
            all.extend_from_slice(self.sets.tests(set));
        }
        self.sets.number(&mut all)
    }

    /// The set of a comparison's test, if it holds, else the empty one.
    fn reference(
        &mut self,
        engine: &Engine,
        reference: &PlanReference,
        event: &[u8],
        captures: &[Capture],
        index: &Index,
    ) -> u32 {
        let mut outer = index.find(&reference.field);
        while outer != NONE {
            let mut inner = index.find(&reference.other);
            while inner != NONE {
                let pair = (captures[outer as usize], captures[inner as usize]);
                let set = self.pair(engine, reference.reference, event, pair);
                if set != EMPTY {
                    return set;
                }
                inner = index.next[inner as usize];
            }
            outer = index.next[outer as usize];
        }
        EMPTY
    }

    fn pair(
        &mut self,
        engine: &Engine,
        number: u32,
        event: &[u8],
        pair: (Capture, Capture),
    ) -> u32 {
        let inside = |capture: Capture| &event[capture.start as usize..capture.end as usize];
        let (outer, inner) = (inside(pair.0), inside(pair.1));
        self.key.clear();
        self.key.extend_from_slice(&number.to_le_bytes());
        self.key.extend_from_slice(&(outer.len() as u32).to_le_bytes());
        self.key.extend_from_slice(&[pair.0.kind as u8, pair.1.kind as u8]);
        self.key.extend_from_slice(outer);
        self.key.extend_from_slice(inner);
        let hash = hash(0, &self.key);
        if let Some(set) = self.references.get(hash, 0, &self.key) {
            return set;
        }
        let Reference { test, anchor, cased, .. } = engine.compiled.references[number as usize];
        let outer = value(event, pair.0, &mut self.text).text();
        let inner = value(event, pair.1, &mut self.other).text();
        let holds =
            outer.zip(inner).is_some_and(|(outer, inner)| anchor.holds(outer, inner, cased));
        let set = if holds { self.sets.number(&mut vec![test]) } else { EMPTY };
        self.references.put(hash, 0, &self.key, set);
        set
    }
}

impl PlanState {
    /// The rules that match where these sets of tests hold.
    fn verdict(&mut self, engine: &Engine, memory: &mut Memory, key: &[u32]) -> &[u32] {
        if !self.verdicts.contains_key(key) {
            if self.verdicts.len() >= VERDICTS_MAX {
                self.verdicts.clear();
            }
            let matching = self.compute(engine, memory, key);
            self.verdicts.insert(key.into(), matching.into());
        }
        self.verdicts.get(key).map_or(&[], |matching| matching)
    }

    fn compute(&self, engine: &Engine, memory: &mut Memory, key: &[u32]) -> Vec<u32> {
        let Memory { sets, truth, holding, .. } = memory;
        holding.clear();
        for set in key {
            holding.extend_from_slice(sets.tests(*set));
        }
        for test in holding.iter() {
            truth[*test as usize / 64] |= 1 << (test % 64);
        }
        let holds = |test: u32| truth[test as usize / 64] >> (test % 64) & 1 == 1;
        let matching = self.plan.matching(engine, holding, &holds);
        for test in holding.iter() {
            truth[*test as usize / 64] = 0;
        }
        matching
    }
}

/// A hasher for keys that are our own small numbers.
#[derive(Debug, Clone, Default)]
struct Hasher(u64);

impl std::hash::BuildHasher for Hasher {
    type Hasher = Self;
    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl std::hash::Hasher for Hasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(26) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
}
