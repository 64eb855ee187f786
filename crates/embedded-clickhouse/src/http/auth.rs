//! Who asks: Basic, the `X-ClickHouse-*` headers, or parameters; never two of them.

use crate::config::Settings;
use crate::exception::{Exception, code};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// What a request says of its user.
#[derive(Default)]
pub(crate) struct Credentials {
    user: Option<String>,
    password: Option<String>,
    source: Option<Source>,
}

/// Where it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Headers,
    Basic,
    Params,
}

/// Passwords stay out of logs.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Credentials {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Self, Exception> {
        let text = |name| headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()));
        let text = |name| text(name).filter(|value| !value.is_empty()).map(|v| v.into_owned());
        let mut credentials = Self::default();
        let (user, key) = (text("x-clickhouse-user"), text("x-clickhouse-key"));
        if user.is_some() || key.is_some() {
            credentials.from(Source::Headers)?;
            credentials.user = user;
            credentials.password = key;
        }
        if let Some(value) = text(AUTHORIZATION.as_str()) {
            credentials.from(Source::Basic)?;
            let (user, password) = basic(&value)?;
            credentials.user = Some(user);
            credentials.password = Some(password);
        }
        Ok(credentials)
    }

    pub(crate) fn param_user(&mut self, user: String) -> Result<(), Exception> {
        self.from(Source::Params)?;
        self.user = Some(user);
        Ok(())
    }

    pub(crate) fn param_password(&mut self, password: String) -> Result<(), Exception> {
        self.from(Source::Params)?;
        self.password = Some(password);
        Ok(())
    }

    fn from(&mut self, source: Source) -> Result<(), Exception> {
        match self.source.replace(source) {
            Some(other) if other != source => Err(Exception::new(
                code::AUTHENTICATION_FAILED,
                "Invalid authentication: credentials are given in more than one way",
            )),
            _ => Ok(()),
        }
    }

    /// Whether they are those of the configured user.
    pub(crate) fn check(&self, settings: &Settings) -> Result<(), Exception> {
        let user = self.user.as_deref().unwrap_or("default");
        let password = self.password.as_deref().unwrap_or("");
        // Both compared, as hashes: the time taken says nothing about either.
        let same = |a: &str, b: &str| Sha256::digest(a) == Sha256::digest(b);
        if same(user, &settings.user) & same(password, &settings.password) {
            return Ok(());
        }
        if self.source.is_none() {
            let why = "Authentication is required: give a user and a password";
            return Err(Exception::new(code::REQUIRED_PASSWORD, why));
        }
        let why = format!(
            "{}: Authentication failed: password is incorrect, or there is no user with such name",
            user.escape_default()
        );
        Err(Exception::new(code::AUTHENTICATION_FAILED, why))
    }
}

fn basic(value: &str) -> Result<(String, String), Exception> {
    let failed = |why| Exception::new(code::AUTHENTICATION_FAILED, why);
    let (scheme, encoded) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(failed("Invalid authentication: only Basic is supported in Authorization"));
    }
    let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|b| String::from_utf8(b).ok());
    let decoded = decoded.ok_or_else(|| failed("Invalid authentication: malformed Basic"))?;
    let (user, password) = decoded.split_once(':').unwrap_or((&decoded, ""));
    Ok((user.to_owned(), password.to_owned()))
}
