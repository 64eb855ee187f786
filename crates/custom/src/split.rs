//! `key=value` pairs, columns and JSON, as fields by name.

use bumpalo::Bump;
use bumpalo::collections::Vec as ArenaVec;
use ocsf::Value;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Fields of one record; what is beyond stays in its raw text.
const FIELDS_MAX: usize = 1000;
/// The longest key.
const KEY_BYTES_MAX: usize = 128;
/// How deep an object is gone into.
const DEPTH_MAX: usize = 32;

/// The fields of a record, in order.
pub(crate) type Fields<'a> = ArenaVec<'a, (&'a str, Value<'a>)>;

/// How pairs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pairs {
    /// Between two pairs.
    pub(crate) separator: u8,
    /// Between key and value.
    pub(crate) equals: u8,
}

impl Default for Pairs {
    fn default() -> Self {
        Self { separator: b' ', equals: b'=' }
    }
}

impl Pairs {
    /// Adds the pairs of `text`. A value may stand in double quotes; a word that is no pair is
    /// passed over.
    pub(crate) fn read<'a>(self, text: &'a str, fields: &mut Fields<'a>) {
        let mut rest = text;
        while fields.len() < FIELDS_MAX {
            rest = rest.trim_start_matches([char::from(self.separator), ' ', '\t']);
            if rest.is_empty() {
                return;
            }
            let bytes = rest.as_bytes();
            let Some(at) = memchr::memchr2(self.equals, self.separator, bytes) else { return };
            if bytes[at] != self.equals {
                rest = &rest[at..];
                continue;
            }
            let (key, behind) = (rest[..at].trim(), &rest[at + 1..]);
            let (value, next) = self.value(behind);
            if !key.is_empty() && key.len() <= KEY_BYTES_MAX {
                fields.push((key, Value::Str(value)));
            }
            rest = next;
        }
    }

    fn value(self, text: &str) -> (&str, &str) {
        if let Some(inner) = text.strip_prefix('"') {
            let mut at = 0;
            let bytes = inner.as_bytes();
            while let Some(step) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or(b"")) {
                at += step;
                if bytes[at] == b'"' {
                    return (&inner[..at], &inner[at + 1..]);
                }
                at += 2;
            }
        }
        let end = memchr::memchr(self.separator, text.as_bytes()).unwrap_or(text.len());
        (text[..end].trim(), &text[end..])
    }
}

/// A file's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    /// Their names; `_` for one that is not kept.
    pub(crate) names: Vec<String>,
    /// Between two of them.
    pub(crate) separator: u8,
    /// How many there must be.
    pub(crate) least: usize,
}

impl Columns {
    /// Adds the columns of `text`; `false` where there are too few or too many.
    pub(crate) fn read<'a>(
        &'a self,
        text: &'a str,
        arena: &'a Bump,
        fields: &mut Fields<'a>,
    ) -> bool {
        let (mut rest, mut count) = (Some(text), 0);
        while let Some(row) = rest {
            let Some(name) = self.names.get(count) else { return false };
            let (value, next) = self.column(row, arena);
            if name != "_" {
                fields.push((name, Value::Str(value)));
            }
            count += 1;
            rest = next;
        }
        count >= self.least
    }

    /// The first column of a row, and the row behind it; doubled quotes within quotes are one.
    fn column<'a>(&self, row: &'a str, arena: &'a Bump) -> (&'a str, Option<&'a str>) {
        let bytes = row.as_bytes();
        let Some(inner) = row.strip_prefix('"') else {
            return match memchr::memchr(self.separator, bytes) {
                Some(at) => (&row[..at], Some(&row[at + 1..])),
                None => (row, None),
            };
        };
        let (mut at, mut doubled) = (0, false);
        while let Some(step) = memchr::memchr(b'"', &inner.as_bytes()[at..]) {
            let quote = at + step;
            match inner.as_bytes().get(quote + 1) {
                Some(b'"') => (at, doubled) = (quote + 2, true),
                behind if behind.is_none_or(|byte| *byte == self.separator) => {
                    let value = &inner[..quote];
                    let value =
                        if doubled { arena.alloc_str(&value.replace("\"\"", "\"")) } else { value };
                    return (value, inner.get(quote + 2..));
                }
                // A quote within a text that is no closing one.
                _ => at = quote + 1,
            }
        }
        (row, None)
    }
}

/// Adds the members of a JSON object, inner ones as `outer.inner`, items of a list by their number
/// (a list of texts is one value); `false` where `text` is no object.
pub(crate) fn json<'a>(text: &'a str, arena: &'a Bump, fields: &mut Fields<'a>) -> bool {
    if !text.starts_with('{') {
        return false;
    }
    let mut path = String::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let node = Node { arena, path: &mut path, depth: 0, fields };
    node.deserialize(&mut deserializer).is_ok() && deserializer.end().is_ok()
}

/// A value on the way through a JSON text.
struct Node<'w, 'a> {
    arena: &'a Bump,
    path: &'w mut String,
    depth: usize,
    fields: &'w mut Fields<'a>,
}

