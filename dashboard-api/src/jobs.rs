//! Long work: asked for, done in turns beside the requests, its result kept for who asked.
//!
//! A job reads what its owner could read when he asked; who has lost that right since does not get
//! the result. What was under way when the service ended has failed: it is asked for again.

mod record;

pub(crate) use record::{Job, State};

use crate::accounts::{Database, secret};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Agencies;
use crate::{Clock, Error};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Jobs that work at a time: each keeps a core busy, and the machine has other things to do.
const RUNNING_MAX: usize = 1;
/// Jobs of one user that wait or work at a time.
const OF_USER_MAX: u32 = 3;
/// How long results are kept.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;

/// How far a job has come, and whether anybody still wants it; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<Shared>);

#[derive(Default)]
struct Shared {
    per_mille: AtomicU64,
    cancelled: AtomicBool,
}

impl Progress {
    /// Tells how much is done.
    pub(crate) fn set(&self, done: f64) {
        let per_mille = (done.clamp(0.0, 1.0) * 1000.0) as u64;
        self.0.per_mille.store(per_mille, Ordering::Relaxed);
    }

    /// How much is done, from 0 to 1.
    pub(crate) fn get(&self) -> f64 {
        self.0.per_mille.load(Ordering::Relaxed) as f64 / 1000.0
    }

    /// Whether its owner does not want it any more.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
    }

    fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }
}

/// Who asked for what.
pub(crate) struct Order {
    pub(crate) kind: &'static str,
    pub(crate) owner: String,
    /// Whose rows it reads.
    pub(crate) agencies: Agencies,
    pub(crate) asked: Value,
}

/// The jobs; clones share them.
#[derive(Clone)]
pub(crate) struct Jobs {
    database: Arc<Database>,
    clock: Clock,
    permits: Arc<Semaphore>,
    tasks: Arc<Mutex<JoinSet<()>>>,
    /// Of those that wait or work.
    live: Arc<Mutex<HashMap<String, Progress>>>,
}

impl Jobs {
    /// The jobs of an opened database. What was under way is said to have failed. Blocks.
    pub(crate) fn open(database: Arc<Database>, clock: Clock) -> Result<Self, Error> {
        let now_ms = clock.now_ms();
        database.run("mend the jobs", |connection| record::mend(connection, now_ms, KEPT_MS))?;
        let (permits, tasks) = (Arc::new(Semaphore::new(RUNNING_MAX)), Arc::default());
        Ok(Self { database, clock, permits, tasks, live: Arc::default() })
    }

    /// Begins a job, which does `work` where it may block when its turn comes.
    pub(crate) async fn begin(
        &self,
        order: Order,
        work: impl FnOnce(&Progress) -> Result<Value, String> + Send + 'static,
    ) -> Answer<Job> {
        let id = secret::Secret::random()?.text()[..32].to_owned();
        let job = Job::new(id.clone(), order, self.clock.now_ms());
        let (kept, owner) = (job.clone(), job.owner.clone());
        let write = move |connection: &mut rusqlite::Connection| {
            let transaction = connection.transaction()?;
            let many = record::running_of(&transaction, &owner)? >= OF_USER_MAX;
            if !many {
                record::insert(&transaction, &kept)?;
            }
            transaction.commit()?;
            Ok(many)
        };
        if self.database.call("begin a job", write).await? {
            let detail = format!("{OF_USER_MAX} jobs of yours are under way: wait, or cancel one");
            return Err(Problem::new(Code::Busy, detail).retry_after(10));
        }
        let progress = Progress::default();
        self.live().insert(id.clone(), progress.clone());
        let jobs = self.clone();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move { jobs.work(id, progress, work).await });
        drop(tasks);
        Ok(job)
    }

    /// Waits for its turn, works, and keeps what came of it.
    async fn work(
        &self,
        id: String,
        progress: Progress,
        work: impl FnOnce(&Progress) -> Result<Value, String> + Send + 'static,
    ) {
        let permit = self.permits.acquire().await;
        let known = progress.clone();
        let run = move || if known.is_cancelled() { Ok(Value::Null) } else { work(&known) };
        let came = tokio::task::spawn_blocking(run).await;
        drop(permit);
        let came = came.unwrap_or_else(|_| Err("it broke off; the log says why".to_owned()));
        let (state, result, problem) = match came {
            _ if progress.is_cancelled() => (State::Cancelled, None, None),
            Ok(result) => (State::Done, Some(result), None),
            Err(problem) => (State::Failed, None, Some(problem)),
        };
        let (key, now_ms) = (id.clone(), self.clock.now_ms());
        let end = move |connection: &mut rusqlite::Connection| {
            record::end(connection, &key, state, result.as_ref(), problem.as_deref(), now_ms)
        };
        if let Err(error) = self.database.call("end a job", end).await {
            tracing::error!(error = %service::telemetry::chain(&error), id, "a job's end is not kept");
        }
        self.live().remove(&id);
    }

    /// Every job of a user, the newest first.
    pub(crate) async fn of(&self, owner: &str) -> Result<Vec<Job>, Error> {
        let owner = owner.to_owned();
        let read = move |c: &mut rusqlite::Connection| record::of(c, &owner);
        Ok(self
            .database
            .call("read the jobs", read)
            .await?
            .into_iter()
            .map(|j| self.now(j))
            .collect())
    }

    /// A user's job.
    pub(crate) async fn get(&self, owner: &str, id: &str) -> Result<Option<Job>, Error> {
        let (owner, id) = (owner.to_owned(), id.to_owned());
        let read = move |c: &mut rusqlite::Connection| record::get(c, &owner, &id);
        Ok(self.database.call("read a job", read).await?.map(|job| self.now(job)))
    }

    /// Asks a job to end; it does so within moments.
    pub(crate) fn cancel(&self, id: &str) {
        if let Some(progress) = self.live().get(id) {
            progress.cancel();
        }
    }

    fn now(&self, job: Job) -> Job {
        let done = self.live().get(&job.id).map(Progress::get);
        Job { progress: done.unwrap_or(job.progress), ..job }
    }

    fn live(&self) -> std::sync::MutexGuard<'_, HashMap<String, Progress>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
