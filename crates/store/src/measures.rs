//! How fast alerts are taken and closed, by whom, and which rules are noise: from the immutable history.

use crate::select::Select;
use crate::{Error, Scope, Store};
use clickhouse::Row;
use model::day::{DAY_MS, OFFSET_MS};
use query::Range;
use serde::{Deserialize, Serialize};

/// Rules of one answer: the noisiest.
const RULES_MAX: u32 = 200;

/// How long something took, over the alerts to which it happened. Times in ms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// How many alerts it happened to.
    pub alerts: u64,
    /// On average.
    pub mean_ms: f64,
    /// Half of them took less.
    pub median_ms: f64,
    /// Nine of ten took less.
    pub p90_ms: f64,
}

/// An agency's, or a day's, alerts that arrived within a time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pace {
    /// The agency; of days the begin of the day (in Dhaka), in ms, as text.
    pub of: String,
    /// How many arrived.
    pub alerts: u64,
    /// From arrival until somebody took it out of `new`.
    pub acknowledged: Span,
    /// From arrival until it was closed for good.
    pub closed: Span,
}

/// What one analyst did within a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Row)]
pub struct Load {
    /// The user.
    pub actor: String,
    /// Different alerts.
    pub alerts: u64,
    /// Steps of histories.
    pub steps: u64,
    /// Closings.
    pub closed: u64,
    /// Comments.
    pub comments: u64,
}

/// A rule's alerts that arrived within a time, and what they turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Row)]
pub struct RuleRecord {
    /// The rule.
    pub rule_id: String,
    /// Its title.
    pub title: String,
    /// Its title in Bangla; empty where it has none.
    pub title_bn: String,
    /// How many arrived.
    pub alerts: u64,
    /// Events that they stand for.
    pub events: u64,
    /// Closed as an attack or breach.
    pub true_positives: u64,
    /// Closed as the rule's mistake.
    pub false_positives: u64,
    /// Closed as allowed.
    pub benign: u64,
    /// Closed as told already.
    pub duplicates: u64,
    /// Closed as what nobody could find out.
    pub insufficient_data: u64,
}

/// The figures of a time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measures {
    /// By agency.
    pub agencies: Vec<Pace>,
    /// By day of arrival, of all agencies of the scope.
    pub days: Vec<Pace>,
    /// By analyst, who did most first.
    pub analysts: Vec<Load>,
    /// By rule, the most alerts first.
    pub rules: Vec<RuleRecord>,
}

#[derive(Row, Deserialize)]
struct PaceRow {
    of: String,
    total: u64,
    taken: u64,
    taken_mean: f64,
    taken_median: f64,
    taken_p90: f64,
    done: u64,
    done_mean: f64,
    done_median: f64,
    done_p90: f64,
}

/// Each alert of the conditions with when it was first taken and last closed; 0: not yet.
const TOUCHED: &str = "SELECT a.agency AS agency, a.created_ms AS created_ms, \
        h.taken_ms AS taken_ms, if(a.state = 'closed', h.closed_ms, 0) AS closed_ms \
    FROM (SELECT agency, id, state, toUnixTimestamp64Milli(created) AS created_ms \
        FROM alerts WHERE {where}) AS a \
    LEFT JOIN (SELECT agency, alert_id, \
            minIf(toUnixTimestamp64Milli(at), to_state != 'new') AS taken_ms, \
            maxIf(toUnixTimestamp64Milli(at), to_state = 'closed' AND from_state != 'closed') \
                AS closed_ms \
        FROM alert_history \
        WHERE (agency, alert_id) IN (SELECT agency, id FROM alerts WHERE {where}) \
        GROUP BY agency, alert_id) AS h \
    ON a.agency = h.agency AND a.id = h.alert_id";

const PACE: &str = "count() AS total, countIf(taken_ms > 0) AS taken, \
    ifNotFinite(avgIf(taken_ms - created_ms, taken_ms > 0), 0) AS taken_mean, \
    ifNotFinite(quantileIf(0.5)(taken_ms - created_ms, taken_ms > 0), 0) AS taken_median, \
    ifNotFinite(quantileIf(0.9)(taken_ms - created_ms, taken_ms > 0), 0) AS taken_p90, \
    countIf(closed_ms > 0) AS done, \
    ifNotFinite(avgIf(closed_ms - created_ms, closed_ms > 0), 0) AS done_mean, \
    ifNotFinite(quantileIf(0.5)(closed_ms - created_ms, closed_ms > 0), 0) AS done_median, \
    ifNotFinite(quantileIf(0.9)(closed_ms - created_ms, closed_ms > 0), 0) AS done_p90";

impl Store {
    /// The figures of the alerts that arrived in `range`; of analysts, of what they did in it.
    pub async fn measures(&self, scope: &Scope, range: Range) -> Result<Measures, Error> {
        let arrived = || {
            Select::of(scope, None)
                .and("created >= fromUnixTimestamp64Milli({})", range.from_ms)
                .and("created < fromUnixTimestamp64Milli({})", range.to_ms)
        };
        let pace = |of: &str| {
            format!("SELECT {of} AS of, {PACE} FROM ({TOUCHED}) GROUP BY of ORDER BY of")
        };
        let action = "measure the pace of triage";
        let agencies: Vec<PaceRow> =
            arrived().fetch(self, action, &pace("toString(agency)")).await?;
        let day = format!(
            "toString(intDiv(created_ms + {OFFSET_MS}, {DAY_MS}) * {DAY_MS} - {OFFSET_MS})"
        );
        let days: Vec<PaceRow> = arrived().fetch(self, action, &pace(&day)).await?;
        let analysts = "SELECT toString(actor) AS actor, uniqExact(alert_id) AS alerts, \
             count() AS steps, countIf(to_state = 'closed' AND from_state != 'closed') AS closed, \
             countIf(comment != '') AS comments FROM alert_history WHERE {where} \
             GROUP BY actor ORDER BY steps DESC, actor";
        let analysts = Select::of(scope, None)
            .and("at >= fromUnixTimestamp64Milli({})", range.from_ms)
            .and("at < fromUnixTimestamp64Milli({})", range.to_ms)
            .fetch(self, "measure the load of analysts", analysts)
            .await?;
        let rules = format!(
            "SELECT toString(rule_id) AS rule_id, toString(any(title)) AS title, \
             toString(any(title_bn)) AS title_bn, count() AS alerts, sum(toUInt64(event_count)) AS events, \
             countIf(verdict = 'true_positive') AS true_positives, \
             countIf(verdict = 'false_positive') AS false_positives, \
             countIf(verdict = 'benign') AS benign, countIf(verdict = 'duplicate') AS duplicates, \
             countIf(verdict = 'insufficient_data') AS insufficient_data \
             FROM alerts WHERE {{where}} GROUP BY rule_id ORDER BY alerts DESC, rule_id \
             LIMIT {RULES_MAX}"
        );
        let rules = arrived().fetch(self, "measure the noise of rules", &rules).await?;
        Ok(Measures {
            agencies: agencies.into_iter().map(Pace::from).collect(),
            days: days.into_iter().map(Pace::from).collect(),
            analysts,
            rules,
        })
    }
}

impl From<PaceRow> for Pace {
    fn from(row: PaceRow) -> Self {
        let span = |alerts, mean_ms, median_ms, p90_ms| Span { alerts, mean_ms, median_ms, p90_ms };
        Self {
            of: row.of,
            alerts: row.total,
            acknowledged: span(row.taken, row.taken_mean, row.taken_median, row.taken_p90),
            closed: span(row.done, row.done_mean, row.done_median, row.done_p90),
        }
    }
}
