//! The signed-in user's own account.

use crate::App;
use crate::accounts::{Language, Refusal, User, password, session};
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, Json, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::{Permission, Role};
use crate::routes::session::{From, refused, set_cookie};
use crate::routes::users::{SessionItem, SessionList};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The signed-in user.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Me {
    user: String,
    display_name: String,
    /// Every role held anywhere.
    roles: Vec<Role>,
    /// The agencies in which a role is held; `["*"]` for all.
    agencies: Vec<String>,
    language: Language,
    /// What may be done somewhere.
    permissions: Vec<Permission>,
    /// Without a password the user can set one without giving a current one.
    has_password: bool,
    /// Whether an identity provider vouches for the person, who has no password here.
    by_provider: bool,
    /// Whether a sign-in asks for a code.
    second_factor: bool,
    /// Whether a role asks for a second factor; until there is one, nothing else may be done.
    must_enrol: bool,
}

/// The account as its user sees it.
pub(crate) fn me(app: &App, user: &User) -> Me {
    Me {
        user: user.name.clone(),
        display_name: user.display_name.clone(),
        roles: user.grants.roles(),
        agencies: user.grants.agencies().names(),
        language: user.language,
        permissions: user.grants.permissions(),
        has_password: user.password_hash.is_some(),
        by_provider: user.by_provider,
        second_factor: user.second_factor,
        must_enrol: app.accounts.must_enrol(user),
    }
}

/// A new password.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    /// The current one, where there is one.
    current: Option<String>,
    /// 12 to 256 characters.
    #[schema(min_length = 12, max_length = 256)]
    new: String,
}

/// A language to speak.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageBody {
    language: Language,
}

/// Who am I
#[utoipa::path(get, path = "/me", tag = "session",
    responses((status = 200, description = "The signed-in user.", body = Me)))]
pub(crate) async fn get(
    State(app): State<App>,
    Query(NoParams {}): Query<NoParams>,
    caller: Caller,
) -> Answer<axum::Json<Me>> {
    Ok(axum::Json(me(&app, &caller.user)))
}

/// Set my password
///
/// Ends every session of the user and begins a new one for this browser.
#[utoipa::path(put, path = "/me/password", tag = "session", request_body = PasswordBody,
    responses((status = 204, description = "Set.",
        headers(("set-cookie" = String, description = "The new session.")))))]
pub(crate) async fn set_password(
    State(app): State<App>,
    Query(NoParams {}): Query<NoParams>,
    caller: Caller,
    From(client, by_tls): From,
    Json(body): Json<PasswordBody>,
) -> Answer<Response> {
    caller.session()?;
    if caller.user.by_provider {
        let detail = "change it at your identity provider";
        return Err(Problem::new(Code::ByProvider, detail));
    }
    password::check(&body.new, &caller.user.name).map_err(|weak| {
        let detail = "12 to 256 characters, not your name, at least 5 different ones";
        Problem::new(Code::PasswordTooWeak, detail)
            .with(json!({"field": "new", "reason": weak.as_str()}))
    })?;
    let changed = app.accounts.change_password(&caller.user, body.current, body.new, client);
    let session = changed.await?.map_err(|refusal| match refusal {
        // Not 401: the session is as good as it was.
        Refusal::Wrong => Problem::new(Code::WrongPassword, "the current password is not right")
            .with(json!({"field": "current"})),
        refusal => refused(refusal),
    })?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, set_cookie(by_tls, &session)?)])
        .into_response())
}

/// My live sessions
#[utoipa::path(get, path = "/me/sessions", tag = "session",
    responses((status = 200, description = "The sessions.", body = SessionList)))]
pub(crate) async fn sessions(
    State(app): State<App>,
    Query(NoParams {}): Query<NoParams>,
    caller: Caller,
) -> Answer<axum::Json<SessionList>> {
    let current = session::id(caller.session()?);
    let live = app.accounts.sessions(caller.user.id).await?;
    let item = |live| SessionItem::new(live, Some(&current));
    Ok(axum::Json(SessionList { items: live.into_iter().map(item).collect() }))
}

/// End one of my sessions
#[utoipa::path(delete, path = "/me/sessions/{session}", tag = "session",
    params(("session" = String, Path, description = "The session's id.")),
    responses((status = 204, description = "Ended.")))]
pub(crate) async fn end_session(
    State(app): State<App>,
    Id(session): Id,
    Query(NoParams {}): Query<NoParams>,
    caller: Caller,
) -> Answer<StatusCode> {
    caller.session()?;
    let entry = caller.entry(Action::SessionEnd, &session, json!({}));
    if app.accounts.end_session(caller.user.id, session, entry).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(Code::NotFound, "you have no such session; perhaps it has ended"))
    }
}

/// Set my language
#[utoipa::path(put, path = "/me/language", tag = "session", request_body = LanguageBody,
    responses((status = 200, description = "Set.", body = Me)))]
pub(crate) async fn set_language(
    State(app): State<App>,
    Query(NoParams {}): Query<NoParams>,
    mut caller: Caller,
    Json(body): Json<LanguageBody>,
) -> Answer<axum::Json<Me>> {
    caller.session()?;
    let detail = json!({"language": body.language});
    let entry = caller.entry(Action::LanguageChange, "", detail);
    app.accounts.set_language(caller.user.id, body.language, entry).await?;
    caller.user.language = body.language;
    Ok(axum::Json(me(&app, &caller.user)))
}
