//! The name that events carry of a parser: `name/version`, for as long as the process runs.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Every label ever made. Events name their parser by a text that outlives them, as the built-in
/// parsers' names do; a set that is taken over anew uses the same texts again, so that only what a
/// person writes into files makes this grow.
static LABELS: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

/// The label of a parser.
pub(crate) fn of(name: &str, version: u32) -> &'static str {
    let text = format!("{name}/{version}");
    let mut labels = LABELS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(label) = labels.get(text.as_str()) {
        return label;
    }
    let label: &'static str = Box::leak(text.into_boxed_str());
    labels.insert(label);
    label
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_same_parser_has_the_same_label() {
        let first = super::of("x", 1);
        assert!(std::ptr::eq(first, super::of("x", 1)));
        assert_eq!(super::of("x", 2), "x/2");
    }
}
