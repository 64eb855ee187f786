//! The tables: how events, alerts and dead letters are written, searched and triaged in ClickHouse.
//!
//! The only crate that names `clickhouse`. A *row* is what a table holds ([`rows`]); a *view* is
//! what a reader gets ([`views`]); the two change apart. Every read takes a [`Scope`], and the only
//! way to begin a `SELECT` is with one.

pub mod config;
pub mod error;
pub mod rows;
pub mod scope;
pub mod views;

mod alert_updates;
mod alerts;
mod backup;
mod cells;
mod cursor;
mod dead_letters;
mod entities;
mod events;
mod export;
mod history;
mod insert;
mod ledger;
mod measures;
mod migrate;
mod news;
mod retention;
mod rule_counts;
mod rule_findings;
mod search;
mod select;
mod tail;
mod terms;
mod triage;

pub use backup::{Archive, Copied};
pub use config::{Config, RawConfig};
pub use cursor::{Cursor, Order, Page};
pub use dead_letters::DeadLetterReason;
pub use entities::{Entity, EntityKind, RELATED_MAX, VALUE_BYTES_MAX};
pub use error::Error;
pub use events::BUCKETS_MAX;
pub use export::Parquet;
pub use history::{History, HistoryCounts, HistoryOptions, HistoryProgress};
pub use measures::{Load, Measures, Pace, RuleRecord, Span};
pub use news::{StoredAlert, StoredChange};
pub use retention::{Expired, LogClass};
pub use rows::{AlertRow, Block, DeadLetterRow, EventRow, Place, Table};
pub use rule_counts::RuleCounts;
pub use rule_findings::RuleFinding;
pub use scope::Scope;
pub use search::{Answer, Documents};
pub use select::{AlertFilter, EventFilter, Overdue};
pub use tail::{Arrivals, StoredEvent};
pub use terms::TERMS_MAX;
pub use triage::{Change, Outcome, Refusal};
pub use views::{
    Activity, AgencyLedger, AlertCounts, AlertDetail, AlertPage, AlertSummary, DeadLetter,
    DeadLetterPage, EntityDay, EntityProfile, EntitySeen, EventDetail, EventPage, EventSummary,
    Histogram, HistoryItem, Ledger, Related, State, Verdict,
};

use clickhouse::Client;
use error::During;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::time::Duration;

/// Between two packets that keep a connection open.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// ClickHouse ends a connection that rests for three seconds.
const IDLE: Duration = Duration::from_secs(2);

/// Connects by https, and not otherwise.
fn secure(tls: rustls::ClientConfig) -> HttpsConnector<HttpConnector> {
    let mut connector = HttpConnector::new();
    connector.set_keepalive(Some(KEEPALIVE));
    connector.enforce_http(false);
    let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_only();
    builder.enable_http1().wrap_connector(connector)
}

/// A database in ClickHouse. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Store {
    client: Client,
    server: Client,
    database: String,
}

impl Store {
    /// A handle; nothing is sent yet.
    pub fn connect(config: &Config) -> Self {
        // Loopback or a data centre's network: compressing bodies costs more than sending them.
        let client = match &config.tls {
            Some(tls) => Client::with_http_client(
                HyperClient::builder(TokioExecutor::new())
                    .pool_idle_timeout(IDLE)
                    .build(secure(tls.clone())),
            ),
            None => Client::default(),
        };
        let mut server = client
            .with_url(&config.url)
            .with_user(&config.user)
            .with_compression(clickhouse::Compression::None);
        if let Some(password) = &config.password {
            server = server.with_password(password);
        }
        let client = server.clone().with_database(&config.database);
        Self { client, server, database: config.database.clone() }
    }

    /// Whether ClickHouse answers.
    pub async fn ping(&self) -> Result<(), Error> {
        self.server.query("SELECT 1").fetch_one::<u8>().await.during("reach clickhouse").map(drop)
    }

    /// The client for our database.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The client without a database.
    pub(crate) fn server(&self) -> &Client {
        &self.server
    }

    pub(crate) fn database(&self) -> &str {
        &self.database
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.database)
    }
}
