//! The enrolment's configuration: as written, and checked.

use crate::Error;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Days for which a certificate may be good. Longer ones outlive the memory of why they were made.
const DAYS: std::ops::RangeInclusive<u32> = 1..=397;

/// The file as written.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawConfig {
    /// Where collectors enrol, by TLS.
    pub listen: SocketAddr,
    /// The names and addresses by which collectors reach that.
    pub names: Vec<String>,
    /// Where the authority's key and the registry lie; made if absent, for its owner alone.
    pub data_dir: PathBuf,
    /// Days for which a collector's certificate is good.
    #[serde(default = "certificate_days")]
    pub certificate_days: u32,
    /// Kafka, reached with the right to make topics and rules.
    pub bus: bus::Config,
    /// Kafka as collectors reach it: what they are told.
    pub brokers: String,
}

fn certificate_days() -> u32 {
    90
}

/// The configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) names: Vec<String>,
    pub(crate) data_dir: PathBuf,
    pub(crate) certificate_days: u32,
    pub(crate) bus: bus::Config,
    pub(crate) brokers: String,
}

impl TryFrom<RawConfig> for Config {
    type Error = Error;

    fn try_from(raw: RawConfig) -> Result<Self, Error> {
        let bad = |field, reason: String| Err(Error::Config { field, reason });
        if raw.names.is_empty() {
            return bad("names", "is empty: name the host as collectors reach it".into());
        }
        if !DAYS.contains(&raw.certificate_days) {
            let reason = format!(
                "{} is not between {} and {}",
                raw.certificate_days,
                DAYS.start(),
                DAYS.end()
            );
            return bad("certificate_days", reason);
        }
        if raw.brokers.trim().is_empty() {
            return bad("brokers", "is empty: say where collectors reach kafka".into());
        }
        let RawConfig { listen, names, data_dir, certificate_days, bus, brokers } = raw;
        Ok(Self { listen, names, data_dir, certificate_days, bus, brokers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const GOOD: &str = "listen = '127.0.0.1:0'\nnames = ['soc']\ndata_dir = 'd'\nbrokers = 'k:1'\n\
                        [bus]\nbrokers = 'k:1'\n";

    fn check(text: &str) -> Result<Config, String> {
        let raw: RawConfig =
            ::service::config::parse(Path::new("x"), text).map_err(|e| e.to_string())?;
        Config::try_from(raw).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_impossible_is_named() {
        assert_eq!(check(GOOD).unwrap().certificate_days, 90);
        for (text, expected) in [
            (GOOD.replace("['soc']", "[]"), "names"),
            (GOOD.replace("[bus]", "certificate_days = 0\n[bus]"), "certificate_days"),
            (GOOD.replacen("'k:1'", "''", 1), "brokers"),
            (GOOD.replace("names", "name"), "name"),
        ] {
            let error = check(&text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn the_example_can_work() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/enrolment/enrolment.toml");
        let raw: RawConfig = ::service::load(&path).unwrap();
        Config::try_from(raw).unwrap();
    }
}
