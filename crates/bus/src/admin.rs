//! Making topics, and asking the cluster where things stand.

use crate::client::{Complaints, Log, block_on};
use crate::consumer::Partition;
use crate::{Config, Error, TopicSpec};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::Client;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long one request may take. A broker that elects leaders answers late.
const REQUEST: Duration = Duration::from_secs(10);
/// How long a new topic may take until it has leaders and is visible.
const APPEAR: Duration = Duration::from_secs(30);
/// Pause between two looks at the metadata.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Polls after a request that failed: more than a connection that fails complains of.
const COMPLAINTS_MAX: usize = 32;

/// Offsets by topic and partition.
pub type Offsets = BTreeMap<(String, i32), i64>;

/// What a group has committed for one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The next offset to read.
    pub offset: i64,
    /// What was stored beside it.
    pub metadata: String,
}

/// Waits until `brokers` of them answer, at most for `timeout`. The error says what the last
/// connection failed of: a broker that is not there, a certificate, a password.
pub fn wait_ready(config: &Config, brokers: usize, timeout: Duration) -> Result<(), Error> {
    let client = consumer(&config.client("prohori-admin")?)?;
    let begun = Instant::now();
    loop {
        let left = timeout.saturating_sub(begun.elapsed()).min(REQUEST);
        let source = match metadata(client.client(), None, left) {
            Ok(metadata) if metadata.brokers().len() >= brokers => return Ok(()),
            Ok(_) => KafkaError::Global(RDKafkaErrorCode::BrokerNotAvailable),
            Err(error) => error,
        };
        // What librdkafka has to say of its connections it says when it is polled, one a poll; that
        // a poll has nothing for us does not mean that it was the last.
        for _ in 0..COMPLAINTS_MAX {
            let _ = client.poll(Duration::ZERO);
        }
        if begun.elapsed() >= timeout {
            let brokers = config.brokers.clone();
            let why = client.context().complaints.last().unwrap_or_else(|| "is it running?".into());
            let source = Box::new(source);
            return Err(Error::Unreachable { brokers, waited: timeout, why, source });
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Creates the topics that are not there, with the brokers' own replication factor, and waits
/// until all are visible and have leaders. A topic that is there is left as it is, but must have
/// the partitions asked for.
pub fn ensure_topics(config: &Config, topics: &[TopicSpec]) -> Result<(), Error> {
    let admin = open(config)?;
    let present = partitions_of_all(config, &admin)?;
    let absent: Vec<_> = topics.iter().filter(|t| !present.contains_key(&t.name)).collect();
    create(&admin, &absent)?;
    for topic in topics {
        let found = wait_visible(admin.inner(), topic)?;
        let expected = usize::try_from(topic.partitions).unwrap_or_default();
        if found != expected {
            return Err(Error::Partitions { topic: topic.name.clone(), found, expected });
        }
    }
    Ok(())
}

/// Every topic with its number of partitions, Kafka's own (`__…`) left out.
pub fn topics(config: &Config) -> Result<BTreeMap<String, usize>, Error> {
    partitions_of_all(config, &open(config)?)
}

/// One past the last offset of every partition of `topics`; a topic that is not there has none.
pub fn end_offsets(config: &Config, topics: &[&str]) -> Result<Offsets, Error> {
    offsets_at(config, topics, Offset::End)
}

/// The first offset still kept of every partition of `topics`.
pub fn start_offsets(config: &Config, topics: &[&str]) -> Result<Offsets, Error> {
    offsets_at(config, topics, Offset::Beginning)
}

/// What `group` has committed for every partition of `topics`; where it never did, nothing.
pub fn committed(
    config: &Config,
    group: &str,
    topics: &[&str],
) -> Result<BTreeMap<(String, i32), Committed>, Error> {
    let mut client = config.client("prohori-admin")?;
    client.set("group.id", group).set("enable.auto.commit", "false");
    let consumer = consumer(&client)?;
    let partitions = partitions_of(consumer.client(), topics)?;
    let begun = Instant::now();
    let committed = loop {
        match fetch_committed(&consumer, &partitions, REQUEST) {
            // Which broker looks after a group is settled anew when the group is.
            Err(Error::Request { source, .. })
                if is_unsettled(&source) && begun.elapsed() < REQUEST =>
            {
                std::thread::sleep(LOOK_AGAIN);
            }
            done => break done?,
        }
    };
    let found = partitions.into_iter().zip(committed);
    Ok(found.filter_map(|(p, c)| Some(((p.topic, p.partition), c?))).collect())
}

/// Says where `group` is to go on, with what stands beside each offset. The group must have no
/// members: theirs would be overwritten, or would overwrite it.
pub fn set_committed(
    config: &Config,
    group: &str,
    offsets: &BTreeMap<(String, i32), Committed>,
) -> Result<(), Error> {
    let failed =
        |source| Error::Request { what: format!("set the offsets of group {group}"), source };
    let mut client = config.client("prohori-admin")?;
    client.set("group.id", group).set("enable.auto.commit", "false");
    let consumer = consumer(&client)?;
    let mut list = TopicPartitionList::with_capacity(offsets.len());
    for ((topic, partition), committed) in offsets {
        let mut element = list.add_partition(topic, *partition);
        element.set_offset(Offset::Offset(committed.offset)).map_err(failed)?;
        element.set_metadata(&*committed.metadata);
    }
    consumer.commit(&list, rdkafka::consumer::CommitMode::Sync).map_err(failed)
}

/// The cluster's id, which stays as long as its data does.
pub fn cluster_id(config: &Config) -> Result<Option<String>, Error> {
    let consumer = consumer(&config.client("prohori-admin")?)?;
    Ok(consumer.client().fetch_cluster_id(REQUEST))
}

/// Whether the brokers are still settling who looks after a group.
fn is_unsettled(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator};
    let code = error.rdkafka_error_code();
    [NotCoordinator, CoordinatorNotAvailable, CoordinatorLoadInProgress]
        .iter()
        .any(|unsettled| code.as_ref() == Some(unsettled))
}

/// Committed offsets in the order of `partitions`.
pub(crate) fn fetch_committed<C: rdkafka::consumer::ConsumerContext>(
    consumer: &BaseConsumer<C>,
    partitions: &[Partition],
    timeout: Duration,
) -> Result<Vec<Option<Committed>>, Error> {
    let failed = |source| Error::Request { what: "fetch committed offsets".into(), source };
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for p in partitions {
        list.add_partition(&p.topic, p.partition);
    }
    let list = consumer.committed_offsets(list, timeout).map_err(failed)?;
    let one = |p: &Partition| {
        let Some(element) = list.find_partition(&p.topic, p.partition) else { return Ok(None) };
        element.error().map_err(failed)?;
        Ok(match element.offset() {
            Offset::Offset(offset) => {
                Some(Committed { offset, metadata: element.metadata().to_owned() })
            }
            _ => None,
        })
    };
    partitions.iter().map(one).collect()
}

fn open(config: &Config) -> Result<AdminClient<Log>, Error> {
    let client = config.client("prohori-admin")?;
    AdminClient::from_config_and_context(&client, Log)
        .map_err(|source| Error::Create { what: "admin client", source })
}

fn consumer(client: &ClientConfig) -> Result<BaseConsumer<LogConsumer>, Error> {
    BaseConsumer::from_config_and_context(client, LogConsumer::default())
        .map_err(|source| Error::Create { what: "consumer", source })
}

/// A consumer that only asks.
#[derive(Default)]
pub(crate) struct LogConsumer {
    complaints: Complaints,
}

impl rdkafka::ClientContext for LogConsumer {
    fn log(&self, level: rdkafka::config::RDKafkaLogLevel, facility: &str, message: &str) {
        crate::client::log(level, facility, message);
        self.complaints.note_log(facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        crate::client::log_error(&error, reason);
        self.complaints.note(&error, reason);
    }
}

impl rdkafka::consumer::ConsumerContext for LogConsumer {}

fn metadata<C: rdkafka::ClientContext>(
    client: &Client<C>,
    topic: Option<&str>,
    timeout: Duration,
) -> Result<rdkafka::metadata::Metadata, KafkaError> {
    client.fetch_metadata(topic, timeout.max(LOOK_AGAIN))
}

fn partitions_of_all(
    config: &Config,
    admin: &AdminClient<Log>,
) -> Result<BTreeMap<String, usize>, Error> {
    let metadata = metadata(admin.inner(), None, REQUEST).map_err(|source| Error::Unreachable {
        brokers: config.brokers.clone(),
        waited: REQUEST,
        why: "is it running?".into(),
        source: Box::new(source),
    })?;
    let topics = metadata.topics().iter().filter(|topic| !topic.name().starts_with("__"));
    Ok(topics.map(|topic| (topic.name().to_owned(), topic.partitions().len())).collect())
}

fn create(admin: &AdminClient<Log>, topics: &[&TopicSpec]) -> Result<(), Error> {
    if topics.is_empty() {
        return Ok(());
    }
    let new = topics.iter().map(|topic| {
        // -1: the brokers' default.replication.factor.
        let new = NewTopic::new(&topic.name, topic.partitions, TopicReplication::Fixed(-1));
        topic.config.iter().fold(new, |new, (key, value)| new.set(key, value))
    });
    let new: Vec<_> = new.collect();
    let options = AdminOptions::new().operation_timeout(Some(REQUEST));
    let results = block_on(admin.create_topics(&new, &options))
        .map_err(|source| Error::Request { what: "create topics".into(), source })?;
    for result in results {
        match result {
            // Another process was as quick.
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => {
                return Err(Error::CreateTopic { topic, reason: code.to_string() });
            }
        }
    }
    Ok(())
}

/// Waits until every partition of `topic` has a leader; how many there are.
fn wait_visible<C: rdkafka::ClientContext>(
    client: &Client<C>,
    topic: &TopicSpec,
) -> Result<usize, Error> {
    let begun = Instant::now();
    while begun.elapsed() < APPEAR {
        if let Ok(metadata) = metadata(client, Some(&topic.name), REQUEST) {
            let found = metadata.topics().iter().find(|t| t.name() == topic.name);
            let led = |t: &&rdkafka::metadata::MetadataTopic| {
                t.error().is_none()
                    && !t.partitions().is_empty()
                    && t.partitions().iter().all(|p| p.leader() >= 0)
            };
            if let Some(found) = found.filter(led) {
                return Ok(found.partitions().len());
            }
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    Err(Error::TopicAbsent { topic: topic.name.clone(), waited: APPEAR })
}

fn partitions_of<C: rdkafka::ClientContext>(
    client: &Client<C>,
    topics: &[&str],
) -> Result<Vec<Partition>, Error> {
    let metadata = metadata(client, None, REQUEST)
        .map_err(|source| Error::Request { what: "list topics".into(), source })?;
    let wanted = metadata.topics().iter().filter(|topic| topics.contains(&topic.name()));
    Ok(wanted
        .flat_map(|topic| topic.partitions().iter().map(|p| Partition::new(topic.name(), p.id())))
        .collect())
}

fn offsets_at(config: &Config, topics: &[&str], at: Offset) -> Result<Offsets, Error> {
    let consumer = consumer(&config.client("prohori-admin")?)?;
    let mut offsets = Offsets::new();
    for p in partitions_of(consumer.client(), topics)? {
        let what = || format!("fetch offsets of {p}");
        let (low, high) = consumer
            .fetch_watermarks(&p.topic, p.partition, REQUEST)
            .map_err(|source| Error::Request { what: what(), source })?;
        let offset = if at == Offset::End { high } else { low };
        offsets.insert((p.topic, p.partition), offset);
    }
    Ok(offsets)
}
