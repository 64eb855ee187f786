//! Why nobody is signed in.

/// A sign-in or sign-out by a provider that came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot be used.
    #[error("[oidc] {0}")]
    Config(String),
    /// The provider does not answer as it should.
    #[error("the identity provider at {url}: {what}")]
    Provider {
        /// What was asked.
        url: String,
        /// What is wrong.
        what: String,
    },
    /// A token that proves nothing.
    #[error("the token is not good: {0}")]
    Token(String),
    /// The operating system gives no random bytes.
    #[error("no random bytes")]
    Random,
}
