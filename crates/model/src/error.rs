//! What can be wrong with a value that came over the wire.

/// A value that does not have the form that this crate's docs give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An agency name with a character or a length that is not allowed.
    #[error(
        "agency {name:?} is not valid: 1 to 40 of a-z, 0-9 and '-', beginning with a letter or digit"
    )]
    Agency {
        /// What was given.
        name: String,
    },
    /// A record header that is not text, has too few fields, or a number that is none.
    #[error("header {header:?}: field {field:?} is missing or malformed")]
    Header {
        /// The header's key.
        header: &'static str,
        /// The field within the header.
        field: &'static str,
    },
    /// A stream or collector name with a control character, or too long.
    #[error("{what} {value:?} is not valid: 1 to {bytes_max} bytes without control characters")]
    Name {
        /// Which name.
        what: &'static str,
        /// What was given.
        value: String,
        /// The limit.
        bytes_max: usize,
    },
}
