//! What our librdkafka clients share: their log and the waiting for a future.

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel as Level;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Passes librdkafka's log on to `tracing`.
pub(crate) struct Log;

impl ClientContext for Log {
    fn log(&self, level: Level, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        log_error(&error, reason);
    }
}

pub(crate) fn log(level: Level, facility: &str, message: &str) {
    match level {
        // librdkafka calls a lost connection an error; it reconnects, and nothing is lost.
        Level::Emerg | Level::Alert | Level::Critical => {
            tracing::error!(target: "kafka", facility, message);
        }
        Level::Error | Level::Warning => tracing::warn!(target: "kafka", facility, message),
        Level::Notice | Level::Info => tracing::info!(target: "kafka", facility, message),
        Level::Debug => tracing::debug!(target: "kafka", facility, message),
    }
}

pub(crate) fn log_error(error: &KafkaError, reason: &str) {
    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
        tracing::error!(target: "kafka", %error, reason);
    } else {
        tracing::warn!(target: "kafka", %error, reason);
    }
}

/// What librdkafka last complained of.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Mutex<Option<String>>);

impl Complaints {
    /// Remembers what the log says of a connection that failed: not all of that is an error.
    pub(crate) fn note_log(&self, facility: &str, message: &str) {
        if facility == "FAIL" {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(plain(message).to_owned());
        }
    }

    /// Remembers `reason`. That all brokers are down says less than why one is.
    pub(crate) fn note(&self, error: &KafkaError, reason: &str) {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(plain(reason).to_owned());
        }
    }

    pub(crate) fn last(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A complaint without the name of the thread and connection that it begins with.
fn plain(reason: &str) -> &str {
    reason.split_once("/bootstrap: ").map_or(reason, |(_, reason)| reason)
}

/// Runs a future of librdkafka's admin client, which needs no runtime, on this thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
