//! The API under a whole desk: two hundred analysts poll the queue and search while logs arrive.
//!
//! The whole stack runs on this machine; every analyst is a user with a session and a connection of
//! its own. What is measured is what each would have waited.

use crate::Bench;
use crate::measure::Service;
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Analysts at their desks.
const ANALYSTS: usize = 200;
/// How long they work.
const SHIFT: Duration = Duration::from_secs(60);
/// Between two looks of one analyst at the queue, as the dashboard polls.
const POLL: Duration = Duration::from_secs(5);
/// Every so many looks an analyst searches.
const SEARCH_EACH: usize = 3;
/// Lines a second that are written meanwhile.
const LINES_PER_S: usize = 5_000;
/// How long the stack may take to be ready, and its first alerts to be there.
const READY: Duration = Duration::from_secs(240);
/// What analysts ask for besides the queue.
const SEARCHES: [&str; 4] = ["failed", "user:root", "src_ip:203.0.113.0/24", "host:*+-class:3002"];

pub(super) fn run_all(bench: &Bench) -> anyhow::Result<String> {
    let folder = bench.scratch.path().join("api");
    std::fs::create_dir_all(folder.join("in"))?;
    let stack = start(bench, &folder)?;
    let (address, data) = ready(&folder)?;
    let analysts = sign_in(bench, &address, &data)?;
    let (over, written) = (AtomicBool::new(false), AtomicU64::new(0));
    let begun = Instant::now();
    let seen = std::thread::scope(|scope| {
        scope.spawn(|| write_lines(&bench.lines, &folder.join("in/bench.log"), &over, &written));
        let desks: Vec<_> = analysts
            .iter()
            .enumerate()
            .map(|(number, cookie)| {
                scope.spawn({
                    let address = &address;
                    move || work(address, cookie, number)
                })
            })
            .collect();
        let waited: Vec<_> = desks.into_iter().map(|desk| desk.join()).collect();
        over.store(true, Ordering::Relaxed);
        waited
    });
    let (mut polls, mut searches, mut failed) = (Vec::new(), Vec::new(), 0);
    for desk in seen {
        let desk = desk.map_err(|_| anyhow::anyhow!("a desk panicked"))??;
        polls.extend(desk.polls);
        searches.extend(desk.searches);
        failed += desk.failed;
    }
    let lines = written.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    drop(stack);
    table(&mut polls, &mut searches, failed, lines)
}

pub(super) fn start(bench: &Bench, folder: &Path) -> anyhow::Result<Service> {
    let text = |path: &Path| path.display().to_string();
    let arguments = [
        "up".to_owned(),
        "--demo".into(),
        "--data".into(),
        text(&folder.join("data")),
        "--tail".into(),
        text(&folder.join("in/*.log")),
        "--listen".into(),
        "127.0.0.1:0".into(),
        "--kafka-port".into(),
        "0".into(),
        "--clickhouse-port".into(),
        "0".into(),
        "--metrics-port".into(),
        "0".into(),
    ];
    // What `make setup` fetched is linked, not copied.
    for part in ["kafka/libs", "engine/libchdb.so"] {
        let link = folder.join("data").join(part);
        std::fs::create_dir_all(link.parent().context("no folder")?)?;
        let fetched = std::env::current_dir()?.join(".prohori").join(part);
        std::os::unix::fs::symlink(&fetched, &link)?;
    }
    Service::start(&bench.prohori, &arguments)
}