impl<'a> Node<'_, 'a> {
    fn put<E>(self, value: Value<'a>) -> Result<(), E> {
        if self.fields.len() < FIELDS_MAX {
            self.fields.push((self.arena.alloc_str(self.path), value));
        }
        Ok(())
    }
}

impl<'a> DeserializeSeed<'a> for Node<'_, 'a> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'a>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Node<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<(), E> {
        self.put(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.put(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.put(i64::try_from(number).map_or(Value::Uint(number), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.put(Value::Float(number))
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<(), E> {
        self.put(Value::Str(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let text = self.arena.alloc_str(text);
        self.put(Value::Str(text))
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { arena, path, depth, fields } = self;
        if depth >= DEPTH_MAX {
            return Err(A::Error::custom("nested too deep"));
        }
        let (length, first) = (path.len(), fields.len());
        let mut number = 0;
        loop {
            path.push('.');
            path.push_str(&number.to_string());
            let node = Node { arena, path: &mut *path, depth: depth + 1, fields: &mut *fields };
            let more = items.next_element_seed(node)?.is_some();
            path.truncate(length);
            if !more {
                break;
            }
            number += 1;
        }
        let texts = fields[first..].iter().filter_map(|(_, value)| match value {
            Value::Str(text) => Some(*text),
            _ => None,
        });
        let texts = ArenaVec::from_iter_in(texts, arena);
        if number > 0 && texts.len() == number && fields.len() - first == number {
            fields.truncate(first);
            fields.push((arena.alloc_str(path), Value::List(texts.into_bump_slice())));
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { arena, path, depth, fields } = self;
        if depth >= DEPTH_MAX {
            return Err(A::Error::custom("nested too deep"));
        }
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        let begin = path.len();
        while members.next_key_seed(Key(&mut *path))?.is_some() {
            let node = Node { arena, path: &mut *path, depth: depth + 1, fields: &mut *fields };
            members.next_value_seed(node)?;
            path.truncate(begin);
        }
        path.truncate(length);
        Ok(())
    }
}

/// Appends a member's name to the path.
struct Key<'w>(&'w mut String);

impl<'a> DeserializeSeed<'a> for Key<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'a>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(fields: &Fields<'_>) -> String {
        fields.iter().map(|(name, value)| format!("{name}={value:?};")).collect()
    }

    #[test]
    fn pairs_and_their_quotes() {
        let check = |pairs: Pairs, text: &str, expected: &str| {
            let arena = Bump::new();
            let mut fields = Fields::new_in(&arena);
            pairs.read(text, &mut fields);
            let found: Vec<String> = fields
                .iter()
                .map(|(k, v)| match v {
                    Value::Str(v) => format!("{k}={v}"),
                    other => format!("{k}:{other:?}"),
                })
                .collect();
            assert_eq!(found.join("|"), expected, "{text}");
        };
        let plain = Pairs::default();
        check(plain, r#"a=1 b="x y" c= word d="e\"f" g"#, r#"a=1|b=x y|c=|d=e\"f"#);
        check(plain, r#"a="open"#, r#"a="open"#);
        let other = Pairs { separator: b';', equals: b':' };
        check(other, "a: 1; b: x y ;c:", "a=1|b=x y|c=");
        check(plain, "", "");
        check(plain, &"=".repeat(50), "");
    }

    #[test]
    fn columns_and_their_quotes() {
        let names = ["a", "_", "c"].map(str::to_owned).to_vec();
        let columns = Columns { names, separator: b',', least: 2 };
        let check = |text: &str, expected: Option<&str>| {
            let arena = Bump::new();
            let mut fields = Fields::new_in(&arena);
            let fits = columns.read(text, &arena, &mut fields);
            assert_eq!(fits.then(|| shown(&fields)).as_deref(), expected, "{text}");
        };
        check("1,2,3", Some("a=Str(\"1\");c=Str(\"3\");"));
        check("\"x,\"\"y\",2", Some("a=Str(\"x,\\\"y\");"));
        check("1,2,", Some("a=Str(\"1\");c=Str(\"\");"));
        check("1", None);
        check("1,2,3,4", None);
        check("\"open,2,3", None);
    }

    #[test]
    fn members_by_their_path() {
        let check = |text: &str, expected: Option<&str>| {
            let arena = Bump::new();
            let mut fields = Fields::new_in(&arena);
            let fits = json(text, &arena, &mut fields);
            assert_eq!(fits.then(|| shown(&fields)).as_deref(), expected, "{text}");
        };
        check(
            r#"{"a":1,"b":{"c":"x","d":null},"e":["f","g"],"h":[{"i":true}],"j":1.5}"#,
            Some("a=Int(1);b.c=Str(\"x\");e=List([\"f\", \"g\"]);h.0.i=Bool(true);j=Float(1.5);"),
        );
        check(r#"{"a":"q\"","l":[]}"#, Some("a=Str(\"q\\\"\");"));
        check("[1]", None);
        check("{\"a\":1} x", None);
        check(&format!("{{\"a\":{}1{}}}", "[".repeat(60), "]".repeat(60)), None);
    }
}
