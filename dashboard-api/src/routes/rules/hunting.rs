//! A rule on what has happened: the last hour at once, longer as a job.

use super::trying::{blocking, others};
use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::jobs::{Order, Progress};
use crate::params::{LongJson, NoParams, Query, TimeMs, in_order};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::routes::jobs::{JobView, accepted};
use crate::rulebook::hunting::{Hunt, Hunter, Raised};
use crate::rulebook::set::{self, File};
use crate::rulebook::sheet::{self, Kind, Sheet};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use query::Range;
use serde_json::{Value, json};
use std::sync::Arc;

/// How far back a look goes that is answered at once.
const LOOK_MS: i64 = 3_600_000;
/// How many events such a look asks.
const LOOK_EVENTS_MAX: u64 = 20_000;
/// The longest range of a backtest: a quarter, as reports are made.
const RANGE_MS_MAX: i64 = 92 * 24 * 3_600_000;
/// The name of a text that has no file.
const NAME: &str = "rule.yml";

/// A rule under way.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MatchBody {
    /// The rule: Sigma, YAML.
    #[schema(max_length = 262_144)]
    text: String,
}

/// A rule and a range of time.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BacktestBody {
    /// The rule or exception: Sigma, YAML.
    #[schema(max_length = 262_144)]
    text: String,
    /// From this time on, in ms.
    #[schema(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: TimeMs,
    /// Before this time, in ms; at most 92 days after `from`.
    #[schema(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: TimeMs,
}

/// What would this rule have raised within the last hour
///
/// By the detector's own engine, in the caller's agencies, with the exceptions in force; at most
/// 20,000 events are asked.
#[utoipa::path(post, path = "/rules:matches", tag = "rules", request_body = MatchBody,
    responses((status = 200, description = "What it raises.", body = Raised)))]
pub(crate) async fn matches(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    LongJson(body): LongJson<MatchBody>,
) -> Answer<Json<Raised>> {
    caller.scope(Permission::ReadRules)?;
    let scope = caller.scope(Permission::ReadEvents)?;
    let (sheet, files) = tried(&app, body.text).await?;
    if sheet.kind == Kind::Exception {
        let detail = "an exception raises nothing: see what it would hide with :preview";
        return Err(Problem::new(Code::RuleInvalid, detail).with(json!({"errors": [detail]})));
    }
    let now_ms = app.clock.now_ms();
    let range = Range { from_ms: now_ms - LOOK_MS, to_ms: now_ms };
    let hunt = Hunt { files, own: sheet.ids, scope, range, events_max: Some(LOOK_EVENTS_MAX) };
    let hunter = hunter(&app);
    let raised = blocking(move || hunter.run(hunt, &Progress::default())).await?;
    let raised = raised.map_err(cannot)?;
    let detail = json!({"rule": sheet.id, "rows": raised.read});
    app.accounts.audit(caller.entry(Action::RuleHunt, &sheet.id, detail)).await?;
    Ok(Json(raised))
}

/// What would this rule have raised
///
/// A job, whose result is as `/rules:matches` gives it. Of an exception: what the rules that it
/// names would have raised, and `hidden`, how many of these alerts it takes away.
#[utoipa::path(post, path = "/rules:backtest", tag = "rules", request_body = BacktestBody,
    responses((status = 202, description = "Begun: look at the job.", body = JobView,
        headers(("location" = String, description = "The job.")))))]
pub(crate) async fn backtest(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    LongJson(body): LongJson<BacktestBody>,
) -> Answer<Response> {
    caller.scope(Permission::ReadRules)?;
    let scope = caller.scope(Permission::ReadEvents)?;
    in_order(Some(body.from), Some(body.to))?;
    if body.to.0 - body.from.0 > RANGE_MS_MAX {
        return Err(Problem::parameter(Code::RangeTooLong, "to", "at most 92 days"));
    }
    let text = body.text.clone();
    let (sheet, files) = tried(&app, body.text).await?;
    let range = Range { from_ms: body.from.0, to_ms: body.to.0 };
    let asked =
        json!({"rule": sheet.id, "title": sheet.title, "from": body.from.0, "to": body.to.0});
    app.accounts.audit(caller.entry(Action::RuleHunt, &sheet.id, asked.clone())).await?;
    let order = Order {
        kind: "backtest",
        owner: caller.user.name.clone(),
        agencies: caller.user.grants.allow(Permission::ReadEvents),
        asked,
    };
    let hunter = hunter(&app);
    let job = app.jobs.begin(order, move |progress| {
        let is_exception = sheet.kind == Kind::Exception;
        let own = if is_exception { Vec::new() } else { sheet.ids };
        let hunt = Hunt { files, own, scope, range, events_max: None };
        if !is_exception {
            return hunter.run(hunt, progress).map(|raised| json!(raised));
        }
        let without = hunter.run(hunt.clone(), progress)?;
        let mut files = hunt.files.clone();
        files.push((NAME.to_owned(), text));
        let with = hunter.run(Hunt { files, ..hunt }, progress)?;
        let mut result = json!(without);
        result["hidden"] = json!(without.alerts.saturating_sub(with.alerts));
        Ok::<Value, String>(result)
    });
    accepted(job.await?)
}

pub(crate) fn hunter(app: &App) -> Hunter {
    Hunter {
        store: app.store.clone(),
        bench: Arc::clone(&app.bench),
        tables: Arc::clone(&app.rulebook.tables),
        placeholders: Arc::clone(&app.rulebook.placeholders),
    }
}

/// What a text says, and the files that it is tried with: of a rule itself, what it counts and the
/// exceptions in force; of an exception the rules that it is for.
async fn tried(app: &App, text: String) -> Answer<(Sheet, Vec<File>)> {
    let sheet = sheet::read(NAME, &text, &app.rulebook.placeholders).map_err(|errors| {
        let detail = errors.first().cloned().unwrap_or_default();
        Problem::new(Code::RuleInvalid, detail).with(json!({"errors": errors}))
    })?;
    let mut files = others(app, &text).await?;
    if sheet.kind != Kind::Exception {
        files.push((NAME.to_owned(), text));
        let ids = [sheet.ids.clone(), sheet.known_as.clone()].concat();
        files.extend(app.rulebook.read(move |c| set::exceptions(c, &ids)).await?);
    } else if sheet.exception.as_ref().is_some_and(|exception| exception.any) {
        files = app.rulebook.read(set::rules).await?;
    }
    Ok((sheet, files))
}

fn cannot(why: String) -> Box<Problem> {
    tracing::warn!(why, "a rule could not be tried on history");
    let detail = "ClickHouse is away or overloaded; nothing was lost, try again";
    Problem::new(Code::StoreUnavailable, detail).retry_after(5)
}
