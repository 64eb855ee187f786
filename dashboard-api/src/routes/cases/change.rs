//! Changing a case: with the version that the analyst saw, so that nobody overwrites anybody.

use super::{SUMMARY_MAX, TITLE_MAX, no_case, refused, severity_in_range, whole};
use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, Json, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::work::case::{Case, CaseChange, CaseState, Split, Tlp};
use crate::written::{
    WORDS_MAX, bad, check_assignee, if_match, line_of, present, text_of, words_of,
};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use model::Agency;
use serde_json::json;
use std::collections::BTreeSet;

/// Agencies that a case is shared with.
const AGENCIES_MAX: usize = 100;

/// What to change; what is absent stays as it is.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseBody {
    #[schema(min_length = 1, max_length = 200)]
    title: Option<String>,
    #[schema(max_length = 10_000)]
    summary: Option<String>,
    /// Leaving `closed` clears the resolution.
    state: Option<CaseState>,
    #[schema(minimum = 1, maximum = 6)]
    severity_id: Option<u8>,
    tlp: Option<Tlp>,
    /// Who works on it; `null` for nobody.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    assignee: Option<Option<String>>,
    /// How it ended; closing needs it.
    #[schema(max_length = 4_000)]
    resolution: Option<String>,
}

impl CaseBody {
    fn change(self) -> Answer<CaseChange> {
        if let Some(title) = &self.title {
            line_of("title", title, TITLE_MAX)?;
        }
        text_of("summary", self.summary.as_deref().unwrap_or_default(), SUMMARY_MAX)?;
        text_of("resolution", self.resolution.as_deref().unwrap_or_default(), WORDS_MAX)?;
        severity_in_range("severity_id", self.severity_id)?;
        let change = CaseChange {
            title: self.title.map(|title| title.trim().to_owned()),
            summary: self.summary,
            state: self.state,
            severity_id: self.severity_id,
            tlp: self.tlp,
            assignee: self.assignee.map(Option::unwrap_or_default),
            resolution: self.resolution,
        };
        if change == CaseChange::default() {
            let detail = "send title, summary, state, severity_id, tlp, assignee or resolution";
            return Err(Problem::new(Code::NothingToChange, detail));
        }
        Ok(change)
    }
}

/// What to say.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseCommentBody {
    #[schema(min_length = 1, max_length = 4_000)]
    text: String,
}

/// Who may see a case.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareBody {
    /// These other agencies and no others; empty: nobody but its own.
    #[schema(value_type = Vec<String>, max_items = 100)]
    agencies: Vec<Agency>,
}

/// Where a case goes.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeBody {
    /// The case that all of it goes into.
    into: String,
}

/// What goes into a new case.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplitBody {
    /// Of the new case.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    #[serde(default)]
    alerts: BTreeSet<String>,
    #[serde(default)]
    tasks: BTreeSet<String>,
    #[serde(default)]
    evidence: BTreeSet<String>,
}

/// Change a case
///
/// Only if it is still at the version in `If-Match`; else 412 with what stands now.
#[utoipa::path(patch, path = "/cases/{case}", tag = "cases", request_body = CaseBody,
    params(("case" = String, Path, description = "The case."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 200, description = "Changed.", body = Case,
        headers(("etag" = String, description = "The new version, quoted.")))))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    Json(body): Json<CaseBody>,
) -> Answer<Response> {
    let reach = caller.reach()?;
    let expected = if_match(&headers)?;
    let change = body.change()?;
    if let Some(assignee) = change.assignee.as_deref().filter(|name| !name.is_empty()) {
        let case = app.work.case(&reach, &id).await?.ok_or_else(no_case)?;
        check_assignee(&app, &[&case.agency], assignee).await?;
    }
    // Before the change: a client that goes away now must not leave one without a record.
    let asked = json!({"version": expected, "state": change.state, "tlp": change.tlp,
        "assignee": change.assignee});
    app.accounts.audit(caller.entry(Action::CaseChange, &id, asked)).await?;
    let done = app.work.change_case(&reach, &id, expected, change).await?;
    Ok(whole(done.map_err(refused)?))
}

