//! Searches that analysts keep, for themselves or for an agency.

use super::names::names;
use super::{Reach, Work};
use crate::Error;
use crate::accounts::secret::Secret;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, named_params, params};

/// Searches of one user: more are a sign that search is not what is missing.
pub(crate) const SEARCHES_MAX: u32 = 200;

/// A search that somebody keeps.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct SavedSearch {
    pub(crate) id: String,
    /// Rises by one with each change; the search's ETag.
    pub(crate) version: u32,
    pub(crate) owner: String,
    /// Whose readers see it too; none: the owner's alone.
    pub(crate) agency: Option<String>,
    pub(crate) name: String,
    pub(crate) page: Page,
    pub(crate) q: String,
    /// Such as `-24h`, or two times; empty for the queue.
    pub(crate) range: String,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

names! {
    /// Which page a search is for.
    Page {
        /// Events: `q` is a search.
        Search = "search",
        /// Alerts: `q` is the queue's address without its path, such as `severity=4&assignee=none`.
        Queue = "queue",
    }
}

/// What a search is to be.
#[derive(Debug, Clone)]
pub(crate) struct SearchText {
    /// Empty: the owner's alone.
    pub(crate) agency: String,
    pub(crate) name: String,
    pub(crate) page: Page,
    pub(crate) q: String,
    pub(crate) range: String,
}

/// Why nothing was kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unkept {
    /// There is no such search of the caller's.
    NotFound,
    /// It was changed since.
    Conflict(Box<SavedSearch>),
    /// The caller has too many.
    TooMany,
}

const COLUMNS: &str =
    "id, version, owner, agency, name, q, time_range, created_ms, updated_ms, page FROM searches";

impl Work {
    /// The caller's own searches and those of the agencies that the caller reads, by name.
    pub(crate) async fn searches(&self, reach: &Reach) -> Result<Vec<SavedSearch>, Error> {
        let reach = reach.clone();
        self.database
            .call("list searches", move |connection| {
                let sql = format!(
                    "SELECT {COLUMNS} WHERE deleted = 0 AND (owner = :me OR (agency != '' \
                     AND (:sight IS NULL OR agency IN (SELECT value FROM json_each(:sight))))) \
                     ORDER BY name, id"
                );
                connection
                    .prepare_cached(&sql)?
                    .query_map(named_params! { ":me": reach.actor, ":sight": reach.sight() }, read)?
                    .collect()
            })
            .await
    }

    /// Keeps a search.
    pub(crate) async fn keep_search(
        &self,
        reach: &Reach,
        new: SearchText,
    ) -> Result<Result<SavedSearch, Unkept>, Error> {
        let (owner, now_ms) = (reach.actor.clone(), self.clock.now_ms());
        let id = Secret::random()?.text()[..16].to_owned();
        self.database
            .call("keep a search", move |connection| {
                let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let sql = "SELECT count(*) FROM searches WHERE owner = ?1 AND deleted = 0";
                let held: u32 = tx.query_row(sql, [&owner], |row| row.get(0))?;
                if held >= SEARCHES_MAX {
                    return Ok(Err(Unkept::TooMany));
                }
                let SearchText { agency, name, page, q, range } = new;
                tx.execute(
                    "INSERT INTO searches VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 0, ?8)",
                    params![id, owner, agency, name, q, range, now_ms, page],
                )?;
                let kept = own(&tx, &owner, &id)?;
                tx.commit()?;
                Ok(kept.ok_or(Unkept::NotFound))
            })
            .await
    }

    /// Changes one of the caller's searches whose version is still `expected`; `None` deletes it.
    pub(crate) async fn change_search(
        &self,
        reach: &Reach,
        id: &str,
        expected: u32,
        change: Option<SearchText>,
    ) -> Result<Result<SavedSearch, Unkept>, Error> {
        let (owner, id, now_ms) = (reach.actor.clone(), id.to_owned(), self.clock.now_ms());
        self.database
            .call("change a search", move |connection| {
                let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let Some(now) = own(&tx, &owner, &id)? else { return Ok(Err(Unkept::NotFound)) };
                if now.version != expected {
                    return Ok(Err(Unkept::Conflict(Box::new(now))));
                }
                let after = match change {
                    Some(SearchText { agency, name, page, q, range }) => {
                        tx.execute(
                            "UPDATE searches SET version = version + 1, agency = ?2, name = ?3, \
                             q = ?4, time_range = ?5, updated_ms = ?6, page = ?7 WHERE id = ?1",
                            params![id, agency, name, q, range, now_ms, page],
                        )?;
                        own(&tx, &owner, &id)?
                    }
                    None => {
                        let sql = "UPDATE searches SET version = version + 1, deleted = 1, \
                             updated_ms = ?2 WHERE id = ?1";
                        tx.execute(sql, params![id, now_ms])?;
                        Some(now)
                    }
                };
                tx.commit()?;
                Ok(after.ok_or(Unkept::NotFound))
            })
            .await
    }
}

/// The search of that id, whose ever it is.
pub(super) fn by_id(
    connection: &Connection,
    id: &str,
) -> Result<Option<SavedSearch>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} WHERE id = ?1 AND deleted = 0");
    connection.prepare_cached(&sql)?.query_row([id], read).optional()
}

pub(super) fn own(
    connection: &Connection,
    owner: &str,
    id: &str,
) -> Result<Option<SavedSearch>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} WHERE id = ?1 AND owner = ?2 AND deleted = 0");
    connection.prepare_cached(&sql)?.query_row([id, owner], read).optional()
}

fn read(row: &Row<'_>) -> Result<SavedSearch, rusqlite::Error> {
    let agency: String = row.get(3)?;
    Ok(SavedSearch {
        id: row.get(0)?,
        version: row.get(1)?,
        owner: row.get(2)?,
        agency: (!agency.is_empty()).then_some(agency),
        name: row.get(4)?,
        q: row.get(5)?,
        range: row.get(6)?,
        created: row.get(7)?,
        updated: row.get(8)?,
        page: row.get(9)?,
    })
}
