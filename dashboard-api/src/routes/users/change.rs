//! Adding users, changing their roles, letting them in anew, and off-boarding them.

use super::{Grant, no_user, refused, shown};
use crate::App;
use crate::accounts::manage::UserChange;
use crate::accounts::user::check_name;
use crate::accounts::{Kind, Language, NewUser};
use crate::audit::Action;
use crate::caller::Caller;
use crate::idempotency::ShownOnce;
use crate::params::{Id, IfMatch, Json, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::{Agencies, Grants, Permission, Role};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::BTreeSet;

/// Longest name to be shown, in characters.
const DISPLAY_CHARACTERS_MAX: usize = 100;
/// Roles of one user, each in one agency.
const GRANTS_MAX: usize = 200;

/// A user to be added.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUserBody {
    /// To sign in with: `a-z`, `0-9`, `.`, `_`, `-`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9][a-z0-9._-]*$")]
    name: String,
    /// To be shown.
    #[schema(min_length = 1, max_length = 100)]
    display_name: String,
    /// Of the dashboard; Bangla where it is not said.
    language: Option<Language>,
    /// A person where it is not said.
    kind: Option<Kind>,
    /// At least one.
    #[schema(min_items = 1, max_items = 200)]
    grants: Vec<Grant>,
}

/// What to change; what is left out stays.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChangeBody {
    /// To be shown.
    #[schema(min_length = 1, max_length = 100)]
    display_name: Option<String>,
    /// `true` ends every session and key at once and lets nobody in.
    disabled: Option<bool>,
}

/// The roles from now on.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantsBody {
    /// All roles in the agencies that the caller looks after.
    #[schema(max_items = 200)]
    grants: Vec<Grant>,
}

/// A way in, shown once.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct FirstLogin {
    name: String,
    /// Good for one sign-in within 72 hours at `/login#token=`; none for a service account.
    login_token: Option<String>,
}

fn display_name(text: &str) -> Answer<()> {
    let length = text.chars().count();
    let legal = (1..=DISPLAY_CHARACTERS_MAX).contains(&length)
        && !text.trim().is_empty()
        && !text.chars().any(char::is_control);
    if legal {
        return Ok(());
    }
    let detail = "display_name is 1 to 100 characters without control characters";
    Err(Problem::new(Code::InvalidBody, detail).with(json!({"field": "display_name"})))
}

fn grants(list: &[Grant]) -> Answer<BTreeSet<(Role, String)>> {
    let problem =
        |detail: &str| Problem::new(Code::InvalidBody, detail).with(json!({"field": "grants"}));
    if list.len() > GRANTS_MAX {
        return Err(problem("a user has at most 200 roles in agencies"));
    }
    let grant = |grant: &Grant| match Agencies::parse(&grant.agency) {
        Ok(_) => Ok((grant.role, grant.agency.clone())),
        Err(_) => Err(problem("an agency is a-z, 0-9 and -, or * for all")),
    };
    list.iter().map(grant).collect()
}

fn manages(caller: &Caller) -> Answer<Agencies> {
    caller.agencies(Permission::ManageUsers)
}

/// Add a user
///
/// A person gets a one-time login, which is shown here and nowhere else.
#[utoipa::path(post, path = "/users", tag = "governance", request_body = NewUserBody,
    responses((status = 201, description = "Added.", body = FirstLogin,
        headers(("location" = String, description = "The user.")))))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<NewUserBody>,
) -> Answer<Response> {
    manages(&caller)?;
    check_name(&body.name).map_err(|_| {
        let detail = "name is a-z, 0-9, . _ - and at most 64 long";
        Problem::new(Code::InvalidBody, detail).with(json!({"field": "name"}))
    })?;
    display_name(&body.display_name)?;
    let asked = grants(&body.grants)?;
    if asked.is_empty() {
        let detail = "give at least one role: without one nobody would see the account";
        return Err(Problem::new(Code::InvalidBody, detail).with(json!({"field": "grants"})));
    }
    let parsed = |(role, agency): &(Role, String)| Ok((*role, Agencies::parse(agency)?));
    let held = asked.iter().map(parsed).collect::<Result<_, crate::Error>>()?;
    let new = NewUser {
        name: body.name.clone(),
        display_name: body.display_name,
        language: body.language.unwrap_or(Language::Bn),
        grants: Grants::new(held),
        password: None,
        kind: body.kind.unwrap_or(Kind::Person),
    };
    let detail = json!({"kind": new.kind, "grants": asked});
    let entry = caller.entry(Action::UserCreate, &body.name, detail);
    let login_token =
        app.accounts.create_user(caller.manager(), new, entry).await?.map_err(refused)?;
    let location: [(HeaderName, String); 1] =
        [(header::LOCATION, format!("/api/v1/users/{}", body.name))];
    let first = axum::Json(FirstLogin { name: body.name, login_token });
    Ok((StatusCode::CREATED, location, Extension(ShownOnce), first).into_response())
}

