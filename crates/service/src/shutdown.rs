//! The one way in which everything is told to end.

use crate::Error;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A handle on the service's end; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// A shutdown that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells everything that holds a clone to end.
    pub fn begin(&self) {
        self.0.cancel();
    }

    /// Whether it has begun: for loops on threads of their own.
    pub fn has_begun(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until it begins.
    ///
    /// # Cancel safety
    /// Safe: nothing is lost when the future is dropped.
    pub async fn begun(&self) {
        self.0.cancelled().await;
    }

    /// A shutdown that begins with this one, and can begin before it without ending it.
    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }

    /// Waits for SIGTERM or SIGINT and then begins; a task of its own. Ends quietly when the
    /// shutdown began otherwise.
    pub async fn on_signals(self) -> Result<(), Error> {
        let mut term = signal(SignalKind::terminate()).map_err(Error::Signals)?;
        let mut int = signal(SignalKind::interrupt()).map_err(Error::Signals)?;
        // Cancel safety: `recv` and `cancelled` lose nothing when dropped.
        tokio::select! {
            _ = term.recv() => tracing::info!(signal = "SIGTERM", "shutting down"),
            _ = int.recv() => tracing::info!(signal = "SIGINT", "shutting down"),
            () = self.begun() => {}
        }
        self.begin();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_child_ends_with_its_parent_and_not_the_reverse() {
        let parent = Shutdown::new();
        let child = parent.child();
        child.begin();
        assert!(child.has_begun() && !parent.has_begun());
        let other = parent.child();
        parent.begin();
        other.begun().await;
    }
}
