//! What a broker is told, checked before anything starts.

use crate::{Error, Secure};
use std::fs;
use std::path::{Path, PathBuf};

/// Least heap with which a broker with a few hundred partitions starts and stays up.
const HEAP_MIB_MIN: u32 = 256;
/// Kafka's node ids in a quorum; far more than a machine can bear.
const NODES_MAX: usize = 9;

/// A broker's configuration as written.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawConfig {
    /// The `java` program; without it, that of `JAVA_HOME`, else the first in `PATH`.
    #[serde(default)]
    pub java: Option<PathBuf>,
    /// Directory of the jars.
    pub libs: PathBuf,
    /// Directory for everything that the broker writes; made if absent.
    pub data: PathBuf,
    /// Port for clients, on 127.0.0.1.
    pub port: u16,
    /// Port for the controllers' quorum, on 127.0.0.1.
    pub controller_port: u16,
    /// The Java heap.
    #[serde(default = "default_heap_mib")]
    pub heap_mib: u32,
    /// How long records are kept; must exceed the longest outage of the store plus the replay.
    #[serde(default = "default_retention_hours")]
    pub retention_hours: u32,
    /// Free disk space without which the broker is not started.
    #[serde(default = "default_disk_free_mib_min")]
    pub disk_free_mib_min: u64,
    /// Number of this broker among `nodes`, from 1.
    #[serde(default = "default_node")]
    pub node: usize,
    /// All brokers of the cluster in the same order for each; empty for a single broker.
    #[serde(default)]
    pub nodes: Vec<Node>,
    /// Listeners for clients of other hosts.
    #[serde(default)]
    pub secure: Option<Secure>,
}

/// A broker of a cluster on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Port for clients.
    pub port: u16,
    /// Port for the quorum.
    pub controller_port: u16,
}

fn default_heap_mib() -> u32 {
    512
}
fn default_retention_hours() -> u32 {
    72
}
fn default_disk_free_mib_min() -> u64 {
    1024
}
fn default_node() -> usize {
    1
}

impl RawConfig {
    /// A single broker with the usual heap, retention and disk limit.
    pub fn new(
        libs: impl Into<PathBuf>,
        data: impl Into<PathBuf>,
        port: u16,
        controller_port: u16,
    ) -> Self {
        Self {
            java: None,
            libs: libs.into(),
            data: data.into(),
            port,
            controller_port,
            heap_mib: default_heap_mib(),
            retention_hours: default_retention_hours(),
            disk_free_mib_min: default_disk_free_mib_min(),
            node: default_node(),
            nodes: Vec::new(),
            secure: None,
        }
    }
}

/// A configuration that has been checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) java: Option<PathBuf>,
    pub(crate) libs: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) heap_mib: u32,
    pub(crate) retention_hours: u32,
    pub(crate) disk_free_mib_min: u64,
    /// This broker's index among `nodes`, from 0.
    pub(crate) index: usize,
    pub(crate) nodes: Vec<Node>,
    pub(crate) secure: Option<Secure>,
}

impl Config {
    /// Checks `raw`; looks at the jars but starts nothing. Paths become absolute.
    pub fn new(raw: RawConfig) -> Result<Self, Error> {
        let bad = |field, reason: String| Err(Error::Config { field, reason });
        let own = Node { port: raw.port, controller_port: raw.controller_port };
        let nodes = if raw.nodes.is_empty() { vec![own] } else { raw.nodes };
        if raw.heap_mib < HEAP_MIB_MIN {
            return bad("heap_mib", format!("{} is less than {HEAP_MIB_MIN}", raw.heap_mib));
        }
        if raw.retention_hours == 0 {
            return bad("retention_hours", "records must be kept for a while".into());
        }
        if nodes.len() > NODES_MAX {
            return bad("nodes", format!("{} are more than {NODES_MAX}", nodes.len()));
        }
        let Some(index) = raw.node.checked_sub(1).filter(|index| nodes.get(*index) == Some(&own))
        else {
            return bad("node", format!("nodes have no number {} with these ports", raw.node));
        };
        let mut ports: Vec<_> = nodes.iter().flat_map(|n| [n.port, n.controller_port]).collect();
        ports.sort_unstable();
        if ports[0] == 0 || ports.windows(2).any(|pair| pair[0] == pair[1]) {
            return bad("port", format!("ports must differ and not be 0: {ports:?}"));
        }
        check_jars(&raw.libs)?;
        Ok(Self {
            java: raw.java,
            libs: absolute(&raw.libs)?,
            data: absolute(&raw.data)?,
            heap_mib: raw.heap_mib,
            retention_hours: raw.retention_hours,
            disk_free_mib_min: raw.disk_free_mib_min,
            index,
            nodes,
            secure: raw.secure.map(paths_absolute).transpose()?,
        })
    }

