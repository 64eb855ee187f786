//! The way to Kafka: one producer that all inputs share, and its successor when it fails or when
//! certificates are renewed.

mod ceiling;
mod renewal;

use crate::Error;
use crate::metrics::KafkaMetrics;
use crate::output::{Output, Record};
use backoff::Backoff;
use bus::{Outgoing, Producer, ProducerOptions, SendError};
use ceiling::Ceiling;
use model::{Agency, origin, topic};
pub(crate) use renewal::Renewal;
use service::{Part, Shutdown};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Records at the producer. With the byte limit below this bounds the collector's memory; at
/// 300,000 lines a second it is a tenth of a second, several times what a batch needs.
const QUEUE_RECORDS_MAX: usize = 32_768;
/// Bytes at the producer: sixteen of the longest records.
const QUEUE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Waits between one producer and the next.
const RENEW_BASE: Duration = Duration::from_millis(200);
const RENEW_CAP: Duration = Duration::from_secs(30);
/// How often it is looked whether the producer works.
const LOOK: Duration = Duration::from_millis(200);
/// How long the first broker to answer is waited for before that is said.
const ANSWER: Duration = Duration::from_secs(5);
/// Without any confirmation for so long, while records wait for it, Kafka counts as away.
const SILENCE: Duration = Duration::from_secs(15);

/// Who is told of confirmations: tags with the high bit set are the queue's, the others the files'.
pub(crate) const QUEUE_TAG: u64 = 1 << 63;

/// Who is told of confirmations.
pub(crate) trait Confirmed: Send + Sync {
    /// The record with this tag is safe. Must not block.
    fn confirmed(&self, tag: u64);
}

/// The producer that is in use, and what is needed to make the next.
pub(crate) struct Link {
    config: bus::Config,
    options: ProducerOptions,
    topic: String,
    told: Arc<dyn Confirmed>,
    metrics: KafkaMetrics,
    current: RwLock<Current>,
    health: Arc<Health>,
    /// The certificates that the first producer was opened with.
    renewal: Renewal,
    ceiling: Option<Ceiling>,
}

#[derive(Clone)]
struct Current {
    producer: Arc<Producer>,
    epoch: u64,
}

/// What deliveries have shown.
struct Health {
    /// Epochs before this one have failed.
    failed_below: AtomicU64,
    /// Why the last one failed.
    reason: Mutex<String>,
}

/// Whether confirmations come in while something waits for them.
struct Progress {
    /// When it last moved, or nothing waited.
    since: Instant,
    confirmed: Option<u64>,
    first: Option<u64>,
}

impl Progress {
    fn new() -> Self {
        Self { since: Instant::now(), confirmed: None, first: None }
    }

    fn look(&mut self, confirmed: u64, in_flight: usize) {
        if in_flight == 0 || self.confirmed != Some(confirmed) {
            self.since = Instant::now();
        }
        self.confirmed = Some(confirmed);
        self.first.get_or_insert(confirmed);
    }

    fn confirmed_since_new(&self, confirmed: u64) -> bool {
        self.first.is_some_and(|first| confirmed > first)
    }
}

impl Link {
    /// Makes the first producer; no broker need be there yet.
    pub(crate) fn open(
        config: &bus::Config,
        collector: &str,
        agency: &Agency,
        bytes_per_second: Option<u64>,
        told: Arc<dyn Confirmed>,
        metrics: KafkaMetrics,
    ) -> Result<Arc<Self>, Error> {
        let options = ProducerOptions {
            client_id: format!("prohori-collector-{collector}"),
            queue_records_max: QUEUE_RECORDS_MAX,
            queue_bytes_max: QUEUE_BYTES_MAX,
            ..ProducerOptions::default()
        };
        let health = Arc::new(Health { failed_below: AtomicU64::new(0), reason: Mutex::default() });
        let renewal = Renewal::new(config);
        let producer = producer(config, &options, &told, &metrics, &health, 0)?;
        let current = RwLock::new(Current { producer: Arc::new(producer), epoch: 0 });
        let (config, topic) = (config.clone(), topic::raw(agency));
        let ceiling = bytes_per_second.map(|bytes| Ceiling::new(bytes, Instant::now()));
        Ok(Arc::new(Self {
            config,
            options,
            topic,
            told,
            metrics,
            current,
            health,
            renewal,
            ceiling,
        }))
    }

    /// The topic that records go to.
    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    /// A way to send, for one input.
    pub(crate) fn sender(self: &Arc<Self>) -> Sender {
        let Current { producer, epoch } = self.current();
        Sender { link: self.clone(), producer, epoch }
    }

