//! YAML of any bytes, which must end in a tree or in an error that says where.
#![cfg_attr(fuzzing, no_main)]

fuzz::target!(|bytes| {
    let text = String::from_utf8_lossy(bytes);
    match yaml::documents(&text) {
        Ok(documents) => documents.iter().for_each(in_text),
        Err(error) => {
            let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count();
            assert!(error.at().is_none_or(|at| at.line >= 1 && at.line <= lines + 1), "{error}");
        }
    }
});

/// Every node knows a place, in lines and columns that begin with 1.
fn in_text(node: &yaml::Node) {
    assert!(node.at.line >= 1 && node.at.column >= 1, "{:?}", node.at);
    match &node.kind {
        yaml::Kind::Scalar(_) => {}
        yaml::Kind::List(items) => items.iter().for_each(in_text),
        yaml::Kind::Map(entries) => entries.iter().for_each(|entry| in_text(&entry.value)),
    }
}
