//! Cases: the list, one whole case, opening one, its history.

mod change;
mod evidence;
mod parts;

pub(crate) use change::{
    __path_change, __path_comment, __path_merge, __path_share, __path_split, change, comment,
    merge, share, split,
};
pub(crate) use evidence::{
    __path_content, __path_freeze, __path_get as __path_evidence, __path_upload, attachment,
    content, freeze, get as evidence, upload,
};
pub(crate) use parts::{
    __path_add_task, __path_alerts, __path_change_task, add_task, alerts, change_task,
};

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, Json, NoParams, Query, Text, TimeMs, page_limit};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::work::case::{
    AlertLink, Behind, Case, CaseState, Filter, History, NewCase, Refusal, Summary, Tlp,
};
use crate::written::{check_assignee, etag, line_of, text_of};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Agency;
use serde_json::json;
use std::collections::BTreeSet;

/// Longest title of a case or a task, in characters.
const TITLE_MAX: usize = 200;
/// Longest summary, in characters: a body's bytes in Bangla.
const SUMMARY_MAX: usize = 10_000;
/// Alerts that one request adds or takes out.
const ALERTS_AT_ONCE_MAX: usize = 200;
/// What a case has unless somebody says otherwise: medium.
const SEVERITY: u8 = 3;

/// States, comma-separated: `open,in_progress`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct States(Vec<CaseState>);

impl TryFrom<String> for States {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let state = |name: &str| {
            let known = CaseState::ALL.iter().find(|state| state.as_str() == name);
            known.copied().ok_or("states are open, in_progress and closed, comma-separated")
        };
        text.split(',').map(state).collect::<Result<_, _>>().map(Self)
    }
}

/// Which cases, and which page of them.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// In one of these states, comma-separated.
    #[param(value_type = Option<Vec<CaseState>>, style = Form, explode = false)]
    state: Option<States>,
    /// At least this severity, 1 (informational) to 6.
    #[param(minimum = 1, maximum = 6)]
    severity_min: Option<u8>,
    /// Of this agency.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
    agency: Option<Agency>,
    /// Assigned to this user, to `me`, or to `none`.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    assignee: Option<Text>,
    /// That hold this alert.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    alert: Option<Text>,
    /// Whose id, title or summary holds this.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    q: Option<Text>,
    /// Changed from this time on, in ms.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    updated_since: Option<TimeMs>,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(value_type = Option<String>, pattern = r"^[0-9]{1,15}\.[0-9A-Za-z_.:-]{1,128}$")]
    cursor: Option<Text>,
}

/// A page of cases, the last changed first.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct CasePage {
    items: Vec<Summary>,
    /// Where the next page begins; none after the last.
    next_cursor: Option<String>,
    /// When the page was read.
    as_of: i64,
}

/// A case to be opened.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCaseBody {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    #[serde(default)]
    #[schema(max_length = 10_000)]
    summary: String,
    /// Whose it is; of the first alert's agency unless given.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
    agency: Option<Agency>,
    /// OCSF, 1 to 6; the highest of its alerts unless given.
    #[schema(minimum = 1, maximum = 6)]
    severity_id: Option<u8>,
    /// Amber unless given.
    tlp: Option<Tlp>,
    assignee: Option<String>,
    /// Ids of alerts, at most 200.
    #[serde(default)]
    #[schema(max_items = 200)]
    alerts: BTreeSet<String>,
}

