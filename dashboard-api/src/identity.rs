//! Who a request comes from: found out once, before anything else looks at it.

use crate::App;
use crate::accounts::User;
use crate::accounts::secret::SecretHash;
use crate::caller::cookie;
use crate::problem::Problem;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Whom the request's secret names, an extension of every request.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// Nobody: no secret, or one that is worth nothing any more.
    Nobody,
    /// A user with a live session.
    Session { user: Box<User>, session: SecretHash },
}

impl Identity {
    /// The user, however he proved it.
    pub(crate) fn user(&self) -> Option<&User> {
        match self {
            Self::Nobody => None,
            Self::Session { user, .. } => Some(user),
        }
    }
}

/// The layer that finds out.
pub(crate) async fn identify(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let found = match cookie(&parts) {
        Some(cookie) => app.accounts.session(cookie).await,
        None => Ok(None),
    };
    let identity = match found {
        Ok(Some((user, session))) => Identity::Session { user: Box::new(user), session },
        Ok(None) => Identity::Nobody,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    parts.extensions.insert(identity);
    next.run(Request::from_parts(parts, body)).await
}
