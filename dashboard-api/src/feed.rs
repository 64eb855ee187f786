//! What is new among the alerts, read once for everybody who listens.
//!
//! One task looks every two seconds for alerts and changes that were stored since, and hands them to
//! the streams of [`crate::routes::alerts`], each of which passes on what its caller may see. What a
//! stream missed it reads from the store itself, within its caller's scope.

use crate::seats::Seats;
use crate::{Clock, Error};
use service::Shutdown;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{Scope, Store, StoredAlert, StoredChange};
use tokio::sync::broadcast;

/// Pause between two looks.
const LOOK_PAUSE: Duration = Duration::from_secs(2);
/// How far a look reaches back behind the newest that was seen: an insert that began earlier may be
/// seen later, and none takes longer than this.
const OVERLAP_MS: i64 = 30_000;
/// The most of one look; beyond, listeners are told to load the queue anew.
const LOOK_MAX: u32 = 2_000;
/// From how long before now on a look begins that nobody has waited for: the clocks of this machine
/// and of ClickHouse's may differ.
const BEGIN_BACK_MS: i64 = 30_000;
/// News that a slow stream may be behind; beyond, it is told to load the queue anew.
const BEHIND_MAX: usize = 4_096;
/// Streams at a time, of all and of one user: a browser holds one per window.
const STREAMS_MAX: usize = 1_000;
const STREAMS_OF_USER_MAX: usize = 8;

/// One piece of news.
#[derive(Debug, Clone)]
pub(crate) enum News {
    /// An alert was stored.
    Alert(Arc<StoredAlert>),
    /// An analyst changed one.
    Change(Arc<StoredChange>),
    /// More was stored at once than is passed on one by one.
    Reset(i64),
}

impl News {
    /// When it was stored, in ms: its place in the stream.
    pub(crate) fn at_ms(&self) -> i64 {
        match self {
            Self::Alert(alert) => alert.stored,
            Self::Change(change) => change.at,
            Self::Reset(at) => *at,
        }
    }

    /// Whose it is; nobody's where it holds nothing.
    pub(crate) fn agency(&self) -> Option<&str> {
        match self {
            Self::Alert(alert) => Some(&alert.summary.agency),
            Self::Change(change) => Some(&change.agency),
            Self::Reset(_) => None,
        }
    }

    /// What tells it from others: an alert is news once, each version of it once.
    fn key(&self) -> (String, u32) {
        match self {
            Self::Alert(alert) => (alert.summary.id.clone(), 0),
            Self::Change(change) => (change.id.clone(), change.version),
            Self::Reset(at) => (at.to_string(), 0),
        }
    }
}

/// The news; clones share it.
#[derive(Clone)]
pub(crate) struct Feed {
    /// `None` once the shutdown has begun.
    sender: Arc<Mutex<Option<broadcast::Sender<News>>>>,
    /// Places of those who listen.
    pub(crate) seats: Seats,
}

impl Feed {
    pub(crate) fn new() -> Self {
        Self {
            sender: Arc::new(Mutex::new(Some(broadcast::channel(BEHIND_MAX).0))),
            seats: Seats::new(STREAMS_MAX, STREAMS_OF_USER_MAX),
        }
    }

    /// The news from now on; `None` once the shutdown has begun.
    pub(crate) fn subscribe(&self) -> Option<broadcast::Receiver<News>> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().map(broadcast::Sender::subscribe)
    }

    /// Whether the shutdown has begun.
    pub(crate) fn is_over(&self) -> bool {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    fn listeners(&self) -> usize {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().map_or(0, broadcast::Sender::receiver_count)
    }

    fn tell(&self, news: News) {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sender.as_ref() {
            // Nobody listening is no failure.
            let _ = sender.send(news);
        }
    }

    /// Looks for news until the shutdown begins, and then ends every stream.
    ///
    /// # Cancel safety
    /// A look that is broken off is done again from where the last whole one ended.
    pub(crate) async fn run(
        self,
        store: Store,
        clock: Clock,
        shutdown: Shutdown,
    ) -> Result<(), Error> {
        let begin = || Look::from(clock.now_ms() - BEGIN_BACK_MS);
        let mut look = begin();
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_PAUSE) => {}
                () = shutdown.begun() => break,
            }
            if self.listeners() == 0 {
                look = begin();
                continue;
            }
            tokio::select! {
                news = look.next(&store) => match news {
                    Ok(news) => news.into_iter().for_each(|each| self.tell(each)),
                    Err(error) => {
                        let error = service::telemetry::chain(&error);
                        tracing::debug!(error, "no news of alerts while the store is away");
                    }
                },
                () = shutdown.begun() => break,
            }
        }
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(())
    }
}

/// Where a reader of news stands: how far it has read, and what of the overlap it has told already.
pub(crate) struct Look {
    newest_ms: i64,
    /// Nothing before this is looked at again.
    floor_ms: i64,
    told: HashMap<(String, u32), i64>,
}

impl Look {
    pub(crate) fn from(newest_ms: i64) -> Self {
        Self { newest_ms, floor_ms: 0, told: HashMap::new() }
    }

    /// What was stored since, in order, each once. The feed itself reads for all; see
    /// [`Self::next_of`].
    async fn next(&mut self, store: &Store) -> Result<Vec<News>, store::Error> {
        self.next_of(store, &Scope::all()).await
    }

    /// The same within a scope.
    pub(crate) async fn next_of(
        &mut self,
        store: &Store,
        scope: &Scope,
    ) -> Result<Vec<News>, store::Error> {
        let since = (self.newest_ms - OVERLAP_MS).max(self.floor_ms);
        let alerts = store.alerts_stored(scope, since, LOOK_MAX).await?;
        let changes = store.alerts_changed(scope, since, LOOK_MAX).await?;
        if alerts.len().max(changes.len()) >= LOOK_MAX as usize {
            let newest = alerts.iter().map(|alert| alert.stored);
            let newest = newest.chain(changes.iter().map(|change| change.at)).max();
            self.newest_ms = newest.unwrap_or(self.newest_ms);
            self.floor_ms = self.newest_ms + 1;
            return Ok(vec![News::Reset(self.newest_ms)]);
        }
        let alerts = alerts.into_iter().map(|alert| News::Alert(Arc::new(alert)));
        let changes = changes.into_iter().map(|change| News::Change(Arc::new(change)));
        let mut news: Vec<News> = alerts.chain(changes).collect();
        news.sort_by_key(News::at_ms);
        self.told.retain(|_, at| *at >= since);
        news.retain(|each| self.told.insert(each.key(), each.at_ms()).is_none());
        self.newest_ms =
            news.last().map_or(self.newest_ms, |last| last.at_ms().max(self.newest_ms));
        Ok(news)
    }
}
