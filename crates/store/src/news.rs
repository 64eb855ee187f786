//! Alerts and changes by when they were stored: what a live queue passes on.

use crate::alerts::{ALONE, SUMMARY, SummaryRow};
use crate::select::Select;
use crate::views::{AlertSummary, State, Verdict};
use crate::{Error, Scope, Store};
use clickhouse::Row;
use serde::Deserialize;

/// Alerts are stored soon after they arrive: parts of the table that are older than this hold none
/// that is news. A loader that was away for longer makes its alerts seen by the next reading of the
/// queue.
const ARRIVED_MS_MAX: i64 = 31 * 24 * 3_600_000;

/// An alert and when its row was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAlert {
    /// By ClickHouse's clock, in ms.
    pub stored: i64,
    /// The alert.
    pub summary: AlertSummary,
}

/// What an analyst changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChange {
    /// Whose alert it is.
    pub agency: String,
    /// The alert.
    pub id: String,
    /// Its version since.
    pub version: u32,
    /// When, in ms.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// The state since.
    pub state: State,
    /// The verdict since.
    pub verdict: Option<Verdict>,
}

#[derive(Row, Deserialize)]
struct StoredRow {
    id: String,
    stored_ms: i64,
}

#[derive(Row, Deserialize)]
struct ChangeRow {
    agency: String,
    alert_id: String,
    version: u32,
    at_ms: i64,
    actor: String,
    to_state: String,
    verdict: String,
}

impl Store {
    /// The alerts whose rows were written from `since_ms` on, in that order, at most `limit`.
    pub async fn alerts_stored(
        &self,
        scope: &Scope,
        since_ms: i64,
        limit: u32,
    ) -> Result<Vec<StoredAlert>, Error> {
        let select = || {
            Select::of(scope, None)
                .and("created >= fromUnixTimestamp64Milli({})", since_ms - ARRIVED_MS_MAX)
                .and("stored_time >= fromUnixTimestamp64Milli({})", since_ms)
        };
        // The times by themselves first: the summary's columns are read for what there is.
        let times = format!(
            "SELECT id, toUnixTimestamp64Milli(stored_time) AS stored_ms FROM alerts \
             WHERE {{where}} ORDER BY stored_time, id LIMIT {limit}"
        );
        let times: Vec<StoredRow> = select().fetch(self, "look for new alerts", &times).await?;
        if times.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT {SUMMARY}, {ALONE} FROM alerts WHERE {{where}} \
             ORDER BY stored_time, id LIMIT {limit}"
        );
        let rows: Vec<SummaryRow> = select().fetch(self, "read new alerts", &sql).await?;
        let items: Result<Vec<_>, _> = rows.into_iter().map(AlertSummary::try_from).collect();
        let mut items = items?;
        self.bring_up(scope, &mut items).await?;
        let stored: std::collections::HashMap<_, _> =
            times.into_iter().map(|row| (row.id, row.stored_ms)).collect();
        let when = |summary: &AlertSummary| stored.get(&summary.id).copied();
        let items = items
            .into_iter()
            .filter_map(|summary| Some(StoredAlert { stored: when(&summary)?, summary }));
        Ok(items.collect())
    }

    /// What analysts changed from `since_ms` on, in that order, at most `limit`.
    pub async fn alerts_changed(
        &self,
        scope: &Scope,
        since_ms: i64,
        limit: u32,
    ) -> Result<Vec<StoredChange>, Error> {
        let sql = format!(
            "SELECT agency, alert_id, version, toUnixTimestamp64Milli(at) AS at_ms, actor, \
             to_state, verdict FROM alert_history WHERE {{where}} \
             ORDER BY at, alert_id, version LIMIT {limit}"
        );
        let rows: Vec<ChangeRow> = Select::of(scope, None)
            .and("at >= fromUnixTimestamp64Milli({})", since_ms)
            .fetch(self, "look for changes of alerts", &sql)
            .await?;
        let change = |row: ChangeRow| {
            Ok(StoredChange {
                agency: row.agency,
                id: row.alert_id,
                version: row.version,
                at: row.at_ms,
                actor: row.actor,
                state: State::stored(&row.to_state)?,
                verdict: Verdict::stored(&row.verdict)?,
            })
        };
        rows.into_iter().map(change).collect()
    }
}
