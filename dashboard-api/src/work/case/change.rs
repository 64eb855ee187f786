//! Opening a case, changing its fields, talking about it, sharing it.

use super::gather::{AlertLink, link};
use super::step::{Pen, StepKind};
use super::{Case, CaseState, Done, Refusal, Tlp};
use crate::Error;
use crate::work::{Reach, Work};
use rusqlite::{TransactionBehavior, params};
use serde_json::{Map, Value, json};

/// A case to be opened. That the caller may work in the agency is the caller's to have checked.
#[derive(Debug, Clone)]
pub(crate) struct NewCase {
    pub(crate) agency: String,
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) severity_id: u8,
    pub(crate) tlp: Tlp,
    /// Empty: nobody.
    pub(crate) assignee: String,
    /// As the store showed them to this caller.
    pub(crate) alerts: Vec<AlertLink>,
}

/// What to change; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CaseChange {
    pub(crate) title: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) state: Option<CaseState>,
    pub(crate) severity_id: Option<u8>,
    pub(crate) tlp: Option<Tlp>,
    /// Empty: nobody.
    pub(crate) assignee: Option<String>,
    pub(crate) resolution: Option<String>,
}

impl Work {
    /// Runs one change of one caller: whole, or not at all.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        reach: &Reach,
        work: impl FnOnce(&Pen<'_>) -> Done<T> + Send + 'static,
    ) -> Result<Result<T, Refusal>, Error> {
        let (reach, now_ms) = (reach.clone(), self.clock.now_ms());
        self.database
            .call(what, move |connection| {
                // Immediate: what is read here is still so when it is written.
                let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let done = work(&Pen { tx: &tx, reach: &reach, now_ms })?;
                if done.is_ok() {
                    tx.commit()?;
                }
                Ok(done)
            })
            .await
    }

    /// Opens a case.
    pub(crate) async fn open_case(
        &self,
        reach: &Reach,
        new: NewCase,
    ) -> Result<Result<Case, Refusal>, Error> {
        self.write("open a case", reach, move |pen| {
            let id = pen.open(&new)?;
            if let Err(refusal) = link(pen, &id, &new.alerts)? {
                return Ok(Err(refusal));
            }
            pen.read(&id)
        })
        .await
    }

