//! What stands beside a committed offset: the batch that is about to be written, and the marks.
//!
//! The note is committed *before* the batch is inserted. Whoever takes the partition over then
//! knows which offsets belong to the batch that may or may not be stored, and repeats exactly that
//! one; STORAGE.md, section 3b, is the algorithm.

use crate::high_water::HighWater;
use std::fmt::Write as _;

/// The metadata of an offset.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Note {
    /// The batch from the committed offset on; none when all before that offset is stored and
    /// nothing was begun behind it.
    pub(crate) batch: Option<Announced>,
    /// The marks at the committed offset.
    pub(crate) high: HighWater,
    /// Where a restored backup of the store may end: whatever lies before it is looked for before it
    /// is written.
    pub(crate) restored: Option<i64>,
}

/// A batch that was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Announced {
    /// One past its last offset.
    pub(crate) end: i64,
    /// How many rows it makes.
    pub(crate) rows: u64,
}

impl Note {
    /// As text: `1` (version), `e=` and `n=` for the batch, `r=` for the end of what was restored,
    /// `h=` for the marks. Also how many marks did not fit.
    pub(crate) fn encode(&self) -> (String, usize) {
        let mut out = String::from("1");
        if let Some(Announced { end, rows }) = self.batch {
            let _ = write!(out, " e={end} n={rows}");
        }
        if let Some(end) = self.restored {
            let _ = write!(out, " r={end}");
        }
        out.push_str(" h=");
        let lost = self.high.encode(&mut out);
        (out, lost)
    }

    /// Reads the text; nothing (a group that never committed, or another's offset) is an empty
    /// note. `None` where it is malformed.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let mut fields = text.split(' ');
        match fields.next() {
            None | Some("") => return Some(Self::default()),
            Some("1") => {}
            Some(_) => return None,
        }
        let (mut end, mut rows, mut restored) = (None, None, None);
        let mut high = HighWater::default();
        for field in fields {
            match field.split_once('=')? {
                ("e", value) => end = Some(value.parse().ok()?),
                ("n", value) => rows = Some(value.parse().ok()?),
                ("r", value) => restored = Some(value.parse().ok()?),
                ("h", value) => high = HighWater::decode(value)?,
                // A later version may append fields.
                _ => {}
            }
        }
        let batch = match (end, rows) {
            (Some(end), Some(rows)) => Some(Announced { end, rows }),
            (None, None) => None,
            _ => return None,
        };
        Some(Self { batch, high, restored })
    }
}

/// The note of a partition whose store was restored from a backup: `metadata` as it stood when the
/// backup began, and `end` the offset before which rows may have been stored since. `None` where
/// `metadata` is not the loader's.
pub fn restored(metadata: &str, end: i64) -> Option<String> {
    let note = Note { restored: Some(end), ..Note::decode(metadata)? };
    Some(note.encode().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let mut high = HighWater::default();
        let raw = model::RawPlace { topic: "raw.mof", partition: 0, offset: 12, kafka_ms: 0 };
        high.rises_to(&model::EventPlace { raw, index: 3, count: 4 });
        let batch = Some(Announced { end: 50, rows: 7 });
        for (note, text) in [
            (Note::default(), "1 h="),
            (Note { batch, ..Note::default() }, "1 e=50 n=7 h="),
            (Note { batch, high, ..Note::default() }, "1 e=50 n=7 h=raw.mof:0:12.3"),
            (Note { restored: Some(90), ..Note::default() }, "1 r=90 h="),
        ] {
            assert_eq!(note.encode(), (text.to_owned(), 0));
            assert_eq!(Note::decode(text), Some(note));
        }
    }

    #[test]
    fn foreign_metadata() {
        assert_eq!(Note::decode(""), Some(Note::default()));
        assert_eq!(Note::decode("1 h= z=new"), Some(Note::default()));
        assert_eq!(restored("1 e=5 n=2 h=", 9).as_deref(), Some("1 e=5 n=2 r=9 h="));
        assert_eq!(restored("", 9).as_deref(), Some("1 r=9 h="));
        assert_eq!(restored("another's", 9), None);
        for bad in ["2 h=", "1 r=x h=", "1 e=5 h=", "1 e=x n=1 h=", "1 h=x", "1 h", "note"] {
            assert_eq!(Note::decode(bad), None, "{bad}");
        }
    }
}