    fn current(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the producer when it has failed, and says through `part` how Kafka is; until the
    /// shutdown, on a thread of its own.
    pub(crate) fn keep(&self, part: &Part, shutdown: &Shutdown) {
        self.wait_for_broker(part, shutdown);
        let seed = u64::from(std::process::id());
        let mut backoff = Backoff::new(RENEW_BASE, RENEW_CAP, seed);
        let mut progress = Progress::new();
        let mut renewal = self.renewal.clone();
        while !shutdown.has_begun() {
            let Current { producer, epoch } = self.current();
            let in_flight = producer.in_flight();
            self.metrics.in_flight.set(in_flight as i64);
            progress.look(self.metrics.confirmed.get(), in_flight);
            if let Some(failure) = producer.failure() {
                self.health.fail(epoch, &failure.to_string());
            }
            if self.health.has_failed(epoch) {
                let reason = self.health.reason();
                tracing::error!(reason, "kafka producer failed; opening another and sending again");
                part.down(reason);
                pause(backoff.wait(), shutdown);
                self.renew(epoch);
                progress = Progress::new();
            } else if renewal.is_due(&self.config, Instant::now()) {
                // One that cannot be opened (half of a pair is replaced) is tried again soon.
                let now = Renewal::new(&self.config);
                if self.renew(epoch) {
                    tracing::info!("certificates or password changed: another producer uses them");
                    (renewal, progress) = (now, Progress::new());
                }
            } else if progress.since.elapsed() > SILENCE {
                let why =
                    producer.complaint().unwrap_or_else(|| "are the brokers in reach?".into());
                part.down(format!("kafka confirms nothing: {why}"));
            } else {
                if progress.confirmed_since_new(self.metrics.confirmed.get()) {
                    backoff.reset();
                }
                part.up();
            }
            pause(LOOK, shutdown);
        }
    }

    fn wait_for_broker(&self, part: &Part, shutdown: &Shutdown) {
        while !shutdown.has_begun() {
            match bus::admin::wait_ready(&self.config, 1, ANSWER) {
                Ok(()) => return,
                Err(error) => {
                    let error = service::telemetry::chain(&error);
                    tracing::warn!(error, "waiting for kafka; files are read once it answers");
                    part.down(error);
                }
            }
        }
    }

    /// Opens the successor of the producer of epoch `before`; whether that went well.
    fn renew(&self, before: u64) -> bool {
        let epoch = before + 1;
        let made =
            producer(&self.config, &self.options, &self.told, &self.metrics, &self.health, epoch);
        match made {
            Ok(producer) => {
                self.metrics.renewed.inc();
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                *current = Current { producer: Arc::new(producer), epoch };
                true
            }
            Err(error) => {
                let error = service::telemetry::chain(&error);
                tracing::error!(error, "cannot open a kafka producer");
                false
            }
        }
    }
}

fn pause(wait: Duration, shutdown: &Shutdown) {
    let until = Instant::now() + wait;
    while !shutdown.has_begun() && Instant::now() < until {
        std::thread::sleep(LOOK.min(until.saturating_duration_since(Instant::now())));
    }
}

fn producer(
    config: &bus::Config,
    options: &ProducerOptions,
    told: &Arc<dyn Confirmed>,
    metrics: &KafkaMetrics,
    health: &Arc<Health>,
    epoch: u64,
) -> Result<Producer, Error> {
    let (told, health) = (told.clone(), health.clone());
    let (confirmed, refused) = (metrics.confirmed.clone(), metrics.refused.clone());
    let on_delivery = move |tag, delivered: Result<bus::Delivered, bus::DeliveryError>| {
        match delivered {
            Ok(_) => {
                confirmed.inc();
                told.confirmed(tag);
            }
            // The producer was replaced; its successor sends the record.
            Err(bus::DeliveryError::Purged) => {}
            Err(error) => {
                refused.inc();
                health.fail(epoch, &error.to_string());
            }
        }
    };
    Ok(Producer::open(config, options, on_delivery)?)
}

impl Health {
    fn fail(&self, epoch: u64, reason: &str) {
        if self.failed_below.fetch_max(epoch + 1, Ordering::Relaxed) <= epoch {
            reason.clone_into(&mut self.reason.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn has_failed(&self, epoch: u64) -> bool {
        epoch < self.failed_below.load(Ordering::Relaxed)
    }

    fn reason(&self) -> String {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One input's way to the producer.
pub(crate) struct Sender {
    link: Arc<Link>,
    producer: Arc<Producer>,
    epoch: u64,
}

impl Sender {
    /// Whether there is another producer than when last asked: what is not confirmed has to be
    /// sent again.
    pub(crate) fn renewed(&mut self) -> bool {
        let current = self.link.current();
        if current.epoch == self.epoch {
            return false;
        }
        (self.producer, self.epoch) = (current.producer, current.epoch);
        true
    }
}

impl Output for Sender {
    fn send(&mut self, record: &Record<'_>) -> bool {
        let headers = [(origin::HEADER, record.origin.as_bytes())];
        let outgoing = Outgoing {
            topic: &self.link.topic,
            partition: None,
            key: Some(record.stream.as_bytes()),
            value: record.bytes,
            headers: &headers,
        };
        let ceiling = self.link.ceiling.as_ref();
        let bytes = record.bytes.len() + record.origin.len() + record.stream.len();
        if ceiling.is_some_and(|ceiling| !ceiling.take(bytes, Instant::now())) {
            self.link.metrics.held_back.inc();
            return false;
        }
        match self.producer.try_send(&outgoing, record.tag) {
            Ok(()) => return true,
            Err(SendError::QueueFull) => self.link.metrics.full.inc(),
            // Not of this producer's making, but nothing else can be done either: wait, try again.
            Err(error) => self.link.health.fail(self.epoch, &error.to_string()),
        }
        if let Some(ceiling) = ceiling {
            ceiling.give_back(bytes);
        }
        false
    }
}

#[cfg(test)]
mod tests;
