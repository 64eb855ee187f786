//! The event behind an alert, as far as the alert tells of it.

use serde_json::Value;

/// An event that a rule matched, read again in full: matches are rare.
#[derive(Debug)]
pub struct Source {
    /// The event; null where it is no JSON, which only a lenient reader lets through.
    pub(crate) event: Value,
    /// Its text, or a lossy copy of it.
    pub(crate) text: String,
}

impl Source {
    /// Reads the event's bytes.
    pub fn new(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        Self { event: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// The value at a JSON pointer, where it is no null.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Value> {
        self.event.pointer(pointer).filter(|value| !value.is_null())
    }

    pub(crate) fn text_at(&self, pointer: &str) -> Option<&str> {
        self.at(pointer)?.as_str().filter(|text| !text.is_empty())
    }

    /// The event's id; one made of its text where it has none.
    pub fn uid(&self) -> String {
        self.text_at("/metadata/uid").map_or_else(
            || format!("{:032x}", xxhash_rust::xxh3::xxh3_128(self.text.as_bytes())),
            str::to_owned,
        )
    }

    /// When it happened, in milliseconds since the epoch.
    pub fn time(&self) -> i64 {
        self.at("/time").and_then(Value::as_i64).unwrap_or_default()
    }

    pub(crate) fn host(&self) -> Option<&str> {
        self.text_at("/device/hostname").or_else(|| self.text_at("/device/name"))
    }

    pub(crate) fn user(&self) -> Option<&str> {
        const PLACES: [&str; 4] =
            ["/user/name", "/actor/user/name", "/process/user/name", "/actor/process/user/name"];
        PLACES.iter().find_map(|place| self.text_at(place))
    }

    pub(crate) fn address(&self) -> Option<&str> {
        self.text_at("/src_endpoint/ip")
    }
}
