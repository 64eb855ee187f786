//! From Kafka into ClickHouse: events, alerts and dead letters, each exactly once in effect.
//!
//! The order to read in: [`decode`] makes rows of records; [`batch`] collects them;
//! [`high_water`] drops what a restarted normalizer wrote twice; [`note`] is what stands beside a
//! committed offset; [`partition`] is the state machine that announces, writes and acknowledges
//! batches; [`writing`] is the one that gets a batch into the store whatever fails. These are
//! pure, and tested together under seeded faults. [`worker`] and [`write`] do what they say.

mod batch;
mod config;
mod decode;
mod error;
mod high_water;
mod metrics;
mod note;
mod partition;
mod worker;
mod write;
mod writing;

#[cfg(test)]
mod simulation;

pub use config::{Config, Loader};
pub use error::Error;
pub use note::restored;

use backoff::Backoff;
use metrics::Metrics;
use service::{Part, Registry, Shutdown, Status, Tasks, status, telemetry::chain};
use std::time::Duration;
use store::Store;
use worker::Worker;
use write::Writer;

/// The topics that are loaded.
pub const TOPICS: [&str; 3] =
    [model::topic::EVENTS, model::topic::ALERTS, model::topic::DEAD_LETTERS];
/// How long everything has to end once the shutdown began: the drain of the workers, and the
/// consumers' farewell to their group.
const SHUTDOWN: Duration = Duration::from_secs(10);
/// Ceilings of the waits for a ClickHouse that does not answer yet.
const WAIT_BASE: Duration = Duration::from_millis(100);
const WAIT_CAP: Duration = Duration::from_secs(5);

/// Runs the loader until the shutdown begins.
pub async fn run(config: Config, registry: &Registry, shutdown: Shutdown) -> Result<(), Error> {
    config.loader.check()?;
    let store = Store::connect(&config.store.clone().try_into()?);
    let metrics = Metrics::register(registry)?;
    let server = status::Server::bind(config.http.listen).await?;
    let status = Status::new();
    let mut tasks = Tasks::new(&shutdown);
    let router = status::router(registry.clone(), status.clone());
    tasks.spawn("status", server.serve(router, shutdown.clone()));

    let part = status.part("clickhouse");
    let prepared = prepare(&store, &part, &shutdown).await;
    if prepared.is_ok() && !shutdown.has_begun() {
        let writer = Writer { store, metrics, status: part };
        for _ in 0..config.loader.threads {
            let worker =
                Worker::open(&config, writer.clone(), status.part("kafka"), shutdown.clone())?;
            tasks.spawn_blocking("worker", move || worker.run());
        }
    } else {
        shutdown.begin();
    }
    tasks.join(SHUTDOWN).await?;
    prepared
}

/// Brings the schema up to date, waiting for a ClickHouse that is not there yet.
async fn prepare(store: &Store, part: &Part, shutdown: &Shutdown) -> Result<(), Error> {
    let mut backoff = Backoff::new(WAIT_BASE, WAIT_CAP, u64::from(std::process::id()));
    while !shutdown.has_begun() {
        match store.migrate().await {
            Ok(applied) => {
                tracing::info!(applied, "schema is up to date");
                part.up();
                return Ok(());
            }
            Err(error) if error.is_transient() => {
                let text = chain(&error);
                tracing::warn!(error = text, "clickhouse does not answer yet; trying again");
                part.down(text);
            }
            Err(error) => return Err(error.into()),
        }
        // Cancel safety: neither side loses anything when dropped.
        tokio::select! {
            () = tokio::time::sleep(backoff.wait()) => {}
            () = shutdown.begun() => {}
        }
    }
    Ok(())
}
