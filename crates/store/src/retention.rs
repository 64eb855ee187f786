//! Deleting what has been kept for long enough, and counting what was deleted.
//!
//! Events and dead letters go by whole days of arrival, an agency and a class of logs at a time; alerts
//! when they are closed. A day is written to table `expired` as begun, deleted, and written as done:
//! the ledger counts what is done, and what was broken off is taken up by the next run.

use crate::error::During;
use crate::select::Select;
use crate::{Error, Scope, Store};
use clickhouse::Row;
use query::sql::quoted;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is kept for its own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogClass {
    /// Events of OCSF's category 1: processes, files, kernels.
    System,
    /// Category 2: findings of other products.
    Findings,
    /// Category 3: logons, accounts, groups.
    Identity,
    /// Category 4: connections, DNS, HTTP, mail.
    Network,
    /// Category 5: inventories.
    Discovery,
    /// Category 6: web, APIs, databases.
    Application,
    /// Every other event.
    Other,
    /// What no parser could read.
    DeadLetters,
    /// Alerts with their history, once they are closed.
    Alerts,
}

impl LogClass {
    /// Every class.
    pub const ALL: [Self; 9] = [
        Self::System,
        Self::Findings,
        Self::Identity,
        Self::Network,
        Self::Discovery,
        Self::Application,
        Self::Other,
        Self::DeadLetters,
        Self::Alerts,
    ];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Findings => "findings",
            Self::Identity => "identity",
            Self::Network => "network",
            Self::Discovery => "discovery",
            Self::Application => "application",
            Self::Other => "other",
            Self::DeadLetters => "dead_letters",
            Self::Alerts => "alerts",
        }
    }

    /// The class of that name.
    fn stored(name: &str) -> Result<Self, Error> {
        let known = Self::ALL.into_iter().find(|class| class.as_str() == name);
        known.ok_or_else(|| Error::Value { column: "class", value: name.into() })
    }
}

/// A day of a class of logs of an agency that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// Whose.
    pub agency: String,
    /// Of which class.
    pub class: LogClass,
    /// When they arrived, such as `2026-11-26`.
    pub day: String,
    /// How many rows.
    pub rows: u64,
    /// How many raw records they are of, as the ledger counts them.
    pub raw_records: u64,
}

#[derive(Row, Deserialize)]
struct DayRow {
    agency: String,
    class: String,
    day: String,
    /// The same, in days since the epoch; of no matter where the day goes anyhow.
    number: i32,
    total: u64,
    raw_records: u64,
}

impl TryFrom<DayRow> for Expired {
    type Error = Error;

    fn try_from(row: DayRow) -> Result<Self, Error> {
        let DayRow { agency, class, day, total: rows, raw_records, .. } = row;
        Ok(Self { agency, class: LogClass::stored(&class)?, day, rows, raw_records })
    }
}

#[derive(Row, Deserialize)]
struct AlertRow {
    agency: String,
    id: String,
    day: String,
    number: i32,
}

/// How far the deletion of a day is.
#[derive(Clone, Copy)]
enum Phase {
    Begun,
    Done,
}

impl Phase {
    fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
        }
    }
}

/// The class of an event, by its OCSF category.
const EVENT_CLASS: &str = "transform(intDiv(class_uid, 1000), [1, 2, 3, 4, 5, 6], \
     ['system', 'findings', 'identity', 'network', 'discovery', 'application'], 'other')";
/// The class of a dead letter.
const LETTER_CLASS: &str = "'dead_letters'";

/// Alerts deleted with one statement.
const ALERTS_AT_ONCE: usize = 500;
/// Deletions are waited for.
const SYNC: &str = "SETTINGS mutations_sync = 1";

