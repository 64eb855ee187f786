//! How soon alerts are to be acknowledged and closed: the policies of agencies.

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Json, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::{EVERYWHERE, Permission};
use crate::sla::{Calendar, Clock, HOLIDAYS_MAX, MINUTES_MAX, Rule, Targets};
use crate::work::sla::{SlaPolicy, Unkept};
use crate::written::{bad, etag, if_match};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeSet;

/// What a policy is to be.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlaBody {
    calendar: Calendar,
    /// Days on which the office is closed besides the weekend, such as `2026-12-16`; at most 200.
    #[serde(default)]
    #[schema(max_items = 200)]
    holidays: Vec<String>,
    /// Minutes of the calendar since the alert arrived; what is left out may wait.
    targets: Targets,
}

/// The policies.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct SlaPolicyList {
    /// That of everybody first, then by agency.
    items: Vec<SlaPolicy>,
}

/// How soon alerts are to be worked
///
/// The policy of everybody (`*`) and those of the caller's agencies.
#[utoipa::path(get, path = "/sla-policies", tag = "alerts",
    responses((status = 200, description = "The policies.", body = SlaPolicyList)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<SlaPolicyList>> {
    let reads = caller.user.grants.allow(Permission::ReadAlerts);
    let manages = caller.user.grants.allow(Permission::ManageSla);
    if reads.is_empty() && manages.is_empty() {
        caller.agencies(Permission::ReadAlerts)?;
    }
    let mut items = app.work.sla_policies().await?;
    items.retain(|SlaPolicy { agency, .. }| {
        agency == EVERYWHERE || reads.contains(agency) || manages.contains(agency)
    });
    Ok(axum::Json(SlaPolicyList { items }))
}

/// Set how soon an agency's alerts are to be worked
///
/// Only if the policy is still at the version in `If-Match`; `"0"` where the agency has none.
#[utoipa::path(put, path = "/sla-policies/{agency}", tag = "alerts", request_body = SlaBody,
    params(("agency" = String, Path, pattern = r"^(\*|[a-z0-9][a-z0-9-]{0,39})$",
            description = "The agency, or `*` for all that have no policy of their own."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 200, description = "Set.", body = SlaPolicy,
        headers(("etag" = String, description = "The version, quoted.")))))]
pub(crate) async fn set(
    State(app): State<App>,
    caller: Caller,
    Path(agency): Path<String>,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    Json(body): Json<SlaBody>,
) -> Answer<Response> {
    caller.may_set_policy(Permission::ManageSla, &agency)?;
    let expected = if_match(&headers)?;
    let rule = body.checked()?;
    let detail = json!({"policy": SlaPolicy::of(&agency, rule.clone())});
    app.accounts.audit(caller.entry(Action::SlaChange, &agency, detail)).await?;
    let kept = app.work.set_sla(&agency, expected, Some(rule), &caller.user.name).await?;
    let Some(kept) = kept.map_err(refused)? else { return Err(refused(Unkept::NotFound)) };
    Ok(([(header::ETAG, etag(kept.version))], axum::Json(kept)).into_response())
}

/// Take an agency's policy away
///
/// Then that of everybody holds, and in place of that one the usual.
#[utoipa::path(delete, path = "/sla-policies/{agency}", tag = "alerts",
    params(("agency" = String, Path, pattern = r"^(\*|[a-z0-9][a-z0-9-]{0,39})$",
            description = "The agency, or `*`."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 204, description = "Taken away.")))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(agency): Path<String>,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    caller.may_set_policy(Permission::ManageSla, &agency)?;
    let expected = if_match(&headers)?;
    let entry = caller.entry(Action::SlaChange, &agency, json!({"deleted": true}));
    app.accounts.audit(entry).await?;
    app.work.set_sla(&agency, expected, None, &caller.user.name).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

impl SlaBody {
    fn checked(self) -> Answer<Rule> {
        let Self { calendar, holidays, targets } = self;
        if holidays.len() > HOLIDAYS_MAX {
            return Err(bad("holidays", format!("at most {HOLIDAYS_MAX} days")));
        }
        let day = |text: &String| {
            text.parse::<Date>()
                .map_err(|_| bad("holidays", format!("{text:?} is no day such as 2026-12-16")))
        };
        let holidays = holidays.iter().map(day).collect::<Answer<BTreeSet<Date>>>()?;
        for (_, target) in targets.all() {
            let minutes = [target.acknowledge, target.close];
            if minutes.iter().flatten().any(|minutes| !(1..=MINUTES_MAX).contains(minutes)) {
                return Err(bad("targets", format!("a target is 1 to {MINUTES_MAX} minutes")));
            }
        }
        Ok(Rule { clock: Clock { calendar, holidays }, targets })
    }
}

fn refused(unkept: Unkept) -> Box<Problem> {
    match unkept {
        Unkept::NotFound => Problem::new(Code::NotFound, "the agency has no policy of its own"),
        Unkept::Conflict(version) => {
            let detail = "the policy was changed since; look at params.version";
            Problem::new(Code::VersionConflict, detail).with(json!({"version": version}))
        }
    }
}
