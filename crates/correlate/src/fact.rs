//! What is kept of a match: when, which event, the values that correlations ask for.
//!
//! A million groups hold millions of matches, so a match is packed: what many have in common is
//! shared, and what is its own lies in one piece.

use crate::Found;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// In place of a length: there is no value.
const NO_VALUE: u32 = u32::MAX;

/// A match as correlations see it. Shared, so that windows hold no copies.
#[derive(Debug)]
pub struct Fact {
    /// The event's id; of what a correlation raised, the alarm's.
    pub uid: u128,
    /// When it happened, in milliseconds since the epoch.
    pub time: i64,
    /// When Kafka got it; the same as `time` where nobody knows.
    pub arrival: i64,
    origin: Arc<Origin>,
    kept: Kept,
    event: Option<Arc<Held>>,
    behind: Option<Box<Behind>>,
}

/// Which rule matched whose event: the same for many matches.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) rule: Box<str>,
    pub(crate) scope: Box<str>,
}

/// What a correlation raised, as a match of the one above.
#[derive(Debug)]
struct Behind {
    parts: Vec<Arc<Fact>>,
    weight: u64,
}

impl Fact {
    /// What is kept of `found`, of a rule and an agency that may be known already.
    pub(crate) fn new(found: Found, origin: Arc<Origin>) -> Self {
        let Found { uid, time, arrival, values, body, .. } = found;
        let kept = Kept::new(&values, &body.note);
        Self { uid, time, arrival, origin, kept, event: body.event, behind: None }
    }

    /// The match that a correlation makes, which `self` has completed, of what lies behind it.
    pub(crate) fn raised(
        &self,
        rule: &str,
        (uid, time): (u128, i64),
        parts: Vec<Arc<Self>>,
        weight: u64,
    ) -> Self {
        Self {
            uid,
            time,
            arrival: self.arrival.saturating_add(time - self.time),
            origin: Arc::new(Origin { rule: rule.into(), scope: self.origin.scope.clone() }),
            kept: self.kept.clone(),
            event: self.event.clone(),
            behind: Some(Box::new(Behind { parts, weight })),
        }
    }

    /// The rule that matched, by its id; of what a correlation raised, the correlation.
    pub fn rule(&self) -> &str {
        &self.origin.rule
    }

    /// The agency: nothing is correlated across two.
    pub fn scope(&self) -> &str {
        &self.origin.scope
    }

    /// A value that the leaf wants, by its place.
    pub fn value(&self, place: usize) -> Option<&str> {
        self.kept.value(place)
    }

    /// The event's bytes, unless [`crate::Options::evidence_bytes_max`] left no room for them.
    pub fn event(&self) -> Option<&[u8]> {
        self.event.as_ref().map(|held| &*held.event)
    }

    /// What else the owner wants to know of the event, such as where it lay.
    pub fn note(&self) -> &[u8] {
        self.kept.note()
    }

    /// Of what a correlation raised: the matches behind it, the first of them.
    pub fn parts(&self) -> &[Arc<Self>] {
        self.behind.as_ref().map_or(&[], |behind| &behind.parts)
    }

    /// How many events it stands for.
    pub fn weight(&self) -> u64 {
        self.behind.as_ref().map_or(1, |behind| behind.weight)
    }
}

impl From<Found> for Fact {
    fn from(found: Found) -> Self {
        let origin = Origin { rule: (&*found.rule).into(), scope: (&*found.scope).into() };
        Self::new(found, Arc::new(origin))
    }
}

/// Values, each after its length, and a note.
#[derive(Debug, Clone)]
struct Kept {
    bytes: Box<[u8]>,
    /// Where the note begins.
    note: u32,
}

impl Kept {
    fn new(values: &[Option<Box<str>>], note: &[u8]) -> Self {
        let texts: usize = values.iter().flatten().map(|value| value.len()).sum();
        let length = values.len() * size_of::<u32>() + texts;
        let mut bytes = Vec::with_capacity(length + note.len());
        for value in values {
            let length = value.as_ref().map_or(NO_VALUE, |value| value.len() as u32);
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(value.as_deref().unwrap_or_default().as_bytes());
        }
        bytes.extend_from_slice(note);
        Self { bytes: bytes.into(), note: length as u32 }
    }

    fn note(&self) -> &[u8] {
        &self.bytes[self.note as usize..]
    }

    fn value(&self, place: usize) -> Option<&str> {
        let mut rest = &self.bytes[..self.note as usize];
        for at in 0.. {
            let (length, after) = rest.split_first_chunk()?;
            let length = u32::from_le_bytes(*length);
            let (value, others) = match length {
                NO_VALUE => (None, after),
                length => {
                    let (value, others) = after.split_at_checked(length as usize)?;
                    (Some(value), others)
                }
            };
            if at == place {
                return std::str::from_utf8(value?).ok();
            }
            rest = others;
        }
        None
    }
}

/// An event for evidence, as it comes with a match.
#[derive(Debug, Clone)]
pub struct Body {
    /// The event; `None` where there was no room for it.
    event: Option<Arc<Held>>,
    note: Box<[u8]>,
}

impl Body {
    /// Whether there was room for the event.
    pub(crate) fn is_held(&self) -> bool {
        self.event.is_some()
    }
}

/// An event's bytes, which give their room back when they go.
#[derive(Debug)]
struct Held {
    event: Box<[u8]>,
    room: Room,
}

/// How many bytes of events are held.
#[derive(Debug, Clone, Default)]
pub(crate) struct Room {
    bytes: Arc<AtomicUsize>,
}

impl Room {
    /// Keeps the event if there is room below `bytes_max`.
    pub(crate) fn body(&self, event: &[u8], note: &[u8], bytes_max: usize) -> Body {
        let fits = self.bytes() + event.len() <= bytes_max;
        let hold = || {
            self.bytes.fetch_add(event.len(), Ordering::Relaxed);
            Arc::new(Held { event: event.into(), room: self.clone() })
        };
        Body { event: fits.then(hold), note: note.into() }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.bytes.fetch_sub(self.event.len(), Ordering::Relaxed);
    }
}

/// A match in a group.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) fact: Arc<Fact>,
    pub(crate) slot: u16,
    /// Which of the correlation's rules it is.
    pub(crate) position: u16,
}

impl Entry {
    pub(crate) fn time(&self) -> i64 {
        self.fact.time
    }

    /// The order in which matches are looked at. Of two at the same time, the one whose rule is
    /// named first goes first: a tie counts as in order.
    ///
    /// Two with the same order are the same match.
    pub(crate) fn order(&self) -> (i64, u16, u128) {
        (self.fact.time, self.position, self.fact.uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_packed_is_found_again(
            values in proptest::collection::vec(proptest::option::of(".{0,9}"), 0..5),
            note in proptest::collection::vec(any::<u8>(), 0..9),
        ) {
            let values: Vec<Option<Box<str>>> =
                values.into_iter().map(|value| value.map(String::into_boxed_str)).collect();
            let kept = Kept::new(&values, &note);
            prop_assert_eq!(kept.note(), note.as_slice());
            for (place, value) in values.iter().enumerate() {
                prop_assert_eq!(kept.value(place), value.as_deref());
            }
            prop_assert_eq!(kept.value(values.len()), None);
        }
    }

    #[test]
    fn a_match_is_small() {
        // Three of them in each of a million groups have to fit into a gigabyte with all the rest.
        assert!(size_of::<Fact>() <= 80, "{}", size_of::<Fact>());
    }
}
