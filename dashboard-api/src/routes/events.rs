//! Searching events, by crate `query`'s language.

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, NoParams, Query, Text, TimeMs, in_order};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::store_answers::page;
use crate::views::event::{Bucket, EventDetail, EventPage, EventSummary, Histogram};
use axum::Json;
use axum::extract::State;
use model::Agency;
use query::sql::Condition;
use serde_json::{Value, json};
use store::EventFilter;

/// The longest time range of one search: a quarter, as reports are made.
const RANGE_MS_MAX: i64 = 92 * 24 * 3_600_000;
/// Bars of a histogram unless asked otherwise.
const BUCKETS: u32 = 60;
/// The most bars: more than a screen is wide.
const BUCKETS_MAX: u32 = 500;

/// Which events, and which page of them.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// From this time on, in ms.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: TimeMs,
    /// Before this time, in ms; at most 92 days after `from`.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: TimeMs,
    /// That this search finds: words, `field:value`, AND, OR, NOT (docs/search.md).
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    q: Option<Text>,
    /// Of this agency.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
    agency: Option<Agency>,
    /// Of this host.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    host: Option<Text>,
    /// Of this source type.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    source: Option<Text>,
    /// Of this OCSF class.
    class_uid: Option<u32>,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(value_type = Option<String>, pattern = r"^-?[0-9]{1,15}\.[0-9A-Za-z_.:-]{1,128}$")]
    cursor: Option<Text>,
}

/// Which events, and into how many bars.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistogramParams {
    /// From this time on, in ms.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: TimeMs,
    /// Before this time, in ms; at most 92 days after `from`.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: TimeMs,
    /// That this search finds: words, `field:value`, AND, OR, NOT (docs/search.md).
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    q: Option<Text>,
    /// Of this agency.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
    agency: Option<Agency>,
    /// Of this host.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    host: Option<Text>,
    /// Of this source type.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    source: Option<Text>,
    /// Of this OCSF class.
    class_uid: Option<u32>,
    /// Bars.
    #[param(minimum = 1, maximum = 500)]
    buckets: Option<u32>,
}

/// Search events
///
/// Newest first.
#[utoipa::path(get, path = "/events", tag = "events", params(ListParams),
    responses((status = 200, description = "A page.", body = EventPage)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Answer<Json<EventPage>> {
    let scope = caller.scope(Permission::ReadEvents)?;
    let page = page(params.limit, params.cursor.as_ref().map(|cursor| cursor.0.as_str()))?;
    let ListParams { from, to, q, agency, host, source, class_uid, .. } = params;
    let search = checked(&app, Filter { from, to, q, agency, host, source, class_uid })?;
    let found = app.store.events(&scope, &search.filter, &page).await?;
    audit(&app, &caller, &search, "rows", found.items.len()).await?;
    Ok(Json(EventPage {
        items: found.items.into_iter().map(EventSummary::from).collect(),
        next_cursor: found.next.map(|cursor| cursor.to_string()),
    }))
}

/// How events are spread over time
#[utoipa::path(get, path = "/events/histogram", tag = "events", params(HistogramParams),
    responses((status = 200, description = "The counts.", body = Histogram)))]
pub(crate) async fn histogram(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<HistogramParams>,
) -> Answer<Json<Histogram>> {
    let scope = caller.scope(Permission::ReadEvents)?;
    let HistogramParams { from, to, q, agency, host, source, class_uid, buckets } = params;
    let buckets = buckets.unwrap_or(BUCKETS);
    if !(1..=BUCKETS_MAX).contains(&buckets) {
        let detail = format!("buckets is 1 to {BUCKETS_MAX}");
        return Err(Problem::parameter(Code::InvalidParameter, "buckets", detail));
    }
    let search = checked(&app, Filter { from, to, q, agency, host, source, class_uid })?;
    let found = app.store.event_histogram(&scope, &search.filter, buckets).await?;
    audit(&app, &caller, &search, "buckets", found.items.len()).await?;
    let items = found.items.into_iter().map(|(time, count)| Bucket { time, count });
    Ok(Json(Histogram { bucket_ms: found.bucket_ms, items: items.collect() }))
}

/// One event
///
/// Whole, with its raw log exactly as collected.
#[utoipa::path(get, path = "/events/{uid}", tag = "events",
    params(("uid" = String, Path, description = "The event.")),
    responses((status = 200, description = "The event.", body = EventDetail)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(uid): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<EventDetail>> {
    let scope = caller.scope(Permission::ReadEvents)?;
    let event = app.store.event(&scope, &uid).await?;
    let event = event
        .ok_or_else(|| Problem::new(Code::NotFound, "there is no such event in your agencies"))?;
    app.accounts.audit(caller.entry(Action::EventRead, &uid, json!({}))).await?;
    Ok(Json(event.into()))
}

/// What both searches filter by.
struct Filter {
    from: TimeMs,
    to: TimeMs,
    q: Option<Text>,
    agency: Option<Agency>,
    host: Option<Text>,
    source: Option<Text>,
    class_uid: Option<u32>,
}

/// A checked filter, and the text that its search was made of.
struct Search {
    filter: EventFilter,
    q: Option<String>,
}

/// The store's filter, once the range is found to be one and not too long, and the text a search.
fn checked(app: &App, filter: Filter) -> Answer<Search> {
    let Filter { from, to, q, agency, host, source, class_uid } = filter;
    in_order(Some(from), Some(to))?;
    if to.0 - from.0 > RANGE_MS_MAX {
        let detail = "a search spans 92 days at most";
        return Err(Problem::new(Code::RangeTooLong, detail)
            .with(json!({"parameter": "to", "range_ms_max": RANGE_MS_MAX})));
    }
    let text = |text: Option<Text>| text.map(|text| text.0);
    let filter = EventFilter {
        from_ms: from.0,
        to_ms: to.0,
        search: q.as_ref().map(|q| condition(app, &q.0)).transpose()?,
        agency,
        host: text(host),
        class_uid,
        source: text(source),
    };
    Ok(Search { filter, q: text(q) })
}

/// What a text asks of events. A mistake in it is told with its place, in characters.
fn condition(app: &App, text: &str) -> Answer<Condition> {
    let query = query::parse(text, &app.tables).map_err(|error| {
        let (start, end) = (error.span.start, error.span.end);
        Problem::new(Code::InvalidParameter, error.to_string()).with(json!({
            "parameter": "q", "problem": error.problem.code(), "start": start, "end": end,
        }))
    })?;
    if !query.stages.is_empty() {
        let detail = "a list of events has no commands: take | and what follows away";
        return Err(Problem::parameter(Code::InvalidParameter, "q", detail));
    }
    Ok(query::sql::condition(&query.expr, &app.tables, app.clock.now_ms()))
}

/// Records the search and how much it showed, before it is shown.
async fn audit(
    app: &App,
    caller: &Caller,
    search: &Search,
    what: &str,
    count: usize,
) -> Answer<()> {
    let Search { filter, q } = search;
    let mut detail = json!({
        "from": filter.from_ms, "to": filter.to_ms, "q": q,
        "agency": filter.agency, "host": filter.host, "source": filter.source,
        "class_uid": filter.class_uid,
    });
    if let Value::Object(members) = &mut detail {
        members.retain(|_, value| !value.is_null());
        members.insert(what.into(), count.into());
    }
    app.accounts.audit(caller.entry(Action::EventsSearch, "", detail)).await?;
    Ok(())
}
