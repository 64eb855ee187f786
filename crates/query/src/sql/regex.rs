//! A regular expression of ours as one of RE2's, which ClickHouse runs.
//!
//! The two read alike and mean different things: `\d`, `\w` and `\b` are of all of Unicode here and
//! of ASCII there, `$` has other ends, case folds by other tables. So the expression is taken apart
//! to what it means, and written again in terms that both share.

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look};
use std::fmt::Write as _;

/// The largest count that RE2 takes, also of counts within counts.
const COUNT_MAX: u64 = 1_000;
/// A class of more ranges than this is one of Unicode's (`\w`), which no reader would recognise.
const RANGES_MAX: usize = 24;

/// An expression for RE2.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Translated {
    pub(super) text: String,
    /// Whether it means the same on every text, rather than on those of ASCII alone.
    pub(super) exact: bool,
}

/// The same expression for RE2; `None` where RE2 has no words for it.
pub(super) fn translate(source: &str) -> Option<Translated> {
    let hir = regex_syntax::parse(source).ok()?;
    let mut translated = Translated { text: String::new(), exact: true };
    translated.write(&hir, 1)?;
    Some(translated)
}

impl Translated {
    fn write(&mut self, hir: &Hir, counts: u64) -> Option<()> {
        match hir.kind() {
            HirKind::Empty => self.text.push_str("(?:)"),
            HirKind::Literal(literal) => {
                std::str::from_utf8(&literal.0).ok()?.chars().for_each(|c| self.character(c));
            }
            HirKind::Class(Class::Unicode(class)) => self.class(class),
            HirKind::Class(Class::Bytes(class)) => self.class(&class.to_unicode_class()?),
            HirKind::Look(look) => self.look(*look)?,
            HirKind::Repetition(repetition) => {
                let most = u64::from(repetition.max.unwrap_or(repetition.min)).max(1);
                let counts = counts.checked_mul(most).filter(|counts| *counts <= COUNT_MAX)?;
                self.text.push_str("(?:");
                self.write(&repetition.sub, counts)?;
                match (repetition.min, repetition.max) {
                    (0, None) => self.text.push_str(")*"),
                    (1, None) => self.text.push_str(")+"),
                    (0, Some(1)) => self.text.push_str(")?"),
                    (min, None) => write!(self.text, "){{{min},}}").ok()?,
                    (min, Some(max)) => write!(self.text, "){{{min},{max}}}").ok()?,
                }
            }
            HirKind::Capture(capture) => {
                self.text.push_str("(?:");
                self.write(&capture.sub, counts)?;
                self.text.push(')');
            }
            HirKind::Concat(parts) => {
                for part in parts {
                    self.write(part, counts)?;
                }
            }
            HirKind::Alternation(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    self.text.push_str(if index == 0 { "(?:" } else { "|" });
                    self.write(part, counts)?;
                }
                self.text.push(')');
            }
        }
        Some(())
    }

    fn look(&mut self, look: Look) -> Option<()> {
        self.text.push_str(match look {
            Look::Start => r"\A",
            Look::End => r"\z",
            Look::StartLF => "(?m:^)",
            Look::EndLF => "(?m:$)",
            Look::WordAscii => r"\b",
            Look::WordAsciiNegate => r"\B",
            Look::WordUnicode => {
                self.exact = false;
                r"\b"
            }
            Look::WordUnicodeNegate => {
                self.exact = false;
                r"\B"
            }
            _ => return None,
        });
        Some(())
    }

    fn class(&mut self, class: &ClassUnicode) {
        let mut other = class.clone();
        other.negate();
        let negate = other.ranges().len() < class.ranges().len();
        let shown = if negate { &other } else { class };
        if shown.ranges().is_empty() {
            self.text.push_str(if negate { r"[\x{0}-\x{10FFFF}]" } else { r"[^\x{0}-\x{10FFFF}]" });
            return;
        }
        let ranges = shown.ranges();
        let many = ranges.len() > RANGES_MAX;
        self.exact &= !many;
        self.text.push_str(if negate { "[^" } else { "[" });
        for range in ranges.iter().filter(|range| !many || range.start().is_ascii()) {
            self.character(range.start());
            if range.end() > range.start() {
                self.text.push('-');
                self.character(range.end());
            }
        }
        self.text.push(']');
    }

    fn character(&mut self, c: char) {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | ' ' => self.text.push(c),
            c if c.is_ascii_graphic() => {
                self.text.push('\\');
                self.text.push(c);
            }
            c => {
                let _ = write!(self.text, "\\x{{{:X}}}", u32::from(c));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_written_in_terms_that_both_share() {
        for (source, expected, exact) in [
            (r"a.c", Some(r"a[^\x{A}]c"), true),
            (r"(?s)a.c", Some(r"a[\x{0}-\x{10FFFF}]c"), true),
            (r"^a|b$", Some(r"(?:\Aa|b\z)"), true),
            (r"(?m)^a$", Some(r"(?m:^)a(?m:$)"), true),
            (r"(?i)k", Some(r"[Kk\x{212A}]"), true),
            (r"\w+\.exe", Some(r"(?:[0-9A-Z_a-z])+\.exe"), false),
            (r"\bx", Some(r"\bx"), false),
            (
                r"\s{2,3}",
                Some(
                    r"(?:[\x{9}-\x{D} \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}-\x{2029}\x{202F}\x{205F}\x{3000}]){2,3}",
                ),
                true,
            ),
            (r"(?:a{100}){11}", None, true),
            (r"[^a]*?", Some(r"(?:[^a])*"), true),
            (r"(?R)(?m)^a", None, true),
            (r"", Some("(?:)"), true),
        ] {
            let found = translate(source);
            assert_eq!(found.as_ref().map(|t| t.text.as_str()), expected, "{source}");
            assert!(found.is_none_or(|found| found.exact == exact), "{source}");
        }
    }
}
