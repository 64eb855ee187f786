//! Records that no parser knows: counted by what they look like, so that the next parser to write
//! has a name.

use std::collections::HashMap;

/// Shapes that are counted at once. A new one beyond them takes one from each count (Misra and
/// Gries, 1982), so that what is frequent stays, whatever comes by.
const SHAPES_MAX: usize = 256;
/// How long between two reports.
const REPORT_MS: i64 = 600_000;
/// Shapes that a report names.
const REPORTED: usize = 5;

/// Counts of shapes.
#[derive(Default)]
pub(crate) struct Unknown {
    counts: HashMap<String, u64>,
    total: u64,
    /// When the next report is due.
    due_ms: i64,
    shape: String,
}

impl Unknown {
    /// Notes a record; `now_ms` is when.
    pub(crate) fn note(&mut self, raw: &[u8], now_ms: i64) {
        self.shape.clear();
        parse::shape(&String::from_utf8_lossy(raw), &mut self.shape);
        self.total += 1;
        if let Some(count) = self.counts.get_mut(self.shape.as_str()) {
            *count += 1;
        } else if self.counts.len() < SHAPES_MAX {
            self.counts.insert(self.shape.clone(), 1);
        } else {
            self.counts.retain(|_, count| {
                *count -= 1;
                *count > 0
            });
        }
        if self.due_ms == 0 {
            self.due_ms = now_ms + REPORT_MS;
        } else if now_ms >= self.due_ms {
            self.report();
            self.due_ms = now_ms + REPORT_MS;
        }
    }

    /// The most frequent shapes, each with how often it came at least.
    pub(crate) fn top(&self) -> Vec<(&str, u64)> {
        let mut shapes: Vec<_> = self.counts.iter().map(|(s, n)| (s.as_str(), *n)).collect();
        shapes.sort_by_key(|(shape, count)| (std::cmp::Reverse(*count), *shape));
        shapes.truncate(REPORTED);
        shapes
    }

    /// Says which logs have no parser.
    pub(crate) fn report(&self) {
        for (shape, count) in self.top() {
            tracing::info!(shape, count, of = self.total, "no parser knows this log");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_frequent_stays() {
        let mut unknown = Unknown::default();
        for number in 0..5_000 {
            unknown.note(format!("worker {number} is busy").as_bytes(), 1);
            unknown.note(format!("{}x odd", "abc".repeat(number % 700)).as_bytes(), 1);
        }
        assert_eq!(unknown.total, 10_000);
        assert!(unknown.counts.len() <= SHAPES_MAX);
        let top = unknown.top();
        assert_eq!(top[0].0, "worker # is busy");
        assert!(top[0].1 > 2_000, "{top:?}");
    }

    #[test]
    fn text_that_is_no_utf8_is_counted_too() {
        let mut unknown = Unknown::default();
        unknown.note(b"caf\xe9 7 is closed", 1);
        unknown.note(b"caf\xe9 8 is closed", 1);
        assert_eq!(unknown.top(), [("caf\u{fffd} # is closed", 2)]);
    }
}
