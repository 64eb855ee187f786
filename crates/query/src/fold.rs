//! One form for text that reads the same, so that a search finds what its writer sees.
//!
//! Latin text is searched in lower case as it stands. Anything beyond ASCII is folded once when it
//! is stored and once when it is asked for: Unicode NFC (which also *decomposes* U+09DC, U+09DD and
//! U+09DF, by Unicode's composition exclusions), zero-width joiners out, the Bangla letter khanda ta
//! for its older spelling, Bangla digits to ASCII, and case as Sigma folds it ([`sigma::fold`], the
//! one home of case). What is stored as raw stays raw.

use unicode_normalization::UnicodeNormalization;

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// Khanda ta, and how it was written before Unicode 4.1: ta, virama, joiner.
const KHANDA_TA: char = '\u{09ce}';
const OLD_KHANDA_TA: &str = "\u{09a4}\u{09cd}\u{200d}";

/// The folded form.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let text = text.replace(OLD_KHANDA_TA, KHANDA_TA.encode_utf8(&mut [0; 4]));
    let joined = |c: &char| !matches!(*c, ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER);
    let normal: String = text.chars().filter(joined).nfc().map(digit).collect();
    sigma::fold::fold(&normal)
}

/// What the column `folded` holds for these fields: nothing where `lower()` in SQL does the same.
pub fn folded_column(fields: &[&str]) -> String {
    let parts: Vec<_> = fields.iter().filter(|f| !f.is_ascii()).map(|f| fold(f)).collect();
    parts.join("\n")
}

/// A Bangla digit as ASCII.
fn digit(c: char) -> char {
    match c {
        '\u{09e6}'..='\u{09ef}' => char::from(b'0' + (c as u32 - 0x09e6) as u8),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_fold_to_one_form() {
        for (a, b) in [
            ("Failed PASSWORD", "failed password"),
            // rra: one code point or base and nukta.
            ("\u{09dc}", "\u{09a1}\u{09bc}"),
            // o: one code point or its two halves.
            ("\u{0995}\u{09cb}", "\u{0995}\u{09c7}\u{09be}"),
            ("\u{09ce}", "\u{09a4}\u{09cd}\u{200d}"),
            ("\u{09b0}\u{200d}\u{09cd}\u{09af}", "\u{09b0}\u{09cd}\u{09af}"),
            ("৫ বার", "5 বার"),
            ("ÉCOLE", "école"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for text in ["ব্যর্থ লগইন ৩", "Straße", "\u{09a4}\u{09cd}\u{200d}", "a\u{0301}"]
        {
            assert_eq!(fold(&fold(text)), fold(text));
        }
    }

    #[test]
    fn the_column_is_empty_for_ascii() {
        assert_eq!(folded_column(&["Plain", "TEXT"]), "");
        assert_eq!(folded_column(&["Plain", "৫", "É"]), "5\né");
    }
}
