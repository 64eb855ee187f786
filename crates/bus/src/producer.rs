//! Sending records: idempotent, confirmed one by one, never dropped in silence.

use crate::{Config, Error, Outgoing, RECORD_BYTES_MAX, client};
use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Records in the queue or under way. At 300 bytes each this is 30 MB and two thirds of a second
/// at 150,000 records a second: enough to fill batches, small enough to be flushed in time.
pub const QUEUE_RECORDS_MAX: usize = 100_000;
/// Bytes in the queue or under way; room for sixteen of the largest records.
pub const QUEUE_BYTES_MAX: usize = 16 * RECORD_BYTES_MAX;
/// A batch before compression. Kafka compresses a batch as one, so larger is smaller.
const BATCH_BYTES: usize = 1_000_000;
/// How long the polling thread sleeps in librdkafka before it looks whether it should end.
const POLL: Duration = Duration::from_millis(100);

/// How a producer behaves; the defaults suit the services.
#[derive(Debug, Clone)]
pub struct ProducerOptions {
    /// Name that brokers and their logs see.
    pub client_id: String,
    /// How long a record waits for others to share its batch.
    pub linger: Duration,
    /// How batches are compressed.
    pub compression: Compression,
    /// Limit on records in the queue or under way.
    pub queue_records_max: usize,
    /// Limit on bytes in the queue or under way.
    pub queue_bytes_max: usize,
}

/// How batches are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Small: the default.
    Zstd,
    /// Cheap: for collectors on weak hosts.
    Lz4,
}

impl Default for ProducerOptions {
    fn default() -> Self {
        Self {
            client_id: "prohori".into(),
            linger: Duration::from_millis(50),
            compression: Compression::Zstd,
            queue_records_max: QUEUE_RECORDS_MAX,
            queue_bytes_max: QUEUE_BYTES_MAX,
        }
    }
}

/// Where a confirmed record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// The partition that it went to.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
}

/// Why a record that was taken by [`Producer::try_send`] will not arrive.
///
/// After any but `Purged`, what was sent later fails too, so that no gap arises in a partition:
/// open a new producer and send again from the first unconfirmed record on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The producer was dropped before it was confirmed; it may have arrived all the same.
    #[error("the producer was closed before kafka confirmed the record")]
    Purged,
    /// The brokers refuse it.
    #[error("kafka refuses a record for {topic}/{partition}: {reason}")]
    Refused {
        /// The topic.
        topic: String,
        /// The partition, or -1 where none was chosen yet.
        partition: i32,
        /// The broker's reason.
        reason: String,
    },
}

/// Why a record is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The queue is full: wait for confirmations, then try again.
    #[error("the producer's queue is full")]
    QueueFull,
    /// It is larger than [`RECORD_BYTES_MAX`] and never will be taken: shorten it.
    #[error("a record of {bytes} bytes for {topic} is larger than {bytes_max}")]
    TooLarge {
        /// The topic.
        topic: String,
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The topic or the partition does not exist.
    #[error("cannot send to {topic}: {reason}")]
    Unknown {
        /// The topic.
        topic: String,
        /// librdkafka's reason.
        reason: String,
    },
    /// The producer failed for good: open a new one.
    #[error("the producer failed: {reason}")]
    Fatal {
        /// librdkafka's reason.
        reason: String,
    },
}

/// What is called for every record that was taken, with its tag.
type OnDelivery = Box<dyn Fn(u64, Result<Delivered, DeliveryError>) + Send + Sync>;

/// An idempotent producer with a polling thread of its own.
pub struct Producer {
    base: Arc<BaseProducer<Deliveries>>,
    stop: Arc<AtomicBool>,
    poller: Option<JoinHandle<()>>,
}

