//! The matches of one group of one correlation, looked at in the order of their times.

use crate::Fact;
use crate::alarm::evidence;
use crate::fact::Entry;
use crate::measure::Item;
use crate::plan::{Node, Way};
use crate::session::Session;
use crate::tally::Tally;
use crate::truth::Truth;
use std::collections::VecDeque;
use std::sync::Arc;

/// A group.
#[derive(Debug)]
pub(crate) struct Group {
    /// Matches that wait, sorted.
    pending: Vec<Entry>,
    /// Matches of the window, sorted.
    window: VecDeque<Entry>,
    tally: Tally,
    /// Nothing as long as the condition has never held, as in most groups.
    truth: Option<Box<Truth>>,
    /// The latest time looked at.
    head: i64,
    /// The latest arrival of those.
    pub(crate) arrived: i64,
    /// How far the group's own time is behind the arrivals.
    pub(crate) lag: i64,
    /// The last match looked at, for windows in which there is none.
    last: Option<Entry>,
    open: Option<Box<Open>>,
    session: Option<Box<Session>>,
}

/// A condition that was met, and what has been folded into it since.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) uid: u128,
    pub(crate) time: i64,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) count: u64,
    pub(crate) folded: u64,
    pub(crate) measured: String,
    pub(crate) anchor: Entry,
    pub(crate) evidence: Vec<Arc<Fact>>,
    /// Until when matches are folded into it: while the condition holds, and for a time after.
    until: i64,
    /// When the group is to be woken for it.
    wake: i64,
    /// The count that was told last.
    pub(crate) told: u64,
}

/// Below this a count that grows is not told before the end.
const GROWN_MIN: u64 = 10;

/// What a group wants of its owner.
#[derive(Debug)]
pub(crate) enum Effect {
    /// To be woken when its time has come so far.
    Wake(i64),
    /// The condition is met.
    Raised(Open),
    /// The count of what was raised has doubled.
    Grown(Open),
    /// No more is folded into what was raised.
    Closed(Open),
    /// A match came after later ones of its group had been looked at; whether it still counts.
    Late(bool),
    /// The window was full: its first match is no longer counted.
    Full,
}

/// What a group needs to know to look at its matches.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) node: &'a Node,
    pub(crate) reach_ms: i64,
    pub(crate) window_max: usize,
    /// Where the input ends, once it has.
    pub(crate) end: Option<i64>,
}

impl<'a> View<'a> {
    fn timespan(&self) -> i64 {
        self.node.correlation.timespan_ms
    }

    /// How long what follows is folded into an alarm.
    fn fold_ms(&self) -> i64 {
        self.node.correlation.fold_ms
    }

    /// Whether each match is an alert, by itself or folded into another.
    fn is_each_told(&self) -> bool {
        self.node.correlation.of_rule && self.node.gauge.count_fits(1)
    }

    pub(crate) fn way(&self, slot: u16) -> Option<&'a Way> {
        self.node.ways[usize::from(slot)].as_ref()
    }

    /// The value that is measured. Several fields are one value together, with a character between
    /// that no field has.
    pub(crate) fn value<'e>(&self, entry: &'e Entry, room: &'e mut String) -> Option<&'e str> {
        let fields = &self.way(entry.slot)?.fields;
        let value = |field: &usize| entry.fact.value(*field);
        if let [field] = fields.as_slice() {
            return value(field);
        }
        room.clear();
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                room.push('\u{1f}');
            }
            room.push_str(value(field)?);
        }
        (!fields.is_empty()).then_some(room.as_str())
    }

    /// The fields grouped by, and their values.
    pub(crate) fn group(&self, entry: &Entry) -> Vec<(String, String)> {
        let names = self.node.correlation.group_by.iter();
        let places = self.way(entry.slot).map_or(&[][..], |way| &way.group);
        let value = |place: &usize| entry.fact.value(*place).unwrap_or_default().to_owned();
        let values = places.iter().map(value);
        names.cloned().zip(values).collect()
    }
}

