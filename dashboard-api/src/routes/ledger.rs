//! The ledger: the product's promise that the counts add up.

use crate::App;
use crate::caller::Caller;
use crate::ledger::LedgerView;
use crate::params::{NoParams, Query};
use crate::problem::Answer;
use crate::roles::Permission;
use axum::Json;
use axum::extract::State;

/// The ledger
///
/// What was received, stored and dead-lettered in the caller's agencies.
#[utoipa::path(get, path = "/ledger", tag = "pipeline",
    responses((status = 200, description = "The counts.", body = LedgerView)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<LedgerView>> {
    let scope = caller.scope(Permission::ReadLedger)?;
    let agencies = caller.user.grants.allow(Permission::ReadLedger);
    Ok(Json(app.ledger.read(&agencies, &scope, app.clock.now_ms()).await?))
}
