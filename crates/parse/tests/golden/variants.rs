//! Variants of what the corpus has: other versions, shapes, addresses and names, as one table of text.

use crate::{events, holds};
use serde_json::Value;

/// A line that begins with no blank is a record; the lines below it, each indented, are what its one
/// event must have: `path = value in JSON`. `#` begins a heading.
const TABLE: &str = include_str!("variants.txt");

#[test]
fn variants() {
    let mut rows: Vec<(&str, Vec<(&str, Value)>)> = Vec::new();
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        match line.strip_prefix("    ") {
            Some(expected) => {
                let (path, value) = expected.split_once(" = ").unwrap();
                rows.last_mut().unwrap().1.push((path, serde_json::from_str(value).unwrap()));
            }
            None => rows.push((line, Vec::new())),
        }
    }
    assert!(rows.len() > 100, "{} rows", rows.len());
    for (raw, expected) in &rows {
        let found = events(raw, None);
        assert_eq!(found.len(), 1, "{raw}");
        assert!(!expected.is_empty(), "{raw}");
        holds(raw, &found[0], expected);
    }
}
