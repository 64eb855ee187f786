//! Where a page ends and the next begins.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// In which order alerts are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The newest arrival first.
    #[default]
    Arrival,
    /// The highest risk first, of equal ones the newest arrival.
    Risk,
}

/// One page of a list that is sorted newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many items at most, from 1 to [`Page::LIMIT_MAX`].
    pub limit: u32,
    /// Begin behind this.
    pub after: Option<Cursor>,
    /// Of alerts: how they are sorted.
    pub order: Order,
    /// Of alerts: one line for all of a group, the first in that order.
    pub grouped: bool,
}

impl Page {
    /// The most items of one page: what a screen can use, and little enough to hold whole.
    pub const LIMIT_MAX: u32 = 1_000;

    /// The first page.
    pub fn first(limit: u32) -> Self {
        Self { limit, after: None, order: Order::Arrival, grouped: false }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit.clamp(1, Self::LIMIT_MAX) as usize
    }
}

/// The sort key of the last item of a page: its time, and what tells equal times apart.
///
/// As text `<ms>.<key>`, for an API to hand out; in a list by risk `<risk>:<ms>.<key>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) risk: Option<u8>,
    pub(crate) time_ms: i64,
    pub(crate) key: String,
}

impl Cursor {
    /// Behind what has this time and key.
    pub(crate) fn at(time_ms: i64, key: &str) -> Self {
        Self { risk: None, time_ms, key: key.to_owned() }
    }
}

/// The longest key: an alert's id.
const KEY_BYTES_MAX: usize = 200;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(risk) = self.risk {
            write!(f, "{risk}:")?;
        }
        write!(f, "{}.{}", self.time_ms, self.key)
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parse = || {
            let (time, key) = text.split_once('.')?;
            let (risk, time) = match time.split_once(':') {
                Some((risk, time)) => (Some(risk.parse().ok()?), time),
                None => (None, time),
            };
            let time_ms = time.parse().ok()?;
            let fits = !key.is_empty() && key.len() <= KEY_BYTES_MAX;
            fits.then(|| Self { risk, time_ms, key: key.into() })
        };
        parse().ok_or_else(|| Error::Cursor { cursor: text.chars().take(80).collect() })
    }
}

/// Cuts a list that was asked for with one item too many to the page, with the cursor behind it.
pub(crate) fn cut_page<T>(
    mut items: Vec<T>,
    limit: usize,
    cursor: impl Fn(&T) -> Cursor,
) -> (Vec<T>, Option<Cursor>) {
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(cursor);
    (items, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for risk in [None, Some(7)] {
            let cursor = Cursor { risk, time_ms: -5, key: "0-7.x".into() };
            assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        }
        let long = format!("1.{}", "x".repeat(201));
        for bad in ["", "5", "5.", ".x", "a.b", "১.x", "256:1.x", ":1.x", long.as_str()] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_extra_item_only_says_that_there_is_more() {
        let cursor = |n: &i64| Cursor::at(*n, "k");
        assert_eq!(cut_page(vec![3, 2, 1], 3, cursor), (vec![3, 2, 1], None));
        let (items, next) = cut_page(vec![3, 2, 1], 2, cursor);
        assert_eq!((items, next.unwrap().time_ms), (vec![3, 2], 2));
    }
}
