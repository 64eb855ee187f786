//! Where a page ends and the next begins.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// One page of a list that is sorted newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many items at most, from 1 to [`Page::LIMIT_MAX`].
    pub limit: u32,
    /// Begin behind this.
    pub after: Option<Cursor>,
}

impl Page {
    /// The most items of one page: what a screen can use, and little enough to hold whole.
    pub const LIMIT_MAX: u32 = 1_000;

    /// The first page.
    pub fn first(limit: u32) -> Self {
        Self { limit, after: None }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit.clamp(1, Self::LIMIT_MAX) as usize
    }
}

/// The sort key of the last item of a page: its time, and what tells equal times apart.
///
/// As text `<ms>.<key>`, for an API to hand out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) time_ms: i64,
    pub(crate) key: String,
}

/// The longest key: an alert's id.
const KEY_BYTES_MAX: usize = 200;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.time_ms, self.key)
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parse = || {
            let (time, key) = text.split_once('.')?;
            let time_ms = time.parse().ok()?;
            let fits = !key.is_empty() && key.len() <= KEY_BYTES_MAX;
            fits.then(|| Self { time_ms, key: key.into() })
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
        let cursor = Cursor { time_ms: -5, key: "0-7.x".into() };
        assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        let long = format!("1.{}", "x".repeat(201));
        for bad in ["", "5", "5.", ".x", "a.b", "১.x", long.as_str()] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_extra_item_only_says_that_there_is_more() {
        let cursor = |n: &i64| Cursor { time_ms: *n, key: "k".into() };
        assert_eq!(cut_page(vec![3, 2, 1], 3, cursor), (vec![3, 2, 1], None));
        let (items, next) = cut_page(vec![3, 2, 1], 2, cursor);
        assert_eq!((items, next.unwrap().time_ms), (vec![3, 2], 2));
    }
}