/// Comment on a case
///
/// Whatever its version; everybody who sees the case sees the comment.
#[utoipa::path(post, path = "/cases/{case}/comments", tag = "cases", request_body = CaseCommentBody,
    params(("case" = String, Path, description = "The case.")),
    responses((status = 201, description = "Said; the case now.", body = Case)))]
pub(crate) async fn comment(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<CaseCommentBody>,
) -> Answer<Response> {
    let reach = caller.reach()?;
    words_of("text", &body.text, WORDS_MAX)?;
    app.accounts.audit(caller.entry(Action::CaseComment, &id, json!({}))).await?;
    let case = app.work.comment_case(&reach, &id, body.text).await?.map_err(refused)?;
    Ok((StatusCode::CREATED, whole(case)).into_response())
}

/// Share a case
///
/// The other agencies see the case, its tasks and comments, and of its alerts and evidence their own
/// only. TLP:AMBER+STRICT and TLP:RED are not shared.
#[utoipa::path(put, path = "/cases/{case}/agencies", tag = "cases", request_body = ShareBody,
    params(("case" = String, Path, description = "The case."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 200, description = "Shared.", body = Case)))]
pub(crate) async fn share(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    Json(body): Json<ShareBody>,
) -> Answer<Response> {
    let reach = caller.reach()?;
    let expected = if_match(&headers)?;
    if body.agencies.len() > AGENCIES_MAX {
        return Err(bad("agencies", format!("at most {AGENCIES_MAX} agencies")));
    }
    let agencies: BTreeSet<String> = body.agencies.iter().map(ToString::to_string).collect();
    let detail = json!({"version": expected, "agencies": agencies});
    app.accounts.audit(caller.entry(Action::CaseShare, &id, detail)).await?;
    let agencies = agencies.into_iter().collect();
    let done = app.work.share_case(&reach, &id, expected, agencies).await?;
    Ok(whole(done.map_err(refused)?))
}

/// Put a case into another
///
/// Alerts, tasks and evidence go there; this one is closed and says where it went. Answers with the
/// other case.
#[utoipa::path(post, path = "/cases/{case}/merge", tag = "cases", request_body = MergeBody,
    params(("case" = String, Path, description = "The case."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 200, description = "Merged; the case that it went into.", body = Case)))]
pub(crate) async fn merge(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    Json(body): Json<MergeBody>,
) -> Answer<Response> {
    let reach = caller.reach()?;
    let expected = if_match(&headers)?;
    let detail = json!({"version": expected, "into": body.into});
    app.accounts.audit(caller.entry(Action::CaseMerge, &id, detail)).await?;
    let done = app.work.merge_cases(&reach, &id, expected, &body.into).await?;
    Ok(whole(done.map_err(refused)?))
}

/// Split a case
///
/// The parts named go into a new case of the same agency, which is the answer.
#[utoipa::path(post, path = "/cases/{case}/split", tag = "cases", request_body = SplitBody,
    params(("case" = String, Path, description = "The case."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 201, description = "Split; the new case.", body = Case)))]
pub(crate) async fn split(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    Json(body): Json<SplitBody>,
) -> Answer<Response> {
    let reach = caller.reach()?;
    let expected = if_match(&headers)?;
    let SplitBody { title, alerts, tasks, evidence } = body;
    line_of("title", &title, TITLE_MAX)?;
    if alerts.is_empty() && tasks.is_empty() && evidence.is_empty() {
        let detail = "name alerts, tasks or evidence to go into the new case";
        return Err(Problem::new(Code::NothingToChange, detail));
    }
    let detail = json!({"version": expected, "alerts": alerts, "tasks": tasks,
        "evidence": evidence});
    app.accounts.audit(caller.entry(Action::CaseSplit, &id, detail)).await?;
    let split = Split { title: title.trim().to_owned(), alerts, tasks, evidence };
    let case = app.work.split_case(&reach, &id, expected, split).await?.map_err(refused)?;
    Ok((StatusCode::CREATED, whole(case)).into_response())
}
