//! Processes that `prohori up` keeps alive: restarted when they die, ended when it ends.
//!
//! Each child has a thread of its own, which starts it, waits for it and starts it again. The
//! thread lives as long as its child: the kernel's parent-death signal (set by util-linux's
//! `setpriv`, which then becomes the program), which ends the children of a supervisor that was
//! killed, is bound to the thread that started them.

use backoff::Backoff;
use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The first wait before a restart, and the longest: a child that dies at once must not spin, and
/// one that has a passing trouble must not stay away.
const RESTART_WAIT: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// A child that lived this long died of something new: its waits start over.
const SETTLED: Duration = Duration::from_secs(30);
/// How long a child may take to end by itself before it is killed.
const STOP_DEADLINE: Duration = Duration::from_secs(20);
/// Room for notes; a child writes one when it starts and one when it dies.
const NOTES_MAX: usize = 256;

/// What to run.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// The name on the screen, of the log file and in the state file.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Where its output goes.
    pub log: PathBuf,
}

/// Something that the supervisor tells its owner.
#[derive(Debug)]
pub(crate) enum Note {
    /// A child runs.
    Started {
        /// Which.
        name: String,
        /// Its process id.
        pid: u32,
        /// How often it had died before.
        restarts: u32,
    },
    /// A child died without having been told to, and will be restarted.
    Died {
        /// Which.
        name: String,
        /// How.
        status: String,
    },
}

#[derive(Default)]
struct Control {
    stopping: bool,
    process: Option<OwnedFd>,
}

struct Supervised {
    name: String,
    control: Arc<Mutex<Control>>,
    wake: SyncSender<()>,
    ended: Receiver<()>,
    thread: JoinHandle<()>,
}

/// The children, in the order in which they were started.
pub(crate) struct Children {
    list: Vec<Supervised>,
    notes: SyncSender<Note>,
}

impl Children {
    /// No children yet, and where their notes arrive.
    pub(crate) fn new() -> (Self, Receiver<Note>) {
        let (notes, receiver) = sync_channel(NOTES_MAX);
        (Self { list: Vec::new(), notes }, receiver)
    }

    /// Starts a child and keeps it alive. An error here means that it cannot be started at all.
    pub(crate) fn start(&mut self, spec: Spec) -> io::Result<()> {
        let control = Arc::new(Mutex::new(Control::default()));
        let (wake, woken) = sync_channel(1);
        let (ending, ended) = sync_channel(1);
        let (first, started) = sync_channel(1);
        let keeper = Keeper { spec, control: control.clone(), notes: self.notes.clone(), woken };
        let name = keeper.spec.name.clone();
        let thread = std::thread::Builder::new().name(format!("keep-{name}")).spawn(move || {
            keeper.keep(&first);
            let _ = ending.send(());
        })?;
        started.recv().unwrap_or_else(|_| Err(io::Error::other("its thread ended")))?;
        self.list.push(Supervised { name, control, wake, ended, thread });
        Ok(())
    }

    /// Ends the children, the last started first, each under a deadline. Returns the names of
    /// those that had to be killed.
    pub(crate) fn stop(self) -> Vec<String> {
        let mut killed = Vec::new();
        for child in self.list.into_iter().rev() {
            signal(&mut lock(&child.control), Signal::TERM);
            let _ = child.wake.try_send(());
            if child.ended.recv_timeout(STOP_DEADLINE) == Err(RecvTimeoutError::Timeout) {
                signal(&mut lock(&child.control), Signal::KILL);
                killed.push(child.name);
            }
            let _ = child.thread.join();
        }
        killed
    }
}

fn lock(control: &Mutex<Control>) -> MutexGuard<'_, Control> {
    control.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A pidfd names this very process, even when its number has been given to another.
fn signal(control: &mut Control, signal: Signal) {
    control.stopping = true;
    if let Some(process) = &control.process {
        let _ = pidfd_send_signal(process, signal);
    }
}

struct Keeper {
    spec: Spec,
    control: Arc<Mutex<Control>>,
    notes: SyncSender<Note>,
    woken: Receiver<()>,
}

impl Keeper {
    fn keep(&self, first: &SyncSender<io::Result<()>>) {
        let mut waits = Backoff::new(RESTART_WAIT.0, RESTART_WAIT.1, u64::from(std::process::id()));
        let mut restarts = 0;
        loop {
            let began = Instant::now();
            let started = self.spawn();
            let status = match started {
                Ok(child) => {
                    let _ = first.try_send(Ok(()));
                    self.note(Note::Started {
                        name: self.spec.name.clone(),
                        pid: child.id(),
                        restarts,
                    });
                    describe(self.wait(child))
                }
                Err(error) => {
                    let text = error.to_string();
                    if first.try_send(Err(error)).is_ok() {
                        return;
                    }
                    text
                }
            };
            if lock(&self.control).stopping {
                return;
            }
            self.note(Note::Died { name: self.spec.name.clone(), status });
            if began.elapsed() > SETTLED {
                waits.reset();
            }
            restarts += 1;
            let woken = self.woken.recv_timeout(waits.wait());
            if woken.is_ok() || lock(&self.control).stopping {
                return;
            }
        }
    }

    /// Notes are for the screen; a full channel means that nobody reads them, which must not stop
    /// the supervision.
    fn note(&self, note: Note) {
        let _ = self.notes.try_send(note);
    }

    fn spawn(&self) -> io::Result<Child> {
        let log = OpenOptions::new().create(true).append(true).open(&self.spec.log)?;
        // The lock is held over the start, so that a stop cannot slip between the look at
        // `stopping` and the moment when the child can be signalled.
        let mut control = lock(&self.control);
        if control.stopping {
            return Err(io::Error::other("stopping"));
        }
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "--"])
            .arg(&self.spec.program)
            .args(&self.spec.args)
            // Ctrl-C reaches the whole foreground group; a child in a group of its own is ended by
            // the supervisor, in its order, instead.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let pid = rustix::process::Pid::from_child(&child);
        control.process = pidfd_open(pid, PidfdFlags::empty()).ok();
        Ok(child)
    }

    fn wait(&self, mut child: Child) -> io::Result<ExitStatus> {
        let status = child.wait();
        lock(&self.control).process = None;
        status
    }
}

fn describe(status: io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}
