//! The configuration as it stands in the file.

use crate::files::Start;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use toml::Spanned;

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) agency: Spanned<String>,
    pub(super) state_dir: PathBuf,
    #[serde(default)]
    pub(super) id: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) host: Option<Spanned<String>>,
    #[serde(default = "rescan_s")]
    pub(super) rescan_s: Spanned<u64>,
    #[serde(default = "heartbeat_s")]
    pub(super) heartbeat_s: Spanned<u64>,
    #[serde(default)]
    pub(super) bytes_per_second: Option<Spanned<u64>>,
    pub(super) bus: bus::Config,
    #[serde(default)]
    pub(super) http: service::config::Http,
    #[serde(default)]
    pub(super) spool: RawSpool,
    #[serde(default)]
    pub(super) file: Vec<RawFile>,
    #[serde(default)]
    pub(super) syslog: Vec<Spanned<RawSyslog>>,
    #[serde(default)]
    pub(super) journal: Option<RawJournal>,
    #[serde(default)]
    pub(super) http_input: Vec<RawHttpInput>,
    #[serde(default)]
    pub(super) netflow: Vec<RawNetflow>,
    #[serde(default)]
    pub(super) stdin: Option<RawStdin>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNetflow {
    pub(super) listen: SocketAddr,
    #[serde(default)]
    pub(super) source: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) spool: RawSpool,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFile {
    pub(super) name: Spanned<String>,
    pub(super) include: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) exclude: Vec<Spanned<String>>,
    #[serde(default = "beginning")]
    pub(super) start: Start,
    #[serde(default)]
    pub(super) source: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) encoding: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) record_bytes_max: Option<Spanned<usize>>,
    #[serde(default)]
    pub(super) join: Option<Spanned<RawJoin>>,
    #[serde(default)]
    pub(super) join_ms: Option<Spanned<u32>>,
}

/// Which lines belong together: one of these.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawJoin {
    #[serde(default)]
    pub(super) starts: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) continues: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) indented: bool,
    #[serde(default)]
    pub(super) auditd: bool,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSyslog {
    #[serde(default)]
    pub(super) tls: Option<RawListenTls>,
    #[serde(default)]
    pub(super) rate_max: Option<NonZeroU32>,
    #[serde(default)]
    pub(super) udp: Option<Spanned<SocketAddr>>,
    #[serde(default)]
    pub(super) tcp: Option<Spanned<SocketAddr>>,
    #[serde(default)]
    pub(super) source: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) spool: RawSpool,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawJournal {
    #[serde(default = "journalctl")]
    pub(super) program: PathBuf,
    #[serde(default)]
    pub(super) directory: Option<PathBuf>,
    #[serde(default)]
    pub(super) units: Vec<Spanned<String>>,
    #[serde(default = "beginning")]
    pub(super) start: Start,
    #[serde(default)]
    pub(super) source: Option<Spanned<String>>,
}

fn journalctl() -> PathBuf {
    "journalctl".into()
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHttpInput {
    pub(super) listen: Spanned<SocketAddr>,
    #[serde(default)]
    pub(super) token_file: Option<PathBuf>,
    #[serde(default)]
    pub(super) tls: Option<tls::Files>,
    #[serde(default)]
    pub(super) source: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) spool: RawSpool,
}

/// A TLS listener of its own.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawListenTls {
    pub(super) listen: Spanned<SocketAddr>,
    pub(super) certificate_file: PathBuf,
    pub(super) key_file: PathBuf,
    #[serde(default)]
    pub(super) client_ca_file: Option<PathBuf>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStdin {
    #[serde(default)]
    pub(super) source: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) spool: RawSpool,
}

/// How much may wait on disk: for all inputs, or for one.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSpool {
    #[serde(default)]
    pub(super) bytes_max: Option<Spanned<u64>>,
    #[serde(default)]
    pub(super) when_full: Option<RawWhenFull>,
}

#[derive(Debug, Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawWhenFull {
    Block,
    DropOldest,
    DropNewest,
}

fn heartbeat_s() -> Spanned<u64> {
    Spanned::new(0..0, 30)
}

fn rescan_s() -> Spanned<u64> {
    Spanned::new(0..0, 10)
}

fn beginning() -> Start {
    Start::Beginning
}
