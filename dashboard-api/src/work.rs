//! What analysts keep beside the alerts: cases with their tasks and evidence, searches, how soon
//! alerts are to be worked, and who is told of them, in SQLite.
//!
//! A file of its own, `work.sqlite3`: evidence may be large, and a login must not wait behind it.
//! Every read takes a [`Reach`], made from the session and from nothing else, as reads of the store
//! take a scope.

pub(crate) mod case;
pub(crate) mod channel;
pub(crate) mod names;
mod reach;
pub(crate) mod retention;
pub(crate) mod schedule;
pub(crate) mod search;
pub(crate) mod sla;

pub(crate) use reach::Reach;

use crate::accounts::database::{Database, Schema};
use crate::{Clock, Error};
use rusqlite::Row;
use rusqlite::types::Type;
use std::path::Path;
use std::sync::Arc;

const SCHEMA: Schema = Schema {
    file: "work.sqlite3",
    migrations: &[
        include_str!("work/migrations/0001_cases.sql"),
        include_str!("work/migrations/0002_searches.sql"),
        include_str!("work/migrations/0003_sla.sql"),
        include_str!("work/migrations/0004_views.sql"),
        include_str!("work/migrations/0005_retention.sql"),
        include_str!("work/migrations/0006_channels.sql"),
        include_str!("work/migrations/0007_schedules.sql"),
    ],
};

/// The analysts' work; clones share it.
#[derive(Clone)]
pub(crate) struct Work {
    database: Arc<Database>,
    clock: Clock,
}

impl Work {
    /// Opens the file in `data_dir`. Blocks.
    pub(crate) fn open(data_dir: &Path, clock: Clock) -> Result<Self, Error> {
        Ok(Self { database: Database::open_as(data_dir, &SCHEMA)?, clock })
    }
}

/// A column that holds JSON of ours.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    index: usize,
) -> Result<T, rusqlite::Error> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
    })
}
