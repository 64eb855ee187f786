//! What collectors tell of themselves, read from Kafka as it comes and kept in memory.
//!
//! The topics are compacted, so that a start reads the last word of every stream and no more.

use crate::Error;
use bus::{Consumer, ConsumerOptions, Polled, Subscription};
use fleet::{Fleet, Gaps};
use model::topic;
use service::Shutdown;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

/// How long one poll waits, and so a shutdown.
const POLL: Duration = Duration::from_millis(200);
/// Wait before another consumer is opened in place of one that failed.
const AGAIN: Duration = Duration::from_secs(5);

/// What is known, shared by the task that reads and the handlers that show.
#[derive(Default)]
pub(crate) struct Board(RwLock<Fleet>);

impl Board {
    /// What is known now; to be let go of soon.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Fleet> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, record: &bus::Record<'_>) {
        let key = record.key.unwrap_or_default();
        let mut fleet = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(agency) = topic::agency_of_heartbeats(record.topic) {
            fleet.note(&agency, key, record.value, record.kafka_ms);
        } else if let Some(gaps) = Gaps::read(key, record.value) {
            fleet.note_gaps(gaps);
        }
    }

    /// Reads until the shutdown, on a thread of its own.
    pub(crate) fn follow(&self, bus: &bus::Config, shutdown: &Shutdown) -> Result<(), Error> {
        // A group of our own, which commits nothing: every API reads everything from the beginning.
        let mut name = [0; 8];
        getrandom::fill(&mut name).map_err(|source| Error::Random { source })?;
        let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let pattern = format!("^(heartbeats\\..+|{})$", topic::STREAMS);
        let options =
            ConsumerOptions::new(&format!("prohori-fleet-{name}"), Subscription::Pattern(pattern));
        while !shutdown.has_begun() {
            let Err(error) = self.read_all(bus, &options, shutdown) else { return Ok(()) };
            let error = service::telemetry::chain(&error);
            tracing::warn!(error, "heartbeats cannot be read; trying again");
            let until = Instant::now() + AGAIN;
            while !shutdown.has_begun() && Instant::now() < until {
                std::thread::sleep(POLL);
            }
        }
        Ok(())
    }

    fn read_all(
        &self,
        bus: &bus::Config,
        options: &ConsumerOptions,
        shutdown: &Shutdown,
    ) -> Result<(), bus::Error> {
        let consumer = Consumer::open(bus, options)?;
        while !shutdown.has_begun() {
            if let Polled::Record(message) = consumer.next(POLL)? {
                self.note(&message.record());
            }
        }
        Ok(())
    }
}
