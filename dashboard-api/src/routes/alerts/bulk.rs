//! Changing many alerts at once: those named, or all that a filter finds, if it finds as many as expected.

use super::change::{ChangeBody, check_change, conflict_code};
use super::query::FilterBody;
use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Json, NoParams, Query, Text};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::written::bad;
use axum::extract::State;
use futures_util::{StreamExt, stream};
use serde_json::json;
use std::collections::BTreeMap;
use store::{AlertSummary, Change, Outcome, Page, Scope};

/// Alerts that one request changes: each is written and read back, and the answer must come before
/// the request's time is over. What is left says `remaining`.
const AT_ONCE_MAX: u32 = 200;
/// Changes under way at a time.
const TOGETHER: usize = 8;

/// Which alerts, how many, and what to change.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkBody {
    /// These, at most 200; or else `filter`.
    #[schema(max_items = 200)]
    ids: Option<Vec<String>>,
    /// All that it finds; the same names as the queue's parameters.
    filter: Option<FilterBody>,
    /// How many alerts the caller means. With another number nothing is changed; with a cursor, how
    /// many are left.
    expected: u64,
    /// With `filter`: the `next_cursor` of the request before, to go on behind what it changed.
    #[schema(value_type = Option<String>, pattern = r"^-?[0-9]{1,15}\.[0-9A-Za-z_.:-]{1,128}$")]
    cursor: Option<Text>,
    change: ChangeBody,
    /// Only say what would be changed.
    #[serde(default)]
    dry_run: bool,
}

/// What became of one alert.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct BulkItem {
    id: String,
    /// `changed`, `unchanged` (in a dry run), `version_conflict`, `forbidden`, `not_found`,
    /// `unknown_assignee` or what the change was refused for.
    outcome: &'static str,
    version: Option<u32>,
}

/// What became of all of them.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct BulkResult {
    items: Vec<BulkItem>,
    /// How many of each outcome.
    counts: BTreeMap<&'static str, u64>,
    /// How many are left: send it again, with this as `expected` and with `next_cursor`.
    remaining: u64,
    /// Where to go on; none after the last.
    next_cursor: Option<String>,
}

/// Change many alerts
///
/// Each against the version that it has when its turn comes; every one says what became of it.
#[utoipa::path(post, path = "/alerts:bulk", tag = "alerts", request_body = BulkBody,
    responses((status = 200, description = "What became of each.", body = BulkResult)))]
pub(crate) async fn bulk(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<BulkBody>,
) -> Answer<axum::Json<BulkResult>> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    caller.scope(Permission::TriageAlerts)?;
    let BulkBody { ids, filter, expected, cursor, change, dry_run } = body;
    let change = change.change()?;
    check_change(&change)?;
    let is_first = cursor.is_none();
    let Found { alerts, found, next } = match (ids, filter) {
        (Some(ids), None) if is_first => named(&app, &scope, ids).await?,
        (None, Some(filter)) => filtered(&app, &caller, &scope, filter, cursor).await?,
        _ => return Err(bad("ids", "send either ids, or filter with or without a cursor")),
    };
    // What was changed before the cursor may not answer to the filter any more.
    if is_first && found != expected {
        let detail = "the filter finds another number of alerts than expected; nothing was changed";
        return Err(Problem::new(Code::CountDiffers, detail)
            .with(json!({"expected": expected, "found": found})));
    }
    let detail = json!({"alerts": found, "dry_run": dry_run, "state": change.state,
        "verdict": change.verdict, "assignee": change.assignee});
    app.accounts.audit(caller.entry(Action::AlertsBulk, "", detail)).await?;
    let remaining = match next {
        Some(_) => expected.saturating_sub(alerts.len() as u64),
        None => 0,
    };
    let work = alerts.into_iter().map(|alert| one(&app, &caller, alert, &change, dry_run));
    let items: Vec<Answer<BulkItem>> = stream::iter(work).buffered(TOGETHER).collect().await;
    let items: Vec<BulkItem> = items.into_iter().collect::<Answer<_>>()?;
    let mut counts = BTreeMap::new();
    for item in &items {
        *counts.entry(item.outcome).or_default() += 1;
    }
    Ok(axum::Json(BulkResult { items, counts, remaining, next_cursor: next }))
}

/// The alerts of one request, how many there are in all, and where the others begin.
struct Found {
    alerts: Vec<AlertSummary>,
    found: u64,
    next: Option<String>,
}

async fn named(app: &App, scope: &Scope, ids: Vec<String>) -> Answer<Found> {
    if ids.is_empty() || ids.len() > AT_ONCE_MAX as usize {
        return Err(bad("ids", format!("1 to {AT_ONCE_MAX} ids")));
    }
    let alerts = app.store.alerts_of(scope, ids).await?;
    let found = alerts.len() as u64;
    Ok(Found { alerts, found, next: None })
}

async fn filtered(
    app: &App,
    caller: &Caller,
    scope: &Scope,
    filter: FilterBody,
    cursor: Option<Text>,
) -> Answer<Found> {
    let (sla, now_ms) = (app.work.sla().await?, app.clock.now_ms());
    let filter = filter.filter(&caller.user.name, || sla.overdue(now_ms))?;
    let found = app.store.alert_counts(scope, &filter).await?.total;
    let after = cursor.map(|cursor| cursor.0.parse()).transpose()?;
    let page = Page { after, ..Page::first(AT_ONCE_MAX) };
    let page = app.store.alerts(scope, &filter, &page).await?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Found { alerts: page.items, found, next })
}

async fn one(
    app: &App,
    caller: &Caller,
    alert: AlertSummary,
    change: &Change,
    dry_run: bool,
) -> Answer<BulkItem> {
    let item = |outcome, version| BulkItem { id: alert.id.clone(), outcome, version };
    let Ok(scope) = caller.scope_in(Permission::TriageAlerts, &alert.agency) else {
        return Ok(item("forbidden", None));
    };
    let assignee = change.assignee.as_deref().filter(|name| !name.is_empty());
    if let Some(name) = assignee
        && crate::written::check_assignee(app, &[&alert.agency], name).await.is_err()
    {
        return Ok(item("unknown_assignee", None));
    }
    if dry_run {
        return Ok(item("unchanged", Some(alert.version)));
    }
    let (actor, version) = (&caller.user.name, alert.version);
    Ok(match app.store.change_alert(&scope, &alert.id, version, change, actor).await? {
        Outcome::Changed(now) => item("changed", Some(now.version)),
        Outcome::Conflict(now) => item("version_conflict", Some(now.version)),
        Outcome::Refused(refusal) => item(conflict_code(refusal), None),
        Outcome::NotFound => item("not_found", None),
    })
}