/// Cases
///
/// Those of the caller's agencies, and those shared with one of them; the last changed first.
#[utoipa::path(get, path = "/cases", tag = "cases", params(ListParams),
    responses((status = 200, description = "A page.", body = CasePage)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Answer<axum::Json<CasePage>> {
    let reach = caller.reach()?;
    let limit = page_limit(params.limit)?;
    let behind = params.cursor.as_ref().map(behind).transpose()?;
    let (filter, as_of) = (params.filter(&caller.user.name)?, app.clock.now_ms());
    let mut items = app.work.cases(&reach, filter, behind, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let last = items.last().filter(|_| more);
    let next_cursor = last.map(|case| format!("{}.{}", case.updated, case.id));
    Ok(axum::Json(CasePage { items, next_cursor, as_of }))
}

impl ListParams {
    fn filter(self, me: &str) -> Answer<Filter> {
        severity_in_range("severity_min", self.severity_min)?;
        let text = |text: Option<Text>| text.map(|text| text.0);
        let assignee = text(self.assignee).map(|assignee| match assignee.as_str() {
            "me" => me.to_owned(),
            "none" => String::new(),
            _ => assignee,
        });
        Ok(Filter {
            states: self.state.map(|states| states.0).unwrap_or_default(),
            severity_min: self.severity_min,
            agency: self.agency.map(|agency| agency.to_string()),
            assignee,
            alert: text(self.alert),
            text: text(self.q),
            updated_since: self.updated_since.map(|since| since.0),
        })
    }
}

fn behind(cursor: &Text) -> Answer<Behind> {
    let parts = cursor.0.split_once('.').and_then(|(time, id)| {
        let updated_ms = time.parse().ok()?;
        Some(Behind { updated_ms, id: id.to_owned() })
    });
    parts.ok_or_else(|| {
        Problem::parameter(Code::InvalidCursor, "cursor", "begin again without a cursor")
    })
}

/// Open a case
///
/// With alerts or without. Whose it is decides who may change it.
#[utoipa::path(post, path = "/cases", tag = "cases", request_body = NewCaseBody,
    responses((status = 201, description = "Opened.", body = Case,
        headers(("etag" = String, description = "The version, quoted.")))))]
pub(crate) async fn open(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<NewCaseBody>,
) -> Answer<Response> {
    let reach = caller.reach()?;
    line_of("title", &body.title, TITLE_MAX)?;
    text_of("summary", &body.summary, SUMMARY_MAX)?;
    severity_in_range("severity_id", body.severity_id)?;
    let alerts = alerts_of(&app, &caller, &body.alerts).await?;
    let own = alerts.iter().map(|alert| &alert.agency).find(|agency| reach.works.contains(agency));
    let Some(agency) = body.agency.map(|agency| agency.to_string()).or(own.cloned()) else {
        return Err(crate::written::bad("agency", "say whose case it is, or give it an alert"));
    };
    caller.scope_in(Permission::ManageCases, &agency)?;
    let assignee = body.assignee.unwrap_or_default();
    if !assignee.is_empty() {
        check_assignee(&app, &[&agency], &assignee).await?;
    }
    let highest = alerts.iter().map(|alert| alert.severity_id).max();
    let severity_id = body.severity_id.or(highest).unwrap_or(SEVERITY).clamp(1, 6);
    let detail = json!({"agency": agency, "alerts": body.alerts});
    app.accounts.audit(caller.entry(Action::CaseOpen, "", detail)).await?;
    let new = NewCase {
        agency,
        title: body.title.trim().to_owned(),
        summary: body.summary,
        severity_id,
        tlp: body.tlp.unwrap_or(Tlp::Amber),
        assignee,
        alerts,
    };
    let case = app.work.open_case(&reach, new).await?.map_err(refused)?;
    Ok((StatusCode::CREATED, whole(case)).into_response())
}

/// One case
///
/// With its alerts, tasks and evidence, as far as the caller reads their agencies. Its version is
/// the ETag.
#[utoipa::path(get, path = "/cases/{case}", tag = "cases",
    params(("case" = String, Path, description = "The case.")),
    responses((status = 200, description = "The case.", body = Case,
        headers(("etag" = String, description = "The version, quoted.")))))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Response> {
    let reach = caller.reach()?;
    let case = app.work.case(&reach, &id).await?.ok_or_else(no_case)?;
    app.accounts.audit(caller.entry(Action::CaseRead, &id, json!({}))).await?;
    Ok(whole(case))
}

