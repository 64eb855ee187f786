//! What is kept of a match: when, which event, the values that correlations ask for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A match as correlations see it. Shared, so that windows hold no copies.
#[derive(Debug)]
pub struct Fact {
    /// The event's id; of what a correlation raised, the alarm's.
    pub uid: u128,
    /// When it happened, in milliseconds since the epoch.
    pub time: i64,
    /// When Kafka got it; the same as `time` where nobody knows.
    pub arrival: i64,
    /// The rule that matched, by its id; of what a correlation raised, the correlation.
    pub rule: Arc<str>,
    /// The agency: nothing is correlated across two.
    pub scope: Arc<str>,
    /// The values that the leaf wants, in its order.
    pub values: Box<[Option<Box<str>>]>,
    /// The event.
    pub body: Arc<Body>,
    /// Of what a correlation raised: the matches behind it, the first of them.
    pub parts: Vec<Arc<Fact>>,
    /// How many events it stands for.
    pub weight: u64,
}

/// An event's bytes, for evidence.
#[derive(Debug)]
pub struct Body {
    /// The event; `None` where there was no room for it.
    event: Option<Box<[u8]>>,
    /// What else the owner wants to know of it, such as where it lay.
    pub note: Box<[u8]>,
    /// Gives its room back when the event goes.
    _held: Held,
}

impl Body {
    /// The event's bytes, unless [`crate::Options::evidence_bytes_max`] left no room for them.
    pub fn event(&self) -> Option<&[u8]> {
        self.event.as_deref()
    }
}

/// How many bytes of events are held.
#[derive(Debug, Clone, Default)]
pub(crate) struct Room {
    bytes: Arc<AtomicUsize>,
}

/// A share of the room, given back when dropped.
#[derive(Debug)]
struct Held {
    bytes: usize,
    room: Room,
}

impl Room {
    /// Keeps the event if there is room below `bytes_max`.
    pub(crate) fn body(&self, event: &[u8], note: &[u8], bytes_max: usize) -> Body {
        let fits = self.bytes() + event.len() <= bytes_max;
        let held = if fits { event.len() } else { 0 };
        self.bytes.fetch_add(held, Ordering::Relaxed);
        Body {
            event: fits.then(|| event.into()),
            note: note.into(),
            _held: Held { bytes: held, room: self.clone() },
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
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
