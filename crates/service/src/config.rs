//! Reading a TOML file into a raw configuration, with errors that name the line.

use crate::Error;
use serde::de::DeserializeOwned;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

/// The `[http]` table that every service has.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address for `/metrics`, `/live` and `/ready`. Port 0 takes a free one.
    #[serde(default = "loopback")]
    pub listen: SocketAddr,
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: loopback() }
    }
}

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// Reads and parses `path`. The raw type should `deny_unknown_fields`: a misspelt key must not be
/// taken for silence.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| Error::ReadConfig { path: path.into(), source })?;
    parse(path, &text)
}

/// Parses `text`, naming `path` in errors.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        Error::ParseConfig {
            path: path.into(),
            line: 1 + text.as_bytes()[..start].iter().filter(|b| **b == b'\n').count(),
            message: error.message().replace('\n', " "),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Raw {
        #[expect(dead_code, reason = "only its parsing is looked at")]
        http: Http,
    }

    #[test]
    fn errors_name_file_line_and_key() {
        let check = |text: &str, expected: &str| {
            let error = parse::<Raw>(Path::new("x.toml"), text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} should contain {expected:?}");
        };
        check(
            "[http]\nlisten = '127.0.0.1:1'\nlistne = 1\n",
            "x.toml: line 3: unknown field `listne`",
        );
        check("[http]\nlisten = 'localhost'\n", "x.toml: line 2: invalid socket address");
        check("\n\n[http\n", "x.toml: line 3:");
        check("", "missing field `http`");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load::<Raw>(Path::new("/nonexistent/x.toml")).unwrap_err();
        assert_eq!(error.to_string(), "cannot read configuration /nonexistent/x.toml");
    }
}
