//! Alerts, their counts and their history.

use super::sentence::Sentence;
use super::{finding, known, severity};
use crate::sla::Rules;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where an alert stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    New,
    Acknowledged,
    InProgress,
    Closed,
}

/// What a closed alert turned out to be.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    TruePositive,
    FalsePositive,
    Benign,
    Duplicate,
    InsufficientData,
}

macro_rules! same_names {
    ($ours:ident: $($name:ident),+) => {
        impl From<store::$ours> for $ours {
            fn from(theirs: store::$ours) -> Self {
                match theirs { $(store::$ours::$name => Self::$name,)+ }
            }
        }
        impl From<$ours> for store::$ours {
            fn from(ours: $ours) -> Self {
                match ours { $($ours::$name => Self::$name,)+ }
            }
        }
    };
}
same_names!(State: New, Acknowledged, InProgress, Closed);
same_names!(Verdict: TruePositive, FalsePositive, Benign, Duplicate, InsufficientData);

/// An alert as a row of the queue.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct AlertSummary {
    id: String,
    /// Rises by one with each change; the alert's ETag.
    version: u32,
    /// When it happened, by the event.
    time: i64,
    /// When the last event happened that it stands for.
    last: i64,
    /// When the alert was raised.
    created: i64,
    /// How much depends on it, 0 to 100.
    risk_score: u8,
    /// The same for alerts that belong together; none where it belongs to no group.
    group_id: Option<String>,
    /// In a list by groups, how many of its group the filter finds; else 1.
    group_alerts: u64,
    /// OCSF, 1 to 6.
    severity_id: u8,
    severity: &'static str,
    /// The rule's title.
    title: String,
    /// The same in Bangla, where the rule has one.
    title_bn: Option<String>,
    rule_id: String,
    agency: String,
    host: String,
    user: Option<String>,
    src_ip: Option<String>,
    state: State,
    verdict: Option<Verdict>,
    assignee: Option<String>,
    /// How many events it stands for, those folded away included.
    event_count: u32,
    /// When the next step is due by the agency's policy: that somebody acknowledges the alert, then that
    /// it is closed. None where it is closed or may wait.
    due: Option<i64>,
    /// One sentence of what happened.
    summary: Sentence,
}

impl AlertSummary {
    pub(crate) fn of(alert: store::AlertSummary, sla: &Rules) -> Self {
        Self {
            due: sla.due(&alert),
            summary: Sentence::of(&alert),
            id: alert.id,
            version: alert.version,
            time: alert.time,
            last: alert.last,
            created: alert.created,
            risk_score: alert.risk_score,
            group_id: known(alert.group_id),
            group_alerts: alert.group_alerts,
            severity_id: alert.severity_id,
            severity: severity(alert.severity_id),
            title: alert.title,
            title_bn: known(alert.title_bn),
            rule_id: alert.rule_id,
            agency: alert.agency,
            host: alert.host,
            user: known(alert.user),
            src_ip: known(alert.src_ip),
            state: alert.state.into(),
            verdict: alert.verdict.map(Into::into),
            assignee: known(alert.assignee),
            event_count: alert.event_count,
        }
    }
}

/// One sentence of what happened, in English or Bangla.
pub(crate) fn sentence(alert: &store::AlertSummary, lang: &str) -> String {
    Sentence::of(alert).take(lang)
}

/// What stands on the server when a change came too late: the alert and its last change.
pub(crate) fn current(alert: store::AlertSummary, sla: &Rules) -> Value {
    let last = json!({
        "reason": known(alert.reason.clone()),
        "by": alert.changed_by,
        "at": alert.changed_at,
    });
    let mut current = json!(AlertSummary::of(alert, sla));
    if let (Value::Object(current), Value::Object(last)) = (&mut current, last) {
        current.extend(last);
    }
    current
}

