//! A job as it stands in the database.

use super::Order;
use crate::roles::Agencies;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;

/// Jobs that are listed: more is what nobody looks at any more.
const LISTED_MAX: u32 = 100;

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = JobState)]
pub(crate) enum State {
    /// It waits for its turn, or works.
    Running,
    Done,
    Failed,
    Cancelled,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn named(name: &str) -> Self {
        let all = [Self::Running, Self::Done, Self::Cancelled];
        all.into_iter().find(|state| state.as_str() == name).unwrap_or(Self::Failed)
    }
}

/// A job.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) owner: String,
    pub(crate) agencies: Vec<String>,
    pub(crate) asked: Value,
    pub(crate) state: State,
    pub(crate) created_ms: i64,
    pub(crate) ended_ms: Option<i64>,
    /// From 0 to 1.
    pub(crate) progress: f64,
    pub(crate) result: Option<Value>,
    pub(crate) problem: Option<String>,
}

impl Job {
    pub(super) fn new(id: String, order: Order, now_ms: i64) -> Self {
        Self {
            id,
            kind: order.kind.to_owned(),
            owner: order.owner,
            agencies: order.agencies.names(),
            asked: order.asked,
            state: State::Running,
            created_ms: now_ms,
            ended_ms: None,
            progress: 0.0,
            result: None,
            problem: None,
        }
    }

    /// Whether who may see `held` may see what came of it.
    pub(crate) fn is_within(&self, held: &Agencies) -> bool {
        match held {
            Agencies::All => true,
            Agencies::Of(_) => self.agencies.iter().all(|name| name != "*" && held.contains(name)),
        }
    }
}

const COLUMNS: &str =
    "id, kind, owner, agencies, asked, state, created_ms, ended_ms, result, problem";

fn read(row: &Row<'_>) -> rusqlite::Result<Job> {
    let json = |text: String| serde_json::from_str::<Value>(&text).unwrap_or_default();
    let agencies: String = row.get(3)?;
    let (state, result): (String, Option<String>) = (row.get(5)?, row.get(8)?);
    let state = State::named(&state);
    Ok(Job {
        id: row.get(0)?,
        kind: row.get(1)?,
        owner: row.get(2)?,
        agencies: serde_json::from_str(&agencies).unwrap_or_else(|_| vec!["*".to_owned()]),
        asked: json(row.get(4)?),
        state,
        created_ms: row.get(6)?,
        ended_ms: row.get(7)?,
        progress: f64::from(u8::from(state == State::Done)),
        result: result.map(json),
        problem: row.get(9)?,
    })
}

/// What was under way has failed, and what is old goes.
pub(super) fn mend(connection: &Connection, now_ms: i64, kept_ms: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE jobs SET state = 'failed', ended_ms = ?1, \
        problem = 'the service was restarted; ask for it again' WHERE state = 'running'";
    connection.execute(sql, [now_ms])?;
    connection.execute("DELETE FROM jobs WHERE created_ms < ?1", [now_ms - kept_ms])?;
    Ok(())
}

pub(super) fn running_of(connection: &Connection, owner: &str) -> rusqlite::Result<u32> {
    let sql = "SELECT count(*) FROM jobs WHERE owner = ?1 AND state = 'running'";
    connection.query_row(sql, [owner], |row| row.get(0))
}

pub(super) fn insert(connection: &Connection, job: &Job) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO jobs (id, kind, owner, agencies, asked, state, created_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            job.id,
            job.kind,
            job.owner,
            serde_json::json!(job.agencies).to_string(),
            job.asked.to_string(),
            job.state.as_str(),
            job.created_ms,
        ])
        .map(drop)
}

pub(super) fn end(
    connection: &Connection,
    id: &str,
    state: State,
    result: Option<&Value>,
    problem: Option<&str>,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let result = result.map(Value::to_string);
    connection
        .prepare_cached(
            "UPDATE jobs SET state = ?2, result = ?3, problem = ?4, ended_ms = ?5 WHERE id = ?1",
        )?
        .execute(params![id, state.as_str(), result, problem, now_ms])
        .map(drop)
}

pub(super) fn of(connection: &Connection, owner: &str) -> rusqlite::Result<Vec<Job>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs WHERE owner = ?1 ORDER BY created_ms DESC, id LIMIT {LISTED_MAX}"
    );
    connection.prepare_cached(&sql)?.query_map([owner], read)?.collect()
}

pub(super) fn get(connection: &Connection, owner: &str, id: &str) -> rusqlite::Result<Option<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE owner = ?1 AND id = ?2");
    connection.prepare_cached(&sql)?.query_row([owner, id], read).optional()
}
