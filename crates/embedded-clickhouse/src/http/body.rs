//! A request's body under its limits: so many bytes, and never silent for long.

use crate::exception::{Exception, code};
use axum::body::{Body, BodyDataStream, HttpBody};
use bytes::Bytes;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::timeout;

/// After an early answer the rest of a body is read for so long and so far, so that the client,
/// which is still writing, gets to reading the answer; then the connection is closed on it.
const DRAIN: Duration = Duration::from_secs(2);
const DRAIN_BYTES_MAX: u64 = 64 << 20;

/// The parts of a body as they come.
pub(crate) struct Reader {
    stream: BodyDataStream,
    left: u64,
    /// What is still to come by Content-Length; 0 for a chunked body.
    announced: u64,
    max: u64,
    idle: Duration,
    ended: bool,
}

impl Reader {
    pub(crate) fn new(body: Body, max: u64, idle: Duration) -> Self {
        let announced = body.size_hint().lower();
        let stream = body.into_data_stream();
        Self { stream, left: max, announced, max, idle, ended: false }
    }

    /// Lowers the limit for what is still to come.
    pub(crate) fn limit(&mut self, max: u64) {
        (self.left, self.max) = (max, max);
    }

    /// The next part, `None` at the body's end. A body that breaks off is an error, never an end.
    ///
    /// # Cancel safety
    /// Safe: a part is taken and counted in one step.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Exception> {
        if self.ended {
            return Ok(None);
        }
        if self.announced > self.left {
            return Err(self.too_large());
        }
        let idle = self.idle;
        let silent = |_| {
            let why = format!("nothing of the body came for {} seconds", idle.as_secs());
            Exception::new(code::SOCKET_TIMEOUT, why)
        };
        match timeout(self.idle, self.stream.next()).await.map_err(silent)? {
            None => {
                self.ended = true;
                Ok(None)
            }
            Some(Err(error)) => {
                let why = format!("the body breaks off: {error}");
                Err(Exception::new(code::CANNOT_READ_ALL_DATA, why))
            }
            Some(Ok(part)) => {
                let length = part.len() as u64;
                self.left = self.left.checked_sub(length).ok_or_else(|| self.too_large())?;
                self.announced = self.announced.saturating_sub(length);
                Ok(Some(part))
            }
        }
    }

    fn too_large(&self) -> Exception {
        let why = format!("the body is larger than {} bytes", self.max);
        Exception::new(code::QUERY_IS_TOO_LARGE, why)
    }

    /// Reads on after an early answer, within limits.
    pub(crate) async fn drain(&mut self) {
        let all = async {
            self.limit(DRAIN_BYTES_MAX);
            self.announced = 0;
            while matches!(self.next().await, Ok(Some(_))) {}
        };
        // Whether it ends or not, the answer is sent then.
        let _ = timeout(DRAIN, all).await;
    }
}
