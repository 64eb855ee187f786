//! Writing blocks so that a retry changes nothing, and looking at what is there after a doubt.
//!
//! One insert is one block is one part (a partition): all of it is there or nothing. Its token makes
//! the same insert, sent again, a no-op, as long as the table remembers the token; STORAGE.md lists
//! how it may forget (a lost log, a window passed) or remember too well (a part lost after its
//! token was written), which is why a replay looks first ([`Store::missing`]).

use crate::error::During;
use crate::rows::{Block, Table};
use crate::{Error, Store};
use bytes::Bytes;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for the socket to take a chunk: ClickHouse stands still.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest wait for the answer, with parts, indexes and views written and synced.
const END_TIMEOUT: Duration = Duration::from_secs(120);
/// Longest wait for a look at what is stored.
const LOOK_TIMEOUT: Duration = Duration::from_secs(60);

/// What every insert of a block says. `async_insert` is on by default and would answer before
/// the rows are written; a block must not be split, nor refused for its many partitions (a bad
/// clock at a collector could make them).
const SETTINGS: [(&str, &str); 7] = [
    ("async_insert", "0"),
    ("insert_deduplicate", "1"),
    ("deduplicate_blocks_in_dependent_materialized_views", "1"),
    ("max_insert_block_size", "10000000"),
    ("min_insert_block_size_rows", "10000000"),
    ("min_insert_block_size_bytes", "1073741824"),
    ("max_partitions_per_insert_block", "0"),
];

/// A block as the owner of the bytes that are sent.
struct Body(Arc<Block>);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self.0.body()
    }
}

impl Store {
    /// Inserts the block. After an error the outcome is unknown: look with [`Self::missing`],
    /// or send the same block with the same token.
    pub async fn insert(&self, block: &Arc<Block>, token: &str) -> Result<(), Error> {
        let action = match block.table() {
            Table::Events => "insert events",
            Table::Alerts => "insert alerts",
            Table::AlertUpdates => "insert what is told of alerts again",
            Table::DeadLetters => "insert dead letters",
        };
        let mut insert = self
            .client()
            .insert_formatted_with(block.statement())
            .with_setting("insert_deduplication_token", token)
            .with_timeouts(Some(SEND_TIMEOUT), Some(END_TIMEOUT));
        for (name, value) in SETTINGS {
            insert = insert.with_setting(name, value);
        }
        insert.send(Bytes::from_owner(Body(block.clone()))).await.during(action)?;
        insert.end().await.during(action)
    }

    /// The rows of the block that are not stored: by id for alerts, by place for what else was read
    /// from `partition` of `topic`.
    pub async fn missing(
        &self,
        block: &Block,
        topic: &str,
        partition: u16,
    ) -> Result<Block, Error> {
        let action = "look at what is stored";
        let look = async {
            if block.is_empty() {
                return Ok(block.clone());
            }
            if block.table() == Table::Alerts {
                let stored = self.stored_ids(block).await.during(action)?;
                return Ok(block.only(|_, id| !stored.contains(id)));
            }
            let stored = self.stored_offsets(block, topic, partition).await.during(action)?;
            Ok(block.only(|offset, _| !stored.contains(&offset)))
        };
        let seconds = LOOK_TIMEOUT.as_secs();
        tokio::time::timeout(LOOK_TIMEOUT, look)
            .await
            .unwrap_or(Err(Error::TimedOut { action, seconds }))
    }

    /// Arrival times keep the look to few partitions, and keep apart the records of a topic that
    /// was deleted and made again, whose offsets began anew.
    async fn stored_offsets(
        &self,
        block: &Block,
        topic: &str,
        partition: u16,
    ) -> Result<HashSet<u64>, clickhouse::error::Error> {
        let (first, last) = block.arrivals().unwrap_or_default();
        let of_topic =
            if block.table() == Table::Events { "" } else { "topic = {topic:String} AND" };
        let sql = format!(
            "SELECT offset FROM {table} WHERE {of_topic} partition = {{partition:UInt16}} \
             AND offset >= {{start:UInt64}} AND offset <= {{end:UInt64}} \
             AND kafka_time >= fromUnixTimestamp64Milli({{first:Int64}}) \
             AND kafka_time <= fromUnixTimestamp64Milli({{last:Int64}})",
            table = block.table(),
        );
        let query = self
            .client()
            .query_raw(&sql)
            .param("topic", topic)
            .param("partition", partition)
            .param("start", block.offsets().min().unwrap_or_default())
            .param("end", block.offsets().max().unwrap_or_default())
            .param("first", first)
            .param("last", last);
        Ok(query.fetch_all::<u64>().await?.into_iter().collect())
    }

    async fn stored_ids(&self, block: &Block) -> Result<HashSet<String>, clickhouse::error::Error> {
        let ids: Vec<&str> = block.ids().collect();
        let sql = "SELECT id FROM alerts WHERE id IN {ids:Array(String)}";
        let query = self.client().query_raw(sql).param("ids", ids);
        Ok(query.fetch_all::<String>().await?.into_iter().collect())
    }
}
