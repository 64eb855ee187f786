//! Who a request comes from: found out once, before anything else looks at it.

use crate::App;
use crate::accounts::User;
use crate::accounts::secret::SecretHash;
use crate::caller::cookie;
use crate::problem::Problem;
use crate::server::Peer;
use axum::extract::{Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Whom the request's secret names, an extension of every request.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// Nobody: no secret, or one that is worth nothing any more.
    Nobody,
    /// A user with a live session.
    Session { user: Box<User>, session: SecretHash },
    /// A program with a live key, and the key's id.
    Key { user: Box<User>, key: String },
    /// A program whose key is worth nothing: unknown, expired, ended, or from elsewhere.
    BadKey,
}

impl Identity {
    /// The user, however he proved it.
    pub(crate) fn user(&self) -> Option<&User> {
        match self {
            Self::Nobody | Self::BadKey => None,
            Self::Session { user, .. } | Self::Key { user, .. } => Some(user),
        }
    }
}

/// A request with `Authorization` is judged by that alone: a cookie beside it is not looked at, so
/// that the check for forged requests, which such a request is spared, has nothing to protect.
async fn find(app: &App, parts: &Parts) -> Result<Identity, crate::Error> {
    let Some(authorization) = parts.headers.get(header::AUTHORIZATION) else {
        let Some(cookie) = cookie(parts) else { return Ok(Identity::Nobody) };
        let found = app.accounts.session(cookie).await?;
        return Ok(found.map_or(Identity::Nobody, |(user, session)| Identity::Session {
            user: Box::new(user),
            session,
        }));
    };
    let text = authorization.to_str().ok().and_then(bearer).unwrap_or_default();
    let address = parts.extensions.get::<Peer>().map(|peer| peer.0);
    let found = app.accounts.by_key(text, address).await?;
    if found.is_none() {
        app.metrics.keys_refused.inc();
    }
    Ok(found.map_or(Identity::BadKey, |(user, key)| Identity::Key { user: Box::new(user), key }))
}

/// What follows the scheme, whose case does not matter.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The layer that finds out.
pub(crate) async fn identify(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let identity = match find(&app, &parts).await {
        Ok(identity) => identity,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    parts.extensions.insert(identity);
    next.run(Request::from_parts(parts, body)).await
}
