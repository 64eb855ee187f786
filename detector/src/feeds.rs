//! The indicators in force: read from files, and again when one changes.

use crate::{Config, Error, Metrics};
use indicators::{Report, Set};
use service::reload::{self, Live};
use service::{Part, Shutdown};
use std::path::PathBuf;
use std::sync::Arc;

/// Reads and compiles the files of `feeds`, with what `warnings` name left out.
pub(crate) fn load(feeds: &[PathBuf], warnings: &[PathBuf]) -> Result<(Set, Report), Error> {
    let feeds = reload::contents(feeds).map_err(Error::IndicatorFiles)?;
    let warnings = reload::contents(warnings).map_err(Error::IndicatorFiles)?;
    Ok(indicators::load(&feeds, &warnings)?)
}

/// The set to begin with, compiled where it may block, and the fingerprint of its files.
pub(crate) async fn first(
    config: &Config,
    metrics: &Metrics,
) -> Result<(Arc<Live<Set>>, u64), Error> {
    let compile = compiler(config, metrics);
    let paths = paths(config);
    let work = move || {
        // Before the files are read: a change in between is then seen as one.
        let seen = reload::fingerprint(&paths).map_err(Error::IndicatorFiles)?;
        Ok((Arc::new(Live::new(compile()?)), seen))
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::Compiler)?
}

/// Takes over files that change; one that is wrong leaves in force what is.
pub(crate) fn watch(
    live: Arc<Live<Set>>,
    config: &Config,
    seen: u64,
    part: Part,
    metrics: &Metrics,
    shutdown: Shutdown,
) -> impl Future<Output = Result<(), Error>> + use<> {
    let (paths, compile, interval) = (paths(config), compiler(config, metrics), config.reload);
    async move {
        reload::watch(live, paths, seen, compile, interval, part, shutdown).await;
        Ok(())
    }
}

fn paths(config: &Config) -> Vec<PathBuf> {
    config.indicators.iter().chain(&config.warning_lists).cloned().collect()
}

fn compiler(
    config: &Config,
    metrics: &Metrics,
) -> impl Fn() -> Result<Set, Error> + Clone + Send + use<> {
    let (feeds, warnings) = (config.indicators.clone(), config.warning_lists.clone());
    let metrics = metrics.clone();
    move || {
        let (set, report) = load(&feeds, &warnings)?;
        report.tell(&set, |told| tracing::warn!(told, "indicators"));
        metrics.indicators.set(set.len() as i64);
        tracing::info!(
            indicators = set.len(),
            bytes = set.bytes(),
            version = set.version(),
            "read"
        );
        Ok(set)
    }
}