impl Group {
    pub(crate) fn new(view: View<'_>) -> Self {
        Self {
            pending: Vec::new(),
            window: VecDeque::with_capacity(1),
            tally: Tally::new(&view.node.gauge),
            truth: None,
            head: i64::MIN,
            arrived: i64::MIN,
            lag: 0,
            last: None,
            open: None,
            session: None,
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Takes a match that is to wait; `false` where it is here already.
    pub(crate) fn add(&mut self, entry: Entry) -> bool {
        let order = entry.order();
        let waiting = self.pending.binary_search_by_key(&order, Entry::order);
        let (Err(place), Err(_)) =
            (waiting, self.window.binary_search_by_key(&order, Entry::order))
        else {
            return false;
        };
        if self.pending.capacity() == 0 {
            self.pending.reserve_exact(1);
        }
        self.pending.insert(place, entry);
        true
    }

    /// The next match to look at, of those that had arrived at `at` and are not after `time`.
    pub(crate) fn next(&mut self, at: i64, time: i64) -> Option<Entry> {
        let due = |entry: &Entry| entry.time() <= time && entry.fact.arrival <= at;
        let index = self.pending.iter().position(due)?;
        let entry = self.pending.remove(index);
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
        Some(entry)
    }

    /// Looks at a match.
    pub(crate) fn take(&mut self, view: View<'_>, entry: Entry, effects: &mut Vec<Effect>) {
        let (time, arrival) = (entry.time(), entry.fact.arrival);
        if self.arrived != i64::MIN && arrival > self.arrived.saturating_add(view.reach_ms) {
            *self = Self { pending: std::mem::take(&mut self.pending), ..Self::new(view) };
        }
        self.arrived = self.arrived.max(arrival);
        self.pass(view, time, effects);
        if time < self.head {
            return self.take_late(view, entry, effects);
        }
        self.head = time;
        self.lag = (arrival - time).max(0);
        if view.node.gauge.at_match {
            self.drop_before(view, time - view.timespan());
            self.push(view, entry.clone(), effects);
            if !self.decide(view, effects) {
                self.fold(&entry, effects);
            }
        } else {
            self.last = Some(entry.clone());
            self.push(view, entry, effects);
            self.enter(view, time, effects);
        }
    }

    /// The group's time has come to `time`: closes what ended before.
    pub(crate) fn pass(&mut self, view: View<'_>, time: i64, effects: &mut Vec<Effect>) {
        match &mut self.open {
            Some(open) if open.until < time => self.close(effects),
            // It has gone on since its end was planned.
            Some(open) if open.wake < time => {
                open.wake = open.until;
                effects.push(Effect::Wake(open.until));
            }
            _ => {}
        }
        while self.session.as_ref().is_some_and(|session| session.to < time) {
            self.end_window(view, effects);
        }
    }

    fn take_late(&mut self, view: View<'_>, entry: Entry, effects: &mut Vec<Effect>) {
        let from = match (&self.session, view.node.gauge.at_match) {
            (Some(session), false) => session.from,
            (None, false) => i64::MAX,
            (_, true) => self.head - view.timespan(),
        };
        let counts = entry.time() >= from;
        effects.push(Effect::Late(counts || view.is_each_told()));
        if !counts {
            if view.is_each_told() {
                self.tell_late(view, entry, effects);
            }
            return;
        }
        let place = self.window.partition_point(|known| known.order() < entry.order());
        self.window.insert(place, entry.clone());
        if view.node.gauge.at_match {
            self.recount(view);
            if !self.decide(view, effects) {
                self.fold(&entry, effects);
            }
        }
    }

    /// A match that is an alert by itself came too late for its window: it is folded into the alarm
    /// that is open, if it lies that near, or else told alone.
    fn tell_late(&mut self, view: View<'_>, entry: Entry, effects: &mut Vec<Effect>) {
        let time = entry.time();
        if self.open.as_ref().is_some_and(|open| time >= open.first - view.fold_ms()) {
            return self.fold(&entry, effects);
        }
        let alone = raise(view, std::iter::once(&entry), entry.clone(), time, "1".into(), time);
        effects.push(Effect::Raised(alone));
    }

    /// Counts the window anew: an order cannot be mended match by match.
    fn recount(&mut self, view: View<'_>) {
        let mut room = String::new();
        self.tally = Tally::new(&view.node.gauge);
        for entry in &self.window {
            self.tally.add(entry.position, entry.time(), view.value(entry, &mut room));
        }
    }

    fn push(&mut self, view: View<'_>, entry: Entry, effects: &mut Vec<Effect>) {
        let mut room = String::new();
        if self.window.len() >= view.window_max
            && let Some(first) = self.window.pop_front()
        {
            self.tally.remove(first.position, view.value(&first, &mut room));
            effects.push(Effect::Full);
        }
        self.tally.add(entry.position, entry.time(), view.value(&entry, &mut room));
        self.window.push_back(entry);
    }

    fn drop_before(&mut self, view: View<'_>, time: i64) {
        let mut room = String::new();
        while self.window.front().is_some_and(|first| first.time() < time)
            && let Some(first) = self.window.pop_front()
        {
            self.tally.remove(first.position, view.value(&first, &mut room));
        }
    }

    /// Tells that the window that ends here meets the condition, if it does and that is news;
    /// whether it did. The match that it ends with belongs to the new alarm then, and to no other.
    fn decide(&mut self, view: View<'_>, effects: &mut Vec<Effect>) -> bool {
        let since = self.head - view.timespan();
        let measured = self.tally.measured(&view.node.gauge, self.window.len(), since);
        let Some(measured) = measured else { return false };
        let until = self.head + view.fold_ms();
        if !self.truth.get_or_insert_default().rises(self.head, view.fold_ms()) {
            if let Some(open) = &mut self.open {
                open.until = until;
            }
            return false;
        }
        self.close(effects);
        let Some(anchor) = self.window.back().cloned() else { return false };
        let open = raise(view, self.window.iter(), anchor, self.head, measured, until);
        effects.push(Effect::Raised(open.clone()));
        effects.push(Effect::Wake(until));
        self.open = Some(Box::new(open));
        true
    }

    fn fold(&mut self, entry: &Entry, effects: &mut Vec<Effect>) {
        let Some(open) = &mut self.open else { return };
        open.count += entry.fact.weight();
        open.folded += entry.fact.weight();
        open.first = open.first.min(entry.time());
        if entry.time() >= open.last {
            open.last = entry.time();
            open.evidence.truncate(crate::EVIDENCE_FIRST_MAX);
            open.evidence.push(Arc::clone(&entry.fact));
        }
        if open.count >= GROWN_MIN.max(2 * open.told) {
            open.told = open.count;
            effects.push(Effect::Grown((**open).clone()));
        }
    }

    fn close(&mut self, effects: &mut Vec<Effect>) {
        if let Some(open) = self.open.take().filter(|open| open.folded > 0) {
            effects.push(Effect::Closed(*open));
        }
    }

    /// A match enters the window that is open, or begins one.
    fn enter(&mut self, view: View<'_>, time: i64, effects: &mut Vec<Effect>) {
        match &mut self.session {
            Some(session) => session.last = time,
            None => {
                let session = Session::begin(time, view.timespan());
                effects.push(Effect::Wake(session.to));
                self.session = Some(Box::new(session));
            }
        }
    }

    /// Decides on the window that ends, and opens the next.
    fn end_window(&mut self, view: View<'_>, effects: &mut Vec<Effect>) {
        let Some(session) = self.session.take() else { return };
        let timespan = view.timespan();
        let over = view.end.is_none_or(|end| session.to <= end);
        if session.counts(timespan, view.node.gauge.only_empty) && (over || !session.is_empty()) {
            self.decide_closed(view, &session, effects);
        }
        let next = session.next(timespan);
        let from = next.map_or(session.to.saturating_add(1), |next| next.from);
        self.window.retain(|entry| entry.time() >= from);
        if let Some(next) = next {
            effects.push(Effect::Wake(next.to));
            self.session = Some(Box::new(next));
        }
    }

    fn decide_closed(&mut self, view: View<'_>, session: &Session, effects: &mut Vec<Effect>) {
        let inside = |entry: &&Entry| entry.time() >= session.from && entry.time() <= session.to;
        let entries: Vec<Entry> = self.window.iter().filter(inside).cloned().collect();
        let values: Vec<Option<String>> = entries
            .iter()
            .map(|entry| view.value(entry, &mut String::new()).map(str::to_owned))
            .collect();
        let items: Vec<Item<'_>> = entries
            .iter()
            .zip(&values)
            .map(|(entry, value)| Item {
                position: entry.position,
                time: entry.time(),
                value: value.as_deref(),
            })
            .collect();
        let Some(measured) = view.node.gauge.measure(&items, session.from) else { return };
        if !self.truth.get_or_insert_default().rises(session.to, view.timespan()) {
            return;
        }
        let Some(anchor) = entries.last().or(self.last.as_ref()).cloned() else { return };
        let open = raise(view, entries.iter(), anchor, session.to, measured, session.to);
        effects.push(Effect::Raised(open));
    }
}

/// What is told of a window that meets the condition at `time`.
fn raise<'e>(
    view: View<'_>,
    entries: impl Iterator<Item = &'e Entry> + Clone,
    anchor: Entry,
    time: i64,
    measured: String,
    until: i64,
) -> Open {
    let count = entries.clone().map(|entry| entry.fact.weight()).sum();
    Open {
        uid: uid(view, &anchor, time),
        time,
        first: entries.clone().map(Entry::time).min().unwrap_or(time),
        last: entries.clone().map(Entry::time).max().unwrap_or(time),
        count,
        told: count,
        folded: 0,
        measured,
        evidence: evidence(entries),
        anchor,
        until,
        wake: until,
    }
}

/// The alarm's id: which correlation, which group, which moment.
pub(crate) fn uid(view: View<'_>, anchor: &Entry, time: i64) -> u128 {
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    let mut text = |text: &str| {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    text(view.node.correlation.uid());
    text(anchor.fact.scope());
    for (_, value) in view.group(anchor) {
        text(&value);
    }
    hash.update(&time.to_le_bytes());
    hash.update(&anchor.fact.uid.to_le_bytes());
    hash.digest128()
}
