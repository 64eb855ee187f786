//! A broker for tests: the real one, on free ports, with throw-away data.

use crate::{Broker, Config, RawConfig};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

/// Environment variable that names the directory of the jars.
pub const LIBS_VARIABLE: &str = "PROHORI_KAFKA_LIBS";
/// Where `make setup` puts them, seen from the root of the repository.
const LIBS: &str = ".prohori/kafka/libs";
/// Heap of a test's broker, several of which may run side by side.
const HEAP_MIB: u32 = 384;
/// Free disk space that a test needs.
const DISK_FREE_MIB_MIN: u64 = 512;
/// Where free ports are sought: above the well-known services, below Linux's ephemeral ports.
const PORTS: Range<u16> = 20_000..32_768;
/// How far apart processes of following ids begin to seek.
const PORTS_APART: u32 = 61;
/// What the directories of test brokers begin with; the process id follows.
const PREFIX: &str = "prohori-kafka-test-";

/// The one broker that all tests of this process share, started by the first that asks. It is
/// killed when the process ends; topics should have names of their own test.
///
/// # Panics
/// When the broker cannot be started: a test that needs Kafka fails without it.
pub fn broker() -> &'static Broker {
    static BROKER: OnceLock<Broker> = OnceLock::new();
    BROKER.get_or_init(|| {
        let started = Config::new(raw_config("shared")).and_then(|config| Broker::start(&config));
        started.unwrap_or_else(|error| panic!("{}", chain(&error)))
    })
}

/// A configuration for a broker of one's own, on free ports, with data in a directory `name` that
/// a later test run removes.
///
/// # Panics
/// When there are no jars or no free port.
pub fn raw_config(name: &str) -> RawConfig {
    let [port, controller_port] = free_ports();
    let mut raw = RawConfig::new(libs(), directory().join(name), port, controller_port);
    raw.heap_mib = HEAP_MIB;
    raw.disk_free_mib_min = DISK_FREE_MIB_MIN;
    raw
}

/// Ports that were free a moment ago, none of them given before in this process.
///
/// They lie below those that the kernel hands out, so that no connection made elsewhere in the
/// meantime takes one, and where the search begins differs by process.
///
/// # Panics
/// When there are none.
pub fn free_ports<const N: usize>() -> [u16; N] {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let span = u32::from(PORTS.end - PORTS.start);
    let start = std::process::id().wrapping_mul(PORTS_APART);
    let next = || {
        let tried = TRIED.fetch_add(1, Relaxed);
        assert!(tried < span, "no free port in {PORTS:?}");
        PORTS.start + (start.wrapping_add(tried) % span) as u16
    };
    [(); N].map(|()| {
        loop {
            let port = next();
            if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                break port;
            }
        }
    })
}

/// The directory of the jars.
///
/// # Panics
/// When there is none.
pub fn libs() -> PathBuf {
    if let Some(libs) = std::env::var_os(LIBS_VARIABLE) {
        return libs.into();
    }
    let start = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), PathBuf::from);
    let found = start.ancestors().map(|up| up.join(LIBS)).find(|libs| libs.is_dir());
    found.unwrap_or_else(|| {
        panic!("no kafka jars in {LIBS}: run `make setup`, or set {LIBS_VARIABLE}")
    })
}

/// This process's directory; those of processes that have ended are removed first.
fn directory() -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let temporary = std::env::temp_dir();
        for entry in std::fs::read_dir(&temporary).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
            if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                // Another run may be as quick.
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        temporary.join(format!("{PREFIX}{}", std::process::id()))
    };
    DIRECTORY.get_or_init(make).clone()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(&format!(": {error}"));
        next = error.source();
    }
    text
}
