//! The real engine for this test binary: a child process, because a crash or an exit of the engine
//! must not be the tests'. The child is this same binary, run with only [`engine_child`].

use embedded_clickhouse::{Config, Engine as EngineConfig, Limits};
use service::{Registry, Shutdown};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use store::Store;

const DATA_VARIABLE: &str = "PROHORI_TEST_ENGINE_DATA";
const PORT_VARIABLE: &str = "PROHORI_TEST_ENGINE_PORT";
const REMOVE_VARIABLE: &str = "PROHORI_TEST_ENGINE_REMOVE";
const ADDRESS_PREFIX: &str = "engine-address=";

/// An engine in a child process.
pub(crate) struct Running {
    pub(crate) url: String,
    // Its standard input is held open: the child ends when that closes, however this process ends.
    child: Child,
}

/// A fresh, migrated database; `None` (said on standard output) where the engine's library is
/// absent, which on CI is a failure.
pub(crate) async fn database() -> Option<Store> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let url = url()?;
    let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let store = Store::connect(&store::Config::new(url, &name).unwrap());
    assert_eq!(store.migrate().await.unwrap(), 6);
    Some(store)
}

/// The engine's address.
pub(crate) fn url() -> Option<&'static str> {
    static ENGINE: OnceLock<Option<Running>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| library().map(|library| start(&library)));
    engine.as_ref().map(|running| running.url.as_str())
}

pub(crate) fn library() -> Option<PathBuf> {
    let named = std::env::var_os("PROHORI_CHDB").map(PathBuf::from);
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.prohori/engine/libchdb.so");
    let found = named.or_else(|| installed.exists().then_some(installed));
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "engine library absent: set PROHORI_CHDB");
        println!("skipped: engine library absent (set PROHORI_CHDB or run the set-up)");
    }
    found
}

fn start(library: &Path) -> Running {
    // The child removes the folder when it ends.
    start_at(library, &tempfile::tempdir().unwrap().keep(), 0, true)
}

/// Starts an engine on a folder and a port of one's own, so that it can be killed and started
/// again.
pub(crate) fn start_at(library: &Path, data: &Path, port: u16, remove: bool) -> Running {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "engine::engine_child", "--nocapture", "--test-threads=1"])
        .env(DATA_VARIABLE, data)
        .env(PORT_VARIABLE, port.to_string())
        .env(REMOVE_VARIABLE, if remove { "1" } else { "0" })
        .env("PROHORI_CHDB", library)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.split_once(ADDRESS_PREFIX)?.1.to_owned()));
    // The pipe is drained, or the child would end at its next line.
    std::thread::spawn(move || lines.for_each(drop));
    Running { url: format!("http://{}", address.expect("the engine starts")), child }
}

impl Running {
    /// Ends it as `kill -9` does.
    #[allow(dead_code, reason = "the tests of another crate use this file too")]
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// In the child: serves the engine until standard input ends. In the tests themselves: checks
/// that the set-up of the child is not mistaken for a test's.
#[test]
fn engine_child() {
    let Some(data) = std::env::var_os(DATA_VARIABLE).map(PathBuf::from) else {
        assert!(!ADDRESS_PREFIX.is_empty());
        return;
    };
    let port: u16 = std::env::var(PORT_VARIABLE).unwrap().parse().unwrap();
    let engine = EngineConfig {
        listen: ([127, 0, 0, 1], port).into(),
        library: library().unwrap(),
        library_sha256: None,
        data: data.clone(),
        user: "default".into(),
        password_file: None,
        limits: Limits::default(),
    };
    let shutdown = Shutdown::new();
    let ends = shutdown.clone();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        ends.begin();
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let registry = Registry::new();
    let ready = |address| println!("\n{ADDRESS_PREFIX}{address}");
    let served = embedded_clickhouse::run_with(Config { engine }, &registry, shutdown, ready);
    runtime.block_on(served).unwrap();
    if std::env::var(REMOVE_VARIABLE).is_ok_and(|remove| remove == "1") {
        let _ = std::fs::remove_dir_all(data);
    }
    // The harness would report to a pipe that nobody reads any more.
    std::process::exit(0);
}
