//! What librdkafka tells a consumer from inside a poll, kept until the owner asks.

use crate::client;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, TopicPartitionList};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A rebalance that librdkafka waits to see carried out.
pub(super) enum Rebalance {
    /// Partitions to take.
    Assign(TopicPartitionList),
    /// Partitions to give back, or that are `lost` already.
    Revoke { list: TopicPartitionList, lost: bool },
}

#[derive(Default)]
pub(super) struct Context {
    /// At most one by protocol: librdkafka waits for the answer before it begins another.
    rebalances: Mutex<VecDeque<Rebalance>>,
    closing: AtomicBool,
    commits_failed: AtomicU64,
}

impl Context {
    pub(super) fn take(&self) -> Option<Rebalance> {
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    pub(super) fn commits_failed(&self) -> u64 {
        self.commits_failed.load(Ordering::Relaxed)
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        client::log_error(&error, reason);
    }
}

impl ConsumerContext for Context {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        kind: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let assign = kind == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.closing.load(Ordering::Acquire) {
            let answer = if assign {
                consumer.incremental_assign(list)
            } else {
                consumer.incremental_unassign(list)
            };
            if let Err(error) = answer {
                tracing::debug!(%error, "cannot answer a rebalance while closing");
            }
            return;
        }
        let rebalance = match assign {
            true => Rebalance::Assign(list.clone()),
            false => Rebalance::Revoke { list: list.clone(), lost: consumer.assignment_lost() },
        };
        self.rebalances.lock().unwrap_or_else(PoisonError::into_inner).push_back(rebalance);
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            // A rebalance under way refuses commits; what was not committed is so next time.
            tracing::debug!(%error, "commit refused");
            self.commits_failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}
