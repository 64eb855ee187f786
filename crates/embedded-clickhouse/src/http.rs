//! The ClickHouse HTTP interface: requests become statements, results become responses.

mod auth;
mod body;
mod call;
mod multipart;
mod quick;
mod respond;
mod serve;

pub(crate) use serve::serve;

use crate::compress::Decoder;
use crate::config::Settings;
use crate::engine::{Engine, KillOnDrop, Killer, Workers};
use crate::exception::{Exception, code};
use crate::execute::{Answer, BodyPart, Job, Replies, execute};
use crate::format;
use crate::metrics::{Metrics, Refusal};
use crate::statement::{self, Kind};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use body::Reader;
use bytes::{Bytes, BytesMut};
use call::Call;
use respond::Answers;
use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

/// Parts under way between a connection and its statement's thread: enough to keep both busy. A
/// part is a network read (at most 1 MiB) or a fetched piece of a result (some 65,000 rows).
const PARTS: usize = 4;

/// What every request needs.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) engine: Arc<Engine>,
    pub(crate) workers: Workers,
    /// One permit a worker; held until its statement has ended.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) killer: Killer,
    pub(crate) metrics: Metrics,
}

/// All routes but those of `service::status`.
pub(crate) fn router(app: Arc<App>) -> Router {
    let ok = || async { "Ok.\n" };
    Router::new()
        .route("/", get(statement).post(statement).with_state(app.clone()))
        .route("/query", get(statement).post(statement).with_state(app.clone()))
        .route("/ping", get(ok))
        .route("/replicas_status", get(ok))
        .fallback(unknown)
        .layer(middleware::map_response_with_state(app, respond::common_headers))
}

async fn unknown(request: Request) -> Response {
    let path = request.uri().path().escape_default();
    let text = format!("There is no handle {path}\n\nUse / with a query, or /ping\n");
    (StatusCode::NOT_FOUND, text).into_response()
}

async fn statement(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // A browser or a probe without a query, as ClickHouse answers it.
    if parts.method != Method::POST && parts.uri.query().is_none() {
        return "Ok.\n".into_response();
    }
    let mut body = Reader::new(body, app.settings.limits.body_bytes, app.settings.idle());
    let mut query_id = String::new();
    let outcome = match admit(&app, &parts, &mut query_id, &mut body).await {
        Ok(admitted) => answer(&app, admitted, &mut body).await,
        Err(exception) => {
            app.metrics.refused(Refusal::of(&exception));
            Err(exception)
        }
    };
    match outcome {
        Ok(response) => response,
        Err(exception) => {
            body.drain().await;
            respond::exception(&app, &query_id, &exception)
        }
    }
}

/// A request whose statement may run.
struct Admitted {
    call: Call,
    text: Text,
    place: OwnedSemaphorePermit,
}

/// Everything that comes before a statement is run. `query_id` is set as soon as it is known.
async fn admit(
    app: &App,
    parts: &Parts,
    query_id: &mut String,
    body: &mut Reader,
) -> Result<Admitted, Exception> {
    let mut call = Call::read(parts)?;
    query_id.clone_from(&call.query_id);
    call.credentials.check(&app.settings)?;
    let boundary = multipart::boundary(&parts.headers)?;
    let text = Text::read(app, &mut call, boundary, body).await?;
    match timeout(app.settings.wait(), app.places.clone().acquire_owned()).await {
        Ok(Ok(place)) => Ok(Admitted { call, text, place }),
        _ => {
            let why = format!("all {} places for queries are taken", app.settings.limits.queries);
            Err(Exception::new(code::TOO_MANY_SIMULTANEOUS_QUERIES, why))
        }
    }
}

/// Runs the statement on a thread of its own, and begins the answer.
async fn answer(
    app: &Arc<App>,
    admitted: Admitted,
    body: &mut Reader,
) -> Result<Response, Exception> {
    let Admitted { mut call, text, place } = admitted;
    let (sender, mut answers) = mpsc::channel(PARTS);
    let (parts, receiver) = mpsc::channel(PARTS);
    let inserts = matches!(text.kind, Kind::Insert { .. });
    let tag = random_tag();
    let selects = matches!(text.kind, Kind::Select { .. });
    let job = job(app, &mut call, text, inserts.then_some(receiver), tag.clone());
    // What changes something runs to its end, whoever still waits for it, as on a server.
    let mut guard = selects.then(|| app.killer.guard(job.log_comment.clone()));
    let (runtime, idle) = (Handle::current(), app.settings.idle());
    let replies = Replies { sender, runtime, idle, written_rows: Cell::default() };
    let (engine, metrics) = (app.engine.clone(), app.metrics.clone());
    app.workers.run(move || {
        let kind = job.kind.name();
        metrics.statement(kind, || execute(&engine, job, &replies));
        drop((engine, place));
    });
    // Cancel safety: `recv` loses nothing; a part lost with `pump` is of a failed INSERT.
    let first = tokio::select! {
        biased;
        first = answers.recv() => first,
        () = pump(body, parts), if inserts => answers.recv().await,
    };
    match first {
        Some(Answer::Head(head)) => {
            Ok(respond::rows(app, &call, head, &tag, Answers { answers, guard }))
        }
        Some(Answer::Failed(exception)) => {
            guard.iter_mut().for_each(KillOnDrop::disarm);
            Err(exception)
        }
        _ => Err(Exception::new(code::LOGICAL_ERROR, "the statement ended without an answer")),
    }
}

