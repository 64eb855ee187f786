//! A walk over the members of a JSON object that leaves their values as the text they are.
//!
//! serde_json checks the whole text while it skips values (without recursion, so depth is no
//! danger), and hands out each value's exact bytes: numbers, spaces and escapes stay as written.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Name and text of each member, in order.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, &'a str)>;

/// The members of the object `json`.
pub(super) fn members(json: &str) -> Result<Members<'_>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let found = deserializer.deserialize_map(Walk)?;
    deserializer.end()?;
    Ok(found)
}

struct Walk;

impl<'a> Visitor<'a> for Walk {
    type Value = Members<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Members<'a>, A::Error> {
        let mut found = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            let value: &'a RawValue = map.next_value()?;
            found.push((name, value.get()));
        }
        Ok(found)
    }
}

/// A member's name, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The text of a JSON string; `None` for another type or for half a surrogate pair.
pub(super) fn text(value: &str) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    match inner.contains('\\') {
        false => Some(Cow::Borrowed(inner)),
        true => serde_json::from_str(value).ok().map(Cow::Owned),
    }
}

/// A JSON number that is an integer; also one written as text, which some sources do.
pub(super) fn integer<T: std::str::FromStr>(value: &str) -> Option<T> {
    value.trim_matches('"').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_out_as_written() {
        let json = r#" {"a": 1.50 ,"b\u0041":{"c":[ 1,2]},"d":"x\"y"} "#;
        let expected = [("a", "1.50"), ("bA", r#"{"c":[ 1,2]}"#), ("d", r#""x\"y""#)];
        assert_eq!(members(json).unwrap(), expected.map(|(name, value)| (name.into(), value)));
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for json in ["", "[]", "1", r#"{"a":1"#, r#"{"a":1} x"#, r#"{"a":01}"#, "{\"a\":\"\n\"}"] {
            assert!(members(json).is_err(), "{json}");
        }
    }

    #[test]
    fn depth_does_not_overflow_the_stack() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(members(&deep).unwrap()[0].1.len(), 200_000);
    }

    #[test]
    fn scalars() {
        assert_eq!(text(r#""plain""#).as_deref(), Some("plain"));
        assert_eq!(text(r#""a\nb""#).as_deref(), Some("a\nb"));
        assert_eq!(text(r#""\ud800""#), None);
        assert_eq!(text("12"), None);
        assert_eq!(integer("12"), Some(12));
        assert_eq!(integer(r#""12""#), Some(12));
        assert_eq!(integer::<u16>("70000"), None);
        assert_eq!(integer::<u16>("1.5"), None);
    }
}
