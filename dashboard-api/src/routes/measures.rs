//! How the desk is doing: how fast alerts are taken and closed, who does what, which rules are noise.

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Query, TimeMs, in_order};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use axum::Json;
use axum::extract::State;
use query::Range;
use serde_json::json;

const DAY_MS: i64 = 24 * 3_600_000;
/// The longest time that is measured at once.
const RANGE_MS_MAX: i64 = 400 * DAY_MS;
/// A ratio of fewer verdicts than this says nothing.
const SAMPLE_MIN: u64 = 5;

/// Within which time.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RangeParams {
    /// Of alerts that arrived from this time on, in ms.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: TimeMs,
    /// Before this time, in ms; at most 400 days after `from`.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: TimeMs,
}

/// How long something took. Times in ms.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Span {
    /// How many alerts it happened to.
    alerts: u64,
    mean_ms: i64,
    median_ms: i64,
    /// Nine of ten took less.
    p90_ms: i64,
}

/// The alerts of an agency, or of a day.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Pace {
    /// The agency; of days none.
    agency: Option<String>,
    /// The begin of the day, midnight in Dhaka; of agencies none.
    day: Option<i64>,
    alerts: u64,
    /// From arrival until somebody took it (MTTA).
    acknowledged: Span,
    /// From arrival until it was closed for good (MTTR).
    closed: Span,
}

/// What one analyst did.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Load {
    user: String,
    /// Different alerts.
    alerts: u64,
    /// Changes and comments.
    steps: u64,
    closed: u64,
    comments: u64,
}

/// A rule's alerts.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RuleNoise {
    rule_id: String,
    title: String,
    /// Empty where it has none.
    title_bn: String,
    alerts: u64,
    /// Events that they stand for.
    events: u64,
    true_positives: u64,
    false_positives: u64,
    benign: u64,
    duplicates: u64,
    /// Nobody could find out.
    insufficient_data: u64,
    /// False positives of those that are true or false positives or benign; none of fewer than five.
    false_positive_ratio: Option<f64>,
}

/// The figures.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Measures {
    agencies: Vec<Pace>,
    /// Days without alerts are left out.
    days: Vec<Pace>,
    analysts: Vec<Load>,
    /// The most alerts first, at most 200.
    rules: Vec<RuleNoise>,
    /// How many verdicts a ratio takes at least.
    sample_min: u64,
}

/// How the desk is doing
///
/// From the history of alerts, which nobody can rewrite.
#[utoipa::path(get, path = "/measures", tag = "measures", params(RangeParams),
    responses((status = 200, description = "The figures.", body = Measures)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<RangeParams>,
) -> Answer<Json<Measures>> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    in_order(Some(params.from), Some(params.to))?;
    let range = Range { from_ms: params.from.0, to_ms: params.to.0 };
    if range.to_ms - range.from_ms > RANGE_MS_MAX {
        return Err(Problem::new(Code::RangeTooLong, "at most 400 days at once")
            .with(json!({"parameter": "to", "range_ms_max": RANGE_MS_MAX})));
    }
    let found = app.store.measures(&scope, range).await?;
    let detail = json!({"from": range.from_ms, "to": range.to_ms});
    app.accounts.audit(caller.entry(Action::MeasuresRead, "", detail)).await?;
    Ok(Json(Measures {
        agencies: found
            .agencies
            .into_iter()
            .map(|pace| Pace { agency: Some(pace.of.clone()), ..Pace::from(pace) })
            .collect(),
        days: found
            .days
            .into_iter()
            .map(|pace| Pace { day: pace.of.parse().ok(), ..Pace::from(pace) })
            .collect(),
        analysts: found.analysts.into_iter().map(Load::from).collect(),
        rules: found.rules.into_iter().map(RuleNoise::from).collect(),
        sample_min: SAMPLE_MIN,
    }))
}

impl From<store::Span> for Span {
    fn from(span: store::Span) -> Self {
        let whole = |ms: f64| ms.round() as i64;
        Self {
            alerts: span.alerts,
            mean_ms: whole(span.mean_ms),
            median_ms: whole(span.median_ms),
            p90_ms: whole(span.p90_ms),
        }
    }
}

impl From<store::Pace> for Pace {
    fn from(pace: store::Pace) -> Self {
        Self {
            agency: None,
            day: None,
            alerts: pace.alerts,
            acknowledged: pace.acknowledged.into(),
            closed: pace.closed.into(),
        }
    }
}

impl From<store::Load> for Load {
    fn from(load: store::Load) -> Self {
        Self {
            user: load.actor,
            alerts: load.alerts,
            steps: load.steps,
            closed: load.closed,
            comments: load.comments,
        }
    }
}

impl From<store::RuleRecord> for RuleNoise {
    fn from(rule: store::RuleRecord) -> Self {
        let judged = rule.true_positives + rule.false_positives + rule.benign;
        let ratio = (judged >= SAMPLE_MIN).then(|| rule.false_positives as f64 / judged as f64);
        Self {
            rule_id: rule.rule_id,
            title: rule.title,
            title_bn: rule.title_bn,
            alerts: rule.alerts,
            events: rule.events,
            true_positives: rule.true_positives,
            false_positives: rule.false_positives,
            benign: rule.benign,
            duplicates: rule.duplicates,
            insufficient_data: rule.insufficient_data,
            false_positive_ratio: ratio,
        }
    }
}
