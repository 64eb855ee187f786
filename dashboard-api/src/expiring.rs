//! Deletes once a day what the policies no longer keep, and writes it to the audit log.

use crate::accounts::Accounts;
use crate::audit::{Action, Entry};
use crate::work::Work;
use crate::{Clock, Error};
use serde_json::json;
use service::Shutdown;
use std::collections::BTreeMap;
use std::time::Duration;
use store::{Expired, Store};

/// Pause between two looks at whether a new day has begun.
const LOOK_PAUSE: Duration = Duration::from_secs(10 * 60);
/// The first look is not in the middle of a start.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
const DAY_MS: i64 = 24 * 3_600_000;
/// Who deletes, in the audit log.
const ACTOR: &str = "retention";
/// Days of one run that the audit log names; the rest is counted.
const NAMED_MAX: usize = 500;

/// What the work is done with.
#[derive(Clone)]
pub(crate) struct Expirer {
    pub(crate) store: Store,
    pub(crate) work: Work,
    pub(crate) accounts: Accounts,
    pub(crate) clock: Clock,
}

impl Expirer {
    /// Runs until the shutdown begins.
    ///
    /// # Cancel safety
    /// A run that is broken off is taken up by the next one.
    pub(crate) async fn run(self, shutdown: Shutdown) -> Result<(), Error> {
        let (mut done, mut pause) = (None, FIRST_PAUSE);
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = shutdown.begun() => return Ok(()),
            }
            pause = LOOK_PAUSE;
            let today = self.clock.now_ms().div_euclid(DAY_MS);
            if done == Some(today) {
                continue;
            }
            tokio::select! {
                result = self.once() => match result {
                    Ok(_) => done = Some(today),
                    Err(error) => {
                        let error = service::telemetry::chain(&error);
                        tracing::warn!(error, "what has expired could not be deleted; tried again soon");
                    }
                },
                () = shutdown.begun() => return Ok(()),
            }
        }
    }

    /// One run; what was deleted.
    pub(crate) async fn once(&self) -> Result<Vec<Expired>, Error> {
        let policies = self.work.retention().await?;
        let keep = |agency: &str, class| policies.days(agency, class);
        let gone = self.store.expire(self.clock.now_ms(), keep).await?;
        if gone.is_empty() {
            return Ok(gone);
        }
        let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
        for each in &gone {
            *rows.entry(each.class.as_str()).or_default() += each.rows;
        }
        let days = gone.iter().take(NAMED_MAX).map(|Expired { agency, class, day, rows, .. }| {
            json!({"agency": agency, "class": class.as_str(), "day": day, "rows": rows})
        });
        let days: Vec<_> = days.collect();
        tracing::info!(?rows, "deleted what has expired");
        let entry = Entry {
            actor: ACTOR.into(),
            action: Action::RetentionDelete,
            target: String::new(),
            detail: json!({"rows": rows, "days": days, "more": gone.len().saturating_sub(NAMED_MAX)}),
            trace_id: String::new(),
        };
        self.accounts.audit(entry).await?;
        Ok(gone)
    }
}
