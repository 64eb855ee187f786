//! A look at an event's bytes that says whether keywords can be in it at all.
//!
//! Keywords concern every value of an event, so the honest way to look for them is to take every
//! value out. For nearly all events this is not needed: a keyword that is in a value has three
//! neighbouring plain characters that are in the event's bytes as well, as JSON writes such
//! characters as they are, unless it writes one as `\u....`. So: no such three characters, in any
//! case, and no such escape, no keyword.

use crate::gate;
use aho_corasick::packed::{Config, MatchKind, Searcher};
use sigma::{Matcher, Part};
use std::collections::BTreeSet;

/// How many patterns are looked for at most: with more, they are found too often.
const PATTERNS_MAX: usize = 256;
/// How many characters of a keyword are looked for. No pattern is shorter than this in bytes, as the
/// vector search (Teddy) compares only as many bytes at once as its shortest pattern has.
const WIDTH: usize = 3;
/// The characters beyond ASCII that fold to an ASCII letter: long s, Kelvin, dotted capital i.
const FOLDING: [(u8, char); 3] = [(b's', '\u{17f}'), (b'k', '\u{212a}'), (b'i', '\u{130}')];
/// What the escape of a character begins with that a window may have: one of ASCII or of `FOLDING`.
const ESCAPES: [&[u8]; 2] = [b"\\u0", b"\\u2"];

/// What is looked for in an event's bytes.
#[derive(Debug)]
pub(crate) struct Probes {
    searcher: Searcher,
    /// The first pattern that is one of [`ESCAPES`]; they are the last.
    escapes: usize,
}

impl Probes {
    /// Probes for keywords that `matchers` ask for, or `None` where one of them can hold without
    /// three plain characters, or where there are too many.
    pub(crate) fn new<'a>(matchers: impl Iterator<Item = &'a Matcher>) -> Option<Self> {
        let mut windows = BTreeSet::new();
        for matcher in matchers {
            for texts in demanded(matcher)? {
                let candidates: Vec<[u8; WIDTH]> =
                    texts.iter().flat_map(|text| plain(text)).collect();
                let known = candidates.iter().find(|window| windows.contains(*window));
                let rarest = || candidates.iter().min_by_key(|window| letters(window));
                windows.insert(*known.or_else(rarest)?);
            }
        }
        let mut patterns: Vec<Vec<u8>> = windows.iter().flat_map(cases).collect();
        let escapes = patterns.len();
        patterns.extend(ESCAPES.map(<[u8]>::to_vec));
        if patterns.len() > PATTERNS_MAX {
            return None;
        }
        let mut config = Config::new();
        config.match_kind(MatchKind::LeftmostFirst).heuristic_pattern_limits(false);
        let mut builder = config.builder();
        builder.extend(&patterns);
        Some(Self { searcher: builder.build()?, escapes })
    }

    /// Whether a keyword may be in `event`.
    pub(crate) fn may_hold(&self, event: &[u8]) -> bool {
        let mut at = 0;
        while let Some(found) = self.searcher.find_in(event, (at..event.len()).into()) {
            if found.pattern().as_usize() < self.escapes || hides(event, found.start()) {
                return true;
            }
            // What is wanted may begin with the letter of what only looked like an escape.
            at = found.start() + 1;
        }
        false
    }
}

/// For each way in which a matcher can hold, the folded texts that the value then has.
fn demanded(matcher: &Matcher) -> Option<Vec<Vec<String>>> {
    match matcher {
        Matcher::Text { pattern, .. } => {
            let texts = pattern.parts().iter().filter_map(|part| match part {
                Part::Text(text) => Some(sigma::fold::fold(text)),
                Part::Any | Part::One => None,
            });
            Some(vec![texts.collect()])
        }
        Matcher::Regex(regex) => {
            Some(gate::texts(regex.source())?.into_iter().map(|text| vec![text]).collect())
        }
        _ => None,
    }
}

/// The windows of a text that JSON writes as they are.
fn plain(text: &str) -> impl Iterator<Item = [u8; WIDTH]> {
    let legal = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'/');
    text.as_bytes().array_windows::<WIDTH>().filter(move |window| window.iter().all(legal)).copied()
}

