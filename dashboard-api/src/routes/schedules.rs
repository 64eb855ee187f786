//! Kept searches that run by themselves.

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, Json, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::{Agencies, Permission};
use crate::routes::query::parsed;
use crate::work::schedule::{Plan, Run, SCHEDULES_MAX, Schedule};
use crate::work::search::Page;
use crate::written::bad;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

/// Pauses in minutes: five minutes to a week.
const MINUTES: std::ops::RangeInclusive<u32> = 5..=10_080;
const AT_LEAST_MAX: u32 = 1_000_000_000;

/// How a search runs by itself.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleBody {
    /// Pause between two runs.
    #[schema(minimum = 5, maximum = 10_080)]
    minutes: u32,
    /// From so many events of one run on it is told of.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    at_least: u32,
    /// The notification channel that is told; none: it is seen in the dashboard alone. Whoever names one
    /// manages it.
    #[serde(default)]
    #[schema(pattern = "^[0-9]{1,18}$")]
    channel: Option<String>,
    #[serde(default = "enabled")]
    enabled: bool,
}

fn enabled() -> bool {
    true
}

/// A search that runs by itself.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = SearchSchedule)]
pub(crate) struct ScheduleView {
    /// The search.
    search: String,
    minutes: u32,
    at_least: u32,
    channel: Option<String>,
    enabled: bool,
    /// Events that were stored before this have been looked through.
    to: i64,
    next: i64,
    /// Runs that found enough since its owner looked.
    unseen: u32,
}

impl ScheduleView {
    fn of(search: String, schedule: Schedule) -> Self {
        let Schedule { plan, to_ms, next_ms, unseen } = schedule;
        Self {
            search,
            minutes: plan.minutes,
            at_least: plan.at_least,
            channel: plan.channel.map(|id| id.to_string()),
            enabled: plan.enabled,
            to: to_ms,
            next: next_ms,
            unseen,
        }
    }
}

/// A schedule with what it found.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = SearchRuns)]
pub(crate) struct WithRuns {
    /// None: it does not run by itself any more.
    schedule: Option<ScheduleView>,
    /// The newest first.
    runs: Vec<Run>,
}

/// The caller's schedules.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = SearchScheduleList)]
pub(crate) struct ScheduleList {
    items: Vec<ScheduleView>,
}

/// My searches that run by themselves
#[utoipa::path(get, path = "/schedules", tag = "events",
    responses((status = 200, description = "The schedules.", body = ScheduleList)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<ScheduleList>> {
    caller.scope(Permission::ReadEvents)?;
    let all = app.work.schedules(&caller.user.name).await?;
    let items = all.into_iter().map(|(search, schedule)| ScheduleView::of(search, schedule));
    Ok(axum::Json(ScheduleList { items: items.collect() }))
}

/// What a search found by itself
///
/// One's own; looking at it makes it seen.
#[utoipa::path(get, path = "/searches/{search}/schedule", tag = "events",
    params(("search" = String, Path, description = "The search.")),
    responses((status = 200, description = "The schedule and its runs.", body = WithRuns)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(search): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<WithRuns>> {
    caller.scope(Permission::ReadEvents)?;
    let found = app.work.schedule(&caller.user.name, &search).await?;
    let (schedule, runs) = found.ok_or_else(none)?;
    if schedule.as_ref().is_some_and(|schedule| schedule.unseen > 0) {
        app.work.seen_schedule(&search).await?;
    }
    let schedule = schedule.map(|schedule| ScheduleView::of(search, schedule));
    Ok(axum::Json(WithRuns { schedule, runs }))
}

/// Have a search run by itself
///
/// One's own, without commands. Each run counts the events that were stored since the run before, by the
/// rights that its owner has then.
#[utoipa::path(put, path = "/searches/{search}/schedule", tag = "events",
    request_body = ScheduleBody, params(("search" = String, Path, description = "The search.")),
    responses((status = 200, description = "The schedule.", body = ScheduleView)))]
pub(crate) async fn set(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<ScheduleBody>,
) -> Answer<axum::Json<ScheduleView>> {
    caller.scope(Permission::ReadEvents)?;
    let plan = body.checked(&app, &caller).await?;
    let mine = app.work.searches(&caller.reach()?).await?.into_iter();
    let mut mine = mine.filter(|search| search.owner == caller.user.name);
    let search = mine.find(|search| search.id == id).ok_or_else(none)?;
    if search.page != Page::Search {
        return Err(bad("search", "a view of the queue does not run by itself: alerts do"));
    }
    if !search.q.trim().is_empty() && !parsed(&app, &search.q)?.stages.is_empty() {
        return Err(bad("search", "keep the search without commands: a run counts its events"));
    }
    let detail = json!({"minutes": plan.minutes, "at_least": plan.at_least,
        "channel": plan.channel, "enabled": plan.enabled});
    app.accounts.audit(caller.entry(Action::ScheduleChange, &id, detail)).await?;
    if !app.work.set_schedule(&caller.user.name, &id, Some(plan)).await? {
        let detail = format!("{SCHEDULES_MAX} of your searches run by themselves; end one");
        return Err(Problem::new(Code::TooMany, detail).with(json!({"max": SCHEDULES_MAX})));
    }
    let kept = app.work.schedule(&caller.user.name, &id).await?;
    let kept = kept.and_then(|(schedule, _)| schedule).ok_or_else(none)?;
    Ok(axum::Json(ScheduleView::of(id, kept)))
}

/// End a schedule
#[utoipa::path(delete, path = "/searches/{search}/schedule", tag = "events",
    params(("search" = String, Path, description = "The search.")),
    responses((status = 204, description = "Ended.")))]
pub(crate) async fn end(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<StatusCode> {
    caller.scope(Permission::ReadEvents)?;
    app.work.schedule(&caller.user.name, &id).await?.ok_or_else(none)?;
    let entry = caller.entry(Action::ScheduleChange, &id, json!({"deleted": true}));
    app.accounts.audit(entry).await?;
    app.work.set_schedule(&caller.user.name, &id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl ScheduleBody {
    async fn checked(self, app: &App, caller: &Caller) -> Answer<Plan> {
        let Self { minutes, at_least, channel, enabled } = self;
        if !MINUTES.contains(&minutes) {
            return Err(bad("minutes", "5 to 10080"));
        }
        if !(1..=AT_LEAST_MAX).contains(&at_least) {
            return Err(bad("at_least", "1 to 1000000000"));
        }
        let Some(id) = channel else {
            return Ok(Plan { minutes, at_least, channel: None, enabled });
        };
        let held = caller.agencies(Permission::ManageNotifications)?;
        let known = match id.parse() {
            Ok(number) => app.work.channel(number).await?,
            Err(_) => None,
        };
        let manages = |agency: &str| Agencies::parse(agency).is_ok_and(|asked| held.covers(&asked));
        let known = known.filter(|channel| manages(&channel.agency));
        let channel = known.ok_or_else(|| bad("channel", "no channel that you manage"))?.id;
        Ok(Plan { minutes, at_least, channel: Some(channel), enabled })
    }
}

fn none() -> Box<Problem> {
    Problem::new(Code::NotFound, "there is no such search of yours")
}
