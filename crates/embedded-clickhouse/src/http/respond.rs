//! Responses with the headers that ClickHouse's clients read.

use super::App;
use super::call::Call;
use crate::compress::Encoding;
use crate::engine::KillOnDrop;
use crate::exception::Exception;
use crate::execute::{Answer, Head};
use crate::ffi::Counts;
use crate::format;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Time for the last bytes of a broken result to be written before its connection is cut: the
/// server cuts at once, even what is still in its buffers.
const FLUSH: Duration = Duration::from_millis(100);

/// Headers of every response.
pub(super) async fn common_headers(
    State(app): State<Arc<App>>,
    mut response: Response,
) -> Response {
    set(&mut response, "x-clickhouse-server-display-name", "prohori");
    set(&mut response, "x-clickhouse-timezone", &app.engine.timezone);
    response
}

/// An error that comes before any row.
pub(super) fn exception(app: &App, query_id: &str, exception: &Exception) -> Response {
    let mut text = exception.message(&app.engine.version);
    text.push('\n');
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = exception.status();
    set(&mut response, CONTENT_TYPE.as_str(), "text/plain; charset=UTF-8");
    set(&mut response, "x-clickhouse-exception-code", &exception.code.to_string());
    if !query_id.is_empty() {
        set(&mut response, "x-clickhouse-query-id", query_id);
    }
    if exception.status() == StatusCode::UNAUTHORIZED {
        set(&mut response, WWW_AUTHENTICATE.as_str(), "Basic realm=\"prohori\"");
    }
    response
}

/// A result, whose rows are still to come.
pub(super) fn rows(
    app: &App,
    call: &Call,
    head: Head,
    tag: &str,
    mut answers: Answers,
) -> Response {
    let mut response = Response::new(Body::empty());
    set(&mut response, "x-clickhouse-query-id", &call.query_id);
    set(&mut response, "x-clickhouse-summary", &summary(&head));
    set(&mut response, "x-clickhouse-timezone", &app.engine.timezone);
    let Some(format) = &head.format else {
        answers.guard.iter_mut().for_each(KillOnDrop::disarm);
        set(&mut response, CONTENT_TYPE.as_str(), "text/plain; charset=UTF-8");
        return response;
    };
    set(&mut response, "x-clickhouse-format", format);
    set(&mut response, "x-clickhouse-exception-tag", tag);
    set(&mut response, CONTENT_TYPE.as_str(), format::content_type(format));
    if call.encoding == Encoding::Lz4 {
        set(&mut response, CONTENT_ENCODING.as_str(), "lz4");
    }
    *response.body_mut() = Body::from_stream(stream::unfold(Some(answers), next));
    response
}

/// What is still to come of a result. Dropped before its end, it ends the statement.
pub(super) struct Answers {
    pub(super) answers: mpsc::Receiver<Answer>,
    pub(super) guard: Option<KillOnDrop>,
}

type Part = Result<Bytes, std::io::Error>;

/// The next part of the body. A result that breaks ends with an error, so that the connection is
/// cut and no reader can take it for whole.
async fn next(rest: Option<Answers>) -> Option<(Part, Option<Answers>)> {
    let mut rest = rest?;
    let answer = rest.answers.recv().await;
    if let Some(Answer::Data(part)) = answer {
        return Some((Ok(part), Some(rest)));
    }
    rest.guard.iter_mut().for_each(KillOnDrop::disarm);
    if let Some(Answer::End) = answer {
        return None;
    }
    tokio::time::sleep(FLUSH).await;
    Some((Err(std::io::Error::other("the statement failed after its first rows")), None))
}

/// The counts as ClickHouse gives them: a JSON object of numbers in strings.
fn summary(head: &Head) -> String {
    let Counts { result_rows, result_bytes, read_rows, read_bytes, written_rows, written_bytes } =
        head.counts;
    let elapsed = head.elapsed.as_nanos();
    format!(
        "{{\"read_rows\":\"{read_rows}\",\"read_bytes\":\"{read_bytes}\",\
         \"written_rows\":\"{written_rows}\",\"written_bytes\":\"{written_bytes}\",\
         \"total_rows_to_read\":\"0\",\"result_rows\":\"{result_rows}\",\
         \"result_bytes\":\"{result_bytes}\",\"elapsed_ns\":\"{elapsed}\"}}"
    )
}

/// A value that no header can carry is left out; all of ours can be carried.
fn set(response: &mut Response, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
        response.headers_mut().insert(name, value);
    }
}
