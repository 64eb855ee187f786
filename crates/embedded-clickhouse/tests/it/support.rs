//! Engines as child processes, and clients for them.

use bytes::Bytes;
use clickhouse::{Client, Compression};
use embedded_clickhouse::testing;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "p:ä s'\"%";

/// Limits that tests can reach.
const LIMITS: &str = "statement_bytes = 1000000\nbody_bytes = 30000000\nresult_bytes = 20000000\n\
                      idle_seconds = 5\nqueries = 6\n";

/// An engine process. Dropping it closes its standard input, which ends it.
pub(crate) struct Engine {
    child: Child,
    _out: BufReader<ChildStdout>,
    pub(crate) url: String,
}

/// Where an engine keeps its data, and its configuration.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The configuration with `extra` in the `[engine]` table and `limits` in `[engine.limits]`.
    pub(crate) fn config(&self, extra: &str, limits: &str) -> PathBuf {
        let (home, password) = (self.path().display(), self.path().join("password"));
        std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
        let library = match extra.contains("library =") {
            true => String::new(),
            false => format!("library = '{}'\n", testing::library().display()),
        };
        let text = format!(
            "[engine]\nlisten = '127.0.0.1:0'\n{library}data = '{home}/data'\n\
             password_file = '{home}/password'\n{extra}\n[engine.limits]\n{limits}"
        );
        let path = self.path().join("engine.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn start(&self) -> Engine {
        Engine::start(&self.config("", LIMITS))
    }
}

fn command(config: &Path) -> Command {
    let test = std::env::current_exe().unwrap();
    let binary = test.parent().unwrap().parent().unwrap().join("examples/engine");
    let built = "run `cargo test -p embedded-clickhouse`, which builds it";
    assert!(binary.is_file(), "{} is missing: {built}", binary.display());
    let mut command = Command::new(binary);
    command.arg("--config").arg(config).arg("--until-eof");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

impl Engine {
    pub(crate) fn start(config: &Path) -> Self {
        let mut child = command(config).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert!(line.starts_with("http://"), "the engine did not start: {:?}", child.wait());
        Self { child, _out: out, url: line.trim().to_owned() }
    }

    /// Starts one that must fail; what it logs.
    pub(crate) fn fails(config: &Path) -> String {
        let mut child = command(config).stderr(Stdio::piped()).spawn().unwrap();
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(1), "{text}");
        text
    }

    pub(crate) fn client(&self) -> Client {
        let client = Client::default().with_url(&self.url);
        client.with_user("default").with_password(PASSWORD).with_compression(Compression::Lz4)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, and the end of it.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the end of it.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        self.child.wait().unwrap()
    }

    pub(crate) async fn post(&self, query: &str, body: impl Into<Bytes>) -> Answer {
        self.send("POST", query, &authorized(), body).await
    }

    pub(crate) async fn get(&self, query: &str) -> Answer {
        self.send("GET", query, &authorized(), "").await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{query}", self.url));
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let client = legacy::Client::builder(TokioExecutor::new()).build_http();
        let (head, body) = client.request(request).await.unwrap().into_parts();
        Answer::read(head.status, head.headers, body).await
    }
}

pub(crate) fn authorized() -> [(&'static str, &'static str); 2] {
    [("X-ClickHouse-User", "default"), ("X-ClickHouse-Key", PASSWORD)]
}

/// A whole response.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether the body came to its proper end.
    pub(crate) complete: bool,
}

impl Answer {
    async fn read(status: StatusCode, headers: HeaderMap, mut body: hyper::body::Incoming) -> Self {
        let (mut bytes, mut complete) = (Vec::new(), true);
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Err(_) => {
                    complete = false;
                    break;
                }
            }
        }
        Self { status, headers, body: bytes, complete }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// A successful answer's text.
    pub(crate) fn ok(self) -> String {
        assert!(self.status == 200 && self.complete, "{} {}", self.status, self.text());
        self.text()
    }
}

/// The engine that most tests share: starting one costs more than most tests do. It ends with
/// this process, which closes its standard input.
pub(crate) fn shared() -> &'static Engine {
    static SHARED: OnceLock<(Engine, Home)> = OnceLock::new();
    &SHARED
        .get_or_init(|| {
            let home = Home::new();
            (home.start(), home)
        })
        .0
}

/// Waits until `condition` holds, without sleeping: each look is a round trip to the engine.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let holds = async { while !condition().await {} };
    let waited = tokio::time::timeout(Duration::from_secs(60), holds).await;
    assert!(waited.is_ok(), "waited in vain: {what}");
}
