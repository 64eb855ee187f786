//! Why a raw record became a dead letter, and the headers that say so.
//!
//! A dead letter's value is the raw bytes, untouched. Besides `raw` ([`crate::coordinates`]) and
//! `origin` ([`crate::origin`]) it carries the three headers below.

use std::fmt;

/// Header: a [`DeadLetterCode`].
pub const CODE_HEADER: &str = "code";
/// Header: the reason in words, for a person.
pub const REASON_HEADER: &str = "reason";
/// Header: parser and version, as `name/version`.
pub const PARSER_HEADER: &str = "parser";

/// Header of a raw record that is sent once more on purpose: the first one's place, as
/// [`crate::EventPlace`] writes it.
pub const REPLAY_HEADER: &str = "replay";

/// The closed list of reasons, fit for a metric's label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeadLetterCode {
    /// Nothing but white space or NUL.
    Empty,
    /// Bytes that are no text: too many are neither UTF-8 nor printable.
    Binary,
    /// JSON nested deeper than the parser's limit.
    TooDeep,
    /// A line that only names the columns of a file.
    Header,
    /// Longer than the limit though the collector should have cut it.
    TooLong,
    /// The `origin` header is missing or malformed.
    BadOrigin,
    /// A collector sent it again after a crash; the first one became an event.
    Repeated,
    /// A consumer could not decode the event (in topic `events`, not `raw`).
    BadEvent,
}

impl DeadLetterCode {
    /// Every code.
    pub const ALL: [Self; 8] = [
        Self::Empty,
        Self::Binary,
        Self::TooDeep,
        Self::Header,
        Self::TooLong,
        Self::BadOrigin,
        Self::Repeated,
        Self::BadEvent,
    ];

    /// The code as it stands in the header, the metric and the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Binary => "binary",
            Self::TooDeep => "too_deep",
            Self::Header => "header",
            Self::TooLong => "too_long",
            Self::BadOrigin => "bad_origin",
            Self::Repeated => "repeated",
            Self::BadEvent => "bad_event",
        }
    }
}

impl fmt::Display for DeadLetterCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
