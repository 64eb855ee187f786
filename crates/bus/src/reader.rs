//! Reading a partition outside of any group: all that it holds now, or one record.

use crate::admin::LogConsumer;
use crate::consumer::Partition;
use crate::{Config, Error, OwnedRecord, Record};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How long a request may take, and how long nothing may come before the read is given up.
const REQUEST: Duration = Duration::from_secs(10);
/// How long one poll waits.
const POLL: Duration = Duration::from_millis(100);

/// Hands every record that `partition` holds now to `take`, in order, and returns how many they
/// were. Outside any group: nothing is committed. Records that come meanwhile are left out.
pub fn read_all(
    config: &Config,
    partition: &Partition,
    mut take: impl FnMut(&Record<'_>),
) -> Result<u64, Error> {
    Reader::open(config, partition)?.read(None, |record| {
        take(record);
        ControlFlow::Continue(())
    })
}

/// Reads single records of one partition.
pub struct Reader {
    consumer: BaseConsumer<LogConsumer>,
    partition: Partition,
}

impl Reader {
    /// Opens a reader.
    pub fn open(config: &Config, partition: &Partition) -> Result<Self, Error> {
        let mut settings = config.client("prohori-reader")?;
        settings
            .set("group.id", "prohori-reader")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_committed")
            .set("check.crcs", "true");
        let consumer = BaseConsumer::from_config_and_context(&settings, LogConsumer::default())
            .map_err(|source| Error::Create { what: "reader", source })?;
        Ok(Self { consumer, partition: partition.clone() })
    }

    /// The record at `offset`; `None` where the partition no longer holds it, or not yet.
    pub fn read_at(&self, offset: i64) -> Result<Option<OwnedRecord>, Error> {
        let mut found = None;
        self.read(Some(offset), |record| {
            if record.offset == offset {
                found = Some(record.to_owned());
            }
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    /// Hands the records from offset `from` on to `take`, or all of them, until it breaks.
    fn read(
        &self,
        from: Option<i64>,
        mut take: impl FnMut(&Record<'_>) -> ControlFlow<()>,
    ) -> Result<u64, Error> {
        let Self { consumer, partition } = self;
        let request =
            |what: &str, source| Error::Request { what: format!("{what} {partition}"), source };
        let (low, high) = consumer
            .fetch_watermarks(&partition.topic, partition.partition, REQUEST)
            .map_err(|source| request("fetch offsets of", source))?;
        let from = from.unwrap_or(low);
        if from < low || from >= high {
            return Ok(0);
        }
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition_offset(&partition.topic, partition.partition, Offset::Offset(from))
            .and_then(|()| consumer.assign(&list))
            .map_err(|source| request("read", source))?;
        let mut count = 0;
        let mut heard = Instant::now();
        loop {
            match consumer.poll(POLL) {
                Some(Ok(message)) if message.offset() < high => {
                    heard = Instant::now();
                    count += 1;
                    let flow = take(&Record::kafka(&message));
                    if flow.is_break() || message.offset() + 1 >= high {
                        return Ok(count);
                    }
                }
                // Compaction may have removed the very last offset, so the end is also told apart.
                Some(Ok(_)) | Some(Err(KafkaError::PartitionEOF(_))) => return Ok(count),
                Some(Err(source)) if heard.elapsed() > REQUEST => {
                    return Err(request("read", source));
                }
                None if heard.elapsed() > REQUEST => {
                    return Err(Error::Stalled { waited: heard.elapsed() });
                }
                Some(Err(_)) | None => {}
            }
        }
    }
}
