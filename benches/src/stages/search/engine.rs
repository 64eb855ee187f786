//! The real engine in a process of its own, asked by HTTP.

use crate::measure::{Service, cpu_s, peak_mib};
use anyhow::{Context as _, bail};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// Where `make setup` puts the engine.
const LIBRARY: &str = ".prohori/engine/libchdb.so";
/// The database of the bench.
pub(super) const DATABASE: &str = "bench";
/// How long it may take to start, and how long merges may take to end.
const START: Duration = Duration::from_secs(60);
const SETTLE: Duration = Duration::from_secs(1_800);

pub(super) struct Engine {
    service: Service,
    address: SocketAddr,
}

impl Engine {
    pub(super) fn start(prohori: &Path, folder: &Path) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let library = std::fs::canonicalize(LIBRARY).context("run `make setup` first")?;
        let (library, data) = (library.display(), folder.join("engine"));
        let text = format!(
            "[engine]\nlisten = '{address}'\nlibrary = '{library}'\ndata = '{}'\n",
            data.display()
        );
        let config = folder.join("engine.toml");
        std::fs::write(&config, text)?;
        let arguments =
            ["clickhouse-engine".into(), "--config".into(), config.display().to_string()];
        let engine = Self { service: Service::start(prohori, &arguments)?, address };
        let began = Instant::now();
        while engine.post("/?", "SELECT 1").is_err() {
            if began.elapsed() > START {
                bail!("the engine does not answer");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(engine)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Processor time so far.
    pub(super) fn cpu_s(&self) -> anyhow::Result<f64> {
        cpu_s(self.service.pid()).context("the engine has ended")
    }

    pub(super) fn peak_mib(&self) -> Option<f64> {
        peak_mib(self.service.pid())
    }

    /// Runs a statement; what it answers, without the last line's end.
    pub(super) fn sql(&self, sql: &str) -> anyhow::Result<String> {
        let settings = "wait_end_of_query=1&use_query_condition_cache=0";
        self.post(&format!("/?database={DATABASE}&{settings}"), sql)
    }

    fn post(&self, path: &str, sql: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        let length = sql.len();
        // HTTP/1.0: the answer ends with the connection.
        write!(stream, "POST {path} HTTP/1.0\r\ncontent-length: {length}\r\n\r\n{sql}")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP")?;
        if !head.lines().next().unwrap_or_default().contains(" 200 ") {
            bail!("{body}");
        }
        Ok(body.trim_end().to_owned())
    }

    /// Waits until nothing is merged any more.
    pub(super) fn settle(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut quiet = 0;
        while quiet < 3 {
            let merges = self.sql("SELECT count() FROM system.merges")?;
            quiet = if merges == "0" { quiet + 1 } else { 0 };
            if began.elapsed() > SETTLE {
                bail!("merges do not end");
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        Ok(())
    }
}
