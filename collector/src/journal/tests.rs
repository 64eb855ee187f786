//! A real journald in a mount namespace of its own, read with the real `journalctl`.

use super::*;
use crate::header;
use service::{Registry, Status};
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
const JOURNALD: &str = "/lib/systemd/systemd-journald";

struct Journald {
    dir: TempDir,
    child: Child,
}

impl Journald {
    /// Starts one, where that is possible: it takes root, a mount namespace, and systemd's files.
    fn start() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let script = format!(
            "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log && \
             mount --bind {} /run/log && exec {JOURNALD}",
            dir.path().display()
        );
        let child = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "sh", "-c", &script])
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.ok()?;
        let begun = Instant::now();
        while !socket(&child).exists() {
            if child.try_wait().unwrap().is_some() || begun.elapsed() > PATIENCE {
                let _ = child.kill();
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { dir, child })
    }

    /// Writes entries, and waits until they are in the journal.
    fn write(&self, numbers: std::ops::Range<usize>) {
        let sender = UnixDatagram::unbound().unwrap();
        let last = format!("entry {}", numbers.end - 1);
        for n in numbers {
            let entry = format!("MESSAGE=entry {n}\nPRIORITY=6\nSYSLOG_IDENTIFIER=prohori-test\n");
            sender.send_to(entry.as_bytes(), socket(&self.child)).unwrap();
        }
        let begun = Instant::now();
        let mut found = Command::new("journalctl");
        found.arg("--directory").arg(self.directory()).args(["--output=cat", "--lines=50"]);
        while !String::from_utf8_lossy(&found.output().unwrap().stdout).contains(&last) {
            assert!(begun.elapsed() < PATIENCE, "{last} does not come into the journal");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn directory(&self) -> PathBuf {
        let begun = Instant::now();
        loop {
            let found = std::fs::read_dir(self.dir.path().join("journal"));
            if let Some(Ok(found)) = found.ok().and_then(|mut found| found.next()) {
                return found.path();
            }
            assert!(begun.elapsed() < PATIENCE, "journald writes no journal");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Rotates, and deletes all but the newest file.
    fn rotate_and_vacuum(&self) {
        let files = || std::fs::read_dir(self.directory()).unwrap().count();
        let before = files();
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::USR2).unwrap();
        let begun = Instant::now();
        while files() == before && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut vacuum = Command::new("journalctl");
        vacuum.arg("--directory").arg(self.directory()).args(["--vacuum-files=1", "--quiet"]);
        assert!(vacuum.status().unwrap().success());
    }
}

impl Drop for Journald {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn socket(child: &Child) -> PathBuf {
    format!("/proc/{}/root/run/systemd/journal/socket", child.id()).into()
}

/// What was taken: sequence, offset, the entry's message.
type Taken = Arc<Mutex<Vec<(u64, u64, String)>>>;

#[derive(Clone, Default)]
struct Taker {
    taken: Taken,
    receipts: Arc<Receipts>,
    /// It confirms nothing.
    silent: Arc<AtomicBool>,
    renewed: Arc<AtomicBool>,
}

impl Output for Taker {
    fn send(&mut self, record: &Record<'_>) -> bool {
        let origin = header::read(record.origin);
        let entry: serde_json::Value = serde_json::from_slice(record.bytes).unwrap();
        let message = entry["MESSAGE"].as_str().unwrap_or_default().to_owned();
        self.taken.lock().unwrap().push((origin.sequence, origin.offset, message));
        if !self.silent.load(Ordering::Relaxed) {
            self.receipts.add(record.tag);
        }
        true
    }
}

impl Renewable for Taker {
    fn renewed(&mut self) -> bool {
        self.renewed.swap(false, Ordering::Relaxed)
    }
}

/// Reads the journal into `taker` until `enough`, and stops well.
fn read(
    journald: &Journald,
    state: &Path,
    taker: &Taker,
    enough: impl Fn(&[(u64, u64, String)]) -> bool,
) -> JournalMetrics {
    let input = JournalInput {
        program: "journalctl".into(),
        directory: Some(journald.directory()),
        units: Vec::new(),
        from_beginning: true,
        source: None,
    };
    let metrics = JournalMetrics::register(&Registry::new()).unwrap();
    let origin = Origin { board: Default::default(), collector: "c", host: None, generation: 5 };
    let receipts = taker.receipts.clone();
    let journal =
        Journal::open(input, state, &origin, receipts, metrics.clone(), taker.clone()).unwrap();
    let (status, shutdown) = (Status::new(), Shutdown::new());
    let part = status.part("journal");
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| journal.run(&part, &shutdown));
        let begun = Instant::now();
        while !enough(&taker.taken.lock().unwrap()) && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(20));
        }
        shutdown.begin();
        reading.join().unwrap().unwrap();
    });
    assert!(enough(&taker.taken.lock().unwrap()), "{:?}", taker.taken);
    metrics
}

fn has(text: &str) -> impl Fn(&[(u64, u64, String)]) -> bool + '_ {
    move |taken| taken.iter().any(|(_, _, message)| message == text)
}

#[test]
fn entries_come_once_over_restarts_and_a_gap_is_told() {
    let Some(journald) = Journald::start() else {
        eprintln!("NOT TESTED: journald cannot be started here (it takes root and systemd)");
        return;
    };
    let state = tempfile::tempdir().unwrap();
    let taker = Taker::default();
    journald.write(0..50);
    read(&journald, state.path(), &taker, has("entry 49"));
    let first = taker.taken.lock().unwrap().clone();

    // A restart goes on behind what was confirmed; what was not comes again at the same place.
    journald.write(50..60);
    taker.silent.store(true, Ordering::Relaxed);
    read(&journald, state.path(), &taker, has("entry 59"));
    let second = taker.taken.lock().unwrap().split_off(first.len());
    assert_eq!((second.len(), second[0].0), (10, first.len() as u64));
    taker.silent.store(false, Ordering::Relaxed);
    let metrics = read(&journald, state.path(), &taker, has("entry 59"));
    assert_eq!(taker.taken.lock().unwrap().split_off(first.len()), second);
    assert_eq!(metrics.gaps.get(), 0);

    // What is vacuumed while nobody reads is counted.
    journald.write(60..65);
    journald.rotate_and_vacuum();
    journald.write(65..70);
    let metrics = read(&journald, state.path(), &taker, has("entry 69"));
    assert!(metrics.gaps.get() == 1 && metrics.missing.get() >= 5, "{}", metrics.missing.get());
}

#[test]
fn a_lost_producer_sends_the_unconfirmed_again() {
    let Some(journald) = Journald::start() else {
        eprintln!("NOT TESTED: journald cannot be started here (it takes root and systemd)");
        return;
    };
    let state = tempfile::tempdir().unwrap();
    let taker = Taker::default();
    taker.silent.store(true, Ordering::Relaxed);
    journald.write(0..20);
    let asked = AtomicBool::new(false);
    let again = |taken: &[(u64, u64, String)]| {
        let last = taken.iter().filter(|(_, _, message)| message == "entry 19").count();
        if last == 1 && !asked.swap(true, Ordering::Relaxed) {
            taker.silent.store(false, Ordering::Relaxed);
            taker.renewed.store(true, Ordering::Relaxed);
        }
        last == 2
    };
    let metrics = read(&journald, state.path(), &taker, again);
    let taken = taker.taken.lock().unwrap();
    let (first, second) = taken.split_at(taken.len() / 2);
    assert_eq!(first, second);
    assert_eq!(metrics.resent.get() as usize, first.len());
}
