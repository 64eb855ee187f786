//! The thread that drives the tailer.

use super::watch::{Event, Watch};
use super::{Step, Tailer};
use crate::Error;
use crate::checkpoint::Store;
use crate::heartbeat::Board;
use crate::kafka::Sender;
use crate::metrics::FileMetrics;
use crate::syslog::now_ms;
use service::{Part, Shutdown};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wait while the output is full. Short against the tenth of a second that the producer's queue
/// lasts, long against the cost of looking.
const FULL_WAIT: Duration = Duration::from_millis(5);
/// Longest wait while nothing happens: confirmations and the shutdown are looked for.
const IDLE_WAIT: Duration = Duration::from_millis(200);
/// How often files are tended and the checkpoint is written.
const TICK: Duration = Duration::from_secs(1);
/// Rescans that events call for are at least so far apart: a storm of them costs one.
const RESCAN_GAP: Duration = Duration::from_secs(1);
/// How long confirmations are waited for at the shutdown. What is not confirmed by then is read
/// again at the next start.
const DRAIN: Duration = Duration::from_secs(3);

/// Tags of confirmed records on their way from the producer's thread to this one. Bounded by what
/// can be under way.
#[derive(Default)]
pub(crate) struct Receipts(Mutex<Vec<u64>>);

impl Receipts {
    /// Adds one.
    pub(crate) fn add(&self, tag: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(tag);
    }

    /// Swaps them for `empty`.
    fn take(&self, empty: &mut Vec<u64>) {
        std::mem::swap(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), empty);
    }
}

/// Everything that reading files takes.
pub(crate) struct Agent {
    pub(crate) tailer: Tailer,
    pub(crate) store: Store,
    pub(crate) sender: Sender,
    pub(crate) receipts: Arc<Receipts>,
    pub(crate) rescan: Duration,
    pub(crate) metrics: FileMetrics,
    pub(crate) part: Part,
    pub(crate) board: Arc<Board>,
}

impl Agent {
    /// Reads files until the shutdown.
    pub(crate) fn run(self, shutdown: &Shutdown) -> Result<(), Error> {
        let watch = Watch::new().map_err(Error::Watch)?;
        let now = Instant::now();
        let mut running = Running {
            agent: self,
            watch,
            events: Vec::new(),
            tags: Vec::new(),
            next_tick: now + TICK,
            next_rescan: now,
            last_rescan: now,
            rescan_wanted: true,
            saving_fails: false,
        };
        running.discover();
        running.save();
        while !shutdown.has_begun() {
            running.turn();
        }
        running.drain();
        Ok(())
    }
}

struct Running {
    agent: Agent,
    watch: Watch,
    events: Vec<Event>,
    tags: Vec<u64>,
    next_tick: Instant,
    next_rescan: Instant,
    last_rescan: Instant,
    rescan_wanted: bool,
    saving_fails: bool,
}

impl Running {
    fn turn(&mut self) {
        let step = self.agent.tailer.step(&mut self.agent.sender, now_ms());
        match step {
            Step::More => {}
            Step::Full => self.watch.wait(FULL_WAIT),
            // While the checkpoint cannot be written only what is on it goes on.
            Step::Unsaved if self.saving_fails => std::thread::sleep(FULL_WAIT),
            Step::Unsaved => self.save(),
            Step::Idle => {
                let left = self.next_tick.saturating_duration_since(Instant::now());
                self.watch.wait(IDLE_WAIT.min(left));
            }
        }
        self.take_receipts();
        self.take_events();
        let now = Instant::now();
        if now >= self.next_tick {
            self.next_tick = now + TICK;
            self.agent.tailer.tend(now_ms());
            self.agent.board.files(|| self.agent.tailer.places());
            if self.agent.tailer.changed() {
                self.save();
            }
        }
        let wanted = self.rescan_wanted && now >= self.last_rescan + RESCAN_GAP;
        if wanted || now >= self.next_rescan {
            self.discover();
        }
    }

    fn discover(&mut self) {
        self.agent.tailer.discover(now_ms());
        self.watch_dirs();
        let now = Instant::now();
        (self.last_rescan, self.next_rescan) = (now, now + self.agent.rescan);
        self.rescan_wanted = false;
    }

    fn watch_dirs(&mut self) {
        let Agent { tailer, metrics, .. } = &self.agent;
        let failed = self.watch.set(tailer.dirs(), tailer.links());
        if failed > 0 {
            metrics.unwatched.inc_by(failed as u64);
            tracing::warn!(
                failed,
                "cannot watch all directories, rescans alone look after the others: \
                 raise fs.inotify.max_user_watches"
            );
        }
    }

    fn take_events(&mut self) {
        let mut events = std::mem::take(&mut self.events);
        if let Err(error) = self.watch.read(&mut events) {
            tracing::warn!(%error, "cannot read file events; rescanning");
            self.rescan_wanted = true;
        }
        let Agent { tailer, metrics, .. } = &mut self.agent;
        for event in events.drain(..) {
            match event {
                Event::Written(path) => tailer.written(&path, now_ms()),
                Event::Changed(path) => tailer.look(&path, now_ms()),
                Event::Dirs => self.rescan_wanted = true,
                Event::Overflow => {
                    metrics.overflows.inc();
                    self.rescan_wanted = true;
                }
            }
        }
        self.events = events;
    }

    fn take_receipts(&mut self) {
        self.agent.receipts.take(&mut self.tags);
        for tag in self.tags.drain(..) {
            self.agent.tailer.confirm(tag);
        }
        if self.agent.sender.renewed() {
            self.agent.tailer.rewind();
        }
    }

    fn save(&mut self) {
        let Agent { tailer, store, metrics, part, .. } = &mut self.agent;
        match store.save(&tailer.state(now_ms())) {
            Ok(()) => {
                tailer.saved();
                metrics.checkpoints.inc();
                part.up();
                if std::mem::take(&mut self.saving_fails) {
                    tracing::info!("the checkpoint can be written again");
                }
            }
            Err(error) => {
                metrics.checkpoint_errors.inc();
                let error = service::telemetry::chain(&error);
                if !std::mem::replace(&mut self.saving_fails, true) {
                    tracing::error!(
                        error,
                        "cannot write the checkpoint: new files wait, and lines would be sent \
                         again after a restart"
                    );
                }
                part.down(error);
            }
        }
    }

    /// Waits for what is under way, and writes the last checkpoint.
    fn drain(&mut self) {
        let until = Instant::now() + DRAIN;
        while self.agent.tailer.in_flight() > 0 && Instant::now() < until {
            std::thread::sleep(FULL_WAIT);
            self.agent.receipts.take(&mut self.tags);
            for tag in self.tags.drain(..) {
                self.agent.tailer.confirm(tag);
            }
        }
        self.save();
        let left = self.agent.tailer.in_flight();
        if left > 0 {
            tracing::info!(records = left, "not confirmed in time; they are sent again next time");
        }
    }
}
