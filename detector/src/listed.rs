//! The indicators in force: read at the start, and again when they change.

use crate::{Config, Error, Metrics};
use indicators::Set;
use service::reload::{self, Live};
use service::{Part, Shutdown};
use std::sync::Arc;
use std::time::Duration;

/// Pause before indicators that could not be had are asked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The set to begin with, compiled where it may block, and its fingerprint. While Kafka, which has
/// what the dashboard keeps, is away, it is waited for: an event that is read without indicators
/// raises no alert later. Nothing where the end came first.
///
/// # Cancel safety
/// Neither the sleep nor `begun` loses anything when dropped.
pub(crate) async fn first(
    config: &Config,
    metrics: &Metrics,
    part: &Part,
    shutdown: &Shutdown,
) -> Result<Option<(Arc<Live<Set>>, u64)>, Error> {
    loop {
        let (compile, source) = (compiler(config, metrics), config.feeds.clone());
        let work = move || {
            // Before they are read: a change in between is then seen as one.
            let seen = source.fingerprint()?;
            Ok((Arc::new(Live::new(compile()?)), seen))
        };
        match tokio::task::spawn_blocking(work).await.map_err(Error::Compiler)? {
            Err(error @ feeds::Error::Control(_)) if error.may_pass() => {
                let error = service::telemetry::chain(&error);
                tracing::warn!(error, "no indicators to begin with; trying again");
                part.down(error);
            }
            other => return Ok(other.map(Some)?),
        }
        tokio::select! {
            () = shutdown.begun() => return Ok(None),
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Takes over what changes; what is wrong leaves in force what is.
pub(crate) fn watch(
    live: Arc<Live<Set>>,
    config: &Config,
    seen: u64,
    part: Part,
    metrics: &Metrics,
    shutdown: Shutdown,
) -> impl Future<Output = Result<(), Error>> + use<> {
    let (compile, interval) = (compiler(config, metrics), config.reload);
    let source = config.feeds.clone();
    let look = move || source.fingerprint();
    async move {
        reload::watch(live, look, seen, compile, interval, part, shutdown).await;
        Ok(())
    }
}

fn compiler(
    config: &Config,
    metrics: &Metrics,
) -> impl Fn() -> Result<Set, feeds::Error> + Clone + Send + use<> {
    let (source, metrics) = (config.feeds.clone(), metrics.clone());
    move || {
        let (set, report) = source.load()?;
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
