//! A stack to be broken: `prohori up`, on its own Kafka or on three brokers and with a second
//! normalizer and detector beside it.

use crate::ground::{Disk, Ground};
use crate::keeper::Kept;
use e2e::Stack;
use e2e::stack::{descendants, signal, wait_until};
use embedded_kafka::testing;
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Rooms of the disks that are filled, in MiB. The engine's and the broker's hold a whole run.
const COLLECTOR_MIB: u32 = 16;
const ENGINE_MIB: u32 = 768;
const BROKER_MIB: u32 = 768;
/// Heap of each broker, several of which run side by side.
const HEAP_MIB: u32 = 256;
/// How long anything may take to be started again.
const RESTARTED: Duration = Duration::from_secs(60);
/// How long brokers may take to be ready on a busy machine.
const BROKERS_READY: Duration = Duration::from_secs(120);

/// What a service's lines have that tell how it fared, and how many of them are told.
const TELLING: [&str; 4] = ["WARN", "ERROR", "rules", "partition "];
const OF_LIBRDKAFKA: &str = "\"target\":\"kafka\"";
const SAID_LINES_MAX: usize = 60;

/// Which site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// What `prohori up` starts, and nothing else.
    OneMachine,
    /// Three brokers, two normalizers, two detectors.
    Cluster,
}

/// The processes under test. Fields end in the order in which they stand.
pub(crate) struct Site {
    pub(crate) stack: Stack,
    services: Vec<Kept>,
    brokers: Vec<Kept>,
    pub(crate) disks: BTreeMap<&'static str, Disk>,
    folder: TempDir,
}

