//! Events by when they were stored: what a live tail passes on.

use crate::events::{SUMMARY, SummaryRow};
use crate::select::Select;
use crate::views::EventSummary;
use crate::{Error, EventFilter, Scope, Store};
use clickhouse::Row;
use serde::Deserialize;

/// Events are stored soon after they arrive: parts of the table that are older than this hold none
/// that is new. What a loader stores that was away for longer is found by a search.
const ARRIVED_MS_MAX: i64 = 24 * 3_600_000;

/// What was stored since a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// The newest, in the order in which they were stored.
    pub items: Vec<StoredEvent>,
    /// How many were stored before them that are not among them.
    pub left_out: u64,
}

/// An event and when its row was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// By ClickHouse's clock, in ms.
    pub stored: i64,
    /// The event.
    pub summary: EventSummary,
}

#[derive(Row, Deserialize)]
struct StoredRow {
    uid: String,
    stored_ms: i64,
}

#[derive(Row, Deserialize)]
struct NewestRow {
    newest_ms: i64,
}

impl Store {
    /// When the newest event was stored, of the last days; `None` where there is none.
    pub async fn newest_event_stored(&self, scope: &Scope) -> Result<Option<i64>, Error> {
        let sql = "SELECT toUnixTimestamp64Milli(max(stored_time)) AS newest_ms FROM events \
             WHERE {where} AND stored_time > now() - INTERVAL 2 DAY";
        let rows: Vec<NewestRow> =
            Select::of(scope, None).fetch(self, "look for the newest event", sql).await?;
        Ok(rows.first().map(|row| row.newest_ms).filter(|ms| *ms > 0))
    }

    /// How many events of the filter were written from `from_ms` on and before `to_ms`. The filter's times
    /// are those of the events.
    pub async fn count_stored(
        &self,
        scope: &Scope,
        filter: &EventFilter,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<u64, Error> {
        let counted: Vec<u64> = Select::of(scope, filter.agency.as_ref())
            .and("kafka_time >= fromUnixTimestamp64Milli({})", from_ms - ARRIVED_MS_MAX)
            .and("stored_time >= fromUnixTimestamp64Milli({})", from_ms)
            .and("stored_time < fromUnixTimestamp64Milli({})", to_ms)
            .and_events(filter)
            .fetch(self, "count what was stored", "SELECT count() FROM events WHERE {where}")
            .await?;
        Ok(counted.first().copied().unwrap_or_default())
    }

    /// The events of the filter whose rows were written from `since_ms` on, at most `limit`. The
    /// filter's times are those of the events.
    pub async fn events_stored(
        &self,
        scope: &Scope,
        filter: &EventFilter,
        since_ms: i64,
        limit: u32,
    ) -> Result<Arrivals, Error> {
        const ACTION: &str = "look for new events";
        let select = || {
            Select::of(scope, filter.agency.as_ref())
                .and("kafka_time >= fromUnixTimestamp64Milli({})", since_ms - ARRIVED_MS_MAX)
                .and("stored_time >= fromUnixTimestamp64Milli({})", since_ms)
                .and_events(filter)
        };
        // The times by themselves first: the summary's columns are read for what there is.
        let sql = format!(
            "SELECT lower(hex(uid)) AS uid, toUnixTimestamp64Milli(stored_time) AS stored_ms \
             FROM events WHERE {{where}} ORDER BY stored_time DESC, events.uid DESC LIMIT {}",
            limit + 1
        );
        let mut times: Vec<StoredRow> = select().fetch(self, ACTION, &sql).await?;
        let Some(oldest) = times.last() else { return Ok(Arrivals::default()) };
        let (oldest_ms, is_cut) = (oldest.stored_ms, times.len() > limit as usize);
        times.truncate(limit as usize);
        let sql = format!(
            "SELECT {SUMMARY} FROM events WHERE {{where}} \
             ORDER BY stored_time DESC, events.uid DESC LIMIT {limit}"
        );
        let rows: Vec<SummaryRow> = select()
            .and("stored_time >= fromUnixTimestamp64Milli({})", oldest_ms)
            .fetch(self, ACTION, &sql)
            .await?;
        let mut summaries: std::collections::HashMap<String, EventSummary> = rows
            .into_iter()
            .map(EventSummary::from)
            .map(|summary| (summary.uid.clone(), summary))
            .collect();
        let items = times.into_iter().rev().filter_map(|StoredRow { uid, stored_ms }| {
            Some(StoredEvent { stored: stored_ms, summary: summaries.remove(&uid)? })
        });
        let items: Vec<StoredEvent> = items.collect();
        let left_out = if is_cut {
            let counted: Vec<u64> =
                select().fetch(self, ACTION, "SELECT count() FROM events WHERE {where}").await?;
            counted.first().map_or(0, |all| all.saturating_sub(items.len() as u64))
        } else {
            0
        };
        Ok(Arrivals { items, left_out })
    }
}
