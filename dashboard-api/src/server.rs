//! The web server: accepts connections up to a limit, by TLS where it has a certificate, cuts slow
//! clients off, drains on shutdown.

use crate::Error;
use crate::metrics::Metrics;
use axum::Router;
use axum::extract::Request;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use service::Shutdown;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

/// Connections at a time: a browser keeps up to six, and 200 analysts share one server.
const CONNECTIONS_MAX: usize = 2_000;
/// How long a client may take for a request's head; an idle connection ends after it too.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// Longest head: a session's cookie and a long query fit many times.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How long requests under way may take once the shutdown has begun.
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// How long a TLS handshake may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Pause between two looks at whether the certificate was renewed.
const RENEW_PAUSE: Duration = Duration::from_secs(60);
/// Pause after an accept that failed, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The client's address, an extension of every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Binds `address`.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Bind { address, source })
}

/// Serves `router` until the shutdown begins, and then what is under way.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<tls::Renewing>,
    router: Router,
    metrics: Metrics,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        // Cancel safety: `accept`, `join_next` and `begun` lose nothing when dropped.
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = shutdown.begun() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
            metrics.connections_refused.inc();
            continue;
        };
        let open = Open { metrics: metrics.clone(), _permit: permit };
        open.metrics.connections.inc();
        let (router, watcher, until) = (router.clone(), graceful.watcher(), shutdown.clone());
        let tls = tls.as_ref().map(tls::Renewing::acceptor);
        connections.spawn(async move {
            let ended = match tls {
                None => watcher.watch(connection(stream, peer.ip(), router)).await,
                Some(tls) => match accept(&tls, stream, &until).await {
                    Some(stream) => watcher.watch(connection(stream, peer.ip(), router)).await,
                    None => Ok(()),
                },
            };
            // A client that goes away or talks nonsense is no concern of the log.
            if let Err(error) = ended {
                tracing::debug!(%error, "connection ended");
            }
            drop(open);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests cut off by the shutdown");
    }
    Ok(())
}

/// Counts a connection as long as it lives, also when its task is dropped.
struct Open {
    metrics: Metrics,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.metrics.connections.dec();
    }
}

/// Shakes hands; `None` where the client does not, or the shutdown begins before.
async fn accept(
    tls: &TlsAcceptor,
    stream: TcpStream,
    shutdown: &Shutdown,
) -> Option<TlsStream<TcpStream>> {
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(HANDSHAKE_TIME, tls.accept(stream)) => shaken.ok()?,
        () = shutdown.begun() => return None,
    };
    shaken.inspect_err(|error| tracing::debug!(%error, "a TLS handshake failed")).ok()
}

/// Takes a renewed certificate up, until the shutdown begins.
pub(crate) async fn renew(tls: tls::Renewing, shutdown: Shutdown) -> Result<(), Error> {
    loop {
        tokio::select! {
            () = tokio::time::sleep(RENEW_PAUSE) => {}
            () = shutdown.begun() => return Ok(()),
        }
        let again = tls.clone();
        match tokio::task::spawn_blocking(move || again.look()).await {
            Ok(Ok(true)) => tracing::info!("the certificate was taken up anew"),
            Ok(Ok(false)) | Err(_) => {}
            Ok(Err(error)) => tracing::error!(%error, "the certificate stays as it was"),
        }
    }
}

fn connection<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    peer: IpAddr,
    router: Router,
) -> http1::Connection<
    TokioIo<S>,
    impl hyper::service::HttpService<
        hyper::body::Incoming,
        ResBody = axum::body::Body,
        Error = std::convert::Infallible,
        Future: Send,
    > + Send,
> {
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
}
