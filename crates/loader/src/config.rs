//! The loader's configuration file.

use crate::Error;

/// The most threads of one loader; a machine that needs more runs more loaders.
const THREADS_MAX: usize = 64;

/// As it stands in TOML.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where `/metrics`, `/live` and `/ready` are served.
    #[serde(default)]
    pub http: service::config::Http,
    /// Kafka.
    pub bus: bus::Config,
    /// ClickHouse.
    pub store: store::RawConfig,
    /// How it works.
    #[serde(default)]
    pub loader: Loader,
}

/// The `[loader]` table.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Loader {
    /// The consumer group; its commits are what makes loading exactly once.
    pub group: String,
    /// Threads, each a member of the group. One reads and encodes some 100,000 events a second;
    /// inserts run beside it.
    pub threads: usize,
}

impl Default for Loader {
    fn default() -> Self {
        Self { group: "loader".into(), threads: 1 }
    }
}

impl Loader {
    /// Whether every value can be used.
    pub fn check(&self) -> Result<(), Error> {
        if self.group.is_empty() {
            let (key, value) = ("group", format!("{:?}", self.group));
            return Err(Error::Config { key, value, mend: "a name, such as \"loader\"" });
        }
        if self.threads == 0 || self.threads > THREADS_MAX {
            let (key, value) = ("threads", self.threads.to_string());
            return Err(Error::Config { key, value, mend: "from 1 to 64" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn parse(text: &str) -> Result<Config, service::Error> {
        service::config::parse(Path::new("loader.toml"), text)
    }

    const LEAST: &str = "[bus]\nbrokers = 'a:1'\n[store]\nurl = 'http://b:2'\n";

    #[test]
    fn what_is_left_out_has_defaults() {
        let config = parse(LEAST).unwrap();
        assert_eq!((&*config.loader.group, config.loader.threads), ("loader", 1));
        assert_eq!(config.store.database, "prohori");
        config.loader.check().unwrap();
    }

    #[test]
    fn misspelt_and_senseless_values_are_refused() {
        assert!(parse(&format!("{LEAST}[loader]\nthread = 2\n")).is_err());
        assert!(parse("[bus]\nbrokers = 'a:1'\n").is_err());
        for (table, error) in [
            ("threads = 0", "[loader] threads = 0 is not valid: from 1 to 64"),
            ("group = ''", "[loader] group = \"\" is not valid: a name, such as \"loader\""),
        ] {
            let config = parse(&format!("{LEAST}[loader]\n{table}\n")).unwrap();
            assert_eq!(config.loader.check().unwrap_err().to_string(), error);
        }
    }
}
