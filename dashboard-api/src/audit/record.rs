//! One line of the audit log as it is read, exported and sealed.

use rusqlite::{Connection, Row, params};
use tlog::Hash;

/// An entry with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its number; numbers rise.
    pub seq: i64,
    /// When, in ms.
    pub at_ms: i64,
    /// The user, or `command line`.
    pub actor: String,
    /// What was done, such as `events.search`.
    pub action: String,
    /// What it was done to: an id, or empty.
    pub target: String,
    /// More, as JSON in a text.
    pub detail: String,
    /// The request that did it.
    pub trace_id: String,
}

const COLUMNS: &str = "seq, at_ms, actor, action, target, detail, trace_id";

impl Record {
    /// The entry's hash in the tree: that of its values as a JSON array, without blanks.
    pub(crate) fn hash(&self) -> Hash {
        let Self { seq, at_ms, actor, action, target, detail, trace_id } = self;
        let values = serde_json::json!([seq, at_ms, actor, action, target, detail, trace_id]);
        Hash::of_entry(values.to_string().as_bytes())
    }
}

fn read(row: &Row<'_>) -> Result<Record, rusqlite::Error> {
    Ok(Record {
        seq: row.get(0)?,
        at_ms: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        target: row.get(4)?,
        detail: row.get(5)?,
        trace_id: row.get(6)?,
    })
}

/// Calls `each` with the entries after number `seq`, in order; with the first of them where there is
/// a limit.
pub(crate) fn after(
    connection: &Connection,
    seq: i64,
    limit: Option<u32>,
    mut each: impl FnMut(Record),
) -> Result<(), rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    // To SQLite a negative limit is none.
    let mut rows = statement.query((seq, limit.map_or(-1, i64::from)))?;
    while let Some(row) = rows.next()? {
        each(read(row)?);
    }
    Ok(())
}

/// The hashes of at most `limit` entries after number `seq`, and the number of the last of them.
pub(crate) fn hashes_after(
    connection: &Connection,
    seq: i64,
    limit: u32,
) -> Result<(Vec<Hash>, i64), rusqlite::Error> {
    let (mut hashes, mut last) = (Vec::new(), seq);
    after(connection, seq, Some(limit), |record| {
        last = record.seq;
        hashes.push(record.hash());
    })?;
    Ok((hashes, last))
}

/// Which entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) from_ms: Option<i64>,
    pub(crate) to_ms: Option<i64>,
    pub(crate) actor: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) target: Option<String>,
    /// Before the entry with this number.
    pub(crate) before: Option<i64>,
}

/// The newest entries of the filter first, at most `limit`.
pub(crate) fn newest(
    connection: &Connection,
    filter: &Filter,
    limit: u32,
) -> Result<Vec<Record>, rusqlite::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audit WHERE seq < ifnull(?1, 9223372036854775807) \
         AND at_ms >= ifnull(?2, 0) AND at_ms < ifnull(?3, 9223372036854775807) \
         AND (?4 IS NULL OR actor = ?4) AND (?5 IS NULL OR action = ?5) \
         AND (?6 IS NULL OR target = ?6) ORDER BY seq DESC LIMIT ?7"
    );
    let Filter { from_ms, to_ms, actor, action, target, before } = filter;
    connection
        .prepare_cached(&sql)?
        .query_map(params![before, from_ms, to_ms, actor, action, target, limit], read)?
        .collect()
}
