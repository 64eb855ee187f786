//! One thing to tell, and the closed list of its kinds.

use crate::bangla;
use yaml::Position;

/// Whether it keeps a rule from running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The document does not run.
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

/// What a warning is about; errors have the codes of [`sigma::Problem::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// No mapping table serves the log source.
    Logsource,
    /// No source of the log source produces the field.
    Field,
    /// No event can fulfil the condition, or a selection.
    NeverTrue,
    /// Every event fulfils the condition.
    AlwaysTrue,
    /// The condition does not ask about a selection.
    UnusedSelection,
    /// A regular expression says what plain text says.
    LiteralRegex,
    /// Two documents have one id.
    DuplicateId,
    /// A document has no id, by which its alerts, stages and exceptions would name it.
    NoId,
    /// A rule has no level, so that its alerts have no severity.
    NoLevel,
    /// No lines stand beside the rule on which it must fire.
    NoMatchSamples,
    /// No lines stand beside the rule on which it must not fire.
    NoMissSamples,
    /// A tag that ATT&CK or Sigma does not have.
    UnknownTag,
    /// A technique that ATT&CK has taken out or renumbered.
    RevokedTag,
    /// An exception that nobody answers for.
    NoOwner,
    /// An exception that is over, and leaves nothing out any more.
    Expired,
    /// A filter names a rule that is not there, or not of its log source.
    FilterTarget,
    /// A filter leaves out all but what it describes.
    FilterKeeps,
    /// A stage is written for an id that no rule has.
    StageTarget,
    /// A rule says how its alerts fold, and raises none.
    FoldsNothing,
}

/// Every code with its name, in the order of the documentation.
const NAMES: [(&str, Code); 19] = [
    ("logsource", Code::Logsource),
    ("field", Code::Field),
    ("never-true", Code::NeverTrue),
    ("always-true", Code::AlwaysTrue),
    ("unused-selection", Code::UnusedSelection),
    ("literal-regex", Code::LiteralRegex),
    ("duplicate-id", Code::DuplicateId),
    ("no-id", Code::NoId),
    ("no-level", Code::NoLevel),
    ("no-match-samples", Code::NoMatchSamples),
    ("no-miss-samples", Code::NoMissSamples),
    ("unknown-tag", Code::UnknownTag),
    ("revoked-tag", Code::RevokedTag),
    ("no-owner", Code::NoOwner),
    ("expired", Code::Expired),
    ("filter-target", Code::FilterTarget),
    ("filter-keeps", Code::FilterKeeps),
    ("stage-target", Code::StageTarget),
    ("folds-nothing", Code::FoldsNothing),
];

impl Code {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(_, code)| *code == self).map_or("", |(name, _)| name)
    }

    /// The code of that name.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, code)| *code)
    }

    /// Every name, for a message.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }
}

/// One thing to tell about a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether it keeps a rule from running.
    pub severity: Severity,
    /// What it is about: a [`Code`]'s name, or an error's.
    pub code: &'static str,
    /// The file, as given.
    pub file: String,
    /// Where in it.
    pub at: Position,
    /// The rule's id, where it is known.
    pub rule: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub mend: String,
}

/// Words for the reader of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What is wrong.
    pub message: String,
    /// What to do about it; empty where the message says it.
    pub mend: String,
}

impl Finding {
    /// In Bangla, as far as the catalogue has it; names and Sigma's own words stay.
    pub fn bangla(&self) -> Told {
        Told { message: bangla::of(&self.message), mend: bangla::of(&self.mend) }
    }

    /// The line for a terminal, with other words than its own.
    pub fn line(&self, told: &Told) -> String {
        let Self { severity, code, file, at, .. } = self;
        let severity = severity.as_str();
        let Told { message, mend } = told;
        let between = if mend.is_empty() { "" } else { "; " };
        format!("{file}:{}:{}: {severity}[{code}]: {message}{between}{mend}", at.line, at.column)
    }

    /// An error of a document, whose text has the mend in it.
    pub(crate) fn of_error(error: &sigma::Error) -> Self {
        Self {
            severity: Severity::Error,
            code: error.problem.code(),
            file: error.file.clone(),
            at: error.at,
            rule: None,
            message: error.problem.to_string(),
            mend: String::new(),
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line(&Told { message: self.message.clone(), mend: self.mend.clone() }))
    }
}
