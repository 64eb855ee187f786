//! The store: what an event and its loading cost, and how long questions take, beside a plain table.

mod alerts;
mod engine;
mod fill;
mod questions;

use crate::Bench;
use crate::history::History;
use anyhow::{Context as _, bail};
use engine::Engine;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// How many events and alerts, unless `ROWS` and `ALERTS` say otherwise.
const ROWS: u64 = 10_000_000;
const ALERTS: u64 = 1_000_000;
/// How many different events.
const PATTERNS: usize = 250_000;

pub(super) fn run_all(bench: &Bench) -> anyhow::Result<String> {
    let (rows, alerts) = (wanted("ROWS", ROWS)?, wanted("ALERTS", ALERTS)?);
    let events = piped(bench, &["normalize", "--stdin"], &bench.lines)?;
    let history = History::new(&events, PATTERNS)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let engine = Engine::start(&bench.prohori, bench.scratch.path())?;
    let mut table = String::new();
    let filled = fill::events(&runtime, &engine, &history, rows)?;
    filled.tell(&engine, &mut table)?;
    engine.sql(fill::PLAIN)?;
    engine.sql(fill::PLAIN_ROWS)?;
    engine.settle()?;
    questions::ask(&runtime, &engine, &filled, &mut table)?;
    if alerts > 0 {
        let findings = findings(bench, &events)?;
        alerts::measure(
            &runtime,
            &engine,
            &History::new(&findings, PATTERNS)?,
            alerts,
            &mut table,
        )?;
    }
    writeln!(table, "\nThe engine's peak was {:.0} MiB.", engine.peak_mib().unwrap_or_default())?;
    Ok(table)
}

fn wanted(name: &str, default: u64) -> anyhow::Result<u64> {
    match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name}={text} is no number")),
        Err(_) => Ok(default),
    }
}

/// What the program makes of a file.
fn piped(bench: &Bench, arguments: &[&str], input: &Path) -> anyhow::Result<String> {
    let input = std::fs::File::open(input).with_context(|| input.display().to_string())?;
    let output = Command::new(&bench.prohori)
        .args(arguments)
        .stdin(input)
        .stderr(Stdio::null())
        .output()
        .with_context(|| bench.prohori.display().to_string())?;
    if !output.status.success() {
        bail!("{arguments:?}: {}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The alerts that the rules raise on the events.
fn findings(bench: &Bench, events: &str) -> anyhow::Result<String> {
    let input = bench.scratch.path().join("events.ndjson");
    std::fs::write(&input, events)?;
    let mut arguments = vec!["detect", "--stdin"];
    let rules: Vec<String> = bench.rules.iter().map(|path| path.display().to_string()).collect();
    rules.iter().for_each(|rules| arguments.extend(["--rules", rules]));
    piped(bench, &arguments, &input)
}
