//! The audit log, for auditors of all agencies.

use crate::App;
use crate::audit::{Action, Filter, Record, Verified};
use crate::caller::Caller;
use crate::params::{NoParams, Query, Text, TimeMs, in_order, page_limit};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use axum::Json;
use axum::extract::State;
use serde_json::json;
use store::Scope;

/// Notes that may be given to be checked.
const KEPT_MAX: usize = 10;

/// Which entries, and which page of them.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// From this time on, in ms.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: Option<TimeMs>,
    /// Before this time, in ms.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: Option<TimeMs>,
    /// Of this user, or of `command line`.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    actor: Option<Text>,
    /// This was done, such as `events.search`.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    action: Option<Text>,
    /// To the thing with this id.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    target: Option<Text>,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next_before` of the page before: entries with smaller numbers.
    #[param(minimum = 1)]
    before: Option<i64>,
}

/// A page of the audit log, newest first.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct AuditPage {
    items: Vec<Record>,
    /// Where the next page begins; none after the last.
    next_before: Option<i64>,
}

/// A signed note on the log as it was.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct AuditCheckpoint {
    /// When it was signed, in ms.
    at_ms: i64,
    /// The note (C2SP tlog-checkpoint). Keep it elsewhere: it shows later whether anything before
    /// it was changed.
    note: String,
}

/// The audit log
///
/// Newest first. Reading it is an entry too.
#[utoipa::path(get, path = "/audit", tag = "governance", params(ListParams),
    responses((status = 200, description = "A page.", body = AuditPage)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Answer<Json<AuditPage>> {
    allowed(&caller)?;
    in_order(params.from, params.to)?;
    let limit = page_limit(params.limit)?;
    if params.before.is_some_and(|before| before < 1) {
        return Err(Problem::parameter(Code::InvalidParameter, "before", "numbers begin at 1"));
    }
    let text = |text: Option<Text>| text.map(|text| text.0);
    let filter = Filter {
        from_ms: params.from.map(|time| time.0),
        to_ms: params.to.map(|time| time.0),
        actor: text(params.actor),
        action: text(params.action),
        target: text(params.target),
        before: params.before,
    };
    let asked = json!({
        "from": filter.from_ms, "to": filter.to_ms, "actor": filter.actor,
        "action": filter.action, "target": filter.target, "before": filter.before,
    });
    let mut items = app.accounts.audit_records(filter, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let detail = json!({"asked": asked, "rows": items.len()});
    app.accounts.audit(caller.entry(Action::AuditRead, "", detail)).await?;
    let next_before = items.last().filter(|_| more).map(|last| last.seq);
    Ok(Json(AuditPage { items, next_before }))
}

/// The audit log's newest checkpoint
#[utoipa::path(get, path = "/audit/checkpoint", tag = "governance",
    responses((status = 200, description = "The checkpoint.", body = AuditCheckpoint)))]
pub(crate) async fn checkpoint(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<AuditCheckpoint>> {
    allowed(&caller)?;
    let newest = app.accounts.audit_checkpoint().await?;
    let (at_ms, note) = newest.ok_or_else(|| {
        Problem::new(Code::NotFound, "nothing is sealed yet; the log is sealed every minute")
    })?;
    Ok(Json(AuditCheckpoint { at_ms, note }))
}

/// Checkpoints that were kept elsewhere.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyBody {
    /// Notes, at most 10. Without one, somebody with the machine's secret key could have signed
    /// another log.
    #[serde(default)]
    #[schema(max_items = 10)]
    kept: Vec<String>,
}

/// Whether the log is what its checkpoints say.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct AuditVerified {
    whole: bool,
    /// Entries looked at; 0 where it is not whole.
    entries: u64,
    /// Checkpoints that fit them, those given included.
    checkpoints: u64,
    /// Entries that the last of those holds fast; later ones are not sealed yet.
    sealed: u64,
    /// What does not fit.
    breach: Option<String>,
}

/// Check the audit log
///
/// Every entry is read again and held against every checkpoint, as `prohori audit verify` does it
/// elsewhere, without trusting this service.
#[utoipa::path(post, path = "/audit:verify", tag = "governance", request_body = VerifyBody,
    responses((status = 200, description = "What was found.", body = AuditVerified)))]
pub(crate) async fn verify(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    crate::params::Json(body): crate::params::Json<VerifyBody>,
) -> Answer<Json<AuditVerified>> {
    allowed(&caller)?;
    if body.kept.len() > KEPT_MAX {
        let detail = format!("kept: at most {KEPT_MAX} notes");
        return Err(Problem::new(Code::InvalidBody, detail));
    }
    let kept: Vec<String> = body.kept.iter().map(|note| pasted(note)).collect();
    // Written first, so that it is one of the entries that are looked at.
    let detail = json!({"kept": kept.len()});
    app.accounts.audit(caller.entry(Action::AuditVerify, "", detail)).await?;
    let found = app.accounts.audit_verify(&app.auditor, &kept).await?;
    Ok(Json(match found {
        Ok(Verified { entries, checkpoints, sealed }) => {
            AuditVerified { whole: true, entries, checkpoints, sealed, breach: None }
        }
        Err(breach) => {
            let breach = Some(service::telemetry::chain(&breach));
            AuditVerified { whole: false, entries: 0, checkpoints: 0, sealed: 0, breach }
        }
    }))
}

/// A note as it was signed: copied text has often lost its last line feed, or has others.
fn pasted(note: &str) -> String {
    format!("{}\n", note.replace("\r\n", "\n").trim())
}

/// Entries name agencies only by what was done, so only who may see all may read them.
fn allowed(caller: &Caller) -> Answer<()> {
    match caller.scope(Permission::ReadAudit)? == Scope::all() {
        true => Ok(()),
        false => {
            let detail = "the audit log is of all agencies: it takes an auditor of all";
            Err(Problem::new(Code::Forbidden, detail))
        }
    }
}