impl Store {
    /// Deletes what arrived longer ago than `keep` says, in days before `now_ms`; `None` keeps it. What
    /// was deleted is told.
    pub async fn expire(
        &self,
        now_ms: i64,
        keep: impl Fn(&str, LogClass) -> Option<u32>,
    ) -> Result<Vec<Expired>, Error> {
        let today = now_ms.div_euclid(DAY_MS);
        let is_over = |agency: &str, class, day: i32| {
            keep(agency, class).is_some_and(|days| i64::from(day) < today - i64::from(days))
        };
        self.finish_broken_off().await?;
        let before_ms = now_ms - DAY_MS;
        let mut gone = self.expire_days("events", EVENT_CLASS, before_ms, &is_over).await?;
        gone.extend(self.expire_days("dead_letters", LETTER_CLASS, before_ms, &is_over).await?);
        gone.extend(self.expire_alerts(&is_over).await?);
        Ok(gone)
    }

    async fn expire_days(
        &self,
        table: &'static str,
        class: &'static str,
        before_ms: i64,
        is_over: &impl Fn(&str, LogClass, i32) -> bool,
    ) -> Result<Vec<Expired>, Error> {
        let action = "look for days to delete";
        let sql = format!(
            "SELECT agency, {class} AS class, toString(toDate(kafka_time)) AS day, \
             toInt32(toDate(kafka_time)) AS number, count() AS total, \
             countIf(raw_index = 0) AS raw_records FROM {table} WHERE {{where}} \
             GROUP BY agency, class, toDate(kafka_time) ORDER BY day, agency, class"
        );
        let rows: Vec<DayRow> = Select::of(&Scope::all(), None)
            .and("kafka_time < fromUnixTimestamp64Milli({})", before_ms)
            .fetch(self, action, &sql)
            .await?;
        // By day: what goes, and whether anything of it stays.
        let mut days: BTreeMap<String, (Vec<Expired>, bool)> = BTreeMap::new();
        for row in rows {
            let number = row.number;
            let unit = Expired::try_from(row)?;
            let (going, some_stays) = days.entry(unit.day.clone()).or_default();
            if is_over(&unit.agency, unit.class, number) {
                going.push(unit);
            } else {
                *some_stays = true;
            }
        }
        let mut gone = Vec::new();
        for (day, (going, some_stays)) in days {
            if going.is_empty() {
                continue;
            }
            self.record(&going, Phase::Begun).await?;
            if !some_stays && table == "events" {
                // The whole partition: nothing is rewritten.
                self.run(&format!("ALTER TABLE {table} DROP PARTITION '{day}'")).await?;
            } else {
                let units = pairs(going.iter().map(|unit| (&*unit.agency, unit.class.as_str())));
                self.run(&format!(
                    "ALTER TABLE {table} DELETE WHERE toDate(kafka_time) = '{day}' AND \
                     (agency, {class}) IN ({units}) {SYNC}"
                ))
                .await?;
            }
            self.record(&going, Phase::Done).await?;
            gone.extend(going);
        }
        Ok(gone)
    }

    /// Closed alerts with their history and what was told of them again.
    async fn expire_alerts(
        &self,
        is_over: &impl Fn(&str, LogClass, i32) -> bool,
    ) -> Result<Vec<Expired>, Error> {
        let action = "look for alerts to delete";
        let sql = "SELECT agency, id, toString(toDate(created)) AS day, \
             toInt32(toDate(created)) AS number FROM alerts WHERE {where} AND state = 'closed' ORDER BY created, id";
        let rows: Vec<AlertRow> = Select::of(&Scope::all(), None).fetch(self, action, sql).await?;
        let is_over = |row: &AlertRow| is_over(&row.agency, LogClass::Alerts, row.number);
        let rows: Vec<AlertRow> = rows.into_iter().filter(is_over).collect();
        let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
        for row in &rows {
            *counts.entry((row.day.clone(), row.agency.clone())).or_default() += 1;
        }
        let class = LogClass::Alerts;
        let going: Vec<Expired> = counts
            .into_iter()
            .map(|((day, agency), rows)| Expired { agency, class, day, rows, raw_records: 0 })
            .collect();
        self.record(&going, Phase::Begun).await?;
        for some in rows.chunks(ALERTS_AT_ONCE) {
            let ids = pairs(some.iter().map(|row| (&*row.agency, &*row.id)));
            // The alert goes last: as long as it is there, the rest of it is found again.
            for (table, id) in
                [("alert_updates", "id"), ("alert_history", "alert_id"), ("alerts", "id")]
            {
                let sql =
                    format!("ALTER TABLE {table} DELETE WHERE (agency, {id}) IN ({ids}) {SYNC}");
                self.run(&sql).await?;
            }
        }
        self.record(&going, Phase::Done).await?;
        Ok(going)
    }

