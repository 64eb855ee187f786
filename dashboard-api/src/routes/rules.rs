//! Rules and exceptions: how they stand, what they say, what became of them.

mod change;
mod hunting;
mod trying;

pub(crate) use change::{
    __path_approve, __path_create, __path_reject, __path_save, __path_ship, approve, create,
    reject, save, ship,
};
pub(crate) use hunting::{__path_backtest, __path_matches, backtest, matches};
pub(crate) use trying::{__path_lint, __path_test, blocking, lint, test};

use crate::App;
use crate::caller::Caller;
use crate::params::{Id, IdAndNumber, NoParams, Query, Text, page_limit};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::rulebook::sheet::Kind;
use crate::rulebook::shelf::{self, Standing};
use crate::rulebook::stage::Stage;
use crate::views::rule::{RuleDetail, RulePage, RuleStats, RuleSummary, RuleVersion, VersionHead};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use store::RuleCounts;

/// How far back a rule's alerts are counted: what a month of analysts thought of it.
const STATS_MS: i64 = 30 * 24 * 3_600_000;

/// Which rules, and which page of them.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Of this kind.
    kind: Option<KindParam>,
    /// In this stage.
    stage: Option<StageParam>,
    /// Of this level.
    level: Option<LevelParam>,
    /// With these words in title, id, log source or tags.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    q: Option<Text>,
    /// In which order.
    order: Option<Order>,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before: the id of its last rule.
    #[param(value_type = Option<String>, min_length = 1, max_length = 128)]
    cursor: Option<Text>,
}

/// Rules, or exceptions to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindParam {
    /// Rules and correlations.
    Rule,
    /// Sigma Filters.
    Exception,
}

macro_rules! params {
    ($name:ident, $doc:literal: $($value:ident = $text:literal),+) => {
        #[doc = $doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name { $(#[doc = $text] $value,)+ }

        impl $name {
            fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text,)+ }
            }
        }
    };
}
params!(StageParam, "How far a rule has come.":
    Draft = "draft", Shadow = "shadow", Canary = "canary", Active = "active", Retired = "retired");
params!(LevelParam, "How bad it is if it matches.":
    Informational = "informational", Low = "low", Medium = "medium", High = "high",
    Critical = "critical");

/// In which order rules are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleOrder)]
pub(crate) enum Order {
    /// By title.
    #[default]
    Title,
    /// Those that raised most alerts first.
    Alerts,
    /// Those that were wrong most often first.
    FalsePositives,
    /// Those that fired last first.
    Last,
    /// Those that end first: exceptions.
    Expires,
}