/// The dashboard's address and the folder of its accounts, once alerts are in the queue.
pub(super) fn ready(folder: &Path) -> anyhow::Result<(String, std::path::PathBuf)> {
    let (state, begun) = (folder.join("data/run/state.json"), Instant::now());
    loop {
        let text = std::fs::read(&state).unwrap_or_default();
        let value: Value = serde_json::from_slice(&text).unwrap_or_default();
        if value["ready"] == true {
            let address = value["dashboard"].as_str().unwrap_or_default();
            let address = address.trim_start_matches("http://").to_owned();
            return Ok((address, folder.join("data/api")));
        }
        ensure!(begun.elapsed() < READY, "the stack is not ready after {READY:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// One analyst's connection.
struct Desk {
    stream: BufReader<TcpStream>,
    address: String,
    cookie: String,
}

impl Desk {
    fn open(address: &str, cookie: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_nodelay(true)?;
        let (address, cookie) = (address.to_owned(), cookie.to_owned());
        Ok(Self { stream: BufReader::new(stream), address, cookie })
    }

    /// Status, cookie that was set, and body.
    fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<(u16, Option<String>, Vec<u8>)> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut head = format!("{method} /api/v1{path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if !self.cookie.is_empty() {
            write!(head, "Cookie: {}\r\n", self.cookie)?;
        }
        if method != "GET" {
            let origin = &self.address;
            write!(head, "Origin: http://{origin}\r\nX-Prohori-Request: 1\r\n")?;
            write!(head, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len())?;
        }
        self.stream.get_mut().write_all(format!("{head}\r\n{body}").as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.with_context(|| format!("no answer: {line:?}"))?;
        let (mut length, mut cookie) = (0, None);
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            match name {
                "content-length" => length = value.parse()?,
                "set-cookie" => cookie = value.split(';').next().map(str::to_owned),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, cookie, body))
    }

    /// Signs in with a one-time login.
    fn sign_in(&mut self, login: &str) -> anyhow::Result<String> {
        let body = json!({"token": login});
        let (status, cookie, body) = self.send("POST", "/session", Some(&body))?;
        ensure!(status == 200, "sign-in: {status} {}", String::from_utf8_lossy(&body));
        cookie.context("no session")
    }
}

/// Adds the analysts and signs them in: the cookie of each.
fn sign_in(bench: &Bench, address: &str, data: &Path) -> anyhow::Result<Vec<String>> {
    let mut login = std::process::Command::new(&bench.prohori);
    let login = login.args(["login", "--data"]).arg(data).output()?;
    let mut admin = Desk::open(address, "")?;
    admin.cookie = admin.sign_in(String::from_utf8(login.stdout)?.trim())?;
    let begun = Instant::now();
    while begun.elapsed() < READY {
        let (_, _, body) = admin.send("GET", "/alerts/counts", None)?;
        let counts: Value = serde_json::from_slice(&body)?;
        if counts["total"].as_u64().unwrap_or_default() >= 20 {
            break;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    let mut cookies = Vec::new();
    for number in 0..ANALYSTS {
        let user = json!({"name": format!("analyst-{number}"), "display_name": "Analyst",
            "grants": [{"role": "national_analyst", "agency": "*"}]});
        let (status, _, body) = admin.send("POST", "/users", Some(&user))?;
        ensure!(status == 201, "{}", String::from_utf8_lossy(&body));
        let first: Value = serde_json::from_slice(&body)?;
        let login = first["login_token"].as_str().context("no one-time login")?;
        cookies.push(Desk::open(address, "")?.sign_in(login)?);
    }
    Ok(cookies)
}

/// What one analyst waited for, in milliseconds.
#[derive(Default)]
struct Waited {
    polls: Vec<f64>,
    searches: Vec<f64>,
    failed: usize,
}

fn work(address: &str, cookie: &str, number: usize) -> anyhow::Result<Waited> {
    let mut desk = Desk::open(address, cookie)?;
    let mut waited = Waited::default();
    let begun = Instant::now();
    // Not all at once: they came in over five seconds.
    std::thread::sleep(POLL.mul_f64(number as f64 / ANALYSTS as f64));
    for look in 0.. {
        if begun.elapsed() >= SHIFT {
            break;
        }
        let next = Instant::now() + POLL;
        let mut ask = |path: &str| -> anyhow::Result<(f64, bool)> {
            let asked = Instant::now();
            let (status, _, _) = desk.send("GET", path, None)?;
            Ok((asked.elapsed().as_secs_f64() * 1e3, status == 200))
        };
        let (ms, well) = ask("/alerts?state=new,acknowledged,in_progress&limit=50")?;
        waited.polls.push(ms);
        waited.failed += usize::from(!well);
        if look % SEARCH_EACH == number % SEARCH_EACH {
            let to = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
            let to = to.as_millis();
            let q = SEARCHES[(look + number) % SEARCHES.len()];
            let (ms, well) =
                ask(&format!("/events?from={}&to={to}&limit=50&q={q}", to - 3_600_000))?;
            waited.searches.push(ms);
            waited.failed += usize::from(!well);
        }
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(waited)
}

/// Appends the lines over and over, a tenth of a second's worth at a time.
fn write_lines(
    from: &Path,
    to: &Path,
    over: &AtomicBool,
    written: &AtomicU64,
) -> anyhow::Result<()> {
    let lines = std::fs::read_to_string(from)?;
    let mut file = std::fs::File::create(to)?;
    let mut lines = lines.lines().cycle();
    while !over.load(Ordering::Relaxed) {
        let next = Instant::now() + Duration::from_millis(100);
        let mut text = String::new();
        for line in lines.by_ref().take(LINES_PER_S / 10) {
            text.push_str(line);
            text.push('\n');
        }
        file.write_all(text.as_bytes())?;
        written.fetch_add((LINES_PER_S / 10) as u64, Ordering::Relaxed);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

fn table(
    polls: &mut [f64],
    searches: &mut [f64],
    failed: usize,
    lines_per_s: f64,
) -> anyhow::Result<String> {
    let mut table = format!(
        "{ANALYSTS} analysts for {} s on a whole stack on this machine, each looking at the queue every \
         {} s and searching the last hour at every {SEARCH_EACH}rd look, while {lines_per_s:.0} lines/s are \
         written to a log.\n\n| request | asked | a second | p50 ms | p99 ms | worst ms |\n\
         | --- | --- | --- | --- | --- | --- |\n",
        SHIFT.as_secs(),
        POLL.as_secs(),
    );
    let all = polls.len() + searches.len();
    for (name, times) in [("queue", polls), ("search", searches)] {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied();
        writeln!(
            table,
            "| {name} | {} | {:.0} | {:.1} | {:.1} | {:.1} |",
            times.len(),
            times.len() as f64 / SHIFT.as_secs_f64(),
            at(0.5).unwrap_or_default(),
            at(0.99).unwrap_or_default(),
            times.last().copied().unwrap_or_default(),
        )?;
    }
    write!(table, "\n{failed} of {all} requests failed.\n")?;
    Ok(table)
}