    /// Changes a case whose version is still `expected`.
    pub(crate) async fn change_case(
        &self,
        reach: &Reach,
        id: &str,
        expected: u32,
        change: CaseChange,
    ) -> Result<Result<Case, Refusal>, Error> {
        let id = id.to_owned();
        self.write("change a case", reach, move |pen| {
            let case = match pen.to_change(&id, Some(expected))? {
                Ok(case) => case,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if let Err(refusal) = pen.apply(&case, &change)? {
                return Ok(Err(refusal));
            }
            pen.read(&id)
        })
        .await
    }

    /// Says something about a case, whatever its version.
    pub(crate) async fn comment_case(
        &self,
        reach: &Reach,
        id: &str,
        text: String,
    ) -> Result<Result<Case, Refusal>, Error> {
        let id = id.to_owned();
        self.write("comment on a case", reach, move |pen| {
            if let Err(refusal) = pen.to_add(&id)? {
                return Ok(Err(refusal));
            }
            pen.step(&id, StepKind::Comment, "", &json!({"text": text}))?;
            pen.read(&id)
        })
        .await
    }

    /// Lets these other agencies see a case, and no others.
    pub(crate) async fn share_case(
        &self,
        reach: &Reach,
        id: &str,
        expected: u32,
        agencies: Vec<String>,
    ) -> Result<Result<Case, Refusal>, Error> {
        let id = id.to_owned();
        self.write("share a case", reach, move |pen| {
            let case = match pen.to_change(&id, Some(expected))? {
                Ok(case) => case,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if !agencies.is_empty() && !case.tlp.may_be_shared() {
                return Ok(Err(Refusal::Tlp(case.tlp)));
            }
            pen.tx.execute("DELETE FROM case_agencies WHERE case_id = ?1", [&id])?;
            for agency in agencies.iter().filter(|agency| **agency != case.agency) {
                let sql = "INSERT OR IGNORE INTO case_agencies VALUES (?1, ?2)";
                pen.tx.prepare_cached(sql)?.execute([&id, agency])?;
            }
            let detail = json!({"before": case.shared_with, "after": agencies, "tlp": case.tlp});
            pen.step(&id, StepKind::Shared, "", &detail)?;
            pen.read(&id)
        })
        .await
    }
}

impl Pen<'_> {
    /// The case as it stands in this transaction.
    pub(super) fn read(&self, id: &str) -> Done<Case> {
        let case = super::read::case(self.tx, self.reach, id)?;
        Ok(case.ok_or(Refusal::NotFound))
    }

    /// Writes a case without alerts; returns its id.
    pub(super) fn open(&self, new: &NewCase) -> Result<String, rusqlite::Error> {
        let number: i64 = self.tx.query_row(
            "SELECT ifnull(max(number), 0) + 1 FROM cases WHERE agency = ?1",
            [&new.agency],
            |row| row.get(0),
        )?;
        let id = format!("{}-{number}", new.agency);
        let NewCase { agency, title, summary, severity_id, tlp, assignee, .. } = new;
        self.tx
            .prepare_cached(
                "INSERT INTO cases VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, '', '', ?10, \
                 ?11, ?10, ?11)",
            )?
            .execute(params![
                id,
                agency,
                number,
                title,
                summary,
                CaseState::Open,
                severity_id,
                tlp,
                assignee,
                self.now_ms,
                self.reach.actor
            ])?;
        let detail = json!({"title": title, "summary": summary, "severity_id": severity_id,
            "tlp": tlp, "assignee": assignee});
        self.step(&id, StepKind::Created, "", &detail)?;
        Ok(id)
    }

    /// Sets what the change asks for, and writes a step of what it changed from and to.
    fn apply(&self, case: &Case, change: &CaseChange) -> Done<()> {
        let state = change.state.unwrap_or(case.state);
        let tlp = change.tlp.unwrap_or(case.tlp);
        let before = case.resolution.clone().unwrap_or_default();
        let closed = state == CaseState::Closed;
        let resolution = change.resolution.as_deref().filter(|_| closed).unwrap_or(&before);
        let resolution = if closed { resolution } else { "" };
        if closed && resolution.trim().is_empty() {
            return Ok(Err(Refusal::ResolutionRequired));
        }
        if !case.shared_with.is_empty() && !tlp.may_be_shared() {
            return Ok(Err(Refusal::Tlp(tlp)));
        }
        let title = change.title.as_ref().unwrap_or(&case.title);
        let summary = change.summary.as_ref().unwrap_or(&case.summary);
        let severity_id = change.severity_id.unwrap_or(case.severity_id);
        let held = case.assignee.clone().unwrap_or_default();
        let assignee = change.assignee.as_ref().unwrap_or(&held);
        self.tx
            .prepare_cached(
                "UPDATE cases SET title = ?2, summary = ?3, state = ?4, severity_id = ?5, \
                 tlp = ?6, assignee = ?7, resolution = ?8 WHERE id = ?1",
            )?
            .execute(params![
                case.id,
                title,
                summary,
                state,
                severity_id,
                tlp,
                assignee,
                resolution
            ])?;
        let mut detail = Map::new();
        let mut note = |name: &str, before: Value, after: Value| {
            if before != after {
                detail.insert(name.into(), json!({"before": before, "after": after}));
            }
        };
        note("title", json!(case.title), json!(title));
        note("summary", json!(case.summary), json!(summary));
        note("state", json!(case.state), json!(state));
        note("severity_id", json!(case.severity_id), json!(severity_id));
        note("tlp", json!(case.tlp), json!(tlp));
        note("assignee", json!(held), json!(assignee));
        note("resolution", json!(before), json!(resolution));
        self.step(&case.id, StepKind::Changed, "", &Value::Object(detail))?;
        Ok(Ok(()))
    }
}
