//! Where in the journal: cursors, and the place that outlives the process.

use crate::Error;
use crate::checkpoint::write_whole;
use crate::flight::Position;
use std::io::ErrorKind;
use std::path::Path;

/// How far the journal was read and confirmed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Place {
    pub(super) generation: u64,
    pub(super) offset: u64,
    pub(super) sequence: u64,
    /// Of the last confirmed entry.
    pub(super) cursor: String,
}

impl Place {
    /// What was saved. After damage there is none, and the journal is read again from its
    /// beginning, under a new generation: entries come twice rather than never.
    pub(super) fn load(path: &Path) -> Result<Option<Self>, Error> {
        match std::fs::read(path) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(place) => Ok(Some(place)),
                Err(error) => {
                    let path = path.display();
                    tracing::error!(%path, %error, "damaged: the journal is read anew");
                    Ok(None)
                }
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::ReadState { path: path.into(), source }),
        }
    }

    pub(super) fn save(&self, path: &Path) -> std::io::Result<()> {
        write_whole(path, &serde_json::to_vec(self)?)
    }

    pub(super) fn position(&self) -> Position {
        Position { offset: self.offset, sequence: self.sequence }
    }
}

/// The cursor in an entry as `journalctl --output=json` writes it: on one line, without blanks,
/// quotes within texts escaped.
pub(super) fn cursor_of(entry: &[u8]) -> Option<&str> {
    const KEY: &[u8] = b"\"__CURSOR\":\"";
    let at = memchr::memmem::find(entry, KEY)? + KEY.len();
    let rest = &entry[at..];
    let cursor = &rest[..memchr::memchr(b'"', rest)?];
    std::str::from_utf8(cursor).ok()
}

/// How many entries lie between two cursors, where journald's numbers tell:
/// `s=<id of the numbering>;i=<number in hex>;…` (systemd's Journal File Format).
pub(super) fn missing_between(before: &str, after: &str) -> Option<u64> {
    let part = |cursor: &'_ str, name: &str| -> Option<String> {
        let value = cursor.split(';').find_map(|part| part.strip_prefix(name))?;
        Some(value.to_owned())
    };
    if part(before, "s=")? != part(after, "s=")? {
        return None;
    }
    let number = |cursor| u64::from_str_radix(&part(cursor, "i=")?, 16).ok();
    number(after)?.checked_sub(number(before)? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_found_and_their_numbers_compared() {
        let entry =
            br#"{"MESSAGE":"say \"__CURSOR\":\"no\"","__CURSOR":"s=a1;i=1f;b=2","_PID":"1"}"#;
        assert_eq!(cursor_of(entry), Some("s=a1;i=1f;b=2"));
        assert_eq!(cursor_of(b"-- No entries --"), None);
        for (before, after, expected) in [
            ("s=a;i=1f;b=2", "s=a;i=20;b=2", Some(0)),
            ("s=a;i=1f;b=2", "s=a;i=30;b=3", Some(16)),
            ("s=a;i=1f", "s=b;i=20", None),
            ("s=a;i=1f", "s=a;i=1f", None),
            ("s=a;i=1f", "nonsense", None),
        ] {
            assert_eq!(missing_between(before, after), expected, "{before} {after}");
        }
    }

    #[test]
    fn a_damaged_place_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("journal");
        assert_eq!(Place::load(&file).unwrap(), None);
        let place = Place { generation: 1, offset: 2, sequence: 3, cursor: "s=a;i=1".into() };
        place.save(&file).unwrap();
        assert_eq!(Place::load(&file).unwrap(), Some(place));
        std::fs::write(&file, "{").unwrap();
        assert_eq!(Place::load(&file).unwrap(), None);
    }
}
