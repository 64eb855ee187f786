//! The service: from configuration to an orderly end.

use crate::live::{Live, Source, watch};
use crate::rules::fingerprint;
use crate::stage::Detector;
use crate::{Config, Error, Metrics};
use bus::relay::Options;
use bus::{ConsumerOptions, Subscription};
use model::topic;
use service::status::{Server, router};
use service::{Registry, Shutdown, Status, Tasks};
use std::sync::Arc;
use std::time::Duration;

/// The consumer group of all detectors.
const GROUP: &str = "detector";
/// How long the end may take: the relay's own drain and a little.
const DEADLINE: Duration = Duration::from_secs(15);

/// Runs the detector until `shutdown` begins. Rules that do not compile at the start are told of
/// and left out; later, they refuse the change and the rules in force stay.
pub async fn run(config: Config, registry: &Registry, shutdown: Shutdown) -> Result<(), Error> {
    let server = Server::bind(config.http.listen).await?;
    let status = Status::new();
    let (rules_part, relay_part) = (status.part("rules"), status.part("kafka"));
    let metrics = Metrics::register(registry)?;
    let relay_metrics = bus::relay::Metrics::register(registry)?;
    let mut tasks = Tasks::new(&shutdown);
    let router = router(registry.clone(), status);
    tasks.spawn("status", server.serve(router, shutdown.clone()));

    let source = Source::new(config.rules.clone(), config.placeholders.clone())?;
    let (live, seen) = first(source.clone(), metrics.clone()).await?;
    rules_part.up();
    let watching = watch(
        Arc::clone(&live),
        source,
        seen,
        config.reload,
        rules_part,
        metrics.clone(),
        shutdown.clone(),
    );
    tasks.spawn("rules", watching);

    let consumer = ConsumerOptions::new(GROUP, Subscription::topic(topic::EVENTS));
    let options = Options::new(config.bus, consumer, config.threads);
    relay_part.up();
    tasks.spawn_blocking("relay", move || {
        let stop = || shutdown.has_begun();
        let stage = |_| Detector::new(Arc::clone(&live), metrics.clone());
        bus::relay::run(&options, &relay_metrics, &stop, &stage)
    });
    Ok(tasks.join(DEADLINE).await?)
}

/// The first ruleset, compiled where it may block, and the fingerprint of its files.
async fn first(source: Source, metrics: Metrics) -> Result<(Arc<Live>, u64), Error> {
    let compile = move || {
        // Before the files are read: a change in between is then seen as one.
        let seen = fingerprint(&source.paths)?;
        let mut errors = 0;
        let ruleset = source.compile(|told| {
            errors += 1;
            tracing::error!(rule = told, "not in force");
        })?;
        metrics.rules.set(ruleset.engine.rules().len() as i64);
        metrics.rule_errors.set(errors);
        tracing::info!(rules = metrics.rules.get(), version = ruleset.version, "rules in force");
        Ok((Arc::new(Live::new(ruleset)), seen))
    };
    tokio::task::spawn_blocking(compile).await.map_err(Error::Compiler)?
}
