//! A fixed set of threads that run statements.

use crate::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// As on the main thread of a server: parsing and analysing a deep query needs more than the
/// 2 MiB of an ordinary Rust thread.
const STACK_BYTES: usize = 8 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// The threads. Statements are admitted by a semaphore of the same size, so that a thread is
/// always free for a job that is given.
pub(crate) struct Workers {
    jobs: SyncSender<Job>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    pub(crate) fn start(count: u32) -> Result<Self, Error> {
        // As many places as threads: giving a job never waits.
        let (jobs, queue) = sync_channel::<Job>(count as usize);
        let queue = Arc::new(Mutex::new(queue));
        let threads = (0..count)
            .map(|n| {
                let queue = queue.clone();
                let builder = Builder::new().name(format!("engine-{n}")).stack_size(STACK_BYTES);
                builder.spawn(move || work(&queue)).map_err(Error::Thread)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { jobs, threads })
    }

    /// Runs `job` on a free thread.
    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) {
        // Fails only when every thread has ended, which they do after this sender only.
        let _ = self.jobs.send(Box::new(job));
    }

    /// Waits for the running jobs and ends the threads.
    pub(crate) fn join(self) {
        drop(self.jobs);
        for thread in self.threads {
            // A job's panic does not end a thread.
            let _ = thread.join();
        }
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a statement's thread panicked; its client gets an error");
        }
    }
}
