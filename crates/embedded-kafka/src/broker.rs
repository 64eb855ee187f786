//! Starting, watching and stopping one broker.

use crate::child::{self, Child};
use crate::{Config, Error, archive, files, java, ports, storage};
use rustix::process::Signal;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take. After a kill the broker reads its newest segments again, and this
/// machine may be busy with everything else that starts.
const START: Duration = Duration::from_secs(120);
/// How often a start looks whether the port answers or the child has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How long a kill may take to be carried out.
const KILL: Duration = Duration::from_secs(5);
/// How much of the log's end is searched for the reason of a failure.
const TAIL_BYTES: u64 = 64 * 1024;
/// How many lines of it go into an error.
const TAIL_LINES: usize = 6;

/// A broker that runs, or did. Dropping it kills it.
pub struct Broker {
    child: Child,
    port: u16,
    log: PathBuf,
    /// How long the log was when this broker started.
    logged_before: u64,
}

impl Broker {
    /// Starts the broker and waits until it answers. For one of several brokers that is until it
    /// listens, as it cannot serve before most of them do.
    pub fn start(config: &Config) -> Result<Self, Error> {
        let broker = Self::spawn(config, &[])?;
        broker.wait_ready(config)?;
        Ok(broker)
    }

    /// Starts the broker with more Java `flags` and does not wait.
    pub(crate) fn spawn(config: &Config, flags: &[String]) -> Result<Self, Error> {
        let java = java::find(config.java.as_deref())?;
        fs::create_dir_all(&config.data).map_err(Error::file("create", &config.data))?;
        ports::check_disk(config)?;
        ports::check_ports(config)?;
        files::write(config)?;
        storage::format_once(config, &java)?;
        let console = console(config);
        let out = File::create(&console).map_err(Error::file("create", &console))?;
        let err = out.try_clone().map_err(Error::file("open", &console))?;
        let mut command: Command = child::command(&java);
        command
            .args(archive::flags(config))
            .args(flags)
            .args(java::flags(config))
            .arg("kafka.Kafka")
            .arg(files::server_file(config))
            .current_dir(&config.data)
            // Ctrl-C is for the supervisor, which stops the broker last.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err);
        let log = config.log();
        let logged_before = fs::metadata(log.join("server.log")).map_or(0, |file| file.len());
        let child = Child::spawn(command)?;
        tracing::info!(pid = child.pid(), port = config.own().port, "kafka starts");
        Ok(Self { child, port: config.own().port, log, logged_before })
    }

    /// Where clients begin: for `bus::Config`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The Java process.
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// How it ended, if it has.
    pub fn try_wait(&self) -> Option<ExitStatus> {
        self.child.try_wait()
    }

    /// Waits for its end, whatever its reason.
    pub fn wait(&self) -> ExitStatus {
        self.child.wait(None).unwrap_or_default()
    }

    /// Waits for its end, at most for `timeout`.
    pub fn wait_timeout(&self, timeout: Duration) -> Option<ExitStatus> {
        self.child.wait(Some(timeout))
    }

    /// Asks it to end cleanly, and kills it if it has not by `deadline`.
    pub fn stop(&self, deadline: Duration) -> Option<ExitStatus> {
        self.child.signal(Signal::TERM);
        if let Some(status) = self.child.wait(Some(deadline)) {
            return Some(status);
        }
        tracing::warn!(pid = self.pid(), ?deadline, "kafka did not stop in time: killing it");
        self.kill()
    }

    /// Kills it as a crash would, and waits.
    pub fn kill(&self) -> Option<ExitStatus> {
        self.child.signal(Signal::KILL);
        self.child.wait(Some(KILL))
    }

    pub(crate) fn wait_ready(&self, config: &Config) -> Result<(), Error> {
        let begun = Instant::now();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        // A broker listens for clients once it has recovered its data and joined the cluster.
        while TcpStream::connect_timeout(&address, LOOK_AGAIN).is_err() {
            if let Some(status) = self.child.wait(Some(LOOK_AGAIN)) {
                let (log, tail) = self.why(config);
                return Err(Error::Ended { status, log, tail });
            }
            if begun.elapsed() > START {
                return Err(Error::NotReady { waited: START, log: self.log.join("server.log") });
            }
        }
        let client = bus::Config::new(self.address());
        bus::admin::wait_ready(&client, 1, START.saturating_sub(begun.elapsed())).map_err(
            |error| Error::NotServing { log: self.log.join("server.log"), source: Box::new(error) },
        )?;
        tracing::info!(pid = self.pid(), took_ms = begun.elapsed().as_millis(), "kafka is ready");
        Ok(())
    }

    /// The last complaints in its log, or else the end of what it printed.
    fn why(&self, config: &Config) -> (PathBuf, String) {
        let log = self.log.join("server.log");
        // A complaint and the exception under it, without the exception's path through the code.
        let complaint = |line: &&str| {
            let level = [" ERROR ", " FATAL "].iter().any(|level| line.contains(level));
            level || !line.starts_with(|c: char| c.is_ascii_digit() || c == '\t')
        };
        let text = tail(&log, self.logged_before);
        let lines: Vec<_> = text.lines().filter(complaint).collect();
        if !lines.is_empty() {
            return (log, last_lines(&lines));
        }
        let console = console(config);
        let text = tail(&console, 0);
        let tail = last_lines(&text.lines().collect::<Vec<_>>());
        (console, tail)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if self.try_wait().is_none() {
            self.kill();
        }
    }
}

/// What Java itself prints: complaints about flags, crashes. Kafka's own log lies beside it.
fn console(config: &Config) -> PathBuf {
    config.log().join("console.log")
}

fn tail(path: &Path, from: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES).max(from)))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

fn last_lines(lines: &[&str]) -> String {
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
