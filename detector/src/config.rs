//! The detector's configuration, raw and checked.

use crate::Error;
use crate::live::Origin;
use std::path::PathBuf;
use std::time::Duration;

/// More threads than this read more partitions than any topic of ours has.
const THREADS_MAX: usize = 64;
/// Alerts that wait longer than an hour for lines that are late help nobody.
const LATENESS_MS_MAX: u64 = 3_600_000;
/// Looking for changed files more often than this would be work without use.
const RELOAD_MS_MIN: u64 = 100;

/// The file, as written.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawConfig {
    /// The cluster.
    pub bus: bus::Config,
    /// Where `/metrics`, `/live` and `/ready` are served.
    #[serde(default)]
    pub http: service::config::Http,
    /// Folders of Sigma rules, or rule files.
    #[serde(default)]
    pub rules: Vec<PathBuf>,
    /// Whether rules come from the topic `control`, as the dashboard and `prohori rules publish` write
    /// them, instead; and beside the files of indicators those that the dashboard keeps.
    #[serde(default)]
    pub control: bool,
    /// Files of indicators, and folders of such.
    #[serde(default)]
    pub indicators: Vec<PathBuf>,
    /// Files of warning lists, and folders of such: what they name is no indicator.
    #[serde(default)]
    pub warning_lists: Vec<PathBuf>,
    /// The values of `%placeholders%`, by name.
    #[serde(default)]
    pub placeholders: sigma::Placeholders,
    /// Threads, each a member of the consumer group.
    #[serde(default = "one")]
    pub threads: usize,
    /// Threads that correlate, each a member of a consumer group of their own.
    #[serde(default = "one")]
    pub correlators: usize,
    /// How much later than others a line may arrive and still be correlated in order, in
    /// milliseconds. Alerts of correlations wait for it.
    #[serde(default = "five_seconds")]
    pub lateness_ms: u64,
    /// How often the rule files are looked at for changes, in milliseconds.
    #[serde(default = "second")]
    pub reload_ms: u64,
}

fn one() -> usize {
    1
}

fn five_seconds() -> u64 {
    5_000
}

fn second() -> u64 {
    1000
}

/// The configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) bus: bus::Config,
    pub(crate) http: service::config::Http,
    pub(crate) origin: Origin,
    pub(crate) feeds: feeds::Source,
    pub(crate) placeholders: sigma::Placeholders,
    pub(crate) threads: usize,
    pub(crate) correlators: usize,
    pub(crate) lateness_ms: i64,
    pub(crate) reload: Duration,
}

impl TryFrom<RawConfig> for Config {
    type Error = Error;

    fn try_from(raw: RawConfig) -> Result<Self, Error> {
        let bad = |key, what: String| Err(Error::Config { key, what });
        let origin = match (raw.control, raw.rules.is_empty()) {
            (false, false) => Origin::Folders(raw.rules),
            (true, true) => Origin::Control(raw.bus.clone()),
            (false, true) => {
                return bad("rules", "is empty; name at least one folder of Sigma rules".into());
            }
            (true, false) => {
                return bad("control", "is true beside rules; take rules from one place".into());
            }
        };
        for (key, threads) in [("threads", raw.threads), ("correlators", raw.correlators)] {
            if threads == 0 || threads > THREADS_MAX {
                return bad(key, format!("is {threads}; write 1 to {THREADS_MAX}"));
            }
        }
        if raw.lateness_ms > LATENESS_MS_MAX {
            let what = format!("is {}; write at most {LATENESS_MS_MAX}", raw.lateness_ms);
            return bad("lateness_ms", what);
        }
        if raw.reload_ms < RELOAD_MS_MIN {
            return bad(
                "reload_ms",
                format!("is {}; write at least {RELOAD_MS_MIN}", raw.reload_ms),
            );
        }
        let feeds = feeds::Source {
            files: raw.indicators,
            warning_lists: raw.warning_lists,
            published: raw.control.then(|| raw.bus.clone()),
        };
        Ok(Self {
            bus: raw.bus,
            http: raw.http,
            origin,
            feeds,
            placeholders: raw.placeholders,
            threads: raw.threads,
            correlators: raw.correlators,
            lateness_ms: raw.lateness_ms.cast_signed(),
            reload: Duration::from_millis(raw.reload_ms),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn what_is_allowed_and_what_is_not() {
        let base = "rules = ['rules']\n[bus]\nbrokers = '127.0.0.1:1'\n";
        for (text, expected) in [
            (base.to_owned(), None),
            (
                format!("threads = 2\nreload_ms = 500\n{base}[placeholders]\nadmins = ['root']\n"),
                None,
            ),
            (
                base.replace("'rules'", ""),
                Some("configuration: rules is empty; name at least one folder of Sigma rules"),
            ),
            (base.replace("rules = ['rules']", "control = true"), None),
            (
                format!("control = true\n{base}"),
                Some("configuration: control is true beside rules; take rules from one place"),
            ),
            (format!("threads = 0\n{base}"), Some("configuration: threads is 0; write 1 to 64")),
            (
                format!("correlators = 65\n{base}"),
                Some("configuration: correlators is 65; write 1 to 64"),
            ),
            (
                format!("lateness_ms = 3600001\n{base}"),
                Some("configuration: lateness_ms is 3600001; write at most 3600000"),
            ),
            (
                format!("reload_ms = 1\n{base}"),
                Some("configuration: reload_ms is 1; write at least 100"),
            ),
        ] {
            let raw: RawConfig = service::config::parse(Path::new("d.toml"), &text).unwrap();
            let error = Config::try_from(raw).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), expected, "{text}");
        }
        let unknown =
            service::config::parse::<RawConfig>(Path::new("d.toml"), &format!("rule = 1\n{base}"));
        assert!(unknown.unwrap_err().to_string().contains("line 1: unknown field `rule`"));
    }
}
