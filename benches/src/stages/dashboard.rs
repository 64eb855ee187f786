//! The dashboard in a browser: a first visit on a thin link, and a queue of ten thousand alerts.

use super::api::{ready, start};
use crate::Bench;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Alerts in the queue.
const ALERTS: u64 = 10_000;
/// How long the demo's story may take to raise its alerts.
const STORY: Duration = Duration::from_secs(150);

pub(super) fn run_all(bench: &Bench) -> anyhow::Result<String> {
    let folder = bench.scratch.path().join("dashboard");
    std::fs::create_dir_all(folder.join("in"))?;
    let stack = start(bench, &folder)?;
    let (address, data) = ready(&folder)?;
    fill(&folder)?;
    let mut login = Command::new(&bench.prohori);
    let login = login.args(["login", "--data"]).arg(data).output()?;
    let token = String::from_utf8(login.stdout)?;
    let measured = Command::new("npm")
        .args(["--silent", "--prefix", "dashboard-api/web", "run", "measure"])
        .env("PROHORI_URL", format!("http://{address}"))
        .env("PROHORI_TOKEN", token.trim())
        .output()
        .context("npm cannot be run")?;
    drop(stack);
    let error = String::from_utf8_lossy(&measured.stderr);
    ensure!(measured.status.success(), "the browser failed: {error}");
    Ok(String::from_utf8(measured.stdout)?)
}

/// Copies the alerts of the demo's story under ids of their own until there are enough.
fn fill(folder: &Path) -> anyhow::Result<()> {
    let state = std::fs::read(folder.join("data/run/state.json"))?;
    let state: Value = serde_json::from_slice(&state)?;
    let begun = Instant::now();
    let told = loop {
        let count: u64 = ask(&state, "SELECT count() FROM alerts")?.trim().parse()?;
        if count >= 100 {
            break count;
        }
        ensure!(begun.elapsed() < STORY, "{count} alerts after {STORY:?}");
        std::thread::sleep(Duration::from_secs(1));
    };
    let times = ALERTS.div_ceil(told);
    ask(
        &state,
        &format!(
            "INSERT INTO alerts SELECT a.* REPLACE (concat(a.id, '-', toString(n.number)) AS id, \
             a.created - INTERVAL (n.number + 1) MINUTE AS created) \
             FROM alerts AS a CROSS JOIN numbers({times}) AS n"
        ),
    )?;
    Ok(())
}

/// What ClickHouse answers.
fn ask(state: &Value, sql: &str) -> anyhow::Result<String> {
    let word = |key: &str| state["clickhouse"][key].as_str().unwrap_or_default();
    let address = word("url").trim_start_matches("http://");
    let key = std::fs::read_to_string(word("password_file"))?;
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST /?database=prohori HTTP/1.1\r\nHost: {address}\r\nX-ClickHouse-User: {}\r\n\
         X-ClickHouse-Key: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{sql}",
        word("user"),
        key.trim_end(),
        sql.len(),
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer of ClickHouse")?;
    ensure!(head.contains(" 200 "), "{head}\n{body}");
    // Chunks, as there is no length: lines of hexadecimal lengths between what was said.
    let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
    let said = if chunked { body.lines().nth(1).unwrap_or_default() } else { body };
    Ok(said.to_owned())
}
