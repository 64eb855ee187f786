//! The process's configuration: the raw form of the file, and the checked one.

use crate::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file, as written:
///
/// ```toml
/// [engine]
/// listen = "127.0.0.1:18123"
/// library = ".prohori/engine/libchdb.so"
/// library_sha256 = "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5"
/// data = ".prohori/engine/data"
/// password_file = ".prohori/config/engine.password"
///
/// [engine.limits] # all have defaults
/// memory_bytes = 2147483648
/// ```
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What the process serves and where.
    pub engine: Engine,
}

impl Config {
    /// Whether the engine would start with it, as far as that can be told without starting it.
    pub fn check(self) -> Result<(), Error> {
        Settings::check(self).map(drop)
    }
}

/// The `[engine]` table.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// Where to serve the ClickHouse HTTP interface, and `/live`, `/ready` and `/metrics`.
    /// Loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// `libchdb.so`.
    pub library: PathBuf,
    /// Its SHA-256 in hexadecimal; checked before it is loaded when given.
    pub library_sha256: Option<String>,
    /// The data directory; made when missing.
    pub data: PathBuf,
    /// The one user.
    #[serde(default = "default_user")]
    pub user: String,
    /// A file whose first line is the user's password; without one there is no password, and any
    /// process of this machine may read and write.
    pub password_file: Option<PathBuf>,
    /// The folder below which `BACKUP` writes and `RESTORE` reads; neither is allowed without one.
    /// Made when missing. Another disk than `data` is the better place.
    pub backups: Option<PathBuf>,
    /// Numbers that bound what clients can take.
    #[serde(default)]
    pub limits: Limits,
}

fn default_user() -> String {
    "default".to_owned()
}

/// The `[engine.limits]` table: every key has a default for a machine with two cores.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Client connections; further ones wait to be accepted. A connection costs some 20 KiB.
    pub connections: u32,
    /// Statements that run at the same time; further ones wait, then get code 202 and status 503.
    /// Each has a thread and an engine session.
    pub queries: u32,
    /// Seconds that a statement waits for its place.
    pub wait_seconds: u64,
    /// Threads that one statement may use: the machine's cores.
    pub threads: u32,
    /// Memory of the whole engine in bytes. The machine also runs Kafka and the services.
    pub memory_bytes: u64,
    /// Memory of one statement in bytes.
    pub query_memory_bytes: u64,
    /// An INSERT's body in bytes, as it is sent: 413 above. The largest batch of the loader
    /// is far smaller; this ends a client that never stops.
    pub body_bytes: u64,
    /// A statement's text in bytes, data excluded: 413 above.
    pub statement_bytes: u64,
    /// A result that must be built whole before it is sent, in bytes: `wait_end_of_query`, and
    /// formats such as JSON and Parquet that have an end. Streamed results have no limit.
    pub result_bytes: u64,
    /// Free bytes on the disk under which rows are refused, so that Kafka, which often shares the
    /// disk, is not stopped by the store.
    pub free_disk_bytes: u64,
    /// Seconds without a byte from or to a client after which its statement is ended.
    pub idle_seconds: u64,
    /// Seconds that running statements have to end at shutdown.
    pub drain_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 128,
            queries: 8,
            wait_seconds: 10,
            threads: 2,
            memory_bytes: 2 << 30,
            query_memory_bytes: 1 << 30,
            body_bytes: 1 << 30,
            statement_bytes: 4 << 20,
            result_bytes: 256 << 20,
            free_disk_bytes: 512 << 20,
            idle_seconds: 60,
            drain_seconds: 20,
        }
    }
}

/// The checked configuration.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) library: PathBuf,
    pub(crate) library_sha256: Option<String>,
    pub(crate) data: PathBuf,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) backups: Option<PathBuf>,
    pub(crate) limits: Limits,
}

