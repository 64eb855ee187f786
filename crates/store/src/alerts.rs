//! Reading alerts: the queue, its counts, one alert, its history.

use crate::cursor::cut_page;
use crate::select::{Select, Value};
use crate::views::{
    AlertCounts, AlertDetail, AlertPage, AlertSummary, HistoryItem, State, Verdict,
};
use crate::{AlertFilter, Cursor, Error, Order, Page, Scope, Store};
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) const SUMMARY: &str = "id, version, toUnixTimestamp64Milli(time) AS time_ms, \
    toUnixTimestamp64Milli(created) AS created_ms, severity_id, title, title_bn, rule_id, agency, \
    host, user, src_ip, message, message_bn, event_count, state, verdict, reason, assignee, changed_by, \
    toUnixTimestamp64Milli(changed_at) AS changed_ms, toUnixTimestamp64Milli(last_time) AS last_ms, \
    risk_score, group_id";
/// How many alerts of a group there are in a list that is not by groups.
pub(crate) const ALONE: &str = "toUInt64(1) AS group_alerts";
/// What alerts are grouped by: one without a group is one by itself.
const GROUP: &str = "agency, if(group_id = '', id, group_id)";

#[derive(Row, Deserialize)]
pub(crate) struct SummaryRow {
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
    last_ms: i64,
    risk_score: u8,
    group_id: String,
    group_alerts: u64,
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
    /// The queue, in the order of the page.
    pub async fn alerts(
        &self,
        scope: &Scope,
        filter: &AlertFilter,
        page: &Page,
    ) -> Result<AlertPage, Error> {
        let by_risk = page.order == Order::Risk;
        if let Some(other) = page.after.as_ref().filter(|after| after.risk.is_some() != by_risk) {
            return Err(Error::Cursor { cursor: other.to_string() });
        }
        let mut select = Select::alerts(scope, filter)?;
        let sql = match page.grouped {
            true => grouped(&mut select, page),
            false => {
                select = behind(select, page);
                let order = if by_risk { "risk_score DESC, " } else { "" };
                format!(
                    "SELECT {SUMMARY}, {ALONE} FROM alerts WHERE {{where}} \
                     ORDER BY {order}created DESC, id DESC LIMIT {}",
                    page.limit() + 1,
                )
            }
        };
        let rows: Vec<SummaryRow> = select.fetch(self, "read the alert queue", &sql).await?;
        let items: Result<Vec<_>, _> = rows.into_iter().map(AlertSummary::try_from).collect();
        let cursor = |item: &AlertSummary| Cursor {
            risk: by_risk.then_some(item.risk_score),
            ..Cursor::at(item.created, &item.id)
        };
        let (mut items, next) = cut_page(items?, page.limit(), cursor);
        self.bring_up(scope, &mut items).await?;
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
        let mut findings = self.last_finding(scope, id).await?;
        if findings.is_empty() {
            findings = Select::of(scope, None)
                .and("id = {}", id)
                .and("created = fromUnixTimestamp64Milli({})", summary.created)
                .fetch(self, "read a finding", "SELECT finding FROM alerts WHERE {where} LIMIT 1")
                .await?;
        }
        let detail = |finding| AlertDetail { summary, finding };
        Ok(findings.into_iter().next().map(detail))
    }

    /// The alerts of these ids that the scope has, oldest first; for at most a page of ids.
    pub async fn alerts_of(
        &self,
        scope: &Scope,
        ids: Vec<String>,
    ) -> Result<Vec<AlertSummary>, Error> {
        let sql = format!(
            "SELECT {SUMMARY}, {ALONE} FROM alerts WHERE {{where}} ORDER BY created, id LIMIT {}",
            Page::LIMIT_MAX,
        );
        let rows: Vec<SummaryRow> = Select::of(scope, None)
            .and("id IN {}", Value::Texts(ids))
            .fetch(self, "read alerts by their ids", &sql)
            .await?;
        let items: Result<Vec<_>, _> = rows.into_iter().map(AlertSummary::try_from).collect();
        let mut items = items?;
        self.bring_up(scope, &mut items).await?;
        Ok(items)
    }

    /// One alert as the queue shows it.
    pub(crate) async fn alert_summary(
        &self,
        scope: &Scope,
        id: &str,
    ) -> Result<Option<AlertSummary>, Error> {
        let sql = format!("SELECT {SUMMARY}, {ALONE} FROM alerts WHERE {{where}} LIMIT 1");
        let rows: Vec<SummaryRow> =
            Select::of(scope, None).and("id = {}", id).fetch(self, "read an alert", &sql).await?;
        let items: Result<Vec<_>, _> = rows.into_iter().map(AlertSummary::try_from).collect();
        let mut items = items?;
        self.bring_up(scope, &mut items).await?;
        Ok(items.pop())
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

/// What lies behind the page before, in a list of single alerts.
fn behind(select: Select, page: &Page) -> Select {
    let after = page.after.as_ref();
    if let Some(Cursor { risk: Some(risk), time_ms, key }) = after {
        let values = [i64::from(*risk).into(), (*time_ms).into(), key.as_str().into()];
        let condition = "(risk_score, created, id) < ({}, fromUnixTimestamp64Milli({}), {})";
        return select.and_all(condition, values);
    }
    select
        .and_some("created <= fromUnixTimestamp64Milli({})", after.map(|cursor| cursor.time_ms))
        .after("(created, id) < (fromUnixTimestamp64Milli({}), {})", after)
}

/// The list by groups: of each, the first in the order of the page and how many there are.
fn grouped(select: &mut Select, page: &Page) -> String {
    let (order, outer) = match page.order {
        Order::Arrival => ("", ""),
        Order::Risk => ("risk_score DESC, ", "risk_score, "),
    };
    let after = page.after.as_ref().map_or_else(String::new, |after| {
        let risk = after.risk.map(|risk| select.value(i64::from(risk)) + ", ");
        let (time, key) = (select.value(after.time_ms), select.value(after.key.as_str()));
        let risk = risk.unwrap_or_default();
        format!("WHERE ({outer}created_ms, id) < ({risk}{time}, {key}) ")
    });
    format!(
        "SELECT * FROM (SELECT {SUMMARY}, count() OVER (PARTITION BY {GROUP}) AS group_alerts \
         FROM alerts WHERE {{where}} ORDER BY {order}created DESC, id DESC LIMIT 1 BY {GROUP}) \
         {after}ORDER BY {order}created_ms DESC, id DESC LIMIT {}",
        page.limit() + 1,
    )
}

impl TryFrom<SummaryRow> for AlertSummary {
    type Error = Error;

    fn try_from(row: SummaryRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            version: row.version,
            time: row.time_ms,
            last: row.last_ms,
            created: row.created_ms,
            risk_score: row.risk_score,
            group_id: row.group_id,
            group_alerts: row.group_alerts,
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
