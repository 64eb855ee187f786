//! The real ClickHouse engine and the real Kafka for these tests, one of each.
//!
//! The engine runs in a child process that is this same binary: a child, because an engine that crashes or lingers at exit must not take the tests with it; it
//! ends with its standard input, so it never outlives them.

use embedded_clickhouse::{Config, Engine, Limits};
use service::{Registry, Shutdown};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use store::Store;

const DATA_VARIABLE: &str = "PROHORI_TEST_ENGINE_DATA";
const ADDRESS_PREFIX: &str = "engine-address=";

/// A fresh, migrated database; `None`, said on standard output, where the engine's library is
/// absent, which on CI is a failure.
pub(super) async fn database() -> Option<Store> {
    static ENGINE: OnceLock<Option<(String, Child)>> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let engine = ENGINE.get_or_init(|| library().map(|library| start(&library)));
    let (url, _) = engine.as_ref()?;
    let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let store = Store::connect(&store::Config::new(url, &name).unwrap());
    store.migrate().await.unwrap();
    Some(store)
}

/// The address of a real broker.
pub(super) async fn kafka() -> bus::Config {
    let address = tokio::task::spawn_blocking(|| embedded_kafka::testing::broker().address());
    bus::Config::new(address.await.unwrap())
}

fn library() -> Option<PathBuf> {
    let named = std::env::var_os("PROHORI_CHDB").map(PathBuf::from);
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.prohori/engine/libchdb.so");
    let found = named.or_else(|| installed.exists().then_some(installed));
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "engine library absent: set PROHORI_CHDB");
        println!("skipped: engine library absent (set PROHORI_CHDB or run the set-up)");
    }
    found
}

/// Starts the child; its address and itself, whose standard input stays open as long as we run.
fn start(library: &Path) -> (String, Child) {
    let data = tempfile::tempdir().unwrap().keep();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::engine::engine_child", "--nocapture", "--test-threads=1"])
        .env(DATA_VARIABLE, data)
        .env("PROHORI_CHDB", library)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.split_once(ADDRESS_PREFIX)?.1.to_owned()));
    // Drained, or the child would end at its next line.
    std::thread::spawn(move || lines.for_each(drop));
    (format!("http://{}", address.expect("the engine starts")), child)
}

/// Not a test: what the child runs.
#[test]
fn engine_child() {
    let Some(data) = std::env::var_os(DATA_VARIABLE).map(PathBuf::from) else { return };
    let engine = Engine {
        listen: ([127, 0, 0, 1], 0).into(),
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
    let ready = |address| println!("\n{ADDRESS_PREFIX}{address}");
    let registry = Registry::new();
    let served = embedded_clickhouse::run_with(Config { engine }, &registry, shutdown, ready);
    tokio::runtime::Runtime::new().unwrap().block_on(served).unwrap();
    let _ = std::fs::remove_dir_all(data);
    // The harness would report to a pipe that nobody reads any more.
    std::process::exit(0);
}
