//! What one machine runs: each part's program, configuration and way to ask whether it is ready.

use super::layout::Layout;
use super::{ports::Ports, ready};
use crate::cli;
use anyhow::Context as _;
use bus::TopicSpec;
use model::{Agency, topic};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Partitions of every topic: two cores share four without one of them idling.
const PARTITIONS: i32 = 4;
/// One look at whether Kafka answers.
const KAFKA_LOOK: Duration = Duration::from_secs(1);
/// The made-up ministry whose hosts are attacked in the demo.
const DEMO_AGENCY: &str = "mof";
/// Where this machine's own logs are, on most Linux systems.
const OWN_LOGS: [&str; 4] =
    ["/var/log/*.log", "/var/log/*/*.log", "/var/log/syslog", "/var/log/messages"];
/// The SHA-256 of the pinned engine library; `deploy/setup` fetches the same.
const ENGINE_SHA256: &str = "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5";

/// One child process.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Short name: log file, state file.
    pub name: String,
    /// What to call it on the screen.
    pub what: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// How to know that it is ready.
    pub check: Check,
}

/// How to know that a part is ready.
#[derive(Debug, Clone)]
pub(crate) enum Check {
    /// Kafka answers a client.
    Kafka(bus::Config),
    /// An address answers 200 to a path.
    Http(SocketAddr, &'static str),
}

impl Check {
    /// `Ok` when ready; else what is missing.
    pub(crate) fn ask(&self) -> Result<(), String> {
        match self {
            Self::Http(address, path) => ready::ask(*address, path),
            Self::Kafka(config) => bus::admin::wait_ready(config, 1, KAFKA_LOOK)
                .map_err(|error| service::telemetry::chain(&error)),
        }
    }
}

/// All parts of one machine, with their addresses.
pub(crate) struct Parts {
    bus: bus::Config,
    clickhouse: Value,
    dashboard: SocketAddr,
    agencies: Vec<Agency>,
    backing: Vec<Part>,
    services: Vec<Part>,
}

impl Parts {
    /// Chooses addresses, writes every configuration, and says what to run.
    pub(crate) fn plan(args: &cli::Up, layout: &Layout) -> anyhow::Result<Self> {
        let own = Agency::new(&args.agency)?;
        let demo = if args.demo { vec![Agency::new(DEMO_AGENCY)?] } else { Vec::new() };
        let mut planner = Planner { args, layout, ports: Ports::default(), backing: Vec::new() };
        let bus = planner.kafka()?;
        let clickhouse = planner.clickhouse()?;
        let dashboard = planner.ports.take(args.listen, "--listen")?;
        let backing = std::mem::take(&mut planner.backing);
        let plan = ServicePlan { planner, bus: &bus, clickhouse: &clickhouse, list: Vec::new() };
        let services = plan.all(dashboard, &own, &demo)?;
        let agencies = demo.into_iter().chain([own]).collect();
        Ok(Self { bus, clickhouse, dashboard, agencies, backing, services })
    }

    /// Kafka and ClickHouse, where they are ours to run.
    pub(crate) fn backing(&self) -> Vec<Part> {
        self.backing.clone()
    }

    /// Our services, in the order in which they start: readers before writers, so that the first
    /// line already finds the way to the screen.
    pub(crate) fn services(&self) -> Vec<Part> {
        self.services.clone()
    }

    /// Makes the topics that are not there yet.
    pub(crate) fn make_topics(&self) -> anyhow::Result<()> {
        let raw = self.agencies.iter().map(|agency| TopicSpec::raw(agency, PARTITIONS));
        let heartbeats = self.agencies.iter().map(TopicSpec::heartbeats);
        let topics: Vec<_> = raw.chain(heartbeats).chain(TopicSpec::shared(PARTITIONS)).collect();
        bus::admin::ensure_topics(&self.bus, &topics).context("cannot make the Kafka topics")
    }

    /// The dashboard's address for a browser.
    pub(crate) fn dashboard_url(&self) -> String {
        format!("http://{}", self.dashboard)
    }

    /// A token for the first user, good once.
    pub(crate) fn one_time_login(&self, layout: &Layout) -> anyhow::Result<String> {
        dashboard_api::accounts::one_time_login(&layout.path("api"), "admin")
            .context("cannot make a one-time login")
    }

    /// How many alerts the stack has made; `None` while Kafka does not answer.
    pub(crate) fn alerts(&self) -> Option<i64> {
        let ends = bus::admin::end_offsets(&self.bus, &[topic::ALERTS]).ok()?;
        Some(ends.values().sum())
    }

    /// Where things are, for the state file.
    pub(crate) fn addresses(&self) -> Value {
        json!({
            "kafka": self.bus.brokers,
            "clickhouse": self.clickhouse,
            "dashboard": self.dashboard_url(),
        })
    }
}

/// What is needed to plan a part.
struct Planner<'a> {
    args: &'a cli::Up,
    layout: &'a Layout,
    ports: Ports,
    backing: Vec<Part>,
}

