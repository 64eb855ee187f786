//! The evidence of a case: files sent, alerts and events frozen, copies taken.

use super::{no_case, refused, whole};
use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{File, Id, Json, NoParams, Query, Text};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::work::case::{Case, EvidenceDetail, EvidenceKind, NewEvidence};
use crate::written::{WORDS_MAX, text_of};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// What the bytes of a file are sent as, whatever they are: a browser must not run them.
const OCTETS: &str = "application/octet-stream";
const JSON: &str = "application/json";

/// What a file is called.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadParams {
    /// The file's name.
    #[param(value_type = String, min_length = 1, max_length = 500)]
    name: Text,
    /// Where it is from and what it shows.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    note: Option<Text>,
}

/// What to freeze: an alert or an event, as it stands now.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FreezeBody {
    /// An alert's id.
    alert: Option<String>,
    /// An event's uid.
    event: Option<String>,
    #[serde(default)]
    #[schema(max_length = 4_000)]
    note: String,
}

/// Send a file as evidence
///
/// At most 8 MiB. It is kept as it is, with its SHA-256, and never changed or deleted.
#[utoipa::path(post, path = "/cases/{case}/files", tag = "cases", params(UploadParams,
    ("case" = String, Path, description = "The case.")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "Kept; the case now.", body = Case)))]
pub(crate) async fn upload(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(params): Query<UploadParams>,
    File(content): File,
) -> Answer<Response> {
    let reach = caller.reach()?;
    let detail = json!({"name": params.name.0, "bytes": content.len()});
    app.accounts.audit(caller.entry(Action::EvidenceAdd, &id, detail)).await?;
    let new = NewEvidence {
        agency: None,
        kind: EvidenceKind::File,
        name: params.name.0,
        source: String::new(),
        media_type: OCTETS,
        note: params.note.map(|note| note.0).unwrap_or_default(),
        content,
    };
    let case = app.work.add_evidence(&reach, &id, new).await?.map_err(refused)?;
    Ok((StatusCode::CREATED, whole(case)).into_response())
}

/// Freeze an alert or an event as evidence
///
/// A copy of it as it stands, with its SHA-256: it stays when retention takes the original.
#[utoipa::path(post, path = "/cases/{case}/evidence", tag = "cases", request_body = FreezeBody,
    params(("case" = String, Path, description = "The case.")),
    responses((status = 201, description = "Kept; the case now.", body = Case)))]
pub(crate) async fn freeze(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<FreezeBody>,
) -> Answer<Response> {
    let reach = caller.reach()?;
    text_of("note", &body.note, WORDS_MAX)?;
    let mut new = match (&body.alert, &body.event) {
        (Some(alert), None) => frozen_alert(&app, &caller, alert).await?,
        (None, Some(event)) => frozen_event(&app, &caller, event).await?,
        _ => return Err(crate::written::bad("alert", "send either alert or event")),
    };
    new.note = body.note;
    let detail = json!({"alert": body.alert, "event": body.event});
    app.accounts.audit(caller.entry(Action::EvidenceAdd, &id, detail)).await?;
    let case = app.work.add_evidence(&reach, &id, new).await?.map_err(refused)?;
    Ok((StatusCode::CREATED, whole(case)).into_response())
}

async fn frozen_alert(app: &App, caller: &Caller, id: &str) -> Answer<NewEvidence> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    let alert = app.store.alert(&scope, id).await?.ok_or_else(no_source)?;
    Ok(NewEvidence {
        agency: Some(alert.summary.agency),
        kind: EvidenceKind::Alert,
        name: alert.summary.title,
        source: id.to_owned(),
        media_type: JSON,
        note: String::new(),
        content: alert.finding.into_bytes(),
    })
}

async fn frozen_event(app: &App, caller: &Caller, uid: &str) -> Answer<NewEvidence> {
    let scope = caller.scope(Permission::ReadEvents)?;
    let event = app.store.event(&scope, uid).await?.ok_or_else(no_source)?;
    let parsed: serde_json::Value = serde_json::from_str(&event.event).unwrap_or_default();
    let text = |pointer: &str| parsed.pointer(pointer).and_then(|v| v.as_str()).map(str::to_owned);
    Ok(NewEvidence {
        agency: text("/metadata/tenant_uid"),
        kind: EvidenceKind::Event,
        name: text("/message").unwrap_or_else(|| uid.to_owned()).chars().take(200).collect(),
        source: uid.to_owned(),
        media_type: JSON,
        note: String::new(),
        content: event.event.into_bytes(),
    })
}

fn no_source() -> Box<Problem> {
    Problem::new(Code::NotFound, "there is no such alert or event in your agencies")
}

/// A piece of evidence with its chain of custody
#[utoipa::path(get, path = "/evidence/{evidence}", tag = "cases",
    params(("evidence" = String, Path, description = "The piece of evidence.")),
    responses((status = 200, description = "The evidence.", body = EvidenceDetail)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<EvidenceDetail>> {
    let reach = caller.reach()?;
    let evidence = app.work.evidence(&reach, &id).await?.ok_or_else(no_case)?;
    Ok(axum::Json(evidence))
}

/// The bytes of a piece of evidence
///
/// Their hash is reckoned anew first; that a copy was taken stands in the chain of custody.
#[utoipa::path(get, path = "/evidence/{evidence}/content", tag = "cases",
    params(("evidence" = String, Path, description = "The piece of evidence.")),
    responses((status = 200, description = "The bytes.", body = Vec<u8>,
        content_type = "application/octet-stream")))]
pub(crate) async fn content(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Response> {
    let reach = caller.reach()?;
    app.accounts.audit(caller.entry(Action::EvidenceRead, &id, json!({}))).await?;
    let (evidence, content) = app.work.evidence_content(&reach, &id).await?.ok_or_else(no_case)?;
    let Some(content) = content else {
        tracing::error!(evidence = id, "the bytes of evidence no longer have their hash");
        let detail = "the bytes no longer have the hash that they were kept under";
        return Err(Problem::new(Code::EvidenceBroken, detail).with(json!({"evidence": id})));
    };
    let sha256 = HeaderValue::from_str(&evidence.sha256).unwrap_or(HeaderValue::from_static(""));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(OCTETS)),
        (header::CONTENT_DISPOSITION, attachment(&evidence.name)),
        (header::HeaderName::from_static("x-sha256"), sha256),
    ];
    Ok((headers, content).into_response())
}

/// A file to be saved, never shown; its name as RFC 5987 writes it.
pub(crate) fn attachment(name: &str) -> HeaderValue {
    use std::fmt::Write as _;
    let mut text = String::from("attachment; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}
