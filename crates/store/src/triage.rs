//! Changing an alert's state so that two analysts cannot overwrite each other.
//!
//! `alert_history` is the truth and is written first: one row a version, whose deduplication token
//! is alert and version, so that of two who change the same version only one row stands; which one
//! is read back. Then the columns of `alerts` repeat that row, by an update that only fits the
//! version before. A crash between the two leaves the columns one version behind: the next change,
//! and [`Store::mend_alerts`] at a service's start, write them from the history.

use crate::error::During;
use crate::views::{AlertSummary, State, Verdict};
use crate::{Error, Scope, Store};
use clickhouse::Row;
use model::Agency;
use serde::{Deserialize, Serialize};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{SystemTime, UNIX_EPOCH};

/// How often a comment, which fits any version, is tried while others change the alert.
const COMMENT_TRIES: u32 = 8;

/// What an analyst wants changed; `None` leaves a thing as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The new state.
    pub state: Option<State>,
    /// The verdict; goes with `closed` only.
    pub verdict: Option<Verdict>,
    /// Why; goes with a verdict.
    pub reason: Option<String>,
    /// Who takes it; empty: nobody.
    pub assignee: Option<String>,
    /// What there is to say.
    pub comment: Option<String>,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done; the alert now.
    Changed(AlertSummary),
    /// Somebody was faster; the alert now, with who and when.
    Conflict(AlertSummary),
    /// The change makes no sense.
    Refused(Refusal),
    /// No such alert in the scope.
    NotFound,
}

/// Why a change makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Closing needs a verdict.
    VerdictRequired,
    /// Closing needs a reason in words.
    ReasonRequired,
    /// A verdict belongs to closed alerts only.
    VerdictWithoutClosing,
}

/// A row of `alert_history`.
#[derive(Debug, Clone, Row, Serialize, Deserialize)]
struct Step {
    agency: String,
    alert_id: String,
    version: u32,
    at: i64,
    change_id: u64,
    actor: String,
    kind: String,
    from_state: String,
    to_state: String,
    verdict: String,
    reason: String,
    assignee: String,
    comment: String,
}

const STEP: &str = "agency, alert_id, version, toUnixTimestamp64Milli(at) AS at, change_id, actor, \
    kind, from_state, to_state, verdict, reason, assignee, comment";

impl Store {
    /// Changes an alert whose version is still `expected`.
    pub async fn change_alert(
        &self,
        scope: &Scope,
        id: &str,
        expected: u32,
        change: &Change,
        actor: &str,
    ) -> Result<Outcome, Error> {
        let Some(current) = self.mended_alert(scope, id).await? else {
            return Ok(Outcome::NotFound);
        };
        if current.version != expected {
            return Ok(Outcome::Conflict(current));
        }
        let step = match Step::next(&current, change, actor, now_ms()) {
            Ok(step) => step,
            Err(refusal) => return Ok(Outcome::Refused(refusal)),
        };
        self.insert_step(&step).await?;
        let winner = self.step(&step.agency, id, step.version).await?;
        let ours = winner.as_ref().is_some_and(|winner| winner.change_id == step.change_id);
        let Some(winner) = winner.filter(|_| !ours) else {
            self.repeat_step(&step, current.created).await?;
            return Ok(Outcome::Changed(step.applied(current)?));
        };
        // The other's update may still be under way; writing it twice changes nothing.
        self.repeat_step(&winner, current.created).await?;
        Ok(Outcome::Conflict(winner.applied(current)?))
    }

    /// Adds a comment, whatever the version.
    pub async fn comment_alert(
        &self,
        scope: &Scope,
        id: &str,
        text: &str,
        actor: &str,
    ) -> Result<Outcome, Error> {
        let change = Change { comment: Some(text.to_owned()), ..Change::default() };
        let Some(mut current) = self.mended_alert(scope, id).await? else {
            return Ok(Outcome::NotFound);
        };
        for _ in 0..COMMENT_TRIES {
            match self.change_alert(scope, id, current.version, &change, actor).await? {
                Outcome::Conflict(newer) => current = newer,
                outcome => return Ok(outcome),
            }
        }
        Err(Error::Contended { id: id.to_owned(), tries: COMMENT_TRIES })
    }

    /// Brings alerts up to their history where a crash came between the two, for history of the
    /// last day; a service calls it when it starts. Returns how many were behind.
    pub async fn mend_alerts(&self) -> Result<usize, Error> {
        let sql = format!(
            "SELECT {STEP} FROM alert_history WHERE (agency, alert_id, version) IN (\
                 SELECT h.agency, h.alert_id, max(h.version) FROM alert_history AS h \
                 INNER JOIN alerts AS a ON a.agency = h.agency AND a.id = h.alert_id \
                 WHERE h.at > now() - INTERVAL 1 DAY AND h.version > a.version \
                 GROUP BY h.agency, h.alert_id) \
             ORDER BY alert_history.at, change_id LIMIT 1 BY agency, alert_id"
        );
        let action = "look for alerts behind their history";
        let steps: Vec<Step> = self.client().query_raw(&sql).fetch_all().await.during(action)?;
        for step in &steps {
            let agency = Agency::new(&step.agency)
                .map_err(|_| Error::Value { column: "agency", value: step.agency.clone() })?;
            self.mended_alert(&Scope::of([agency]), &step.alert_id).await?;
        }
        Ok(steps.len())
    }

