//! API keys: one's own, and those of service accounts and users that one looks after.

use crate::App;
use crate::accounts::key::{ApiKey, NewKey};
use crate::accounts::manage_keys::Shown;
use crate::audit::Action;
use crate::caller::Caller;
use crate::idempotency::ShownOnce;
use crate::params::{Id, Json, NoParams, Query, Text, page_limit};
use crate::problem::{Answer, Code, Problem};
use crate::roles::{Agencies, KeyScope, Permission};
use crate::routes::users::refused;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

const DAY_MS: i64 = 86_400_000;
/// The longest life of a key: whoever needs it longer makes a new one in time.
const LIFE_DAYS_MAX: u32 = 365;
/// Longest name of a key, in characters.
const NAME_CHARACTERS_MAX: usize = 100;
/// Networks, and agencies, of one key.
const LIST_MAX: usize = 100;

/// Whose keys, and which page of them.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Of this user.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    user: Option<Text>,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next_after` of the page before.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    after: Option<Text>,
}

/// A key, without its secret.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct KeyView {
    id: String,
    /// The owner.
    user: String,
    name: String,
    permissions: Vec<Permission>,
    /// The agencies it reaches, as far as the owner does; `["*"]` for all of the owner's.
    agencies: Vec<String>,
    /// Networks from which it may come; from anywhere where there are none.
    networks: Vec<String>,
    created_ms: i64,
    created_by: String,
    expires_ms: i64,
    /// When it was last used, in ms, to the minute.
    used_ms: Option<i64>,
    /// When it was ended, in ms.
    revoked_ms: Option<i64>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            user: key.user,
            name: key.name,
            permissions: key.scope.permissions.into_iter().collect(),
            agencies: key.scope.agencies.names(),
            networks: key.networks,
            created_ms: key.created_ms,
            created_by: key.created_by,
            expires_ms: key.expires_ms,
            used_ms: key.used_ms,
            revoked_ms: key.revoked_ms,
        }
    }
}

/// A page of keys.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct KeyPage {
    items: Vec<KeyView>,
    /// Where the next page begins; none after the last.
    next_after: Option<String>,
}

/// A key with its secret, which is shown once.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct KeyShown {
    key: KeyView,
    /// To be sent as `Authorization: Bearer SECRET`.
    secret: String,
}

/// A key to be made.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKeyBody {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// A service account; one's own where it is left out.
    #[schema(min_length = 1, max_length = 64)]
    user: Option<String>,
    /// Some of the owner's.
    #[schema(min_items = 1, max_items = 100)]
    permissions: Vec<Permission>,
    /// Some of the owner's; `["*"]` only where the owner has all.
    #[schema(min_items = 1, max_items = 100)]
    agencies: Vec<String>,
    /// Days until it ends.
    #[schema(minimum = 1, maximum = 365)]
    expires_days: u32,
    /// Addresses or networks, such as `10.1.0.0/16`, from which it may come.
    #[serde(default)]
    #[schema(max_items = 100)]
    networks: Vec<String>,
}

fn invalid(field: &str, detail: &str) -> Box<Problem> {
    Problem::new(Code::InvalidBody, detail).with(json!({"field": field}))
}

impl NewKeyBody {
    fn checked(&self, now_ms: i64) -> Answer<NewKey> {
        let name = self.name.trim();
        let legal = (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count())
            && !name.chars().any(char::is_control);
        if !legal {
            return Err(invalid("name", "name is 1 to 100 characters, no control characters"));
        }
        if !(1..=LIFE_DAYS_MAX).contains(&self.expires_days) {
            return Err(invalid("expires_days", "a key lives 1 to 365 days"));
        }
        if self.permissions.is_empty() {
            return Err(invalid("permissions", "name at least one permission"));
        }
        if self.networks.len() > LIST_MAX || self.agencies.len() > LIST_MAX {
            return Err(invalid("networks", "at most 100 networks and 100 agencies"));
        }
        if self.networks.iter().any(|text| cidr::Net::parse(text).is_none()) {
            return Err(invalid("networks", "a network is an address, or as 10.1.0.0/16"));
        }
        let agencies = Agencies::of_names(&self.agencies)
            .ok()
            .filter(|agencies| !agencies.is_empty())
            .ok_or_else(|| invalid("agencies", "name at least one agency, or * for all"))?;
        Ok(NewKey {
            name: name.to_owned(),
            scope: KeyScope { permissions: self.permissions.iter().copied().collect(), agencies },
            networks: self.networks.clone(),
            expires_ms: now_ms + i64::from(self.expires_days) * DAY_MS,
        })
    }
}

fn answer(status: StatusCode, shown: Shown) -> Response {
    let body = axum::Json(KeyShown { key: shown.key.into(), secret: shown.secret });
    (status, Extension(ShownOnce), body).into_response()
}

/// The API keys
///
/// One's own, and those of accounts that the caller looks after; dead ones too.
#[utoipa::path(get, path = "/api-keys", tag = "governance", params(ListParams),
    responses((status = 200, description = "A page.", body = KeyPage)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Answer<axum::Json<KeyPage>> {
    let limit = page_limit(params.limit)?;
    let text = |text: Option<Text>| text.map(|text| text.0);
    let after = text(params.after).unwrap_or_default();
    let mut found =
        app.accounts.keys(caller.manager(), text(params.user), after, limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    Ok(axum::Json(KeyPage {
        next_after: found.last().filter(|_| more).map(|last| last.id.clone()),
        items: found.into_iter().map(KeyView::from).collect(),
    }))
}

/// Make an API key
///
/// It never does more than its owner may at the time of the request.
#[utoipa::path(post, path = "/api-keys", tag = "governance", request_body = NewKeyBody,
    responses((status = 201, description = "Made.", body = KeyShown)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<NewKeyBody>,
) -> Answer<Response> {
    // A program that could make keys would outlive its own.
    caller.session()?;
    let new = body.checked(app.clock.now_ms())?;
    let owner = body.user.unwrap_or_else(|| caller.user.name.clone());
    let detail = json!({
        "user": owner, "name": new.name, "permissions": new.scope.permissions,
        "agencies": new.scope.agencies.names(), "networks": new.networks,
        "expires_ms": new.expires_ms,
    });
    let manager = caller.manager();
    let entry = move |key: &ApiKey| caller.entry(Action::KeyCreate, &key.id, detail);
    let made = app.accounts.create_key(manager, owner, new, entry).await?.map_err(refused)?;
    Ok(answer(StatusCode::CREATED, made))
}

/// Give an API key a new secret
///
/// The old one ends at once.
#[utoipa::path(post, path = "/api-keys/{key}/rotate", tag = "governance",
    params(("key" = String, Path, description = "The key's id.")),
    responses((status = 200, description = "Rotated.", body = KeyShown)))]
pub(crate) async fn rotate(
    State(app): State<App>,
    caller: Caller,
    Id(key): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Response> {
    caller.session()?;
    let entry = caller.entry(Action::KeyRotate, &key, json!({}));
    let rotated = app.accounts.rotate_key(caller.manager(), key, entry).await?;
    Ok(answer(StatusCode::OK, rotated.map_err(refused)?))
}

/// End an API key
#[utoipa::path(delete, path = "/api-keys/{key}", tag = "governance",
    params(("key" = String, Path, description = "The key's id.")),
    responses((status = 204, description = "Ended.")))]
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Id(key): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<StatusCode> {
    caller.session()?;
    let entry = caller.entry(Action::KeyRevoke, &key, json!({}));
    app.accounts.revoke_key(caller.manager(), key, entry).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
