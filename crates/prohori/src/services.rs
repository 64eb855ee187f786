//! Running one service by its configuration file, and the two filters.

use crate::cli;
use anyhow::{Context as _, bail};
use service::{Registry, Shutdown};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Begins `shutdown` on SIGTERM or SIGINT, from a thread of its own.
pub(crate) fn end_on_signals(shutdown: &Shutdown) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let shutdown = shutdown.clone();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        if let Err(error) = runtime.block_on(shutdown.on_signals()) {
            tracing::error!(%error, "signals are not heard");
        }
    })?;
    Ok(())
}

/// How long a service may take to end once it is told to: the longest drain (the engine's) and a bit. A client
/// whose Kafka is gone would say goodbye for ever. Nothing is lost with it: what is not confirmed is
/// not committed, and is done again by whoever comes next.
const END_DEADLINE: Duration = Duration::from_secs(22);

/// Ends the process when `shutdown` has begun and the deadline has passed all the same.
fn end_by_the_deadline(shutdown: Shutdown) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let watch = move || {
        runtime.block_on(shutdown.begun());
        std::thread::sleep(END_DEADLINE);
        tracing::warn!(waited = ?END_DEADLINE, "not ended in time; what is not confirmed is done again");
        std::process::exit(1);
    };
    std::thread::Builder::new().name("deadline".into()).spawn(watch).map(drop)
}

/// Runs a service's future to its end, with logs, metrics and signals set up.
pub(crate) fn run<F, E>(start: impl FnOnce(Registry, Shutdown) -> F) -> anyhow::Result<()>
where
    F: Future<Output = Result<(), E>>,
    E: std::error::Error + Send + Sync + 'static,
{
    service::telemetry::init();
    let shutdown = Shutdown::new();
    end_on_signals(&shutdown)?;
    end_by_the_deadline(shutdown.clone())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime.block_on(start(Registry::new(), shutdown))?)
}

/// `prohori collect`
pub(crate) fn collect(config: &Path) -> anyhow::Result<()> {
    let config = collector::Config::load(config)?;
    run(|registry, shutdown| async move { collector::run(config, &registry, shutdown).await })
}

/// `prohori normalize`
pub(crate) fn normalize(args: &cli::Normalize) -> anyhow::Result<()> {
    let Some(config) = &args.config else { return normalize_filter(args) };
    let config = normalizer::Config::try_from(service::load::<normalizer::RawConfig>(config)?)?;
    run(|registry, shutdown| async move { normalizer::run(config, &registry, shutdown).await })
}

fn normalize_filter(args: &cli::Normalize) -> anyhow::Result<()> {
    let options = normalizer::filter::Options {
        source: args.source.clone(),
        dead_letters: args.dead_letters.clone(),
        framed: args.framed,
        privacy_key: args.privacy_key.clone(),
        parsers: args.parsers.clone(),
        zone: args.zone.clone(),
        enrich: args.enrich.clone(),
        threads: args.threads,
    };
    let (input, output) = (std::io::stdin(), std::io::stdout());
    normalizer::filter::run(&options, input, output).context("normalize --stdin")
}

/// `prohori detect`
pub(crate) fn detect(args: &cli::Detect) -> anyhow::Result<()> {
    let Some(config) = &args.config else {
        let options = detector::filter::Options {
            rules: args.rules.clone(),
            placeholders: crate::rules::placeholders(args.placeholders.as_deref())?,
            indicators: args.indicators.clone(),
            warning_lists: args.warning_list.clone(),
            threads: args.threads,
            stats: args.stats.clone(),
        };
        let (input, output) = (std::io::stdin(), std::io::stdout());
        return detector::filter::run(&options, input, output).context("detect --stdin");
    };
    let config = detector::Config::try_from(service::load::<detector::RawConfig>(config)?)?;
    run(|registry, shutdown| async move { detector::run(config, &registry, shutdown).await })
}

/// `prohori load`
pub(crate) fn load(config: &Path) -> anyhow::Result<()> {
    let config = service::load::<loader::Config>(config)?;
    run(|registry, shutdown| async move { loader::run(config, &registry, shutdown).await })
}

/// `prohori serve`
pub(crate) fn serve(config: &Path) -> anyhow::Result<()> {
    let raw = service::load::<dashboard_api::RawConfig>(config)?;
    let config = dashboard_api::Config::try_from(raw)?;
    let bench = Arc::new(workbench::Workbench::new(config.placeholders.clone())?);
    let replayer = Arc::new(crate::replayer::OfKafka(config.bus.clone()));
    let tools = dashboard_api::Tools { bench, replayer };
    run(
        |registry, shutdown| async move { dashboard_api::run(config, tools, &registry, shutdown).await },
    )
}

/// `prohori clickhouse-engine`
pub(crate) fn clickhouse_engine(config: &Path) -> anyhow::Result<()> {
    let config = service::load::<embedded_clickhouse::Config>(config)?;
    run(
        |registry, shutdown| async move { embedded_clickhouse::run(config, &registry, shutdown).await },
    )
}

/// How often the broker's process is looked at while the end is not asked for.
const BROKER_LOOK: Duration = Duration::from_millis(100);
/// How long the broker may take to write what it holds and end.
const BROKER_STOP: Duration = Duration::from_secs(15);

/// `prohori kafka`
pub(crate) fn kafka(config: &Path) -> anyhow::Result<()> {
    service::telemetry::init();
    let raw = service::load::<embedded_kafka::RawConfig>(config)?;
    let shutdown = Shutdown::new();
    end_on_signals(&shutdown)?;
    let broker = embedded_kafka::Broker::start(&embedded_kafka::Config::new(raw)?)?;
    while !shutdown.has_begun() {
        if let Some(status) = broker.wait_timeout(BROKER_LOOK) {
            bail!("Kafka ended by itself: {status}");
        }
    }
    broker.stop(BROKER_STOP);
    Ok(())
}

/// `prohori openapi`
pub(crate) fn openapi() -> anyhow::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{}", dashboard_api::openapi()).context("cannot print")
}

#[cfg(test)]
mod tests;