    /// Days whose rows are gone and that nobody has written as done. Those whose rows are there are
    /// found again as any other.
    async fn finish_broken_off(&self) -> Result<(), Error> {
        let sql = "SELECT toString(agency) AS agency, toString(class) AS class, \
             toString(day) AS day, toInt32(0) AS number, rows AS total, raw_records \
             FROM expired WHERE {where} \
             GROUP BY agency, class, day, rows, raw_records HAVING countIf(phase = 'done') = 0";
        let action = "look for deletions that were broken off";
        let begun: Vec<DayRow> = Select::of(&Scope::all(), None).fetch(self, action, sql).await?;
        for row in begun {
            let unit = Expired::try_from(row)?;
            if self.rows_of(&unit).await? == 0 {
                self.record(&[unit], Phase::Done).await?;
            }
        }
        Ok(())
    }

    /// The rows that a deletion of this day is about.
    async fn rows_of(&self, unit: &Expired) -> Result<u64, Error> {
        let Expired { agency, class, day, .. } = unit;
        let (table, time, is_of) = match class {
            LogClass::Alerts => ("alerts", "created", "state = 'closed'".to_owned()),
            LogClass::DeadLetters => ("dead_letters", "kafka_time", "1".to_owned()),
            _ => ("events", "kafka_time", format!("{EVENT_CLASS} = '{}'", class.as_str())),
        };
        let sql = format!(
            "SELECT count() FROM {table} WHERE {{where}} AND toDate({time}) = '{day}' AND {is_of}"
        );
        let select = Select::of(&Scope::all(), None).and("agency = {}", agency.as_str());
        let counted: Vec<u64> = select.fetch(self, "count what is to be deleted", &sql).await?;
        Ok(counted.first().copied().unwrap_or_default())
    }

    async fn record(&self, units: &[Expired], phase: Phase) -> Result<(), Error> {
        for Expired { agency, class, day, rows, raw_records } in units {
            let (class, phase) = (class.as_str(), phase.as_str());
            let token = format!("{agency}/{class}/{day}/{rows}/{raw_records}/{phase}");
            let sql = format!(
                "INSERT INTO expired (agency, class, day, rows, raw_records, phase) \
                 SETTINGS insert_deduplicate = 1, insert_deduplication_token = {} \
                 VALUES ({}, '{class}', '{day}', {rows}, {raw_records}, '{phase}')",
                quoted(&token),
                quoted(agency),
            );
            self.run(&sql).await?;
        }
        Ok(())
    }

    async fn run(&self, sql: &str) -> Result<(), Error> {
        self.client().query_raw(sql).execute().await.during("delete what has expired")
    }

    /// Raw records that retention has deleted, by agency.
    pub(crate) async fn count_expired(&self, scope: &Scope) -> Result<Vec<ExpiredCount>, Error> {
        let sql = "SELECT agency, sum(raw_records) AS expired FROM expired \
             WHERE {where} AND phase = 'done' GROUP BY agency";
        Select::of(scope, None).fetch(self, "count what has expired", sql).await
    }
}

#[derive(Row, Deserialize)]
pub(crate) struct ExpiredCount {
    pub(crate) agency: String,
    pub(crate) expired: u64,
}

const DAY_MS: i64 = 24 * 3_600_000;

/// Pairs of strings as SQL lists them.
fn pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> =
        pairs.map(|(one, two)| format!("({}, {})", quoted(one), quoted(two))).collect();
    pairs.join(", ")
}
