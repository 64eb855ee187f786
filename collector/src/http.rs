//! Records over HTTP: lines (NDJSON) and OTLP logs, taken whole or not at all.
//!
//! * `POST /` or `/ndjson`: each line of the body is a record, whatever is in it.
//! * `POST /v1/logs`: an OTLP/HTTP export in JSON; each log record becomes one, with its resource
//!   and its scope: `{"resource": …, "scope": …, "logRecord": …}`.
//!
//! Bodies may be packed (`Content-Encoding: gzip` or `zstd`). **200 means that the records are on
//! disk, synced.** While there is no room for them the answer is 429 with `Retry-After`, and while
//! the disk cannot be written 503: nothing was taken, and the sender is to come again.

mod answer;
mod body;

use crate::Error;
use crate::metrics::HttpMetrics;
use crate::queue::{Queue, Received, StreamId};
use crate::syslog::now_ms;
use answer::Refusal;
use frame::Lines;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use model::RAW_BYTES_MAX;
use service::Shutdown;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Connections at a time.
const CONNECTIONS_MAX: usize = 512;
/// Bodies that are read at a time; with the two limits of [`body`] this bounds the memory. Others
/// wait for their turn.
const BODIES_MAX: usize = 2;
/// How long a sender may take over its headers, its handshake, and its body.
const HEADERS: Duration = Duration::from_secs(10);
const BODY: Duration = Duration::from_secs(60);
/// Pause after an accept that failed, as it does while file descriptors are short.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long open connections have for their last answer at the shutdown.
const DRAIN: Duration = Duration::from_secs(2);
/// What a record takes in the spool besides its bytes, at most.
const OVERHEAD_BYTES: usize = 128;

/// A bound listener.
pub(crate) struct Http {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    token: Option<Arc<str>>,
}

