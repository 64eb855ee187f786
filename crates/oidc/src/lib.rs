//! Signing in by somebody else's word: OpenID Connect's authorization code flow with PKCE, and its
//! back-channel logout.
//!
//! A [`Provider`] is asked once where its doors are, and for its keys; [`Provider::begin`] makes the
//! address that a browser is sent to, [`Provider::finish`] turns the code that comes back into who
//! signed in, [`Provider::logout`] reads what the provider says when somebody signs out there. Tokens are
//! read by `jsonwebtoken`, their signatures checked by `ring`, which the TLS of this project uses too.

mod config;
mod error;
mod metadata;
mod provider;
mod ring_provider;
mod token;

#[cfg(test)]
mod tests;

pub use config::Config;
pub use error::Error;
pub use provider::{Begun, Provider};
pub use token::{Identity, LoggedOut};
