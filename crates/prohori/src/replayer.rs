//! The normalizer's tool for dead letters, as the API asks for it.

use dashboard_api::{ReplayAsked, ReplayCounts, Replayer};
use normalizer::dead_letters::{self, Fate, Filter};

/// Reads and sends dead letters of this cluster.
pub(crate) struct OfKafka(pub(crate) bus::Config);

impl Replayer for OfKafka {
    fn replay(&self, asked: &ReplayAsked) -> Result<ReplayCounts, String> {
        let told = |error: normalizer::Error| service::telemetry::chain(&error);
        let filter = Filter {
            agencies: asked.agencies.clone(),
            codes: asked.codes.clone(),
            ..Filter::default()
        };
        let found = dead_letters::read(&self.0, &filter).map_err(told)?;
        let planned = dead_letters::plan(&found.list, &filter.codes);
        let again = planned.iter().filter(|(_, fate)| *fate == Fate::Again).count();
        let mut counts = ReplayCounts {
            found: found.list.len(),
            again,
            left_out: found.left_out,
            ..ReplayCounts::default()
        };
        if asked.send {
            // Masked bytes are never sent: what the raw topic no longer holds is told as gone.
            let done = dead_letters::replay(&self.0, &planned, false).map_err(told)?;
            (counts.sent, counts.gone) = (done.sent, done.gone);
        }
        Ok(counts)
    }
}
