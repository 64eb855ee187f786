//! Tells the channels of new alerts and of troubles of the platform.
//!
//! Alerts are read as they are stored, become notices, one for each channel that hears them, and
//! notices become messages as the storm guard lets them. All three steps are kept in SQLite before the
//! next: a restart forgets nothing, and may at worst send a message twice that it was sending.

mod quiet;

use crate::app::App;
use crate::collectors::Board;
use crate::metrics::Metrics;
use crate::work::Work;
use crate::work::channel::{Due, Notice, Outcome};
use crate::{Clock, Error};
use notice::{Alert, Condition, Senders, Subject, Trouble};
pub(crate) use quiet::Watch;
use service::Shutdown;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use store::{AlertSummary, Scope, Store, StoredAlert};
use tokio::task::JoinSet;

/// Pause between two looks for alerts.
const LOOK_PAUSE: Duration = Duration::from_secs(3);
/// Pause between two looks at the platform.
const WATCH_PAUSE: Duration = Duration::from_secs(30);
/// Pause between two looks for what is to be sent.
const SEND_PAUSE: Duration = Duration::from_secs(1);
/// How often old messages are forgotten.
const FORGET_PAUSE: Duration = Duration::from_secs(3_600);
/// How far a look reaches back behind the newest that was seen, as in the feed.
const OVERLAP_MS: i64 = 30_000;
/// Alerts of one look; beyond, it is told that there were more.
const LOOK_MAX: u32 = 10_000;
/// Channels that are sent to at a time.
const SENDING_MAX: usize = 8;

/// What the work is done with.
#[derive(Clone)]
pub(crate) struct Teller {
    pub(crate) store: Store,
    pub(crate) work: Work,
    pub(crate) fleet: Arc<Board>,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) senders: Arc<Senders>,
    /// Where people reach the dashboard.
    pub(crate) base: Arc<str>,
}

impl Teller {
    pub(crate) fn of(app: &App) -> Self {
        Self {
            store: app.store.clone(),
            work: app.work.clone(),
            fleet: app.fleet.clone(),
            clock: app.clock.clone(),
            metrics: app.metrics.clone(),
            senders: app.senders.clone(),
            base: app.base.clone(),
        }
    }

    /// Reads new alerts and makes messages until the shutdown begins.
    ///
    /// # Cancel safety
    /// What is broken off is done again from where the last whole look ended.
    pub(crate) async fn follow(self, shutdown: Shutdown) -> Result<(), Error> {
        let mut reading = Reading::default();
        let follow = async {
            loop {
                tokio::time::sleep(LOOK_PAUSE).await;
                if let Err(error) = self.look(&mut reading).await {
                    let error = service::telemetry::chain(&error);
                    tracing::debug!(error, "alerts are not told now; tried again soon");
                }
                if let Err(error) = self.work.make_messages().await {
                    let error = service::telemetry::chain(&error);
                    tracing::error!(error, "messages cannot be made");
                }
            }
        };
        until(shutdown, follow).await
    }

