//! What the normalizer counts.

use enrich::Added;
use model::DeadLetterCode;
use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Source types that are counted apart. Collectors' configurations name them, a few each; what is
/// beyond counts as `other`, so that no collector can make labels without end.
const SOURCES_MAX: usize = 64;

/// Counters of records, events and dead letters. The labels are parsers and codes, both closed
/// lists: no input can make a new one.
#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) events: IntCounterVec,
    pub(crate) records: IntCounter,
    pub(crate) masked: IntCounter,
    pub(crate) dead_letters: IntCounterVec,
    pub(crate) indicators: IntGauge,
    pub(crate) known: IntGauge,
    enriched: [IntCounter; 4],
    pub(crate) streams_forgotten: IntCounter,
    pub(crate) missing: IntCounter,
    pub(crate) replayed: IntCounter,
    pub(crate) gave_up: IntCounter,
    sources: IntCounterVec,
    unparsed: IntCounterVec,
    /// The source types that are labels, of all threads together.
    labels: Arc<Mutex<HashSet<String>>>,
}

impl Metrics {
    /// Registers them all as `prohori_normalizer_…`.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let vec =
            |name: &str, help: &str, label: &str| -> Result<IntCounterVec, prometheus::Error> {
                let opts = Opts::new(format!("prohori_normalizer_{name}"), help);
                let vec = IntCounterVec::new(opts, &[label])?;
                registry.register(Box::new(vec.clone()))?;
                Ok(vec)
            };
        let events = vec("events_total", "Events made, by parser", "parser")?;
        let dead_letters = vec("dead_letters_total", "Records given up, by reason", "code")?;
        for code in DeadLetterCode::ALL {
            dead_letters.with_label_values(&[code.as_str()]);
        }
        let counter = |name: &str, help: &str| -> Result<IntCounter, prometheus::Error> {
            let counter = IntCounter::new(format!("prohori_normalizer_{name}"), help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let records = counter("records_total", "Raw records that became events")?;
        let streams_forgotten =
            counter("streams_forgotten_total", "Streams forgotten at the limit of the memory")?;
        let missing = counter(
            "records_missing_total",
            "Numbers passed over in a stream: records that were lost before Kafka had them",
        )?;
        let replayed =
            counter("replayed_total", "Dead letters that became events when they were sent again")?;
        let gave_up = counter(
            "parsers_gave_up_total",
            "Records that parsers of users' own would have looked at for too long",
        )?;
        let masked = counter("masked_total", "Events in which personal data was hidden")?;
        let added = vec("enriched_total", "What was added to events, by type", "type")?;
        let enriched = ["place", "asset", "identity", "indicator"]
            .map(|name| added.with_label_values(&[name]));
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(format!("prohori_normalizer_{name}"), help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let indicators = gauge("indicators", "Indicators in force")?;
        let known = gauge("directory", "Assets and identities in force")?;
        let sources =
            vec("source_records_total", "Records that became events, by source", "source")?;
        let unparsed =
            vec("source_unparsed_total", "Of these, the ones that no parser knows", "source")?;
        let labels = Arc::default();
        Ok(Self {
            events,
            records,
            masked,
            dead_letters,
            streams_forgotten,
            missing,
            replayed,
            gave_up,
            indicators,
            known,
            enriched,
            sources,
            unparsed,
            labels,
        })
    }

    /// The label of a source type: its name, or `other` once there are [`SOURCES_MAX`] of them.
    fn label<'s>(&self, source: &'s str) -> &'s str {
        let mut labels = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
        if labels.len() < SOURCES_MAX || labels.contains(source) {
            labels.insert(source.to_owned());
            return source;
        }
        "other"
    }

    /// Counts what was added to the events of a record.
    pub(crate) fn count_added(&self, added: Added) {
        let Added { places, assets, identities, indicators } = added;
        for (counter, count) in self.enriched.iter().zip([places, assets, identities, indicators]) {
            counter.inc_by(u64::from(count));
        }
    }

    /// The counters of records and of unparsed ones of a source type that a collector names.
    fn of_source(&self, source: &str) -> [IntCounter; 2] {
        [&self.sources, &self.unparsed].map(|counters| counters.with_label_values(&[source]))
    }
}

/// One thread's counters by source type, so that it need not look for a label at each record.
#[derive(Default)]
pub(crate) struct Sources {
    known: HashMap<String, [IntCounter; 2]>,
    other: Option<[IntCounter; 2]>,
}

impl Sources {
    /// Counts a record of `source`; `unparsed` when no parser knows it.
    pub(crate) fn count(&mut self, metrics: &Metrics, source: Option<&str>, unparsed: bool) {
        let name = source.unwrap_or("none");
        let counters = match self.known.get(name) {
            Some(counters) => counters,
            None if metrics.label(name) == name => {
                self.known.entry(name.to_owned()).or_insert_with(|| metrics.of_source(name))
            }
            None => self.other.get_or_insert_with(|| metrics.of_source("other")),
        };
        counters[0].inc();
        counters[1].inc_by(u64::from(unparsed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_have_an_end_for_all_threads_together() {
        let registry = Registry::new();
        let metrics = Metrics::register(&registry).unwrap();
        let mut threads = [Sources::default(), Sources::default()];
        threads[0].count(&metrics, None, true);
        threads[0].count(&metrics, Some("nginx"), false);
        for number in 0..200 {
            threads[number % 2].count(&metrics, Some(&format!("made up {number}")), true);
        }
        threads[1].count(&metrics, Some("nginx"), true);
        let [records, unparsed] = metrics.of_source("nginx");
        assert_eq!((records.get(), unparsed.get()), (2, 1));
        assert_eq!(metrics.of_source("other")[1].get(), 200 - (SOURCES_MAX as u64 - 2));
        assert!(threads.iter().all(|thread| thread.known.len() <= SOURCES_MAX));
        let family = "prohori_normalizer_source_records_total";
        let found = registry.gather().into_iter().find(|f| f.name() == family).unwrap();
        assert_eq!(found.get_metric().len(), SOURCES_MAX + 1);
    }
}
