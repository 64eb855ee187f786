//! Which provider, and who we are there.

use std::path::PathBuf;

/// The provider and this client of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The issuer's URL, as its tokens name it; http on this machine alone.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// The file that holds our secret; a public client has none.
    pub client_secret_file: Option<PathBuf>,
    /// PEM file of the authorities that its certificate is judged by.
    pub ca_file: PathBuf,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// How strongly a person must have proved himself there, as the provider names it.
    pub acr: Option<String>,
}
