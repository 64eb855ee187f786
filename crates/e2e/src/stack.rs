//! A whole stack in a temporary folder, started and ended as a person would.

use crate::{binary, http};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the stack may take to be ready: a cold Java and a cold engine on a busy machine.
const READY_DEADLINE: Duration = Duration::from_secs(120);
/// How long Ctrl-C may take to end everything.
const STOP_DEADLINE: Duration = Duration::from_secs(90);
/// Pause between two looks at something that is being waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A running `prohori up`.
pub struct Stack {
    folder: TempDir,
    up: Child,
    args: Vec<String>,
}

impl Stack {
    /// Starts a stack that tails `*.log` in its own folder [`Self::logs`], and waits until it is
    /// ready.
    pub fn start(args: &[&str]) -> Self {
        Self::start_in(TempDir::new().unwrap_or_else(|e| panic!("no temporary folder: {e}")), args)
    }

    /// [`Self::start`] in a folder that is there, for a test that prepares some of it.
    pub fn start_in(folder: TempDir, args: &[&str]) -> Self {
        std::fs::create_dir_all(folder.path().join("in")).unwrap_or_else(|e| panic!("{e}"));
        link_fetched(folder.path());
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let up = spawn(folder.path(), &args);
        let mut stack = Self { folder, up, args };
        stack.wait_ready();
        stack
    }

    /// The folder whose files the demo's collector tails.
    pub fn tailed(&self) -> PathBuf {
        self.folder.path().join("data/in/demo")
    }

    /// The folder whose `*.log` files are tailed.
    pub fn logs(&self) -> PathBuf {
        self.folder.path().join("in")
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What `prohori up` has printed so far.
    pub fn output(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("up.out")).unwrap_or_default()
    }

    /// The state file: addresses, and the children with their process ids.
    pub fn state(&self) -> Value {
        let text = std::fs::read(self.folder.path().join("data/run/state.json"));
        text.ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or(Value::Null)
    }

    /// An address from the state file, as `host:port`.
    pub fn address(&self, of: &str) -> String {
        self.state()[of].as_str().unwrap_or_default().trim_start_matches("http://").to_owned()
    }

    /// The process id of a child, once it has one.
    pub fn pid(&self, child: &str) -> Option<i32> {
        i32::try_from(self.state()["children"][child]["pid"].as_i64()?).ok()
    }

    /// All children by name.
    pub fn children(&self) -> Vec<String> {
        let state = self.state();
        let names = state["children"].as_object().map(|c| c.keys().cloned().collect());
        names.unwrap_or_default()
    }

    /// Appends `lines` to `name` in [`Self::logs`].
    pub fn append(&self, name: &str, lines: &str) {
        let path = self.logs().join(name);
        let file = OpenOptions::new().create(true).append(true).open(path);
        let written = file.and_then(|mut file| file.write_all(lines.as_bytes()));
        written.unwrap_or_else(|error| panic!("cannot append to {name}: {error}"));
    }

    /// Kills a child as hard as can be; the process id that it had.
    pub fn kill(&self, child: &str) -> i32 {
        let pid = self.pid(child).unwrap_or_else(|| panic!("{child} has no process id"));
        signal(pid, Signal::KILL);
        pid
    }

    /// Kills `prohori up` itself; its children must end by themselves, and a second start must
    /// find the data as it was.
    pub fn kill_and_start_again(&mut self) {
        let children = self.children();
        let pids = children.iter().filter_map(|name| Some((name, self.pid(name)?)));
        let mut pids: Vec<_> = pids.collect();
        let _ = self.up.kill();
        let _ = self.up.wait();
        let began = Instant::now();
        while !pids.is_empty() {
            pids.retain(|(_, pid)| alive(*pid));
            assert!(began.elapsed() < STOP_DEADLINE, "{pids:?} live on\n{}", self.report());
            std::thread::sleep(LOOK_AGAIN);
        }
        self.up = spawn(self.folder.path(), &self.args);
        self.wait_ready();
    }

    /// One value from ClickHouse, as text. An error is the answer's text.
    pub fn ask(&self, sql: &str) -> Result<String, String> {
        let state = self.state();
        let word = |key: &str| state["clickhouse"][key].as_str().unwrap_or_default().to_owned();
        let address = word("url").trim_start_matches("http://").to_owned();
        let key = std::fs::read_to_string(word("password_file")).unwrap_or_default();
        let user = format!("X-ClickHouse-User: {}", word("user"));
        let key = format!("X-ClickHouse-Key: {}", key.trim_end());
        let answer = http::send(&address, "POST", "/?database=prohori", &[&user, &key], sql);
        let answer = answer.map_err(|error| error.to_string())?;
        if answer.status != 200 {
            return Err(answer.body);
        }
        Ok(answer.body.trim_end().to_owned())
    }

