//! A rule tried before it counts: on the lines beside it, and on what has happened.
//!
//! Whoever looks after rules (the API) asks a [`Bench`]; the rule writer's tools are one. So the API
//! gives the very answers of `prohori rules test` and `prohori hunt`, and neither knows the other: a
//! trial needs the normalizer and the detector, which are services, and services do not import one
//! another. The command that starts the API hands the bench in.

use std::io::{Read, Write};

/// A rule file: its name in the set, and its text.
pub type File = (String, String);

/// What is expected of a rule on a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It must fire.
    Match,
    /// It must not.
    Miss,
}

impl Kind {
    /// Its name, which is part of the samples' file name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Miss => "miss",
        }
    }
}

/// A rule file with the lines beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The file's name in the set.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Lines on which it must fire: raw ones, or framed (`{"raw", "source"?}`), one a line. Of a
    /// correlation they are one sequence.
    pub matching: String,
    /// Lines on which it must not.
    pub missing: String,
}

/// What became of a line, or of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was expected.
    pub kind: Kind,
    /// The line's number among those of its kind, from 1.
    pub line: usize,
    /// The line itself; of a sequence its first.
    pub raw: String,
    /// How many events it became.
    pub events: usize,
    /// Which of the file's rules fired.
    pub fired: Vec<String>,
    /// Why it did not become an event, or what a rule that should have fired did not find.
    pub why: Vec<String>,
    /// Whether the rule did as expected.
    pub passes: bool,
}

/// How a rule file did on its lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tested {
    /// What is wrong with its documents, which then are not tried.
    pub errors: Vec<String>,
    /// One for each line, or for each sequence.
    pub samples: Vec<Outcome>,
    /// Rules that fire on no line at all.
    pub silent: Vec<String>,
}

impl Tested {
    /// Whether nothing is wrong, every sample does as it should and every rule fires on one.
    pub fn passes(&self) -> bool {
        self.errors.is_empty()
            && self.silent.is_empty()
            && self.samples.iter().all(|sample| sample.passes)
    }

    /// Whether there are samples of both kinds.
    pub fn is_whole(&self) -> bool {
        let has = |kind| self.samples.iter().any(|sample| sample.kind == kind);
        has(Kind::Match) && has(Kind::Miss)
    }
}

/// Why a trial could not be held, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed(pub String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

/// Where rules are tried. Both block: call them where that is allowed.
pub trait Bench: Send + Sync {
    /// Runs the candidate's lines through the normalizer and the engine. `others` is the set that
    /// the candidate is meant for: its correlations may name rules of it.
    fn test(&self, candidate: &Candidate, others: &[File]) -> Result<Tested, Failed>;

    /// Runs stored events, one JSON document a line in the order of their times, through the
    /// detector with `files` as its ruleset, and writes the alerts that it raises, one a line.
    fn hunt(
        &self,
        files: Vec<File>,
        events: &mut (dyn Read + Send),
        alerts: &mut (dyn Write + Send),
    ) -> Result<(), Failed>;
}
