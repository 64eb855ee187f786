//! Signing in and out.

use crate::App;
use crate::accounts::secret::Secret;
use crate::accounts::{Client, Credentials, NewSession, Refusal};
use crate::audit::Action;
use crate::caller::{COOKIE, Caller, cookie};
use crate::guard::{ByTls, TraceId};
use crate::params::{Json, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::routes::me::{Me, me};
use crate::routes::provider;
use crate::server::Peer;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::convert::Infallible;

/// Longest user name and token as typed; longer ones cannot be right.
const TYPED_BYTES_MAX: usize = 64;

/// How to sign in: a name and a password, or a one-time token.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInBody {
    /// The user's name; goes with `password`.
    #[schema(max_length = 64)]
    user: Option<String>,
    /// The password; goes with `user`.
    password: Option<String>,
    /// A one-time token; stands alone.
    #[schema(max_length = 64)]
    token: Option<String>,
    /// Of the second factor, once it was asked for: the app's code, or a recovery code.
    #[schema(max_length = 64)]
    code: Option<String>,
}

impl SignInBody {
    fn credentials(self) -> Answer<(Credentials, Option<String>)> {
        let typed = |text: String| {
            if text.len() <= TYPED_BYTES_MAX {
                return Ok(text);
            }
            Err(Problem::new(Code::InvalidBody, "user, token and code have at most 64 characters"))
        };
        let code = self.code.map(typed).transpose()?;
        match (self.user, self.password, self.token) {
            (Some(user), Some(password), None) => {
                let user = typed(user)?.trim().to_lowercase();
                Ok((Credentials::Password { user, password }, code))
            }
            (None, None, Some(token)) => Ok((Credentials::Token(typed(token)?), code)),
            _ => Err(Problem::new(Code::InvalidBody, "send user and password, or token alone")),
        }
    }
}

/// A session that was begun at the identity provider, ended here.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct SignedOut {
    /// Where a browser goes to sign out there too.
    provider: String,
}

/// Where a sign-in comes from.
pub(crate) struct From(pub(crate) Client, pub(crate) ByTls);

impl<S: Sync> FromRequestParts<S> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let trace = parts.extensions.get::<TraceId>().map(|trace| trace.0.to_string());
        let client = Client {
            address: parts.extensions.get::<Peer>().map(|peer| peer.0),
            replaced: cookie(parts).and_then(Secret::parse).map(|secret| secret.hash()),
            trace_id: trace.unwrap_or_default(),
            code: None,
        };
        Ok(Self(client, parts.extensions.get().copied().unwrap_or_default()))
    }
}

/// Sign in
///
/// Begins a session, whose secret is in the cookie only.
#[utoipa::path(post, path = "/session", tag = "session", security(()),
    request_body = SignInBody,
    responses((status = 200, description = "Signed in.", body = Me,
        headers(("set-cookie" = String, description = "The session.")))))]
pub(crate) async fn sign_in(
    State(app): State<App>,
    Query(NoParams {}): Query<NoParams>,
    From(mut client, by_tls): From,
    Json(body): Json<SignInBody>,
) -> Answer<Response> {
    let (credentials, code) = body.credentials()?;
    client.code = code;
    let result = app.accounts.sign_in(credentials, client).await?;
    let outcome = match &result {
        Ok(_) => "done",
        Err(Refusal::Wrong) => "wrong",
        Err(Refusal::Locked { .. }) => "locked",
        Err(Refusal::Busy) => "busy",
        Err(Refusal::SecondFactor) => "code_missing",
        Err(Refusal::WrongCode) => "code_wrong",
        Err(_) => "wrong",
    };
    app.metrics.sign_ins.with_label_values(&[outcome]).inc();
    let session = result.map_err(refused)?;
    let body = axum::Json(me(&app, &session.user));
    Ok(([(header::SET_COOKIE, set_cookie(by_tls, &session)?)], body).into_response())
}

/// Sign out
///
/// Ends the session and deletes its cookie.
#[utoipa::path(delete, path = "/session", tag = "session",
    responses((status = 200, description = "Signed out here, not yet at the identity provider.",
            body = SignedOut),
        (status = 204, description = "Signed out.")))]
pub(crate) async fn sign_out(
    State(app): State<App>,
    Query(NoParams {}): Query<NoParams>,
    caller: Caller,
) -> Answer<Response> {
    let session = caller.session()?;
    let entry = caller.entry(Action::SessionEnd, "", json!({}));
    app.accounts.sign_out(session, entry).await?;
    let gone = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    let gone = HeaderValue::from_str(&gone).map_err(|error| Problem::internal(&error))?;
    let gone = [(header::SET_COOKIE, gone)];
    Ok(match provider::sign_out_address(&app, &caller.user).await? {
        Some(provider) => (gone, axum::Json(SignedOut { provider })).into_response(),
        None => (StatusCode::NO_CONTENT, gone).into_response(),
    })
}

/// The cookie of a new session. It has no age of its own: the server knows when it ends.
pub(crate) fn set_cookie(by_tls: ByTls, session: &NewSession) -> Answer<HeaderValue> {
    let secure = if by_tls.0 { "; Secure" } else { "" };
    let text = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict{secure}", session.cookie);
    let mut value = HeaderValue::from_str(&text).map_err(|error| Problem::internal(&error))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A refusal as the client sees it.
pub(crate) fn refused(refusal: Refusal) -> Box<Problem> {
    match refusal {
        Refusal::Wrong => Problem::new(
            Code::SignInFailed,
            "wrong name, password or token; a token works once and not for long",
        ),
        Refusal::Locked { retry_after_s } => {
            Problem::new(Code::LockedOut, "too many failed sign-ins; wait, then try again")
                .with(json!({"retry_after_s": retry_after_s}))
                .retry_after(retry_after_s)
        }
        Refusal::SecondFactor => {
            let detail = "send the same again with code: the app's, or a recovery code";
            Problem::new(Code::SecondFactorRequired, detail)
        }
        Refusal::WrongCode => {
            let detail = "look at the app again; a code holds for half a minute and is taken once";
            Problem::new(Code::SecondFactorWrong, detail).with(json!({"field": "code"}))
        }
        Refusal::NoRole | Refusal::NameTaken | Refusal::BadName | Refusal::Disabled => {
            Problem::new(Code::SignInFailed, "the identity provider's word is not enough here")
        }
        Refusal::Busy => Problem::new(Code::Busy, "many are signing in; try again").retry_after(1),
    }
}
