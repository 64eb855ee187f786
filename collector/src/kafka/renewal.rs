//! Certificates and passwords that are renewed while the collector runs.

use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

/// How often the files are looked at. A certificate is renewed long before it ends; a password may
/// be changed because it got known.
const LOOK: Duration = Duration::from_secs(5);

/// A file as it was: inode, length, time of its last change in ns. `None`: it was not there.
type Stamp = Option<(u64, u64, i64)>;

/// The files that the producer in use was opened with.
#[derive(Debug, Clone)]
pub(crate) struct Renewal {
    used: Vec<Stamp>,
    next_look: Instant,
}

impl Renewal {
    /// The files as they are now; to be asked for before they are read.
    pub(crate) fn new(config: &bus::Config) -> Self {
        Self { used: stamps(config), next_look: Instant::now() + LOOK }
    }

    /// Whether a file is another than the one used. Asks the system every few seconds only, and
    /// goes on to say so until [`Self::new`] has taken this one's place.
    pub(crate) fn is_due(&mut self, config: &bus::Config, now: Instant) -> bool {
        if now < self.next_look {
            return false;
        }
        self.next_look = now + LOOK;
        self.used != stamps(config)
    }
}

fn stamps(config: &bus::Config) -> Vec<Stamp> {
    let stamp = |path: &std::path::Path| {
        let metadata = std::fs::metadata(path).ok()?;
        let changed = metadata.mtime().wrapping_mul(1_000_000_000) + metadata.mtime_nsec();
        Some((metadata.ino(), metadata.len(), changed))
    };
    config.files().into_iter().map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_replaced_or_goes_is_noticed_at_the_next_look() {
        let dir = tempfile::tempdir().unwrap();
        let ca = dir.path().join("ca.pem");
        std::fs::write(&ca, "one").unwrap();
        let tls = bus::config::Tls { ca_file: Some(ca.clone()), identity: None };
        let config = bus::Config { tls: Some(tls), ..bus::Config::new("a:1") };
        let mut renewal = Renewal::new(&config);
        let later = Instant::now() + LOOK;
        assert!(!renewal.is_due(&config, later));
        std::fs::write(dir.path().join("new"), "two").unwrap();
        std::fs::rename(dir.path().join("new"), &ca).unwrap();
        assert!(!renewal.is_due(&config, later), "not so soon again");
        assert!(renewal.is_due(&config, later + LOOK));
        assert!(renewal.is_due(&config, later + 2 * LOOK), "until it is used");
        let mut renewal = Renewal::new(&config);
        std::fs::remove_file(&ca).unwrap();
        assert!(renewal.is_due(&config, later + LOOK));
    }
}
