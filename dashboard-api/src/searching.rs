//! The task that runs kept searches by themselves, with the rights that their owner has at that moment.

use crate::accounts::Accounts;
use crate::audit::{Action, Entry};
use crate::roles::{Agencies, Permission};
use crate::telling::Teller;
use crate::work::channel::Notice;
use crate::work::schedule::{Due, Run};
use crate::{App, Error};
use mapping::Tables;
use notice::{Found, Subject};
use serde_json::json;
use service::Shutdown;
use std::sync::Arc;
use std::time::Duration;
use store::{EventFilter, Scope};

/// Pause between two looks for a search whose time has come.
const LOOK: Duration = Duration::from_secs(10);
/// What was written up to so long ago is seen by everybody: an insert takes less.
const SEEN_AFTER_MS: i64 = 30_000;
/// A service that was away looks back so far.
const BACK_MS_MAX: i64 = 7 * 24 * 3_600_000;
/// Events of any time count, as long as they come now.
const TIME_MS_MAX: i64 = 4_102_444_800_000;

/// What the work is done with.
pub(crate) struct Searcher {
    teller: Teller,
    accounts: Accounts,
    tables: Arc<Tables>,
}

impl Searcher {
    pub(crate) fn of(app: &App) -> Self {
        Self {
            teller: Teller::of(app),
            accounts: app.accounts.clone(),
            tables: Arc::clone(&app.tables),
        }
    }

    /// Runs what is due until the shutdown begins.
    ///
    /// # Cancel safety
    /// What a run found is kept as one with how far it came: broken off, it is run again.
    pub(crate) async fn run(self, shutdown: Shutdown) -> Result<(), Error> {
        let searching = async {
            loop {
                if let Err(error) = self.look().await {
                    let error = service::telemetry::chain(&error);
                    tracing::error!(error, "what searches found cannot be kept");
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::select! {
            () = searching => {}
            () = shutdown.begun() => {}
        }
        Ok(())
    }

    /// Runs each search whose time has come.
    pub(crate) async fn look(&self) -> Result<(), Error> {
        for due in self.teller.work.due_searches().await? {
            let now_ms = self.teller.clock.now_ms();
            let to = now_ms - SEEN_AFTER_MS;
            let from = due.schedule.to_ms.max(to - BACK_MS_MAX).min(to);
            let counted = self.count(&due, from, to).await?;
            let plan = due.schedule.plan;
            let (events, fault) = match counted {
                Ok(events) => (events, String::new()),
                Err(fault) => (0, fault),
            };
            let found = fault.is_empty() && events >= u64::from(plan.at_least);
            let run = Run { at: now_ms, from, to, events, found, fault };
            let notice = plan.channel.filter(|_| found).map(|channel| Notice {
                channel,
                key: format!("search {} {to}", due.search.id),
                subject: Subject::Search(Found {
                    name: due.search.name.clone(),
                    events,
                    from_ms: from,
                    to_ms: to,
                    path: path(&due.search.q),
                }),
            });
            self.teller.work.ran(&due, run, notice).await?;
        }
        Ok(())
    }

    /// How many events of the search were stored in that time; in words why that is not known.
    async fn count(&self, due: &Due, from: i64, to: i64) -> Result<Result<u64, String>, Error> {
        let search = &due.search;
        let owner = self.accounts.user(&search.owner).await?;
        let scope = match owner.map(|owner| owner.grants.allow(Permission::ReadEvents)) {
            None => return Ok(Err("its owner's account has ended".into())),
            Some(Agencies::All) => Scope::all(),
            Some(Agencies::Of(agencies)) if agencies.is_empty() => {
                return Ok(Err("its owner reads no events any more".into()));
            }
            Some(Agencies::Of(agencies)) => Scope::of(agencies),
        };
        let condition = match search.q.trim() {
            "" => None,
            text => match query::parse(text, &self.tables) {
                Ok(query) => Some(query::sql::condition(
                    &query.expr,
                    &self.tables,
                    self.teller.clock.now_ms(),
                )),
                Err(error) => return Ok(Err(error.to_string())),
            },
        };
        let filter = EventFilter {
            from_ms: 0,
            to_ms: TIME_MS_MAX,
            search: condition,
            agency: None,
            host: None,
            entity: None,
            class_uid: None,
            source: None,
        };
        let counted = self.teller.store.count_stored(&scope, &filter, from, to).await;
        let counted = counted.map_err(|error| service::telemetry::chain(&error));
        // Whoever set it up reads events by it, as by any other search.
        let entry = Entry {
            actor: search.owner.clone(),
            action: Action::EventsSearch,
            target: String::new(),
            detail: json!({"q": search.q, "stored_from": from, "stored_to": to,
                "schedule": search.id, "events": counted.as_ref().ok()}),
            trace_id: String::new(),
        };
        self.accounts.audit(entry).await?;
        Ok(counted)
    }
}

/// Where the dashboard shows what the search finds.
fn path(q: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("q", q);
    format!("/search?{}", query.finish())
}
