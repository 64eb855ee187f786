//! Searches that run by themselves, as they are kept.
//!
//! A run counts what was stored since the run before, so that an event is counted once, however late it
//! came.

use super::Work;
use super::channel::{Notice, keep};
use super::search::{SavedSearch, by_id, own};
use crate::Error;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

/// Schedules of one user: each is a query every few minutes.
pub(crate) const SCHEDULES_MAX: u32 = 20;
/// Runs that are shown, and kept.
const RUNS_MAX: u32 = 100;
/// Of one look.
const DUE_MAX: u32 = 20;
const MINUTE_MS: i64 = 60_000;

/// How a search runs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) minutes: u32,
    pub(crate) at_least: u32,
    pub(crate) channel: Option<i64>,
    pub(crate) enabled: bool,
}

/// A schedule as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) plan: Plan,
    pub(crate) to_ms: i64,
    pub(crate) next_ms: i64,
    /// Runs that found enough since the owner looked.
    pub(crate) unseen: u32,
}

/// What one run found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = SearchRun)]
pub(crate) struct Run {
    pub(crate) at: i64,
    /// Events that were stored from then on.
    pub(crate) from: i64,
    /// Events that were stored before.
    pub(crate) to: i64,
    pub(crate) events: u64,
    /// Whether they were enough to be told of.
    pub(crate) found: bool,
    /// Why nothing was counted; empty where it was.
    pub(crate) fault: String,
}

/// A search whose time has come.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    pub(crate) search: SavedSearch,
    pub(crate) schedule: Schedule,
}

const COLUMNS: &str = "minutes, at_least, channel, enabled, to_ms, next_ms, \
    (SELECT count(*) FROM search_runs r WHERE r.search = s.search AND r.found AND r.at_ms > s.seen_ms)";

impl Work {
    /// The schedule of one's own search and its newest runs; nothing where there is no such search.
    pub(crate) async fn schedule(
        &self,
        owner: &str,
        search: &str,
    ) -> Result<Option<(Option<Schedule>, Vec<Run>)>, Error> {
        let (owner, id) = (owner.to_owned(), search.to_owned());
        let read = move |connection: &mut Connection| {
            if own(connection, &owner, &id)?.is_none() {
                return Ok(None);
            }
            let runs = connection
                .prepare_cached(
                    "SELECT at_ms, from_ms, to_ms, events, found, fault FROM search_runs \
                     WHERE search = ?1 ORDER BY id DESC LIMIT ?2",
                )?
                .query_map(params![id, RUNS_MAX], run)?
                .collect::<Result<_, _>>()?;
            Ok(Some((of(connection, &id)?, runs)))
        };
        self.database.call("read a schedule", read).await
    }

    /// Ids of the owner's searches with a schedule, each with it.
    pub(crate) async fn schedules(&self, owner: &str) -> Result<Vec<(String, Schedule)>, Error> {
        let owner = owner.to_owned();
        let read = move |connection: &mut Connection| {
            let sql = format!(
                "SELECT {COLUMNS}, s.search FROM schedules s JOIN searches k ON k.id = s.search \
                 WHERE k.owner = ?1 AND k.deleted = 0 ORDER BY s.search"
            );
            connection
                .prepare_cached(&sql)?
                .query_map([owner], |row| Ok((row.get(7)?, schedule(row)?)))?
                .collect()
        };
        self.database.call("read the schedules", read).await
    }

    /// Has a search run by itself from now on, or otherwise than before; `None` ends that. Whether it was
    /// done: not where the owner has too many.
    pub(crate) async fn set_schedule(
        &self,
        owner: &str,
        search: &str,
        plan: Option<Plan>,
    ) -> Result<bool, Error> {
        let (owner, id, now_ms) = (owner.to_owned(), search.to_owned(), self.clock.now_ms());
        let set = move |connection: &mut Connection| {
            let tx = connection.transaction()?;
            let Some(Plan { minutes, at_least, channel, enabled }) = plan else {
                tx.execute("DELETE FROM schedules WHERE search = ?1", [&id])?;
                tx.commit()?;
                return Ok(true);
            };
            let others: u32 = tx.query_row(
                "SELECT count(*) FROM schedules s JOIN searches k ON k.id = s.search \
                 WHERE k.owner = ?1 AND k.deleted = 0 AND s.search <> ?2",
                [&owner, &id],
                |row| row.get(0),
            )?;
            if others >= SCHEDULES_MAX {
                return Ok(false);
            }
            // One that slept goes on from now: what came meanwhile was not asked for.
            tx.execute(
                "INSERT INTO schedules (search, minutes, at_least, channel, enabled, to_ms, next_ms, \
                 seen_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6) ON CONFLICT (search) DO UPDATE SET \
                 to_ms = CASE WHEN enabled THEN to_ms ELSE excluded.to_ms END, minutes = ?2, \
                 at_least = ?3, channel = ?4, enabled = ?5, next_ms = ?7",
                params![
                    id,
                    minutes,
                    at_least,
                    channel,
                    enabled,
                    now_ms,
                    now_ms + i64::from(minutes) * MINUTE_MS
                ],
            )?;
            tx.commit()?;
            Ok(true)
        };
        self.database.call("set a schedule", set).await
    }

