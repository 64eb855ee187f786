//! Hosts, users, addresses, hashes and domains: since when they are seen, how risky, with what.

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{NoParams, Query, Text, TimeMs, in_order};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::store_answers::page;
use crate::views::alert::{AlertCounts, AlertPage, alert_page};
use crate::views::event::{EventPage, EventSummary};
use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use model::day::{self, DAY_MS};
use query::Range;
use serde_json::json;
use std::collections::BTreeMap;
use store::{AlertFilter, Entity, EntityKind, EventFilter, Page};

/// The longest range of a question that reads the events themselves.
const EVENTS_RANGE_MS_MAX: i64 = 92 * DAY_MS;
/// The longest range of counts by day.
const DAYS_RANGE_MS_MAX: i64 = 400 * DAY_MS;
/// Related things of each kind that are shown.
const RELATED: u32 = 10;

/// The path's entity: its kind and its value.
pub(crate) struct Named(Entity);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let (kind, value) = match path {
            Ok(Path(both)) => both,
            Err(_) => return Err(Problem::new(Code::NotFound, "there is no such entity")),
        };
        let kind = EntityKind::ALL.into_iter().find(|each| each.as_str() == kind);
        let kind = kind.ok_or_else(|| {
            Problem::new(Code::NotFound, "kinds are host, user, ip, hash and domain")
        })?;
        if value.chars().any(char::is_control) {
            let detail = "the value holds a control character";
            return Err(Problem::parameter(Code::InvalidParameter, "value", detail));
        }
        Ok(Self(Entity::new(kind, &value)?))
    }
}

/// Within which time.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RangeParams {
    /// From this time on, in ms.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: TimeMs,
    /// Before this time, in ms; at most 92 days after `from`, of days 400.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: TimeMs,
}

/// Within which time, and which page.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsParams {
    /// From this time on, in ms.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: TimeMs,
    /// Before this time, in ms; at most 92 days after `from`.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: TimeMs,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(value_type = Option<String>, pattern = r"^-?[0-9]{1,15}\.[0-9A-Za-z_.:-]{1,128}$")]
    cursor: Option<Text>,
}

/// Which page.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// Rows of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(value_type = Option<String>, pattern = r"^-?[0-9]{1,15}\.[0-9A-Za-z_.:-]{1,128}$")]
    cursor: Option<Text>,
}

/// One agency's acquaintance with an entity, in one role.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Seen {
    agency: String,
    /// `device`, `user`, `source`, `destination`, `other` or `observed`.
    role: &'static str,
    /// Time of the first event.
    first: i64,
    /// Time of the last.
    last: i64,
    events: u64,
}

/// What is known of an entity.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct EntityProfile {
    /// `host`, `user`, `ip`, `hash` or `domain`.
    kind: &'static str,
    /// As the tables hold it.
    value: String,
    /// By role and agency; empty where no event of the caller's agencies has it.
    seen: Vec<Seen>,
    /// Time of the first event; none where there is none.
    first: Option<i64>,
    /// Time of the last.
    last: Option<i64>,
    events: u64,
    /// Of all times, by state and severity.
    alerts: AlertCounts,
    /// 0 to 100: of its open alerts of the last seven days, each counting less than the one before.
    risk: u8,
}

/// An entity's day.
#[derive(Default, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct EntityDay {
    /// Its begin, midnight in Dhaka.
    day: i64,
    events: u64,
    alerts: u64,
    /// Of the alerts raised on that day, 0 to 100.
    risk: u8,
}

/// An entity's days.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct EntityDays {
    /// Every day of the range, in order, also quiet ones.
    items: Vec<EntityDay>,
    /// Whether there were more alerts than were looked at; the newest were.
    truncated: bool,
}

/// What stands in the same events.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Related {
    kind: &'static str,
    role: &'static str,
    value: String,
    /// In how many of the events.
    events: u64,
    first: i64,
    last: i64,
}

/// What stands in the same events as an entity.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RelatedList {
    /// The most frequent of each kind first.
    items: Vec<Related>,
}

