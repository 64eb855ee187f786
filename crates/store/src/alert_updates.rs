//! What was told of alerts again: the last word on each, read beside it.

use crate::select::{Select, Value};
use crate::views::AlertSummary;
use crate::{Error, Scope, Store};
use clickhouse::Row;
use serde::Deserialize;

#[derive(Row, Deserialize)]
struct UpdateRow {
    id: String,
    events: u32,
    last_ms: i64,
    says: String,
    says_bn: String,
}

impl Store {
    /// Brings alerts up to what was told of them last. Counts only rise, so the highest is the last.
    pub(crate) async fn bring_up(
        &self,
        scope: &Scope,
        alerts: &mut [AlertSummary],
    ) -> Result<(), Error> {
        if alerts.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = alerts.iter().map(|alert| alert.id.clone()).collect();
        let sql = "SELECT id, max(event_count) AS events, \
             toUnixTimestamp64Milli(max(last_time)) AS last_ms, argMax(message, event_count) AS says, \
             argMax(message_bn, event_count) AS says_bn FROM alert_updates WHERE {where} GROUP BY id";
        let updates: Vec<UpdateRow> = Select::of(scope, None)
            .and("id IN {}", Value::Texts(ids))
            .fetch(self, "read what was told of alerts again", sql)
            .await?;
        for update in updates {
            let raised = alerts.iter_mut().find(|alert| alert.id == update.id);
            let Some(alert) = raised.filter(|alert| alert.event_count < update.events) else {
                continue;
            };
            alert.event_count = update.events;
            alert.last = alert.last.max(update.last_ms);
            alert.message = update.says;
            alert.message_bn = update.says_bn;
        }
        Ok(())
    }

    /// The finding that was told last of an alert; none where nothing was told again.
    pub(crate) async fn last_finding(&self, scope: &Scope, id: &str) -> Result<Vec<String>, Error> {
        let sql =
            "SELECT finding FROM alert_updates WHERE {where} ORDER BY event_count DESC LIMIT 1";
        let select = Select::of(scope, None).and("id = {}", id);
        select.fetch(self, "read a finding", sql).await
    }
}
