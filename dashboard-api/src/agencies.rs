//! Which agencies there are: a caller who may see all of them has to name them to the store.
//!
//! An agency exists once its raw topic does. The names are kept in the accounts database, so that
//! they are known again before Kafka answers.

use crate::Error;
use crate::accounts::Accounts;
use model::Agency;
use service::{Part, Shutdown};
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Pause between two looks at Kafka's topics: how long a new agency may go unseen.
const LOOK_PAUSE: Duration = Duration::from_secs(5);

/// The known agencies; clones share them.
#[derive(Clone)]
pub(crate) struct Register {
    known: Arc<RwLock<BTreeSet<Agency>>>,
    accounts: Accounts,
    bus: bus::Config,
}

impl Register {
    pub(crate) fn new(accounts: Accounts, bus: bus::Config) -> Self {
        Self { known: Arc::default(), accounts, bus }
    }

    /// All that are known now.
    pub(crate) fn all(&self) -> BTreeSet<Agency> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds `agencies`, here and in the database.
    pub(crate) async fn add(&self, agencies: Vec<Agency>) -> Result<(), Error> {
        let known = self.accounts.know_agencies(agencies).await?;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    /// Follows Kafka's topics until the shutdown begins.
    pub(crate) async fn keep(self, part: Part, shutdown: Shutdown) -> Result<(), Error> {
        self.add(Vec::new()).await?;
        let look = async {
            loop {
                match self.look().await {
                    Ok(()) => part.up(),
                    Err(why) => part.down(why),
                }
                tokio::time::sleep(LOOK_PAUSE).await;
            }
        };
        // Cancel safety: a look that is broken off is made again at the next start.
        tokio::select! {
            () = look => {}
            () = shutdown.begun() => {}
        }
        Ok(())
    }

    async fn look(&self) -> Result<(), String> {
        let bus = self.bus.clone();
        let topics = tokio::task::spawn_blocking(move || bus::admin::topics(&bus))
            .await
            .map_err(|error| error.to_string())?
            .map_err(|error| service::telemetry::chain(&error))?;
        let seen = topics.keys().filter_map(|topic| model::topic::agency_of(topic));
        let known = self.all();
        let new: Vec<Agency> = seen.filter(|agency| !known.contains(agency)).collect();
        if new.is_empty() {
            return Ok(());
        }
        tracing::info!(agencies = ?new, "new agencies");
        self.add(new).await.map_err(|error| service::telemetry::chain(&error))
    }
}
