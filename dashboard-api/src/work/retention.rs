//! For how long what is stored is kept. What would keep less takes a second person.

use super::Work;
use super::names::names;
use crate::Error;
use crate::roles::EVERYWHERE;
use rusqlite::{Connection, OptionalExtension, Row, params};
use store::LogClass;

names! {
    /// What a policy is about.
    Class {
        /// Whatever nothing else is said of.
        All = "all",
        /// Events of OCSF's category 1: processes, files, kernels.
        System = "system",
        /// Category 2: findings of other products.
        Findings = "findings",
        /// Category 3: logons, accounts, groups.
        Identity = "identity",
        /// Category 4: connections, DNS, HTTP, mail.
        Network = "network",
        /// Category 5: inventories.
        Discovery = "discovery",
        /// Category 6: web, APIs, databases.
        Application = "application",
        /// Every other event.
        Other = "other",
        /// What no parser could read.
        DeadLetters = "dead_letters",
        /// Alerts with their history, once they are closed.
        Alerts = "alerts",
    }
}

/// For how long a class of logs of an agency is kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RetentionPolicy {
    /// `*`: of every agency that says nothing itself.
    pub(crate) agency: String,
    pub(crate) class: Class,
    /// Rises by one with each change; the policy's ETag.
    pub(crate) version: u32,
    /// Days since the logs arrived; none: for ever.
    pub(crate) days: Option<u32>,
    /// Legal hold: nothing is deleted, whatever the days.
    pub(crate) hold: bool,
    pub(crate) reason: String,
    pub(crate) changed_by: String,
    pub(crate) changed: i64,
    /// What somebody wants instead and a second person has not approved yet.
    pub(crate) asked: Option<RetentionAsked>,
}

/// A change that would keep less.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RetentionAsked {
    pub(crate) days: Option<u32>,
    pub(crate) hold: bool,
    pub(crate) reason: String,
    pub(crate) by: String,
    pub(crate) at: i64,
}

/// What a policy is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keeping {
    pub(crate) days: Option<u32>,
    pub(crate) hold: bool,
    pub(crate) reason: String,
}

/// Why nothing was changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unkept {
    /// There is no such policy, or nothing is asked of it.
    NotFound,
    /// It was changed since; its version.
    Conflict(u32),
    /// Who asked may not approve.
    Own,
}

const COLUMNS: &str = "agency, class, version, days, hold, reason, changed_by, changed_ms, \
     asked_days, asked_hold, asked_reason, asked_by, asked_ms FROM retention_policies";

/// How long: a hold and no days are for ever.
fn length(days: Option<u32>, hold: bool) -> u32 {
    if hold { u32::MAX } else { days.unwrap_or(u32::MAX) }
}

/// Every policy, and what it means for a class of an agency.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policies(Vec<RetentionPolicy>);

impl Policies {
    /// How many days a class of an agency's logs is kept; `None`: for ever.
    pub(crate) fn days(&self, agency: &str, class: LogClass) -> Option<u32> {
        let class = Class::ALL.iter().copied().find(|each| each.as_str() == class.as_str());
        let of = [agency, EVERYWHERE];
        let found = of.iter().flat_map(|of| {
            [class, Some(Class::All)].into_iter().flatten().filter_map(|class| {
                self.0.iter().find(|policy| policy.agency == *of && policy.class == class)
            })
        });
        let found: Vec<&RetentionPolicy> = found.collect();
        if found.iter().any(|policy| policy.hold) {
            return None;
        }
        found.first().and_then(|policy| policy.days)
    }
}

impl Work {
    /// Every policy, by agency and class.
    pub(crate) async fn retention_policies(&self) -> Result<Vec<RetentionPolicy>, Error> {
        self.database
            .call("read the retention policies", |connection| {
                let sql = format!("SELECT {COLUMNS} ORDER BY agency, class");
                connection.prepare_cached(&sql)?.query_map([], read)?.collect()
            })
            .await
    }

    /// The policies as they count.
    pub(crate) async fn retention(&self) -> Result<Policies, Error> {
        Ok(Policies(self.retention_policies().await?))
    }

    /// Sets a policy whose version is still `expected`, 0 where there is none. What would keep less is
    /// only asked for.
    pub(crate) async fn set_retention(
        &self,
        agency: &str,
        class: Class,
        expected: u32,
        keeping: Keeping,
        by: &str,
    ) -> Result<Result<RetentionPolicy, Unkept>, Error> {
        let (agency, by, now_ms) = (agency.to_owned(), by.to_owned(), self.clock.now_ms());
        self.database
            .call("set a retention policy", move |connection| {
                let tx = connection.transaction()?;
                let before = of(&tx, &agency, class)?;
                let version = before.as_ref().map_or(0, |policy| policy.version);
                if version != expected {
                    return Ok(Err(Unkept::Conflict(version)));
                }
                let (days, hold) = before.as_ref().map_or((None, false), |p| (p.days, p.hold));
                let Keeping { days: new_days, hold: new_hold, reason } = keeping;
                if length(new_days, new_hold) >= length(days, hold) {
                    let row = params![agency, class, version + 1, new_days, new_hold, reason, by, now_ms];
                    tx.execute(
                        "INSERT OR REPLACE INTO retention_policies (agency, class, version, days, \
                         hold, reason, changed_by, changed_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                        row,
                    )?;
                } else {
                    // Nobody has said anything yet: for ever holds until a second person approves.
                    if before.is_none() {
                        tx.execute(
                            "INSERT INTO retention_policies (agency, class, version, hold, reason, \
                             changed_by, changed_ms) VALUES (?1, ?2, 0, 0, '', ?3, ?4)",
                            params![agency, class, by, now_ms],
                        )?;
                    }
                    tx.execute(
                        "UPDATE retention_policies SET version = version + 1, asked_days = ?3, \
                         asked_hold = ?4, asked_reason = ?5, asked_by = ?6, asked_ms = ?7 \
                         WHERE agency = ?1 AND class = ?2",
                        params![agency, class, new_days, new_hold, reason, by, now_ms],
                    )?;
                }
                let after = of(&tx, &agency, class)?;
                tx.commit()?;
                Ok(after.ok_or(Unkept::NotFound))
            })
            .await
    }

