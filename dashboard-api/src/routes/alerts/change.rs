//! Changing an alert: with the version that the analyst saw, so that nobody overwrites anybody.

use super::{detail, no_alert};
use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, Json, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::views::alert::{AlertDetail, HistoryItem, State as AlertState, Verdict, current};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use store::{Change, Outcome, Refusal, Scope};

/// Longest reason and comment, in characters.
const WORDS_MAX: usize = 4_000;

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

/// Tells `null` from absence.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl ChangeBody {
    fn change(self) -> Answer<Change> {
        if let Some(reason) = &self.reason {
            words("reason", reason)?;
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
        check_assignee(&app, &agency, assignee).await?;
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
            let params = json!({"current": current(now)});
            return Err(Problem::new(Code::VersionConflict, detail).with(params));
        }
        Outcome::Refused(refusal) => return Err(refused(refusal)),
        Outcome::NotFound => return Err(no_alert()),
    }
    let alert = app.store.alert(&scope, &id).await?.ok_or_else(no_alert)?;
    Ok(detail(alert))
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
    words("text", &body.text)?;
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

/// Whoever gets an alert must be able to work on it.
async fn check_assignee(app: &App, agency: &str, name: &str) -> Answer<()> {
    let user = app.accounts.user(name).await?;
    let held = user.map(|user| user.grants.allow(Permission::TriageAlerts));
    if held.is_some_and(|held| held.contains(agency)) {
        return Ok(());
    }
    let detail = "the assignee must be a user who may triage the alert's agency";
    Err(Problem::new(Code::UnknownAssignee, detail).with(json!({"field": "assignee"})))
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

/// The version in `If-Match`: one strong tag, as we give it.
fn if_match(headers: &HeaderMap) -> Answer<u32> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        let detail = "send If-Match with the ETag of the alert that you saw";
        return Err(Problem::new(Code::IfMatchRequired, detail));
    };
    let digits = value.to_str().ok().and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| {
        let detail = "If-Match is one quoted version, such as \"3\"";
        Problem::parameter(Code::InvalidParameter, "If-Match", detail)
    })
}

/// Checks a text that a person wrote.
fn words(field: &str, text: &str) -> Answer<()> {
    let legal = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    let problem =
        |detail: String| Problem::new(Code::InvalidBody, detail).with(json!({"field": field}));
    // An empty reason is the store's to refuse, with its own code.
    if field != "reason" && text.trim().is_empty() {
        return Err(problem(format!("{field} is empty")));
    }
    if text.chars().count() > WORDS_MAX {
        return Err(problem(format!("{field} has more than {WORDS_MAX} characters")));
    }
    if !text.chars().all(legal) {
        return Err(problem(format!("{field} holds a control character")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_strong_tag_matches() {
        let check = |value: &str, expected: Option<u32>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, value.parse().unwrap());
            assert_eq!(if_match(&headers).ok(), expected, "{value}");
        };
        check("\"3\"", Some(3));
        check("3", None);
        check("*", None);
        check("W/\"3\"", None);
        check("\"3\", \"4\"", None);
        check("\"-1\"", None);
        let missing = if_match(&HeaderMap::new()).unwrap_err();
        assert_eq!(missing.code, Code::IfMatchRequired);
    }

    #[test]
    fn null_is_not_absence() {
        let body = |text: &str| serde_json::from_str::<ChangeBody>(text).unwrap().change();
        assert_eq!(body(r#"{"assignee": null}"#).unwrap().assignee.as_deref(), Some(""));
        assert_eq!(body(r#"{"state": "new"}"#).unwrap().assignee, None);
        assert_eq!(body("{}").unwrap_err().code, Code::NothingToChange);
    }

    #[test]
    fn words_of_a_person() {
        assert!(words("text", "ঠিক আছে\nপরীক্ষিত").is_ok());
        for bad in ["", "  \n", "a\u{0}b", &"x".repeat(4_001)] {
            assert!(words("text", bad).is_err(), "{bad:?}");
        }
        assert!(words("reason", "").is_ok());
    }
}
