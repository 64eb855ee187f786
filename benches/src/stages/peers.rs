//! `prohori detect --stdin` beside other Sigma engines (`benches/peers`): the same rules, the same Windows
//! events, one thread each.
//!
//! Each engine is given what it is made for: ours OCSF events as our normalizer writes them, the others the
//! native fields at the top, with the log source named so that they may leave rules out by it. Each writes its
//! matches with the event in them; sigma-rust only their names.

use crate::Bench;
use crate::input::Events;
use crate::measure::{Run, run};
use anyhow::{Context as _, bail};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How often each is run; the run with the least processor time counts.
const ROUNDS: usize = 3;
/// An engine that takes milliseconds for an event gets this many events only.
const FEW: usize = 1000;

struct Engine {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    input: Input,
    events_max: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    /// As our normalizer writes it, three to four times the size of the others' input.
    Ocsf,
    /// Without the raw log and the list of observables: the fields only, as the others have them.
    Bare,
    Flat,
}

pub(super) fn run_all(bench: &Bench) -> anyhow::Result<String> {
    let (Some(peers), Some(raw)) = (&bench.peers, &bench.raw_events) else {
        return Ok("Not measured: PEERS or RAW_EVENTS names no file, see benches/run.\n".into());
    };
    let raw = fs::read_to_string(raw).context("raw events")?;
    let mut table = String::from(
        "Processor time and memory of the whole program, one thread; rates net of start and of loading rules.\n\n\
         | events | engine | how many | bytes an event | alerts | load s | events/s a core | prohori is faster by | peak MiB |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (name, marks) in [
        ("Windows, as they came", r#"{"Event":{"#),
        ("Sysmon only", r#""Channel":"Microsoft-Windows-Sysmon/Operational""#),
    ] {
        let lines: String = raw
            .lines()
            .filter(|line| line.starts_with(r#"{"Event":{"#) && line.contains(marks))
            .flat_map(|line| [line, "\n"])
            .collect();
        mix(bench, peers, name, &lines, &mut table)?;
    }
    Ok(table)
}

/// All engines on one mix of events.
fn mix(
    bench: &Bench,
    peers: &Path,
    name: &str,
    raw: &str,
    table: &mut String,
) -> anyhow::Result<()> {
    let scratch = bench.scratch.path();
    let raw_file = scratch.join("raw.ndjson");
    fs::write(&raw_file, raw)?;
    let ocsf = filtered(&bench.prohori, &["normalize", "--stdin"], &raw_file)?;
    let flat = filtered(peers, &["flatten"], &raw_file)?;
    if ocsf.lines().count() != flat.lines().count() {
        bail!("{} events of ours, {} of theirs", ocsf.lines().count(), flat.lines().count());
    }
    let bare = without(&ocsf, &["raw_data", "observables"])?;
    let mut ours: Option<f64> = None;
    for engine in engines(bench, peers) {
        // One count and one seed: every engine has the events in the same order.
        let lines = match engine.input {
            Input::Ocsf => &ocsf,
            Input::Bare => &bare,
            Input::Flat => &flat,
        };
        let mut events = Events::new(lines, None);
        events.shuffled();
        events.keep(engine.events_max);
        let (input, empty) = (scratch.join("peers.ndjson"), scratch.join("empty.ndjson"));
        fs::write(&input, events.text())?;
        fs::write(&empty, "")?;
        let load = best(&engine, &empty)?;
        let whole = best(&engine, &input)?;
        let rate = events.count() as f64 / (whole.cpu_s - load.cpu_s).max(0.001);
        let said = filtered(
            &engine.program,
            &engine.arguments.iter().map(String::as_str).collect::<Vec<_>>(),
            &input,
        )?;
        let alerts = said.lines().count();
        let factor = rate.recip() * *ours.get_or_insert(rate);
        writeln!(
            table,
            "| {name} | {} | {} | {} | {alerts} | {:.2} | {rate:.0} | {factor:.1} | {:.0} |",
            engine.name,
            events.count(),
            events.bytes(),
            load.cpu_s,
            whole.peak_mib,
        )?;
    }
    Ok(())
}

/// Ours first: the others are compared with it.
fn engines(bench: &Bench, peers: &Path) -> [Engine; 4] {
    let rules = bench.rules.iter().map(|folder| folder.display().to_string());
    let ours: Vec<String> = ["detect", "--stdin", "--threads", "1"]
        .map(str::to_owned)
        .into_iter()
        .chain(rules.clone().flat_map(|folder| ["--rules".to_owned(), folder]))
        .collect();
    let theirs = |name: &'static str, events_max| Engine {
        name,
        program: peers.to_owned(),
        arguments: std::iter::once(name.to_owned()).chain(rules.clone()).collect(),
        input: Input::Flat,
        events_max,
    };
    let prohori = |name, input| Engine {
        name,
        program: bench.prohori.clone(),
        arguments: ours.clone(),
        input,
        events_max: usize::MAX,
    };
    let whole = prohori("prohori", Input::Ocsf);
    let bare = prohori("prohori, without the raw log", Input::Bare);
    [whole, bare, theirs("rsigma", usize::MAX), theirs("sigma-rust", FEW)]
}

fn best(engine: &Engine, input: &Path) -> anyhow::Result<Run> {
    let mut best: Option<Run> = None;
    for _ in 0..ROUNDS {
        let run = run(&engine.program, &engine.arguments, input)?;
        best = Some(best.filter(|best| best.cpu_s <= run.cpu_s).unwrap_or(run));
    }
    best.context("no round")
}

/// Events without some of their members.
fn without(lines: &str, members: &[&str]) -> anyhow::Result<String> {
    let mut text = String::with_capacity(lines.len());
    for line in lines.lines() {
        let mut event: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line)?;
        for member in members {
            event.remove(*member);
        }
        writeln!(text, "{}", serde_json::Value::Object(event))?;
    }
    Ok(text)
}

/// What a program makes of a file.
fn filtered(program: &Path, arguments: &[&str], input: &Path) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(File::open(input)?)
        .stderr(Stdio::null())
        .output()
        .with_context(|| program.display().to_string())?;
    if !output.status.success() {
        bail!("{} {}: {}", program.display(), arguments.join(" "), output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}
