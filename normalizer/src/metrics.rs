//! What the normalizer counts.

use model::DeadLetterCode;
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

/// Counters of records, events and dead letters. The labels are parsers and codes, both closed
/// lists: no input can make a new one.
#[derive(Clone)]
pub(crate) struct Metrics {
    pub(crate) events: IntCounterVec,
    pub(crate) records: IntCounter,
    pub(crate) masked: IntCounter,
    pub(crate) dead_letters: IntCounterVec,
    pub(crate) streams_forgotten: IntCounter,
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
        let masked = counter("masked_total", "Events in which personal data was hidden")?;
        Ok(Self { events, records, masked, dead_letters, streams_forgotten })
    }
}
