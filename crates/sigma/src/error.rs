//! What can be wrong with a rule file: where, what, and how to mend it.

use yaml::Position;

/// A document of a rule file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{}:{}: {problem}", at.line, at.column)]
pub struct Error {
    /// The file, as given.
    pub file: String,
    /// Where in it.
    pub at: Position,
    /// What is wrong.
    #[source]
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file is no YAML, or too much of it.
    #[error(transparent)]
    Yaml(#[from] yaml::Error),
    /// An attribute has the wrong form.
    #[error("{what} must be {expected}, not {found}")]
    Form {
        /// The attribute.
        what: String,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// An attribute that every rule needs is absent.
    #[error("{what} is missing; add {mend}")]
    Missing {
        /// The attribute.
        what: &'static str,
        /// An example.
        mend: &'static str,
    },
    /// A modifier that Sigma does not have.
    #[error("unknown modifier {name:?}{}", hint(*suggestion))]
    UnknownModifier {
        /// As written.
        name: String,
        /// What was probably meant.
        suggestion: Option<&'static str>,
    },
    /// A modifier that does not go with the value or with those before it.
    #[error("modifier {modifier:?} {why}; {mend}")]
    Modifier {
        /// The modifier.
        modifier: &'static str,
        /// Why it does not go.
        why: String,
        /// What would.
        mend: &'static str,
    },
    /// A regular expression that cannot be compiled in linear time and bounded space.
    #[error(
        "regular expression {source_text:?} is not supported: {why}; rewrite it without look-around, back-references and large counts"
    )]
    Regex {
        /// The expression.
        source_text: String,
        /// What the compiler said.
        why: String,
    },
    /// A placeholder without values.
    #[error(
        "placeholder %{name}% has no values; add them to the configuration under [placeholders]"
    )]
    Placeholder {
        /// Its name.
        name: String,
    },
    /// A condition that cannot be read.
    #[error("condition: {what} at {token:?}; {mend}")]
    Condition {
        /// What is wrong.
        what: &'static str,
        /// The word at which it is.
        token: String,
        /// What would be right.
        mend: String,
    },
    /// Syntax of Sigma 1 that was taken out of the language.
    #[error("{what} is no longer part of Sigma; {mend}")]
    Legacy {
        /// What.
        what: String,
        /// What to write now.
        mend: &'static str,
    },
    /// More than a limit allows.
    #[error("{what} exceeds the limit of {max}; {mend}")]
    Limit {
        /// What is too large.
        what: String,
        /// The limit.
        max: usize,
        /// What to do.
        mend: &'static str,
    },
    /// A quantity beyond what is allowed.
    #[error("{what} is longer than {max}; {mend}")]
    Range {
        /// Which.
        what: &'static str,
        /// The longest.
        max: &'static str,
        /// What to do.
        mend: &'static str,
    },
    /// A correlation refers to a rule that is not there.
    #[error("no rule {name:?} is known; {mend}")]
    UnknownRule {
        /// As written.
        name: String,
        /// What to write.
        mend: String,
    },
    /// A correlation refers to a name that several rules have.
    #[error("several rules are named {name:?} ({files}); write the id of one")]
    Ambiguous {
        /// The name.
        name: String,
        /// The files they stand in.
        files: String,
    },
    /// Correlations refer to each other in a circle.
    #[error("correlations refer to each other in a circle ({path}); take one reference out")]
    Cycle {
        /// The circle.
        path: String,
    },
    /// An alias names a rule that the correlation does not.
    #[error("alias {alias:?} is for {rule:?}, which is not among the rules; there are {known}")]
    AliasRule {
        /// The alias.
        alias: String,
        /// The rule.
        rule: String,
        /// Those that the correlation names.
        known: String,
    },
}

impl Problem {
    /// The kind, in a word that stays the same.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Yaml(_) => "yaml",
            Self::Form { .. } => "form",
            Self::Missing { .. } => "missing",
            Self::UnknownModifier { .. } => "unknown-modifier",
            Self::Modifier { .. } => "modifier",
            Self::Regex { .. } => "regex",
            Self::Placeholder { .. } => "placeholder",
            Self::Condition { .. } => "condition",
            Self::Legacy { .. } => "legacy",
            Self::Limit { .. } => "limit",
            Self::Range { .. } => "range",
            Self::UnknownRule { .. } => "unknown-rule",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Cycle { .. } => "cycle",
            Self::AliasRule { .. } => "alias-rule",
        }
    }
}

fn hint(name: Option<&'static str>) -> String {
    name.map_or_else(
        || "; the specification's appendix lists the known ones".to_owned(),
        |name| format!("; did you mean {name:?}?"),
    )
}

/// A problem and its place, before the file is known.
pub(crate) type Fault = (Position, Problem);
