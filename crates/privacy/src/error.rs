//! What can be wrong with a file of keys.

/// A key file that cannot be used. No variant ever holds a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no key in it.
    #[error("no key: make one with `prohori privacy keygen`")]
    NoKey,
    /// A line is not `id:hex`.
    #[error("line {line}: not a key: write `id:` and 64 hex digits")]
    Form {
        /// Which.
        line: usize,
    },
    /// A key's id cannot stand in a token.
    #[error("line {line}: the id must be 1 to 8 of a-z and 0-9, beginning with a letter")]
    Id {
        /// Which.
        line: usize,
    },
    /// Two keys have one id, so their tokens could not be told apart.
    #[error("line {line}: the id {id:?} stands there already: give each key its own")]
    Repeated {
        /// Which.
        line: usize,
        /// The id, which is no secret.
        id: String,
    },
}
