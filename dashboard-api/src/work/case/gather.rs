//! What belongs to a case: alerts that come and go, cases that are merged and split.

use super::change::NewCase;
use super::step::{Pen, StepKind};
use super::{ALERTS_MAX, Case, CaseState, Done, Refusal};
use crate::Error;
use crate::work::{Reach, Work};
use rusqlite::params;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// An alert in a case, as it stood when it came in.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[schema(as = CaseAlert)]
pub(crate) struct AlertLink {
    pub(crate) id: String,
    pub(crate) agency: String,
    pub(crate) title: String,
    pub(crate) title_bn: Option<String>,
    pub(crate) rule_id: String,
    pub(crate) host: String,
    pub(crate) severity_id: u8,
    /// When it happened.
    pub(crate) time: i64,
    /// When it came into the case; 0 before it has.
    pub(crate) added: i64,
    pub(crate) added_by: String,
}

/// What goes into a new case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Split {
    pub(crate) title: String,
    pub(crate) alerts: BTreeSet<String>,
    pub(crate) tasks: BTreeSet<String>,
    pub(crate) evidence: BTreeSet<String>,
}

impl Work {
    /// Adds alerts to a case and takes others out, whatever its version.
    pub(crate) async fn gather(
        &self,
        reach: &Reach,
        id: &str,
        add: Vec<AlertLink>,
        remove: BTreeSet<String>,
    ) -> Result<Result<Case, Refusal>, Error> {
        let id = id.to_owned();
        self.write("change a case's alerts", reach, move |pen| {
            let case = match pen.to_add(&id)? {
                Ok(case) => case,
                Err(refusal) => return Ok(Err(refusal)),
            };
            // What an agency put in, it may take out; the case's own may take out anything they see.
            let mut by_agency: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for alert in case.alerts.iter().filter(|alert| remove.contains(&alert.id)) {
                if !case.may_change && !pen.reach.works.contains(&alert.agency) {
                    return Ok(Err(Refusal::Forbidden));
                }
                by_agency.entry(&alert.agency).or_default().push(&alert.id);
            }
            for (agency, ids) in by_agency {
                for alert in &ids {
                    pen.tx
                        .prepare_cached(
                            "DELETE FROM case_alerts WHERE case_id = ?1 AND alert_id = ?2",
                        )?
                        .execute([&*id, *alert])?;
                }
                pen.step(&id, StepKind::AlertsRemoved, agency, &json!({"alerts": ids}))?;
            }
            if let Err(refusal) = link(pen, &id, &add)? {
                return Ok(Err(refusal));
            }
            pen.read(&id)
        })
        .await
    }

