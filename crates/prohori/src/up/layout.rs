//! The data folder of one machine: where everything lies, and that only one `up` uses it.

use anyhow::{Context as _, bail};
use serde_json::Value;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Bytes of randomness in the engine's password.
const PASSWORD_BYTES: usize = 24;

/// The data folder, held by a lock as long as this value lives.
pub(crate) struct Layout {
    root: PathBuf,
    _lock: File,
}

impl Layout {
    /// Makes the folders and takes the lock.
    pub(crate) fn open(root: &Path) -> anyhow::Result<Self> {
        for folder in ["config", "run", "log", "kafka", "engine", "collector", "api", "in"] {
            let path = root.join(folder);
            // Accounts, keys and everybody's logs are in them.
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&path)
                .with_context(|| format!("cannot make folder {}", path.display()))?;
        }
        let root = std::fs::canonicalize(root)
            .with_context(|| format!("cannot open folder {}", root.display()))?;
        let path = root.join("run/lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root, _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!(
                "another `prohori up` runs on {}: end it, or choose another folder with --data",
                root.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    /// Writes a service's configuration; its path.
    pub(crate) fn write_config(&self, name: &str, config: &Value) -> anyhow::Result<PathBuf> {
        let path = self.path(&format!("config/{name}.toml"));
        let text = toml::to_string(config).with_context(|| format!("configuration of {name}"))?;
        let head = "# Written by `prohori up` at each start; changes here are lost.\n\n";
        std::fs::write(&path, format!("{head}{text}"))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// Writes the state file whole: a reader sees the old one or the new one.
    pub(crate) fn write_state(&self, state: &Value) -> std::io::Result<()> {
        let (path, next) = (self.path("run/state.json"), self.path("run/state.json.next"));
        std::fs::write(&next, format!("{state:#}\n"))?;
        std::fs::rename(next, path)
    }

    /// Takes the state file away: nothing runs any more.
    pub(crate) fn remove_state(&self) {
        let _ = std::fs::remove_file(self.path("run/state.json"));
    }

    /// The file with the engine's password, made at the first start, readable by its owner only.
    pub(crate) fn engine_password(&self) -> anyhow::Result<PathBuf> {
        let path = self.path("engine/password");
        if !path.exists() {
            let mut random = [0; PASSWORD_BYTES];
            File::open("/dev/urandom")?.read_exact(&mut random)?;
            let password: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
            let next = self.path("engine/password.next");
            OpenOptions::new()
                .create(true)
                .truncate(true)
                .write(true)
                .mode(0o600)
                .open(&next)
                .and_then(|mut file| writeln!(file, "{password}"))
                .with_context(|| format!("cannot write {}", next.display()))?;
            std::fs::rename(next, &path)?;
        }
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_uses_a_folder_at_a_time_and_only_its_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let first = Layout::open(folder.path()).unwrap();
        let error = Layout::open(folder.path()).err().unwrap().to_string();
        assert!(error.contains("another `prohori up`"), "{error}");
        drop(first);
        let layout = Layout::open(folder.path()).unwrap();
        let api = std::fs::metadata(layout.path("api")).unwrap();
        assert_eq!(api.permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn the_engines_password_is_made_once_and_kept_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::open(folder.path()).unwrap();
        let path = layout.engine_password().unwrap();
        let first = std::fs::read_to_string(&path).unwrap();
        assert_eq!(first.trim().len(), 2 * PASSWORD_BYTES);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        layout.engine_password().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
    }

    #[test]
    fn a_configuration_is_written_as_toml() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::open(folder.path()).unwrap();
        let config = serde_json::json!({"bus": {"brokers": "127.0.0.1:1"}, "n": 3});
        let path = layout.write_config("x", &config).unwrap();
        let back: Value = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(back, config);
    }
}
