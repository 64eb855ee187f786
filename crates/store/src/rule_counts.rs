//! What became of each rule's alerts.

use crate::select::Select;
use crate::{Error, Scope, Store};
use clickhouse::Row;
use serde::Deserialize;

/// What became of a rule's alerts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleCounts {
    /// Alerts raised.
    pub alerts: u64,
    /// When the last of them was raised, in ms.
    pub last_ms: i64,
    /// Closed as true positives.
    pub true_positives: u64,
    /// Closed as false positives.
    pub false_positives: u64,
    /// Closed as benign.
    pub benign: u64,
}

#[derive(Row, Deserialize)]
struct CountsRow {
    rule_id: String,
    alerts: u64,
    last_ms: i64,
    true_positives: u64,
    false_positives: u64,
    benign: u64,
}

impl Store {
    /// By rule id, what became of the alerts that were raised since `from_ms`.
    pub async fn rule_counts(
        &self,
        scope: &Scope,
        from_ms: i64,
    ) -> Result<Vec<(String, RuleCounts)>, Error> {
        let sql = "SELECT rule_id, count() AS alerts, \
             max(toUnixTimestamp64Milli(created)) AS last_ms, \
             countIf(verdict = 'true_positive') AS true_positives, \
             countIf(verdict = 'false_positive') AS false_positives, \
             countIf(verdict = 'benign') AS benign FROM alerts WHERE {where} GROUP BY rule_id";
        let select =
            Select::of(scope, None).and("created >= fromUnixTimestamp64Milli({})", from_ms);
        let rows: Vec<CountsRow> = select.fetch(self, "count alerts by rule", sql).await?;
        let counts = |row: CountsRow| RuleCounts {
            alerts: row.alerts,
            last_ms: row.last_ms,
            true_positives: row.true_positives,
            false_positives: row.false_positives,
            benign: row.benign,
        };
        Ok(rows.into_iter().map(|row| (row.rule_id.clone(), counts(row))).collect())
    }
}