/// Change a user
///
/// Disabling ends every session and key at once; enabling brings none of them back.
#[utoipa::path(patch, path = "/users/{name}", tag = "governance", request_body = UserChangeBody,
    params(("name" = String, Path, description = "The user."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 200, description = "Changed.", body = super::UserView,
        headers(("etag" = String, description = "The new version, quoted.")))))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(name): Id,
    Query(NoParams {}): Query<NoParams>,
    IfMatch(expected): IfMatch,
    Json(body): Json<UserChangeBody>,
) -> Answer<Response> {
    let seen = manages(&caller)?;
    if let Some(text) = &body.display_name {
        display_name(text)?;
    }
    if body.display_name.is_none() && body.disabled.is_none() {
        return Err(Problem::new(Code::NothingToChange, "send what to change"));
    }
    let detail = json!({"display_name": body.display_name, "disabled": body.disabled});
    let entry = caller.entry(Action::UserChange, &name, detail);
    let change = UserChange { display_name: body.display_name, disabled: body.disabled };
    let changed = app.accounts.change_user(caller.manager(), name.clone(), expected, change, entry);
    changed.await?.map_err(refused)?;
    shown(&app, &caller, &name, seen).await
}

/// Set a user's roles
///
/// Roles in agencies that the caller does not look after stay as they are.
#[utoipa::path(put, path = "/users/{name}/grants", tag = "governance", request_body = GrantsBody,
    params(("name" = String, Path, description = "The user."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 204, description = "Set.")))]
pub(crate) async fn set_grants(
    State(app): State<App>,
    caller: Caller,
    Id(name): Id,
    Query(NoParams {}): Query<NoParams>,
    IfMatch(expected): IfMatch,
    Json(body): Json<GrantsBody>,
) -> Answer<StatusCode> {
    manages(&caller)?;
    let asked = grants(&body.grants)?;
    let entry = caller.entry(Action::UserGrants, &name, json!({"grants": asked}));
    let set = app.accounts.set_grants(caller.manager(), name, expected, asked, entry);
    set.await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let a user in anew
///
/// Ends the password and every session; the one-time login is shown here and nowhere else.
#[utoipa::path(post, path = "/users/{name}/reset", tag = "governance",
    params(("name" = String, Path, description = "The user.")),
    responses((status = 200, description = "Reset.", body = FirstLogin)))]
pub(crate) async fn reset(
    State(app): State<App>,
    caller: Caller,
    Id(name): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Response> {
    manages(&caller)?;
    let entry = caller.entry(Action::UserReset, &name, json!({}));
    let reset = app.accounts.reset_user(caller.manager(), name.clone(), entry);
    let token = reset.await?.map_err(refused)?;
    let first = axum::Json(FirstLogin { name, login_token: Some(token) });
    Ok((Extension(ShownOnce), first).into_response())
}

/// End a user's sessions
#[utoipa::path(delete, path = "/users/{name}/sessions", tag = "governance",
    params(("name" = String, Path, description = "The user.")),
    responses((status = 204, description = "Ended.")))]
pub(crate) async fn end_sessions(
    State(app): State<App>,
    caller: Caller,
    Id(name): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<StatusCode> {
    manages(&caller)?;
    let entry = caller.entry(Action::UserSessionsEnd, &name, json!({}));
    let ended = app.accounts.end_sessions(caller.manager(), name, entry);
    ended.await?.map_err(|why| match why {
        crate::accounts::manage::Refused::NotFound => no_user(),
        why => refused(why),
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a user's second factor away
///
/// For who lost the app; ends every session. The next sign-in asks for no code.
#[utoipa::path(delete, path = "/users/{name}/second-factor", tag = "governance",
    params(("name" = String, Path, description = "The user.")),
    responses((status = 204, description = "Taken away.")))]
pub(crate) async fn reset_second_factor(
    State(app): State<App>,
    caller: Caller,
    Id(name): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<StatusCode> {
    manages(&caller)?;
    let entry = caller.entry(Action::SecondFactorReset, &name, json!({}));
    let reset = app.accounts.reset_second_factor(caller.manager(), name, entry);
    reset.await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
