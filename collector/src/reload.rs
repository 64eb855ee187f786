//! One configuration after another: SIGHUP puts a good file in force, and leaves a bad one alone.

use crate::{Config, Error, run};
use service::{Registry, Shutdown, telemetry};
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};

/// Collects as the file at `path` says until `shutdown`, or until its inputs have ended where they
/// can.
///
/// On SIGHUP the file is read again. One that cannot work is named in the log and what runs goes
/// on. One that can takes its place: what is under way is confirmed or stays on disk, inputs open
/// anew. Where they cannot (a port that is taken), the old configuration comes back.
pub async fn run_file(path: &Path, shutdown: Shutdown) -> Result<(), Error> {
    let mut hangups = signal(SignalKind::hangup()).map_err(Error::Hangups)?;
    let mut config = Config::load(path)?;
    let mut before: Option<Config> = None;
    loop {
        let (inner, registry) = (Shutdown::new(), Registry::new());
        let running = run(config.clone(), &registry, inner.clone());
        tokio::pin!(running);
        // Cancel safety: `begun` and `recv` lose nothing when dropped, and `running` is not.
        let ended = loop {
            tokio::select! {
                done = &mut running => break Some(done),
                () = shutdown.begun(), if !inner.has_begun() => inner.begin(),
                _ = hangups.recv() => if let Some(next) = read_again(path) {
                    before = Some(std::mem::replace(&mut config, next));
                    inner.begin();
                    break None;
                },
            }
        };
        match (ended, before.take()) {
            (None, old) => {
                running.await?;
                before = old;
                tracing::info!(path = %path.display(), "the new configuration is in force");
            }
            (Some(Err(error)), Some(old)) if !shutdown.has_begun() => {
                let error = telemetry::chain(&error);
                tracing::error!(error, "the new configuration failed: going back to the old one");
                config = old;
            }
            (Some(done), _) => return done,
        }
        if shutdown.has_begun() {
            return Ok(());
        }
    }
}

fn read_again(path: &Path) -> Option<Config> {
    let read = Config::load(path).and_then(|config| config.try_out().map(|_| config));
    match read {
        Ok(config) => Some(config),
        Err(error) => {
            let error = telemetry::chain(&error);
            tracing::error!(error, "the changed configuration is not taken; the old one goes on");
            None
        }
    }
}
