//! Changing an alert: with the version that the analyst saw, so that nobody overwrites anybody.

use super::{detail, no_alert};
use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, Json, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::views::alert::{AlertDetail, HistoryItem, State as AlertState, Verdict, current};
use crate::written::{WORDS_MAX, check_assignee, if_match, present, text_of, words_of};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use store::{Change, Outcome, Refusal, Scope};

/// What to change; what is absent stays as it is.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeBody {
    /// The new state. Leaving `closed` clears verdict and reason.
    state: Option<AlertState>,
    /// What it turned out to be; with `closed` only.
    verdict: Option<Verdict>,
    /// Why, in words; closing needs it.
    #[schema(max_length = 4_000)]
    reason: Option<String>,
    /// Who works on it; `null` for nobody.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    assignee: Option<Option<String>>,
}

impl ChangeBody {
    pub(super) fn change(self) -> Answer<Change> {
        if let Some(reason) = &self.reason {
            text_of("reason", reason, WORDS_MAX)?;
        }
        let change = Change {
            state: self.state.map(Into::into),
            verdict: self.verdict.map(Into::into),
            reason: self.reason,
            assignee: self.assignee.map(Option::unwrap_or_default),
            comment: None,
        };
        if change == Change::default() {
            let detail = "send state, verdict, reason or assignee";
            return Err(Problem::new(Code::NothingToChange, detail));
        }
        Ok(change)
    }
}

/// What to say.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommentBody {
    /// 1 to 4000 characters.
    #[schema(min_length = 1, max_length = 4_000)]
    text: String,
}

/// Change an alert
///
/// Only if it is still at the version in `If-Match`; else 412 with what stands now.
#[utoipa::path(patch, path = "/alerts/{id}", tag = "alerts", request_body = ChangeBody,
    params(("id" = String, Path, description = "The alert."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 200, description = "Changed.", body = AlertDetail,
        headers(("etag" = String, description = "The new version, quoted.")))))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    Json(body): Json<ChangeBody>,
) -> Answer<Response> {
    let expected = if_match(&headers)?;
    let change = body.change()?;
    let (agency, scope) = triage_scope(&app, &caller, &id).await?;
    if let Some(assignee) = change.assignee.as_deref().filter(|name| !name.is_empty()) {
        check_assignee(&app, &[&agency], assignee).await?;
    }
    // Before the change: a client that goes away now must not leave one without a record. Whether
    // it came to pass, the alert's history says.
    let asked = json!({"version": expected, "state": change.state, "verdict": change.verdict,
        "assignee": change.assignee});
    app.accounts.audit(caller.entry(Action::AlertChange, &id, asked)).await?;
    let actor = &caller.user.name;
    match app.store.change_alert(&scope, &id, expected, &change, actor).await? {
        Outcome::Changed(_) => {}
        Outcome::Conflict(now) => {
            let detail = "somebody changed the alert since; look at params.current";
            let params = json!({"current": current(now, &app.work.sla().await?)});
            return Err(Problem::new(Code::VersionConflict, detail).with(params));
        }
        Outcome::Refused(refusal) => return Err(refused(refusal)),
        Outcome::NotFound => return Err(no_alert()),
    }
    let alert = app.store.alert(&scope, &id).await?.ok_or_else(no_alert)?;
    Ok(detail(alert, &app.work.sla().await?))
}

/// Comment on an alert
///
/// Whatever its version; the comment becomes a step of its history.
#[utoipa::path(post, path = "/alerts/{id}/comments", tag = "alerts", request_body = CommentBody,
    params(("id" = String, Path, description = "The alert.")),
    responses((status = 201, description = "Said.", body = HistoryItem)))]
pub(crate) async fn comment(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<CommentBody>,
) -> Answer<Response> {
    words_of("text", &body.text, WORDS_MAX)?;
    let (_, scope) = triage_scope(&app, &caller, &id).await?;
    app.accounts.audit(caller.entry(Action::AlertComment, &id, json!({}))).await?;
    let actor = &caller.user.name;
    let version = match app.store.comment_alert(&scope, &id, &body.text, actor).await? {
        Outcome::Changed(alert) => alert.version,
        Outcome::Conflict(_) => {
            let detail = "others are changing the alert; nothing was written, try again";
            return Err(Problem::new(Code::Busy, detail).retry_after(1));
        }
        Outcome::Refused(refusal) => return Err(refused(refusal)),
        Outcome::NotFound => return Err(no_alert()),
    };
    let history = app.store.alert_history(&scope, &id).await?;
    let step = history.into_iter().find(|step| step.version == version).ok_or_else(no_alert)?;
    Ok((StatusCode::CREATED, axum::Json(HistoryItem::from(step))).into_response())
}

/// The alert's agency and its scope, where the caller may see it and triage there.
async fn triage_scope(app: &App, caller: &Caller, id: &str) -> Answer<(String, Scope)> {
    let seen = caller.scope(Permission::ReadAlerts)?;
    let alert = app.store.alert(&seen, id).await?.ok_or_else(no_alert)?;
    let agency = alert.summary.agency;
    let scope = caller.scope_in(Permission::TriageAlerts, &agency)?;
    Ok((agency, scope))
}

/// What every alert would be refused for.
pub(super) fn check_change(change: &Change) -> Answer<()> {
    let closes = change.state == Some(store::State::Closed);
    let refusal = match change {
        Change { verdict: None, .. } if closes => Some(Refusal::VerdictRequired),
        Change { reason: None, .. } if closes => Some(Refusal::ReasonRequired),
        Change { reason: Some(reason), .. } if closes && reason.trim().is_empty() => {
            Some(Refusal::ReasonRequired)
        }
        _ => None,
    };
    refusal.map_or(Ok(()), |refusal| Err(refused(refusal)))
}

/// The code of a refusal.
pub(super) fn conflict_code(refusal: Refusal) -> &'static str {
    refused(refusal).code.as_str()
}

fn refused(refusal: Refusal) -> Box<Problem> {
    let (code, field, detail) = match refusal {
        Refusal::VerdictRequired => {
            (Code::VerdictRequired, "verdict", "say what the alert turned out to be")
        }
        Refusal::ReasonRequired => (Code::ReasonRequired, "reason", "say why, in words"),
        Refusal::VerdictWithoutClosing => {
            (Code::VerdictWithoutClose, "verdict", "send state closed with a verdict")
        }
    };
    Problem::new(code, detail).with(json!({"field": field}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_not_absence() {
        let body = |text: &str| serde_json::from_str::<ChangeBody>(text).unwrap().change();
        assert_eq!(body(r#"{"assignee": null}"#).unwrap().assignee.as_deref(), Some(""));
        assert_eq!(body(r#"{"state": "new"}"#).unwrap().assignee, None);
        assert_eq!(body("{}").unwrap_err().code, Code::NothingToChange);
    }
}
