//! What an exception would have hidden, before it hides anything.

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{LongJson, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::routes::rules::blocking;
use crate::rulebook::set;
use crate::rulebook::sheet::{self, Kind};
use crate::views::alert::{State as AlertState, Verdict};
use axum::Json;
use axum::extract::State;
use detect::{Engine, Session};
use mapping::Tables;
use serde_json::{Value, json};
use sigma::{Document, Filter, Placeholders};
use std::sync::Arc;
use store::RuleFinding;

/// How far back alerts are looked at unless asked otherwise.
const DAYS: u32 = 30;
const DAY_MS: i64 = 24 * 3_600_000;
/// How many alerts are looked at, the newest first.
const ALERTS_MAX: u32 = 5_000;
/// How many of those that would be hidden are shown.
const SHOWN_MAX: usize = 50;
/// The name of a text that has no file.
const NAME: &str = "exception.yml";

/// An exception under way.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewBody {
    /// The exception: a Sigma Filter, YAML.
    #[schema(max_length = 262_144)]
    text: String,
    /// How many days back; 30 unless given.
    #[schema(minimum = 1, maximum = 366)]
    days: Option<u32>,
}

/// What an exception would have hidden.
#[derive(Debug, Default, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Preview {
    /// Alerts of the rules that it is for, which were looked at.
    looked: usize,
    /// Whether there were more than could be looked at.
    truncated: bool,
    /// Alerts that would not have been raised.
    hidden: usize,
    /// Alerts of several events, some of which would not have counted.
    partly: usize,
    /// Of both, those that were closed as true positives: an attack would have gone unseen.
    true_positives: usize,
    /// Those of both, true positives first.
    items: Vec<HiddenAlert>,
}

/// An alert that would be hidden.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct HiddenAlert {
    id: String,
    title: String,
    agency: String,
    host: String,
    /// When it was raised, in ms.
    created: i64,
    state: AlertState,
    verdict: Option<Verdict>,
    /// All of its events are left out, not only some.
    whole: bool,
}

/// What would this exception have hidden
///
/// Of the alerts that the rules it names have raised in the caller's agencies. Its end is left aside.
#[utoipa::path(post, path = "/exceptions:preview", tag = "rules", request_body = PreviewBody,
    responses((status = 200, description = "What it hides.", body = Preview)))]
pub(crate) async fn preview(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    LongJson(body): LongJson<PreviewBody>,
) -> Answer<Json<Preview>> {
    caller.scope(Permission::ReadRules)?;
    let scope = caller.scope(Permission::ReadAlerts)?;
    let days = body.days.unwrap_or(DAYS);
    if !(1..=366).contains(&days) {
        let detail = "days is 1 to 366";
        return Err(Problem::new(Code::InvalidBody, detail).with(json!({"field": "days"})));
    }
    let placeholders = Arc::clone(&app.rulebook.placeholders);
    let (filter, needs) = filter(&body.text, &placeholders)?;
    let rules = app.rulebook.read(move |c| set::targets(c, &needs)).await?;
    let since = app.clock.now_ms() - i64::from(days) * DAY_MS;
    let found = app.store.rule_findings(&scope, &rules, since, ALERTS_MAX + 1).await?;
    let detail = json!({"asked": filter.uid(), "rows": found.len()});
    app.accounts.audit(caller.entry(Action::ExceptionPreview, filter.uid(), detail)).await?;
    let tables = Arc::clone(&app.rulebook.tables);
    let preview = blocking(move || hide(&filter, found, tables)).await?;
    Ok(Json(preview.map_err(|why| Problem::new(Code::RuleInvalid, why))?))
}

/// The filter that a text is, and the rules that it names; none: any.
fn filter(text: &str, placeholders: &Placeholders) -> Answer<(Filter, Vec<String>)> {
    let invalid = |errors: Vec<String>| {
        let detail = errors.first().cloned().unwrap_or_default();
        Problem::new(Code::RuleInvalid, detail).with(json!({"errors": errors}))
    };
    let sheet = sheet::read(NAME, text, placeholders).map_err(invalid)?;
    let documents = sigma::parse(NAME, text, placeholders).documents;
    let found = documents.into_iter().find_map(|document| match document {
        Document::Filter(filter) => Some(*filter),
        _ => None,
    });
    match found.filter(|_| sheet.kind == Kind::Exception) {
        Some(filter) => Ok((filter, sheet.needs)),
        None => Err(invalid(vec!["this is a rule and no filter".to_owned()])),
    }
}

/// Asks the filter about the events of each alert.
fn hide(filter: &Filter, found: Vec<RuleFinding>, tables: Arc<Tables>) -> Result<Preview, String> {
    let engine = Engine::new(vec![filter.left_out()], tables).map_err(|e| e.to_string())?;
    let mut session = Session::new(Arc::new(engine));
    let truncated = found.len() > ALERTS_MAX as usize;
    let mut preview = Preview { truncated, ..Preview::default() };
    for alert in found.into_iter().take(ALERTS_MAX as usize) {
        preview.looked += 1;
        if !filter.agencies.is_empty() && !filter.agencies.contains(&alert.agency) {
            continue;
        }
        let finding: Value = serde_json::from_str(&alert.finding).unwrap_or_default();
        let events = finding["evidences"].as_array().map_or(&[][..], Vec::as_slice);
        let mut met = 0;
        for event in events {
            let text = event["data"].to_string();
            met += usize::from(session.matches(text.as_bytes()).is_ok_and(|m| !m.is_empty()));
        }
        if met == 0 {
            continue;
        }
        let whole = met == events.len();
        preview.hidden += usize::from(whole);
        preview.partly += usize::from(!whole);
        preview.true_positives += usize::from(alert.verdict == Some(store::Verdict::TruePositive));
        preview.items.push(HiddenAlert {
            id: alert.id,
            title: alert.title,
            agency: alert.agency,
            host: alert.host,
            created: alert.created,
            state: alert.state.into(),
            verdict: alert.verdict.map(Into::into),
            whole,
        });
    }
    preview.items.sort_by_key(|item| item.verdict != Some(Verdict::TruePositive));
    preview.items.truncate(SHOWN_MAX);
    Ok(preview)
}
