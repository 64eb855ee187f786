//! Alerts of some rules with their evidence, for who asks what an exception would have hidden.

use crate::select::{Select, Value};
use crate::views::{State, Verdict};
use crate::{Error, Scope, Store};
use clickhouse::Row;
use query::Range;
use query::sql::Condition;
use serde::Deserialize;

/// An alert with its evidence, as far as an exception is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFinding {
    /// `finding_info.uid`.
    pub id: String,
    /// When it was raised, in ms.
    pub created: i64,
    /// The rule's title.
    pub title: String,
    /// Whose it is.
    pub agency: String,
    /// `device.hostname`; may be empty.
    pub host: String,
    /// Where it stands.
    pub state: State,
    /// What it was, once closed.
    pub verdict: Option<Verdict>,
    /// The Detection Finding (JSON text).
    pub finding: String,
}

#[derive(Row, Deserialize)]
struct FindingRow {
    id: String,
    created_ms: i64,
    title: String,
    agency: String,
    host: String,
    state: String,
    verdict: String,
    finding: String,
}

#[derive(Row, Deserialize)]
struct OneRow {
    found: u8,
}

impl Store {
    /// The newest alerts of `rules` that were raised since `from_ms`, at most `limit`.
    pub async fn rule_findings(
        &self,
        scope: &Scope,
        rules: &[String],
        from_ms: i64,
        limit: u32,
    ) -> Result<Vec<RuleFinding>, Error> {
        let sql = format!(
            "SELECT id, toUnixTimestamp64Milli(created) AS created_ms, title, agency, host, state, \
             verdict, finding FROM alerts WHERE {{where}} ORDER BY created DESC LIMIT {limit}"
        );
        let rows: Vec<FindingRow> = Select::of(scope, None)
            .and("created >= fromUnixTimestamp64Milli({})", from_ms)
            .and("rule_id IN {}", Value::Texts(rules.to_vec()))
            .fetch(self, "read the alerts of rules", &sql)
            .await?;
        let finding = |row: FindingRow| {
            Ok(RuleFinding {
                id: row.id,
                created: row.created_ms,
                title: row.title,
                agency: row.agency,
                host: row.host,
                state: State::stored(&row.state)?,
                verdict: Verdict::stored(&row.verdict)?,
                finding: row.finding,
            })
        };
        rows.into_iter().map(finding).collect()
    }

    /// Whether any event of the scope meets `condition` in `range`.
    pub async fn has_event(
        &self,
        scope: &Scope,
        condition: &Condition,
        range: Range,
    ) -> Result<bool, Error> {
        let select = Select::of(scope, None)
            .and("time >= fromUnixTimestamp64Milli({})", range.from_ms)
            .and("time < fromUnixTimestamp64Milli({})", range.to_ms)
            .and_search(Some(condition));
        let sql = "SELECT 1 AS found FROM events WHERE {where} LIMIT 1";
        let rows: Vec<OneRow> = select.fetch(self, "look for an event", sql).await?;
        Ok(rows.iter().any(|row| row.found == 1))
    }
}
