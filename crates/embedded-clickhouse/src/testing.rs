//! An engine for tests: the real one, in a child process, with throw-away data.
//!
//! A child, because an engine that crashes or lingers at its exit must not take the tests with it.
//! The child is the test binary itself, run with only one test, which calls [`play`]; it ends with
//! its standard input, so it never outlives the tests.

use crate::{Config, Engine, Limits};
use service::{Registry, Shutdown};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Environment variable that names the engine's library.
pub const LIBRARY_VARIABLE: &str = "PROHORI_CHDB";
/// Where `make setup` puts it, seen from the root of the repository.
const LIBRARY: &str = ".prohori/engine/libchdb.so";
/// Set for the child: its data folder, its port, and whether it removes the folder at its end.
const DATA_VARIABLE: &str = "PROHORI_TEST_ENGINE_DATA";
const PORT_VARIABLE: &str = "PROHORI_TEST_ENGINE_PORT";
const REMOVE_VARIABLE: &str = "PROHORI_TEST_ENGINE_REMOVE";
const ADDRESS_PREFIX: &str = "engine-address=";

/// An engine in a child process.
#[derive(Debug)]
pub struct Running {
    /// Its address, as a client wants it.
    pub url: String,
    // Its standard input is held open: the child ends when that closes, however this process ends.
    child: Child,
}

impl Running {
    /// Ends it as `kill -9` does, and waits for its end.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(mut self) {
        self.child.kill().expect("the engine can be killed");
        self.child.wait().expect("the engine ends");
    }
}

/// The address of the one engine that all tests of this process share. `child` is the whole name
/// of the test that does nothing but call [`play`].
///
/// # Panics
/// When it cannot be started: a test that needs the engine fails without it.
pub fn engine(child: &str) -> &'static str {
    static ENGINE: OnceLock<Running> = OnceLock::new();
    let start = || {
        // The child removes the folder when it ends.
        let name = format!("prohori-engine-test-{}", std::process::id());
        start(child, &std::env::temp_dir().join(name), 0, true)
    };
    &ENGINE.get_or_init(start).url
}

/// Starts an engine on a folder and a port (0: any) of one's own, so that it can be killed and
/// started again on the same data.
///
/// # Panics
/// When it cannot be started.
pub fn start_at(child: &str, data: &Path, port: u16) -> Running {
    start(child, data, port, false)
}

fn start(child: &str, data: &Path, port: u16, remove: bool) -> Running {
    let mut process = Command::new(std::env::current_exe().expect("the test binary has a path"))
        .args(["--exact", child, "--nocapture", "--test-threads=1"])
        .env(DATA_VARIABLE, data)
        .env(PORT_VARIABLE, port.to_string())
        .env(REMOVE_VARIABLE, if remove { "1" } else { "0" })
        .env(LIBRARY_VARIABLE, library())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test binary runs");
    let out = process.stdout.take().expect("standard output is a pipe");
    let mut lines = BufReader::new(out).lines().map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.split_once(ADDRESS_PREFIX)?.1.to_owned()));
    // The pipe is drained, or the child would end at its next line.
    std::thread::spawn(move || lines.for_each(drop));
    Running { url: format!("http://{}", address.expect("the engine starts")), child: process }
}

/// In the child: serves the engine until standard input ends, then ends the process. In the tests
/// themselves: does nothing.
///
/// # Panics
/// When the engine cannot be served.
pub fn play() {
    let Some(data) = std::env::var_os(DATA_VARIABLE).map(PathBuf::from) else { return };
    let variable = |name| std::env::var(name).unwrap_or_default();
    let engine = Engine {
        listen: ([127, 0, 0, 1], variable(PORT_VARIABLE).parse().expect("a port")).into(),
        library: library(),
        library_sha256: None,
        data: data.clone(),
        user: "default".into(),
        password_file: None,
        backups: Some(data.join("backups")),
        limits: Limits::default(),
    };
    let shutdown = Shutdown::new();
    let ends = shutdown.clone();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        ends.begin();
    });
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ready = |address| {
        let _ = writeln!(std::io::stdout(), "\n{ADDRESS_PREFIX}{address}");
    };
    let registry = Registry::new();
    let served = crate::run_with(Config { engine }, &registry, shutdown, ready);
    runtime.block_on(served).expect("the engine is served");
    if variable(REMOVE_VARIABLE) == "1" {
        let _ = std::fs::remove_dir_all(data);
    }
    // The harness would report to a pipe that nobody reads any more.
    std::process::exit(0);
}

/// The pinned library.
///
/// # Panics
/// When it is absent, because nothing else stands for the engine.
pub fn library() -> PathBuf {
    if let Some(named) = std::env::var_os(LIBRARY_VARIABLE) {
        return named.into();
    }
    let start = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), PathBuf::from);
    let found = start.ancestors().map(|up| up.join(LIBRARY)).find(|library| library.is_file());
    found.unwrap_or_else(|| panic!("no {LIBRARY}: run `make setup`, or set {LIBRARY_VARIABLE}"))
}
