//! The literal parts of a pattern: texts with runs of blanks between them.

use super::run::Work;
use memchr::memmem::{Finder, FinderRev};

/// Texts and blanks, in turn.
pub(super) struct Literal {
    atoms: Vec<Atom>,
    /// Finds the first text; `None` where a run of blanks stands first.
    finder: Option<(Finder<'static>, FinderRev<'static>)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Atom {
    Text(String),
    Blanks,
}

impl std::fmt::Debug for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.atoms.fmt(f)
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// How many blanks `text` begins with.
fn blanks(text: &str) -> usize {
    text.bytes().take_while(|byte| is_blank(*byte)).count()
}

impl Literal {
    /// Reads a text that is not empty.
    pub(super) fn new(text: &str) -> Self {
        let mut atoms = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let skipped = blanks(rest);
            if skipped > 0 {
                atoms.push(Atom::Blanks);
                rest = &rest[skipped..];
                continue;
            }
            let end = rest.find([' ', '\t']).unwrap_or(rest.len());
            atoms.push(Atom::Text(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        let finder = match atoms.first() {
            Some(Atom::Text(text)) => {
                Some((Finder::new(text).into_owned(), FinderRev::new(text).into_owned()))
            }
            _ => None,
        };
        Self { atoms, finder }
    }

    /// The text that it begins with; empty where blanks come first.
    pub(super) fn first_text(&self) -> &str {
        match self.atoms.first() {
            Some(Atom::Text(text)) => text,
            _ => "",
        }
    }

    /// Whether blanks come first, or last.
    pub(super) fn blank_ends(&self) -> (bool, bool) {
        let is = |atom: Option<&Atom>| atom == Some(&Atom::Blanks);
        (is(self.atoms.first()), is(self.atoms.last()))
    }

    /// Where it ends, if it stands at `at`.
    pub(super) fn fits(&self, text: &str, at: usize, work: &mut Work) -> Option<usize> {
        let mut end = at;
        for atom in &self.atoms {
            let length = match atom {
                Atom::Text(wanted) => {
                    text.get(end..)?.starts_with(wanted.as_str()).then_some(wanted.len())?
                }
                Atom::Blanks => Some(blanks(text.get(end..)?)).filter(|length| *length > 0)?,
            };
            end += length;
            work.spend(length);
        }
        Some(end)
    }

    /// The first place from `from` on where it stands, and where it ends there.
    pub(super) fn first(&self, text: &str, from: usize, work: &mut Work) -> Option<(usize, usize)> {
        let mut at = from;
        while work.left() {
            let rest = text.get(at..)?;
            let found = match &self.finder {
                Some((finder, _)) => finder.find(rest.as_bytes()),
                None => rest.bytes().position(is_blank),
            };
            let Some(found) = found else {
                work.spend(rest.len());
                return None;
            };
            work.spend(found + 1);
            let place = at + found;
            if let Some(end) = self.fits(text, place, work) {
                return Some((place, end));
            }
            // A run of blanks is looked at once: what fails at its first fails at all of them.
            at = place + blanks(&text[place..]).max(1);
            while !text.is_char_boundary(at) {
                at += 1;
            }
        }
        None
    }

    /// The last place from `from` on, and where it ends there.
    pub(super) fn last(&self, text: &str, from: usize, work: &mut Work) -> Option<(usize, usize)> {
        let mut end = text.len();
        while work.left() {
            let rest = text.get(from..end)?;
            let found = match &self.finder {
                Some((_, finder)) => finder.rfind(rest.as_bytes()),
                None => rest.bytes().rposition(is_blank).map(|at| {
                    // The run's beginning.
                    at + 1 - rest[..=at].bytes().rev().take_while(|b| is_blank(*b)).count()
                }),
            };
            let Some(found) = found else {
                work.spend(rest.len());
                return None;
            };
            work.spend(rest.len() - found);
            if let Some(end) = self.fits(text, from + found, work) {
                return Some((from + found, end));
            }
            // Shorter by a byte at least, and so that an overlapping place is found too.
            let shorter = match &self.finder {
                Some((finder, _)) => found + finder.needle().len() - 1,
                None => found,
            };
            end = from + shorter;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
        }
        None
    }

    /// The last place within `text[from..to]`, of one that may end beyond `to`.
    pub(super) fn last_within(
        &self,
        text: &str,
        (from, to): (usize, usize),
        work: &mut Work,
    ) -> Option<(usize, usize)> {
        for at in (from..=to).rev() {
            work.spend(1);
            if text.is_char_boundary(at)
                && let Some(end) = self.fits(text, at, work)
            {
                return Some((at, end));
            }
        }
        None
    }
}
