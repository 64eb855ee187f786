//! The `[store]` table: where ClickHouse is and who we are there.

use crate::Error;
use std::path::PathBuf;

/// As it stands in TOML.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawConfig {
    /// `http://host:port`, or `https://host:port`.
    pub url: String,
    /// The ClickHouse user.
    #[serde(default = "default_user")]
    pub user: String,
    /// A file that holds the user's password; its trailing line end is not part of it.
    pub password_file: Option<PathBuf>,
    /// With https: PEM file of the authorities that the server's certificate is judged by.
    #[serde(default = "ca_file")]
    pub ca_file: PathBuf,
    /// With https: who we are, where the server asks for a certificate.
    #[serde(default)]
    pub identity: Option<tls::ClientFiles>,
    /// The database, made when it is not there.
    #[serde(default = "default_database")]
    pub database: String,
}

fn ca_file() -> PathBuf {
    tls::CA_FILE.into()
}

/// Checked, with the password read and, for https, the certificates.
#[derive(Clone)]
pub struct Config {
    pub(crate) url: String,
    pub(crate) user: String,
    pub(crate) password: Option<String>,
    pub(crate) database: String,
    /// None: it is spoken to in the clear.
    pub(crate) tls: Option<rustls::ClientConfig>,
}

fn default_user() -> String {
    "default".into()
}

fn default_database() -> String {
    "prohori".into()
}

impl Config {
    /// A database on a ClickHouse without a password: what tests and one machine use.
    pub fn new(url: &str, database: &str) -> Result<Self, Error> {
        RawConfig {
            url: url.into(),
            user: default_user(),
            password_file: None,
            ca_file: ca_file(),
            identity: None,
            database: database.into(),
        }
        .try_into()
    }

    /// The address, without credentials.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        &self.database
    }
}

/// Leaves the password out.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (url, user, database) = (&self.url, &self.user, &self.database);
        write!(f, "Config {{ url: {url:?}, user: {user:?}, database: {database:?}, .. }}")
    }
}

impl TryFrom<RawConfig> for Config {
    type Error = Error;

    fn try_from(raw: RawConfig) -> Result<Self, Error> {
        let invalid = |key, value: &str, mend| Error::Config { key, value: value.into(), mend };
        let secure = raw.url.starts_with("https://");
        if !secure && !raw.url.starts_with("http://") || raw.url.contains('@') {
            let mend = "http://host:port or https://host:port, credentials apart";
            return Err(invalid("url", &raw.url, mend));
        }
        let name_fits = raw.database.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if raw.database.is_empty() || !name_fits {
            return Err(invalid("database", &raw.database, "letters, digits and '_'"));
        }
        let password = match raw.password_file {
            None => None,
            Some(path) => match std::fs::read_to_string(&path) {
                Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
                Err(source) => return Err(Error::PasswordFile { path, source }),
            },
        };
        let tls = match (secure, &raw.identity) {
            (true, identity) => Some(tls::client(&raw.ca_file, identity.as_ref())?),
            (false, None) => None,
            (false, Some(_)) => {
                return Err(invalid("identity", &raw.url, "an https:// url, to show it to"));
            }
        };
        Ok(Self { url: raw.url, user: raw.user, password, database: raw.database, tls })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_work_is_accepted() {
        for (url, database, accepted) in [
            ("http://127.0.0.1:18123", "prohori", true),
            ("https://ch:8443", "prohori", true),
            ("ftp://ch:8443", "prohori", false),
            ("http://u:p@ch:8123", "prohori", false),
            ("127.0.0.1:18123", "prohori", false),
            ("http://ch:8123", "pro`hori", false),
            ("http://ch:8123", "", false),
        ] {
            assert_eq!(Config::new(url, database).is_ok(), accepted, "{url} {database}");
        }
    }

    #[test]
    fn the_password_is_read_and_never_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hush\n").unwrap();
        let raw = RawConfig {
            url: "http://ch:8123".into(),
            user: "loader".into(),
            password_file: Some(file.path().into()),
            ca_file: ca_file(),
            identity: None,
            database: "prohori".into(),
        };
        let config = Config::try_from(raw).unwrap();
        assert_eq!(config.password.as_deref(), Some("hush"));
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn a_missing_password_file_is_named() {
        let raw = RawConfig {
            url: "http://ch:8123".into(),
            user: "loader".into(),
            password_file: Some("/nonexistent/password".into()),
            ca_file: ca_file(),
            identity: None,
            database: "prohori".into(),
        };
        let error = Config::try_from(raw).unwrap_err().to_string();
        assert_eq!(error, "cannot read password file /nonexistent/password");
    }
}