impl Site {
    pub(crate) fn start(size: Size, ground: Ground) -> Self {
        let folder = TempDir::new().expect("a folder");
        let own = TempDir::new().expect("a folder");
        let mut disks = BTreeMap::new();
        if ground == Ground::Private {
            let mut mount = |name, folder: &Path, mib| {
                disks.insert(name, Disk::mount(folder, mib));
            };
            mount("collector", &folder.path().join("data/collector"), COLLECTOR_MIB);
            mount("clickhouse", &folder.path().join("data/engine/data"), ENGINE_MIB);
            if size == Size::Cluster {
                mount("kafka-2", &own.path().join("kafka-2"), BROKER_MIB);
            }
        }
        let rules = own.path().join("rules");
        std::fs::create_dir(&rules).expect("a folder is made");
        std::fs::write(rules.join("chaos.yml"), crate::RULES).expect("the rules are written");
        let rules = rules.to_str().expect("a plain path").to_owned();
        let mut args = vec!["--rules".to_owned(), rules];
        let mut brokers = Vec::new();
        if size == Size::Cluster {
            let addresses;
            (brokers, addresses) = three_brokers(own.path());
            args.extend(["--brokers".to_owned(), addresses]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let stack = Stack::start_in(folder, &args);
        let seconds: &[_] = if size == Size::Cluster {
            &[("normalizer", "normalize"), ("detector", "detect")]
        } else {
            &[]
        };
        let services = seconds.iter().map(|(name, command)| second(&stack, name, command));
        let services = services.collect();
        Self { stack, services, brokers, disks, folder: own }
    }

    /// The rules in force; a file more or less is a reload.
    pub(crate) fn rules(&self) -> std::path::PathBuf {
        self.folder.path().join("rules")
    }

    pub(crate) fn bus(&self) -> bus::Config {
        bus::Config::new(self.stack.address("kafka"))
    }

    fn kept(&self, name: &str) -> Option<&Kept> {
        self.services.iter().chain(&self.brokers).find(|kept| kept.name == name)
    }

    /// Every process by name, Kafka and the engine too.
    pub(crate) fn processes(&self) -> Vec<String> {
        let kept = self.services.iter().chain(&self.brokers).map(|kept| kept.name.clone());
        let mut names: Vec<_> = self.stack.children().into_iter().chain(kept).collect();
        names.sort();
        names
    }

    pub(crate) fn pid(&self, name: &str) -> Option<i32> {
        self.kept(name).map_or_else(|| self.stack.pid(name), Kept::pid)
    }

    /// Signals a process, once it runs, and what it started (Kafka's Java); which it was.
    pub(crate) fn signal(&self, name: &str, what: Signal) -> i32 {
        wait_until(&format!("{name} runs"), RESTARTED, || self.pid(name).is_some());
        let pid = self.pid(name).expect("it runs");
        for pid in descendants(pid) {
            signal(pid, what);
        }
        pid
    }

    /// Waits until another process than `pid` has the name.
    pub(crate) fn wait_restarted(&self, name: &str, pid: i32) {
        wait_until(&format!("{name} runs again"), RESTARTED, || {
            self.pid(name).is_some_and(|now| now != pid)
        });
    }

    /// What services warned of and told of their rules and partitions.
    pub(crate) fn said(&self, services: &[&str]) -> String {
        let mut said = String::new();
        for name in services {
            let text = self.stack.log(name);
            let of_ours = text.lines().filter(|line| !line.contains(OF_LIBRDKAFKA));
            let telling = of_ours.filter(|line| TELLING.iter().any(|word| line.contains(word)));
            let lines: Vec<&str> = telling.collect();
            let first = lines.len().saturating_sub(SAID_LINES_MAX);
            let _ = writeln!(said, "--- of {name}:\n{}", lines[first..].join("\n"));
        }
        said
    }

    pub(crate) fn report(&self) -> String {
        let mut report = self.stack.report();
        for kept in self.services.iter().chain(&self.brokers) {
            let _ = write!(report, "{}", kept.report());
        }
        report
    }

    /// Ends everything as a person would, and checks that it ends.
    pub(crate) fn stop(self) {
        let Self { stack, services, brokers, disks, folder } = self;
        drop(services);
        stack.stop();
        drop((brokers, disks, folder));
    }
}

/// A second member of a service's groups, configured as the first.
fn second(stack: &Stack, name: &str, command: &str) -> Kept {
    let first = stack.data().join(format!("config/{name}.toml"));
    let text = std::fs::read_to_string(&first).expect("the configuration of the first");
    let [port] = testing::free_ports();
    let own = format!("listen = \"127.0.0.1:{port}\"");
    let mut is_changed = false;
    let lines = text.lines().map(|line| {
        let listens = line.starts_with("listen = ");
        is_changed |= listens;
        if listens { own.as_str() } else { line }
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    assert!(is_changed, "{text}");
    let config = stack.data().join(format!("config/{name}-2.toml"));
    std::fs::write(&config, text).expect("a configuration is written");
    Kept::start(&format!("{name}-2"), command, &config)
}

/// Three brokers that keep each record thrice, and their addresses.
fn three_brokers(folder: &Path) -> (Vec<Kept>, String) {
    let ports: [u16; 6] = testing::free_ports();
    let nodes: Vec<String> = ports
        .chunks(2)
        .map(|of| format!("{{ port = {}, controller_port = {} }}", of[0], of[1]))
        .collect();
    let start = |number: usize| {
        let (port, controller) = (ports[2 * number], ports[2 * number + 1]);
        let text = format!(
            "libs = {:?}\ndata = {:?}\nport = {port}\ncontroller_port = {controller}\n\
             heap_mib = {HEAP_MIB}\ndisk_free_mib_min = 1\nnode = {}\nnodes = [{}]\n",
            testing::libs(),
            folder.join(format!("kafka-{}", number + 1)),
            number + 1,
            nodes.join(", "),
        );
        let config = folder.join(format!("kafka-{}.toml", number + 1));
        std::fs::write(&config, text).expect("a configuration is written");
        Kept::start(&format!("kafka-{}", number + 1), "kafka", &config)
    };
    let brokers = (0..3).map(start).collect();
    let addresses: Vec<_> = ports.chunks(2).map(|of| format!("127.0.0.1:{}", of[0])).collect();
    let addresses = addresses.join(",");
    let ready = bus::admin::wait_ready(&bus::Config::new(&addresses), 3, BROKERS_READY);
    ready.unwrap_or_else(|error| panic!("three brokers: {error}"));
    (brokers, addresses)
}
