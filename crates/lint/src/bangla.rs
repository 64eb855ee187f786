//! What is told of a rule, in Bangla: a catalogue from the English words, `bangla.tsv`.
//!
//! Errors come from the rule loader and warnings from here, both as English text with names of the
//! rule in it. A translator keeps one file, and text that it lacks stays English.

use std::sync::LazyLock;

/// How deep a part of a sentence is looked up: a sentence, its attribute, whose attribute it is.
const DEPTH_MAX: usize = 3;

static CATALOGUE: LazyLock<Vec<Entry>> =
    LazyLock::new(|| include_str!("../bangla.tsv").lines().filter_map(Entry::read).collect());

/// A sentence, or a part of one.
struct Entry {
    /// What stands around the holes: one more than there are holes.
    english: Vec<&'static str>,
    bangla: Vec<Piece>,
}

enum Piece {
    Text(&'static str),
    /// What stood in the hole of that number.
    Hole(usize),
}

/// `english` in Bangla, or as it is where the catalogue lacks it.
pub(crate) fn of(english: &str) -> String {
    known(english, DEPTH_MAX).unwrap_or_else(|| english.to_owned())
}

fn known(english: &str, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    CATALOGUE.iter().find_map(|entry| {
        let holes = entry.holes(english)?;
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Hole(number) => {
                let part = holes.get(*number).copied().unwrap_or_default();
                known(part, depth).unwrap_or_else(|| part.to_owned())
            }
        };
        Some(entry.bangla.iter().map(piece).collect())
    })
}

impl Entry {
    /// Reads a line of the catalogue; comments are none.
    fn read(line: &'static str) -> Option<Self> {
        let (english, bangla) = line.split_once('\t')?;
        Some(Self { english: english.split("{}").collect(), bangla: pieces(bangla) })
    }

    /// What stands in the holes, if `text` is this sentence; each hole takes as little as it can.
    fn holes<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, others) = self.english.split_first()?;
        let mut rest = text.strip_prefix(first)?;
        let Some((last, middle)) = others.split_last() else {
            return rest.is_empty().then(Vec::new);
        };
        let mut holes = Vec::with_capacity(others.len());
        for piece in middle {
            let (hole, after) = rest.split_once(piece)?;
            holes.push(hole);
            rest = after;
        }
        holes.push(rest.strip_suffix(last)?);
        holes.iter().all(|hole| !hole.is_empty()).then_some(holes)
    }
}

/// The text between holes; `{}` is the next one, `{2}` the second.
fn pieces(bangla: &'static str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut rest, mut next) = (bangla, 0);
    while let Some((before, after)) = rest.split_once('{') {
        let hole = after.split_once('}').and_then(|(number, after)| match number {
            "" => Some((next, after)),
            number => Some((number.parse::<usize>().ok()?.checked_sub(1)?, after)),
        });
        pieces.push(Piece::Text(before));
        if let Some((number, after)) = hole {
            pieces.push(Piece::Hole(number));
            next = number + 1;
            rest = after;
        } else {
            // A brace of the text itself.
            pieces.push(Piece::Text("{"));
            rest = after;
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn sentences_and_their_parts() {
        for (english, bangla) in [
            ("there is no id", "id নেই"),
            (
                "no source of product windows produces \"Imag\"",
                "product windows-এর কোনো উৎস \"Imag\" ফিল্ড তৈরি করে না",
            ),
            (
                "title is missing; add a line that says what is detected",
                "title নেই; যোগ করুন কী শনাক্ত হয় তার এক লাইন",
            ),
            (
                "detection must be a map of selections and a condition, not a list",
                "detection হতে হবে বাছাই ও শর্তের ম্যাপ; আছে তালিকা",
            ),
            (
                "attribute \"x-prohori-supress\" of a rule must be x-prohori-suppress, not that; there are x-prohori-suppress, x-prohori-threshold",
                "গুণ \"x-prohori-supress\" (নিয়ম) হতে হবে x-prohori-suppress; আছে অন্য কিছু (চলে: x-prohori-suppress, x-prohori-threshold)",
            ),
            ("modifier \"cidr\" needs text; put it first", "রূপান্তরক \"cidr\" লেখা চায়; প্রথমে দিন"),
            (
                "condition: no selection of that name at \"t\"; there are s, u",
                "শর্ত: \"t\"-এ এই নামের বাছাই নেই; আছে s, u",
            ),
            (
                "when it holds, such as \"condition: {gte: 10}\"",
                "কখন খাটে, যেমন \"condition: {gte: 10}\"",
            ),
            ("what nobody translated", "what nobody translated"),
            ("", ""),
        ] {
            assert_eq!(of(english), bangla, "{english}");
        }
    }

    #[test]
    fn every_line_of_the_catalogue_is_whole() {
        let mut seen = HashSet::new();
        let lines = include_str!("../bangla.tsv").lines();
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let entry = Entry::read(line).unwrap_or_else(|| panic!("no tab: {line}"));
            assert!(seen.insert(line.split_once('\t').unwrap().0), "twice: {line}");
            let mut holes: Vec<usize> = entry
                .bangla
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Hole(number) => Some(*number),
                    Piece::Text(_) => None,
                })
                .collect();
            holes.sort_unstable();
            assert_eq!(holes, (0..entry.english.len() - 1).collect::<Vec<_>>(), "{line}");
        }
    }
}
