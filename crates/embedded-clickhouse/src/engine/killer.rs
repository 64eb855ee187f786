//! Ends statements whose client has gone away.
//!
//! The engine's interface can cancel a statement only between two pieces of its result. One that
//! is still sorting or grouping is ended as an administrator would end it: by KILL QUERY, found
//! by its `log_comment`.

use super::Engine;
use crate::Error;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Statements that wait to be ended. When it is full, one more simply runs to its end.
const WAITING: usize = 64;

/// The thread that ends them.
pub(crate) struct Killer {
    tags: SyncSender<String>,
    thread: JoinHandle<()>,
}

/// Ends its statement when dropped, unless disarmed.
pub(crate) struct KillOnDrop {
    tags: SyncSender<String>,
    tag: Option<String>,
}

impl Killer {
    pub(crate) fn start(engine: Arc<Engine>) -> Result<Self, Error> {
        let (tags, waiting) = sync_channel(WAITING);
        let builder = Builder::new().name("engine-kill".to_owned());
        let thread = builder.spawn(move || work(&engine, &waiting)).map_err(Error::Thread)?;
        Ok(Self { tags, thread })
    }

    /// A guard for the statement whose session has this `log_comment`.
    pub(crate) fn guard(&self, tag: String) -> KillOnDrop {
        KillOnDrop { tags: self.tags.clone(), tag: Some(tag) }
    }

    /// Ends the thread; every guard must be gone.
    pub(crate) fn join(self) {
        drop(self.tags);
        let _ = self.thread.join();
    }
}

impl KillOnDrop {
    /// The statement has ended.
    pub(crate) fn disarm(&mut self) {
        self.tag = None;
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let Some(tag) = self.tag.take() else { return };
        if self.tags.try_send(tag).is_err() {
            tracing::warn!("too many statements to end: one runs on without its client");
        }
    }
}

fn work(engine: &Engine, waiting: &Receiver<String>) {
    while let Ok(tag) = waiting.recv() {
        tracing::debug!(statement = tag, "its client went away");
        engine.kill(&tag);
    }
}
