//! The caller's own second factor: an authenticator app.

use crate::App;
use crate::accounts::totp::TotpSecret;
use crate::audit::Action;
use crate::caller::Caller;
use crate::idempotency::ShownOnce;
use crate::params::{Json, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use qrcode::{Color, EcLevel, QrCode};
use serde_json::json;
use std::fmt::Write as _;

/// Under which name apps list the code.
const ISSUER: &str = "Prohori";
/// Longest code as typed: a recovery code with its hyphens.
const CODE_BYTES_MAX: usize = 32;

/// The caller's second factor.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct SecondFactor {
    enrolled: bool,
    /// Since when, in ms.
    since_ms: Option<i64>,
    /// Recovery codes that are left.
    recovery_codes_left: u32,
    /// Whether a role of the caller's asks for one, and nothing else may be done before.
    must_enrol: bool,
}

/// What goes into the app.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Enrolment {
    /// To be typed into the app.
    secret: String,
    /// The same and more, as apps read it.
    uri: String,
    qr: Qr,
}

/// The address as a QR code, to be drawn.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Qr {
    /// Width and height in squares, without the quiet zone of four squares around it.
    size: usize,
    /// The dark squares as an SVG path, each one unit wide.
    path: String,
}

/// Codes for the day on which the app is gone.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct RecoveryCodes {
    /// Each good once; shown here and nowhere else.
    codes: Vec<String>,
}

/// A code of the app, or a recovery code.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeBody {
    #[schema(min_length = 1, max_length = 32)]
    code: String,
}

impl CodeBody {
    fn checked(self) -> Answer<String> {
        if (1..=CODE_BYTES_MAX).contains(&self.code.len()) {
            return Ok(self.code);
        }
        let detail = "code is 1 to 32 characters";
        Err(Problem::new(Code::InvalidBody, detail).with(json!({"field": "code"})))
    }
}

fn wrong_code() -> Box<Problem> {
    let detail = "look at the app again; a code holds for half a minute and is taken once";
    Problem::new(Code::SecondFactorWrong, detail).with(json!({"field": "code"}))
}

/// My second factor
#[utoipa::path(get, path = "/me/second-factor", tag = "session",
    responses((status = 200, description = "How it stands.", body = SecondFactor)))]
pub(crate) async fn get(
    State(app): State<App>,
    Query(NoParams {}): Query<NoParams>,
    caller: Caller,
) -> Answer<axum::Json<SecondFactor>> {
    let factor = app.accounts.second_factor(caller.user.id).await?;
    Ok(axum::Json(SecondFactor {
        enrolled: factor.is_some(),
        since_ms: factor.as_ref().map(|factor| factor.since_ms),
        recovery_codes_left: factor.map_or(0, |factor| factor.codes_left),
        must_enrol: app.accounts.must_enrol(&caller.user),
    }))
}

/// Begin a second factor
///
/// It asks for nothing until it is confirmed with a first code.
#[utoipa::path(post, path = "/me/second-factor", tag = "session",
    responses((status = 201, description = "Begun.", body = Enrolment)))]
pub(crate) async fn begin(
    State(app): State<App>,
    Query(NoParams {}): Query<NoParams>,
    caller: Caller,
) -> Answer<Response> {
    caller.session()?;
    let begun = app.accounts.begin_second_factor(caller.user.id).await?;
    let secret = begun.ok_or_else(|| {
        let detail = "remove the one that stands with one of its codes first";
        Problem::new(Code::SecondFactorPresent, detail)
    })?;
    let enrolment = enrolment(&secret, &caller.user.name)?;
    Ok((StatusCode::CREATED, Extension(ShownOnce), axum::Json(enrolment)).into_response())
}

fn enrolment(secret: &TotpSecret, user: &str) -> Answer<Enrolment> {
    let uri = secret.uri(ISSUER, user);
    let code = QrCode::with_error_correction_level(&uri, EcLevel::M)
        .map_err(|error| Problem::internal(&error))?;
    let size = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let _ = write!(path, "M{} {}h1v1h-1z", at % size, at / size);
        }
    }
    Ok(Enrolment { secret: secret.text(), uri, qr: Qr { size, path } })
}

/// Confirm my second factor
///
/// From now on a sign-in asks for a code.
#[utoipa::path(put, path = "/me/second-factor", tag = "session", request_body = CodeBody,
    responses((status = 200, description = "Confirmed.", body = RecoveryCodes)))]
pub(crate) async fn confirm(
    State(app): State<App>,
    Query(NoParams {}): Query<NoParams>,
    caller: Caller,
    Json(body): Json<CodeBody>,
) -> Answer<axum::Json<RecoveryCodes>> {
    caller.session()?;
    let entry = caller.entry(Action::SecondFactorConfirm, "", json!({}));
    let code = body.checked()?;
    let codes = app.accounts.confirm_second_factor(caller.user.id, code, entry).await?;
    Ok(axum::Json(RecoveryCodes { codes: codes.ok_or_else(wrong_code)? }))
}

/// Remove my second factor
///
/// With one more code of it.
#[utoipa::path(post, path = "/me/second-factor:remove", tag = "session", request_body = CodeBody,
    responses((status = 204, description = "Removed.")))]
pub(crate) async fn remove(
    State(app): State<App>,
    Query(NoParams {}): Query<NoParams>,
    caller: Caller,
    Json(body): Json<CodeBody>,
) -> Answer<StatusCode> {
    caller.session()?;
    let entry = caller.entry(Action::SecondFactorRemove, "", json!({}));
    let code = body.checked()?;
    if app.accounts.remove_second_factor(caller.user.id, code, entry).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(wrong_code())
    }
}
