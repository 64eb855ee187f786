//! A SQLite file, its migrations, and the bounded pool that reaches it; first of all the accounts'.

use crate::Error;
use rusqlite::{Connection, TransactionBehavior};
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Connections, and so blocking threads, at most: readers run beside the one writer that SQLite
/// allows, and a lookup takes microseconds.
const CONNECTIONS_MAX: usize = 4;
/// How long a writer waits for another process's write: `prohori up` writes a login token into the
/// same file, which takes milliseconds.
const BUSY_TIME: Duration = Duration::from_secs(5);

/// A file of its own, with what makes its tables.
pub(crate) struct Schema {
    /// Its name within the data directory.
    pub(crate) file: &'static str,
    /// Applied in order, each once, each in a transaction; `user_version` counts them.
    pub(crate) migrations: &'static [&'static str],
}

/// Users, sessions and the audit log.
const ACCOUNTS: Schema = Schema {
    file: "accounts.sqlite3",
    migrations: &[
        include_str!("migrations/0001_accounts.sql"),
        include_str!("migrations/0002_audit_tree.sql"),
        include_str!("migrations/0003_idempotency.sql"),
        include_str!("migrations/0004_governance.sql"),
        include_str!("migrations/0005_second_factor.sql"),
        include_str!("migrations/0006_rules.sql"),
        include_str!("migrations/0007_jobs.sql"),
        include_str!("migrations/0008_provider.sql"),
    ],
};

/// The opened database.
pub(crate) struct Database {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Database {
    /// Opens the accounts in `data_dir`.
    pub(crate) fn open(data_dir: &Path) -> Result<Arc<Self>, Error> {
        Self::open_as(data_dir, &ACCOUNTS)
    }

    /// Opens the schema's file in `data_dir`, creates both where missing, and migrates.
    pub(crate) fn open_as(data_dir: &Path, schema: &Schema) -> Result<Arc<Self>, Error> {
        let path = data_dir.join(schema.file);
        create(data_dir, &path)
            .map_err(|source| Error::DataDir { path: data_dir.into(), source })?;
        let mut connection = connect(&path)?;
        migrate(&mut connection, &path, schema.migrations)?;
        Ok(Arc::new(Self {
            path,
            idle: Mutex::new(vec![connection]),
            permits: Semaphore::new(CONNECTIONS_MAX),
        }))
    }

    /// Runs `work` on the calling thread, which must be one that may block.
    pub(crate) fn run<T>(
        &self,
        what: &'static str,
        work: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path)?,
        };
        let result = work(&mut connection).map_err(|source| Error::Database { what, source });
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < CONNECTIONS_MAX {
            idle.push(connection);
        }
        result
    }

    /// Runs `work` on a thread that may block, as one of at most [`CONNECTIONS_MAX`].
    ///
    /// # Cancel safety
    /// Dropped before a connection is free, nothing happens; dropped later, the work is done all
    /// the same and its result is lost.
    pub(crate) async fn call<T: Send + 'static>(
        self: &Arc<Self>,
        what: &'static str,
        work: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let _permit = self.permits.acquire().await.map_err(|_| Error::Stopped { what })?;
        let database = Arc::clone(self);
        tokio::task::spawn_blocking(move || database.run(what, work))
            .await
            .map_err(|_| Error::Stopped { what })?
    }
}

/// Only the owner may read either: the file's mode is what its journal files get too.
fn create(data_dir: &Path, path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir)?;
    OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let open = || {
        let mut connection = Connection::open(path)?;
        // A transaction that reads and then writes cannot wait for another writer: what it read
        // would be old, and SQLite refuses it at once. So each waits before it reads.
        connection.set_transaction_behavior(TransactionBehavior::Immediate);
        connection.busy_timeout(BUSY_TIME)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // What was answered with success survives a power cut.
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(connection)
    };
    open().map_err(|source| Error::OpenDatabase { path: path.into(), source })
}

fn migrate(connection: &mut Connection, path: &Path, migrations: &[&str]) -> Result<(), Error> {
    let failed = |source| Error::OpenDatabase { path: path.into(), source };
    // Immediate, so that of two processes that open a new file one waits for the other.
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let version: usize = transaction
        .pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
        .map(|version| usize::try_from(version).unwrap_or(usize::MAX))
        .map_err(failed)?;
    let known = migrations.len();
    let Some(missing) = migrations.get(version..) else {
        return Err(Error::NewerDatabase { path: path.into(), version, known });
    };
    for migration in missing {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    transaction
        .pragma_update(None, "user_version", i64::try_from(known).unwrap_or(i64::MAX))
        .map_err(failed)?;
    transaction.commit().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_new_file_is_migrated_once_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("a/b");
        for _ in 0..2 {
            let database = Database::open(&data).unwrap();
            let users: i64 = database
                .run("count", |c| c.query_row("SELECT count(*) FROM users", [], |r| r.get(0)))
                .unwrap();
            assert_eq!(users, 0);
        }
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&data.join(ACCOUNTS.file))), (0o700, 0o600));
    }

    #[test]
    fn those_who_read_and_then_write_wait_for_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(dir.path()).unwrap();
        database
            .run("make", |c| c.execute_batch("CREATE TABLE n (n INT); INSERT INTO n VALUES (0)"))
            .unwrap();
        let add = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let n: i64 = transaction.query_row("SELECT n FROM n", [], |row| row.get(0))?;
            transaction.execute("UPDATE n SET n = ?1", [n + 1])?;
            transaction.commit()
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..25).for_each(|_| database.run("add", add).unwrap()));
            }
        });
        let read = |c: &mut Connection| c.query_row("SELECT n FROM n", [], |row| row.get(0));
        assert_eq!(database.run::<i64>("read", read).unwrap(), 100);
    }

    #[test]
    fn a_file_of_a_later_release_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(dir.path()).unwrap();
        database.run("raise", |c| c.pragma_update(None, "user_version", 99)).unwrap();
        let error = Database::open(dir.path()).err().unwrap();
        assert!(matches!(error, Error::NewerDatabase { version: 99, .. }), "{error}");
    }

    #[test]
    fn the_audit_log_cannot_be_rewritten() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(dir.path()).unwrap();
        let run = |sql: &'static str| database.run("audit", move |c| c.execute(sql, []));
        run("INSERT INTO audit VALUES (1, 0, 'a', 'b', 'c', '{}', 't')").unwrap();
        for sql in ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"] {
            assert!(run(sql).is_err(), "{sql}");
        }
    }
}