    /// Approves or, otherwise, drops what is asked of a policy whose version is still `expected`.
    pub(crate) async fn decide_retention(
        &self,
        agency: &str,
        class: Class,
        expected: u32,
        approve: bool,
        by: &str,
    ) -> Result<Result<RetentionPolicy, Unkept>, Error> {
        let (agency, by) = (agency.to_owned(), by.to_owned());
        self.database
            .call("decide on a retention policy", move |connection| {
                let tx = connection.transaction()?;
                let Some(RetentionPolicy { version, asked: Some(asked), .. }) =
                    of(&tx, &agency, class)?
                else {
                    return Ok(Err(Unkept::NotFound));
                };
                if version != expected {
                    return Ok(Err(Unkept::Conflict(version)));
                }
                if approve && asked.by == by {
                    return Ok(Err(Unkept::Own));
                }
                if approve {
                    tx.execute(
                        "UPDATE retention_policies SET days = asked_days, hold = asked_hold, \
                         reason = asked_reason, changed_by = asked_by, changed_ms = asked_ms \
                         WHERE agency = ?1 AND class = ?2",
                        params![agency, class],
                    )?;
                }
                tx.execute(
                    "UPDATE retention_policies SET version = version + 1, asked_days = NULL, \
                     asked_hold = NULL, asked_reason = NULL, asked_by = NULL, asked_ms = NULL \
                     WHERE agency = ?1 AND class = ?2",
                    params![agency, class],
                )?;
                let after = of(&tx, &agency, class)?;
                tx.commit()?;
                Ok(after.ok_or(Unkept::NotFound))
            })
            .await
    }
}

fn of(
    connection: &Connection,
    agency: &str,
    class: Class,
) -> Result<Option<RetentionPolicy>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} WHERE agency = ?1 AND class = ?2");
    connection.prepare_cached(&sql)?.query_row(params![agency, class], read).optional()
}

fn read(row: &Row<'_>) -> Result<RetentionPolicy, rusqlite::Error> {
    let asked = match row.get::<_, Option<bool>>(9)? {
        None => None,
        Some(hold) => Some(RetentionAsked {
            days: row.get(8)?,
            hold,
            reason: row.get(10)?,
            by: row.get(11)?,
            at: row.get(12)?,
        }),
    };
    Ok(RetentionPolicy {
        agency: row.get(0)?,
        class: row.get(1)?,
        version: row.get(2)?,
        days: row.get(3)?,
        hold: row.get(4)?,
        reason: row.get(5)?,
        changed_by: row.get(6)?,
        changed: row.get(7)?,
        asked,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(agency: &str, class: Class, days: Option<u32>, hold: bool) -> RetentionPolicy {
        RetentionPolicy {
            agency: agency.into(),
            class,
            version: 1,
            days,
            hold,
            reason: String::new(),
            changed_by: String::new(),
            changed: 0,
            asked: None,
        }
    }

    #[test]
    fn the_nearest_policy_holds_and_a_hold_keeps_all() {
        let mut policies = Policies(vec![
            policy("*", Class::All, Some(365), false),
            policy("*", Class::Network, Some(90), false),
            policy("mof", Class::All, Some(30), false),
            policy("moh", Class::Identity, None, false),
        ]);
        for (agency, class, days) in [
            ("moe", LogClass::System, Some(365)),
            ("moe", LogClass::Network, Some(90)),
            ("mof", LogClass::Network, Some(30)),
            ("moh", LogClass::Identity, None),
            ("moh", LogClass::Alerts, Some(365)),
        ] {
            assert_eq!(policies.days(agency, class), days, "{agency} {class:?}");
        }
        policies.0.push(policy("*", Class::Identity, None, true));
        assert_eq!(policies.days("mof", LogClass::Identity), None, "held everywhere");
        assert_eq!(policies.days("mof", LogClass::System), Some(30));
        assert_eq!(Policies::default().days("mof", LogClass::System), None);
    }

    #[test]
    fn every_class_of_the_store_has_a_policy_s_name() {
        let ours = Class::ALL.iter().skip(1).map(|class| class.as_str());
        assert!(ours.eq(LogClass::ALL.iter().map(|class| class.as_str())));
    }
}