/// What is known of an entity
///
/// Since when and until when it was seen, in which roles, its alerts and its risk.
#[utoipa::path(get, path = "/entities/{kind}/{value}", tag = "entities",
    params(("kind" = String, Path, description = "host, user, ip, hash or domain."),
        ("value" = String, Path, description = "Its name.")),
    responses((status = 200, description = "The profile.", body = EntityProfile)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    Named(entity): Named,
) -> Answer<Json<EntityProfile>> {
    let scope = caller.scope(Permission::ReadEvents)?;
    let alerts = caller.scope(Permission::ReadAlerts)?;
    let known = app.store.entity(&scope, &entity).await?;
    let filter = AlertFilter {
        from_ms: Some(app.clock.now_ms() - 7 * DAY_MS),
        state: store::State::ALL.into_iter().filter(|s| *s != store::State::Closed).collect(),
        ..its_alerts(&entity)
    };
    let open = app.store.alerts(&alerts, &filter, &Page::first(Page::LIMIT_MAX)).await?;
    let overdue = Some(app.work.sla().await?.overdue(app.clock.now_ms()));
    let filter = AlertFilter { overdue, ..its_alerts(&entity) };
    let late = app.store.alert_counts(&alerts, &filter).await?;
    audit(&app, &caller, &entity, "profile").await?;
    let (seen, now) = (known.seen, &caller.user.name);
    Ok(Json(EntityProfile {
        kind: known.kind.as_str(),
        value: known.value,
        first: seen.iter().map(|each| each.first).min(),
        last: seen.iter().map(|each| each.last).max(),
        events: seen.iter().map(|each| each.events).sum(),
        seen: seen
            .into_iter()
            .map(|each| Seen {
                agency: each.agency,
                role: each.role,
                first: each.first,
                last: each.last,
                events: each.events,
            })
            .collect(),
        alerts: AlertCounts::of(known.alerts, now, late.total),
        risk: risk(open.items.iter().map(|alert| alert.risk_score)),
    }))
}

/// An entity day by day
///
/// How many events have it, how many alerts were raised on it, and how risky it was.
#[utoipa::path(get, path = "/entities/{kind}/{value}/days", tag = "entities", params(RangeParams,
        ("kind" = String, Path, description = "host, user, ip, hash or domain."),
        ("value" = String, Path, description = "Its name.")),
    responses((status = 200, description = "The days.", body = EntityDays)))]
pub(crate) async fn days(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<RangeParams>,
    Named(entity): Named,
) -> Answer<Json<EntityDays>> {
    let scope = caller.scope(Permission::ReadEvents)?;
    let alerts = caller.scope(Permission::ReadAlerts)?;
    let range = params.range(DAYS_RANGE_MS_MAX)?;
    let counted = app.store.entity_days(&scope, &entity, range).await?;
    let filter = AlertFilter {
        from_ms: Some(range.from_ms),
        to_ms: Some(range.to_ms),
        ..its_alerts(&entity)
    };
    let raised = app.store.alerts(&alerts, &filter, &Page::first(Page::LIMIT_MAX)).await?;
    audit(&app, &caller, &entity, "days").await?;
    let begin = |ms: i64| day::begin_ms(day::number(ms));
    let mut items: BTreeMap<i64, (EntityDay, Vec<u8>)> = BTreeMap::new();
    let mut day = begin(range.from_ms);
    while day < range.to_ms {
        items.insert(day, (EntityDay { day, ..EntityDay::default() }, Vec::new()));
        day += DAY_MS;
    }
    for count in counted {
        if let Some((day, _)) = items.get_mut(&count.day) {
            day.events += count.events;
        }
    }
    for alert in &raised.items {
        if let Some((day, risks)) = items.get_mut(&begin(alert.created)) {
            day.alerts += 1;
            risks.push(alert.risk_score);
        }
    }
    let items = items.into_values();
    let items = items.map(|(day, risks)| EntityDay { risk: risk(risks.into_iter()), ..day });
    Ok(Json(EntityDays { items: items.collect(), truncated: raised.next.is_some() }))
}

/// The events of an entity
///
/// Newest first.
#[utoipa::path(get, path = "/entities/{kind}/{value}/timeline", tag = "entities",
    params(EventsParams,
        ("kind" = String, Path, description = "host, user, ip, hash or domain."),
        ("value" = String, Path, description = "Its name.")),
    responses((status = 200, description = "A page.", body = EventPage)))]
