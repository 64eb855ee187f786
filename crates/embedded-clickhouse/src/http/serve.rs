//! Connections: accepted up to a limit, served, and drained at the end.

use super::quick::Quick;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use prometheus::IntGauge;
use service::Shutdown;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::util::MapRequest;

/// For a request's line and headers, and between two requests of a connection: as long as the
/// official client keeps an idle connection, and some more.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// A request's line and headers. Query strings hold statements; the official client puts an
/// INSERT's column names there.
const HEAD_BYTES_MAX: usize = 1 << 20;

/// Before the next try after the system has refused a connection (too many open files).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until the shutdown begins, then for at most `drain` until the requests that are being
/// answered have their answers.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    connections: u32,
    open: IntGauge,
    shutdown: Shutdown,
    drain: Duration,
) {
    let places = Arc::new(Semaphore::new(connections as usize));
    let (graceful, mut tasks) = (GracefulShutdown::new(), JoinSet::new());
    loop {
        // Cancel safety: nothing is lost when one of these is dropped; a permit goes back.
        let place = tokio::select! {
            () = shutdown.begun() => break,
            place = places.clone().acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = shutdown.begun() => break,
            accepted = listener.accept() => accepted,
        };
        while tasks.try_join_next().is_some() {}
        let (stream, _) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // The router takes axum's body type, connections have hyper's.
        let service =
            MapRequest::new(router.clone(), |request: Request<Incoming>| request.map(Body::new));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(HEAD_BYTES_MAX)
            .serve_connection(TokioIo::new(Quick::new(stream)), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        open.inc();
        let open = open.clone();
        tasks.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
            open.dec();
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections are cut: they were still open at the shutdown deadline");
    }
    tasks.shutdown().await;
}
