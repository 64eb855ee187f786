//! Agencies, tokens and collectors, in SQLite: few rows, many small transactions.

use crate::{Error, token};
use model::Agency;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use std::path::Path;
use std::time::Duration;

/// How long a writer waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS agencies (
    name TEXT PRIMARY KEY,
    bytes_per_second INTEGER,
    added_ms INTEGER NOT NULL,
    removed_ms INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS tokens (
    hash BLOB PRIMARY KEY,
    agency TEXT NOT NULL,
    site TEXT NOT NULL,
    uses_left INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS collectors (
    id TEXT PRIMARY KEY,
    agency TEXT NOT NULL,
    site TEXT NOT NULL,
    host TEXT NOT NULL,
    certificate TEXT NOT NULL,
    certificate_before TEXT,
    enrolled_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT;
";

/// An agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyRow {
    /// Its name.
    pub name: String,
    /// What each of its collectors may send, in bytes a second to each broker.
    pub bytes_per_second: Option<u32>,
    /// It was removed.
    pub removed: bool,
}

/// A collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorRow {
    /// Its identity, which is its certificate's common name.
    pub id: String,
    /// Whose it is.
    pub agency: String,
    /// Where it is.
    pub site: String,
    /// What its host called itself: a label.
    pub host: String,
    /// When it enrolled, ms since the epoch.
    pub enrolled_ms: i64,
    /// Until when its certificate is good.
    pub expires_ms: i64,
    /// It may send no more.
    pub revoked: bool,
}

/// The database.
pub(crate) struct Registry(Connection);

fn failed(what: &'static str) -> impl FnOnce(rusqlite::Error) -> Error {
    move |source| Error::Registry { what, source }
}

