//! Long work: how far it is, what came of it.

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::jobs::{Job, State as Stands};
use crate::params::{Id, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A job.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct JobView {
    id: String,
    /// What it does, such as `backtest`.
    kind: String,
    state: Stands,
    /// How much is done, from 0 to 1.
    progress: f64,
    /// What was asked for; its kind decides what is in it.
    #[schema(value_type = Object)]
    asked: Value,
    /// When it was asked for, in ms.
    created: i64,
    /// When it ended, in ms.
    ended: Option<i64>,
    /// What came of it, once it is done; in a list left out.
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
    /// Why it failed, in words.
    problem: Option<String>,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            state: job.state,
            progress: job.progress,
            asked: job.asked,
            created: job.created_ms,
            ended: job.ended_ms,
            result: job.result,
            problem: job.problem,
        }
    }
}

/// The caller's jobs.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct JobList {
    items: Vec<JobView>,
}

/// The caller's jobs
///
/// The newest first, without their results; kept for 30 days.
#[utoipa::path(get, path = "/jobs", tag = "jobs",
    responses((status = 200, description = "The jobs.", body = JobList)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<JobList>> {
    let jobs = app.jobs.of(&caller.user.name).await?;
    let view = |job: Job| JobView::from(Job { result: None, ..job });
    Ok(Json(JobList { items: jobs.into_iter().map(view).collect() }))
}

/// One job
///
/// Only its owner's, and only while he may still read what it read.
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs",
    params(("id" = String, Path, description = "The job.")),
    responses((status = 200, description = "The job.", body = JobView)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<JobView>> {
    let job = app.jobs.get(&caller.user.name, &id).await?.ok_or_else(no_job)?;
    // A replay reads dead letters, everything else events.
    let needs = match job.kind.as_str() {
        "replay" => Permission::ReadDeadLetters,
        _ => Permission::ReadEvents,
    };
    if !job.is_within(&caller.user.grants.allow(needs)) {
        let detail = "it read agencies whose events you may not read any more";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    Ok(Json(job.into()))
}

/// Cancel a job
#[utoipa::path(post, path = "/jobs/{id}/cancel", tag = "jobs",
    params(("id" = String, Path, description = "The job.")),
    responses((status = 202, description = "It ends within moments.", body = JobView)))]
pub(crate) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Response> {
    let job = app.jobs.get(&caller.user.name, &id).await?.ok_or_else(no_job)?;
    app.accounts.audit(caller.entry(Action::JobCancel, &id, json!({}))).await?;
    app.jobs.cancel(&id);
    let view = JobView::from(Job { result: None, ..job });
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}

/// The answer to who asked for a job.
pub(crate) fn accepted(job: Job) -> Answer<Response> {
    let place = format!("/api/v1/jobs/{}", job.id);
    let place = HeaderValue::from_str(&place).map_err(|_| no_job())?;
    let headers = [(header::LOCATION, place)];
    Ok((StatusCode::ACCEPTED, headers, Json(JobView::from(job))).into_response())
}

fn no_job() -> Box<Problem> {
    Problem::new(Code::NotFound, "you have no such job")
}
