//! For how long what is stored is kept: policies by agency and class of logs.

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Json, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::{EVERYWHERE, Permission};
use crate::work::retention::{Class, Keeping, RetentionPolicy, Unkept};
use crate::written::{bad, etag, if_match, words_of};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A week, longer than Kafka keeps what comes: nothing is stored so late that its day has gone already.
const DAYS_MIN: u32 = 7;
/// A century.
const DAYS_MAX: u32 = 36_525;
const REASON_MAX: usize = 1_000;

/// What a policy is to say.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionBody {
    /// Days since the logs arrived; for ever unless given.
    #[schema(minimum = 7, maximum = 36_525)]
    days: Option<u32>,
    /// Legal hold: nothing is deleted, whatever the days.
    #[serde(default)]
    hold: bool,
    /// The law, the order, the decision.
    #[schema(min_length = 1, max_length = 1_000)]
    reason: String,
}

/// A length of time that somebody asks for by name.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RetentionPreset {
    name: &'static str,
    days: u32,
    /// Where it comes from.
    source: &'static str,
}

/// The policies, and lengths of time to choose from.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RetentionPolicyList {
    /// By agency and class. What no policy is about is kept for ever.
    items: Vec<RetentionPolicy>,
    presets: Vec<RetentionPreset>,
}

const PRESETS: [(&str, u32, &str); 4] = [
    ("m-26-14", 548, "OMB M-26-14: 6 months searchable and 12 months retrievable"),
    ("m-21-31", 913, "OMB M-21-31 (rescinded 2026-05-22): 12 months active and 18 months cold"),
    ("year", 365, "one year"),
    ("quarter", 92, "one quarter"),
];

/// For how long what is stored is kept
///
/// The policies of everybody (`*`) and those of the caller's agencies.
#[utoipa::path(get, path = "/retention-policies", tag = "governance",
    responses((status = 200, description = "The policies.", body = RetentionPolicyList)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<RetentionPolicyList>> {
    let reads = match caller.user.grants.allow(Permission::ReadAudit) {
        audits if audits.is_empty() => caller.agencies(Permission::ManageRetention)?,
        audits => audits,
    };
    let mut items = app.work.retention_policies().await?;
    items.retain(|policy| policy.agency == EVERYWHERE || reads.contains(&policy.agency));
    let presets = PRESETS.map(|(name, days, source)| RetentionPreset { name, days, source });
    Ok(axum::Json(RetentionPolicyList { items, presets: presets.into() }))
}

/// Say for how long a class of an agency's logs is kept
///
/// Only if the policy is still at the version in `If-Match`; `"0"` where there is none. What keeps as long or
/// longer holds at once; what keeps less, or ends a hold, is `asked` for until somebody else approves it.
#[utoipa::path(put, path = "/retention-policies/{agency}/{class}", tag = "governance",
    request_body = RetentionBody,
    params(("agency" = String, Path, pattern = r"^(\*|[a-z0-9][a-z0-9-]{0,39})$",
            description = "The agency, or `*` for all that say nothing themselves."),
        ("class" = Class, Path, description = "The class of logs."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 200, description = "Set, or asked for.", body = RetentionPolicy,
        headers(("etag" = String, description = "The version, quoted.")))))]
pub(crate) async fn set(
    State(app): State<App>,
    caller: Caller,
    path: Path<(String, String)>,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    Json(body): Json<RetentionBody>,
) -> Answer<Response> {
    let (agency, class) = named(&caller, path)?;
    let expected = if_match(&headers)?;
    let RetentionBody { days, hold, reason } = body;
    if days.is_some_and(|days| !(DAYS_MIN..=DAYS_MAX).contains(&days)) {
        return Err(bad("days", format!("days are {DAYS_MIN} to {DAYS_MAX}")));
    }
    words_of("reason", &reason, REASON_MAX)?;
    let detail = json!({"days": days, "hold": hold, "reason": reason});
    audit(&app, &caller, &agency, class, detail).await?;
    let keeping = Keeping { days, hold, reason };
    let set = app.work.set_retention(&agency, class, expected, keeping, &caller.user.name).await?;
    Ok(whole(set.map_err(refused)?))
}

/// Approve what is asked of a policy
///
/// By somebody else than who asked.
#[utoipa::path(post, path = "/retention-policies/{agency}/{class}/approval", tag = "governance",
    params(("agency" = String, Path, pattern = r"^(\*|[a-z0-9][a-z0-9-]{0,39})$", description = "The agency, or `*`."),
        ("class" = Class, Path, description = "The class of logs."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 200, description = "It holds now.", body = RetentionPolicy)))]
pub(crate) async fn approve(
    State(app): State<App>,
    caller: Caller,
    path: Path<(String, String)>,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    Ok(whole(decide(&app, &caller, path, &headers, true).await?))
}

/// Drop what is asked of a policy
#[utoipa::path(delete, path = "/retention-policies/{agency}/{class}/approval", tag = "governance",
    params(("agency" = String, Path, pattern = r"^(\*|[a-z0-9][a-z0-9-]{0,39})$", description = "The agency, or `*`."),
        ("class" = Class, Path, description = "The class of logs."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 204, description = "It stays as it was.")))]
pub(crate) async fn reject(
    State(app): State<App>,
    caller: Caller,
    path: Path<(String, String)>,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    decide(&app, &caller, path, &headers, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn decide(
    app: &App,
    caller: &Caller,
    path: Path<(String, String)>,
    headers: &HeaderMap,
    approve: bool,
) -> Answer<RetentionPolicy> {
    let (agency, class) = named(caller, path)?;
    let expected = if_match(headers)?;
    audit(app, caller, &agency, class, json!({"approved": approve})).await?;
    let by = &caller.user.name;
    let decided = app.work.decide_retention(&agency, class, expected, approve, by).await?;
    decided.map_err(refused)
}

/// The policy of the path, where the caller may set it.
fn named(
    caller: &Caller,
    Path((agency, class)): Path<(String, String)>,
) -> Answer<(String, Class)> {
    caller.may_set_policy(Permission::ManageRetention, &agency)?;
    let class = Class::ALL.iter().copied().find(|each| each.as_str() == class);
    let class = class.ok_or_else(|| Problem::new(Code::NotFound, "there is no such class"))?;
    Ok((agency, class))
}

async fn audit(
    app: &App,
    caller: &Caller,
    agency: &str,
    class: Class,
    detail: serde_json::Value,
) -> Answer<()> {
    let target = format!("{agency}/{}", class.as_str());
    app.accounts.audit(caller.entry(Action::RetentionChange, &target, detail)).await?;
    Ok(())
}

fn whole(policy: RetentionPolicy) -> Response {
    ([(header::ETAG, etag(policy.version))], axum::Json(policy)).into_response()
}

fn refused(unkept: Unkept) -> Box<Problem> {
    match unkept {
        Unkept::NotFound => Problem::new(Code::NotFound, "nothing is asked of such a policy"),
        Unkept::Conflict(version) => {
            let detail = "the policy was changed since; look at params.version";
            Problem::new(Code::VersionConflict, detail).with(json!({"version": version}))
        }
        Unkept::Own => {
            Problem::new(Code::FourEyes, "somebody else must approve what you asked for")
        }
    }
}
