//! What every request passes through: trace id, host and origin checks, time limit, headers.

use crate::App;
use crate::accounts::secret::hex;
use crate::problem::{Answer, Code, Problem};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Instrument;

/// Longest time to an answer's head; the store's own limit on a query is shorter.
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// The same where a file is sent over a thin link.
const UPLOAD_TIME: Duration = Duration::from_secs(300);
/// The header that a page of another site cannot send without asking us first.
const CSRF_HEADER: &str = "x-prohori-request";
/// Probes and scrapers come by address, not by name.
const PROBES: [&str; 3] = ["/live", "/ready", "/metrics"];

/// Scripts and styles from here only, nothing inline, no markup from strings.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'";

/// Of every answer.
const HEADERS: [(HeaderName, &str); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Of every answer that is no part of a page: on what a page loads its own rules are of no use, and on a thin link
/// they are half of what a small file takes.
const PAGE_HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// The name of one request in the log, the audit log and the answer: 32 hex digits.
#[derive(Debug, Clone)]
pub(crate) struct TraceId(pub(crate) Arc<str>);

impl TraceId {
    fn random() -> Self {
        let mut bytes = [0; 16];
        // Without randomness sessions fail too; a trace id of zeros harms nobody.
        let _ = getrandom::fill(&mut bytes);
        Self(hex(&bytes).into())
    }
}

/// Whether the dashboard is reached by https under the name that this request came to: then its
/// cookie must not travel otherwise. Behind a proxy that ends TLS it is, though not here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ByTls(pub(crate) bool);

/// The outermost layer.
pub(crate) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let trace = TraceId::random();
    let method = request.method().clone();
    let in_api = request.uri().path().starts_with("/api/");
    let in_lite = in_lite(request.uri().path());
    let route = match request.extensions().get::<MatchedPath>() {
        Some(path) => path.as_str().to_owned(),
        None => if in_api { "unknown" } else { "web" }.to_owned(),
    };
    request.extensions_mut().insert(trace.clone());
    let span = tracing::info_span!("request", trace_id = %trace.0, %method, route);

    let checked = check(&app, &request);
    let by_tls = checked.as_ref().copied().unwrap_or_default();
    let mut response = match checked {
        Ok(by_tls) => {
            request.extensions_mut().insert(by_tls);
            let time = if route.ends_with("/files") || route.ends_with("/import") {
                UPLOAD_TIME
            } else {
                REQUEST_TIME
            };
            limited(&app, time, request, next).instrument(span).await
        }
        Err(problem) => problem.into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let bare = std::mem::replace(&mut response, problem.render(&trace.0));
        keep_headers(bare.headers(), response.headers_mut());
    }
    finish(by_tls, in_api, &trace, response.headers_mut());
    if in_lite {
        // Without a referrer a browser sends a form without its origin, too.
        let value = HeaderValue::from_static("same-origin");
        response.headers_mut().insert(header::REFERRER_POLICY, value);
    }

    let status = response.status();
    app.metrics.seconds.with_label_values(&[&route]).observe(begun.elapsed().as_secs_f64());
    let labels = [method_label(&method), &route, status.as_str()];
    app.metrics.requests.with_label_values(&labels).inc();
    response
}

/// The answer, or what stands for it when it takes too long or the handler panics.
async fn limited(app: &App, time: Duration, request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(time, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            tracing::error!("a handler panicked");
            app.metrics.cut_off.with_label_values(&["panic"]).inc();
            Problem::new(Code::Internal, "it was logged under the trace id").into_response()
        }
        Err(_) => {
            app.metrics.cut_off.with_label_values(&["time_limit"]).inc();
            let detail = "ask for less: a shorter time range or a narrower filter";
            Problem::new(Code::TimeLimit, detail).into_response()
        }
    }
}

/// Refuses what comes under a foreign name or from a foreign page.
fn check(app: &App, request: &Request) -> Answer<ByTls> {
    if PROBES.contains(&request.uri().path()) {
        return Ok(ByTls::default());
    }
    let headers = request.headers();
    // A name that we do not go by means that somebody made their name point here (DNS rebinding).
    let host = text(headers, &header::HOST).unwrap_or_default().to_ascii_lowercase();
    let Some(site) = app.origins.iter().find(|origin| origin.authority == host) else {
        let detail = "list the address under [http] origins to be served under it";
        return Err(Problem::new(Code::UnknownHost, detail));
    };
    let by_tls = ByTls(site.secure);
    // A page of another site can send our cookie, but no header `Authorization` without asking
    // first, and beside that header the cookie is not looked at.
    if request.method().is_safe() || headers.contains_key(header::AUTHORIZATION) {
        return Ok(by_tls);
    }
    // No browser is there: a token that the identity provider signed says it all.
    if request.uri().path() == crate::routes::provider::LOGOUT_PATH {
        return Ok(by_tls);
    }
    // A plain form cannot send the header; it carries a token of its session, which its handler checks.
    let is_form = in_lite(request.uri().path());
    if !is_form && text(headers, &HeaderName::from_static(CSRF_HEADER)) != Some("1") {
        let detail = "send header X-Prohori-Request: 1 with every change";
        return Err(Problem::new(Code::CsrfHeaderMissing, detail));
    }
    let origin = text(headers, &header::ORIGIN).unwrap_or_default();
    let same_site = crate::config::Origin::parse(origin)
        .is_some_and(|o| o.authority == host && app.origins.contains(&o));
    if !same_site {
        let detail = "send header Origin with the address of this dashboard";
        return Err(Problem::new(Code::OriginNotAllowed, detail));
    }
    Ok(by_tls)
}

/// Whether a path is one of the pages that work without scripts.
fn in_lite(path: &str) -> bool {
    let rest = path.strip_prefix(crate::lite::PREFIX);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// What a handler sent along with its problem, such as a cookie to be deleted.
fn keep_headers(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from {
        if *name != header::CONTENT_LENGTH {
            to.append(name.clone(), value.clone());
        }
    }
}

fn finish(by_tls: ByTls, in_api: bool, trace: &TraceId, headers: &mut HeaderMap) {
    let is_part = headers
        .get(header::CACHE_CONTROL)
        .is_some_and(|value| value.as_bytes().ends_with(b"immutable"));
    let of_page = PAGE_HEADERS.into_iter().filter(|_| !is_part);
    for (name, value) in HEADERS.into_iter().chain(of_page) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if by_tls.0 {
        let value = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    if in_api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(&trace.0) {
        headers.insert("x-trace-id", value);
    }
}

/// A closed set: a client may invent methods, not labels.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

/// Whatever the router has no handler for under `/api`.
pub(crate) async fn not_found() -> Box<Problem> {
    Problem::new(Code::NotFound, "there is no such route; see /api/v1/openapi.json")
}

/// A known path with another method.
pub(crate) async fn method_not_allowed(method: Method) -> Response {
    let detail = format!("{method} is not known here; see /api/v1/openapi.json");
    Problem::new(Code::MethodNotAllowed, detail).into_response()
}
