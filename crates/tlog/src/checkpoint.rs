//! How many entries there were, and their root, signed.

use crate::{Hash, Key, Tree, Verifier};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a log was at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many entries there were.
    pub size: u64,
    /// The root of them all.
    pub root: Hash,
}

/// What is wrong with a note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no note.
    #[error(
        "not a checkpoint: expected {expected}; take the note whole, from its first line to its signature"
    )]
    Form {
        /// What was to come.
        expected: &'static str,
    },
    /// It is of another log.
    #[error("a checkpoint of {found:?}, not of {expected:?}; give the key of that log")]
    Origin {
        /// The key's log.
        expected: String,
        /// The note's.
        found: String,
    },
    /// Its key did not sign it.
    #[error("not signed by the key {key}; the note was changed, or another key signed it")]
    Signature {
        /// The key.
        key: String,
    },
}

impl Checkpoint {
    /// The tree as it is.
    pub fn of(tree: &Tree) -> Self {
        Self { size: tree.size(), root: tree.root() }
    }

    /// The note: three lines, a blank one, and the signature.
    pub fn signed(&self, key: &Key) -> String {
        let text = format!("{}\n{}\n{}\n", key.name(), self.size, STANDARD.encode(self.root.0));
        let signature = key.sign(&text);
        format!("{text}\n{signature}")
    }

    /// Reads a note and checks its signature. Signatures of others beside it are no harm.
    pub fn verified(note: &str, verifier: &Verifier) -> Result<Self, Error> {
        let form = |expected| Error::Form { expected };
        let (text, signatures) = note
            .find("\n\n")
            .map(|at| (&note[..=at], &note[at + 2..]))
            .ok_or(form("a blank line and signatures"))?;
        let mut lines = text.lines();
        let origin = lines.next().unwrap_or_default();
        if origin != verifier.name() {
            let (expected, found) = (verifier.name().to_owned(), origin.to_owned());
            return Err(Error::Origin { expected, found });
        }
        if !verifier.signed(text, signatures) {
            return Err(Error::Signature { key: verifier.to_string() });
        }
        let size = lines.next().and_then(|line| line.parse().ok()).ok_or(form("a number"))?;
        let root = lines.next().and_then(|line| STANDARD.decode(line).ok());
        let root = root.and_then(|root| root.try_into().ok()).ok_or(form("a root"))?;
        Ok(Self { size, root: Hash(root) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::new("prohori/audit", &[7; 32])
    }

    fn note() -> String {
        let mut tree = Tree::default();
        (0..300_u16).for_each(|n| tree.push(Hash::of_entry(&n.to_be_bytes())));
        Checkpoint::of(&tree).signed(&key())
    }

    #[test]
    fn a_note_comes_back_and_nothing_else_does() {
        let (note, verifier) = (note(), key().verifier());
        assert_eq!(Checkpoint::verified(&note, &verifier).unwrap().size, 300);
        assert!(note.starts_with("prohori/audit\n300\n"), "{note}");
        let cosigned = format!("{note}\u{2014} witness.example AAAA\n");
        assert_eq!(Checkpoint::verified(&cosigned, &verifier).unwrap().size, 300);
        for changed in [
            note.replace("\n300\n", "\n301\n"),
            note.replacen("\n\n", "\nmore\n\n", 1),
            format!("{}A\n", note.trim_end()),
            Checkpoint::of(&Tree::default()).signed(&Key::new("prohori/audit", &[8; 32])),
        ] {
            let error = Checkpoint::verified(&changed, &verifier).unwrap_err();
            assert!(matches!(error, Error::Signature { .. }), "{changed}: {error}");
        }
        let other = Checkpoint::of(&Tree::default()).signed(&Key::new("other", &[7; 32]));
        assert!(matches!(Checkpoint::verified(&other, &verifier), Err(Error::Origin { .. })));
        assert!(matches!(Checkpoint::verified("x", &verifier), Err(Error::Form { .. })));
    }

    #[test]
    fn a_published_key_comes_back() {
        let verifier = key().verifier();
        let text = verifier.to_string();
        assert_eq!(Verifier::parse(&text), Some(verifier));
        assert!(text.starts_with("prohori/audit+"), "{text}");
        for wrong in ["", "a+b+c", &text.replace("audit", "other"), &text[..text.len() - 3]] {
            assert_eq!(Verifier::parse(wrong), None, "{wrong}");
        }
    }
}
