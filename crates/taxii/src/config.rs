//! The `[[taxii]]` tables: which servers may be asked, and as whom.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};

/// A server, as it is written.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How feeds call it.
    pub name: String,
    /// The URL of its API root, such as `https://misp.example/taxii2/root/`; http on this machine alone.
    pub api_root: String,
    /// Who signs in there; nobody where it is left out.
    #[serde(default)]
    pub user: Option<String>,
    /// The file that holds the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// The file that holds a token, sent as `Authorization: Bearer`, instead of user and password.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// PEM file of the authorities that its certificate is judged by.
    #[serde(default = "ca_file")]
    pub ca_file: PathBuf,
}

fn ca_file() -> PathBuf {
    https::CA_FILE.into()
}

/// How a server is signed in to.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// HTTP's basic authentication.
    Basic(String, String),
    /// A token.
    Bearer(String),
}

impl Credentials {
    pub(crate) fn header(&self) -> String {
        match self {
            Self::Basic(user, password) => {
                format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
            }
            Self::Bearer(token) => format!("Bearer {token}"),
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl Config {
    /// Whether it can be used, without its files being read.
    pub fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("name is empty".into());
        }
        if !https::may_ask(&self.api_root) {
            return Err(format!(
                "api_root {:?} is not of the form https://host/path/",
                self.api_root
            ));
        }
        match (&self.user, &self.password_file, &self.token_file) {
            (None, None, _) | (Some(_), Some(_), None) => Ok(()),
            _ => Err("write user and password_file, or token_file, or none of them".into()),
        }
    }

    pub(crate) fn credentials(&self) -> Result<Option<Credentials>, String> {
        self.check()?;
        Ok(match (&self.user, &self.password_file, &self.token_file) {
            (Some(user), Some(file), _) => Some(Credentials::Basic(user.clone(), secret(file)?)),
            (_, _, Some(file)) => Some(Credentials::Bearer(secret(file)?)),
            _ => None,
        })
    }
}

/// The file's text, without the line's end that editors add.
fn secret(file: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
