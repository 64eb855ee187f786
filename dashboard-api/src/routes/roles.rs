//! The roles, what each allows, and which of them the caller may grant.

use crate::caller::Caller;
use crate::params::{NoParams, Query};
use crate::problem::Answer;
use crate::roles::{Permission, Role};
use axum::Json;

/// One role.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RoleItem {
    role: Role,
    permissions: Vec<Permission>,
    /// The agencies in which the caller may grant it; `["*"]` for all.
    may_grant_in: Vec<String>,
}

/// Every role.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RoleList {
    items: Vec<RoleItem>,
}

/// The roles
#[utoipa::path(get, path = "/roles", tag = "governance",
    responses((status = 200, description = "The roles.", body = RoleList)))]
pub(crate) async fn list(
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<RoleList>> {
    let item = |role: Role| RoleItem {
        role,
        permissions: role.permissions().to_vec(),
        may_grant_in: caller.user.grants.may_grant(role).names(),
    };
    Ok(Json(RoleList { items: Role::ALL.into_iter().map(item).collect() }))
}
