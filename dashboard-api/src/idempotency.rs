//! A POST with header `Idempotency-Key` is done once: whoever sends it again gets the first answer.
//!
//! The request runs in a task of its own, so that a client that goes away and comes back finds it
//! done and not broken off. What failed is forgotten: it changed nothing and may be tried again.

mod record;

use crate::App;
use crate::identity::Identity;
use crate::problem::{Answer, Code, Problem};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use record::{Begun, Kept};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tracing::Instrument;

/// The header that names a request.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// On an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest name of a request.
const KEY_BYTES_MAX: usize = 128;
/// The largest body of such a request: an import of indicators fits.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The largest answer that is kept to be given again.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;
/// Such requests at a time; beyond, the client is asked to come back.
const RUNNING_MAX: usize = 64;

/// An extension of an answer that holds a secret: it is not kept, and not given again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShownOnce;

/// The requests under way; clones share them.
#[derive(Clone)]
pub(crate) struct Running {
    tasks: Arc<Mutex<JoinSet<()>>>,
    permits: Arc<Semaphore>,
}

impl Running {
    pub(crate) fn new() -> Self {
        Self {
            tasks: Arc::new(Mutex::new(JoinSet::new())),
            permits: Arc::new(Semaphore::new(RUNNING_MAX)),
        }
    }

    /// Whether no task was started yet.
    #[cfg(test)]
    pub(crate) fn is_idle(&self) -> bool {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// The layer.
pub(crate) async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let user = request.extensions().get::<Identity>().and_then(Identity::user).map(|user| user.id);
    let named = request.headers().contains_key(HEADER) && request.method() == Method::POST;
    match user.filter(|_| named) {
        // Nobody's request is refused by its handler, or is a sign-in, which cannot be given again.
        None => next.run(request).await,
        Some(user) => keyed(&app, user, request, next).await.unwrap_or_else(|p| p.into_response()),
    }
}

async fn keyed(app: &App, user: i64, request: Request, next: Next) -> Answer<Response> {
    let key = key(request.headers())?;
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|_| {
        let detail = format!("with an Idempotency-Key a body has at most {BODY_BYTES_MAX} bytes");
        Problem::new(Code::BodyTooLarge, detail).with(json!({"bytes_max": BODY_BYTES_MAX}))
    })?;
    let body = body.to_bytes();
    let print = print(&parts.uri.to_string(), &body);
    let Ok(permit) = Arc::clone(&app.running.permits).try_acquire_owned() else {
        return Err(Problem::new(Code::Busy, "many changes are under way").retry_after(1));
    };
    match record::begin(app, user, key.clone(), print).await? {
        Begun::New => {}
        Begun::Running => {
            let detail = "the first request of this key is under way, or was cut off by a crash: \
                look whether it was done before you send it under another key";
            return Err(Problem::new(Code::IdempotencyInProgress, detail).retry_after(1));
        }
        Begun::Other => {
            let detail = "this key was used for another request; use a new one for each";
            return Err(Problem::new(Code::IdempotencyMismatch, detail));
        }
        Begun::Done(kept) => return replay(kept),
    }
    let (tell, told) = oneshot::channel();
    let (app_of_task, request) = (app.clone(), Request::from_parts(parts, Body::from(body)));
    let work = async move {
        let answer = next.run(request).await;
        let answer = finish(&app_of_task, user, key, answer).await;
        // Who asked may be gone by now.
        let _ = tell.send(answer);
        drop(permit);
    };
    {
        let mut tasks = app.running.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(work.in_current_span());
    }
    told.await.map_err(|_| Problem::new(Code::Internal, "it was logged under the trace id"))?
}

/// The request's name: visible ASCII, at most 128 characters.
fn key(headers: &HeaderMap) -> Answer<String> {
    let value = headers.get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if (1..=KEY_BYTES_MAX).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(value.to_owned());
    }
    let detail = "Idempotency-Key is 1 to 128 visible ASCII characters, such as a UUID";
    Err(Problem::parameter(Code::InvalidParameter, "Idempotency-Key", detail))
}

/// What tells one request from another under the same key.
fn print(uri: &str, body: &Bytes) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(u64::try_from(uri.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(uri);
    hash.update(body);
    hash.finalize().into()
}

/// Keeps the answer of what was done, and forgets what was refused or failed.
async fn finish(app: &App, user: i64, key: String, answer: Response) -> Answer<Response> {
    let (parts, body) = answer.into_parts();
    if !parts.status.is_success() {
        record::forget(app, user, key).await?;
        return Ok(Response::from_parts(parts, body));
    }
    let secret = parts.extensions.get::<ShownOnce>().is_some()
        || parts.headers.contains_key(header::SET_COOKIE);
    let small = hyper::body::Body::size_hint(&body).exact().is_some_and(|n| n <= ANSWER_BYTES_MAX);
    if secret || !small {
        record::done(app, user, key, None).await?;
        return Ok(Response::from_parts(parts, body));
    }
    let bytes = body.collect().await.map_err(|error| Problem::internal(&error))?.to_bytes();
    let text = |name: HeaderName| {
        parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let kept = Kept {
        status: parts.status.as_u16(),
        content_type: text(header::CONTENT_TYPE),
        etag: text(header::ETAG),
        location: text(header::LOCATION),
        body: bytes.to_vec(),
    };
    record::done(app, user, key, Some(kept)).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// The first answer again.
fn replay(kept: Option<Kept>) -> Answer<Response> {
    let Some(kept) = kept else {
        let detail = "this was done; its answer cannot be given twice";
        return Err(Problem::new(Code::IdempotencyDone, detail));
    };
    let status = StatusCode::from_u16(kept.status).map_err(|error| Problem::internal(&error))?;
    let mut response = (status, kept.body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    let kept = [
        (header::CONTENT_TYPE, kept.content_type),
        (header::ETAG, kept.etag),
        (header::LOCATION, kept.location),
        (REPLAYED, Some("true".to_owned())),
    ];
    for (name, value) in kept {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}
