//! The alerts and the tasks of a case.

use super::{TITLE_MAX, alerts_of, no_case, refused, whole};
use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, Json, NoParams, Query, TimeMs};
use crate::problem::{Answer, Code, Problem};
use crate::work::case::{Case, NewTask, TaskChange, TaskState};
use crate::written::{check_assignee, if_match, line_of, present};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::BTreeSet;

/// Which alerts come in and which go out.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertsBody {
    /// Ids, at most 200.
    #[serde(default)]
    #[schema(max_items = 200)]
    add: BTreeSet<String>,
    #[serde(default)]
    #[schema(max_items = 200)]
    remove: BTreeSet<String>,
}

/// A task to be added.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTaskBody {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    assignee: Option<String>,
    /// Until when, in ms.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    due: Option<TimeMs>,
}

/// What to change of a task; what is absent stays as it is.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskBody {
    #[schema(min_length = 1, max_length = 200)]
    title: Option<String>,
    state: Option<TaskState>,
    /// `null` for nobody.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    assignee: Option<Option<String>>,
    /// `null` for no date.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    due: Option<Option<TimeMs>>,
}

/// Put alerts into a case, take others out
///
/// Whatever its version: alerts that are there already stay, and those that are not cannot go.
#[utoipa::path(post, path = "/cases/{case}/alerts", tag = "cases", request_body = AlertsBody,
    params(("case" = String, Path, description = "The case.")),
    responses((status = 200, description = "The case now.", body = Case)))]
pub(crate) async fn alerts(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<AlertsBody>,
) -> Answer<Response> {
    let reach = caller.reach()?;
    if body.add.is_empty() && body.remove.is_empty() {
        return Err(Problem::new(Code::NothingToChange, "send add or remove"));
    }
    let add = alerts_of(&app, &caller, &body.add).await?;
    let detail = json!({"add": body.add, "remove": body.remove});
    app.accounts.audit(caller.entry(Action::CaseAlerts, &id, detail)).await?;
    let done = app.work.gather(&reach, &id, add, body.remove).await?;
    Ok(whole(done.map_err(refused)?))
}

/// Add a task to a case
///
/// Whatever its version.
#[utoipa::path(post, path = "/cases/{case}/tasks", tag = "cases", request_body = NewTaskBody,
    params(("case" = String, Path, description = "The case.")),
    responses((status = 201, description = "Added; the case now.", body = Case)))]
pub(crate) async fn add_task(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<NewTaskBody>,
) -> Answer<Response> {
    let reach = caller.reach()?;
    line_of("title", &body.title, TITLE_MAX)?;
    let assignee = body.assignee.unwrap_or_default();
    if !assignee.is_empty() {
        let case = app.work.case(&reach, &id).await?.ok_or_else(no_case)?;
        check_in(&app, &case, &assignee).await?;
    }
    app.accounts.audit(caller.entry(Action::CaseTask, &id, json!({}))).await?;
    let title = body.title.trim().to_owned();
    let new = NewTask { title, assignee, due_ms: body.due.map(|due| due.0) };
    let case = app.work.add_task(&reach, &id, new).await?.map_err(refused)?;
    Ok((StatusCode::CREATED, whole(case)).into_response())
}

/// Change a task
///
/// Only if it is still at the version in `If-Match`; else 412 with the case as it stands now.
#[utoipa::path(patch, path = "/tasks/{task}", tag = "cases", request_body = TaskBody,
    params(("task" = String, Path, description = "The task."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The task's version seen, quoted.")),
    responses((status = 200, description = "Changed; its case now.", body = Case)))]
pub(crate) async fn change_task(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    Json(body): Json<TaskBody>,
) -> Answer<Response> {
    let reach = caller.reach()?;
    let expected = if_match(&headers)?;
    if let Some(title) = &body.title {
        line_of("title", title, TITLE_MAX)?;
    }
    let change = TaskChange {
        title: body.title.map(|title| title.trim().to_owned()),
        state: body.state,
        assignee: body.assignee.map(Option::unwrap_or_default),
        due_ms: body.due.map(|due| due.map(|due| due.0)),
    };
    if change == TaskChange::default() {
        return Err(Problem::new(Code::NothingToChange, "send title, state, assignee or due"));
    }
    let case = app.work.case_of_task(&reach, &id).await?.ok_or_else(no_case)?;
    if let Some(assignee) = change.assignee.as_deref().filter(|name| !name.is_empty()) {
        check_in(&app, &case, assignee).await?;
    }
    let detail = json!({"version": expected, "case": case.id, "state": change.state});
    app.accounts.audit(caller.entry(Action::CaseTask, &id, detail)).await?;
    let done = app.work.change_task(&reach, &id, expected, change).await?;
    Ok(whole(done.map_err(refused)?))
}

/// A task is for whoever works in an agency that sees the case.
async fn check_in(app: &App, case: &Case, assignee: &str) -> Answer<()> {
    let agencies: Vec<&str> =
        [&case.agency].into_iter().chain(&case.shared_with).map(String::as_str).collect();
    check_assignee(app, &agencies, assignee).await
}
