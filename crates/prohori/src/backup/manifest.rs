//! What a backup has: every file with its hash, and where the loader stood. Written last, so that a
//! folder without one is a backup that was not finished.

use super::kafka::Stand;
use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub(super) const FORMAT: u32 = 1;
const NAME: &str = "manifest.json";
const CHUNK_BYTES: usize = 1 << 20;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// Of the program that made it.
    pub(super) version: String,
    /// When it was finished.
    pub(super) made: String,
    pub(super) store: StoreCopy,
    pub(super) kafka: Stand,
    pub(super) files: Vec<Listed>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoreCopy {
    /// Where ClickHouse put it; none: `store/` beside the manifest.
    pub(super) place: Option<String>,
    pub(super) database: String,
    pub(super) bytes: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Listed {
    /// Below the backup's folder.
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Manifest {
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(NAME);
        let text = serde_json::to_string_pretty(self)?;
        let file = std::fs::write(&path, text + "\n").and_then(|()| File::open(&path));
        let failed = || format!("cannot write {}", path.display());
        file.and_then(|file| file.sync_all()).with_context(failed)
    }

    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                bail!("{} is no backup, or one that was not finished: no {NAME}", folder.display());
            }
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let manifest: Self =
            serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        ensure!(
            manifest.format == FORMAT,
            "{} has format {}, this program reads {FORMAT}: use the version that made it, {}",
            path.display(),
            manifest.format,
            manifest.version
        );
        Ok(manifest)
    }

    /// Checks that every file is there as it was, and no other.
    pub(super) fn verify(&self, folder: &Path) -> anyhow::Result<()> {
        let mut found = Vec::new();
        hash_below(folder, folder, &mut found)?;
        let wrong = |ours: &&Listed| found.binary_search_by(|f| f.path.cmp(&ours.path)).is_err();
        if let Some(missing) = self.files.iter().find(wrong) {
            bail!("{} is missing from the backup", missing.path.display());
        }
        for file in &found {
            let listed = self.files.iter().find(|listed| listed.path == file.path);
            let path = file.path.display();
            ensure!(listed.is_some(), "{path} does not belong to the backup");
            ensure!(listed == Some(file), "{path} is not as it was when the backup was made");
        }
        Ok(())
    }
}

/// Hashes every file below `folder` but the manifest, in order of their paths below `root`.
pub(super) fn hash_below(
    root: &Path,
    folder: &Path,
    files: &mut Vec<Listed>,
) -> anyhow::Result<()> {
    let failed = || format!("cannot look into {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        if path.is_dir() {
            hash_below(root, &path, files)?;
        } else if path != root.join(NAME) {
            let (bytes, sha256) =
                hash(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let path = path.strip_prefix(root)?.to_owned();
            files.push(Listed { path, bytes, sha256 });
        }
    }
    if folder == root {
        files.sort_by(|a, b| a.path.cmp(&b.path));
    }
    Ok(())
}

fn hash(path: &Path) -> std::io::Result<(u64, String)> {
    let (mut file, mut hasher, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = file.read(&mut chunk)?;
        if length == 0 {
            break;
        }
        hasher.update(&chunk[..length]);
        bytes += length as u64;
    }
    let mut sum = String::with_capacity(64);
    for byte in hasher.finalize() {
        let _ = write!(sum, "{byte:02x}");
    }
    Ok((bytes, sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backup(folder: &Path) -> Manifest {
        std::fs::create_dir_all(folder.join("data/api")).unwrap();
        std::fs::write(folder.join("data/api/key"), "k").unwrap();
        std::fs::write(folder.join("config"), "c").unwrap();
        let mut files = Vec::new();
        hash_below(folder, folder, &mut files).unwrap();
        let store = StoreCopy { place: None, database: "prohori".into(), bytes: 0 };
        let manifest = Manifest {
            format: FORMAT,
            version: "0".into(),
            made: "now".into(),
            store,
            kafka: Stand::default(),
            files,
        };
        manifest.write(folder).unwrap();
        manifest
    }

    #[test]
    fn only_what_was_saved_is_brought_back() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path();
        let error = Manifest::read(folder).unwrap_err().to_string();
        assert!(error.contains("not finished"), "{error}");
        backup(folder);
        let manifest = Manifest::read(folder).unwrap();
        manifest.verify(folder).unwrap();
        let told = |manifest: &Manifest| manifest.verify(folder).unwrap_err().to_string();
        std::fs::write(folder.join("data/api/key"), "x").unwrap();
        assert!(told(&manifest).contains("data/api/key is not as it was"));
        std::fs::remove_file(folder.join("data/api/key")).unwrap();
        assert!(told(&manifest).contains("data/api/key is missing"));
        std::fs::write(folder.join("data/api/key"), "k").unwrap();
        std::fs::write(folder.join("data/other"), "").unwrap();
        assert!(told(&manifest).contains("data/other does not belong"));
    }
}
