//! The database as it is at a moment, put aside and put back.
//!
//! ClickHouse makes the copy: a snapshot of each table's parts, without a pause for writers. It runs
//! on by itself, and is asked how far it is, so that no connection has to last as long as it does.

use crate::error::During;
use crate::{Error, Store};
use clickhouse::Row;
use query::sql::quoted;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// Pause between two questions of how far it is.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Where a copy lies.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Archive {
    /// A folder of the engine's own machine, below the one that its configuration names.
    Folder(PathBuf),
    /// What ClickHouse calls a backup's place, such as `Disk('backups', 'monday')`.
    Place(String),
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Row, Deserialize)]
pub struct Copied {
    /// Files that it is made of.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

#[derive(Row, Deserialize)]
struct BegunRow {
    id: String,
    /// An enumeration, which is asked for by name later.
    #[serde(rename = "status")]
    _status: i8,
}

#[derive(Row, Deserialize)]
struct StatusRow {
    status: String,
    error: String,
    files: u64,
    bytes: u64,
}

impl Archive {
    fn sql(&self) -> String {
        match self {
            Self::Folder(path) => format!("File({})", quoted(&path.to_string_lossy())),
            Self::Place(place) => place.clone(),
        }
    }
}

impl Store {
    /// Copies the database to `archive`, which must not be there yet.
    pub async fn back_up(&self, archive: &Archive) -> Result<Copied, Error> {
        let sql = format!("BACKUP DATABASE `{}` TO {} ASYNC", self.database(), archive.sql());
        self.copy(&sql, "back the database up").await
    }

    /// Brings the database back from `archive`; it must not be there, or hold no rows.
    pub async fn restore(&self, archive: &Archive) -> Result<Copied, Error> {
        let rows = "SELECT sum(total_rows) FROM system.tables WHERE database = {database:String} \
             AND name != 'schema_migrations'";
        let rows: u64 = self
            .server()
            .query_raw(rows)
            .param("database", self.database())
            .fetch_one::<Option<u64>>()
            .await
            .during("look into the database")?
            .unwrap_or_default();
        if rows > 0 {
            return Err(Error::NotEmpty { database: self.database().to_owned(), rows });
        }
        // Tables that the loader made and nothing was written to.
        let drop = format!("DROP DATABASE IF EXISTS `{}` SYNC", self.database());
        self.server().query_raw(&drop).execute().await.during("drop the empty database")?;
        let sql = format!("RESTORE DATABASE `{}` FROM {} ASYNC", self.database(), archive.sql());
        self.copy(&sql, "restore the database").await
    }

    async fn copy(&self, sql: &str, action: &'static str) -> Result<Copied, Error> {
        let begun: BegunRow = self.server().query_raw(sql).fetch_one().await.during(action)?;
        loop {
            let status: StatusRow = self
                .server()
                .query_raw(
                    "SELECT toString(status) AS status, error, num_files AS files, \
                     total_size AS bytes FROM system.backups WHERE id = {id:String}",
                )
                .param("id", &begun.id)
                .fetch_one()
                .await
                .during(action)?;
            match status.status.as_str() {
                "BACKUP_CREATED" | "RESTORED" => {
                    return Ok(Copied { files: status.files, bytes: status.bytes });
                }
                "CREATING_BACKUP" | "RESTORING" => tokio::time::sleep(LOOK_AGAIN).await,
                _ => {
                    // What follows is where in ClickHouse it happened.
                    let why = status.error.split(", Stack trace").next().unwrap_or_default();
                    return Err(Error::Copy { action, why: why.to_owned() });
                }
            }
        }
    }
}