/// Hands the body to the statement's thread; returns when it ends or the statement does.
async fn pump(body: &mut Reader, parts: mpsc::Sender<BodyPart>) {
    loop {
        let (part, last) = match body.next().await {
            Ok(Some(part)) => (BodyPart::Data(part), false),
            Ok(None) => (BodyPart::End, true),
            Err(exception) => (BodyPart::Failed(exception), true),
        };
        if parts.send(part).await.is_err() || last {
            return;
        }
    }
}

/// A statement's text, as far as it had to be read.
struct Text {
    kind: Kind,
    text: Bytes,
    /// What is left of a compressed body.
    decoder: Option<Decoder>,
}

impl Text {
    /// The statement is in `query`, or in the body, or begins in one and goes on in the other.
    async fn read(
        app: &App,
        call: &mut Call,
        boundary: Option<String>,
        body: &mut Reader,
    ) -> Result<Self, Exception> {
        let max = app.settings.limits.statement_bytes;
        let mut decoder = call.decompress.then(Decoder::default);
        if let Some(boundary) = boundary {
            body.limit(max);
            let mut fields = BytesMut::new();
            while let Some(part) = body.next().await? {
                fields.extend_from_slice(&part);
            }
            multipart::read(&fields, &boundary, call)?;
        }
        let mut text = BytesMut::from(call.query.as_bytes());
        let kind = statement::read(&text)?;
        if let Kind::Insert { .. } = kind {
            return Ok(Self { kind, text: text.freeze(), decoder });
        }
        if !text.is_empty() {
            text.extend_from_slice(b"\n");
        }
        while let Some(part) = body.next().await? {
            match &mut decoder {
                None => text.extend_from_slice(&part),
                Some(decoder) => {
                    decoder.push(&part);
                    while let Some(data) = decoder.next()? {
                        text.extend_from_slice(&data);
                    }
                }
            }
            if text.len() as u64 <= max {
                continue;
            }
            // An INSERT may go on with data for as long as it likes; nothing else may.
            let kind = statement::read(&text)?;
            if let Kind::Insert { .. } = kind {
                return Ok(Self { kind, text: text.freeze(), decoder });
            }
            let why = format!("the statement is longer than {max} bytes");
            return Err(Exception::new(code::QUERY_IS_TOO_LARGE, why));
        }
        decoder.as_ref().map_or(Ok(()), Decoder::finish)?;
        let kind = statement::read(&text)?;
        Ok(Self { kind, text: text.freeze(), decoder })
    }
}

fn job(
    app: &App,
    call: &mut Call,
    text: Text,
    body: Option<mpsc::Receiver<BodyPart>>,
    exception_tag: String,
) -> Job {
    let mut settings = std::mem::take(&mut call.settings);
    if call.read_only {
        settings.push(("readonly".to_owned(), "2".to_owned()));
    }
    Job {
        kind: text.kind,
        text: text.text,
        body,
        decoder: text.decoder,
        log_comment: format!("{} {exception_tag}", call.query_id),
        database: call.database.take(),
        roles: std::mem::take(&mut call.roles),
        settings,
        params: std::mem::take(&mut call.params),
        format: call.format.take().unwrap_or_else(|| format::DEFAULT.to_owned()),
        whole: call.whole,
        result_bytes_max: app.settings.limits.result_bytes,
        encoding: call.encoding,
        exception_tag,
    }
}

/// Numbers that cannot be foretold from those before: a keyed hash of a counter, whose key the
/// system draws at the process's start.
fn random() -> u64 {
    static KEY: std::sync::LazyLock<RandomState> = std::sync::LazyLock::new(RandomState::new);
    static NEXT: AtomicU64 = AtomicU64::new(0);
    KEY.hash_one(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A query id in the form that ClickHouse gives them.
fn random_id() -> String {
    let (a, b) = (random(), random());
    let (a, b) = (a & !0xf000 | 0x4000, b & !(0b11 << 62) | (0b10 << 62));
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xffff,
        b >> 48,
        b & 0xffff_ffff_ffff
    )
}

/// 16 small letters.
fn random_tag() -> String {
    let letters = |mut number: u64| {
        (0..8).map(move |_| {
            let letter = b'a' + (number % 26) as u8;
            number /= 26;
            char::from(letter)
        })
    };
    letters(random()).chain(letters(random())).collect()
}
