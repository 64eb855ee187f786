//! Regular expressions that say no more than Sigma's plain text and wildcards.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look};

/// More alternatives than this are better left as they are written.
const ALTERNATIVES_MAX: usize = 50;
/// Shorter texts are as easily read in the expression.
const TEXT_BYTES_MIN: usize = 2;

/// How a rule would say the same without a regular expression.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plain {
    /// The modifiers instead of `re` and its flags.
    pub(crate) modifiers: String,
    /// The values, with Sigma's wildcards and escapes.
    pub(crate) values: Vec<String>,
}

/// A text that an expression looks for, and where.
#[derive(Debug, Default, PartialEq, Eq)]
struct Piece {
    text: String,
    start: bool,
    end: bool,
}

/// The plain form of a compiled expression's source, where it has one.
pub(crate) fn plain(source: &str) -> Option<Plain> {
    let (folded, pattern) = match source.strip_prefix("(?i)") {
        Some(rest) => (true, rest),
        None => (false, source),
    };
    if pattern.starts_with("(?") && !pattern.starts_with("(?:") {
        return None;
    }
    let hir = ParserBuilder::new().build().parse(pattern).ok()?;
    let mut whole = &hir;
    while let HirKind::Capture(inner) = whole.kind() {
        whole = &inner.sub;
    }
    let pieces = match whole.kind() {
        HirKind::Alternation(parts) if parts.len() <= ALTERNATIVES_MAX => {
            parts.iter().map(piece).collect::<Option<Vec<_>>>()?
        }
        _ => vec![piece(whole)?],
    };
    let first = pieces.first()?;
    let (start, end) = (first.start, first.end);
    let alike = |piece: &Piece| (piece.start, piece.end) == (start, end);
    if !pieces.iter().all(|piece| alike(piece) && piece.text.len() >= TEXT_BYTES_MIN) {
        return None;
    }
    let place = match (start, end) {
        (false, false) => "contains",
        (true, false) => "startswith",
        (false, true) => "endswith",
        (true, true) => "",
    };
    let case = if folded { "" } else { "cased" };
    let modifiers: Vec<&str> = [place, case].into_iter().filter(|name| !name.is_empty()).collect();
    let values = pieces.into_iter().map(|piece| piece.text).collect();
    Some(Plain { modifiers: modifiers.join("|"), values })
}

/// A concatenation of literals and `.*`.
fn piece(hir: &Hir) -> Option<Piece> {
    let parts: Vec<&Hir> = match hir.kind() {
        HirKind::Concat(parts) => parts.iter().collect(),
        _ => vec![hir],
    };
    let mut piece = Piece::default();
    let last = parts.len().checked_sub(1)?;
    for (at, part) in parts.into_iter().enumerate() {
        match part.kind() {
            HirKind::Literal(literal) => {
                escape(std::str::from_utf8(&literal.0).ok()?, &mut piece.text);
            }
            HirKind::Look(Look::Start) if at == 0 => piece.start = true,
            HirKind::Look(Look::End) if at == last => piece.end = true,
            // At either end of what is searched for, any text may stand anyway.
            _ if is_any(part) && at == 0 => {}
            _ if is_any(part) && at == last => {}
            _ if is_any(part) => piece.text.push('*'),
            _ => return None,
        }
    }
    (piece.text.bytes().any(|byte| byte != b'*')).then_some(piece)
}

/// `.*`
fn is_any(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            let dot = [Hir::dot(regex_syntax::hir::Dot::AnyCharExceptLF)];
            repetition.min == 0 && repetition.max.is_none() && dot.contains(&repetition.sub)
        }
        HirKind::Capture(inner) => is_any(&inner.sub),
        _ => false,
    }
}

/// Writes a text so that Sigma takes it as it stands.
fn escape(text: &str, out: &mut String) {
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let special = |c: &char| matches!(c, '*' | '?' | '\\');
        let escaped = match character {
            '*' | '?' => true,
            '\\' => characters.peek().is_none_or(special),
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_plain_text_says_as_well() {
        for (source, expected) in [
            ("evil", Some("contains|cased: evil")),
            ("(?i)evil", Some("contains: evil")),
            (r"(?i)^C:\\Temp\\", Some(r"startswith: C:\Temp\\")),
            (r"\.exe$", Some("endswith|cased: .exe")),
            ("^whole$", Some("cased: whole")),
            (".*a1.*b2.*", Some("contains|cased: a1*b2")),
            (r"a\*b", Some(r"contains|cased: a\*b")),
            ("(foo|bar)", Some("contains|cased: foo, bar")),
            ("^(foo|bar)", None),
            ("fo+", None),
            ("[fg]oo", None),
            ("x", None),
            (".*", None),
            ("a.b", None),
            ("(?m)^foo", None),
            ("(?i)(?s)foo", None),
        ] {
            let found = plain(source);
            let found = found.map(|p| format!("{}: {}", p.modifiers, p.values.join(", ")));
            assert_eq!(found.as_deref(), expected, "{source}");
        }
    }

    proptest! {
        #[test]
        fn the_plain_form_matches_what_the_expression_does(
            text in "[ab*?\\\\.x]{2,6}", before in "[ab*?\\\\.x]{0,4}", after in "[ab*?\\\\.x]{0,4}",
        ) {
            let source = format!("^{}", regex_syntax::escape(&text));
            let plain = plain(&source).unwrap();
            prop_assert_eq!(&plain.modifiers, "startswith|cased");
            let pattern = sigma::Pattern::parse(&plain.values[0]).any_after();
            let regex = sigma::Regex::new(&source, "").unwrap();
            for value in [text.clone(), format!("{text}{after}"), format!("{before}{text}")] {
                prop_assert_eq!(pattern.fits(&value), regex.is_match(&value), "{}", value);
            }
        }
    }
}