/// What was done to a case
///
/// Every step, oldest first, each with the hash that holds it and all before it fast.
#[utoipa::path(get, path = "/cases/{case}/history", tag = "cases",
    params(("case" = String, Path, description = "The case.")),
    responses((status = 200, description = "The history.", body = History)))]
pub(crate) async fn history(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<History>> {
    let reach = caller.reach()?;
    let history = app.work.case_history(&reach, &id).await?.ok_or_else(no_case)?;
    Ok(axum::Json(history))
}

/// The alerts of these ids as a case keeps them; all of them, or none.
async fn alerts_of(app: &App, caller: &Caller, ids: &BTreeSet<String>) -> Answer<Vec<AlertLink>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    if ids.len() > ALERTS_AT_ONCE_MAX {
        let detail = format!("at most {ALERTS_AT_ONCE_MAX} alerts at a time");
        return Err(crate::written::bad("alerts", detail));
    }
    let scope = caller.scope(Permission::ReadAlerts)?;
    let found = app.store.alerts_of(&scope, ids.iter().cloned().collect()).await?;
    if let Some(id) = ids.iter().find(|id| found.iter().all(|alert| alert.id != **id)) {
        let detail = "there is no such alert in your agencies";
        return Err(Problem::new(Code::NotFound, detail).with(json!({"alert": id})));
    }
    Ok(found.into_iter().map(link).collect())
}

fn link(alert: store::AlertSummary) -> AlertLink {
    AlertLink {
        id: alert.id,
        agency: alert.agency,
        title: alert.title,
        title_bn: (!alert.title_bn.is_empty()).then_some(alert.title_bn),
        rule_id: alert.rule_id,
        host: alert.host,
        severity_id: alert.severity_id,
        time: alert.time,
        added: 0,
        added_by: String::new(),
    }
}

fn severity_in_range(name: &str, severity: Option<u8>) -> Answer<()> {
    match severity {
        Some(severity) if !(1..=6).contains(&severity) => {
            let detail = format!("{name} is 1 to 6");
            Err(Problem::parameter(Code::InvalidParameter, name, detail))
        }
        _ => Ok(()),
    }
}

fn no_case() -> Box<Problem> {
    Problem::new(Code::NotFound, "there is no such case in your agencies")
}

/// A case with its version as ETag.
fn whole(case: Case) -> Response {
    ([(header::ETAG, etag(case.version))], axum::Json(case)).into_response()
}

fn refused(refusal: Refusal) -> Box<Problem> {
    match refusal {
        Refusal::NotFound => no_case(),
        Refusal::Conflict(current) => {
            let detail = "somebody changed the case since; look at params.current";
            Problem::new(Code::VersionConflict, detail).with(json!({"current": current}))
        }
        Refusal::Forbidden => {
            Problem::new(Code::Forbidden, "only analysts of the case's agency may do this")
        }
        Refusal::Merged(into) => {
            let detail = "it went into another case: work on that one";
            Problem::new(Code::CaseMerged, detail).with(json!({"case": into}))
        }
        Refusal::ResolutionRequired => Problem::new(Code::ReasonRequired, "say how it ended")
            .with(json!({"field": "resolution"})),
        Refusal::Tlp(tlp) => {
            let detail = "a case under this TLP is not shared with other agencies";
            Problem::new(Code::TlpForbids, detail).with(json!({"tlp": tlp}))
        }
        Refusal::TooMany { what, max } => {
            let detail = format!("a case holds at most {max} of these");
            Problem::new(Code::TooMany, detail).with(json!({"what": what, "max": max}))
        }
        Refusal::Itself => Problem::new(Code::InvalidBody, "a case cannot go into itself")
            .with(json!({"field": "into"})),
        Refusal::NotInCase { what, id } => {
            Problem::new(Code::InvalidBody, "the case has no such part")
                .with(json!({"field": what, "id": id}))
        }
    }
}