    /// One look for new alerts.
    pub(crate) async fn look(&self, reading: &mut Reading) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        let channels = self.work.channels().await?;
        if !channels
            .iter()
            .any(|channel| channel.spec.enabled && channel.spec.severity_min.is_some())
        {
            // Whoever begins to listen is told of what comes from then on.
            *reading = Reading { to_ms: Some(now_ms), ..Reading::default() };
            return Ok(());
        }
        let to_ms = match reading.to_ms {
            Some(to_ms) => to_ms,
            None => self.work.notified_to(now_ms).await?,
        };
        let since = (to_ms - OVERLAP_MS).max(reading.floor_ms);
        let alerts = self.store.alerts_stored(&Scope::all(), since, LOOK_MAX).await?;
        let newest = alerts.last().map_or(to_ms, |alert| alert.stored.max(to_ms));
        reading.told.retain(|_, stored| *stored >= since);
        let is_new = |alert: &&StoredAlert| {
            reading.told.insert(alert.summary.id.clone(), alert.stored).is_none()
        };
        let new: Vec<&StoredAlert> = alerts.iter().filter(is_new).collect();
        let mut notices = Vec::new();
        for alert in new {
            let summary = &alert.summary;
            let hear = channels.iter().filter(|c| c.hears(&summary.agency, summary.severity_id));
            notices.extend(hear.map(|channel| notice(channel.id, alert)));
        }
        if alerts.len() >= LOOK_MAX as usize {
            let condition = Condition::Flood { count: LOOK_MAX.into() };
            let subject = Subject::Trouble(Trouble { condition, over: false, since_ms: newest });
            let hear = channels.iter().filter(|c| c.spec.enabled && c.spec.severity_min.is_some());
            notices.extend(hear.map(|channel| Notice {
                channel: channel.id,
                key: format!("flood {newest}"),
                subject: subject.clone(),
            }));
            reading.floor_ms = newest + 1;
        }
        if newest > to_ms || !notices.is_empty() || reading.to_ms.is_none() {
            let kept = self.work.notify_alerts(newest, notices).await;
            if kept.is_err() {
                // What was not kept was not told: the next look begins where the last one was kept.
                *reading = Reading::default();
            }
            kept?;
        }
        reading.to_ms = Some(newest);
        Ok(())
    }

    /// Looks at the platform until the shutdown begins.
    pub(crate) async fn watch(self, shutdown: Shutdown) -> Result<(), Error> {
        let mut watch = Watch::new(self.senders.config().quiet_ms());
        let watching = async {
            loop {
                tokio::time::sleep(WATCH_PAUSE).await;
                if let Err(error) = self.look_at_platform(&mut watch).await {
                    let error = service::telemetry::chain(&error);
                    tracing::error!(error, "troubles of the platform cannot be kept");
                }
            }
        };
        until(shutdown, watching).await
    }

    /// One look at the platform.
    pub(crate) async fn look_at_platform(&self, watch: &mut Watch) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        let newest = self.store.newest_event_stored(&Scope::all()).await;
        watch.store(now_ms, newest.as_ref().ok().copied());
        watch.collectors(now_ms, &self.fleet.read());
        let told = self.work.troubles().await?;
        let changes = watch.changes(now_ms, &told);
        if changes.is_empty() {
            return Ok(());
        }
        let channels = self.work.channels().await?;
        for change in changes {
            let trouble = Subject::Trouble(change.trouble.clone());
            let agency = match &change.trouble.condition {
                Condition::Collector { agency, .. } => Some(agency.as_str()),
                _ => None,
            };
            let (since_ms, over) = (change.trouble.since_ms, change.trouble.over);
            let state = if over { "over" } else { "begun" };
            tracing::warn!(trouble = change.what, state, "trouble of the platform");
            let notices = channels.iter().filter(|channel| channel.hears_trouble(agency));
            let notices = notices.map(|channel| Notice {
                channel: channel.id,
                key: format!("{} {since_ms} {state}", change.what),
                subject: trouble.clone(),
            });
            let notices = notices.collect();
            self.work.notify_trouble(&change.what, since_ms, over, notices).await?;
        }
        Ok(())
    }

    /// Sends what is due until the shutdown begins; what is under way then may be sent again.
    pub(crate) async fn send(self, shutdown: Shutdown) -> Result<(), Error> {
        let mut sending = JoinSet::new();
        let mut busy = HashSet::new();
        let mut forgotten = tokio::time::Instant::now();
        loop {
            tokio::select! {
                () = tokio::time::sleep(SEND_PAUSE) => {}
                Some(done) = sending.join_next() => {
                    if let Ok(channel) = done {
                        busy.remove(&channel);
                    }
                    continue;
                }
                () = shutdown.begun() => return Ok(()),
            }
            if forgotten.elapsed() > FORGET_PAUSE {
                forgotten = tokio::time::Instant::now();
                if let Err(error) = self.work.forget_messages().await {
                    let error = service::telemetry::chain(&error);
                    tracing::error!(error, "old messages cannot be forgotten");
                }
            }
            let due = match self.work.due_messages().await {
                Ok(due) => due,
                Err(error) => {
                    let error = service::telemetry::chain(&error);
                    tracing::error!(error, "what is to be sent cannot be read");
                    continue;
                }
            };
            for due in due {
                if busy.len() < SENDING_MAX && busy.insert(due.channel.id) {
                    let teller = self.clone();
                    sending.spawn(async move {
                        let channel = due.channel.id;
                        if let Err(error) = teller.try_once(due, false).await {
                            let error = service::telemetry::chain(&error);
                            tracing::error!(error, "what became of a message cannot be kept");
                        }
                        channel
                    });
                }
            }
        }
    }

    /// One try; where it is the only one, a failure is the end of it.
    pub(crate) async fn try_once(&self, due: Due, only: bool) -> Result<Outcome, Error> {
        let Due { id, channel, message } = due;
        let kind = channel.spec.target.kind();
        let (senders, base) = (self.senders.clone(), self.base.clone());
        let send = move || senders.send(&channel.spec.target, &channel.secret, &message, &base);
        let result = tokio::task::spawn_blocking(send)
            .await
            .map_err(|_| Error::Stopped { what: "send a message" })?;
        let label = if result.is_ok() { "sent" } else { "failed" };
        self.metrics.messages.with_label_values(&[kind, label]).inc();
        if let Err(error) = &result {
            tracing::warn!(channel = channel.id, kind, %error, "a message did not get through");
        }
        let fault = match &result {
            Ok(partly) => partly.as_ref().map(ToString::to_string),
            Err(error) => Some(error.to_string()),
        };
        self.work.sent(id, result.is_ok(), fault, only).await
    }
}

/// How far alerts were read, and what of the overlap was told already.
#[derive(Default)]
pub(crate) struct Reading {
    /// None: not since the start.
    to_ms: Option<i64>,
    /// Nothing before this is looked at again.
    floor_ms: i64,
    /// Alerts by id, with when they were stored.
    told: HashMap<String, i64>,
}

fn notice(channel: i64, alert: &StoredAlert) -> Notice {
    let summary = &alert.summary;
    Notice { channel, key: summary.id.clone(), subject: Subject::Alert(told(summary)) }
}

/// As much of an alert as leaves the house.
fn told(summary: &AlertSummary) -> Alert {
    Alert {
        id: summary.id.clone(),
        agency: summary.agency.clone(),
        rule_id: summary.rule_id.clone(),
        title: summary.title.clone(),
        title_bn: summary.title_bn.clone(),
        severity_id: summary.severity_id,
        host: summary.host.clone(),
        user: summary.user.clone(),
        src_ip: summary.src_ip.clone(),
        time: summary.time,
        event_count: summary.event_count,
    }
}

/// Works until the shutdown begins.
async fn until(shutdown: Shutdown, work: impl Future<Output = ()>) -> Result<(), Error> {
    tokio::select! {
        () = work => {}
        () = shutdown.begun() => {}
    }
    Ok(())
}
