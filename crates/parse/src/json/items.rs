//! The texts of an array's items: what each event of a record that holds several was made of.
//!
//! The tape knows values, not where they stood. The text was parsed before, so it is JSON, and
//! looking for brackets and strings is enough.

use memchr::memchr2;

/// The items of an array, in order: each one's text, from where it begins to the end of all.
pub(crate) struct Items<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Items<'a> {
    /// The items of the array that `text` is.
    pub(crate) fn of_array(text: &'a str) -> Self {
        let at = behind_blanks(text.as_bytes(), 0);
        Self { text, at: at + 1 }
    }

    /// The items of the array that is member `index` of the object that `text` is.
    pub(crate) fn of_member(text: &'a str, index: usize) -> Self {
        let bytes = text.as_bytes();
        let mut at = behind_blanks(bytes, 0) + 1;
        for member in 0..=index {
            // Name, colon; and, up to the one that is wanted, value and comma.
            at = behind_blanks(bytes, behind_value(bytes, behind_blanks(bytes, at)));
            at = behind_blanks(bytes, at + 1);
            if member < index {
                at = behind_blanks(bytes, behind_value(bytes, at)) + 1;
            }
        }
        Self { text, at: at + 1 }
    }
}

impl<'a> Iterator for Items<'a> {
    /// The item's text, and all from its beginning on.
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        let begin = behind_blanks(bytes, self.at);
        if matches!(bytes.get(begin)?, b']' | b'}') {
            return None;
        }
        let end = behind_value(bytes, begin);
        let behind = behind_blanks(bytes, end);
        self.at = if bytes.get(behind) == Some(&b',') { behind + 1 } else { bytes.len() };
        // Values begin and end with ASCII, so that no character is cut.
        Some((self.text.get(begin..end)?, self.text.get(begin..)?))
    }
}

fn behind_blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Where the value that begins at `at` has ended.
fn behind_value(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = behind_string(bytes, at + 1),
            b'{' | b'[' => (depth, at) = (depth + 1, at + 1),
            b'}' | b']' if depth <= 1 => return if depth == 1 { at + 1 } else { at },
            b'}' | b']' => (depth, at) = (depth - 1, at + 1),
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return at,
            _ => at += 1,
        }
    }
    at
}

/// Where the string has ended whose first byte stands at `at`.
fn behind_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(step) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += step;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            r#"[a\[\]{}",:\\ ]{0,8}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("[a\":{]{0,3}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn each_item_reads_as_it_was(
            items in proptest::collection::vec(json(), 0..6),
            before in json(),
            pretty in any::<bool>(),
        ) {
            let text = |value: &Value| match pretty {
                true => format!("  {value:#} "),
                false => value.to_string(),
            };
            let read = |items: Items<'_>| -> Vec<Value> {
                items.map(|(item, rest)| {
                    assert!(rest.starts_with(item));
                    serde_json::from_str(item).unwrap()
                }).collect()
            };
            let list = Value::from(items.clone());
            prop_assert_eq!(&read(Items::of_array(&text(&list))), &items);
            // serde_json orders members by name.
            let object = serde_json::json!({"a": before, "b": list, "c": 1});
            prop_assert_eq!(&read(Items::of_member(&text(&object), 1)), &items);
        }
    }
}
