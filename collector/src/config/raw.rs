//! The configuration as it stands in the file.

use crate::files::Start;
use std::net::SocketAddr;
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
    pub(super) bus: bus::Config,
    #[serde(default)]
    pub(super) http: service::config::Http,
    #[serde(default)]
    pub(super) file: Vec<RawFile>,
    #[serde(default)]
    pub(super) syslog: Vec<Spanned<RawSyslog>>,
    #[serde(default)]
    pub(super) stdin: Option<RawStdin>,
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
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSyslog {
    #[serde(default)]
    pub(super) udp: Option<Spanned<SocketAddr>>,
    #[serde(default)]
    pub(super) tcp: Option<Spanned<SocketAddr>>,
    #[serde(default)]
    pub(super) source: Option<Spanned<String>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStdin {
    #[serde(default)]
    pub(super) source: Option<Spanned<String>>,
}

fn rescan_s() -> Spanned<u64> {
    Spanned::new(0..0, 10)
}

fn beginning() -> Start {
    Start::Beginning
}
