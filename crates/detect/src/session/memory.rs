//! What a session remembers of values: the tests that hold for them, as sets.

use super::index::{Index, NONE};
use crate::Engine;
use crate::compile::Reference;
use crate::costs::Account;
use crate::field::Scratch;
use crate::memo::{Memo, hash};
use crate::plan::PlanReference;
use crate::scan::Capture;
use crate::sets::{EMPTY, Sets};
use crate::token::{Kind, compact, unescape};
use sigma::Value;
use std::borrow::Cow;

/// Keyword values longer than this are not remembered: they are raw lines, each different.
const KEYWORD_BYTES_MAX: usize = 96;

/// How many bytes the memos of all fields may take; then they are emptied. Real streams stay below.
const MEMOS_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What is remembered of values and sets, and room to work.
#[derive(Debug)]
pub(super) struct Memory {
    /// One for each field.
    memos: Vec<Memo>,
    /// How many bytes they take together.
    held: usize,
    pub(super) absent: Vec<u32>,
    pub(super) sets: Sets,
    references: Memo,
    scratch: Scratch,
    text: String,
    other: String,
    pub(super) holding: Vec<u32>,
    key: Vec<u8>,
    pub(super) truth: Vec<u64>,
    pub(super) account: Account,
}

impl Memory {
    pub(super) fn new(engine: &Engine) -> Self {
        let fields = &engine.compiled.fields;
        let mut sets = Sets::new();
        let absent = fields.iter().map(|field| {
            sets.number(&mut field.tests.absent.iter().map(|test| test + field.base).collect())
        });
        Self {
            memos: fields.iter().map(|_| Memo::new()).collect(),
            held: 0,
            absent: absent.collect(),
            sets,
            references: Memo::new(),
            scratch: Scratch::default(),
            text: String::new(),
            other: String::new(),
            holding: Vec::new(),
            key: Vec::new(),
            truth: vec![0; engine.compiled.field_of.len().div_ceil(64)],
            account: Account::default(),
        }
    }

    /// Begins anew, but for the account.
    pub(super) fn forget(&mut self, engine: &Engine) {
        let account = std::mem::take(&mut self.account);
        *self = Self { account, ..Self::new(engine) };
    }

    /// The tests that hold for the values of a field, from capture `first` on.
    #[inline]
    pub(super) fn set(
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
                let memo = &mut self.memos[field as usize];
                let before = memo.bytes();
                memo.put(hash, kind, inside, set);
                self.held += memo.bytes() - before;
                if self.held > MEMOS_BYTES_MAX {
                    self.memos.iter_mut().for_each(|memo| *memo = Memo::new());
                    self.held = 0;
                }
                set
            }
        }
    }

    fn compute(&mut self, engine: &Engine, field: u32, event: &[u8], capture: Capture) -> u32 {
        let field = &engine.compiled.fields[field as usize];
        let value = value(event, capture, &mut self.text);
        self.holding.clear();
        let clock = self.account.sample();
        field.tests.holding(value, clock, &mut self.scratch, &mut self.holding);
        for (test, nanoseconds) in self.scratch.timed.drain(..) {
            self.account.test(test + field.base, nanoseconds);
        }
        for test in &mut self.holding {
            *test += field.base;
        }
        self.sets.number(&mut self.holding)
    }

    pub(super) fn keywords(
        &mut self,
        engine: &Engine,
        field: u32,
        event: &[u8],
        captures: &[Capture],
    ) -> u32 {
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
    pub(super) fn reference(
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

/// A capture's text, if it has one.
pub(super) fn text_of(event: &[u8], capture: Capture) -> Option<Cow<'_, str>> {
    if matches!(capture.kind, Kind::Number | Kind::Text) {
        let inside = &event[capture.start as usize..capture.end as usize];
        return Some(String::from_utf8_lossy(inside));
    }
    let mut text = String::new();
    value(event, capture, &mut text).text().map(|text| Cow::Owned(text.to_owned()))
}

/// A capture as rules see it; `text` is room for it.
pub(super) fn value<'a>(event: &[u8], capture: Capture, text: &'a mut String) -> Value<'a> {
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
