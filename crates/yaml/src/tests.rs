//! What texts become, and which are refused.

use super::*;
use proptest::prelude::*;

fn show(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(s) if s.is_null() => "null".into(),
        Kind::Scalar(s) if s.plain => s.text.clone(),
        Kind::Scalar(s) => format!("{:?}", s.text),
        Kind::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" ")),
        Kind::Map(entries) => {
            let pairs: Vec<_> =
                entries.iter().map(|e| format!("{}:{}", e.key, show(&e.value))).collect();
            format!("{{{}}}", pairs.join(" "))
        }
    }
}

#[test]
fn texts_and_their_trees() {
    for (text, expected) in [
        ("a: 1\nb: 'x'", "{a:1 b:\"x\"}"),
        ("a: [1, {b: null}]", "{a:[1 {b:null}]}"),
        ("- a\n-\n- ~", "[a null null]"),
        ("a: &x [1, 2]\nb: *x", "{a:[1 2] b:[1 2]}"),
        ("a: \"t\\tb\"", "{a:\"t\\tb\"}"),
        ("a: !!str 12", "{a:\"12\"}"),
    ] {
        let nodes = documents(text).unwrap();
        assert_eq!(nodes.iter().map(show).collect::<Vec<_>>(), [expected], "{text}");
    }
    assert_eq!(documents("a: 1\n---\nb: 2\n---\n").unwrap().len(), 2);
    assert_eq!(documents("").unwrap(), []);
}

#[test]
fn nodes_know_their_place() {
    let nodes = documents("a:\n  - b: 1\n    c: 2\n").unwrap();
    let inner = &nodes[0].get("a").unwrap().items()[0];
    let c = &inner.as_map().unwrap()[1];
    assert_eq!((c.at.line, c.at.column), (3, 5));
    assert_eq!((c.value.at.line, c.value.at.column), (3, 8));
}

#[test]
fn refused_with_their_place() {
    let deep = "[".repeat(100);
    let deeper = "[".repeat(100_000);
    let unfolded = (0..20).fold("a0: &a0 [1]\n".to_owned(), |text, i| {
        format!("{text}a{}: &a{} [[[[*a{i}]]]]\n", i + 1, i + 1)
    });
    let alias = (0..40).fold("a0: &a0 [1]\n".to_owned(), |text, i| {
        format!("{text}a{}: &a{} [*a{i}, *a{i}]\n", i + 1, i + 1)
    });
    for (text, expected) in [
        ("a: 1\na: 2", "line 2, column 1: key \"a\" stands here a second time; remove one"),
        ("? [a]\n: b", "line 1, column 3: a key must be text"),
        ("a: *x", "line 1, column 4: not valid YAML: while parsing node, found unknown anchor"),
        (deep.as_str(), "line 1, column 65: nested deeper than 64 levels; flatten it"),
        (deeper.as_str(), "not valid YAML: recursion limit exceeded"),
        (unfolded.as_str(), "nested deeper than 64 levels; flatten it"),
        (alias.as_str(), "more than 1000000 values; split the file"),
    ] {
        let error = documents(text).unwrap_err();
        assert!(error.to_string().ends_with(expected), "{error}");
        assert!(error.at().is_some());
    }
    let long = " ".repeat(TEXT_BYTES_MAX + 1);
    assert!(matches!(documents(&long), Err(Error::TooLong { .. })));
}

proptest! {
    #[test]
    fn any_text_ends_in_a_tree_or_an_error(text in "[-a:\\[\\]{}&*?|>'\"#\n ,!%@`0-9]{0,80}") {
        let _ = documents(&text);
    }
}
