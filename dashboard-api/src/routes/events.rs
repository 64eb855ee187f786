//! Searching events, by crate `query`'s language.

mod export;
mod tail;

pub(crate) use export::{__path_export, export};
pub(crate) use tail::{__path_tail, tail};

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, NoParams, Query, Text, TimeMs, in_order};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::routes::fields;
use crate::routes::query::parsed;
use crate::store_answers::page;
use crate::views::event::{Bucket, EventDetail, EventPage, EventSummary, Histogram, Table};
use axum::Json;
use axum::extract::State;
use model::Agency;
use query::sql::Condition;
use query::{Column, Expr, Field, Range};
use serde_json::{Value, json};
use store::{EventFilter, Scope};

/// The longest time range of one search: a quarter, as reports are made.
const RANGE_MS_MAX: i64 = 92 * 24 * 3_600_000;
/// Rows of a table unless asked otherwise.
const TABLE_ROWS: u32 = 1_000;
/// Bars of a histogram unless asked otherwise.
const BUCKETS: u32 = 60;
/// The most bars: more than a screen is wide.
const BUCKETS_MAX: u32 = 500;
/// Columns that a list shows besides: more do not fit beside the text.
const COLUMNS_MAX: usize = 10;

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
    /// Fields whose values come in `cells`, as a search names them, comma-separated; at most ten.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    columns: Option<Text>,
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

/// Which events, and what to make of them.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TableParams {
    /// From this time on, in ms.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: TimeMs,
    /// Before this time, in ms; at most 92 days after `from`.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: TimeMs,
    /// The search with its commands: `user:root | count by host` (docs/search.md).
    #[param(value_type = String, min_length = 1, max_length = 500)]
    q: Text,
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
    /// Rows of the table.
    #[param(minimum = 1, maximum = 10_000)]
    limit: Option<u32>,
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
    let ListParams { from, to, q, agency, host, source, class_uid, columns: names, .. } = params;
    let filter = Filter { from, to, q, agency, host, source, class_uid };
    let fields = columns(&app, names)?;
    let mut search = checked(filter)?;
    if let Some(query) = search.query(&app)? {
        if !query.stages.is_empty() {
            let detail = "a list of events has no commands: ask /events/table for what they make";
            return Err(Problem::parameter(Code::InvalidParameter, "q", detail));
        }
        search.filter.search = Some(condition(&app, &query));
    }
    let found = app.store.events(&scope, &search.filter, &page).await?;
    audit(&app, &caller, &search, "rows", found.items.len()).await?;
    let cells = cells(&app, &scope, &found.items, &fields).await?;
    let items = found.items.into_iter().zip(cells);
    Ok(Json(EventPage {
        items: items.map(|(event, cells)| EventSummary::with(event, cells)).collect(),
        next_cursor: found.next.map(|cursor| cursor.to_string()),
    }))
}

/// The fields that a list shows besides.
fn columns(app: &App, names: Option<Text>) -> Answer<Vec<Field>> {
    let Some(names) = names else { return Ok(Vec::new()) };
    let wrong = |detail: String| Problem::parameter(Code::InvalidParameter, "columns", detail);
    let field = |name: &str| {
        let name = name.trim();
        if let Some(suggestion) = Field::suggestion(name, &app.tables) {
            return Err(wrong(format!("there is no field {name}: is it {suggestion}?")));
        }
        fields::field(name).ok_or_else(|| wrong(format!("there is no field {name:?}")))
    };
    let fields = names.0.split(',').map(field).collect::<Answer<Vec<_>>>()?;
    if fields.len() > COLUMNS_MAX {
        return Err(wrong(format!("at most {COLUMNS_MAX} columns")));
    }
    Ok(fields)
}

/// The values of the columns for each event.
async fn cells(
    app: &App,
    scope: &Scope,
    events: &[store::EventSummary],
    fields: &[Field],
) -> Answer<Vec<Vec<String>>> {
    let now_ms = app.clock.now_ms();
    Ok(app.store.event_cells(scope, events, fields, &app.tables, now_ms).await?)
}

/// What a search with commands makes
///
/// A table: counts, charts over time, chosen fields. Cells are texts; times in them are ms.
#[utoipa::path(get, path = "/events/table", tag = "events", params(TableParams),
    responses((status = 200, description = "The table.", body = Table)))]
pub(crate) async fn table(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<TableParams>,
) -> Answer<Json<Table>> {
    let scope = caller.scope(Permission::ReadEvents)?;
    let TableParams { from, to, q, agency, host, source, class_uid, limit } = params;
    let limit = limit.unwrap_or(TABLE_ROWS);
    if !(1..=query::sql::LIMIT_MAX).contains(&limit) {
        let detail = format!("limit is 1 to {}", query::sql::LIMIT_MAX);
        return Err(Problem::parameter(Code::InvalidParameter, "limit", detail));
    }
    let query = parsed(&app, &q.0)?;
    let filter = Filter { from, to, q: Some(q), agency, host, source, class_uid };
    let search = checked(filter)?;
    let query = narrowed(query, &search.filter);
    let range = Range { from_ms: from.0, to_ms: to.0 };
    let now_ms = app.clock.now_ms();
    let found = app.store.search(&scope, &query, &app.tables, range, now_ms, limit).await?;
    audit(&app, &caller, &search, "rows", found.rows.len()).await?;
    let store::Answer { columns, rows, more, notes } = found;
    Ok(Json(Table { columns, rows, more, notes }))
}

/// The search with the filter's own fields in its tree.
fn narrowed(query: query::Query, filter: &EventFilter) -> query::Query {
    let class_uid = filter.class_uid.map(|class| class.to_string());
    let mut expr = query.expr;
    for (column, value) in [
        (Column::Host, filter.host.as_deref()),
        (Column::Source, filter.source.as_deref()),
        (Column::Class, class_uid.as_deref()),
    ] {
        if let Some(value) = value {
            expr = Expr::All(vec![expr, Expr::equals(column, value)]);
        }
    }
    let query = query::Query { expr, stages: query.stages };
    match &filter.agency {
        Some(agency) => query.scoped(vec![agency.to_string()]),
        None => query,
    }
}

/// How events are spread over time
///
/// Commands of the search do not matter here.
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
    let filter = Filter { from, to, q, agency, host, source, class_uid };
    let mut search = checked(filter)?;
    search.filter.search = search.query(&app)?.map(|query| condition(&app, &query));
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

/// What all searches filter by.
struct Filter {
    from: TimeMs,
    to: TimeMs,
    q: Option<Text>,
    agency: Option<Agency>,
    host: Option<Text>,
    source: Option<Text>,
    class_uid: Option<u32>,
}

/// A checked filter, which holds no search yet, and the search's text.
struct Search {
    filter: EventFilter,
    q: Option<String>,
}

impl Search {
    /// The text as a search, where there is one.
    fn query(&self, app: &App) -> Answer<Option<query::Query>> {
        self.q.as_ref().map(|q| parsed(app, q)).transpose()
    }
}

/// The store's filter, once the range is found to be one and not too long.
fn checked(filter: Filter) -> Answer<Search> {
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
        search: None,
        agency,
        host: text(host),
        entity: None,
        class_uid,
        source: text(source),
    };
    Ok(Search { filter, q: text(q) })
}

/// What a search asks of events, whatever its commands make of them.
fn condition(app: &App, query: &query::Query) -> Condition {
    query::sql::condition(&query.expr, &app.tables, app.clock.now_ms())
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