impl Planner<'_> {
    fn path(&self, inside: &str) -> String {
        self.layout.path(inside).to_string_lossy().into_owned()
    }

    fn part(
        &self,
        name: &str,
        what: &str,
        command: &str,
        config: &Value,
        check: Check,
    ) -> anyhow::Result<Part> {
        let config = self.layout.write_config(name, config)?;
        Ok(Part {
            name: name.into(),
            what: what.into(),
            program: std::env::current_exe().context("cannot find this program's own path")?,
            args: vec![command.into(), "--config".into(), config.into()],
            check,
        })
    }

    fn kafka(&mut self) -> anyhow::Result<bus::Config> {
        if let Some(brokers) = &self.args.brokers {
            return Ok(bus::Config::new(brokers));
        }
        let port = self.args.kafka_port;
        let broker = self.ports.local(port, "--kafka-port")?;
        let next = if port == 0 { 0 } else { port + 1 };
        let controller = self.ports.local(next, "--kafka-port")?;
        let bus = bus::Config::new(broker.to_string());
        let config = json!({
            "libs": self.path("kafka/libs"),
            "data": self.path("kafka/data"),
            "port": broker.port(),
            "controller_port": controller.port(),
        });
        let check = Check::Kafka(bus.clone());
        self.backing.push(self.part("kafka", "Kafka", "kafka", &config, check)?);
        Ok(bus)
    }

    /// Where the engine writes backups; where one is brought back, the folder that it lies in.
    fn backups(&self) -> anyhow::Result<Value> {
        let above = self.args.restore.as_deref().map(absolute).transpose()?;
        let above = above.as_deref().and_then(Path::parent).map(Path::to_owned);
        Ok(json!(above.unwrap_or_else(|| PathBuf::from(self.path("backups")))))
    }

    /// The engine, or the server that was named; what the services' `[store]` says.
    fn clickhouse(&mut self) -> anyhow::Result<Value> {
        if let Some(url) = &self.args.clickhouse {
            let mut store = json!({ "url": url, "user": self.args.clickhouse_user });
            if let Some(file) = &self.args.clickhouse_password_file {
                store["password_file"] = json!(absolute(file)?);
            }
            return Ok(store);
        }
        let address = self.ports.local(self.args.clickhouse_port, "--clickhouse-port")?;
        let password_file = self.layout.engine_password()?;
        let config = json!({ "engine": {
            "listen": address,
            "library": self.path("engine/libchdb.so"),
            "library_sha256": ENGINE_SHA256,
            "data": self.path("engine/data"),
            "backups": self.backups()?,
            "user": "prohori",
            "password_file": password_file,
        }});
        let check = Check::Http(address, "/ready");
        let command = "clickhouse-engine";
        self.backing.push(self.part("clickhouse", "ClickHouse", command, &config, check)?);
        Ok(json!({
            "url": format!("http://{address}"),
            "user": "prohori",
            "password_file": password_file,
        }))
    }
}

/// What is needed to plan a service.
struct ServicePlan<'a> {
    planner: Planner<'a>,
    bus: &'a bus::Config,
    clickhouse: &'a Value,
    list: Vec<Part>,
}

impl ServicePlan<'_> {
    fn all(
        mut self,
        dashboard: SocketAddr,
        own: &Agency,
        demo: &[Agency],
    ) -> anyhow::Result<Vec<Part>> {
        let rules = absolute(&self.planner.args.rules)?;
        let store = self.clickhouse.clone();
        self.add("loader", "the loader", "load", json!({ "store": store }))?;
        // A folder of rules of one's own need not have any.
        let parsers: Vec<_> =
            Some(rules.join("parsers")).filter(|p| p.is_dir()).into_iter().collect();
        let config = json!({ "parsers": parsers, "enrich": { "control": true } });
        self.add("normalizer", "the normalizer", "normalize", config)?;
        // The dashboard gives the detector its rules, so it is ready before it.
        let config = json!({
            "data_dir": self.planner.path("api"),
            "rules": [rules],
            "bus": self.bus(),
            "store": store,
            "http": { "listen": dashboard },
        });
        let check = Check::Http(dashboard, "/ready");
        let part = self.planner.part("dashboard", "the dashboard", "serve", &config, check)?;
        self.list.push(part);
        self.add("detector", "the detector", "detect", json!({ "control": true }))?;
        for agency in demo {
            let glob = self.planner.path("in/demo/*");
            self.collector(agency, &format!("collector-{agency}"), vec![glob], "beginning", None)?;
        }
        let tail = self.planner.args.tail.clone();
        let (globs, start) = if tail.is_empty() {
            (OWN_LOGS.map(String::from).to_vec(), "end")
        } else {
            (tail, "beginning")
        };
        self.collector(own, "collector", globs, start, self.planner.args.syslog)?;
        Ok(self.list)
    }

    fn bus(&self) -> Value {
        json!({ "brokers": self.bus.brokers })
    }

    /// The next of the metrics ports.
    fn metrics(&mut self) -> anyhow::Result<SocketAddr> {
        let first = self.planner.args.metrics_port;
        let used = u16::try_from(self.list.len()).unwrap_or_default();
        let port = if first == 0 { 0 } else { first.saturating_add(used) };
        self.planner.ports.local(port, "--metrics-port")
    }

    /// A service with `[bus]`, `[http]` and what is its own.
    fn add(&mut self, name: &str, what: &str, command: &str, own: Value) -> anyhow::Result<()> {
        let address = self.metrics()?;
        let mut config = own;
        config["bus"] = self.bus();
        config["http"] = json!({ "listen": address });
        let check = Check::Http(address, "/ready");
        let part = self.planner.part(name, what, command, &config, check)?;
        self.list.push(part);
        Ok(())
    }

    fn collector(
        &mut self,
        agency: &Agency,
        name: &str,
        globs: Vec<String>,
        start: &str,
        syslog: Option<SocketAddr>,
    ) -> anyhow::Result<()> {
        let mut config = json!({
            "agency": agency,
            "state_dir": self.planner.path(&format!("collector/{agency}")),
            "file": [{ "name": "logs", "include": globs, "start": start }],
        });
        if let Some(listen) = syslog {
            config["syslog"] = json!([{ "udp": listen, "tcp": listen }]);
        }
        self.add(name, &format!("the collector of agency {agency}"), "collect", config)
    }
}

/// Children have another working folder's view after a restart by hand: paths are absolute.
fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::fs::canonicalize(path).with_context(|| format!("cannot find {}", path.display()))
}
