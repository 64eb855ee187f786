//! Java's class archive, which saves a broker a third of its start.

use crate::broker::Broker;
use crate::{Config, Error};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long Java may take to write the archive when it ends.
const DUMP: Duration = Duration::from_secs(60);

/// Where the archive of the jars in `libs` lies: beside the directory, not in it.
pub fn archive_path(libs: &Path) -> PathBuf {
    libs.with_file_name("kafka.jsa")
}

/// The flags that make a broker use the archive, if there is one. Java checks that the jars are
/// those that it was made from, and does without it otherwise.
pub(crate) fn flags(config: &Config) -> Vec<String> {
    let path = archive_path(&config.libs);
    if !path.is_file() {
        return Vec::new();
    }
    vec![format!("-XX:SharedArchiveFile={}", path.display()), "-Xshare:auto".into()]
}

/// Makes the archive by starting the broker of `config`, whose data directory should be a
/// temporary one, and stopping it. Takes some ten seconds; replaces an archive that is there.
pub fn create_archive(config: &Config) -> Result<(), Error> {
    let path = archive_path(&config.libs);
    let fresh = path.with_extension("jsa.new");
    for old in [&path, &fresh] {
        match fs::remove_file(old) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::file("remove", old)(error));
            }
            _ => {}
        }
    }
    let broker = Broker::spawn(config, &[format!("-XX:ArchiveClassesAtExit={}", fresh.display())])?;
    broker.wait_ready(config)?;
    broker.stop(DUMP);
    fs::rename(&fresh, &path).map_err(Error::file("rename", &fresh))
}
