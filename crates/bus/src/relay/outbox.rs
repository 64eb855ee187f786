//! The way from a stage to the producer, with back-pressure.

use super::deliveries::{Deliveries, Tag};
use super::{Metrics, Outbox, TooLarge};
use crate::{Error, Outgoing, Producer, SendError, Watermark};
use std::time::{Duration, Instant};

/// How long to sleep at most before looking again whether to stop.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// With nothing confirmed for this long the session ends, so that another member may try; below
/// [`crate::consumer::POLL_INTERVAL_MAX`], after which the group would end it for us.
const STALL_MAX: Duration = Duration::from_secs(300);

/// Why a record was not wholly sent.
#[derive(Debug)]
pub(super) enum Cut {
    /// The relay is to stop and Kafka does not answer.
    Stopped,
    /// The session is broken.
    Failed(Error),
}

/// The outbox of one record, or of a moment between records.
pub(super) struct KafkaOutbox<'a> {
    pub(super) producer: &'a Producer,
    pub(super) deliveries: &'a Deliveries,
    pub(super) metrics: &'a Metrics,
    pub(super) stop: &'a (dyn Fn() -> bool + Sync),
    /// What waits for the record's confirmation, by its tag.
    pub(super) held: Option<(&'a mut Watermark, Tag)>,
    /// Set when the rest of what the stage sends is in vain.
    pub(super) cut: Option<Cut>,
}

impl Outbox for KafkaOutbox<'_> {
    fn send(&mut self, record: &Outgoing<'_>) -> Result<(), TooLarge> {
        let tag = self.held.as_ref().map_or(Tag::FREE, |(_, tag)| *tag);
        let mut waiting = None;
        while self.cut.is_none() {
            match self.producer.try_send(record, tag.get()) {
                Ok(()) => {
                    if let Some((watermark, tag)) = &mut self.held {
                        watermark.hold(tag.offset());
                    }
                    self.metrics.records_out.inc();
                    self.metrics.bytes_out.inc_by(record.bytes() as u64);
                    break;
                }
                Err(SendError::QueueFull) => {
                    let since = *waiting.get_or_insert_with(Instant::now);
                    self.metrics.waits.inc();
                    self.cut = wait(self.deliveries, self.stop, since);
                }
                Err(SendError::TooLarge { bytes, bytes_max, .. }) => {
                    self.metrics.too_large.inc();
                    return Err(TooLarge { bytes, bytes_max });
                }
                Err(error) => self.cut = Some(Cut::Failed(error.into())),
            }
        }
        Ok(())
    }
}

/// Waits a little for room; says when there is no point in waiting on.
pub(super) fn wait(
    deliveries: &Deliveries,
    stop: &(dyn Fn() -> bool + Sync),
    since: Instant,
) -> Option<Cut> {
    let failed = deliveries.wait(LOOK_AGAIN);
    let waited = since.elapsed();
    // A failure is told in full by the next `Deliveries::take`.
    if failed || stop() {
        Some(Cut::Stopped)
    } else if waited > STALL_MAX {
        Some(Cut::Failed(Error::Stalled { waited }))
    } else {
        None
    }
}