impl Http {
    /// Binds `address`; with `tls`, for TLS alone; with `token`, for who shows it.
    pub(crate) async fn bind(
        address: SocketAddr,
        tls: Option<&tls::Files>,
        token: Option<Arc<str>>,
    ) -> Result<Self, Error> {
        let tls = tls.map(tls::Files::acceptor).transpose()?;
        let protocol = if tls.is_some() { "https" } else { "http" };
        let failed = |source| Error::Listen { protocol, address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        tracing::info!(%address, "receiving records on {protocol}");
        Ok(Self { listener, address, tls, token })
    }

    /// The bound address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the shutdown.
    pub(crate) async fn run(
        self,
        queue: Arc<Queue>,
        stream: StreamId,
        metrics: HttpMetrics,
        shutdown: Shutdown,
    ) -> Result<(), Error> {
        let Self { listener, address, tls, token } = self;
        let bodies = Arc::new(Semaphore::new(BODIES_MAX));
        let receiver = Arc::new(Receiver { queue, stream, metrics, token, bodies });
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut connections = JoinSet::new();
        loop {
            // Cancel safety: `accept`, `join_next` and `begun` lose nothing when dropped.
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                Some(_) = connections.join_next() => continue,
                () = shutdown.begun() => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let Ok(place) = places.clone().try_acquire_owned() else {
                        receiver.metrics.turned_away.inc();
                        continue;
                    };
                    let (receiver, tls) = (receiver.clone(), tls.clone());
                    connections.spawn(async move {
                        let _place = place;
                        serve(stream, tls, peer.ip().to_canonical(), receiver).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, %address, "cannot accept");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        // Who misses the deadline has got no answer and sends again.
        let _ = tokio::time::timeout(DRAIN, async {
            while receiver.bodies.available_permits() < BODIES_MAX {
                let _ = connections.join_next().await;
            }
        })
        .await;
        Ok(())
    }
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, peer: IpAddr, receiver: Arc<Receiver>) {
    let Some(tls) = tls else { return connection(stream, peer, receiver).await };
    match tokio::time::timeout(HEADERS, tls.accept(stream)).await {
        Ok(Ok(stream)) => connection(stream, peer, receiver).await,
        Ok(Err(error)) => {
            receiver.metrics.tls_errors.inc();
            tracing::warn!(%peer, %error, "a tls handshake failed");
        }
        Err(_) => receiver.metrics.tls_errors.inc(),
    }
}

async fn connection<S>(stream: S, peer: IpAddr, receiver: Arc<Receiver>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(|request| {
        let receiver = receiver.clone();
        async move { Ok::<_, Infallible>(receiver.answer(request, peer).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%peer, %error, "an http connection failed");
    }
}

/// What all connections share.
struct Receiver {
    queue: Arc<Queue>,
    stream: StreamId,
    metrics: HttpMetrics,
    token: Option<Arc<str>>,
    bodies: Arc<Semaphore>,
}

/// What a path takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    Otlp,
}

impl Receiver {
    async fn answer(&self, request: Request<Incoming>, peer: IpAddr) -> Response<Full<Bytes>> {
        self.metrics.requests.inc();
        match self.receive(request, peer).await {
            Ok((form, accepted)) => answer::accepted(form, accepted),
            Err(refusal) => {
                let counter = match refusal {
                    Refusal::Busy | Refusal::Disk => &self.metrics.busy,
                    Refusal::Token => &self.metrics.unauthorized,
                    _ => &self.metrics.bad,
                };
                counter.inc();
                refusal.answer()
            }
        }
    }

    async fn receive(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
    ) -> Result<(Form, usize), Refusal> {
        let form = match request.uri().path() {
            "/" | "/ndjson" => Form::Lines,
            "/v1/logs" => Form::Otlp,
            _ => return Err(Refusal::Path),
        };
        if request.method() != Method::POST {
            return Err(Refusal::Method);
        }
        self.check_token(&request)?;
        let packing = body::Packing::of(request.headers().get(CONTENT_ENCODING))?;
        let _turn = self.bodies.acquire().await.map_err(|_| Refusal::Busy)?;
        let limited = Limited::new(request.into_body(), body::PACKED_BYTES_MAX);
        let read = tokio::time::timeout(BODY, limited.collect()).await;
        let bytes = read.map_err(|_| Refusal::Slow)?.map_err(|_| Refusal::Large)?.to_bytes();
        let text = packing.unpack(bytes)?;
        let accepted = match form {
            Form::Lines => self.take(&text, peer)?,
            Form::Otlp => self.take(&body::otlp_lines(&text)?, peer)?,
        };
        let (queue, stream) = (self.queue.clone(), self.stream);
        let synced = tokio::task::spawn_blocking(move || queue.sync(stream)).await;
        match synced {
            Ok(Ok(())) => Ok((form, accepted)),
            _ => Err(Refusal::Disk),
        }
    }

    fn check_token<T>(&self, request: &Request<T>) -> Result<(), Refusal> {
        let Some(token) = &self.token else { return Ok(()) };
        let shown = request.headers().get(AUTHORIZATION).map(|value| value.as_bytes());
        let shown = shown.and_then(|value| value.strip_prefix(b"Bearer ")).unwrap_or_default();
        // All bytes are looked at, so that the time taken tells nothing of the token.
        let wrong = shown.iter().zip(token.as_bytes()).fold(0, |wrong, (a, b)| wrong | (a ^ b));
        if wrong == 0 && shown.len() == token.len() { Ok(()) } else { Err(Refusal::Token) }
    }

    /// Takes every line of `text`, if there is room for all of them.
    fn take(&self, mut text: &[u8], peer: IpAddr) -> Result<usize, Refusal> {
        let lines = memchr::memchr_iter(b'\n', text).count() + 1;
        if !self.queue.has_room(self.stream, text.len() + lines * OVERHEAD_BYTES) {
            return Err(Refusal::Busy);
        }
        let (mut framer, mut taken) = (Lines::new(RAW_BYTES_MAX), 0);
        let collected_ms = now_ms();
        let mut push = |frame: &frame::Frame<'_>| {
            let (bytes, cut) = (frame.bytes, frame.cut);
            let record = Received { bytes, cut, sender: Some(peer), collected_ms };
            taken += self.queue.push(self.stream, &[record]);
        };
        while let Some(frame) = framer.next(&mut text) {
            push(&frame);
        }
        framer.finish().iter().for_each(&mut push);
        Ok(taken)
    }
}

#[cfg(test)]
mod tests;