    /// [`Self::ask`] for a number.
    pub fn count(&self, sql: &str) -> Result<u64, String> {
        self.ask(sql)?.parse().map_err(|_| format!("no number: {sql}"))
    }

    /// Ends the stack with Ctrl-C and checks that nothing of it is left.
    pub fn stop(self) {
        drop(self.stop_keeping());
    }

    /// [`Self::stop`], for a test that goes on with what lies in its folder.
    pub fn stop_keeping(mut self) -> TempDir {
        let pids: Vec<i32> = self.children().iter().filter_map(|c| self.pid(c)).collect();
        signal(self.up.id().cast_signed(), Signal::INT);
        let mut status = None;
        wait_until("prohori up has ended", STOP_DEADLINE, || {
            status = self.up.try_wait().ok().flatten();
            status.is_some()
        });
        assert!(status.is_some_and(|s| s.success()), "{status:?}\n{}", self.output());
        for pid in pids {
            assert!(!alive(pid), "process {pid} outlived prohori up");
        }
        let empty = TempDir::new().unwrap_or_else(|e| panic!("no temporary folder: {e}"));
        std::mem::replace(&mut self.folder, empty)
    }

    fn wait_ready(&mut self) {
        let began = Instant::now();
        while self.state()["ready"] != Value::Bool(true) {
            let ended = self.up.try_wait().ok().flatten();
            let late = began.elapsed() > READY_DEADLINE;
            assert!(ended.is_none() && !late, "not ready ({ended:?}):\n{}", self.report());
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// The log of a child, of all of its lives.
    pub fn log(&self, child: &str) -> String {
        let path = self.folder.path().join(format!("data/log/{child}.log"));
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// What was printed, and the end of every child's log: for a test that fails.
    pub fn report(&self) -> String {
        let mut report = self.output();
        let logs = std::fs::read_dir(self.folder.path().join("data/log"));
        for entry in logs.into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let tail = lines[lines.len().saturating_sub(12)..].join("\n");
            report.push_str(&format!("--- {}\n{tail}\n", entry.path().display()));
        }
        report
    }
}

impl Drop for Stack {
    /// A failed test leaves no processes behind: the children end with their parent.
    fn drop(&mut self) {
        let _ = self.up.kill();
        let _ = self.up.wait();
    }
}

/// Waits until `done`, and fails by name when that takes too long.
pub fn wait_until(what: &str, deadline: Duration, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < deadline, "still waiting after {deadline:?} until {what}");
        std::thread::sleep(LOOK_AGAIN);
    }
}

fn spawn(folder: &Path, args: &[String]) -> Child {
    let _ = std::fs::remove_file(folder.join("data/run/state.json"));
    let out = File::create(folder.join("up.out")).unwrap_or_else(|e| panic!("{e}"));
    let err = out.try_clone().unwrap_or_else(|e| panic!("{e}"));
    let free = ["--kafka-port", "0", "--clickhouse-port", "0", "--metrics-port", "0"];
    Command::new(binary::prohori())
        .arg("up")
        .arg("--data")
        .arg(folder.join("data"))
        .args(["--listen", "127.0.0.1:0"])
        .args(free)
        .arg("--tail")
        .arg(folder.join("in/*.log"))
        .args(args)
        .current_dir(binary::root())
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start prohori up: {error}"))
}

/// The stack's data folder is new, what `make setup` fetched is not: it is linked, not copied.
fn link_fetched(folder: &Path) {
    let fetched = binary::root().join(".prohori");
    for (what, inside) in [("kafka", "libs"), ("engine", "libchdb.so")] {
        let (from, to) = (fetched.join(what).join(inside), folder.join("data").join(what));
        assert!(from.exists(), "{} is missing: run `make setup`", from.display());
        if to.join(inside).exists() {
            continue;
        }
        let linked = std::fs::create_dir_all(&to)
            .and_then(|()| std::os::unix::fs::symlink(from, to.join(inside)));
        linked.unwrap_or_else(|error| panic!("cannot link {inside}: {error}"));
    }
}

/// A process and all that it started, and those, that run now.
pub fn descendants(pid: i32) -> Vec<i32> {
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(pid) = all.get(next) {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task"));
        for task in tasks.into_iter().flatten().flatten() {
            let children = std::fs::read_to_string(task.path().join("children"));
            let children = children.unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
        }
        next += 1;
    }
    all
}

/// Signals a process; one that has ended is none any more.
pub fn signal(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = kill_process(pid, signal);
    }
}

/// Whether there is a process of this number.
pub fn alive(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid).is_ok())
}
