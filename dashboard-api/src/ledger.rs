//! Whether the counts add up: what Kafka received against what is stored or dead-lettered.

use crate::problem::{Answer, Code, Problem};
use crate::roles::Agencies;
use model::Agency;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use store::{Scope, Store};
use tokio::sync::Mutex;

/// How long a ledger is shown again: many dashboards ask, and counting reads every part.
const FRESH_TIME: Duration = Duration::from_secs(2);
/// How long Kafka is left alone after it did not answer, which takes ten seconds to find out.
const BACK_OFF_TIME: Duration = Duration::from_secs(5);
/// What is under way must move within this time, or it does not add up.
const GRACE_MS: i64 = 60_000;
/// Scopes whose ledgers are kept: as many as there are sets of agencies among those signed in.
const SCOPES_MAX: usize = 256;

/// The ledger of one scope at one moment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct LedgerView {
    /// Raw records that Kafka has confirmed.
    received: u64,
    /// Raw records of which events are stored.
    stored: u64,
    dead_letters: u64,
    /// Raw records whose events or dead letters retention has deleted.
    expired: u64,
    /// `received - stored - dead_letters - expired`; negative where more is stored than was received.
    in_flight: i64,
    /// Nothing is under way, or it moved within the last minute.
    adds_up: bool,
    /// How far storing is behind the collectors, in ms; `null` where nothing came of late.
    lag_ms: Option<i64>,
    events: u64,
    alerts: u64,
    streams: Streams,
    as_of: i64,
}

/// A source on a host each: heard within a quarter of an hour, or within a day and not now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Streams {
    heard: u64,
    silent: u64,
}

/// Reads and keeps ledgers.
pub(crate) struct Ledger {
    bus: bus::Config,
    store: Store,
    kept: std::sync::Mutex<HashMap<Agencies, Arc<Mutex<Kept>>>>,
    received: Mutex<Option<Received>>,
}

/// When Kafka was asked, and what it said: raw records by agency.
struct Received {
    at: Instant,
    counts: Option<BTreeMap<Agency, u64>>,
}

/// A scope's last ledger, and since when it has not moved.
#[derive(Default)]
struct Kept {
    read: Option<(Instant, LedgerView)>,
    progress: Option<Progress>,
}

/// How far accounting was, what was left, and when that was first seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Progress {
    accounted: u64,
    in_flight: i64,
    since_ms: i64,
}

impl Progress {
    /// The progress now: as old as the last one where something was left then and nothing moved.
    fn seen(last: Option<Self>, accounted: u64, in_flight: i64, now_ms: i64) -> Self {
        let stands = |last: &Self| last.accounted == accounted && last.in_flight != 0;
        let since_ms = last.filter(stands).map_or(now_ms, |last| last.since_ms);
        Self { accounted, in_flight, since_ms }
    }
}

impl Ledger {
    pub(crate) fn new(bus: bus::Config, store: Store) -> Self {
        Self { bus, store, kept: std::sync::Mutex::default(), received: Mutex::default() }
    }

    /// The ledger of `agencies`, whose scope is `scope`, at most [`FRESH_TIME`] old.
    pub(crate) async fn read(
        &self,
        agencies: &Agencies,
        scope: &Scope,
        now_ms: i64,
    ) -> Answer<LedgerView> {
        let kept = self.kept(agencies);
        let mut kept = kept.lock().await;
        if let Some((_, view)) = kept.read.as_ref().filter(|(at, _)| at.elapsed() < FRESH_TIME) {
            return Ok(view.clone());
        }
        // What is stored is counted first: whatever it counts was received before.
        let stored = self.store.ledger(scope).await?;
        let counted = Instant::now();
        let by_agency = self.received(counted).await?;
        let own = by_agency.iter().filter(|(agency, _)| agencies.contains(agency.as_str()));
        let received = own.map(|(_, count)| count).sum();
        let view = balance(received, &stored, now_ms, &mut kept.progress);
        kept.read = Some((counted, view.clone()));
        Ok(view)
    }

