//! Texts without which a regular expression cannot match, to run it only where one is found.

use regex_syntax::hir::{Hir, HirKind};

/// A text shorter than this is in too many values to be worth looking for.
const TEXT_BYTES_MIN: usize = 3;
/// How many alternatives may stand for one expression.
const ALTERNATIVES_MAX: usize = 32;

/// Folded texts of which every value that `source` is found in has one, itself folded; `None`
/// where no such texts are known.
///
/// This holds as folding goes character by character: where the expression demands characters
/// that all fold alike, the folded value has that folded text.
pub fn texts(source: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::parse(source).ok()?;
    let texts = required(&hir)?;
    (texts.len() <= ALTERNATIVES_MAX && shortest(&texts) >= TEXT_BYTES_MIN).then_some(texts)
}

fn shortest(texts: &[String]) -> usize {
    texts.iter().map(String::len).min().unwrap_or(0)
}

/// The best set of texts of which one must be in what `hir` matches.
fn required(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => fixed(hir).map(|text| vec![text]),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Alternation(parts) => {
            let all: Option<Vec<Vec<String>>> = parts.iter().map(required).collect();
            all.map(|all| all.concat())
        }
        HirKind::Concat(parts) => {
            let runs = runs(parts).into_iter().map(|text| vec![text]);
            let inner = parts.iter().filter_map(required);
            runs.chain(inner)
                .filter(|texts| texts.len() <= ALTERNATIVES_MAX)
                .max_by_key(|t| shortest(t))
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// The texts that neighbouring parts of a concatenation make together.
fn runs(parts: &[Hir]) -> Vec<String> {
    let mut runs = vec![String::new()];
    for part in parts {
        match (fixed(part), runs.last_mut()) {
            (Some(text), Some(run)) => run.push_str(&text),
            _ => runs.push(String::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// The folded text that is all that `hir` can match, if there is only one.
fn fixed(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(sigma::fold::fold(std::str::from_utf8(&literal.0).ok()?)),
        HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => {
            let few = class.ranges().iter().map(|range| range.len()).sum::<usize>() <= 4;
            let mut folded = class
                .ranges()
                .iter()
                .filter(|_| few)
                .flat_map(|range| range.start()..=range.end())
                .map(|character| sigma::fold::fold(character.encode_utf8(&mut [0; 4])));
            let first = folded.next()?;
            folded.all(|other| other == first).then_some(first)
        }
        HirKind::Capture(capture) => fixed(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(fixed).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_expressions_demand() {
        for (source, expected) in [
            ("abc", Some("abc")),
            ("(?i)AbC", Some("abc")),
            ("x.*longest.*yz", Some("longest")),
            (r"[Cc][Ll][Ii][Pp]\s", Some("clip")),
            ("(?:foo|barn)", Some("foo barn")),
            ("(?:foo|b?)", None),
            ("(one){2,}", Some("one")),
            ("(one)*", None),
            ("[a-z]+", None),
            ("ab", None),
            ("(?i)straſe", Some("strase")),
            ("(?i)kelvin", Some("kelvin")),
        ] {
            assert_eq!(texts(source).map(|texts| texts.join(" ")).as_deref(), expected, "{source}");
        }
    }

    proptest! {
        #[test]
        fn no_match_is_without_its_text(
            source in r"(\(\?i\))?([abkKſ]{1,4}|\(abk\|bbk\)|[ab]\*|\[aA\]|\.|abk\+){1,6}",
            value in "[abkKſAB\u{212a}]{0,14}",
        ) {
            let Ok(regex) = sigma::Regex::new(&source, "") else { return Ok(()) };
            if let Some(texts) = texts(&source).filter(|_| regex.is_match(&value)) {
                let folded = sigma::fold::fold(&value);
                prop_assert!(texts.iter().any(|text| folded.contains(text.as_str())), "{:?} {}", texts, folded);
            }
        }
    }
}
