//! Reading cases: lists and one whole case, as far as the caller reads the agencies in it.

use super::gather::AlertLink;
use super::{Case, CaseState, Evidence, Summary, Task, known};
use crate::Error;
use crate::work::{Reach, Work};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, named_params};

/// What of a case `c` the caller may see: it is of an agency that the caller reads, or shared with one.
const VISIBLE: &str = "(:sight IS NULL \
    OR c.agency IN (SELECT value FROM json_each(:sight)) \
    OR EXISTS (SELECT 1 FROM case_agencies AS s WHERE s.case_id = c.id \
        AND s.agency IN (SELECT value FROM json_each(:sight))))";

/// Which cases.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// In one of these states; empty: in any.
    pub(crate) states: Vec<CaseState>,
    pub(crate) severity_min: Option<u8>,
    pub(crate) agency: Option<String>,
    /// Empty: nobody.
    pub(crate) assignee: Option<String>,
    /// That hold this alert.
    pub(crate) alert: Option<String>,
    /// Whose id, title or summary holds this, whatever the case of its letters.
    pub(crate) text: Option<String>,
    pub(crate) updated_since: Option<i64>,
}

/// Where a page begins: behind the case that was updated then.
#[derive(Debug, Clone)]
pub(crate) struct Behind {
    pub(crate) updated_ms: i64,
    pub(crate) id: String,
}

impl Work {
    /// Cases of the filter, the last updated first, at most `limit`.
    pub(crate) async fn cases(
        &self,
        reach: &Reach,
        filter: Filter,
        behind: Option<Behind>,
        limit: u32,
    ) -> Result<Vec<Summary>, Error> {
        let reach = reach.clone();
        self.database
            .call("list cases", move |c| list(c, &reach, &filter, behind.as_ref(), limit))
            .await
    }

    /// One case.
    pub(crate) async fn case(&self, reach: &Reach, id: &str) -> Result<Option<Case>, Error> {
        let (reach, id) = (reach.clone(), id.to_owned());
        self.database
            .call("read a case", move |connection| {
                // One transaction, so that all of it is of one moment.
                let reading = TransactionBehavior::Deferred;
                let transaction = connection.transaction_with_behavior(reading)?;
                case(&transaction, &reach, &id)
            })
            .await
    }
}

fn list(
    connection: &Connection,
    reach: &Reach,
    filter: &Filter,
    behind: Option<&Behind>,
    limit: u32,
) -> Result<Vec<Summary>, rusqlite::Error> {
    let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
    let states = (!states.is_empty()).then(|| serde_json::json!(states).to_string());
    let sql = format!(
        "SELECT c.id, c.version, c.agency, c.title, c.state, c.severity_id, c.tlp, c.assignee, \
             c.merged_into, c.created_ms, c.created_by, c.updated_ms, c.updated_by, \
             (SELECT count(*) FROM case_alerts AS a WHERE a.case_id = c.id AND (:sight IS NULL \
                 OR a.agency IN (SELECT value FROM json_each(:sight)))), \
             (SELECT count(*) FROM case_tasks AS t WHERE t.case_id = c.id AND t.state = 'open'), \
             (SELECT count(*) FROM case_tasks AS t WHERE t.case_id = c.id) \
         FROM cases AS c WHERE {VISIBLE} \
             AND (:states IS NULL OR c.state IN (SELECT value FROM json_each(:states))) \
             AND (:severity IS NULL OR c.severity_id >= :severity) \
             AND (:agency IS NULL OR c.agency = :agency) \
             AND (:assignee IS NULL OR c.assignee = :assignee) \
             AND (:since IS NULL OR c.updated_ms >= :since) \
             AND (:alert IS NULL OR EXISTS (SELECT 1 FROM case_alerts AS a \
                 WHERE a.case_id = c.id AND a.alert_id = :alert AND (:sight IS NULL \
                 OR a.agency IN (SELECT value FROM json_each(:sight))))) \
             AND (:text IS NULL OR instr(lower(c.id || char(10) || c.title || char(10) \
                 || c.summary), lower(:text)) > 0) \
             AND (:before IS NULL OR (c.updated_ms, c.id) < (:before, :behind)) \
         ORDER BY c.updated_ms DESC, c.id DESC LIMIT :limit"
    );
    connection
        .prepare_cached(&sql)?
        .query_map(
            named_params! {
                ":sight": reach.sight(), ":states": states, ":severity": filter.severity_min,
                ":agency": filter.agency, ":assignee": filter.assignee,
                ":since": filter.updated_since, ":alert": filter.alert, ":text": filter.text,
                ":before": behind.map(|behind| behind.updated_ms),
                ":behind": behind.map(|behind| behind.id.as_str()), ":limit": limit,
            },
            summary,
        )?
        .collect()
}

fn summary(row: &Row<'_>) -> Result<Summary, rusqlite::Error> {
    Ok(Summary {
        id: row.get(0)?,
        version: row.get(1)?,
        agency: row.get(2)?,
        title: row.get(3)?,
        state: row.get(4)?,
        severity_id: row.get(5)?,
        tlp: row.get(6)?,
        assignee: known(row.get(7)?),
        merged_into: known(row.get(8)?),
        created: row.get(9)?,
        created_by: row.get(10)?,
        updated: row.get(11)?,
        updated_by: row.get(12)?,
        alerts: row.get(13)?,
        tasks_open: row.get(14)?,
        tasks: row.get(15)?,
    })
}