    fn kept(&self, agencies: &Agencies) -> Arc<Mutex<Kept>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= SCOPES_MAX && !kept.contains_key(agencies) {
            kept.clear();
        }
        Arc::clone(kept.entry(agencies.clone()).or_default())
    }

    /// How many raw records Kafka has by agency, asked not before `not_before`.
    async fn received(&self, not_before: Instant) -> Answer<BTreeMap<Agency, u64>> {
        let mut received = self.received.lock().await;
        match received.as_ref() {
            Some(Received { at, counts: Some(counts) }) if *at >= not_before => {
                return Ok(counts.clone());
            }
            Some(Received { at, counts: None }) if at.elapsed() < BACK_OFF_TIME => {
                return Err(bus_unavailable());
            }
            _ => {}
        }
        let asked = Instant::now();
        let bus = self.bus.clone();
        let counts = tokio::task::spawn_blocking(move || end_offsets(&bus))
            .await
            .map_err(|error| Problem::internal(&error))?;
        if let Err(error) = &counts {
            tracing::warn!(error = %service::telemetry::chain(error), "kafka unavailable");
        }
        let counts = counts.ok();
        let at = if counts.is_some() { asked } else { Instant::now() };
        *received = Some(Received { at, counts: counts.clone() });
        counts.ok_or_else(bus_unavailable)
    }
}

fn bus_unavailable() -> Box<Problem> {
    let detail = "what was received cannot be counted now; nothing was lost";
    Problem::new(Code::BusUnavailable, detail).retry_after(5)
}

/// Sums of the raw topics' end offsets: offsets count from 0 without holes.
fn end_offsets(bus: &bus::Config) -> Result<BTreeMap<Agency, u64>, bus::Error> {
    let topics = bus::admin::topics(bus)?;
    let raw: Vec<&str> = topics
        .keys()
        .map(String::as_str)
        .filter(|topic| model::topic::agency_of(topic).is_some())
        .collect();
    let mut counts = BTreeMap::new();
    for ((topic, _), offset) in bus::admin::end_offsets(bus, &raw)? {
        if let Some(agency) = model::topic::agency_of(&topic) {
            *counts.entry(agency).or_default() += u64::try_from(offset).unwrap_or_default();
        }
    }
    Ok(counts)
}

fn balance(
    received: u64,
    stored: &store::Ledger,
    now_ms: i64,
    progress: &mut Option<Progress>,
) -> LedgerView {
    let accounted = stored.raw_records + stored.dead_letters + stored.expired;
    let in_flight = received.cast_signed() - accounted.cast_signed();
    let now = Progress::seen(*progress, accounted, in_flight, now_ms);
    *progress = Some(now);
    let waiting_ms = now_ms - now.since_ms;
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of at most some days")]
    let usual_ms = stored.line_to_store_ms.map(|(median, _)| median as i64);
    LedgerView {
        received,
        stored: stored.raw_records,
        dead_letters: stored.dead_letters,
        expired: stored.expired,
        in_flight,
        adds_up: in_flight == 0 || (in_flight > 0 && waiting_ms <= GRACE_MS),
        lag_ms: match (in_flight, usual_ms) {
            (0, usual_ms) => usual_ms,
            (_, usual_ms) => Some(waiting_ms + usual_ms.unwrap_or_default()),
        },
        events: stored.events,
        alerts: stored.alerts,
        streams: Streams { heard: stored.streams_heard, silent: stored.streams_silent },
        as_of: now_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(raw_records: u64, dead_letters: u64) -> store::Ledger {
        let line_to_store_ms = Some((400.0, 900.0));
        store::Ledger { raw_records, dead_letters, line_to_store_ms, ..Default::default() }
    }

    #[test]
    fn it_adds_up_while_it_moves() {
        let mut progress = None;
        let mut check = |received, raw, dead, now_s: i64, in_flight, adds_up, lag_ms| {
            let counts = stored(raw, dead);
            let view = balance(received, &counts, now_s * 1000, &mut progress);
            assert_eq!((view.in_flight, view.adds_up), (in_flight, adds_up), "at {now_s} s");
            assert_eq!(view.lag_ms, Some(lag_ms), "at {now_s} s");
        };
        check(10, 9, 1, 0, 0, true, 400);
        check(20, 9, 1, 100, 10, true, 400); // what arrived since has just been seen
        check(30, 9, 1, 130, 20, true, 30_400);
        check(30, 20, 1, 161, 9, true, 400);
    }

    #[test]
    fn what_stands_still_does_not_add_up() {
        let mut progress = None;
        let mut at = |received, raw, now_s: i64| {
            let view = balance(received, &stored(raw, 0), now_s * 1000, &mut progress);
            (view.in_flight, view.adds_up)
        };
        assert_eq!(at(10, 4, 0), (6, true));
        assert_eq!(at(10, 4, 60), (6, true));
        assert_eq!(at(10, 4, 61), (6, false));
        assert_eq!(at(10, 5, 62), (5, true));
        assert_eq!(at(10, 10, 63), (0, true));
        assert_eq!(at(10, 11, 64), (-1, false), "stored twice");
    }
}
