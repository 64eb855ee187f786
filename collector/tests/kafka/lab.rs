//! A directory of files, a topic, and the collector's process between them.

use bus::{Config, Consumer, ConsumerOptions, Polled, Subscription, TopicSpec, admin};
use embedded_kafka::testing;
use model::{Agency, Origin, origin, topic};
use rustix::process::{Pid, Signal, kill_process};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);

/// A record as it lies in Kafka.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) partition: i32,
    pub(crate) key: String,
    pub(crate) collector: String,
    pub(crate) stream: String,
    pub(crate) generation: u64,
    pub(crate) sequence: u64,
    pub(crate) offset: u64,
    pub(crate) source: Option<String>,
    pub(crate) sender: Option<String>,
    pub(crate) text: String,
}

pub(crate) struct Lab {
    dir: TempDir,
    config: RefCell<String>,
    http: u16,
    consumer: Consumer,
    agency: Agency,
    bus: Config,
}

impl Lab {
    /// A lab for agency `name`, whose topic is made with `partitions`.
    pub(crate) fn new(name: &str, brokers: &str, partitions: i32) -> Self {
        let agency = Agency::new(name).unwrap();
        let bus = Config::new(brokers);
        let topics = [TopicSpec::raw(&agency, partitions), TopicSpec::heartbeats(&agency)];
        admin::ensure_topics(&bus, &topics).unwrap();
        let topic = topic::raw(&agency);
        let options = ConsumerOptions::new(&format!("lab-{name}"), Subscription::topic(&topic));
        let dir = tempfile::tempdir().unwrap();
        let [http] = testing::free_ports();
        let config = format!(
            "agency = '{name}'\nheartbeat_s = 5\nstate_dir = '{state}'\nbus = {{ brokers = '{brokers}' }}\n\
             [http]\nlisten = '127.0.0.1:{http}'\n\
             [[file]]\nname = 'test'\ninclude = ['{logs}/app.log*']\nsource = 'test'\n",
            state = dir.path().join("state").display(),
            logs = dir.path().display(),
        );
        let consumer = Consumer::open(&bus, &options).unwrap();
        Self { dir, config: RefCell::new(config), http, consumer, agency, bus }
    }

    /// Adds a syslog input; its UDP and TCP addresses.
    pub(crate) fn add_syslog(&self) -> (SocketAddr, SocketAddr) {
        let [tcp] = testing::free_ports();
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let tcp = SocketAddr::from((Ipv4Addr::LOCALHOST, tcp));
        let input = format!("[[syslog]]\nudp = '{udp}'\ntcp = '{tcp}'\n");
        self.config.borrow_mut().push_str(&input);
        (udp, tcp)
    }

    /// Takes standard input instead of files.
    pub(crate) fn only_stdin(&self) {
        let mut config = self.config.borrow_mut();
        let files = config.find("[[file]]").unwrap();
        config.truncate(files);
        config.push_str("[stdin]\n");
    }

    /// Reaches Kafka by another `[bus]` table, written inline.
    pub(crate) fn reach(&self, bus: &str) {
        let mut config = self.config.borrow_mut();
        let line = config.lines().find(|line| line.starts_with("bus = ")).unwrap().to_owned();
        *config = config.replace(&line, &format!("bus = {bus}"));
    }

    pub(crate) fn config(&self) -> String {
        self.config.borrow().clone()
    }

    /// Takes another configuration for the next start.
    pub(crate) fn change_first(&self, config: &str) {
        config.clone_into(&mut self.config.borrow_mut());
    }

