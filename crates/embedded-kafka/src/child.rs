//! A child process that cannot outlive us, and that several threads may wait for.

use crate::Error;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A running or ended child.
pub(crate) struct Child {
    pid: u32,
    /// Signals go to this very process, never to a later one with its number.
    handle: OwnedFd,
    end: Arc<End>,
}

#[derive(Default)]
struct End {
    status: Mutex<Option<ExitStatus>>,
    changed: Condvar,
}

impl End {
    fn lock(&self) -> MutexGuard<'_, Option<ExitStatus>> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `program` with `args` run by `setpriv --pdeathsig KILL`: the kernel kills it when we die,
/// however we die. `setpriv` becomes the program, so the process id is the program's.
pub(crate) fn command(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(program);
    command
}

impl Child {
    /// Starts `command` from a thread that lives as long as the child: the kernel's signal is sent
    /// when the *thread* that started it ends, which on a runtime's pool may be seconds later.
    pub(crate) fn spawn(mut command: Command) -> Result<Self, Error> {
        let no_program =
            |source| Error::NoProgram { program: "setpriv", package: "util-linux", source };
        let end = Arc::new(End::default());
        let (started, starts) = sync_channel(1);
        let ends = end.clone();
        let work = move || {
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(error) => {
                    let _ = started.send(Err(error));
                    return;
                }
            };
            let pid = child.id();
            let handle = i32::try_from(pid)
                .ok()
                .and_then(Pid::from_raw)
                .ok_or_else(|| std::io::Error::other("no process id"))
                .and_then(|pid| Ok(pidfd_open(pid, PidfdFlags::empty())?));
            let usable = handle.is_ok();
            if started.send(handle.map(|handle| (pid, handle))).is_err() || !usable {
                let _ = child.kill();
            }
            let status = child.wait();
            // `wait` fails only for a process that is not ours.
            *ends.lock() = Some(status.unwrap_or_default());
            ends.changed.notify_all();
        };
        std::thread::Builder::new().name("kafka-child".into()).spawn(work).map_err(no_program)?;
        let (pid, handle) = starts
            .recv()
            .unwrap_or_else(|_| Err(std::io::Error::other("its thread ended")))
            .map_err(no_program)?;
        Ok(Self { pid, handle, end })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// How it ended, if it has.
    pub(crate) fn try_wait(&self) -> Option<ExitStatus> {
        *self.end.lock()
    }

    /// Waits for its end, at most for `timeout`.
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> Option<ExitStatus> {
        let status = self.end.lock();
        match timeout {
            None => {
                let ended = self.end.changed.wait_while(status, |status| status.is_none());
                *ended.unwrap_or_else(PoisonError::into_inner)
            }
            Some(timeout) => {
                let ended = self.end.changed.wait_timeout_while(status, timeout, |s| s.is_none());
                *ended.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        // It fails only when the process has ended, which is what it is for.
        let _ = pidfd_send_signal(&self.handle, signal);
    }
}
