//! A program's run: how much processor time, wall time and memory it took.

use anyhow::{Context as _, bail};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often a run's memory is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// The kernel counts a process's time in hundredths of a second.
const TICK_S: f64 = 0.01;

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// Processor time of all threads, user's and kernel's.
    pub(crate) cpu_s: f64,
    pub(crate) wall_s: f64,
    /// The most memory it was resident with.
    pub(crate) peak_mib: f64,
}

/// Runs a program with `input` as its standard input; its output goes nowhere.
pub(crate) fn run(program: &Path, arguments: &[String], input: &Path) -> anyhow::Result<Run> {
    let began = Instant::now();
    let input = File::open(input).with_context(|| input.display().to_string())?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(input)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| program.display().to_string())?;
    let id = Pid::from_child(&child);
    let mut peak: f64 = 0.0;
    loop {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let ended = waitid(WaitId::Pid(id), look)?.is_some();
        if ended {
            break;
        }
        peak = peak.max(peak_mib(id).unwrap_or_default());
        std::thread::sleep(LOOK);
    }
    let wall_s = began.elapsed().as_secs_f64();
    // It has ended but was not waited for, so that its times are still there.
    let cpu_s = cpu_s(id).context("no times of the process")?;
    let status = child.wait()?;
    if !status.success() {
        bail!("{} {}: {status}", program.display(), arguments.join(" "));
    }
    Ok(Run { cpu_s, wall_s, peak_mib: peak })
}

/// A service that is being measured; it is killed when this is dropped.
pub(crate) struct Service(Child);

impl Service {
    /// Starts it; what it says goes nowhere.
    pub(crate) fn start(program: &Path, arguments: &[String]) -> anyhow::Result<Self> {
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| program.display().to_string())?;
        Ok(Self(child))
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    /// The most memory it was resident with so far.
    pub(crate) fn peak_mib(&self) -> Option<f64> {
        peak_mib(self.pid())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The most memory a process was resident with, in MiB.
pub(crate) fn peak_mib(id: Pid) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", id.as_raw_nonzero())).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.trim().strip_suffix(" kB")?.parse::<f64>().ok()? / 1024.0)
}

/// Processor time of a process so far, of all threads, user's and kernel's.
pub(crate) fn cpu_s(id: Pid) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero())).ok()?;
    // The name may have blanks; after it, user's and kernel's times are the 12th and 13th.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks * TICK_S)
}