impl Settings {
    pub(crate) fn check(config: Config) -> Result<Self, Error> {
        let Engine { listen, library, library_sha256, data, user, password_file, backups, limits } =
            config.engine;
        if !listen.ip().is_loopback() {
            return Err(Error::NotLoopback { address: listen });
        }
        if let Some(sum) = &library_sha256 {
            let valid = sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit());
            require_text("engine.library_sha256", sum, valid, "64 hexadecimal digits")?;
        }
        require_text("engine.user", &user, !user.is_empty(), "a name")?;
        limits.check()?;
        let password = password_file.as_deref().map(read_password).transpose()?.unwrap_or_default();
        Ok(Self { listen, library, library_sha256, data, user, password, backups, limits })
    }

    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.limits.idle_seconds)
    }

    pub(crate) fn wait(&self) -> Duration {
        Duration::from_secs(self.limits.wait_seconds)
    }

    pub(crate) fn drain(&self) -> Duration {
        Duration::from_secs(self.limits.drain_seconds)
    }
}

impl Limits {
    fn check(&self) -> Result<(), Error> {
        let require = |key, value, valid, expected| match valid {
            true => Ok(()),
            false => Err(Error::Setting { key, value, expected }),
        };
        for (key, value, max) in [
            ("engine.limits.connections", self.connections, 10_000),
            ("engine.limits.queries", self.queries, 64),
            ("engine.limits.threads", self.threads, 256),
        ] {
            let expected = "between 1 and 10000 connections, 64 queries, 256 threads";
            require(key, value.into(), (1..=max).contains(&value), expected)?;
        }
        for (key, value, min) in [
            // Below this the engine cannot open its tables.
            ("engine.limits.memory_bytes", self.memory_bytes, 256 << 20),
            ("engine.limits.query_memory_bytes", self.query_memory_bytes, 32 << 20),
            ("engine.limits.body_bytes", self.body_bytes, 1),
            ("engine.limits.statement_bytes", self.statement_bytes, 1024),
            ("engine.limits.result_bytes", self.result_bytes, 1 << 20),
            ("engine.limits.wait_seconds", self.wait_seconds, 1),
            ("engine.limits.idle_seconds", self.idle_seconds, 1),
            ("engine.limits.drain_seconds", self.drain_seconds, 1),
        ] {
            require(key, value, value >= min, "too small for any work")?;
        }
        let fits = self.query_memory_bytes <= self.memory_bytes;
        let (key, value) = ("engine.limits.query_memory_bytes", self.query_memory_bytes);
        require(key, value, fits, "at most engine.limits.memory_bytes")
    }
}

fn require_text(
    key: &'static str,
    value: &str,
    valid: bool,
    expected: &'static str,
) -> Result<(), Error> {
    match valid {
        true => Ok(()),
        false => Err(Error::Text { key, value: value.to_owned(), expected }),
    }
}

fn read_password(path: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| Error::Password { path: path.into(), source })?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Settings, Error> {
        Settings::check(service::config::parse(Path::new("x.toml"), text).unwrap())
    }

    const REST: &str = "library = 'l'\ndata = 'd'\n";

    #[test]
    fn what_is_left_out_has_defaults() {
        let settings = check(&format!("[engine]\nlisten = '[::1]:1'\n{REST}")).unwrap();
        assert_eq!((&*settings.user, &*settings.password), ("default", ""));
        assert_eq!(settings.limits.queries, 8);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let check = |listen: &str, rest: &str, expected: &str| {
            let text = format!("[engine]\nlisten = '{listen}'\n{REST}{rest}");
            let error = check(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} should contain {expected:?}");
        };
        let here = "127.0.0.1:1";
        check("0.0.0.0:1", "", "this machine only");
        check("192.168.1.5:1", "", "this machine only");
        check(here, "user = ''", "engine.user");
        check(here, "library_sha256 = 'xyz'", "64 hexadecimal digits");
        check(here, "password_file = '/nowhere/p'", "/nowhere/p");
        check(here, "limits = {connections = 0}", "engine.limits.connections = 0");
        check(here, "limits = {queries = 65}", "engine.limits.queries = 65");
        check(here, "limits = {query_memory_bytes = 3000000000}", "at most");
        check(here, "limits = {drain_seconds = 0}", "engine.limits.drain_seconds = 0");
    }
}
