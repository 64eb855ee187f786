//! Threat intelligence that the dashboard keeps: feeds and their indicators, in SQLite.
//!
//! A file of its own, `intel.sqlite3`: an import of a million rows must not keep a case waiting. What is
//! kept leaves through topic `control` ([`publish`]), so detectors and normalizers take it whole; what a
//! TAXII server has is read in turns ([`fetch`]).

pub(crate) mod feed;
pub(crate) mod fetch;
pub(crate) mod import;
pub(crate) mod indicator;
pub(crate) mod publish;

pub(crate) use feed::{Feed, Origin, Spec};
pub(crate) use import::{How, Imported};
pub(crate) use indicator::{IndicatorKind, Listed, Wanted};

use crate::accounts::database::{Database, Schema};
use crate::{Clock, Error};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

const SCHEMA: Schema = Schema {
    file: "intel.sqlite3",
    migrations: &[include_str!("intel/migrations/0001_feeds.sql")],
};

/// Indicators of all feeds together: more are given to the services as files.
pub(crate) const INDICATORS_MAX: u64 = 2_000_000;

/// The set that services have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) version: String,
    pub(crate) at_ms: i64,
    pub(crate) indicators: u64,
}

/// Feeds and indicators; clones share them.
#[derive(Clone)]
pub(crate) struct Intel {
    database: Arc<Database>,
    clock: Clock,
    /// The TAXII servers that feeds may name.
    servers: Arc<[taxii::Config]>,
    /// What is kept is no longer what services have.
    changed: Arc<Notify>,
    /// A collection is to be read at once.
    asked: Arc<Notify>,
    published: Arc<Mutex<Option<Published>>>,
}

impl Intel {
    /// Opens the file in `data_dir`. Blocks.
    pub(crate) fn open(
        data_dir: &Path,
        clock: Clock,
        servers: Vec<taxii::Config>,
    ) -> Result<Self, Error> {
        Ok(Self {
            database: Database::open_as(data_dir, &SCHEMA)?,
            clock,
            servers: servers.into(),
            changed: Arc::default(),
            asked: Arc::default(),
            published: Arc::default(),
        })
    }

    /// The names of the servers that feeds may name.
    pub(crate) fn servers(&self) -> impl Iterator<Item = &str> {
        self.servers.iter().map(|server| server.name.as_str())
    }

    /// A server, opened: its secrets are read anew, so a changed one needs no restart. Blocks.
    fn server(&self, name: &str) -> Result<taxii::Server, String> {
        let known = self.servers.iter().find(|server| server.name == name);
        let config = known.ok_or("the service's configuration has no such [[taxii]] server")?;
        taxii::Server::open(config).map_err(|error| error.to_string())
    }

    /// The collections of a server.
    pub(crate) async fn collections(
        &self,
        server: String,
    ) -> Result<Result<Vec<taxii::Collection>, String>, Error> {
        let intel = self.clone();
        let ask = move || {
            let server = intel.server(&server)?;
            server.collections().map_err(|error| error.to_string())
        };
        tokio::task::spawn_blocking(ask)
            .await
            .map_err(|_| Error::Stopped { what: "ask a TAXII server" })
    }

    /// What services have; none before it was looked at.
    pub(crate) fn published(&self) -> Option<Published> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
