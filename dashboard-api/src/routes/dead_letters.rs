//! What no parser could make an event of.

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Query, Text};
use crate::problem::Answer;
use crate::roles::Permission;
use crate::store_answers::page;
use crate::views::event::{DeadLetter, DeadLetterPage};
use axum::Json;
use axum::extract::State;
use serde_json::json;

/// Which page.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Rows of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(value_type = Option<String>, pattern = r"^-?[0-9]{1,15}\.[0-9A-Za-z_.:-]{1,128}$")]
    cursor: Option<Text>,
}

/// Dead letters
///
/// Newest first.
#[utoipa::path(get, path = "/dead-letters", tag = "pipeline", params(ListParams),
    responses((status = 200, description = "A page.", body = DeadLetterPage)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Answer<Json<DeadLetterPage>> {
    let scope = caller.scope(Permission::ReadDeadLetters)?;
    let page = page(params.limit, params.cursor.as_ref().map(|cursor| cursor.0.as_str()))?;
    let found = app.store.dead_letters(&scope, &page).await?;
    let detail = json!({"rows": found.items.len()});
    app.accounts.audit(caller.entry(Action::DeadLettersRead, "", detail)).await?;
    Ok(Json(DeadLetterPage {
        items: found.items.into_iter().map(DeadLetter::from).collect(),
        next_cursor: found.next.map(|cursor| cursor.to_string()),
    }))
}
