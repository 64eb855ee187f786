//! What can be wrong with a search: where in the text, what, and how to mend it.

use std::ops::Range;

/// A text that is no search.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (at character {})", span.start + 1)]
pub struct Error {
    /// Where, in characters of the text from 0, the end not included.
    pub span: Range<usize>,
    /// What is wrong.
    #[source]
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Something else was to come.
    #[error("expected {expected}, found {found:?}; {mend}")]
    Expected {
        /// What was to come.
        expected: &'static str,
        /// What is there; empty at the end.
        found: String,
        /// What to do.
        mend: &'static str,
    },
    /// A quotation mark without its partner.
    #[error("a quotation is not closed; add \"")]
    OpenQuote,
    /// A parenthesis or bracket without its partner.
    #[error("{open:?} is not closed; add {close:?}")]
    Open {
        /// The one that is there.
        open: char,
        /// The one that is not.
        close: char,
    },
    /// A parenthesis that was never opened.
    #[error("{close:?} closes nothing; remove it, or put it in quotation marks")]
    Close {
        /// It.
        close: char,
    },
    /// A name that is no field, and much like one.
    #[error(
        "there is no field {name:?}; did you mean {suggestion:?}? A source's own field is sigma.{name}"
    )]
    Field {
        /// As written.
        name: String,
        /// What was probably meant.
        suggestion: String,
    },
    /// A function that the language does not have.
    #[error("there is no function {name:?}; there are {known}")]
    Function {
        /// As written.
        name: String,
        /// The functions that could stand here.
        known: &'static str,
    },
    /// A command after `|` that the language does not have.
    #[error(
        "there is no command {name:?}; there are count, distinct, timechart, table, sort, head"
    )]
    Command {
        /// As written.
        name: String,
    },
    /// Commands in an order that means nothing.
    #[error("{command} cannot come here; {mend}")]
    Order {
        /// The command.
        command: &'static str,
        /// What to do.
        mend: &'static str,
    },
    /// A value that does not fit its place.
    #[error("{value:?} is not {expected}; write it as {mend}")]
    Value {
        /// As written.
        value: String,
        /// What it should be.
        expected: &'static str,
        /// An example.
        mend: &'static str,
    },
    /// A regular expression that cannot run in linear time and bounded space.
    #[error(
        "regular expression: {why}; write it without look-around, back-references and large counts"
    )]
    Regex {
        /// What the compiler said.
        why: String,
    },
    /// A test that the field does not take.
    #[error("{field} cannot be asked that; {mend}")]
    Test {
        /// The field.
        field: &'static str,
        /// What can be.
        mend: &'static str,
    },
    /// A search without a beginning in time would read everything that is stored.
    #[error("a range of time is missing; add time>=-24h")]
    NoRange,
    /// More than a limit allows.
    #[error("{what} exceeds the limit of {max}; {mend}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// The limit.
        max: usize,
        /// What to do.
        mend: &'static str,
    },
}

impl Problem {
    /// A short stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Expected { .. } => "expected",
            Self::OpenQuote => "open_quote",
            Self::Open { .. } => "open",
            Self::Close { .. } => "close",
            Self::Field { .. } => "field",
            Self::Function { .. } => "function",
            Self::Command { .. } => "command",
            Self::Order { .. } => "order",
            Self::Value { .. } => "value",
            Self::Regex { .. } => "regex",
            Self::Test { .. } => "test",
            Self::NoRange => "no_range",
            Self::Limit { .. } => "limit",
        }
    }
}