    /// Writes another configuration, which a running collector does not know of yet.
    pub(crate) fn change(&self, config: &str) {
        fs::write(self.path("collector.toml"), config).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn append(&self, name: &str, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    pub(crate) fn start(&self) -> Collector {
        self.spawn(Stdio::null())
    }

    pub(crate) fn spawn(&self, stdin: Stdio) -> Collector {
        let config = self.path("collector.toml");
        fs::write(&config, &*self.config.borrow()).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_prohori-collector"))
            .arg("--config")
            .arg(&config)
            .env("PROHORI_LOG", "error")
            .stdin(stdin)
            .spawn()
            .unwrap();
        Collector(child)
    }

    /// Reads the topic from where it was last read, until `enough`.
    pub(crate) fn take(&self, enough: impl Fn(&[Taken]) -> bool) -> Vec<Taken> {
        let mut taken = Vec::new();
        self.take_more(&mut taken, enough);
        taken
    }

    pub(crate) fn take_more(&self, taken: &mut Vec<Taken>, enough: impl Fn(&[Taken]) -> bool) {
        let begun = Instant::now();
        loop {
            // Whatever is there first: `enough` may be costly.
            let mut idle = false;
            for _ in 0..5_000 {
                match self.consumer.next(POLL).unwrap() {
                    Polled::Record(message) => taken.push(read(&message.record())),
                    Polled::Idle => {
                        idle = true;
                        break;
                    }
                    _ => {}
                }
                if taken.len() < 10 && enough(taken) {
                    return;
                }
            }
            if enough(taken) {
                return;
            }
            assert!(!idle || begun.elapsed() < PATIENCE, "only {} records came", taken.len());
        }
    }

    /// Reads the agency's heartbeats until they tell what is `expected`.
    pub(crate) fn wait_for_fleet(&self, expected: impl Fn(&fleet::Collector) -> bool) {
        let begun = Instant::now();
        let partition = bus::Partition::new(topic::heartbeats(&self.agency), 0);
        loop {
            let mut fleet = fleet::Fleet::default();
            bus::reader::read_all(&self.bus, &partition, |record| {
                let key = record.key.unwrap_or_default();
                fleet.note(&self.agency, key, record.value, record.kafka_ms);
            })
            .unwrap();
            let known: Vec<_> = fleet.collectors().map(|(_, known)| known).collect();
            assert!(known.len() < 2, "{known:#?}");
            if known.first().is_some_and(|known| expected(known)) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{known:#?}");
            std::thread::sleep(POLL);
        }
    }

    /// One answer of the collector's status server.
    pub(crate) fn get(&self, path: &str) -> String {
        self.try_get(path).unwrap()
    }

    /// Waits until the status server's answer to `/ready` is as `expected`; that answer.
    pub(crate) fn wait_for_status(&self, expected: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let text = self.try_get("/ready").unwrap_or_default();
            if expected(&text) {
                return text;
            }
            assert!(begun.elapsed() < PATIENCE, "{text}");
            std::thread::sleep(POLL);
        }
    }

    fn try_get(&self, path: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.http))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Waits until the collector's metric is as `expected`.
    pub(crate) fn wait_for_metric(&self, name: &str, expected: impl Fn(f64) -> bool) {
        let begun = Instant::now();
        let name = format!("prohori_collector_{name} ");
        loop {
            let text = self.try_get("/metrics").unwrap_or_default();
            let value = text.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok());
            if value.is_some_and(&expected) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{name}is {value:?}");
            std::thread::sleep(POLL);
        }
    }
}

fn read(record: &bus::Record<'_>) -> Taken {
    let origin = Origin::decode(record.headers.get(origin::HEADER).unwrap()).unwrap();
    Taken {
        partition: record.partition,
        key: String::from_utf8(record.key.unwrap().to_vec()).unwrap(),
        collector: origin.collector.to_owned(),
        stream: origin.stream.to_owned(),
        generation: origin.generation,
        sequence: origin.sequence,
        offset: origin.offset,
        source: origin.source.map(ToOwned::to_owned),
        sender: origin.sender.map(ToOwned::to_owned),
        text: String::from_utf8(record.value.to_vec()).unwrap(),
    }
}

/// A place has one text and one number, and within a generation numbers have no gap and rise.
pub(crate) fn check_places(taken: &[Taken]) {
    let mut seen = HashMap::new();
    let mut next = HashMap::new();
    for t in taken {
        let generation = (t.stream.as_str(), t.generation);
        let first = seen.entry((generation, t.offset)).or_insert((&t.text, t.sequence));
        assert_eq!(*first, (&t.text, t.sequence), "two records at one place");
        let next = next.entry(generation).or_insert(0);
        assert!(t.sequence <= *next, "a gap before {t:?}");
        *next = (*next).max(t.sequence + 1);
    }
}

/// The process; dropping it kills it.
pub(crate) struct Collector(Child);

impl Collector {
    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// SIGHUP.
    pub(crate) fn hang_up(&mut self) {
        kill_process(Pid::from_child(&self.0), Signal::HUP).unwrap();
    }

    /// SIGTERM; it must end well.
    pub(crate) fn end(&mut self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
        assert!(self.wait(Duration::from_secs(30)), "it does not end");
    }

    /// Whether it ends well within `timeout`.
    pub(crate) fn wait(&mut self, timeout: Duration) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < timeout {
            if let Some(status) = self.0.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return true;
            }
            std::thread::sleep(POLL);
        }
        false
    }

    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.0.stdin.take().unwrap()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
