//! Signing in at an identity provider, and what it says when somebody signs out there.

use crate::App;
use crate::accounts::{Flow, Refusal, User};
use crate::guard::{ByTls, TraceId};
use crate::params::{Query, Text, form_bytes};
use crate::problem::{Answer, Code, Problem};
use crate::provider::IdentityProvider;
use crate::routes::session::{From, set_cookie};
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The path of the cookie that binds a sign-in to its browser.
pub(crate) const PATH: &str = "/api/v1/session/provider";
/// Where the provider tells that somebody signed out: no browser is there, and so no cookie.
pub(crate) const LOGOUT_PATH: &str = "/api/v1/session/provider/logout";
const CALLBACK_PATH: &str = "/api/v1/session/provider/callback";
const COOKIE: &str = "prohori_sign_in";
/// A person may take so long there, in seconds.
const COOKIE_SECONDS: u32 = 600;
const BACK_BYTES_MAX: usize = 2_000;
/// Codes, states and tokens are at most so long.
const VALUE_BYTES_MAX: usize = 8_192;

/// Where to go once signed in.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BeginParams {
    /// A path of the dashboard.
    #[param(value_type = Option<String>, pattern = "^/([^/\\\\]|$)", max_length = 500)]
    back: Option<Text>,
}

/// Sign in at the identity provider
///
/// For a browser: it is sent to the provider, which sends it back.
#[utoipa::path(get, path = "/session/provider", tag = "session", security(()), params(BeginParams),
    responses((status = 303, description = "To the provider.")))]
pub(crate) async fn begin(
    State(app): State<App>,
    Query(params): Query<BeginParams>,
    From(_, by_tls): From,
) -> Answer<Response> {
    let known = configured(&app)?;
    let back = params.back.map_or_else(|| "/".to_owned(), |back| back.0);
    if !is_own_path(&back) {
        let detail = "back is a path of the dashboard, such as /alerts";
        return Err(Problem::parameter(Code::InvalidParameter, "back", detail));
    }
    let (provider, redirect) = (known.provider.clone(), redirect_uri(&app));
    let begun = tokio::task::spawn_blocking(move || provider.begin(&redirect))
        .await
        .map_err(|error| Problem::internal(&error))?;
    let begun = match begun {
        Ok(begun) => begun,
        Err(error) => return Ok(failed("unreachable", &error)),
    };
    let flow = Flow { nonce: begun.nonce, verifier: begun.verifier, back };
    let cookie = app.accounts.begin_at_provider(&begun.state, flow).await?;
    // Lax: it must come along when the provider sends the browser back.
    let cookie = own_cookie(by_tls, &cookie, COOKIE_SECONDS)?;
    let to = HeaderValue::from_str(&begun.url).map_err(|error| Problem::internal(&error))?;
    let headers = [(header::LOCATION, to), (header::SET_COOKIE, cookie)];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// Back from the identity provider
///
/// For a browser: it gets its session and goes on. What else a provider sends along is not looked at.
#[utoipa::path(get, path = "/session/provider/callback", tag = "session", security(()),
    params(("code" = Option<String>, Query, description = "The provider's code."),
        ("state" = Option<String>, Query, description = "What the sign-in began with."),
        ("iss" = Option<String>, Query, description = "The provider."),
        ("error" = Option<String>, Query, description = "Why there is no code.")),
    responses((status = 200, description = "Signed in: a page that leads on.", body = String,
            content_type = "text/html"),
        (status = 303, description = "To the sign-in, which says why not.")))]
pub(crate) async fn callback(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    From(client, by_tls): From,
    headers: HeaderMap,
) -> Answer<Response> {
    let known = configured(&app)?;
    let query = query.unwrap_or_default();
    let value = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let found = pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        found.filter(|value| value.len() <= VALUE_BYTES_MAX)
    };
    let flow = match (value("state"), flow_cookie(&headers)) {
        (Some(state), Some(cookie)) => app.accounts.back_from_provider(&state, &cookie).await?,
        _ => None,
    };
    let Some(flow) = flow else {
        return Ok(failed("stale", &"it began in another browser, or too long ago"));
    };
    let Some(code) = value("code") else {
        let said = value("error").unwrap_or_else(|| "nothing".into());
        return Ok(failed("denied", &format_args!("the provider says {said:?}")));
    };
    let (provider, redirect) = (known.provider.clone(), redirect_uri(&app));
    let (iss, Flow { nonce, verifier, back }) = (value("iss"), flow);
    let finish = move || provider.finish(&code, iss.as_deref(), &redirect, &nonce, &verifier);
    let identity =
        tokio::task::spawn_blocking(finish).await.map_err(|error| Problem::internal(&error))?;
    let identity = match identity {
        Ok(identity) => identity,
        Err(error @ oidc::Error::Token(_)) => return Ok(failed("denied", &error)),
        Err(error) => return Ok(failed("unreachable", &error)),
    };
    let result = match known.vouched(identity) {
        Ok(vouched) => app.accounts.sign_in_by_provider(vouched, client).await?,
        Err(refusal) => Err(refusal),
    };
    let outcome = if result.is_ok() { "done" } else { "wrong" };
    app.metrics.sign_ins.with_label_values(&[outcome]).inc();
    let session = match result {
        Ok(session) => session,
        Err(refusal) => return Ok(failed(word(&refusal), &format_args!("{refusal:?}"))),
    };
    // A redirect would still be the provider's doing, and the session's cookie is for our own alone.
    let mut answer = crate::lite::leading_to(&back).into_response();
    answer.headers_mut().append(header::SET_COOKIE, set_cookie(by_tls, &session)?);
    answer.headers_mut().append(header::SET_COOKIE, own_cookie(by_tls, "", 0)?);
    Ok(answer)
}