    /// Puts all of one case into another and closes it.
    pub(crate) async fn merge_cases(
        &self,
        reach: &Reach,
        id: &str,
        expected: u32,
        into: &str,
    ) -> Result<Result<Case, Refusal>, Error> {
        let (id, into) = (id.to_owned(), into.to_owned());
        self.write("merge cases", reach, move |pen| {
            let from = match pen.to_change(&id, Some(expected))? {
                Ok(case) => case,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if id == into {
                return Ok(Err(Refusal::Itself));
            }
            if let Err(refusal) = pen.to_change(&into, None)? {
                return Ok(Err(refusal));
            }
            for sql in [
                "INSERT OR IGNORE INTO case_alerts SELECT ?2, alert_id, agency, title, title_bn, \
                 rule_id, host, severity_id, time_ms, added_ms, added_by FROM case_alerts \
                 WHERE case_id = ?1",
                "UPDATE case_tasks SET case_id = ?2 WHERE case_id = ?1",
                "UPDATE case_evidence SET case_id = ?2 WHERE case_id = ?1",
            ] {
                pen.tx.execute(sql, [&id, &into])?;
            }
            pen.tx.execute("DELETE FROM case_alerts WHERE case_id = ?1", [&id])?;
            pen.tx.execute(
                "UPDATE cases SET merged_into = ?2, state = ?3 WHERE id = ?1",
                params![id, into, CaseState::Closed],
            )?;
            let counts = json!({"alerts": from.alerts.len(), "tasks": from.tasks.len(),
                "evidence": from.evidence.len()});
            pen.step(&id, StepKind::MergedInto, "", &json!({"case": into, "moved": counts}))?;
            pen.step(&into, StepKind::MergedFrom, "", &json!({"case": id, "moved": counts}))?;
            pen.read(&into)
        })
        .await
    }

    /// Moves parts of a case into a new one of the same agency; returns the new one.
    pub(crate) async fn split_case(
        &self,
        reach: &Reach,
        id: &str,
        expected: u32,
        split: Split,
    ) -> Result<Result<Case, Refusal>, Error> {
        let id = id.to_owned();
        self.write("split a case", reach, move |pen| {
            let case = match pen.to_change(&id, Some(expected))? {
                Ok(case) => case,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if let Some(refusal) = missing(&case, &split) {
                return Ok(Err(refusal));
            }
            let new = pen.open(&NewCase {
                agency: case.agency.clone(),
                title: split.title.clone(),
                summary: String::new(),
                severity_id: case.severity_id,
                tlp: case.tlp,
                assignee: case.assignee.clone().unwrap_or_default(),
                alerts: Vec::new(),
            })?;
            for (ids, sql) in [
                (
                    &split.alerts,
                    "UPDATE case_alerts SET case_id = ?1 WHERE case_id = ?2 AND alert_id = ?3",
                ),
                (&split.tasks, "UPDATE case_tasks SET case_id = ?1 WHERE case_id = ?2 AND id = ?3"),
                (
                    &split.evidence,
                    "UPDATE case_evidence SET case_id = ?1 WHERE case_id = ?2 AND id = ?3",
                ),
            ] {
                for part in ids {
                    pen.tx.prepare_cached(sql)?.execute([&new, &id, part])?;
                }
            }
            let counts = json!({"alerts": split.alerts.len(), "tasks": split.tasks.len(),
                "evidence": split.evidence.len()});
            pen.step(&id, StepKind::SplitInto, "", &json!({"case": new, "moved": counts}))?;
            pen.step(&new, StepKind::SplitFrom, "", &json!({"case": id, "moved": counts}))?;
            pen.read(&new)
        })
        .await
    }
}

/// The first part that the case, as the caller sees it, does not hold.
fn missing(case: &Case, split: &Split) -> Option<Refusal> {
    let alerts: BTreeSet<&String> = case.alerts.iter().map(|alert| &alert.id).collect();
    let tasks: BTreeSet<&String> = case.tasks.iter().map(|task| &task.id).collect();
    let evidence: BTreeSet<&String> = case.evidence.iter().map(|piece| &piece.id).collect();
    let parts = [
        ("alert", &split.alerts, alerts),
        ("task", &split.tasks, tasks),
        ("evidence", &split.evidence, evidence),
    ];
    parts.into_iter().find_map(|(what, asked, held)| {
        let id = asked.iter().find(|id| !held.contains(id))?.clone();
        Some(Refusal::NotInCase { what, id })
    })
}

/// Puts alerts into a case, one step for each agency; those that it holds already stay as they are.
pub(super) fn link(pen: &Pen<'_>, id: &str, alerts: &[AlertLink]) -> Done<()> {
    let mut by_agency: BTreeMap<&str, Vec<serde_json::Value>> = BTreeMap::new();
    for alert in alerts {
        let added = pen
            .tx
            .prepare_cached(
                "INSERT OR IGNORE INTO case_alerts \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                id,
                alert.id,
                alert.agency,
                alert.title,
                alert.title_bn.as_deref().unwrap_or_default(),
                alert.rule_id,
                alert.host,
                alert.severity_id,
                alert.time,
                pen.now_ms,
                pen.reach.actor
            ])?;
        if added > 0 {
            let shown = json!({"id": alert.id, "title": alert.title});
            by_agency.entry(&alert.agency).or_default().push(shown);
        }
    }
    let held: u32 =
        pen.tx.query_row("SELECT count(*) FROM case_alerts WHERE case_id = ?1", [id], |row| {
            row.get(0)
        })?;
    if held as usize > ALERTS_MAX {
        return Ok(Err(Refusal::TooMany { what: "alerts", max: ALERTS_MAX }));
    }
    for (agency, added) in by_agency {
        pen.step(id, StepKind::AlertsAdded, agency, &json!({"alerts": added}))?;
    }
    Ok(Ok(()))
}
