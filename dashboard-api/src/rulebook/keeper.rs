//! The task that takes rules in from their folders and gives detectors the set that is in force.

use super::{Published, Rulebook, folder, set};
use crate::Error;
use ruleset::{Bundle, Content};
use service::{Part, Shutdown};
use std::path::PathBuf;
use std::sync::PoisonError;
use std::time::Duration;

/// How often the folders are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long to wait after Kafka did not take a set.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// What the task works with.
pub(crate) struct Keeper {
    pub(crate) rulebook: Rulebook,
    /// The folders that git is checked out to.
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) bus: bus::Config,
    pub(crate) part: Part,
}

impl Keeper {
    /// Keeps at it until the shutdown begins.
    ///
    /// # Cancel safety
    /// What is under way in a thread is finished: a set is published whole or is found missing parts
    /// by whoever reads it, and published again at the next start.
    pub(crate) async fn run(self, shutdown: Shutdown) -> Result<(), Error> {
        let keep = async {
            let mut seen = None;
            loop {
                let pause = match self.once(&mut seen).await {
                    Ok(()) => LOOK,
                    Err(error) => {
                        let text = service::telemetry::chain(&error);
                        tracing::error!(error = text, "rules are not given to the detectors");
                        self.part.down(text);
                        TRY_AGAIN
                    }
                };
                let _ = tokio::time::timeout(pause, self.rulebook.changed.notified()).await;
            }
        };
        tokio::select! {
            () = keep => {}
            () = shutdown.begun() => {}
        }
        Ok(())
    }

    /// One look: what changed in the folders is taken in, what changed in the set is published.
    async fn once(&self, seen: &mut Option<u64>) -> Result<(), Error> {
        if !self.folders.is_empty() {
            self.take_in(seen).await?;
        }
        self.publish(self.rulebook.read(set::bundle).await?).await?;
        self.part.up();
        Ok(())
    }

    async fn take_in(&self, seen: &mut Option<u64>) -> Result<(), Error> {
        let (folders, known) = (self.folders.clone(), *seen);
        let look = move || -> std::io::Result<Option<(u64, folder::Folder)>> {
            let now = folder::fingerprint(&folders)?;
            if known == Some(now) {
                return Ok(None);
            }
            folder::read(&folders).map(|read| Some((now, read)))
        };
        let read = tokio::task::spawn_blocking(look)
            .await
            .map_err(|_| Error::Stopped { what: "read the rule folders" })?
            .map_err(|source| Error::RuleFolder { source })?;
        let Some((now, read)) = read else { return Ok(()) };
        let (placeholders, now_ms) =
            (self.rulebook.placeholders.clone(), self.rulebook.clock.now_ms());
        let told = self
            .rulebook
            .database
            .call("take rules in", move |connection| {
                let transaction = connection.transaction()?;
                let told = folder::take(&transaction, &read, &placeholders, now_ms)?;
                transaction.commit()?;
                Ok(told)
            })
            .await?;
        *seen = Some(now);
        told.iter().for_each(|told| tracing::error!(told, "a rule file was not taken in"));
        *self.rulebook.told.lock().unwrap_or_else(PoisonError::into_inner) = told;
        Ok(())
    }

    /// Publishes a set, unless it is the one that detectors have. Where no rule was ever kept, what
    /// was published stays, as this may be a new database beside an old cluster; but detectors wait
    /// for a set, so where none was, one without rules is.
    async fn publish(&self, wanted: Option<Bundle>) -> Result<(), Error> {
        let published = self.rulebook.published();
        let is_it = |version: &str| wanted.as_ref().is_none_or(|set| set.version == version);
        if published.as_ref().is_some_and(|known| is_it(&known.version)) {
            return Ok(());
        }
        let (config, first) = (self.bus.clone(), published.is_none());
        let send = move || -> Result<Bundle, control::Error> {
            let known = if first { control::whole(&config, Content::Rules)? } else { None };
            let is_it =
                |known: &Bundle| wanted.as_ref().is_none_or(|set| set.version == known.version);
            if let Some(known) = known.filter(is_it) {
                return Ok(known);
            }
            let bundle = wanted.unwrap_or_else(|| Bundle::new(Vec::new()));
            control::publish(&config, Content::Rules, &bundle)?;
            Ok(bundle)
        };
        let bundle = tokio::task::spawn_blocking(send)
            .await
            .map_err(|_| Error::Stopped { what: "publish the rules" })??;
        let (version, files) = (bundle.version, bundle.files.len());
        tracing::info!(version, files, "rules given to the detectors");
        let published = Published { version, at_ms: self.rulebook.clock.now_ms(), files };
        *self.rulebook.published.lock().unwrap_or_else(PoisonError::into_inner) = Some(published);
        Ok(())
    }
}