/// One case in the caller's reach.
pub(super) fn case(
    connection: &Connection,
    reach: &Reach,
    id: &str,
) -> Result<Option<Case>, rusqlite::Error> {
    let sql = format!(
        "SELECT id, version, agency, title, summary, state, severity_id, tlp, assignee, \
             resolution, merged_into, created_ms, created_by, updated_ms, updated_by \
         FROM cases AS c WHERE c.id = :id AND {VISIBLE}"
    );
    let found = connection
        .prepare_cached(&sql)?
        .query_row(named_params! { ":id": id, ":sight": reach.sight() }, head)
        .optional()?;
    let Some(mut case) = found else { return Ok(None) };
    case.shared_with = connection
        .prepare_cached("SELECT agency FROM case_agencies WHERE case_id = ?1 ORDER BY agency")?
        .query_map([id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    case.tasks = tasks(connection, id)?;
    case.alerts = alerts(connection, id)?;
    case.evidence = evidence(connection, id)?;
    let all = case.alerts.len() + case.evidence.len();
    case.alerts.retain(|alert| reach.reads.contains(&alert.agency));
    case.evidence.retain(|evidence| reach.reads.contains(&evidence.agency));
    case.hidden = (all - case.alerts.len() - case.evidence.len()) as u64;
    case.may_change = reach.works.contains(&case.agency);
    case.may_add =
        case.may_change || case.shared_with.iter().any(|agency| reach.works.contains(agency));
    Ok(Some(case))
}

fn head(row: &Row<'_>) -> Result<Case, rusqlite::Error> {
    Ok(Case {
        id: row.get(0)?,
        version: row.get(1)?,
        agency: row.get(2)?,
        title: row.get(3)?,
        summary: row.get(4)?,
        state: row.get(5)?,
        severity_id: row.get(6)?,
        tlp: row.get(7)?,
        assignee: known(row.get(8)?),
        resolution: known(row.get(9)?),
        merged_into: known(row.get(10)?),
        created: row.get(11)?,
        created_by: row.get(12)?,
        updated: row.get(13)?,
        updated_by: row.get(14)?,
        shared_with: Vec::new(),
        alerts: Vec::new(),
        tasks: Vec::new(),
        evidence: Vec::new(),
        hidden: 0,
        may_change: false,
        may_add: false,
    })
}

fn alerts(connection: &Connection, id: &str) -> Result<Vec<AlertLink>, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT alert_id, agency, title, title_bn, rule_id, host, severity_id, time_ms, \
                 added_ms, added_by FROM case_alerts WHERE case_id = ?1 ORDER BY time_ms, alert_id",
        )?
        .query_map([id], |row| {
            Ok(AlertLink {
                id: row.get(0)?,
                agency: row.get(1)?,
                title: row.get(2)?,
                title_bn: known(row.get(3)?),
                rule_id: row.get(4)?,
                host: row.get(5)?,
                severity_id: row.get(6)?,
                time: row.get(7)?,
                added: row.get(8)?,
                added_by: row.get(9)?,
            })
        })?
        .collect()
}

fn tasks(connection: &Connection, id: &str) -> Result<Vec<Task>, rusqlite::Error> {
    let sql = format!("{TASK} WHERE case_id = ?1 ORDER BY created_ms, id");
    connection.prepare_cached(&sql)?.query_map([id], task)?.collect()
}

/// Reads tasks; [`task`] makes one of a row.
pub(super) const TASK: &str = "SELECT id, version, title, state, assignee, due_ms, created_ms, \
    created_by FROM case_tasks";

pub(super) fn task(row: &Row<'_>) -> Result<Task, rusqlite::Error> {
    Ok(Task {
        id: row.get(0)?,
        version: row.get(1)?,
        title: row.get(2)?,
        state: row.get(3)?,
        assignee: known(row.get(4)?),
        due: row.get(5)?,
        created: row.get(6)?,
        created_by: row.get(7)?,
    })
}

fn evidence(connection: &Connection, id: &str) -> Result<Vec<Evidence>, rusqlite::Error> {
    let sql = format!("{EVIDENCE} WHERE case_id = ?1 ORDER BY added_ms, id");
    connection.prepare_cached(&sql)?.query_map([id], piece)?.collect()
}

/// Reads evidence; [`piece`] makes one of a row.
pub(super) const EVIDENCE: &str = "SELECT id, agency, kind, name, source, media_type, bytes, \
    sha256, note, added_ms, added_by, case_id FROM case_evidence";

pub(super) fn piece(row: &Row<'_>) -> Result<Evidence, rusqlite::Error> {
    Ok(Evidence {
        id: row.get(0)?,
        agency: row.get(1)?,
        kind: row.get(2)?,
        name: row.get(3)?,
        source: known(row.get(4)?),
        media_type: row.get(5)?,
        bytes: row.get(6)?,
        sha256: row.get(7)?,
        note: known(row.get(8)?),
        added: row.get(9)?,
        added_by: row.get(10)?,
    })
}
