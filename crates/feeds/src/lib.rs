//! Threat indicators as the services take them: from files, and from what the dashboard publishes.

mod error;

pub use error::Error;

use indicators::{Report, Set};
use ruleset::Content;
use service::reload;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A publisher needs about a second for a million indicators; what is not whole by then is left to the
/// next look.
const WRITTEN_IN: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Where indicators come from.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Files of indicators, and folders of such.
    pub files: Vec<PathBuf>,
    /// Files of warning lists, and folders of such: what they name is no indicator.
    pub warning_lists: Vec<PathBuf>,
    /// The cluster whose topic `control` has those that the dashboard keeps.
    pub published: Option<bus::Config>,
}

impl Source {
    /// What tells that they have changed. Blocks.
    pub fn fingerprint(&self) -> Result<u64, Error> {
        let mut hash = DefaultHasher::new();
        for paths in [&self.files, &self.warning_lists] {
            reload::fingerprint(paths).map_err(Error::Files)?.hash(&mut hash);
        }
        if let Some(cluster) = &self.published {
            control::fingerprint(cluster, Content::Indicators)?.hash(&mut hash);
        }
        Ok(hash.finish())
    }

    /// Reads and compiles them, with what the warning lists name left out. Blocks.
    pub fn load(&self) -> Result<(Set, Report), Error> {
        let mut feeds = reload::contents(&self.files).map_err(Error::Files)?;
        let warnings = reload::contents(&self.warning_lists).map_err(Error::Files)?;
        let begun = Instant::now();
        while let Some(cluster) = &self.published {
            match control::published(cluster, Content::Indicators) {
                Err(control::Error::Unfinished) if begun.elapsed() < WRITTEN_IN => {
                    std::thread::sleep(LOOK_AGAIN);
                }
                found => {
                    let files = found?.into_iter().flat_map(|bundle| bundle.files);
                    feeds.extend(files.map(|(name, text)| (name, text.into_bytes())));
                    break;
                }
            }
        }
        Ok(indicators::load(&feeds, &warnings)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bus::TopicSpec;
    use bus::admin::ensure_topics;
    use ruleset::Bundle;

    #[test]
    fn files_and_what_is_published_make_one_set() {
        let broker = embedded_kafka::testing::broker();
        let cluster = bus::Config { brokers: broker.address(), tls: None, sasl: None };
        ensure_topics(&cluster, &TopicSpec::shared(2)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("own.txt"), "203.0.113.9\n").unwrap();
        let source = Source {
            files: vec![folder.path().to_owned()],
            published: Some(cluster.clone()),
            ..Source::default()
        };
        // A topic that was made a moment ago may still be choosing its leader.
        let deadline = Instant::now() + Duration::from_secs(60);
        let (set, _) = loop {
            match source.load() {
                Ok(found) => break found,
                Err(error) if error.may_pass() && Instant::now() < deadline => {
                    std::thread::yield_now();
                }
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(set.len(), 1);
        let before = source.fingerprint().unwrap();
        let bundle = Bundle::new(vec![("kept.csv".into(), "value,type\nevil.example,\n".into())]);
        control::publish(&cluster, Content::Indicators, &bundle).unwrap();
        assert_ne!(source.fingerprint().unwrap(), before);
        assert_eq!(source.load().unwrap().0.len(), 2);
    }
}
