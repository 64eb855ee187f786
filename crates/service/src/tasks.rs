//! A named set of tasks that end together.

use crate::{Error, Shutdown};
use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};
use tracing::Instrument;

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Tasks of one service. The first that fails or panics begins the shutdown of all; a task that
/// ends well before that is simply done.
pub struct Tasks {
    set: JoinSet<Outcome>,
    names: HashMap<Id, &'static str>,
    shutdown: Shutdown,
}

impl Tasks {
    /// An empty set that ends with `shutdown`.
    pub fn new(shutdown: &Shutdown) -> Self {
        Self { set: JoinSet::new(), names: HashMap::new(), shutdown: shutdown.clone() }
    }

    /// Starts `future` under `name`, in a span of that name.
    pub fn spawn<F, E>(&mut self, name: &'static str, future: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        let span = tracing::info_span!("task", name);
        let handle = self.set.spawn(async { future.await.map_err(|e| e.into()) }.instrument(span));
        self.names.insert(handle.id(), name);
    }

    /// Starts `work` on a thread of its own; it must watch the shutdown itself.
    pub fn spawn_blocking<F, E>(&mut self, name: &'static str, work: F)
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        let span = tracing::info_span!("task", name);
        let handle =
            self.set.spawn_blocking(move || span.in_scope(|| work().map_err(|e| e.into())));
        self.names.insert(handle.id(), name);
    }

    /// Waits until every task has ended. Once the shutdown has begun (from outside, or because a
    /// task failed) they have until `deadline` from then; what still runs is aborted and named.
    /// The first failure is the result.
    pub async fn join(mut self, deadline: Duration) -> Result<(), Error> {
        let mut first = Ok(());
        // Cancel safety: `join_next_with_id` and `begun` lose nothing when dropped.
        loop {
            tokio::select! {
                ended = self.set.join_next_with_id() => match ended {
                    None => return first,
                    Some(ended) => self.note(ended, &mut first),
                },
                () = self.shutdown.begun() => break,
            }
        }
        let drained = tokio::time::timeout(deadline, async {
            while let Some(ended) = self.set.join_next_with_id().await {
                self.note(ended, &mut first);
            }
        })
        .await;
        if drained.is_err() {
            self.set.abort_all();
            let names = self.names.into_values().collect();
            return first.and(Err(Error::Deadline { names }));
        }
        first
    }

    fn note(&mut self, ended: Result<(Id, Outcome), JoinError>, first: &mut Result<(), Error>) {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let name = self.names.remove(&id).unwrap_or("unnamed");
        let error = match ended {
            Ok((_, Ok(()))) => return,
            Ok((_, Err(source))) => Error::Task { name, source },
            Err(panic) => Error::Panic { name, message: panic.to_string() },
        };
        tracing::error!(task = name, error = %crate::telemetry::chain(&error), "task failed");
        self.shutdown.begin();
        if first.is_ok() {
            *first = Err(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_failure_ends_the_others_and_is_the_result() {
        let shutdown = Shutdown::new();
        let mut tasks = Tasks::new(&shutdown);
        let waits = shutdown.clone();
        tasks.spawn("waits", async move {
            waits.begun().await;
            Ok::<_, io::Error>(())
        });
        tasks.spawn("fails", async { Err(io::Error::other("no")) });
        let error = tasks.join(SECOND).await.unwrap_err();
        assert!(matches!(error, Error::Task { name: "fails", .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_panic_is_named() {
        let mut tasks = Tasks::new(&Shutdown::new());
        tasks.spawn_blocking("panics", || -> io::Result<()> { panic!("boom") });
        let error = tasks.join(SECOND).await.unwrap_err();
        assert!(
            matches!(&error, Error::Panic { name: "panics", message } if message.contains("boom"))
        );
    }

    #[tokio::test]
    async fn who_misses_the_deadline_is_named() {
        let shutdown = Shutdown::new();
        let mut tasks = Tasks::new(&shutdown);
        tasks.spawn("stuck", std::future::pending::<io::Result<()>>());
        shutdown.begin();
        let error = tasks.join(Duration::from_millis(10)).await.unwrap_err();
        assert!(matches!(error, Error::Deadline { names } if names == ["stuck"]));
    }

    #[tokio::test]
    async fn all_well_is_ok() {
        let mut tasks = Tasks::new(&Shutdown::new());
        tasks.spawn("done", async { Ok::<_, io::Error>(()) });
        assert!(tasks.join(SECOND).await.is_ok());
    }
}
