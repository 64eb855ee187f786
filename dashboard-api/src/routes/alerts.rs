//! The alert queue, one alert with its evidence, and what analysts do to it.

mod around;
mod bulk;
mod change;
mod query;
mod stream;

pub(crate) use around::{__path_bundle, __path_explain, __path_similar, bundle, explain, similar};
pub(crate) use bulk::{__path_bulk, bulk};
pub(crate) use change::{__path_change, __path_comment, change, comment};
pub(crate) use stream::{__path_stream, stream};

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::sla::Rules;
use crate::store_answers::page;
use crate::views::alert::{AlertCounts, AlertDetail, AlertPage, History, HistoryItem, alert_page};
use crate::views::event::{EventSummary, Timeline};
use crate::written::etag;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use query::{CountParams, ListParams};
use serde_json::json;
use store::{AlertFilter, Overdue, Scope};

/// How far the timeline looks, either way.
const TIMELINE_SPAN_MS: i64 = 3_600_000;
/// How many events a timeline shows; more is a search.
const TIMELINE_EVENTS_MAX: u32 = 500;

/// The queue
///
/// Alerts that the filter finds, newest first or by risk, one by one or one a group.
#[utoipa::path(get, path = "/alerts", tag = "alerts", params(ListParams),
    responses((status = 200, description = "A page.", body = AlertPage)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Answer<Json<AlertPage>> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    let mut page = page(params.limit, params.cursor.as_ref().map(|cursor| cursor.0.as_str()))?;
    page.order = params.order.unwrap_or_default().into();
    page.grouped = params.grouped.unwrap_or_default();
    let (sla, as_of) = (app.work.sla().await?, app.clock.now_ms());
    let filter = params.filter(&caller.user.name, || sla.overdue(as_of))?;
    let found = app.store.alerts(&scope, &filter, &page).await?;
    Ok(Json(alert_page(found, &sla, as_of)))
}

/// How many alerts there are
#[utoipa::path(get, path = "/alerts/counts", tag = "alerts", params(CountParams),
    responses((status = 200, description = "The counts.", body = AlertCounts)))]
pub(crate) async fn counts(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<CountParams>,
) -> Answer<Json<AlertCounts>> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    let late = app.work.sla().await?.overdue(app.clock.now_ms());
    let filter = params.filter(&caller.user.name, || late.clone())?;
    Ok(Json(counted(&app, &caller, &scope, filter, late).await?))
}

/// How many alerts a filter finds, and how many of them are late.
async fn counted(
    app: &App,
    caller: &Caller,
    scope: &Scope,
    filter: AlertFilter,
    late: Overdue,
) -> Answer<AlertCounts> {
    let counts = app.store.alert_counts(scope, &filter).await?;
    let filter = AlertFilter { overdue: Some(late), ..filter };
    let late = app.store.alert_counts(scope, &filter).await?;
    Ok(AlertCounts::of(counts, &caller.user.name, late.total))
}

/// One alert
///
/// With its evidence: the rule, what matched, the events and their raw logs. Its version is the
/// ETag.
#[utoipa::path(get, path = "/alerts/{id}", tag = "alerts",
    params(("id" = String, Path, description = "The alert.")),
    responses((status = 200, description = "The alert.", body = AlertDetail,
        headers(("etag" = String, description = "The version, quoted.")))))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Response> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    let alert = app.store.alert(&scope, &id).await?.ok_or_else(no_alert)?;
    app.accounts.audit(caller.entry(Action::AlertRead, &id, json!({}))).await?;
    Ok(detail(alert, &app.work.sla().await?))
}

/// What was done to an alert
///
/// Every step, oldest first; nothing here is ever edited.
#[utoipa::path(get, path = "/alerts/{id}/history", tag = "alerts",
    params(("id" = String, Path, description = "The alert.")),
    responses((status = 200, description = "The history.", body = History)))]
pub(crate) async fn history(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<History>> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    let items = app.store.alert_history(&scope, &id).await?;
    if items.is_empty() && app.store.alert(&scope, &id).await?.is_none() {
        return Err(no_alert());
    }
    Ok(Json(History { items: items.into_iter().map(HistoryItem::from).collect() }))
}

/// What else happened on the host
///
/// The events of the alert's host, an hour either way, oldest first.
#[utoipa::path(get, path = "/alerts/{id}/timeline", tag = "alerts",
    params(("id" = String, Path, description = "The alert.")),
    responses((status = 200, description = "The events.", body = Timeline)))]
pub(crate) async fn timeline(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<Timeline>> {
    let alerts = caller.scope(Permission::ReadAlerts)?;
    let alert = app.store.alert(&alerts, &id).await?.ok_or_else(no_alert)?.summary;
    // Of another agency, a host of the same name is another host.
    let events = caller.scope_in(Permission::ReadEvents, &alert.agency)?;
    let mut items = match alert.host.as_str() {
        "" => Vec::new(),
        host => {
            let (at, span) = (alert.time, TIMELINE_SPAN_MS);
            app.store.entity_events(&events, host, at, span, TIMELINE_EVENTS_MAX).await?
        }
    };
    let detail = json!({"host": alert.host, "rows": items.len()});
    app.accounts.audit(caller.entry(Action::TimelineRead, &id, detail)).await?;
    items.reverse();
    Ok(Json(Timeline {
        truncated: items.len() >= TIMELINE_EVENTS_MAX as usize,
        items: items.into_iter().map(EventSummary::from).collect(),
    }))
}

fn no_alert() -> Box<Problem> {
    Problem::new(Code::NotFound, "there is no such alert in your agencies")
}

/// An alert with its version as ETag.
fn detail(alert: store::AlertDetail, sla: &Rules) -> Response {
    let version = etag(alert.summary.version);
    ([(header::ETAG, version)], Json(AlertDetail::of(alert, sla))).into_response()
}
