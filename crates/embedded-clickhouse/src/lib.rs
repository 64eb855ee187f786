//! A ClickHouse server for one machine: the real engine as a library, behind its HTTP interface.
//!
//! The engine ([`chdb`'s library](https://clickhouse.com/docs/chdb)) is loaded with `dlopen` into
//! a process of its own, which speaks the ClickHouse HTTP interface on loopback: the official
//! client, `curl` and anything else that can talk to a server can talk to it. A crash of the
//! engine is then a restart of this process and nothing else.
//!
//! A request is read and sorted (`http`), its text looked at just enough to tell an INSERT with
//! data from the rest (`statement`), and run on a thread of its own (`execute`) in a fresh engine
//! session (`engine`, `ffi`); the result goes back piece by piece.
//!
//! # What an acknowledgement means
//! An INSERT is answered with 200 when the engine has stored its rows and written them through to
//! the disk (`fsync_after_insert`); asynchronous inserts are off. A client that breaks off inserts
//! nothing of the block that was under way.

mod compress;
mod config;
mod engine;
mod error;
mod exception;
mod execute;
mod ffi;
mod format;
mod http;
mod library;
mod metrics;
mod statement;
pub mod testing;

pub use config::{Config, Engine, Limits};
pub use error::Error;

use config::Settings;
use engine::{Killer, Workers};
use http::App;
use metrics::Metrics;
use service::{Registry, Shutdown, Status};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Serves until the shutdown begins and the running statements have ended.
pub async fn run(config: Config, registry: &Registry, shutdown: Shutdown) -> Result<(), Error> {
    run_with(config, registry, shutdown, |_| {}).await
}

/// As [`run`]; `ready` is called with the bound address once requests are answered.
pub async fn run_with(
    config: Config,
    registry: &Registry,
    shutdown: Shutdown,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Error> {
    let settings = Settings::check(config)?;
    let metrics = Metrics::register(registry)?;
    let bind = |source| Error::Bind { address: settings.listen, source };
    // Bound before the engine starts: a taken port must not cost the opening of all tables.
    let listener = TcpListener::bind(settings.listen).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let status = Status::new();
    let part = status.part("engine");
    let opening = settings.clone();
    let engine = tokio::task::spawn_blocking(move || engine::Engine::open(&opening)).await;
    let engine = Arc::new(engine.map_err(|panic| Error::Start {
        path: settings.data.clone(),
        message: panic.to_string(),
    })??);
    let (limits, drain) = (settings.limits.clone(), settings.drain());
    let app = Arc::new(App {
        settings,
        engine: engine.clone(),
        workers: Workers::start(limits.queries)?,
        places: Arc::new(Semaphore::new(limits.queries as usize)),
        killer: Killer::start(engine.clone())?,
        metrics: metrics.clone(),
    });
    let router =
        http::router(app.clone()).merge(service::status::router(registry.clone(), status.clone()));
    part.up();
    tracing::info!(%address, "serving the ClickHouse HTTP interface");
    ready(address);
    http::serve(listener, router, limits.connections, metrics.connections, shutdown, drain).await;
    part.down("shutting down");
    close(app, limits.queries).await;
    Ok(())
}

/// How long statements have to end once they were killed.
const KILLED: Duration = Duration::from_secs(5);

/// Ends what still runs and closes the engine. Connections are closed by now, so that nothing new
/// is admitted.
async fn close(app: Arc<App>, queries: u32) {
    let (engine, places) = (app.engine.clone(), app.places.clone());
    let idle = tokio::time::timeout(KILLED, async {
        if places.available_permits() < queries as usize {
            let engine = engine.clone();
            let _ = tokio::task::spawn_blocking(move || engine.kill_all()).await;
        }
        let _ = places.acquire_many(queries).await;
    });
    if idle.await.is_err() {
        give_up(queries as usize - places.available_permits());
    }
    let closed = tokio::task::spawn_blocking(move || {
        if let Some(app) = Arc::into_inner(app) {
            app.workers.join();
            app.killer.join();
        }
        engine.close();
    });
    let _ = closed.await;
    tracing::info!("engine closed");
}

/// An engine that still works on a statement cannot be closed, and a process with an open engine
/// hangs in its exit handlers. What was acknowledged is on the disk, so it ends without them.
fn give_up(statements: usize) -> ! {
    tracing::error!(statements, "statements do not end: the process ends without them");
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}
