//! One thread's watch for indicators in the events that pass.

use crate::Metrics;
use crate::sightings::{From, Windows, sightings};
use alert::{Evidence, Source};
use bus::relay::Outbox;
use bus::{Outgoing, Record};
use indicators::Set;
use model::{coordinates, topic};
use service::reload::Live;
use std::sync::Arc;

/// The indicators in force, and what was seen of them in the hour.
pub struct Watchlist {
    pub(crate) live: Arc<Live<Set>>,
    generation: u64,
    set: Arc<Set>,
    pub(crate) windows: Windows,
}

impl Watchlist {
    /// Begins with what is in force, and takes over what is swapped in.
    pub fn new(live: Arc<Live<Set>>) -> Self {
        let (generation, set) = (live.generation(), live.get());
        Self { live, generation, set, windows: Windows::default() }
    }

    /// Raises an alert for each indicator that is seen on a host for the first time in its hour, and
    /// tells of hours that have passed. `raw` is the record's header of that name.
    pub(crate) fn look(
        &mut self,
        record: &Record<'_>,
        raw: &[u8],
        metrics: &Metrics,
        out: &mut dyn Outbox,
    ) {
        let generation = self.live.generation();
        if generation != self.generation {
            (self.generation, self.set) = (generation, self.live.get());
        }
        let from = From { arrived_ms: record.kafka_ms, raw, partition: record.partition };
        let found = sightings(&self.set, record.value);
        if !found.is_empty() {
            let (source, event) = (Source::new(record.value), Arc::from(record.value));
            for sighting in found {
                metrics.sightings.inc();
                if let Some((uid, sighting)) = self.windows.see(sighting, &source, &event, from) {
                    let write = |e| Some(alert::sighted(&sighting, &uid, &source, None, e));
                    raise(raw, record.partition, &write, metrics, out);
                }
            }
        }
        while let Some(window) = self.windows.close(record.kafka_ms) {
            raise(&window.raw, window.partition, &|e| window.finding(e), metrics, out);
        }
    }
}

/// Sends an alert, without its event where no topic takes both.
fn raise(
    raw: &[u8],
    partition: i32,
    write: &dyn Fn(Evidence) -> Option<String>,
    metrics: &Metrics,
    out: &mut dyn Outbox,
) {
    let headers = [(coordinates::HEADER, raw)];
    let mut send = |value: &str| {
        out.send(&Outgoing {
            topic: topic::ALERTS,
            partition: Some(partition),
            key: None,
            value: value.as_bytes(),
            headers: &headers,
        })
    };
    let Some(whole) = write(Evidence::Whole) else { return };
    if send(&whole).is_err() {
        metrics.referred.inc();
        let reference = write(Evidence::Reference).unwrap_or_default();
        if let Err(error) = send(&reference) {
            return tracing::error!(partition, %error, "alert of an indicator lost");
        }
    }
    metrics.alerts.inc();
}
