//! What is wrong with a parser's file, where, and how to mend it.

use std::fmt;
use yaml::Position;

/// Whether it keeps the parser from running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The parser does not run, and no set that it is in is taken over.
    Error,
    /// It runs, and is probably not what was meant.
    Warning,
}

impl Severity {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing to tell about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether it keeps the parser from running.
    pub severity: Severity,
    /// A short name for programs; docs/parsers.md lists them.
    pub code: &'static str,
    /// The file, as given.
    pub file: String,
    /// Where in it.
    pub at: Position,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub mend: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, code, file, at, message, mend } = self;
        let Position { line, column } = at;
        write!(f, "{file}:{line}:{column}: {} [{code}]: {message}", severity.as_str())?;
        if mend.is_empty() { Ok(()) } else { write!(f, "; {mend}") }
    }
}

/// What has been found in one file so far.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) file: String,
    pub(crate) problems: Vec<Problem>,
}

impl Report {
    pub(crate) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), problems: Vec::new() }
    }

    /// Whether the file can be used.
    pub(crate) fn is_good(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity == Severity::Warning)
    }

    pub(crate) fn error(
        &mut self,
        at: Position,
        code: &'static str,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.add(Severity::Error, at, code, message.into(), mend.into());
    }

    pub(crate) fn warning(
        &mut self,
        at: Position,
        code: &'static str,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.add(Severity::Warning, at, code, message.into(), mend.into());
    }

    fn add(
        &mut self,
        severity: Severity,
        at: Position,
        code: &'static str,
        message: String,
        mend: String,
    ) {
        self.problems.push(Problem { severity, code, file: self.file.clone(), at, message, mend });
    }
}
