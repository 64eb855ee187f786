//! What stands around an alert: alerts like it, why it fired, and all of it as one file.

use super::no_alert;
use crate::App;
use crate::accounts::secret::hex;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, NoParams, Query};
use crate::problem::Answer;
use crate::roles::Permission;
use crate::routes::cases::attachment;
use crate::views::alert::{AlertSummary, HistoryItem, evidence};
use crate::views::finding::{Attack, Matched, Rule};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use store::{AlertFilter, Page};

/// How far back alerts like this one are looked for.
const SIMILAR_MS: i64 = 90 * 24 * 3_600_000;
/// How many are shown.
const SIMILAR_MAX: usize = 20;

/// An alert like another.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct SimilarAlert {
    #[serde(flatten)]
    alert: AlertSummary,
    /// What it has in common beside the rule: `group`, `host`, `user`, `src_ip`.
    shares: Vec<&'static str>,
    /// Why it was closed.
    reason: Option<String>,
}

/// Alerts like one.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Similar {
    /// Those with most in common first, of equals the newest.
    items: Vec<SimilarAlert>,
    /// How many of the same rule and agency were closed with each verdict.
    verdicts: BTreeMap<&'static str, u64>,
    /// How many of the same rule and agency there are, closed or not, this one left out.
    total: u64,
    /// Whether there were more than were looked at; the newest were.
    truncated: bool,
}

/// Why an alert fired.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = AlertExplanation)]
pub(crate) struct Explanation {
    rule: Rule,
    /// Each clause of the rule with the field that it looked at and the value that met it.
    matched: Vec<Matched>,
    attack: Vec<Attack>,
}

/// Alerts like this one
///
/// Of the same rule and agency in the last 90 days, with their verdicts.
#[utoipa::path(get, path = "/alerts/{id}/similar", tag = "alerts",
    params(("id" = String, Path, description = "The alert.")),
    responses((status = 200, description = "The alerts.", body = Similar)))]
pub(crate) async fn similar(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<Similar>> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    let alert = app.store.alert(&scope, &id).await?.ok_or_else(no_alert)?.summary;
    let filter = AlertFilter {
        rule: Some(alert.rule_id.clone()),
        agency: model::Agency::new(&alert.agency).ok(),
        from_ms: Some(alert.created - SIMILAR_MS),
        ..AlertFilter::default()
    };
    let found = app.store.alerts(&scope, &filter, &Page::first(Page::LIMIT_MAX)).await?;
    app.accounts.audit(caller.entry(Action::AlertRead, &id, json!({"what": "similar"}))).await?;
    let truncated = found.next.is_some();
    let mut others: Vec<_> = found
        .items
        .into_iter()
        .filter(|other| other.id != alert.id)
        .map(|other| (shares(&alert, &other), other))
        .collect();
    let mut verdicts = BTreeMap::new();
    for verdict in others.iter().filter_map(|(_, other)| other.verdict) {
        *verdicts.entry(verdict.as_str()).or_default() += 1;
    }
    let total = others.len() as u64;
    // The list came newest first, and the sort keeps that order among equals.
    others.sort_by_key(|(shares, _)| std::cmp::Reverse(shares.len()));
    let sla = app.work.sla().await?;
    let items = others.into_iter().take(SIMILAR_MAX).map(|(shares, other)| SimilarAlert {
        reason: (!other.reason.is_empty()).then(|| other.reason.clone()),
        alert: AlertSummary::of(other, &sla),
        shares,
    });
    Ok(Json(Similar { items: items.collect(), verdicts, total, truncated }))
}

fn shares(alert: &store::AlertSummary, other: &store::AlertSummary) -> Vec<&'static str> {
    [
        ("group", &alert.group_id, &other.group_id),
        ("host", &alert.host, &other.host),
        ("user", &alert.user, &other.user),
        ("src_ip", &alert.src_ip, &other.src_ip),
    ]
    .into_iter()
    .filter(|(_, ours, theirs)| !ours.is_empty() && ours == theirs)
    .map(|(name, ..)| name)
    .collect()
}

/// Why an alert fired
///
/// Each clause of the rule with the field and the value that met it.
#[utoipa::path(get, path = "/alerts/{id}/explain", tag = "alerts",
    params(("id" = String, Path, description = "The alert.")),
    responses((status = 200, description = "The clauses.", body = Explanation)))]
pub(crate) async fn explain(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<Explanation>> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    let alert = app.store.alert(&scope, &id).await?.ok_or_else(no_alert)?;
    app.accounts.audit(caller.entry(Action::AlertRead, &id, json!({"what": "explain"}))).await?;
    let (rule, matched, attack) = evidence(&alert).explained();
    Ok(Json(Explanation { rule, matched, attack }))
}

/// An alert as one file
///
/// The finding, its rule, its events, their raw logs and the history, each with its SHA-256, and the
/// audit log's newest checkpoint: what can be checked without us.
#[utoipa::path(get, path = "/alerts/{id}/bundle", tag = "alerts",
    params(("id" = String, Path, description = "The alert.")),
    responses((status = 200, description = "The file.", body = Object,
        content_type = "application/json")))]
pub(crate) async fn bundle(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Response> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    let alert = app.store.alert(&scope, &id).await?.ok_or_else(no_alert)?;
    let history = app.store.alert_history(&scope, &id).await?;
    let checkpoint = app.accounts.audit_checkpoint().await?.map(|(_, note)| note);
    app.accounts.audit(caller.entry(Action::AlertExport, &id, json!({}))).await?;
    let (agency, finding) = (alert.summary.agency.clone(), alert.finding.clone());
    let evidence = evidence(&alert);
    let history: Vec<HistoryItem> = history.into_iter().map(Into::into).collect();
    let mut parts = vec![
        part("finding.json", "application/json", finding),
        part("history.json", "application/json", json!(history).to_string()),
    ];
    if let Some(yaml) = evidence.rule_source() {
        parts.push(part("rule.yml", "application/yaml", yaml));
    }
    let (events, raw) = evidence.events();
    for (index, event) in events.iter().enumerate() {
        parts.push(part(&format!("event-{index}.json"), "application/json", event.to_string()));
    }
    for (index, raw) in raw.iter().enumerate().filter(|(_, raw)| !raw.is_empty()) {
        parts.push(part(&format!("event-{index}.log"), "text/plain", raw.clone()));
    }
    let bundle = json!({
        "format": "prohori-bundle/1", "alert": id, "agency": agency,
        "made_at": app.clock.now_ms(), "made_by": caller.user.name,
        "audit_checkpoint": checkpoint, "parts": parts,
    });
    let name = format!("prohori-alert-{id}.json");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_DISPOSITION, attachment(&name)),
    ];
    Ok((headers, format!("{bundle:#}\n")).into_response())
}

fn part(name: &str, media_type: &str, content: String) -> Value {
    let sha256 = hex(&Sha256::digest(&content));
    json!({"name": name, "media_type": media_type, "sha256": sha256, "content": content})
}