/// Somebody signed out at the identity provider
///
/// OpenID Connect Back-Channel Logout: the provider sends a logout token, and the sessions that it
/// names end.
#[utoipa::path(post, path = "/session/provider/logout", tag = "session", security(()),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The sessions have ended.")))]
pub(crate) async fn logout(State(app): State<App>, request: Request) -> Answer<StatusCode> {
    let trace = request.extensions().get::<TraceId>().cloned();
    let known = configured(&app)?;
    let issuer = known.issuer.clone();
    let body = form_bytes(request).await?;
    let mut pairs = form_urlencoded::parse(&body);
    let token = pairs.find(|(name, _)| name == "logout_token").map(|(_, value)| value.into_owned());
    let bad = |detail: String| Problem::new(Code::InvalidBody, detail);
    let token = token.ok_or_else(|| bad("send logout_token".into()))?;
    let provider = known.provider.clone();
    let told = tokio::task::spawn_blocking(move || provider.logout(&token))
        .await
        .map_err(|error| Problem::internal(&error))?
        .map_err(|error| match error {
            oidc::Error::Token(_) => bad(error.to_string()),
            other => Problem::new(Code::Unreachable, other.to_string()),
        })?;
    let trace = trace.map(|trace| trace.0.to_string()).unwrap_or_default();
    match app.accounts.signed_out_at_provider(&issuer, told, &trace).await? {
        Some(_) => Ok(StatusCode::OK),
        None => Err(bad("this logout token was taken before".into())),
    }
}

fn configured(app: &App) -> Answer<&IdentityProvider> {
    let none = || Problem::new(Code::NotFound, "the service has no identity provider ([oidc])");
    app.provider.as_ref().ok_or_else(none)
}

fn redirect_uri(app: &App) -> String {
    format!("{}{CALLBACK_PATH}", app.base)
}

/// A path that stays here whoever reads it: `//host` and `/\host` are other sites to a browser.
fn is_own_path(path: &str) -> bool {
    path.len() <= BACK_BYTES_MAX
        && path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(char::is_control)
}

/// Back to the sign-in, which says why not; the log says more.
fn failed(word: &str, why: &dyn std::fmt::Display) -> Response {
    tracing::warn!(word, %why, "a sign-in at the identity provider came to nothing");
    let to = format!("/?sign_in={word}");
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NoRole => "no_role",
        Refusal::NameTaken => "name_taken",
        Refusal::BadName => "bad_name",
        Refusal::Disabled => "disabled",
        _ => "denied",
    }
}

fn own_cookie(by_tls: ByTls, value: &str, seconds: u32) -> Answer<HeaderValue> {
    let secure = if by_tls.0 { "; Secure" } else { "" };
    let text =
        format!("{COOKIE}={value}; Path={PATH}; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    let mut value = HeaderValue::from_str(&text).map_err(|error| Problem::internal(&error))?;
    value.set_sensitive(true);
    Ok(value)
}

fn flow_cookie(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';'));
    pairs.find_map(|pair| Some(pair.trim().strip_prefix(COOKIE)?.strip_prefix('=')?.to_owned()))
}

/// Where a browser signs out at the provider too, if it vouches for the user.
pub(crate) async fn sign_out_address(app: &App, user: &User) -> Answer<Option<String>> {
    let Some(known) = app.provider.as_ref().filter(|_| user.by_provider) else { return Ok(None) };
    let (provider, back) = (known.provider.clone(), format!("{}/", app.base));
    tokio::task::spawn_blocking(move || provider.end_session(&back))
        .await
        .map_err(|error| Problem::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::is_own_path;

    #[test]
    fn nobody_is_led_elsewhere() {
        for (path, own) in [
            ("/", true),
            ("/alerts/7?state=new", true),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("https://evil.example", false),
            ("/a\nb", false),
            ("", false),
        ] {
            assert_eq!(is_own_path(path), own, "{path:?}");
        }
    }
}
