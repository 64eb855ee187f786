//! Searches with their commands, and all events of a time for those who look at each.

use crate::error::During;
use crate::events::{DOCUMENT, DocumentRow};
use crate::select::{Select, fetch, with_params};
use crate::views::EventDetail;
use crate::{Error, Scope, Store};
use clickhouse::Row;
use clickhouse::query::RowCursor;
use mapping::Tables;
use query::sql::{self, Condition};
use query::{Query, Range};
use serde::Deserialize;

/// What a search with commands makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The names of the cells.
    pub columns: Vec<String>,
    /// The rows; times are ms since the epoch.
    pub rows: Vec<Vec<String>>,
    /// Whether there are rows beyond the limit.
    pub more: bool,
    /// What was not asked exactly, in words; mostly nothing.
    pub notes: Vec<String>,
}

#[derive(Row, Deserialize)]
struct CellsRow {
    cells: Vec<String>,
}

#[derive(Row, Deserialize)]
struct HourRow {
    hour_ms: i64,
    events: u64,
}

/// Whole events, one after the other, as ClickHouse sends them.
pub struct Documents {
    cursor: Option<RowCursor<DocumentRow>>,
}

impl std::fmt::Debug for Documents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Documents")
    }
}

impl Documents {
    /// The next event, or `None` behind the last.
    pub async fn next(&mut self) -> Result<Option<EventDetail>, Error> {
        let Some(cursor) = &mut self.cursor else { return Ok(None) };
        let row = cursor.next().await.during("read events")?;
        Ok(row.map(EventDetail::from))
    }
}

impl Store {
    /// What `query` makes of the scope's events in `range`, at most `limit` rows.
    pub async fn search(
        &self,
        scope: &Scope,
        query: &Query,
        tables: &Tables,
        range: Range,
        now_ms: i64,
        limit: u32,
    ) -> Result<Answer, Error> {
        let query = match scope.narrowed(None) {
            Some(agencies) => query.clone().scoped(agencies),
            None => query.clone(),
        };
        let limit = limit.clamp(1, sql::LIMIT_MAX);
        let statement = sql::statement(&query, tables, range, now_ms, limit + 1);
        let found = with_params(self.client().query_raw(&statement.text), statement.params);
        let rows: Vec<CellsRow> = fetch(found, "search events").await?;
        let mut rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.cells).collect();
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok(Answer { columns: statement.columns, rows, more, notes: statement.notes })
    }

    /// How many events each hour of `range` has, by their own time; hours without any are left out.
    pub async fn events_by_hour(
        &self,
        scope: &Scope,
        range: Range,
    ) -> Result<Vec<(i64, u64)>, Error> {
        let sql = "SELECT toInt64(toUnixTimestamp(toStartOfHour(time))) * 1000 AS hour_ms, \
             count() AS events FROM events WHERE {where} GROUP BY hour_ms ORDER BY hour_ms";
        let select = in_range(scope, range);
        let rows: Vec<HourRow> = select.fetch(self, "count events by hour", sql).await?;
        Ok(rows.into_iter().map(|row| (row.hour_ms, row.events)).collect())
    }

    /// The events of `condition` in `range`, in the order of their times and, of one time, of their
    /// ids. ClickHouse sorts on its disk what is more than its memory should hold.
    pub fn documents(
        &self,
        scope: &Scope,
        condition: &Condition,
        range: Range,
    ) -> Result<Documents, Error> {
        let sql = format!(
            "SELECT {DOCUMENT} FROM events WHERE {{where}} ORDER BY time, uid \
             SETTINGS max_bytes_before_external_sort = {SORT_BYTES_MAX}"
        );
        let query = in_range(scope, range).and_search(Some(condition)).query(self, &sql);
        let cursor = query.map(|query| query.fetch::<DocumentRow>().during("read events"));
        Ok(Documents { cursor: cursor.transpose()? })
    }
}

/// How much ClickHouse sorts in memory.
pub(crate) const SORT_BYTES_MAX: u64 = 256 * 1024 * 1024;

pub(crate) fn in_range(scope: &Scope, range: Range) -> Select {
    Select::of(scope, None)
        .and("time >= fromUnixTimestamp64Milli({})", range.from_ms)
        .and("time < fromUnixTimestamp64Milli({})", range.to_ms)
}
