//! A rule's match as correlations take it: which leaf, whose, when, with which values.

use crate::live::Ruleset;
use correlate::{Body, Found, Leaf};
use detect::Json;
use std::sync::Arc;

/// A match of a rule that correlations are about.
#[derive(Debug)]
pub(crate) struct Matched {
    pub(crate) leaf: Leaf,
    rule: Arc<str>,
    uid: u128,
    time: i64,
    scope: Arc<str>,
    values: Box<[Option<Box<str>>]>,
}

/// Everything that correlations make of the match of rule number `rule` by `event`; `scope` is the
/// event's agency.
pub(crate) fn matched(
    ruleset: &Ruleset,
    rule: usize,
    event: &Json,
    scope: &str,
) -> impl Iterator<Item = Matched> {
    let engine = &ruleset.engine;
    let uid = event_uid(event);
    let time = event_time(event);
    let (name, scope): (Arc<str>, Arc<str>) = (engine.rules()[rule].uid().into(), scope.into());
    ruleset.plan.leaves(rule).iter().map(move |leaf| {
        let wanted = ruleset.plan.units()[leaf.unit].wanted(leaf.slot);
        Matched {
            leaf: *leaf,
            rule: Arc::clone(&name),
            uid,
            time: time.unwrap_or_default(),
            scope: Arc::clone(&scope),
            values: engine.values(event, wanted).into(),
        }
    })
}

impl Matched {
    /// A number that is the same for all matches that could meet this one; nothing where it lacks a
    /// value to group by.
    pub(crate) fn shard(&self, ruleset: &Ruleset) -> Option<u64> {
        let unit = &ruleset.plan.units()[self.leaf.unit];
        let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
        let mut text = |text: &str| {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        text(unit.correlation().uid());
        text(&self.scope);
        unit.key(self.leaf.slot, &self.values)?.into_iter().for_each(text);
        Some(hash.digest())
    }

    /// The match with its event; `arrival` is its own time where nobody knows.
    pub(crate) fn found(self, body: Body, arrival: Option<i64>) -> Found {
        let Self { leaf, rule, uid, time, scope, values } = self;
        let arrival = arrival.unwrap_or(time);
        Found { leaf, rule, uid, time, arrival, scope, values, body }
    }
}

/// When an event happened, in milliseconds since the epoch.
pub(crate) fn event_time(event: &Json) -> Option<i64> {
    event.at("time")?.text()?.parse().ok()
}

/// The event's id as a number: the digits of `metadata.uid`, or a hash where it is no such thing.
fn event_uid(event: &Json) -> u128 {
    let uid = event.at("metadata.uid").and_then(Json::text);
    let digits = uid.filter(|uid| uid.len() == 32).map(|uid| u128::from_str_radix(uid, 16));
    match (digits, event) {
        (Some(Ok(uid)), _) => uid,
        (_, Json::Map(_, text)) => {
            xxhash_rust::xxh3::xxh3_128(uid.map_or(text.as_bytes(), str::as_bytes))
        }
        _ => 0,
    }
}
