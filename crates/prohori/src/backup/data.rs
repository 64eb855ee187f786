//! A service's data folder: its databases as they are at a moment, and its other files.

use anyhow::Context as _;
use rusqlite::{Connection, OpenFlags};
use std::fs::{DirBuilder, Metadata};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::Path;
use std::time::Duration;

const DATABASE: &str = "sqlite3";
/// What belongs to a database or to a process, and is made anew.
const TRANSIENT: [&str; 3] = ["sqlite3-wal", "sqlite3-shm", "sqlite3-journal"];
/// How long a copy waits for a writer.
const BUSY: Duration = Duration::from_secs(30);

/// Copies the folder `from` to `to`, which is made. A database is copied whole as it is at one
/// moment, however it is written meanwhile.
pub(super) fn save(from: &Path, to: &Path) -> anyhow::Result<()> {
    walk(from, to, &|from, to| match from.extension().and_then(|e| e.to_str()) {
        Some(DATABASE) => snapshot(from, to),
        Some(extension) if TRANSIENT.contains(&extension) => Ok(()),
        _ if from.file_name().is_some_and(|name| name == "lock") => Ok(()),
        _ => copy(from, to),
    })
}

/// Copies the folder `from` into `to`, whose owner owns the copies.
pub(super) fn put_back(from: &Path, to: &Path) -> anyhow::Result<()> {
    let above = to.parent().unwrap_or(to);
    let owner = std::fs::metadata(if to.exists() { to } else { above })
        .with_context(|| format!("cannot look at {}", to.display()))?;
    walk(from, to, &|from, to| {
        copy(from, to)?;
        own(to, &owner)
    })?;
    own(to, &owner)
}

/// Whether there is nothing in the folder, or no folder.
pub(super) fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("cannot look into {}", folder.display())),
    }
}

fn walk(
    from: &Path,
    to: &Path,
    one: &dyn Fn(&Path, &Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(to)
        .with_context(|| format!("cannot make {}", to.display()))?;
    let entries = std::fs::read_dir(from);
    let entries = entries.with_context(|| format!("cannot look into {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let (inner, copy) = (entry.path(), to.join(entry.file_name()));
        // A link is followed: what it names belongs to the configuration too.
        let found = std::fs::metadata(&inner);
        if found.with_context(|| format!("cannot look at {}", inner.display()))?.is_dir() {
            walk(&inner, &copy, one)?;
        } else {
            one(&inner, &copy)?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}

fn snapshot(from: &Path, to: &Path) -> anyhow::Result<()> {
    let failed = || format!("cannot copy the database {}", from.display());
    let database = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE);
    let database = database.with_context(failed)?;
    database.busy_timeout(BUSY).with_context(failed)?;
    let place = to.to_str().context("a path that is UTF-8")?;
    database.execute("VACUUM INTO ?1", [place]).with_context(failed)?;
    let mode = std::fs::metadata(from).with_context(failed)?.permissions();
    std::fs::set_permissions(to, mode).with_context(failed)
}

fn own(path: &Path, owner: &Metadata) -> anyhow::Result<()> {
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid()))
            .with_context(|| format!("cannot give {} to its owner", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_comes_back_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let [from, saved, back] = ["from", "saved", "back"].map(|name| root.path().join(name));
        std::fs::create_dir_all(from.join("inner")).unwrap();
        std::fs::write(from.join("inner/key"), b"\x00secret").unwrap();
        std::fs::write(from.join("lock"), b"1").unwrap();
        let database = Connection::open(from.join("work.sqlite3")).unwrap();
        database.pragma_update(None, "journal_mode", "wal").unwrap();
        database.execute_batch("CREATE TABLE t (n); INSERT INTO t VALUES (1)").unwrap();
        // A writer in the middle of something does not hold the copy up, and is not in it.
        database.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (2)").unwrap();
        save(&from, &saved).unwrap();
        assert!(!saved.join("lock").exists() && !saved.join("work.sqlite3-wal").exists());
        assert!(is_empty(&back).unwrap());
        put_back(&saved, &back).unwrap();
        assert!(!is_empty(&back).unwrap());
        assert_eq!(std::fs::read(back.join("inner/key")).unwrap(), b"\x00secret");
        let database = Connection::open(back.join("work.sqlite3")).unwrap();
        let rows: i64 = database.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 1);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let root = tempfile::tempdir().unwrap();
        let error = save(&root.path().join("absent"), &root.path().join("to")).unwrap_err();
        assert!(error.to_string().contains("absent"), "{error}");
    }
}
