//! The steps of a case: written once, chained by hash, never changed.

use super::{Case, Done, Refusal, known};
use crate::Error;
use crate::accounts::secret::hex;
use crate::work::names::names;
use crate::work::{Reach, Work};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

names! {
    /// What a step did.
    StepKind {
        /// The case was opened.
        Created = "created",
        /// Fields were set anew.
        Changed = "changed",
        /// Alerts came in.
        AlertsAdded = "alerts_added",
        /// Alerts went out.
        AlertsRemoved = "alerts_removed",
        /// Somebody said something.
        Comment = "comment",
        /// A task came up.
        TaskAdded = "task_added",
        /// A task changed.
        TaskChanged = "task_changed",
        /// Evidence came in.
        EvidenceAdded = "evidence_added",
        /// Other agencies may see it, or no longer.
        Shared = "shared",
        /// Another case went into this one.
        MergedFrom = "merged_from",
        /// It went into another case.
        MergedInto = "merged_into",
        /// Parts went into a new case.
        SplitInto = "split_into",
        /// It was made of parts of another case.
        SplitFrom = "split_from",
    }
}

/// One step in a case's life; never edited.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[schema(as = CaseStep)]
pub(crate) struct Step {
    /// The case's version since this step.
    pub(crate) version: u32,
    pub(crate) at: i64,
    pub(crate) actor: String,
    pub(crate) kind: StepKind,
    /// Whose rows it names, where it names any.
    pub(crate) agency: Option<String>,
    /// What the kind's meaning defines; empty where it names rows that the caller does not read.
    #[schema(value_type = Object)]
    pub(crate) detail: Value,
    /// SHA-256, in hex, of the hash before and of this step.
    pub(crate) hash: String,
}

/// Every step of a case, oldest first.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[schema(as = CaseHistory)]
pub(crate) struct History {
    pub(crate) items: Vec<Step>,
    /// Whether every step still has the hash that it was written with.
    pub(crate) intact: bool,
}

/// One transaction of one caller.
pub(super) struct Pen<'a> {
    pub(super) tx: &'a Transaction<'a>,
    pub(super) reach: &'a Reach,
    pub(super) now_ms: i64,
}

impl Pen<'_> {
    /// Writes the next step of a case and brings the case to it; returns its version.
    pub(super) fn step(
        &self,
        case: &str,
        kind: StepKind,
        agency: &str,
        detail: &Value,
    ) -> Result<u32, rusqlite::Error> {
        let last: Option<(u32, String)> = self
            .tx
            .prepare_cached(
                "SELECT version, hash FROM case_steps WHERE case_id = ?1 \
                 ORDER BY version DESC LIMIT 1",
            )?
            .query_row([case], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (before, previous) = last.unwrap_or_default();
        let (version, actor, detail) = (before + 1, &self.reach.actor, detail.to_string());
        let hash = chained(&previous, case, version, self.now_ms, actor, kind, agency, &detail);
        self.tx
            .prepare_cached("INSERT INTO case_steps VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![case, version, self.now_ms, actor, kind, agency, detail, hash])?;
        self.tx
            .prepare_cached(
                "UPDATE cases SET version = ?2, updated_ms = ?3, updated_by = ?4 WHERE id = ?1",
            )?
            .execute(params![case, version, self.now_ms, actor])?;
        Ok(version)
    }

    /// The case, where the caller may change it and, if a version is given, it still has that one.
    pub(super) fn to_change(&self, id: &str, expected: Option<u32>) -> Done<Case> {
        let Some(case) = super::read::case(self.tx, self.reach, id)? else {
            return Ok(Err(Refusal::NotFound));
        };
        if !case.may_change {
            return Ok(Err(Refusal::Forbidden));
        }
        if expected.is_some_and(|expected| expected != case.version) {
            return Ok(Err(Refusal::Conflict(Box::new(case))));
        }
        Ok(unmerged(case))
    }

    /// The case, where the caller may add to it.
    pub(super) fn to_add(&self, id: &str) -> Done<Case> {
        let Some(case) = super::read::case(self.tx, self.reach, id)? else {
            return Ok(Err(Refusal::NotFound));
        };
        if !case.may_add {
            return Ok(Err(Refusal::Forbidden));
        }
        Ok(unmerged(case))
    }
}

fn unmerged(case: Case) -> Result<Case, Refusal> {
    match &case.merged_into {
        Some(into) => Err(Refusal::Merged(into.clone())),
        None => Ok(case),
    }
}

#[expect(clippy::too_many_arguments, reason = "they are the columns of one row")]
fn chained(
    previous: &str,
    case: &str,
    version: u32,
    at_ms: i64,
    actor: &str,
    kind: StepKind,
    agency: &str,
    detail: &str,
) -> String {
    let values = json!([previous, case, version, at_ms, actor, kind.as_str(), agency, detail]);
    hex(&Sha256::digest(values.to_string()))
}

impl Work {
    /// Every step of a case in the caller's reach.
    pub(crate) async fn case_history(
        &self,
        reach: &Reach,
        id: &str,
    ) -> Result<Option<History>, Error> {
        let (reach, id) = (reach.clone(), id.to_owned());
        self.database
            .call("read a case's history", move |connection| {
                let transaction = connection.transaction()?;
                if super::read::case(&transaction, &reach, &id)?.is_none() {
                    return Ok(None);
                }
                history(&transaction, &reach, &id).map(Some)
            })
            .await
    }
}

fn history(connection: &Connection, reach: &Reach, id: &str) -> Result<History, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT version, at_ms, actor, kind, agency, detail, hash FROM case_steps \
         WHERE case_id = ?1 ORDER BY version",
    )?;
    let mut rows = statement.query([id])?;
    let (mut items, mut intact, mut previous) = (Vec::new(), true, String::new());
    while let Some(row) = rows.next()? {
        let (version, at, actor): (u32, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (kind, agency): (StepKind, String) = (row.get(3)?, row.get(4)?);
        let (detail, hash): (String, String) = (row.get(5)?, row.get(6)?);
        intact &= hash == chained(&previous, id, version, at, &actor, kind, &agency, &detail);
        previous.clone_from(&hash);
        let shown = agency.is_empty() || reach.reads.contains(&agency);
        let detail = match shown {
            true => serde_json::from_str(&detail).unwrap_or_default(),
            false => json!({}),
        };
        let agency = known(agency).filter(|_| shown);
        items.push(Step { version, at, actor, kind, agency, detail, hash });
    }
    Ok(History { items, intact })
}
