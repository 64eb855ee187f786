//! What a sender is told.

use super::Form;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};

/// Seconds after which a sender is to come again: longer than a hiccup of Kafka, short enough that
/// it need not keep much.
const RETRY_AFTER_S: u64 = 5;

/// Why nothing was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no room.
    Busy,
    /// The disk cannot be written.
    Disk,
    /// The token is missing or wrong.
    Token,
    /// There is nothing at that path.
    Path,
    /// Only POST is known.
    Method,
    /// The body is packed in a way that is not known.
    Packing,
    /// The body is too large, packed or unpacked.
    Large,
    /// The body did not come in time.
    Slow,
    /// The body is not what the path takes.
    Body(String),
}

impl Refusal {
    pub(super) fn answer(&self) -> Response<Full<Bytes>> {
        let (status, problem) = match self {
            Self::Busy => (StatusCode::TOO_MANY_REQUESTS, "no room for these records now"),
            Self::Disk => (StatusCode::SERVICE_UNAVAILABLE, "the records cannot be kept now"),
            Self::Token => (StatusCode::UNAUTHORIZED, "show the token: Authorization: Bearer …"),
            Self::Path => (StatusCode::NOT_FOUND, "post lines to / or OTLP logs to /v1/logs"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "only POST is known"),
            Self::Packing => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "pack bodies with gzip or zstd"),
            Self::Large => {
                (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large: send less at once")
            }
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
            Self::Body(problem) => (StatusCode::BAD_REQUEST, problem.as_str()),
        };
        let body = serde_json::json!({ "error": problem }).to_string();
        let mut answer = json(status, body);
        let headers = answer.headers_mut();
        match self {
            Self::Busy | Self::Disk => {
                headers.insert(RETRY_AFTER, RETRY_AFTER_S.into());
            }
            Self::Token => {
                headers.insert(WWW_AUTHENTICATE, hyper::header::HeaderValue::from_static("Bearer"));
            }
            Self::Method => {
                headers.insert(ALLOW, hyper::header::HeaderValue::from_static("POST"));
            }
            _ => {}
        }
        answer
    }
}

/// Everything was taken.
pub(super) fn accepted(form: Form, records: usize) -> Response<Full<Bytes>> {
    let body = match form {
        Form::Lines => format!("{{\"accepted\":{records}}}"),
        // As OTLP has it: nothing was rejected.
        Form::Otlp => "{\"partialSuccess\":{}}".to_owned(),
    };
    json(StatusCode::OK, body)
}

fn json(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}
