//! Carrying out what [`Writing`] says, for as long as it takes.

use crate::metrics::Metrics;
use crate::partition::Job;
use crate::writing::{Action, Writing};
use backoff::Backoff;
use service::{Part, telemetry::chain};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Block, Error, Store};

/// Ceiling of the first wait after a failure, and of the last: an engine restarts in two seconds,
/// and one that is away for an hour is noticed within ten.
const WAIT_BASE: Duration = Duration::from_millis(200);
const WAIT_CAP: Duration = Duration::from_secs(10);

/// The store, with what is said about it.
#[derive(Clone)]
pub(crate) struct Writer {
    pub(crate) store: Store,
    pub(crate) metrics: Metrics,
    pub(crate) status: Part,
}

impl Writer {
    /// Stores the batch. Ends only when all of it is stored; dropping the future is like a crash,
    /// after which the batch is looked at.
    pub(crate) async fn write(&self, job: Job) -> Job {
        let mut writing = Writing::new(&job);
        let seed = job.batch.start as u64 ^ ((job.partition as u64) << 48);
        let mut backoff = Backoff::new(WAIT_BASE, WAIT_CAP, seed);
        loop {
            let failed = match writing.next() {
                Action::Done => break,
                Action::Look(block) => {
                    let missing = self.look(&job, &block).await;
                    let failed = missing.is_none();
                    writing.looked(missing);
                    failed.then_some("look")
                }
                Action::Insert(block, token) => {
                    let confirmed = self.insert(&block, &token).await;
                    writing.inserted(confirmed);
                    (!confirmed).then_some("insert")
                }
            };
            match failed {
                None => backoff.reset(),
                Some(what) => {
                    self.metrics.retries.with_label_values(&[what]).inc();
                    tokio::time::sleep(backoff.wait()).await;
                }
            }
        }
        self.metrics.batches.with_label_values(&[job.kind.topic()]).inc();
        job
    }

    async fn look(&self, job: &Job, block: &Block) -> Option<Block> {
        let partition = u16::try_from(job.partition).unwrap_or(u16::MAX);
        let missing = self.store.missing(block, job.kind.topic(), partition).await;
        let missing = self.judge(missing)?;
        self.metrics.found.inc_by((block.rows() - missing.rows()) as u64);
        Some(missing)
    }

    async fn insert(&self, block: &Arc<Block>, token: &str) -> bool {
        let (table, begun) = (block.table().as_str(), Instant::now());
        let done = self.judge(self.store.insert(block, token).await).is_some();
        self.metrics
            .insert_seconds
            .with_label_values(&[table])
            .observe(begun.elapsed().as_secs_f64());
        if done {
            self.metrics.rows.with_label_values(&[table]).inc_by(block.rows() as u64);
        }
        done
    }

    /// Says whether the store works; a failure that time cannot mend needs an operator, but
    /// nothing is thrown away for it.
    fn judge<T>(&self, result: Result<T, Error>) -> Option<T> {
        match result {
            Ok(value) => {
                self.status.up();
                Some(value)
            }
            Err(error) => {
                let text = chain(&error);
                match error.is_transient() {
                    true => tracing::warn!(error = text, "store does not answer; trying again"),
                    false => tracing::error!(error = text, "store refuses; trying again"),
                }
                self.status.down(text);
                None
            }
        }
    }
}