    /// The alert, brought up to its history first.
    async fn mended_alert(&self, scope: &Scope, id: &str) -> Result<Option<AlertSummary>, Error> {
        let Some(mut current) = self.alert_summary(scope, id).await? else { return Ok(None) };
        while let Some(step) = self.step(&current.agency, id, current.version + 1).await? {
            tracing::info!(id, version = step.version, "mending an alert from its history");
            self.repeat_step(&step, current.created).await?;
            current = step.applied(current)?;
        }
        Ok(Some(current))
    }

    /// The step to this version; the first, should there be two against all odds.
    async fn step(&self, agency: &str, id: &str, version: u32) -> Result<Option<Step>, Error> {
        let sql = format!(
            "SELECT {STEP} FROM alert_history WHERE agency = {{agency:String}} \
             AND alert_id = {{id:String}} AND version = {{version:UInt32}} \
             ORDER BY alert_history.at, change_id LIMIT 1"
        );
        self.client()
            .query_raw(&sql)
            .param("agency", agency)
            .param("id", id)
            .param("version", version)
            .fetch_optional()
            .await
            .during("read a step of an alert's history")
    }

    async fn insert_step(&self, step: &Step) -> Result<(), Error> {
        let action = "record a change of an alert";
        let token = format!("{}/{}/{}", step.agency, step.alert_id, step.version);
        let insert = self.client().insert::<Step>("alert_history").await.during(action)?;
        let mut insert = insert
            .with_setting("async_insert", "0")
            .with_setting("insert_deduplicate", "1")
            .with_setting("insert_deduplication_token", token);
        insert.write(step).await.during(action)?;
        insert.end().await.during(action)
    }

    /// Writes a step's outcome to the alert, if that stands one version before it.
    async fn repeat_step(&self, step: &Step, created_ms: i64) -> Result<(), Error> {
        let sql = "UPDATE alerts SET state = {state:String}, verdict = {verdict:String}, \
             reason = {reason:String}, assignee = {assignee:String}, version = {version:UInt32}, \
             changed_by = {actor:String}, changed_at = fromUnixTimestamp64Milli({at:Int64}) \
             WHERE agency = {agency:String} AND created = fromUnixTimestamp64Milli({created:Int64}) \
             AND id = {id:String} AND version = {before:UInt32}";
        self.client()
            .query_raw(sql)
            .param("state", &step.to_state)
            .param("verdict", &step.verdict)
            .param("reason", &step.reason)
            .param("assignee", &step.assignee)
            .param("version", step.version)
            .param("actor", &step.actor)
            .param("at", step.at)
            .param("agency", &step.agency)
            .param("created", created_ms)
            .param("id", &step.alert_id)
            .param("before", step.version - 1)
            .execute()
            .await
            .during("update an alert")
    }
}

impl Step {
    fn next(
        current: &AlertSummary,
        change: &Change,
        actor: &str,
        at: i64,
    ) -> Result<Self, Refusal> {
        let state = change.state.unwrap_or(current.state);
        let closed = state == State::Closed;
        let verdict = change.verdict.or(current.verdict).filter(|_| closed);
        let reason = change.reason.as_deref().unwrap_or(&current.reason);
        if !closed && change.verdict.is_some() {
            return Err(Refusal::VerdictWithoutClosing);
        }
        if closed && verdict.is_none() {
            return Err(Refusal::VerdictRequired);
        }
        if closed && reason.trim().is_empty() {
            return Err(Refusal::ReasonRequired);
        }
        let kind = match change {
            _ if state != current.state => "state",
            _ if verdict != current.verdict || (closed && reason != current.reason) => "verdict",
            Change { assignee: Some(_), .. } => "assignee",
            _ => "comment",
        };
        Ok(Self {
            agency: current.agency.clone(),
            alert_id: current.id.clone(),
            version: current.version + 1,
            at,
            change_id: RandomState::new().build_hasher().finish(),
            actor: actor.to_owned(),
            kind: kind.to_owned(),
            from_state: current.state.as_str().to_owned(),
            to_state: state.as_str().to_owned(),
            verdict: verdict.map_or("", Verdict::as_str).to_owned(),
            reason: if closed { reason.to_owned() } else { String::new() },
            assignee: change.assignee.as_ref().unwrap_or(&current.assignee).clone(),
            comment: change.comment.clone().unwrap_or_default(),
        })
    }

    /// The alert after this step.
    fn applied(&self, alert: AlertSummary) -> Result<AlertSummary, Error> {
        Ok(AlertSummary {
            version: self.version,
            state: State::stored(&self.to_state)?,
            verdict: Verdict::stored(&self.verdict)?,
            reason: self.reason.clone(),
            assignee: self.assignee.clone(),
            changed_by: self.actor.clone(),
            changed_at: self.at,
            ..alert
        })
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
