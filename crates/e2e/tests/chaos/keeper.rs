//! Processes beside those of `prohori up`, started again whenever they end, as systemd would.

use e2e::binary;
use e2e::stack::{alive, signal, wait_until};
use rustix::process::Signal;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Pause before a process that ended is started again.
const RESTART: Duration = Duration::from_millis(300);
/// How long a process may take to end when it is asked to.
const STOP: Duration = Duration::from_secs(30);

/// A process that is kept alive.
pub(crate) struct Kept {
    pub(crate) name: String,
    log: PathBuf,
    /// 0 while it does not run.
    pid: Arc<AtomicI32>,
    is_stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Kept {
    /// Runs `prohori COMMAND --config CONFIG`; what it says goes to a file beside the configuration.
    pub(crate) fn start(name: &str, command: &str, config: &Path) -> Self {
        let log = config.with_extension("log");
        let (pid, is_stopping) = (Arc::new(AtomicI32::new(0)), Arc::new(AtomicBool::new(false)));
        let mut program = Command::new("setpriv");
        // The kernel kills it with the thread that starts it, which lives as long as this value.
        program.args(["--pdeathsig", "KILL"]).arg(binary::prohori());
        program.args([command, "--config"]).arg(config).current_dir(binary::root());
        let said = File::create(&log).expect("a log is made");
        program.stdin(Stdio::null()).stdout(said.try_clone().expect("a second handle"));
        program.stderr(said);
        let (its_pid, stopping) = (pid.clone(), is_stopping.clone());
        let thread = std::thread::spawn(move || {
            while !stopping.load(Ordering::Relaxed) {
                let mut child = program.spawn().expect("prohori starts");
                its_pid.store(child.id().cast_signed(), Ordering::Relaxed);
                let _ = child.wait();
                its_pid.store(0, Ordering::Relaxed);
                std::thread::sleep(RESTART);
            }
        });
        Self { name: name.to_owned(), log, pid, is_stopping, thread: Some(thread) }
    }

    /// Its process, while it runs.
    pub(crate) fn pid(&self) -> Option<i32> {
        Some(self.pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }

    /// The end of what it said.
    pub(crate) fn report(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        format!("--- {}\n{}\n", self.name, lines[lines.len().saturating_sub(12)..].join("\n"))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        if let Some(pid) = self.pid() {
            signal(pid, if std::thread::panicking() { Signal::KILL } else { Signal::TERM });
            if !std::thread::panicking() {
                wait_until(&format!("{} has ended", self.name), STOP, || !alive(pid));
            }
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