/// A window with fewer letters has fewer forms and is rarer in text.
fn letters(window: &[u8; WIDTH]) -> usize {
    window.iter().filter(|byte| byte.is_ascii_alphabetic()).count()
}

/// A folded window in every way to write it.
fn cases(window: &[u8; WIDTH]) -> Vec<Vec<u8>> {
    let mut forms = vec![Vec::new()];
    for byte in window {
        let mut ways = vec![vec![*byte]];
        if byte.is_ascii_lowercase() {
            ways.push(vec![byte.to_ascii_uppercase()]);
        }
        let folding = FOLDING.iter().filter(|(letter, _)| letter == byte);
        ways.extend(folding.map(|(_, character)| character.to_string().into_bytes()));
        let with = |form: &Vec<u8>, way: &Vec<u8>| [&form[..], way].concat();
        forms = forms.iter().flat_map(|form| ways.iter().map(move |way| with(form, way))).collect();
    }
    forms
}

/// Whether what looks like an escape at `at` is one, of a character that a window may have.
fn hides(event: &[u8], at: usize) -> bool {
    let before = event[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
    let digits = event.get(at + 2..at + 6).and_then(|digits| std::str::from_utf8(digits).ok());
    let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let hidden = |code: u32| code < 0x80 || FOLDING.iter().any(|(_, c)| u32::from(*c) == code);
    // What is cut short stands for no character of a window.
    before % 2 == 0 && code.is_some_and(hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sigma::Pattern;

    fn probes(words: &[&str]) -> Option<Probes> {
        let matchers: Vec<Matcher> = words
            .iter()
            .map(|word| Matcher::Text {
                pattern: Pattern::parse(&format!("*{word}*")).folded(),
                cased: false,
            })
            .collect();
        Probes::new(matchers.iter())
    }

    #[test]
    fn what_may_hold_a_keyword() {
        let probes =
            probes(&["mimikatz", "lsadump::", "a*ESX Admins", r"\perfc.dat", "usr-"]).unwrap();
        for (event, expected) in [
            (r#"{"a":"nothing to see in this event at all"}"#, false),
            (r#"{"a":"xx LSADump::y and so on and on"}"#, true),
            (r#"{"a":"MimiKatz"}"#, true),
            (r#"{"a":"\u006dim\u0069katz"}"#, true),
            (r#"{"a":"\u09aa\u09cd is Bangla, \\u006d no escape"}"#, false),
            (r#"{"a":"an odd \\\u006d is one"}"#, true),
            ("{\"a\":\"mimi\u{212a}atz\"}", true),
            (r#"{"a":"cut \u00"}"#, false),
            (r#"{"a":"\u00k\u007"}"#, false),
            (r#"{"a":"c:\\PERFC.DAT"}"#, true),
            (r#"{"a":"c:\\usr-x"}"#, true),
        ] {
            assert_eq!(probes.may_hold(event.as_bytes()), expected, "{event}");
        }
    }

    proptest! {
        #[test]
        fn no_keyword_is_missed(
            pieces in proptest::collection::vec(prop::sample::select(vec![
                "u", "U", "s", "S", "ſ", "r", "\\u0072", "\\u017f", "-", "i", "İ", "\\u0130", "k", "\u{212a}",
                "\\\\", "\\/", "\\\"", "\\u005c", "w", "uſr-", "kiwi",
            ]), 0..14),
        ) {
            let probes = probes(&["usr-", "kiwi"]).unwrap();
            let event = format!("{{\"a\":\"{}\"}}", pieces.concat());
            let json = crate::Json::parse(event.as_bytes()).unwrap();
            let folded = sigma::fold::fold(json.at("a").and_then(crate::Json::text).unwrap());
            let holds = folded.contains("usr-") || folded.contains("kiwi");
            prop_assert!(!holds || probes.may_hold(event.as_bytes()), "{}", event);
        }
    }

    #[test]
    fn keywords_without_three_plain_characters_have_no_probes() {
        for words in [&["ab"][..], &["a*b*c"], &["প্রহরী"], &["a/b\\c"], &["mimikatz", "x"]]
        {
            assert!(probes(words).is_none(), "{words:?}");
        }
        let many: Vec<String> =
            (0..80).map(|i| format!("w{}{}q", (b'a' + i % 26) as char, i)).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(probes(&many).is_none());
    }
}