/// An alert with its evidence.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct AlertDetail {
    #[serde(flatten)]
    summary: AlertSummary,
    /// The OCSF Detection Finding, as the detector wrote it last.
    #[schema(value_type = Object)]
    finding: Value,
    #[serde(flatten)]
    evidence: finding::Evidence,
}

impl AlertDetail {
    pub(crate) fn of(alert: store::AlertDetail, sla: &Rules) -> Self {
        let (finding, evidence) = read(&alert);
        Self { summary: AlertSummary::of(alert.summary, sla), finding, evidence }
    }
}

/// What an alert rests on: its rule, what of it matched, the events and their raw logs.
pub(crate) fn evidence(alert: &store::AlertDetail) -> finding::Evidence {
    read(alert).1
}

/// The finding and what is known of it. The store took it as JSON; a detail that cannot be shown is no
/// reason to hide the alert.
fn read(alert: &store::AlertDetail) -> (Value, finding::Evidence) {
    let finding: Value = serde_json::from_str(&alert.finding).unwrap_or_default();
    let evidence = finding::Evidence::of(&finding);
    (finding, evidence)
}

/// A page of the queue.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct AlertPage {
    pub(crate) items: Vec<AlertSummary>,
    /// Where the next page begins; none after the last.
    pub(crate) next_cursor: Option<String>,
    /// When the page was read.
    pub(crate) as_of: i64,
}

/// A page as the store found it.
pub(crate) fn alert_page(found: store::AlertPage, sla: &Rules, as_of: i64) -> AlertPage {
    AlertPage {
        items: found.items.into_iter().map(|alert| AlertSummary::of(alert, sla)).collect(),
        next_cursor: found.next.map(|cursor| cursor.to_string()),
        as_of,
    }
}

/// How many alerts a filter finds.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct AlertCounts {
    total: u64,
    /// Each state, also those with none.
    by_state: BTreeMap<&'static str, u64>,
    /// By severity_id, of those that occur.
    by_severity: BTreeMap<String, u64>,
    /// Not closed and assigned to nobody.
    unassigned: u64,
    /// Not closed and assigned to the caller.
    mine: u64,
    /// Late for their next step by their agency's policy.
    over_sla: u64,
}

impl AlertCounts {
    pub(crate) fn of(counts: store::AlertCounts, caller: &str, over_sla: u64) -> Self {
        let mut by_state: BTreeMap<&str, u64> =
            store::State::ALL.iter().map(|state| (state.as_str(), 0)).collect();
        by_state.extend(counts.by_state.iter().map(|(state, count)| (state.as_str(), *count)));
        let severities = counts.by_severity.iter();
        let mine = counts.by_assignee.iter().find(|(assignee, _)| assignee == caller);
        Self {
            total: counts.total,
            by_state,
            by_severity: severities.map(|(id, count)| (id.to_string(), *count)).collect(),
            unassigned: counts.unassigned,
            mine: mine.map_or(0, |(_, count)| *count),
            over_sla,
        }
    }
}

/// One step in an alert's life; never edited.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct HistoryItem {
    version: u32,
    at: i64,
    actor: String,
    /// `state`, `verdict`, `assignee` or `comment`: the first that applies.
    kind: String,
    from_state: Option<State>,
    to_state: Option<State>,
    verdict: Option<Verdict>,
    reason: Option<String>,
    assignee: Option<String>,
    comment: Option<String>,
}

impl From<store::HistoryItem> for HistoryItem {
    fn from(item: store::HistoryItem) -> Self {
        Self {
            version: item.version,
            at: item.at,
            actor: item.actor,
            kind: item.kind,
            from_state: Some(item.from_state.into()),
            to_state: Some(item.to_state.into()),
            verdict: item.verdict.map(Into::into),
            reason: known(item.reason),
            assignee: known(item.assignee),
            comment: known(item.comment),
        }
    }
}

/// An alert's whole history, oldest first.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct History {
    pub(crate) items: Vec<HistoryItem>,
}
