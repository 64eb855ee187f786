//! Numbered SQL files, applied once each, in order, and recorded with their checksum.
//!
//! DDL has no transactions, so every statement is written to be repeatable (`IF [NOT] EXISTS`): a
//! migration cut short by a crash is simply run again, and two services that migrate at the same
//! time do no harm. A test runs every migration twice.

use crate::error::During;
use crate::{Error, Store};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// One SQL file.
struct Migration {
    number: u32,
    name: &'static str,
    sql: &'static str,
}

/// In order, without holes. A migration that has been released is never edited: add another.
const MIGRATIONS: [Migration; 11] = [
    Migration { number: 1, name: "events", sql: include_str!("../migrations/0001_events.sql") },
    Migration { number: 2, name: "alerts", sql: include_str!("../migrations/0002_alerts.sql") },
    Migration {
        number: 3,
        name: "dead_letters",
        sql: include_str!("../migrations/0003_dead_letters.sql"),
    },
    Migration {
        number: 4,
        name: "events_5m",
        sql: include_str!("../migrations/0004_events_5m.sql"),
    },
    Migration {
        number: 5,
        name: "alerts_bangla",
        sql: include_str!("../migrations/0005_alerts_bangla.sql"),
    },
    Migration {
        number: 6,
        name: "events_5m_in_the_part",
        sql: include_str!("../migrations/0006_events_5m_in_the_part.sql"),
    },
    Migration {
        number: 7,
        name: "alerts_that_grow",
        sql: include_str!("../migrations/0007_alerts_that_grow.sql"),
    },
    Migration { number: 8, name: "entities", sql: include_str!("../migrations/0008_entities.sql") },
    Migration {
        number: 9,
        name: "events_stored",
        sql: include_str!("../migrations/0009_events_stored.sql"),
    },
    Migration { number: 10, name: "expired", sql: include_str!("../migrations/0010_expired.sql") },
    Migration {
        number: 11,
        name: "days_of_dhaka",
        sql: include_str!("../migrations/0011_days_of_dhaka.sql"),
    },
];

const RECORD_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    number UInt32,
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
) ENGINE = ReplacingMergeTree ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1";

#[derive(clickhouse::Row, serde::Serialize, serde::Deserialize)]
struct Applied {
    number: u32,
    name: String,
    checksum: String,
}

impl Store {
    /// Makes the database and brings its schema up to this program's. Returns how many migrations
    /// were applied.
    pub async fn migrate(&self) -> Result<usize, Error> {
        let create = format!("CREATE DATABASE IF NOT EXISTS `{}`", self.database());
        self.server().query(&create).execute().await.during("create the database")?;
        self.client().query(RECORD_TABLE).execute().await.during("create the migrations table")?;
        let applied = self.applied().await?;
        let pending = pending(&applied)?;
        for migration in &pending {
            self.apply(migration).await?;
        }
        // The client caches each table's columns; DDL makes what it holds untrue.
        self.client().clear_cached_metadata().await;
        Ok(pending.len())
    }

    /// How many migrations this program has that the database has not; all of them where there is
    /// no database.
    pub async fn pending_migrations(&self) -> Result<usize, Error> {
        let action = "look for the migrations";
        let sql = "SELECT count() FROM system.tables WHERE database = {database:String} \
             AND name = 'schema_migrations'";
        let query = self.server().query_raw(sql).param("database", self.database());
        let is_there: u64 = query.fetch_one().await.during(action)?;
        if is_there == 0 {
            return Ok(MIGRATIONS.len());
        }
        Ok(pending(&self.applied().await?)?.len())
    }

    async fn applied(&self) -> Result<Vec<Applied>, Error> {
        let sql = "SELECT ?fields FROM schema_migrations FINAL ORDER BY number";
        self.client().query(sql).fetch_all().await.during("read the applied migrations")
    }

    async fn apply(&self, migration: &Migration) -> Result<(), Error> {
        tracing::info!(number = migration.number, name = migration.name, "applying migration");
        for statement in statements(migration.sql) {
            // `query_raw`: a `?` in a comment or a string is no placeholder.
            let query = self.client().query_raw(statement);
            query.execute().await.during("apply a migration")?;
        }
        let row = Applied {
            number: migration.number,
            name: migration.name.into(),
            checksum: checksum(migration.sql),
        };
        let action = "record a migration";
        let mut insert =
            self.client().insert::<Applied>("schema_migrations").await.during(action)?;
        insert.write(&row).await.during(action)?;
        insert.end().await.during(action)
    }
}

/// The migrations still to apply, once those applied have been found to be ours.
fn pending(applied: &[Applied]) -> Result<Vec<&'static Migration>, Error> {
    for row in applied {
        let (number, name) = (row.number, row.name.clone());
        let Some(ours) = MIGRATIONS.iter().find(|m| m.number == number) else {
            return Err(Error::Newer { number, name });
        };
        let ours = checksum(ours.sql);
        if ours != row.checksum {
            return Err(Error::Checksum { number, name, applied: row.checksum.clone(), ours });
        }
    }
    let is_new = |m: &&Migration| applied.iter().all(|row| row.number != m.number);
    Ok(MIGRATIONS.iter().filter(is_new).collect())
}

/// The statements of a file: each ends with `;` at the end of a line.
fn statements(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty())
}

fn checksum(sql: &str) -> String {
    Sha256::digest(sql.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(numbers: impl IntoIterator<Item = u32>) -> Vec<Applied> {
        let row = |number: u32| {
            let ours = MIGRATIONS.iter().find(|m| m.number == number);
            let checksum = ours.map_or_else(String::new, |m| checksum(m.sql));
            Applied { number, name: "x".into(), checksum }
        };
        numbers.into_iter().map(row).collect()
    }

    #[test]
    fn numbers_have_no_holes_and_statements_repeat() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.number as usize, index + 1);
            assert!(migration.sql.ends_with(";\n"), "{}", migration.name);
            for statement in statements(migration.sql) {
                let repeats = ["IF NOT EXISTS", "IF EXISTS"].iter().any(|s| statement.contains(s));
                assert!(repeats, "{statement}");
            }
        }
    }

    #[test]
    fn what_is_applied_is_not_applied_again() {
        let numbers = |rows: Vec<Applied>| -> Vec<u32> {
            pending(&rows).unwrap().iter().map(|m| m.number).collect()
        };
        assert_eq!(numbers(vec![]), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(numbers(applied([1, 2])), [3, 4, 5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(numbers(applied([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])), [0_u32; 0]);
    }

    #[test]
    fn another_program_s_database_is_refused() {
        let mut rows = applied([1]);
        rows[0].checksum.clear();
        assert!(matches!(pending(&rows), Err(Error::Checksum { number: 1, .. })));
        assert!(matches!(pending(&applied([1, 99])), Err(Error::Newer { number: 99, .. })));
    }
}