impl Registry {
    /// Opens the file `path`, and makes it where it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let open = || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.execute_batch(SCHEMA)?;
            Ok(connection)
        };
        open().map(Self).map_err(failed("open it"))
    }

    /// Adds an agency, or changes its limit, or takes it in again.
    pub(crate) fn add_agency(
        &self,
        agency: &Agency,
        limit: Option<u32>,
        now_ms: i64,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO agencies (name, bytes_per_second, added_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET bytes_per_second = ?2, removed_ms = NULL";
        self.0
            .execute(sql, params![agency.as_str(), limit, now_ms])
            .map_err(failed("add an agency"))?;
        Ok(())
    }

    /// Marks an agency as removed, and its tokens as used up. Whether it was there.
    pub(crate) fn remove_agency(&mut self, agency: &Agency, now_ms: i64) -> Result<bool, Error> {
        let name = agency.as_str();
        let mut remove = || {
            let change = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let sql = "UPDATE agencies SET removed_ms = coalesce(removed_ms, ?2) WHERE name = ?1";
            let found = change.execute(sql, params![name, now_ms])?;
            change.execute("DELETE FROM tokens WHERE agency = ?1", [name])?;
            change.commit()?;
            Ok(found > 0)
        };
        remove().map_err(failed("remove an agency"))
    }

    pub(crate) fn agencies(&self) -> Result<Vec<AgencyRow>, Error> {
        let list = || -> rusqlite::Result<Vec<AgencyRow>> {
            let sql =
                "SELECT name, bytes_per_second, removed_ms IS NOT NULL FROM agencies ORDER BY 1";
            let mut statement = self.0.prepare(sql)?;
            let rows = statement.query_map([], |row| {
                let (name, limit, removed) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(AgencyRow { name, bytes_per_second: limit, removed })
            })?;
            rows.collect()
        };
        list().map_err(failed("list agencies"))
    }

    /// One agency, if it was not removed.
    pub(crate) fn agency(&self, name: &str) -> Result<AgencyRow, Error> {
        let found = self.agencies()?.into_iter().find(|row| row.name == name && !row.removed);
        found.ok_or_else(|| Error::NoAgency { name: name.to_owned() })
    }

    pub(crate) fn add_token(
        &self,
        secret: &str,
        agency: &str,
        site: &str,
        uses: u32,
        expires_ms: i64,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO tokens (hash, agency, site, uses_left, expires_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)";
        self.0
            .execute(sql, params![token::hash(secret), agency, site, uses, expires_ms])
            .map_err(failed("add a token"))?;
        Ok(())
    }

    /// Takes one use of a token; agency and site that it is for.
    pub(crate) fn redeem(&self, secret: &str, now_ms: i64) -> Result<(String, String), Error> {
        let sql = "UPDATE tokens SET uses_left = uses_left - 1
             WHERE hash = ?1 AND uses_left > 0 AND expires_ms > ?2
               AND agency IN (SELECT name FROM agencies WHERE removed_ms IS NULL)
             RETURNING agency, site";
        let row = self
            .0
            .query_row(sql, params![token::hash(secret), now_ms], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .map_err(failed("redeem a token"))?;
        row.ok_or(Error::Token)
    }

    /// Gives a use back, of a token whose collector could not be enrolled after all.
    pub(crate) fn give_back(&self, secret: &str) -> Result<(), Error> {
        let sql = "UPDATE tokens SET uses_left = uses_left + 1 WHERE hash = ?1";
        self.0.execute(sql, [token::hash(secret)]).map_err(failed("give a token back"))?;
        Ok(())
    }

    pub(crate) fn add_collector(&self, row: &CollectorRow, certificate: &str) -> Result<(), Error> {
        let sql = "INSERT INTO collectors
             (id, agency, site, host, certificate, enrolled_ms, expires_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let CollectorRow { id, agency, site, host, enrolled_ms, expires_ms, .. } = row;
        self.0
            .execute(sql, params![id, agency, site, host, certificate, enrolled_ms, expires_ms])
            .map_err(failed("add a collector"))?;
        Ok(())
    }

    /// The collector that shows this certificate, unless it was revoked. The one before counts too:
    /// the answer with the new one may have been lost.
    pub(crate) fn by_certificate(&self, certificate: &str) -> Result<CollectorRow, Error> {
        let found = self.select(
            "(certificate = ?1 OR certificate_before = ?1) AND revoked_ms IS NULL",
            certificate,
        )?;
        found.into_iter().next().ok_or_else(|| Error::NoCollector { id: certificate.to_owned() })
    }

    /// Notes another certificate of a collector.
    pub(crate) fn renew(
        &self,
        id: &str,
        shown: &str,
        certificate: &str,
        expires_ms: i64,
    ) -> Result<(), Error> {
        let sql = "UPDATE collectors
             SET certificate_before = ?2, certificate = ?3, expires_ms = ?4 WHERE id = ?1";
        self.0
            .execute(sql, params![id, shown, certificate, expires_ms])
            .map_err(failed("renew a collector"))?;
        Ok(())
    }

    /// Marks a collector as revoked. Whether it is one.
    pub(crate) fn revoke(&self, id: &str, now_ms: i64) -> Result<bool, Error> {
        let sql = "UPDATE collectors SET revoked_ms = coalesce(revoked_ms, ?2) WHERE id = ?1";
        let found =
            self.0.execute(sql, params![id, now_ms]).map_err(failed("revoke a collector"))?;
        Ok(found > 0)
    }

    /// The collectors of an agency, or all.
    pub(crate) fn collectors(&self, agency: Option<&str>) -> Result<Vec<CollectorRow>, Error> {
        match agency {
            Some(agency) => self.select("agency = ?1", agency),
            None => self.select("?1 = ''", ""),
        }
    }

    fn select(&self, filter: &str, value: &str) -> Result<Vec<CollectorRow>, Error> {
        let list = || -> rusqlite::Result<Vec<CollectorRow>> {
            let mut statement = self.0.prepare(&format!(
                "SELECT id, agency, site, host, enrolled_ms, expires_ms, revoked_ms IS NOT NULL
                 FROM collectors WHERE {filter} ORDER BY enrolled_ms, id"
            ))?;
            let rows = statement.query_map([value], |row| {
                Ok(CollectorRow {
                    id: row.get(0)?,
                    agency: row.get(1)?,
                    site: row.get(2)?,
                    host: row.get(3)?,
                    enrolled_ms: row.get(4)?,
                    expires_ms: row.get(5)?,
                    revoked: row.get(6)?,
                })
            })?;
            rows.collect()
        };
        list().map_err(failed("list collectors"))
    }
}
