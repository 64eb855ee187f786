//! What a search box holds, as terms: words, "quoted phrases", and `-` before what must be absent.

use crate::Error;
use query::fold::fold;

/// The most terms of one search: each costs a pass over the text.
pub const TERMS_MAX: usize = 16;

/// A text to be found, or not to be found, as a pattern of `LIKE`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) pattern: String,
    pub(crate) absent: bool,
}

/// Reads a search. Nothing in it is an error but too much of it: a quote that is not closed ends
/// with the text.
pub(crate) fn terms(text: &str) -> Result<Vec<Term>, Error> {
    let mut terms = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let negated = rest.strip_prefix('-').filter(|rest| !rest.starts_with(char::is_whitespace));
        let negated = negated.filter(|rest| !rest.is_empty());
        let body = negated.unwrap_or(rest);
        let (term, after) = match body.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => body.split_at(body.find(char::is_whitespace).unwrap_or(body.len())),
        };
        rest = after.trim_start();
        let folded = fold(term);
        if !folded.is_empty() {
            let pattern = format!("%{}%", escape_like(&folded));
            terms.push(Term { pattern, absent: negated.is_some() });
        }
    }
    match terms.len() {
        0..=TERMS_MAX => Ok(terms),
        more => Err(Error::Terms { terms: more, terms_max: TERMS_MAX }),
    }
}

/// The three characters that mean something in a pattern, taken literally.
fn escape_like(term: &str) -> String {
    let mut out = String::with_capacity(term.len() + 2);
    for c in term.chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_phrases_and_what_must_be_absent() {
        for (text, expected) in [
            ("", &[][..]),
            ("  Failed  PASSWORD ", &["+%failed%", "+%password%"]),
            (r#""session opened" -cron"#, &["+%session opened%", "-%cron%"]),
            (r#"-"by root" x"#, &["-%by root%", "+%x%"]),
            (r#""not closed"#, &["+%not closed%"]),
            (r#"a - b """#, &["+%a%", "+%-%", "+%b%"]),
            (r#""-rf""#, &["+%-rf%"]),
            (r"100%_C:\x", &[r"+%100\%\_c:\\x%"]),
            ("৫ বার", &["+%5%", "+%বার%"]),
        ] {
            let found = terms(text).unwrap();
            let sign = |term: &Term| if term.absent { "-" } else { "+" };
            let found: Vec<_> = found.iter().map(|t| format!("{}{}", sign(t), t.pattern)).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn too_many_terms_are_refused() {
        let error = terms(&"x ".repeat(TERMS_MAX + 1)).unwrap_err();
        assert!(matches!(error, Error::Terms { terms: 17, .. }));
    }

    proptest! {
        #[test]
        fn any_text_is_a_search(text in "\\PC{0,40}|[-\" a%_\\\\]{0,20}") {
            let _ = terms(&text);
        }
    }
}
