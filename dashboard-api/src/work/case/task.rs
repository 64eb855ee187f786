//! The tasks of a case.

use super::step::StepKind;
use super::{Case, Refusal, TASKS_MAX, Task, TaskState};
use crate::Error;
use crate::work::{Reach, Work};
use rusqlite::{OptionalExtension, params};
use serde_json::json;

/// A task to be added.
#[derive(Debug, Clone)]
pub(crate) struct NewTask {
    pub(crate) title: String,
    /// Empty: nobody.
    pub(crate) assignee: String,
    pub(crate) due_ms: Option<i64>,
}

/// What to change; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TaskChange {
    pub(crate) title: Option<String>,
    pub(crate) state: Option<TaskState>,
    /// Empty: nobody.
    pub(crate) assignee: Option<String>,
    /// `Some(None)`: no date.
    pub(crate) due_ms: Option<Option<i64>>,
}

impl Work {
    /// Adds a task to a case, whatever its version.
    pub(crate) async fn add_task(
        &self,
        reach: &Reach,
        id: &str,
        new: NewTask,
    ) -> Result<Result<Case, Refusal>, Error> {
        let id = id.to_owned();
        self.write("add a task", reach, move |pen| {
            let case = match pen.to_add(&id)? {
                Ok(case) => case,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if case.tasks.len() >= TASKS_MAX {
                return Ok(Err(Refusal::TooMany { what: "tasks", max: TASKS_MAX }));
            }
            let task = format!("{id}.t{}", case.version + 1);
            pen.tx.execute(
                "INSERT INTO case_tasks VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    task,
                    id,
                    new.title,
                    TaskState::Open,
                    new.assignee,
                    new.due_ms,
                    pen.now_ms,
                    pen.reach.actor
                ],
            )?;
            let detail = json!({"task": task, "title": new.title, "assignee": new.assignee,
                "due": new.due_ms});
            pen.step(&id, StepKind::TaskAdded, "", &detail)?;
            pen.read(&id)
        })
        .await
    }

    /// Which case a task is in, where the caller may see that.
    pub(crate) async fn case_of_task(
        &self,
        reach: &Reach,
        task: &str,
    ) -> Result<Option<Case>, Error> {
        let (reach, task) = (reach.clone(), task.to_owned());
        self.database
            .call("look up a task", move |connection| {
                let transaction = connection.transaction()?;
                let sql = "SELECT case_id FROM case_tasks WHERE id = ?1";
                let case: Option<String> =
                    transaction.query_row(sql, [&task], |row| row.get(0)).optional()?;
                match case {
                    Some(case) => super::read::case(&transaction, &reach, &case),
                    None => Ok(None),
                }
            })
            .await
    }

    /// Changes a task whose version is still `expected`.
    pub(crate) async fn change_task(
        &self,
        reach: &Reach,
        task: &str,
        expected: u32,
        change: TaskChange,
    ) -> Result<Result<Case, Refusal>, Error> {
        let task = task.to_owned();
        self.write("change a task", reach, move |pen| {
            let sql = "SELECT case_id FROM case_tasks WHERE id = ?1";
            let found: Option<String> =
                pen.tx.query_row(sql, [&task], |row| row.get(0)).optional()?;
            let Some(id) = found else { return Ok(Err(Refusal::NotFound)) };
            let case = match pen.to_add(&id)? {
                Ok(case) => case,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let Some(now) = case.tasks.iter().find(|each| each.id == task) else {
                return Ok(Err(Refusal::NotFound));
            };
            if now.version != expected {
                return Ok(Err(Refusal::Conflict(Box::new(case))));
            }
            let after = changed(now, &change);
            pen.tx.execute(
                "UPDATE case_tasks SET version = ?2, title = ?3, state = ?4, assignee = ?5, \
                 due_ms = ?6 WHERE id = ?1",
                params![
                    task,
                    after.version,
                    after.title,
                    after.state,
                    after.assignee.as_deref().unwrap_or_default(),
                    after.due
                ],
            )?;
            let detail = json!({"task": task, "title": after.title, "state": after.state,
                "assignee": after.assignee, "due": after.due});
            pen.step(&id, StepKind::TaskChanged, "", &detail)?;
            pen.read(&id)
        })
        .await
    }
}

fn changed(task: &Task, change: &TaskChange) -> Task {
    let TaskChange { title, state, assignee, due_ms } = change.clone();
    Task {
        version: task.version + 1,
        title: title.unwrap_or_else(|| task.title.clone()),
        state: state.unwrap_or(task.state),
        assignee: assignee.map_or_else(|| task.assignee.clone(), super::known),
        due: due_ms.unwrap_or(task.due),
        ..task.clone()
    }
}
