//! One thread of a relay: sessions one after the other, with a pause after each that failed.

use super::session::Session;
use super::{Metrics, Options, Stage};
use crate::Error;
use std::time::{Duration, Instant};

/// The pause after the first failure; it doubles with each that follows.
const PAUSE_FIRST: Duration = Duration::from_millis(200);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// A session that lasted this long ends the doubling.
const SETTLED: Duration = Duration::from_secs(60);
/// How often a pause looks whether to stop.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

pub(super) struct Member<'a> {
    pub(super) options: &'a Options,
    pub(super) metrics: &'a Metrics,
    pub(super) stop: &'a (dyn Fn() -> bool + Sync),
}

impl Member<'_> {
    /// Each session has a stage of its own: what the last one had seen beyond the committed
    /// offsets is seen again.
    pub(super) fn run<S: Stage>(&self, stage: impl Fn() -> S) -> Result<(), Error> {
        let mut pause = PAUSE_FIRST;
        while !(self.stop)() {
            let begun = Instant::now();
            let mut session = Session::open(self.options, self.metrics, self.stop)?;
            let Err(error) = session.run(&mut stage()) else { return Ok(()) };
            drop(session);
            self.metrics.restarts.inc();
            if begun.elapsed() >= SETTLED {
                pause = PAUSE_FIRST;
            }
            tracing::error!(
                error = &error as &dyn std::error::Error,
                group = self.options.consumer.group,
                pause_ms = pause.as_millis() as u64,
                "relay session failed; beginning anew from the committed offsets"
            );
            self.sleep(pause);
            pause = (pause * 2).min(PAUSE_MAX);
        }
        Ok(())
    }

    fn sleep(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while !(self.stop)() && Instant::now() < until {
            std::thread::sleep(LOOK_AGAIN.min(pause));
        }
    }
}
