//! Users, their roles and sessions, for those who look after them.

mod change;

pub(crate) use change::*;

use crate::App;
use crate::accounts::manage::{Managed, Refused, Users, grants_in};
use crate::accounts::session::Live;
use crate::accounts::{Kind, Language};
use crate::caller::Caller;
use crate::params::{Id, NoParams, Query, Text, page_limit};
use crate::problem::{Answer, Code, Problem};
use crate::roles::{Agencies, Permission, Role};
use crate::written::etag;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::Agency;
use serde_json::json;

/// Which users, and which page of them.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// With a role in this agency.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
    agency: Option<Agency>,
    /// With this in the name.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    q: Option<Text>,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next_after` of the page before: users whose names come later.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    after: Option<Text>,
}

/// A role somewhere.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grant {
    role: Role,
    /// An agency, or `*` for all.
    #[schema(min_length = 1, max_length = 64)]
    agency: String,
}

/// A user.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct UserView {
    name: String,
    display_name: String,
    kind: Kind,
    language: Language,
    /// When the account was made, in ms.
    created_ms: i64,
    /// When it was disabled, in ms.
    disabled_ms: Option<i64>,
    has_password: bool,
    /// Whether a sign-in asks for a code.
    second_factor: bool,
    /// Whether an identity provider vouches for the person: it says the roles, and there is no password.
    by_provider: bool,
    /// When a session that still lives was last used, in ms.
    seen_ms: Option<i64>,
    /// The roles in the agencies that the caller sees.
    grants: Vec<Grant>,
    /// Whether the caller may change the account.
    may_change: bool,
    /// For `If-Match`.
    version: u32,
}

impl UserView {
    pub(super) fn new(caller: &Caller, user: &Managed, seen: &Agencies) -> Self {
        let grants = grants_in(&user.grants, seen);
        Self {
            name: user.name.clone(),
            display_name: user.display_name.clone(),
            kind: user.kind,
            language: user.language,
            created_ms: user.created_ms,
            disabled_ms: user.disabled_ms,
            has_password: user.has_password,
            second_factor: user.second_factor,
            by_provider: user.by_provider,
            seen_ms: user.seen_ms,
            grants: grants.into_iter().map(|(role, agency)| Grant { role, agency }).collect(),
            may_change: caller.manager().may_change(user),
            version: user.version,
        }
    }
}

/// A page of users, by name.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct UserPage {
    items: Vec<UserView>,
    /// Where the next page begins; none after the last.
    next_after: Option<String>,
}

/// A live session.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct SessionItem {
    id: String,
    created_ms: i64,
    /// When it was last used, in ms, to the minute.
    seen_ms: i64,
    expires_ms: i64,
    /// From which it was begun.
    address: Option<String>,
    /// Whether this request came with it.
    current: bool,
}

impl SessionItem {
    pub(super) fn new(live: Live, current: Option<&str>) -> Self {
        Self {
            current: current == Some(live.id.as_str()),
            id: live.id,
            created_ms: live.created_ms,
            seen_ms: live.seen_ms,
            expires_ms: live.expires_ms,
            address: live.address,
        }
    }
}

/// The live sessions of a user.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct SessionList {
    pub(super) items: Vec<SessionItem>,
}

/// The agencies of which the caller reads the users.
fn seen(caller: &Caller) -> Answer<Agencies> {
    caller.agencies(Permission::ReadUsers)
}

pub(super) fn no_user() -> Box<Problem> {
    Problem::new(Code::NotFound, "there is no such user among those you see")
}

/// A refusal as the client sees it.
pub(super) fn refused(refused: Refused) -> Box<Problem> {
    let (code, detail) = match refused {
        Refused::NotFound => return Problem::new(Code::NotFound, "there is nothing of that name"),
        Refused::Stale { version } => {
            let detail = "somebody changed the account since; look at it again";
            let params = json!({"current": {"version": version}});
            return Problem::new(Code::VersionConflict, detail).with(params);
        }
        Refused::Grant { role, agency } => {
            let detail = "the account holds, or you named, a role that you may not grant there";
            let params = json!({"role": role, "agency": agency});
            return Problem::new(Code::BeyondYourRights, detail).with(params);
        }
        Refused::Taken => (Code::NameTaken, "choose another name; names are never given twice"),
        Refused::Own => (Code::OwnAccount, "ask another administrator"),
        Refused::Kind => (Code::WrongKind, "people sign in, service accounts have keys"),
        Refused::Provider => {
            (Code::ByProvider, "its groups say the roles, and it has the password")
        }
        Refused::Disabled => (Code::AccountDisabled, "enable the account first"),
        Refused::LastAdministrator => {
            (Code::LastAdministrator, "make another platform administrator of all agencies first")
        }
        Refused::TooManyKeys => (Code::TooManyKeys, "a user has at most 50 live keys; end some"),
        Refused::DeadKey => (Code::DeadKey, "it has expired or was ended; make a new one"),
        Refused::Scope => {
            (Code::ScopeTooWide, "ask for permissions and agencies that the owner has")
        }
    };
    Problem::new(code, detail)
}

/// The users
#[utoipa::path(get, path = "/users", tag = "governance", params(ListParams),
    responses((status = 200, description = "A page.", body = UserPage)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Answer<Json<UserPage>> {
    let seen = seen(&caller)?;
    let limit = page_limit(params.limit)?;
    let users = Users {
        seen: seen.clone(),
        agency: params.agency.map(|agency| agency.to_string()),
        q: params.q.map(|text| text.0),
        after: params.after.map(|text| text.0).unwrap_or_default(),
        limit: limit + 1,
    };
    let mut found = app.accounts.users(users).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    Ok(Json(UserPage {
        next_after: found.last().filter(|_| more).map(|last| last.name.clone()),
        items: found.iter().map(|user| UserView::new(&caller, user, &seen)).collect(),
    }))
}

/// A user
#[utoipa::path(get, path = "/users/{name}", tag = "governance",
    params(("name" = String, Path, description = "The user.")),
    responses((status = 200, description = "The user.", body = UserView,
        headers(("etag" = String, description = "The version, quoted.")))))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(name): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Response> {
    let seen = seen(&caller)?;
    shown(&app, &caller, &name, seen).await
}

/// The user as the caller sees it, with its version.
pub(super) async fn shown(
    app: &App,
    caller: &Caller,
    name: &str,
    seen: Agencies,
) -> Answer<Response> {
    let user = app.accounts.managed(name, seen.clone()).await?.ok_or_else(no_user)?;
    let view = UserView::new(caller, &user, &seen);
    Ok(([(header::ETAG, etag(user.version))], Json(view)).into_response())
}

/// A user's live sessions
#[utoipa::path(get, path = "/users/{name}/sessions", tag = "governance",
    params(("name" = String, Path, description = "The user.")),
    responses((status = 200, description = "The sessions.", body = SessionList)))]
pub(crate) async fn sessions(
    State(app): State<App>,
    caller: Caller,
    Id(name): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<SessionList>> {
    let user = app.accounts.managed(&name, seen(&caller)?).await?.ok_or_else(no_user)?;
    let current = caller.session().ok().map(crate::accounts::session::id);
    let live = app.accounts.sessions(user.id).await?;
    let item = |live| SessionItem::new(live, current.as_deref());
    Ok(Json(SessionList { items: live.into_iter().map(item).collect() }))
}
