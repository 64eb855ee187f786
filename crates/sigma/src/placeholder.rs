//! The modifier `expand`: placeholders that the configuration resolves.

use std::collections::BTreeMap;

/// How many values one rule value may become, by placeholders and dashes together.
pub const EXPANSIONS_MAX: usize = 10_000;

/// The values of each placeholder, by its name without percent signs.
pub type Placeholders = BTreeMap<String, Vec<String>>;

/// Why a value cannot be expanded.
pub(crate) enum Failure {
    /// No such placeholder is configured.
    Unknown(String),
    /// There is no placeholder in the value.
    None,
    /// The product of all placeholders' values is too large.
    TooMany,
}

/// The values that `text` stands for. `\%` is a percent sign.
pub(crate) fn expand(text: &str, known: &Placeholders) -> Result<Vec<String>, Failure> {
    let mut values = vec![String::new()];
    let mut found = false;
    let mut rest = text;
    while let Some((before, after)) = next_percent(rest) {
        append(&mut values, &before.replace("\\%", "%"));
        let Some((name, behind)) = after.split_once('%') else {
            append(&mut values, "%");
            rest = after;
            continue;
        };
        let replacements = known.get(name).ok_or_else(|| Failure::Unknown(name.to_owned()))?;
        if values.len() * replacements.len() > EXPANSIONS_MAX {
            return Err(Failure::TooMany);
        }
        let product =
            |value: &String| replacements.iter().map(|r| value.clone() + r).collect::<Vec<_>>();
        values = values.iter().flat_map(product).collect();
        found = true;
        rest = behind;
    }
    append(&mut values, &rest.replace("\\%", "%"));
    if found { Ok(values) } else { Err(Failure::None) }
}

fn append(values: &mut [String], text: &str) {
    for value in values {
        value.push_str(text);
    }
}

/// What stands before and behind the first percent sign that is not escaped.
fn next_percent(text: &str) -> Option<(&str, &str)> {
    let at = text.match_indices('%').map(|(at, _)| at).find(|at| !text[..*at].ends_with('\\'))?;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_values() {
        let known = Placeholders::from([
            ("name".into(), vec!["a".into(), "b*".into()]),
            ("none".into(), Vec::new()),
        ]);
        for (text, expected) in [
            ("%name%", Some("a b*")),
            ("x%name%y%name%", Some("xaya xayb* xb*ya xb*yb*")),
            ("\\%plain%name%", Some("%plaina %plainb*")),
            ("%none%", Some("")),
            ("%other%", None),
            ("100%", None),
            ("plain", None),
        ] {
            let values = expand(text, &known).ok().map(|values| values.join(" "));
            assert_eq!(values.as_deref(), expected, "{text}");
        }
    }
}
