//! The list `enrichments` of one event, as JSON.

use ocsf::Path;
use ocsf::escape::string;

/// Entries, written one after the other.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    json: Vec<u8>,
}

impl Entries {
    /// Begins anew, with the memory of the last event's.
    pub(crate) fn clear(&mut self) {
        self.json.clear();
    }

    /// Adds what is known of `value`, which stands at `path`: `data` is JSON, `source` members of
    /// JSON that say who says so.
    pub(crate) fn add(&mut self, path: Path, value: &str, kind: &str, data: &str, source: &str) {
        self.named(path.text(), value, kind, data, source);
    }

    /// The same for an attribute by its name.
    pub(crate) fn named(&mut self, name: &str, value: &str, kind: &str, data: &str, source: &str) {
        let out = &mut self.json;
        out.extend_from_slice(if out.is_empty() { b"[{\"name\":" } else { b",{\"name\":" });
        string(out, name);
        out.extend_from_slice(b",\"value\":");
        string(out, value);
        out.extend_from_slice(b",\"type\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\",\"data\":");
        out.extend_from_slice(data.as_bytes());
        out.push(b',');
        out.extend_from_slice(source.as_bytes());
        out.push(b'}');
    }

    /// The whole list; `None` where there is no entry.
    pub(crate) fn list(&mut self) -> Option<&str> {
        if self.json.is_empty() {
            return None;
        }
        self.json.push(b']');
        std::str::from_utf8(&self.json).ok()
    }
}