    /// Keeps that the owner has looked at what a schedule found.
    pub(crate) async fn seen_schedule(&self, search: &str) -> Result<(), Error> {
        let (id, now_ms) = (search.to_owned(), self.clock.now_ms());
        let sql = "UPDATE schedules SET seen_ms = ?2 WHERE search = ?1";
        let set = move |connection: &mut Connection| connection.execute(sql, params![id, now_ms]);
        self.database.call("keep what was seen", set).await.map(drop)
    }

    /// The searches whose time has come.
    pub(crate) async fn due_searches(&self) -> Result<Vec<Due>, Error> {
        let now_ms = self.clock.now_ms();
        let read = move |connection: &mut Connection| {
            let sql = format!(
                "SELECT {COLUMNS}, s.search FROM schedules s JOIN searches k ON k.id = s.search \
                 WHERE s.enabled AND k.deleted = 0 AND s.next_ms <= ?1 ORDER BY s.next_ms LIMIT ?2"
            );
            let rows: Vec<(String, Schedule)> = connection
                .prepare_cached(&sql)?
                .query_map(params![now_ms, DUE_MAX], |row| Ok((row.get(7)?, schedule(row)?)))?
                .collect::<Result<_, _>>()?;
            let mut due = Vec::new();
            for (id, schedule) in rows {
                due.extend(by_id(connection, &id)?.map(|search| Due { search, schedule }));
            }
            Ok(due)
        };
        self.database.call("read what is to be searched", read).await
    }

    /// Keeps what a run found, with what is to be said of it, as one. Where nothing could be counted the
    /// next run looks through the same again.
    pub(crate) async fn ran(
        &self,
        due: &Due,
        run: Run,
        notice: Option<Notice>,
    ) -> Result<(), Error> {
        let (id, minutes) = (due.search.id.clone(), i64::from(due.schedule.plan.minutes));
        let now_ms = self.clock.now_ms();
        let keep = move |connection: &mut Connection| {
            let tx = connection.transaction()?;
            let done = run.fault.is_empty();
            let sql = "UPDATE schedules SET next_ms = ?2, to_ms = CASE WHEN ?3 THEN ?4 ELSE to_ms END \
                       WHERE search = ?1";
            // One that was taken away meanwhile found nothing.
            let next_ms = now_ms + minutes * MINUTE_MS;
            if tx.execute(sql, params![id, next_ms, done, run.to])? > 0 {
                tx.execute(
                    "INSERT INTO search_runs (search, at_ms, from_ms, to_ms, events, found, fault) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        id,
                        run.at,
                        run.from,
                        run.to,
                        i64::try_from(run.events).unwrap_or(i64::MAX),
                        run.found,
                        run.fault
                    ],
                )?;
                tx.execute(
                    "DELETE FROM search_runs WHERE search = ?1 AND id NOT IN (SELECT id FROM \
                     search_runs WHERE search = ?1 ORDER BY id DESC LIMIT ?2)",
                    params![id, RUNS_MAX],
                )?;
                if let Some(notice) = &notice {
                    keep(&tx, notice, now_ms)?;
                }
            }
            tx.commit()
        };
        self.database.call("keep what a search found", keep).await
    }
}

fn of(connection: &Connection, search: &str) -> Result<Option<Schedule>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM schedules s WHERE s.search = ?1");
    connection.prepare_cached(&sql)?.query_row([search], schedule).optional()
}

fn schedule(row: &Row<'_>) -> Result<Schedule, rusqlite::Error> {
    Ok(Schedule {
        plan: Plan {
            minutes: row.get(0)?,
            at_least: row.get(1)?,
            channel: row.get(2)?,
            enabled: row.get(3)?,
        },
        to_ms: row.get(4)?,
        next_ms: row.get(5)?,
        unseen: row.get(6)?,
    })
}

fn run(row: &Row<'_>) -> Result<Run, rusqlite::Error> {
    let events: i64 = row.get(3)?;
    Ok(Run {
        at: row.get(0)?,
        from: row.get(1)?,
        to: row.get(2)?,
        events: events.unsigned_abs(),
        found: row.get(4)?,
        fault: row.get(5)?,
    })
}