    pub(crate) fn own(&self) -> Node {
        self.nodes[self.index]
    }

    /// Where the broker keeps its records.
    pub(crate) fn topics(&self) -> PathBuf {
        self.data.join("topics")
    }

    /// Where it logs what it does.
    pub(crate) fn log(&self) -> PathBuf {
        self.data.join("log")
    }
}

/// The broker works in its data directory.
fn paths_absolute(mut secure: Secure) -> Result<Secure, Error> {
    for path in [&mut secure.certificate_file, &mut secure.key_file, &mut secure.client_ca_file] {
        *path = absolute(path)?;
    }
    Ok(secure)
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let path = std::path::absolute(path).map_err(Error::file("find", path))?;
    // Java's class path and Kafka's list of directories are separated by these.
    match path.to_str() {
        Some(text) if !text.contains([':', ',', '*', '\n', '\\']) => Ok(path),
        _ => Err(Error::Config {
            field: "data",
            reason: format!("{path:?} must be UTF-8 without ':', ',', '*', '\\' and line breaks"),
        }),
    }
}

/// One version of the broker, no more and no less.
fn check_jars(libs: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(libs).map_err(|_| Error::NoJars { libs: libs.into() })?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let brokers = names.filter(|name| name.starts_with("kafka_2.13-") && name.ends_with(".jar"));
    match brokers.count() {
        0 => Err(Error::NoJars { libs: libs.into() }),
        1 => Ok(()),
        _ => Err(Error::MixedJars { libs: libs.into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_impossible_is_named() {
        let libs = tempfile::tempdir().unwrap();
        fs::write(libs.path().join("kafka_2.13-4.4.0.jar"), "").unwrap();
        let node = |port| Node { port, controller_port: port + 1 };
        let base = || RawConfig::new(libs.path(), "data", 10, 11);
        let three = vec![node(10), node(20), node(30)];
        for (raw, expected) in [
            (base(), None),
            (RawConfig { nodes: three.clone(), ..base() }, None),
            (RawConfig { nodes: three.clone(), node: 2, ..base() }, Some("node")),
            (RawConfig { nodes: three.clone(), node: 4, ..base() }, Some("node")),
            (RawConfig { node: 0, ..base() }, Some("node")),
            (RawConfig { nodes: vec![node(10), node(11)], ..base() }, Some("port")),
            (RawConfig { controller_port: 10, ..base() }, Some("port")),
            (RawConfig { port: 0, ..base() }, Some("port")),
            (RawConfig { heap_mib: 10, ..base() }, Some("heap_mib")),
            (RawConfig { retention_hours: 0, ..base() }, Some("retention_hours")),
            (RawConfig { data: "a:b".into(), ..base() }, Some("data")),
        ] {
            let shown = format!("{raw:?}");
            let field = match Config::new(raw) {
                Ok(_) => None,
                Err(Error::Config { field, .. }) => Some(field),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(field, expected, "{shown}");
        }
    }

    #[test]
    fn jars_of_one_version() {
        let libs = tempfile::tempdir().unwrap();
        let check = || Config::new(RawConfig::new(libs.path(), "data", 10, 11));
        let text = check().unwrap_err().to_string();
        assert!(text.contains("run `make setup`") && text.contains("no kafka jars"), "{text}");
        for version in ["4.4.0", "4.5.0"] {
            fs::write(libs.path().join(format!("kafka_2.13-{version}.jar")), "").unwrap();
        }
        assert!(check().unwrap_err().to_string().contains("several kafka versions"));
    }
}