impl Producer {
    /// Opens a producer; no broker need be there yet.
    ///
    /// `on_delivery` gets the tag of every record once it is confirmed or lost, on the polling
    /// thread or on the one that flushes; it must not block or panic. Confirmations of one
    /// partition come in order as long as nobody flushes at the same time.
    pub fn open(
        config: &Config,
        options: &ProducerOptions,
        on_delivery: impl Fn(u64, Result<Delivered, DeliveryError>) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let settings = settings(config, options)?;
        let complaints = client::Complaints::default();
        let context = Deliveries { on_delivery: Box::new(on_delivery), complaints };
        let base = BaseProducer::from_config_and_context(&settings, context)
            .map_err(|source| Error::Create { what: "producer", source })?;
        let base = Arc::new(base);
        let stop = Arc::new(AtomicBool::new(false));
        let name = "bus-deliveries".to_owned();
        let (polled, stopped) = (base.clone(), stop.clone());
        let poller = std::thread::Builder::new()
            .name(name.clone())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    polled.poll(POLL);
                }
            })
            .map_err(|source| Error::Thread { name, source })?;
        Ok(Self { base, stop, poller: Some(poller) })
    }

    /// Copies `record` into the queue, or says why not; never blocks. Its tag comes back through
    /// `on_delivery` exactly once if it was taken, and not at all if not.
    pub fn try_send(&self, record: &Outgoing<'_>, tag: u64) -> Result<(), SendError> {
        let bytes = record.bytes();
        if bytes > RECORD_BYTES_MAX {
            let topic = record.topic.to_owned();
            return Err(SendError::TooLarge { topic, bytes, bytes_max: RECORD_BYTES_MAX });
        }
        let headers = (!record.headers.is_empty()).then(|| {
            let list = OwnedHeaders::new_with_capacity(record.headers.len());
            record
                .headers
                .iter()
                .fold(list, |list, (key, value)| list.insert(Header { key, value: Some(*value) }))
        });
        let sent = self.base.send(BaseRecord::<[u8], [u8], usize> {
            topic: record.topic,
            partition: record.partition,
            payload: Some(record.value),
            key: record.key,
            timestamp: None,
            headers,
            delivery_opaque: tag as usize,
        });
        sent.map_err(|(error, refused)| self.send_error(error, refused.topic, bytes))
    }

    /// Waits until everything taken is confirmed or lost, at most for `timeout`.
    pub fn flush(&self, timeout: Duration) -> Result<(), Error> {
        let begun = Instant::now();
        match self.base.flush(timeout) {
            Ok(()) => Ok(()),
            Err(KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut)) => {
                Err(Error::Flush { left: self.in_flight(), waited: begun.elapsed() })
            }
            Err(source) => Err(Error::Request { what: "flush".into(), source }),
        }
    }

    /// How many records are taken and neither confirmed nor lost.
    pub fn in_flight(&self) -> usize {
        usize::try_from(self.base.in_flight_count()).unwrap_or_default()
    }

    /// The reason why this producer can not go on, if it can not.
    pub fn failure(&self) -> Option<Error> {
        let (_, reason) = self.base.client().fatal_error()?;
        Some(Error::Producer { reason })
    }

    /// What a connection last failed of. It is tried again all the time: whether that still holds,
    /// only deliveries show.
    pub fn complaint(&self) -> Option<String> {
        self.base.context().complaints.last()
    }

    fn send_error(&self, error: KafkaError, topic: &str, bytes: usize) -> SendError {
        let topic = topic.to_owned();
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => SendError::QueueFull,
            Some(RDKafkaErrorCode::MessageSizeTooLarge) => {
                SendError::TooLarge { topic, bytes, bytes_max: RECORD_BYTES_MAX }
            }
            Some(RDKafkaErrorCode::Fatal) => {
                let reason = self.base.client().fatal_error().map(|(_, reason)| reason);
                SendError::Fatal { reason: reason.unwrap_or_else(|| error.to_string()) }
            }
            _ => SendError::Unknown { topic, reason: error.to_string() },
        }
    }
}

impl Drop for Producer {
    /// Whatever was not confirmed comes back as [`DeliveryError::Purged`]: flush first.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(poller) = self.poller.take() {
            // A panic in there was a panic of `on_delivery`, and was printed when it happened.
            let _ = poller.join();
        }
    }
}

fn settings(config: &Config, options: &ProducerOptions) -> Result<ClientConfig, Error> {
    let mut settings = config.client(&options.client_id)?;
    settings
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // Without it, a refused batch would leave a gap that the batches behind it jump over,
        // and consumers would take the resent records for duplicates.
        .set("enable.gapless.guarantee", "true")
        // 0: a record is tried until it is confirmed. The default drops it after five minutes.
        .set("message.timeout.ms", "0")
        .set("linger.ms", options.linger.as_millis().to_string())
        .set("partitioner", "murmur2_random")
        .set("batch.size", BATCH_BYTES.to_string())
        .set("message.max.bytes", (RECORD_BYTES_MAX + 1024).to_string())
        .set("queue.buffering.max.messages", options.queue_records_max.to_string())
        .set("queue.buffering.max.kbytes", (options.queue_bytes_max / 1024).max(1).to_string());
    match options.compression {
        // Level 1: higher ones save a few percent for several times the processor time.
        Compression::Zstd => {
            settings.set("compression.codec", "zstd").set("compression.level", "1")
        }
        Compression::Lz4 => settings.set("compression.codec", "lz4"),
    };
    Ok(settings)
}

/// Hands deliveries to the owner.
struct Deliveries {
    on_delivery: OnDelivery,
    complaints: client::Complaints,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
        self.complaints.note_log(facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        client::log_error(&error, reason);
        self.complaints.note(&error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, tag: usize) {
        let outcome = match result {
            Ok(message) => {
                Ok(Delivered { partition: message.partition(), offset: message.offset() })
            }
            Err((error, message)) => Err(match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight) => {
                    DeliveryError::Purged
                }
                _ => DeliveryError::Refused {
                    topic: message.topic().to_owned(),
                    partition: message.partition(),
                    reason: error.to_string(),
                },
            }),
        };
        (self.on_delivery)(tag as u64, outcome);
    }
}
