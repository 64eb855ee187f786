//! Single indicators: looked up, added by hand, withdrawn.

use super::{kept, may_change, readable, too_many};
use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::intel::import::{Found, Told};
use crate::intel::{How, Imported, IndicatorKind, Listed, Wanted};
use crate::params::{Id, Json, NoParams, Query, Text, page_limit};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::work::case::Tlp;
use crate::written::{bad, line_of, words_of};
use axum::extract::State;
use indicators::{Indicator, Note, Value, Warnings};
use serde_json::json;

/// Added at a time; more come as a file.
const ADDED_MAX: usize = 200;
const VALUE_MAX: usize = 4_096;
const TEXT_MAX: usize = 500;

/// Which indicators, and which page of them.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListingParams {
    /// Of this feed.
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,18}$")]
    feed: Option<Text>,
    /// Of this kind.
    kind: Option<IndicatorKind>,
    /// Such as an event with this value would hit, in any spelling: of a host its domains too, of an
    /// address its networks.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    value: Option<Text>,
    /// Only withdrawn ones, or only such as count.
    withdrawn: Option<bool>,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,18}$")]
    cursor: Option<Text>,
}

/// A page of indicators, the newest first.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct IndicatorPage {
    items: Vec<Listed>,
    /// Where the next page begins; none after the last.
    next_cursor: Option<String>,
}

/// Indicators
///
/// Of feeds that count in everybody's events and of those of the caller's agencies.
#[utoipa::path(get, path = "/indicators", tag = "indicators", params(ListingParams),
    responses((status = 200, description = "A page.", body = IndicatorPage)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListingParams>,
) -> Answer<axum::Json<IndicatorPage>> {
    let number = |name: &str, text: &Option<Text>| match text.as_ref().map(|text| text.0.parse()) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(Problem::parameter(Code::InvalidParameter, name, "a number")),
    };
    let limit = page_limit(params.limit)?;
    let wanted = Wanted {
        agencies: readable(&caller)?,
        feed: number("feed", &params.feed)?,
        kind: params.kind,
        value: params.value.map(|text| text.0),
        withdrawn: params.withdrawn,
        before: number("cursor", &params.cursor)?,
        limit: limit + 1,
    };
    let mut items = app.intel.indicators(wanted).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(|last| last.id.clone());
    Ok(axum::Json(IndicatorPage { items, next_cursor }))
}

/// An indicator to add.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIndicator {
    /// In any spelling, `evil[.]example` too.
    #[schema(min_length = 1, max_length = 4_096)]
    value: String,
    /// Found out from the value where it is not said.
    #[serde(default)]
    kind: Option<IndicatorKind>,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100)]
    confidence: Option<u8>,
    #[serde(default)]
    tlp: Option<Tlp>,
    /// From when on it counts no longer, in ms.
    #[serde(default)]
    expires: Option<i64>,
    /// What it is about.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    label: Option<String>,
    /// Where more is said of it, such as a case or a report.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    reference: Option<String>,
}

/// Indicators to add.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddBody {
    #[schema(min_items = 1, max_items = 200)]
    indicators: Vec<NewIndicator>,
}

/// Add indicators to a feed
///
/// All of them, or none where one cannot be one.
#[utoipa::path(post, path = "/indicator-feeds/{feed}/indicators", tag = "indicators",
    request_body = AddBody, params(("feed" = String, Path, description = "The feed.")),
    responses((status = 200, description = "What was done.", body = Imported)))]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<AddBody>,
) -> Answer<axum::Json<Imported>> {
    let feed = kept(&app, &caller, &id).await?;
    if !(1..=ADDED_MAX).contains(&body.indicators.len()) {
        return Err(bad("indicators", format!("1 to {ADDED_MAX}")));
    }
    let warnings = Warnings::none();
    let rows = body.indicators.into_iter().enumerate();
    let indicators: Vec<Indicator> =
        rows.map(|(at, row)| row.checked(at, &warnings)).collect::<Answer<_>>()?;
    let values: Vec<_> = indicators.iter().map(|one| one.value.text().into_owned()).collect();
    let entry = caller.entry(Action::IndicatorsImport, &id, json!({"added": values}));
    app.accounts.audit(entry).await?;
    let found = Found { indicators, revoked: Vec::new(), told: Told::default() };
    let done = app.intel.import(feed.id, found, How::Beside, &caller.user.name).await?;
    Ok(axum::Json(done.ok_or_else(too_many)?))
}

/// Why an indicator is withdrawn.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawBody {
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// Withdraw an indicator
///
/// It counts no longer, also when its feed lists it again.
#[utoipa::path(put, path = "/indicators/{indicator}/withdrawal", tag = "indicators",
    request_body = WithdrawBody, params(("indicator" = String, Path, description = "The indicator.")),
    responses((status = 200, description = "The indicator now.", body = Listed)))]
pub(crate) async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<WithdrawBody>,
) -> Answer<axum::Json<Listed>> {
    words_of("reason", &body.reason, TEXT_MAX)?;
    set(&app, &caller, &id, Some(body.reason)).await
}

/// Put an indicator in force again
#[utoipa::path(delete, path = "/indicators/{indicator}/withdrawal", tag = "indicators",
    params(("indicator" = String, Path, description = "The indicator.")),
    responses((status = 200, description = "The indicator now.", body = Listed)))]
pub(crate) async fn restore(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<Listed>> {
    set(&app, &caller, &id, None).await
}

async fn set(
    app: &App,
    caller: &Caller,
    id: &str,
    reason: Option<String>,
) -> Answer<axum::Json<Listed>> {
    let none = || Problem::new(Code::NotFound, "there is no such indicator among those you see");
    let seen = readable(caller)?;
    let number = id.parse().map_err(|_| none())?;
    let listed = app.intel.indicator(number, seen.clone()).await?.ok_or_else(none)?;
    if !may_change(caller, &listed.agency) {
        caller.may_set_policy(Permission::ManageIndicators, &listed.agency)?;
    }
    let detail = json!({"value": listed.value, "withdrawn": reason.is_some(), "reason": reason});
    app.accounts.audit(caller.entry(Action::IndicatorWithdraw, id, detail)).await?;
    app.intel.withdraw(number, reason, &caller.user.name).await?;
    let now = app.intel.indicator(number, seen).await?.ok_or_else(none)?;
    Ok(axum::Json(now))
}

impl NewIndicator {
    fn checked(self, at: usize, warnings: &Warnings) -> Answer<Indicator> {
        let field = |name: &str| format!("indicators[{at}].{name}");
        line_of(&field("value"), &self.value, VALUE_MAX)?;
        for (name, text) in [("label", &self.label), ("reference", &self.reference)] {
            if let Some(text) = text {
                line_of(&field(name), text, TEXT_MAX)?;
            }
        }
        if self.confidence.is_some_and(|confidence| confidence > 100) {
            return Err(bad(&field("confidence"), "0 to 100"));
        }
        let value = match self.kind {
            Some(kind) => Value::parse(kind.into(), &self.value),
            None => Value::guess(&self.value),
        };
        let Some(value) = value else {
            let detail = "no address, domain, hash, URL or e-mail address, or not of its kind";
            return Err(bad(&field("value"), detail));
        };
        if let Some(reason) = warnings.reason(&value) {
            return Err(bad(&field("value"), format!("it can be no indicator: {reason}")));
        }
        let note = Note {
            reference: self.reference,
            label: self.label,
            confidence: self.confidence,
            tlp: self.tlp.map(Into::into),
            expires: self.expires.map(|ms| ms.div_euclid(1_000)),
            ..Note::default()
        };
        Ok(Indicator { value, note })
    }
}
