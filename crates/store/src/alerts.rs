//! Reading alerts: the queue, its counts, one alert, its history.

use crate::cursor::cut_page;
use crate::select::Select;
use crate::views::{
    AlertCounts, AlertDetail, AlertPage, AlertSummary, HistoryItem, State, Verdict,
};
use crate::{AlertFilter, Cursor, Error, Page, Scope, Store};
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeMap;

const SUMMARY: &str = "id, version, toUnixTimestamp64Milli(time) AS time_ms, \
    toUnixTimestamp64Milli(created) AS created_ms, severity_id, title, title_bn, rule_id, agency, \
    host, user, src_ip, message, message_bn, event_count, state, verdict, reason, assignee, changed_by, \
    toUnixTimestamp64Milli(changed_at) AS changed_ms";

#[derive(Row, Deserialize)]
struct SummaryRow {
    id: String,
    version: u32,
    time_ms: i64,
    created_ms: i64,
    severity_id: u8,
    title: String,
    title_bn: String,
    rule_id: String,
    agency: String,
    host: String,
    user: String,
    src_ip: String,
    message: String,
    message_bn: String,
    event_count: u32,
    state: String,
    verdict: String,
    reason: String,
    assignee: String,
    changed_by: String,
    changed_ms: i64,
}

#[derive(Row, Deserialize)]
struct CountRow {
    state: String,
    severity_id: u8,
    assignee: String,
    alerts: u64,
}

#[derive(Row, Deserialize)]
struct HistoryRow {
    version: u32,
    at_ms: i64,
    actor: String,
    kind: String,
    from_state: String,
    to_state: String,
    verdict: String,
    reason: String,
    assignee: String,
    comment: String,
}

impl Store {
    /// The queue, newest arrival first.
    pub async fn alerts(
        &self,
        scope: &Scope,
        filter: &AlertFilter,
        page: &Page,
    ) -> Result<AlertPage, Error> {
        let sql = format!(
            "SELECT {SUMMARY} FROM alerts WHERE {{where}} ORDER BY created DESC, id DESC LIMIT {}",
            page.limit() + 1,
        );
        let rows: Vec<SummaryRow> = Select::alerts(scope, filter)?
            .and_some(
                "created <= fromUnixTimestamp64Milli({})",
                page.after.as_ref().map(|cursor| cursor.time_ms),
            )
            .after("(created, id) < (fromUnixTimestamp64Milli({}), {})", page.after.as_ref())
            .fetch(self, "read the alert queue", &sql)
            .await?;
        let items: Result<Vec<_>, _> = rows.into_iter().map(AlertSummary::try_from).collect();
        let cursor = |item: &AlertSummary| Cursor { time_ms: item.created, key: item.id.clone() };
        let (items, next) = cut_page(items?, page.limit(), cursor);
        Ok(AlertPage { items, next })
    }

    /// How many alerts the filter finds, by state, severity and assignee.
    pub async fn alert_counts(
        &self,
        scope: &Scope,
        filter: &AlertFilter,
    ) -> Result<AlertCounts, Error> {
        let sql = "SELECT state, severity_id, assignee, count() AS alerts FROM alerts \
             WHERE {where} GROUP BY state, severity_id, assignee";
        let rows: Vec<CountRow> =
            Select::alerts(scope, filter)?.fetch(self, "count alerts", sql).await?;
        let mut by_state = BTreeMap::new();
        let mut by_severity = BTreeMap::new();
        let mut by_assignee = BTreeMap::new();
        let mut counts = AlertCounts::default();
        for row in rows {
            counts.total += row.alerts;
            *by_state.entry(row.state.clone()).or_default() += row.alerts;
            *by_severity.entry(row.severity_id).or_default() += row.alerts;
            if row.state == State::Closed.as_str() {
                continue;
            }
            match row.assignee.is_empty() {
                true => counts.unassigned += row.alerts,
                false => *by_assignee.entry(row.assignee).or_default() += row.alerts,
            }
        }
        let state = |(name, n): (String, u64)| Ok::<_, Error>((State::stored(&name)?, n));
        counts.by_state = by_state.into_iter().map(state).collect::<Result<_, _>>()?;
        counts.by_severity = by_severity.into_iter().collect();
        counts.by_assignee = by_assignee.into_iter().collect();
        Ok(counts)
    }

    /// One alert with its evidence.
    pub async fn alert(&self, scope: &Scope, id: &str) -> Result<Option<AlertDetail>, Error> {
        let Some(summary) = self.alert_summary(scope, id).await? else { return Ok(None) };
        let findings: Vec<String> = Select::of(scope, None)
            .and("id = {}", id)
            .and("created = fromUnixTimestamp64Milli({})", summary.created)
            .fetch(self, "read a finding", "SELECT finding FROM alerts WHERE {where} LIMIT 1")
            .await?;
        let detail = |finding| AlertDetail { summary, finding };
        Ok(findings.into_iter().next().map(detail))
    }

    /// One alert as the queue shows it.
    pub(crate) async fn alert_summary(
        &self,
        scope: &Scope,
        id: &str,
    ) -> Result<Option<AlertSummary>, Error> {
        let sql = format!("SELECT {SUMMARY} FROM alerts WHERE {{where}} LIMIT 1");
        let rows: Vec<SummaryRow> =
            Select::of(scope, None).and("id = {}", id).fetch(self, "read an alert", &sql).await?;
        rows.into_iter().next().map(AlertSummary::try_from).transpose()
    }

    /// Every step of an alert's triage, oldest first.
    pub async fn alert_history(&self, scope: &Scope, id: &str) -> Result<Vec<HistoryItem>, Error> {
        let sql = "SELECT version, toUnixTimestamp64Milli(at) AS at_ms, actor, kind, from_state, \
             to_state, verdict, reason, assignee, comment FROM alert_history \
             WHERE {where} ORDER BY version, at, change_id LIMIT 1 BY version";
        let rows: Vec<HistoryRow> = Select::of(scope, None)
            .and("alert_id = {}", id)
            .fetch(self, "read an alert's history", sql)
            .await?;
        rows.into_iter().map(HistoryItem::try_from).collect()
    }
}

impl TryFrom<SummaryRow> for AlertSummary {
    type Error = Error;

    fn try_from(row: SummaryRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            version: row.version,
            time: row.time_ms,
            created: row.created_ms,
            severity_id: row.severity_id,
            title: row.title,
            title_bn: row.title_bn,
            rule_id: row.rule_id,
            agency: row.agency,
            host: row.host,
            user: row.user,
            src_ip: row.src_ip,
            message: row.message,
            message_bn: row.message_bn,
            event_count: row.event_count,
            state: State::stored(&row.state)?,
            verdict: Verdict::stored(&row.verdict)?,
            reason: row.reason,
            assignee: row.assignee,
            changed_by: row.changed_by,
            changed_at: row.changed_ms,
        })
    }
}

impl TryFrom<HistoryRow> for HistoryItem {
    type Error = Error;

    fn try_from(row: HistoryRow) -> Result<Self, Error> {
        Ok(Self {
            version: row.version,
            at: row.at_ms,
            actor: row.actor,
            kind: row.kind,
            from_state: State::stored(&row.from_state)?,
            to_state: State::stored(&row.to_state)?,
            verdict: Verdict::stored(&row.verdict)?,
            reason: row.reason,
            assignee: row.assignee,
            comment: row.comment,
        })
    }
}