pub(crate) async fn timeline(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<EventsParams>,
    Named(entity): Named,
) -> Answer<Json<EventPage>> {
    let scope = caller.scope(Permission::ReadEvents)?;
    let page = page(params.limit, params.cursor.as_ref().map(|cursor| cursor.0.as_str()))?;
    let range = RangeParams { from: params.from, to: params.to }.range(EVENTS_RANGE_MS_MAX)?;
    let filter = EventFilter {
        from_ms: range.from_ms,
        to_ms: range.to_ms,
        entity: Some(entity.clone()),
        ..EventFilter::default()
    };
    let found = app.store.events(&scope, &filter, &page).await?;
    audit(&app, &caller, &entity, "timeline").await?;
    Ok(Json(EventPage {
        items: found.items.into_iter().map(EventSummary::from).collect(),
        next_cursor: found.next.map(|cursor| cursor.to_string()),
    }))
}

/// The alerts of an entity
///
/// Its own and those whose evidence has it; the newest arrival first.
#[utoipa::path(get, path = "/entities/{kind}/{value}/alerts", tag = "entities",
    params(PageParams,
        ("kind" = String, Path, description = "host, user, ip, hash or domain."),
        ("value" = String, Path, description = "Its name.")),
    responses((status = 200, description = "A page.", body = AlertPage)))]
pub(crate) async fn alerts(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<PageParams>,
    Named(entity): Named,
) -> Answer<Json<AlertPage>> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    let page = page(params.limit, params.cursor.as_ref().map(|cursor| cursor.0.as_str()))?;
    let as_of = app.clock.now_ms();
    let found = app.store.alerts(&scope, &its_alerts(&entity), &page).await?;
    audit(&app, &caller, &entity, "alerts").await?;
    Ok(Json(alert_page(found, &app.work.sla().await?, as_of)))
}

/// What stands in the same events as an entity
///
/// Hosts, users and addresses, the most frequent of each first.
#[utoipa::path(get, path = "/entities/{kind}/{value}/related", tag = "entities",
    params(RangeParams,
        ("kind" = String, Path, description = "host, user, ip, hash or domain."),
        ("value" = String, Path, description = "Its name.")),
    responses((status = 200, description = "The list.", body = RelatedList)))]
pub(crate) async fn related(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<RangeParams>,
    Named(entity): Named,
) -> Answer<Json<RelatedList>> {
    let scope = caller.scope(Permission::ReadEvents)?;
    let range = params.range(EVENTS_RANGE_MS_MAX)?;
    let found = app.store.entity_related(&scope, &entity, range, RELATED).await?;
    audit(&app, &caller, &entity, "related").await?;
    let items = found.into_iter().map(|each| Related {
        kind: each.kind.as_str(),
        role: each.role,
        value: each.value,
        events: each.events,
        first: each.first,
        last: each.last,
    });
    Ok(Json(RelatedList { items: items.collect() }))
}

impl RangeParams {
    fn range(&self, range_ms_max: i64) -> Answer<Range> {
        in_order(Some(self.from), Some(self.to))?;
        if self.to.0 - self.from.0 > range_ms_max {
            let detail = format!("at most {} days", range_ms_max / DAY_MS);
            return Err(Problem::new(Code::RangeTooLong, detail)
                .with(json!({"parameter": "to", "range_ms_max": range_ms_max})));
        }
        Ok(Range { from_ms: self.from.0, to_ms: self.to.0 })
    }
}

fn its_alerts(entity: &Entity) -> AlertFilter {
    AlertFilter { entity: Some(entity.clone()), ..AlertFilter::default() }
}

/// The risk of several alerts together: the highest, and of what is left to 100 half the share of
/// the next one, and so on. Many small ones never outweigh a great one.
fn risk(scores: impl Iterator<Item = u8>) -> u8 {
    let mut scores: Vec<u8> = scores.collect();
    scores.sort_unstable_by(|a, b| b.cmp(a));
    let (mut risk, mut weight) = (0.0_f64, 1.0_f64);
    for score in scores {
        risk += (100.0 - risk) * f64::from(score) / 100.0 * weight;
        weight /= 2.0;
    }
    risk.round().clamp(0.0, 100.0) as u8
}

async fn audit(app: &App, caller: &Caller, entity: &Entity, what: &str) -> Answer<()> {
    let detail = json!({"kind": entity.kind().as_str(), "value": entity.value(), "what": what});
    app.accounts.audit(caller.entry(Action::EntityRead, entity.value(), detail)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::risk;

    #[test]
    fn risks_add_up_without_reaching_the_sky() {
        for (scores, expected) in [
            (&[][..], 0),
            (&[40], 40),
            (&[40, 40], 52),
            (&[90, 10], 91),
            (&[10; 50], 19),
            (&[100, 100], 100),
        ] {
            assert_eq!(risk(scores.iter().copied()), expected, "{scores:?}");
        }
    }
}
