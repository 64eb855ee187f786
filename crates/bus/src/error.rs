//! What can fail between us and Kafka.

use rdkafka::error::KafkaError;
use std::path::PathBuf;
use std::time::Duration;

/// A failure of a client or of a request; what concerns one record alone is a
/// [`crate::SendError`] or a [`crate::DeliveryError`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The brokers' addresses are not of the form `host:port`.
    #[error("brokers: {broker:?} is not host:port")]
    Brokers {
        /// The one that is not.
        broker: String,
    },
    /// The password file cannot be read.
    #[error("cannot read password file {path}", path = path.display())]
    Password {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A certificate or key cannot be used.
    #[error("cannot use {path}: {problem}", path = path.display())]
    Certificate {
        /// The PEM file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The connection for access rules failed.
    #[error("kafka: cannot {what}")]
    Wire {
        /// What was asked for.
        what: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The brokers refuse what was asked for.
    #[error("kafka: cannot {what}: {reason}")]
    Denied {
        /// What was asked for.
        what: &'static str,
        /// The broker's reason.
        reason: String,
    },
    /// librdkafka refuses the settings.
    #[error("cannot create kafka {what}")]
    Create {
        /// Consumer, producer, admin client.
        what: &'static str,
        /// Why.
        #[source]
        source: KafkaError,
    },
    /// A thread of the client could not be started.
    #[error("cannot start thread {name}")]
    Thread {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No broker answered in time.
    #[error("kafka at {brokers} does not answer within {waited:?}: {why}")]
    Unreachable {
        /// The addresses tried.
        brokers: String,
        /// For how long.
        waited: Duration,
        /// What the last connection failed of, where that is known.
        why: String,
        /// The last failure.
        #[source]
        source: Box<KafkaError>,
    },
    /// A request failed.
    #[error("kafka: cannot {what}")]
    Request {
        /// What was asked for.
        what: String,
        /// Why.
        #[source]
        source: KafkaError,
    },
    /// A topic could not be created.
    #[error("cannot create topic {topic}: {reason}")]
    CreateTopic {
        /// The topic.
        topic: String,
        /// The broker's reason.
        reason: String,
    },
    /// A topic exists with another number of partitions than is asked for.
    #[error(
        "topic {topic} has {found} partitions, not {expected}: all topics must have the same number; \
         set partitions = {found} or recreate the topic"
    )]
    Partitions {
        /// The topic.
        topic: String,
        /// What it has.
        found: usize,
        /// What was asked for.
        expected: usize,
    },
    /// A topic that was just created is not yet known everywhere.
    #[error("topic {topic} did not appear within {waited:?}")]
    TopicAbsent {
        /// The topic.
        topic: String,
        /// For how long.
        waited: Duration,
    },
    /// A note beside an offset is too long for Kafka's protocol.
    #[error("commit metadata of {bytes} bytes are longer than {bytes_max}")]
    Metadata {
        /// Its length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The consumer can not go on and must be opened anew.
    #[error("kafka consumer of group {group} failed")]
    Consumer {
        /// Its group.
        group: String,
        /// Why.
        #[source]
        source: KafkaError,
    },
    /// The producer can not go on and must be opened anew.
    #[error("kafka producer failed: {reason}")]
    Producer {
        /// Why.
        reason: String,
    },
    /// A record was refused, so that the ones behind it must be sent again after it.
    #[error("a record was not delivered")]
    Delivery(#[from] crate::DeliveryError),
    /// A record could not be handed to the producer.
    #[error("a record was not taken")]
    Send(#[from] crate::SendError),
    /// Nothing was confirmed for very long.
    #[error("kafka confirmed nothing for {waited:?}")]
    Stalled {
        /// For how long.
        waited: Duration,
    },
    /// Records were still unconfirmed at the deadline.
    #[error("{left} records still unconfirmed after {waited:?}")]
    Flush {
        /// How many.
        left: usize,
        /// The deadline.
        waited: Duration,
    },
    /// A metric's name is taken.
    #[error("cannot register metrics")]
    Metrics(#[from] prometheus::Error),
}
