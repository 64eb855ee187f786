//! The policies of [`crate::sla`], as they are kept.

use super::{Work, json};
use crate::Error;
use crate::roles::EVERYWHERE;
use crate::sla::{self, Calendar, Clock, Rule, Rules, Targets};
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// How soon alerts of an agency are to be acknowledged and closed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct SlaPolicy {
    /// `*`: of every agency that has none of its own.
    pub(crate) agency: String,
    /// Rises by one with each change; the policy's ETag. 0: nobody has set it, this is the usual one.
    pub(crate) version: u32,
    pub(crate) calendar: Calendar,
    /// Days on which the office is closed besides the weekend, such as `2026-12-16`.
    pub(crate) holidays: Vec<String>,
    /// Minutes of the calendar since the alert arrived.
    pub(crate) targets: Targets,
    /// Empty: nobody yet.
    pub(crate) changed_by: String,
    pub(crate) changed: i64,
}

/// Why nothing was kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unkept {
    /// There is none.
    NotFound,
    /// It was changed since; its version.
    Conflict(u32),
}

const COLUMNS: &str = "agency, version, calendar, holidays, targets, changed_by, changed_ms";

impl SlaPolicy {
    /// What holds until somebody says otherwise.
    fn usual() -> Self {
        Self::of(EVERYWHERE, sla::usual())
    }

    /// A rule that is to become an agency's.
    pub(crate) fn of(agency: &str, rule: Rule) -> Self {
        let Rule { clock: Clock { calendar, holidays }, targets } = rule;
        Self {
            agency: agency.into(),
            version: 0,
            calendar,
            holidays: holidays.iter().map(Date::to_string).collect(),
            targets,
            changed_by: String::new(),
            changed: 0,
        }
    }

    fn rule(self) -> (String, Rule) {
        let holidays = self.holidays.iter().filter_map(|date| date.parse().ok()).collect();
        let clock = Clock { calendar: self.calendar, holidays };
        (self.agency, Rule { clock, targets: self.targets })
    }
}

impl Work {
    /// Every policy, that of everybody first.
    pub(crate) async fn sla_policies(&self) -> Result<Vec<SlaPolicy>, Error> {
        let kept = self.database.call("read the SLA policies", |connection| {
            let sql =
                format!("SELECT {COLUMNS} FROM sla_policies WHERE deleted = 0 ORDER BY agency");
            connection.prepare_cached(&sql)?.query_map([], read)?.collect::<Result<Vec<_>, _>>()
        });
        let mut kept = kept.await?;
        if kept.first().is_none_or(|policy| policy.agency != EVERYWHERE) {
            kept.insert(0, SlaPolicy::usual());
        }
        Ok(kept)
    }

    /// The policies as they count.
    pub(crate) async fn sla(&self) -> Result<Rules, Error> {
        let policies = self.sla_policies().await?;
        Ok(Rules::new(policies.into_iter().map(SlaPolicy::rule).collect()))
    }

    /// Sets an agency's policy whose version is still `expected`, 0 where it has none; `None` takes it
    /// away.
    pub(crate) async fn set_sla(
        &self,
        agency: &str,
        expected: u32,
        rule: Option<Rule>,
        by: &str,
    ) -> Result<Result<Option<SlaPolicy>, Unkept>, Error> {
        let (agency, by, now_ms) = (agency.to_owned(), by.to_owned(), self.clock.now_ms());
        self.database
            .call("set an SLA policy", move |connection| {
                let tx = connection.transaction()?;
                let sql = "SELECT version, deleted FROM sla_policies WHERE agency = ?1";
                let kept: Option<(u32, bool)> = tx
                    .query_row(sql, [&agency], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                let (version, seen) = match kept {
                    Some((version, false)) => (version, version),
                    Some((version, true)) => (version, 0),
                    None => (0, 0),
                };
                if seen != expected {
                    return Ok(Err(Unkept::Conflict(seen)));
                }
                let deleted = rule.is_none();
                if deleted && seen == 0 {
                    return Ok(Err(Unkept::NotFound));
                }
                let policy =
                    rule.map_or_else(SlaPolicy::usual, |rule| SlaPolicy::of(&agency, rule));
                let targets = serde_json::json!(policy.targets).to_string();
                let holidays = serde_json::json!(policy.holidays).to_string();
                tx.execute(
                    "INSERT OR REPLACE INTO sla_policies VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        agency,
                        version + 1,
                        policy.calendar,
                        holidays,
                        targets,
                        by,
                        now_ms,
                        deleted
                    ],
                )?;
                let kept = of(&tx, &agency)?;
                tx.commit()?;
                Ok(Ok(kept))
            })
            .await
    }
}

fn of(connection: &Connection, agency: &str) -> Result<Option<SlaPolicy>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM sla_policies WHERE agency = ?1 AND deleted = 0");
    connection.prepare_cached(&sql)?.query_row([agency], read).optional()
}

fn read(row: &Row<'_>) -> Result<SlaPolicy, rusqlite::Error> {
    Ok(SlaPolicy {
        agency: row.get(0)?,
        version: row.get(1)?,
        calendar: row.get(2)?,
        holidays: json(row, 3)?,
        targets: json(row, 4)?,
        changed_by: row.get(5)?,
        changed: row.get(6)?,
    })
}
