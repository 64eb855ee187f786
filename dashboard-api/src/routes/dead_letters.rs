//! What no parser could make an event of, and sending it once more.

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::jobs::Order;
use crate::params::{NoParams, Query, Text};
use crate::problem::{Answer, Code, Problem};
use crate::replaying::ReplayAsked;
use crate::roles::{Agencies, Permission};
use crate::routes::jobs::{JobView, accepted};
use crate::store_answers::page;
use crate::views::event::{DeadLetter, DeadLetterPage};
use crate::written::bad;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use model::Agency;
use serde_json::json;
use std::sync::Arc;

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

/// Which dead letters to send once more.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayBody {
    /// Of this agency; else of all in which the caller may do it.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
    agency: Option<Agency>,
    /// With this code; else with any.
    code: Option<String>,
    /// Only say what would be sent.
    #[serde(default)]
    dry_run: bool,
}

/// Dead letters by reason.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Reasons {
    items: Vec<ReasonCount>,
}

/// How many dead letters of an agency have a code.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct ReasonCount {
    agency: String,
    code: String,
    letters: u64,
    /// When the last of them arrived, in ms.
    last: i64,
    /// One of the reasons, in words.
    reason: String,
}

/// Dead letters by reason
///
/// How many there are of each code in each of the caller's agencies, the most first.
#[utoipa::path(get, path = "/dead-letters/reasons", tag = "pipeline",
    responses((status = 200, description = "The counts.", body = Reasons)))]
pub(crate) async fn reasons(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<Reasons>> {
    let scope = caller.scope(Permission::ReadDeadLetters)?;
    let found = app.store.dead_letter_reasons(&scope).await?;
    let item = |reason: store::DeadLetterReason| ReasonCount {
        agency: reason.agency,
        code: reason.code,
        letters: reason.letters,
        last: reason.last_ms,
        reason: reason.reason,
    };
    Ok(Json(Reasons { items: found.into_iter().map(item).collect() }))
}

/// Send dead letters once more
///
/// As `prohori dead-letters replay`: their raw records go to the normalizers again, with the same
/// ids, so each becomes events once. A job, whose result counts what was sent; with `dry_run` too.
#[utoipa::path(post, path = "/dead-letters:replay", tag = "pipeline", request_body = ReplayBody,
    responses((status = 202, description = "Begun: look at the job.", body = JobView,
        headers(("location" = String, description = "The job.")))))]
pub(crate) async fn replay(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    crate::params::Json(body): crate::params::Json<ReplayBody>,
) -> Answer<Response> {
    let known = model::DeadLetterCode::ALL.map(model::DeadLetterCode::as_str);
    if body.code.as_ref().is_some_and(|code| !known.contains(&code.as_str())) {
        return Err(bad("code", "there is no such code"));
    }
    caller.scope(Permission::ReadDeadLetters)?;
    let grants = &caller.user.grants;
    let held = grants.allow(Permission::ManageCollectors);
    let held = held.meet(&grants.allow(Permission::ReadDeadLetters));
    let agencies = match body.agency {
        Some(agency) => {
            caller.scope_in(Permission::ReadDeadLetters, agency.as_str())?;
            caller.scope_in(Permission::ManageCollectors, agency.as_str())?;
            Agencies::Of([agency].into())
        }
        None if held.is_empty() => {
            let detail = "it takes the right to manage collectors, and to read dead letters";
            return Err(Problem::new(Code::Forbidden, detail));
        }
        None => held,
    };
    let asked = json!({"agencies": agencies.names(), "code": body.code, "dry_run": body.dry_run});
    app.accounts.audit(caller.entry(Action::DeadLettersReplay, "", asked.clone())).await?;
    let names = if agencies == Agencies::All { Vec::new() } else { agencies.names() };
    let order = Order { kind: "replay", owner: caller.user.name.clone(), agencies, asked };
    let replayer = Arc::clone(&app.replayer);
    let work = move |_: &crate::jobs::Progress| {
        let codes = body.code.into_iter().collect();
        let asked = ReplayAsked { agencies: names, codes, send: !body.dry_run };
        replayer.replay(&asked).map(|counts| json!(counts))
    };
    accepted(app.jobs.begin(order, work).await?)
}
