//! The normalizer's configuration: as written, and checked.

use crate::Error;
use crate::engine::Settings;
use crate::enrichment::RawEnrich;
use crate::masks::{Masks, RawPrivacy};
use crate::zones::{RawZones, Zones};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A shorter pause would only cost.
const RELOAD_MS_MIN: u64 = 100;

/// The file as written.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawConfig {
    /// Kafka.
    pub bus: bus::Config,
    /// Where `/metrics`, `/live` and `/ready` are served.
    #[serde(default)]
    pub http: service::config::Http,
    /// The zone of times that name none, as an IANA name.
    #[serde(default = "utc")]
    pub zone: String,
    /// The zones of agencies and of source types that have another one.
    #[serde(default)]
    pub zones: RawZones,
    /// Threads, each a member of the consumer group.
    #[serde(default = "one")]
    pub threads: usize,
    /// Folders of parsers that users wrote, or files; looked at again when they change.
    #[serde(default)]
    pub parsers: Vec<PathBuf>,
    /// Pause between two looks for changed files, in milliseconds.
    #[serde(default = "second")]
    pub reload_ms: u64,
    /// Whose personal data is hidden.
    #[serde(default)]
    pub privacy: RawPrivacy,
    /// What events are enriched from.
    #[serde(default)]
    pub enrich: RawEnrich,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn one() -> usize {
    1
}

fn second() -> u64 {
    1000
}

/// The configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) bus: bus::Config,
    pub(crate) listen: SocketAddr,
    pub(crate) threads: usize,
    pub(crate) settings: Settings,
    pub(crate) parsers: Vec<PathBuf>,
    pub(crate) reload: Duration,
    pub(crate) enrich: RawEnrich,
}

impl TryFrom<RawConfig> for Config {
    type Error = Error;

    fn try_from(raw: RawConfig) -> Result<Self, Error> {
        if raw.threads == 0 {
            return Err(Error::Threads);
        }
        if raw.reload_ms < RELOAD_MS_MIN {
            return Err(Error::Reload { reload_ms: raw.reload_ms, least: RELOAD_MS_MIN });
        }
        let zones = Zones::load(&raw.zone, &raw.zones)?;
        Ok(Self {
            bus: raw.bus,
            listen: raw.http.listen,
            threads: raw.threads,
            settings: Settings { zones, masks: Masks::load(&raw.privacy)?, ..Settings::default() },
            parsers: raw.parsers,
            reload: Duration::from_millis(raw.reload_ms),
            enrich: raw.enrich,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read(text: &str) -> Result<Config, Error> {
        Config::try_from(service::config::parse::<RawConfig>(Path::new("n.toml"), text)?)
    }

    #[test]
    fn zone_and_threads_are_checked() {
        let bus = "[bus]\nbrokers = '127.0.0.1:9'\n";
        assert!(read(bus).is_ok());
        assert!(read(&format!("zone = 'Asia/Dhaka'\nthreads = 2\n{bus}")).is_ok());
        assert!(matches!(read(&format!("zone = 'Dhaka'\n{bus}")), Err(Error::Zone { .. })));
        let by_agency = "[zones.sources]\niis = 'UTC'\n[zones.agencies.mof]\nzone = 'Asia/Dhaka'\n";
        assert!(read(&format!("{bus}{by_agency}")).is_ok());
        let unknown = "[zones.sources]\niis = 'Dhaka'\n";
        assert!(matches!(read(&format!("{bus}{unknown}")), Err(Error::Zone { .. })));
        assert!(matches!(read(&format!("threads = 0\n{bus}")), Err(Error::Threads)));
        let paths = "parsers = ['rules/parsers']\n";
        assert!(read(&format!("{paths}reload_ms = 100\n{bus}")).is_ok());
        let fast = read(&format!("{paths}reload_ms = 99\n{bus}"));
        assert!(matches!(fast, Err(Error::Reload { .. })));
        let keys = "[privacy]\nkeys = { mof = '/no/such/file' }\n";
        assert!(matches!(read(&format!("{bus}{keys}")), Err(Error::KeyRead { .. })));
        assert!(read(&format!("{bus}[enrich]\nassets = ['/no/such/file']\n")).is_ok());
        let error = read(&format!("regions = 'x'\n{bus}")).err().map(|e| format!("{e:?}"));
        assert!(error.is_some_and(|e| e.contains("regions")));
    }
}