/// Rules and exceptions
///
/// With what their alerts came to within 30 days in the caller's agencies.
#[utoipa::path(get, path = "/rules", tag = "rules", params(ListParams),
    responses((status = 200, description = "A page.", body = RulePage)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Answer<Json<RulePage>> {
    caller.scope(Permission::ReadRules)?;
    let limit = page_limit(params.limit)? as usize;
    let counts = counts(&app, &caller).await?;
    let all = app.rulebook.all().await?;
    let found = all.iter().filter(|standing| params.finds(standing));
    let mut items: Vec<(&Standing, RuleStats)> =
        found.map(|standing| (standing, stats(standing, &counts))).collect();
    sort(&mut items, params.order.unwrap_or_default());
    let total = items.len();
    if let Some(cursor) = &params.cursor {
        let at = items.iter().position(|(standing, _)| standing.rule == cursor.0);
        let detail = "begin again without a cursor";
        let at = at.ok_or_else(|| Problem::parameter(Code::InvalidCursor, "cursor", detail))?;
        items.drain(..=at);
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| more).map(|(last, _)| last.rule.clone());
    let items =
        items.into_iter().map(|(standing, stats)| RuleSummary::new(standing.clone(), stats, &all));
    Ok(Json(RulePage { items: items.collect(), total, next_cursor }))
}

impl ListParams {
    fn finds(&self, standing: &Standing) -> bool {
        let sheet = &standing.sheet;
        let is_exception = sheet.kind == Kind::Exception;
        let kind = self.kind.is_none_or(|kind| (kind == KindParam::Exception) == is_exception);
        let stage = self.stage.is_none_or(|stage| stage.as_str() == standing.stage.as_str());
        let level = self.level.is_none_or(|level| level.as_str() == sheet.level);
        kind && stage && level && self.q.as_ref().is_none_or(|q| says(standing, &q.0))
    }
}

/// Whether a rule says all of these words.
fn says(standing: &Standing, words: &str) -> bool {
    let sheet = &standing.sheet;
    let text = [&sheet.title, &sheet.title_bn, &standing.rule, &sheet.logsource];
    let text: Vec<&str> = text.into_iter().chain(&sheet.tags).map(String::as_str).collect();
    let text = text.join("\n").to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

fn sort(items: &mut [(&Standing, RuleStats)], order: Order) {
    let title = |standing: &Standing| (standing.sheet.title.to_lowercase(), standing.rule.clone());
    items.sort_by_cached_key(|(standing, _)| title(standing));
    match order {
        Order::Title => {}
        Order::Alerts => items.sort_by_key(|(_, stats)| std::cmp::Reverse(stats.alerts())),
        Order::FalsePositives => {
            items.sort_by_key(|(_, stats)| std::cmp::Reverse(stats.false_positives()));
        }
        Order::Last => items.sort_by_key(|(_, stats)| std::cmp::Reverse(stats.last())),
        Order::Expires => items.sort_by_key(|(standing, _)| {
            let exception = standing.sheet.exception.as_ref();
            exception.and_then(|exception| exception.expires_ms).unwrap_or(i64::MAX)
        }),
    }
}

/// What came of alerts by rule id, where the caller may see alerts.
pub(crate) async fn counts(app: &App, caller: &Caller) -> Answer<HashMap<String, RuleCounts>> {
    let Ok(scope) = caller.scope(Permission::ReadAlerts) else { return Ok(HashMap::new()) };
    let since = app.clock.now_ms() - STATS_MS;
    Ok(app.store.rule_counts(&scope, since).await?.into_iter().collect())
}

/// What came of the alerts of a rule's documents.
pub(crate) fn stats(standing: &Standing, counts: &HashMap<String, RuleCounts>) -> RuleStats {
    let mut stats = RuleStats::default();
    standing.sheet.ids.iter().filter_map(|id| counts.get(id)).for_each(|own| stats.add(own));
    stats
}

/// One rule
///
/// With its newest text, every version and what was done. Any id of its file's documents will do.
/// Its revision is the ETag.
#[utoipa::path(get, path = "/rules/{id}", tag = "rules",
    params(("id" = String, Path, description = "The rule.")),
    responses((status = 200, description = "The rule.", body = RuleDetail,
        headers(("etag" = String, description = "The revision, quoted.")))))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Response> {
    caller.scope(Permission::ReadRules)?;
    let standing = app.rulebook.get(&id).await?.ok_or_else(no_rule)?;
    detail(&app, &caller, standing).await
}

/// The whole of a rule as an answer.
pub(crate) async fn detail(app: &App, caller: &Caller, standing: Standing) -> Answer<Response> {
    let rule = standing.rule.clone();
    let read = move |connection: &rusqlite::Connection| {
        Ok((shelf::versions(connection, &rule)?, shelf::steps(connection, &rule)?))
    };
    let (mut versions, history) = app.rulebook.read(read).await?;
    let heads = versions.iter().map(VersionHead::from).collect();
    if versions.is_empty() {
        return Err(no_rule());
    }
    let content = RuleVersion::from(versions.swap_remove(0));
    let stats = stats(&standing, &counts(app, caller).await?);
    let etag = format!("\"{}\"", standing.revision);
    let etag = HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"0\""));
    let proposal = standing.proposal.clone();
    let is_exception = standing.sheet.kind == Kind::Exception;
    let all = if is_exception { app.rulebook.all().await? } else { Vec::new() };
    let summary = RuleSummary::new(standing, stats, &all);
    let detail = RuleDetail { summary, content, proposal, versions: heads, history };
    Ok(([(header::ETAG, etag)], Json(detail)).into_response())
}

/// One text of a rule
#[utoipa::path(get, path = "/rules/{id}/versions/{version}", tag = "rules",
    params(("id" = String, Path, description = "The rule."),
        ("version" = u32, Path, description = "The version, from 1.")),
    responses((status = 200, description = "The text.", body = RuleVersion)))]
pub(crate) async fn version(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    IdAndNumber(id, version): IdAndNumber,
) -> Answer<Json<RuleVersion>> {
    caller.scope(Permission::ReadRules)?;
    let standing = app.rulebook.get(&id).await?.ok_or_else(no_rule)?;
    let read = move |c: &rusqlite::Connection| shelf::version(c, &standing.rule, version);
    Ok(Json(app.rulebook.read(read).await?.ok_or_else(no_rule)?.into()))
}

/// The set that detectors have.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RulesetView {
    /// The set that was published last; every alert names its version.
    published: Option<crate::rulebook::Published>,
    /// How many rules and exceptions are in each stage.
    stages: HashMap<&'static str, usize>,
    /// How many wait for approval.
    waiting: usize,
    /// Files of the folders that could not be taken in, and why.
    problems: Vec<String>,
}

/// The set in force
///
/// Which set of rules detectors were given last, and what of the folders could not be taken in.
#[utoipa::path(get, path = "/ruleset", tag = "rules",
    responses((status = 200, description = "The set.", body = RulesetView)))]
pub(crate) async fn ruleset(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<RulesetView>> {
    caller.scope(Permission::ReadRules)?;
    let all = app.rulebook.all().await?;
    let mut stages: HashMap<&'static str, usize> =
        Stage::ALL.iter().map(|stage| (stage.as_str(), 0)).collect();
    for standing in &all {
        *stages.entry(standing.stage.as_str()).or_default() += 1;
    }
    let waiting = all.iter().filter(|standing| standing.proposal.is_some()).count();
    let (published, problems) = (app.rulebook.published(), app.rulebook.told());
    Ok(Json(RulesetView { published, stages, waiting, problems }))
}

pub(crate) fn no_rule() -> Box<Problem> {
    Problem::new(Code::NotFound, "there is no such rule, or no such version of it")
}
