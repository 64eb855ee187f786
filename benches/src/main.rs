//! Measures the stages of the pipeline: `benches PROHORI EVENTS [STAGE…]`, one file a stage in [`stages`].
//!
//! A stage runs the real program, prints a table and writes it to `benches/results/DATE-STAGE.md` with
//! the machine and the commit. Rates are by processor time, net of start-up, as machines are shared.

mod history;
mod input;
mod lines;
mod measure;
mod stages;

use anyhow::{Context as _, bail};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What every stage is given.
struct Bench {
    /// The program under test, a release build.
    prohori: PathBuf,
    /// Events as the normalizer writes them, one a line.
    events: PathBuf,
    /// Raw lines of many sources, mixed.
    lines: PathBuf,
    /// Windows events as they came, where there are any.
    raw_events: Option<PathBuf>,
    /// The program of `benches/peers`, where it is built.
    peers: Option<PathBuf>,
    /// Folders of Sigma rules.
    rules: Vec<PathBuf>,
    /// Room for files made on the way.
    scratch: tempfile::TempDir,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(prohori), Some(events)) = (arguments.next(), arguments.next()) else {
        bail!("usage: benches PROHORI EVENTS [STAGE…]; see benches/run");
    };
    let rules = std::env::var("RULES").unwrap_or_else(|_| "rules".to_owned());
    let bench = Bench {
        prohori: prohori.into(),
        events: events.into(),
        lines: std::env::var_os("LINES").context("LINES names no file; see benches/run")?.into(),
        raw_events: std::env::var_os("RAW_EVENTS").map(PathBuf::from),
        peers: std::env::var_os("PEERS").map(PathBuf::from),
        rules: rules.split(':').map(PathBuf::from).collect(),
        scratch: tempfile::tempdir()?,
    };
    let wanted: Vec<String> = arguments.collect();
    for (name, stage) in stages::ALL {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            let table = stage(&bench).with_context(|| format!("stage {name}"))?;
            record(name, &table)?;
        }
    }
    Ok(())
}

/// Prints a stage's table and keeps it.
fn record(stage: &str, table: &str) -> anyhow::Result<()> {
    let said = |program: &str, arguments: &[&str]| -> anyhow::Result<String> {
        let output = Command::new(program).args(arguments).output().context(program.to_owned())?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let date = said("date", &["+%Y-%m-%d"])?;
    let commit = said("git", &["rev-parse", "--short", "HEAD"])?;
    let cpus = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name\t: "));
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    let model = model.unwrap_or("unknown processor");
    let text = format!(
        "# {stage}, {date}\n\nCommit {commit}; {count} processors, {model}; load {load} when it ended. `make bench STAGE={stage}`\n\n{table}"
    );
    let mut out = std::io::stdout();
    writeln!(out, "{text}")?;
    let path = Path::new("benches/results").join(format!("{date}-{stage}.md"));
    std::fs::write(&path, text).with_context(|| path.display().to_string())?;
    writeln!(out, "written to {}", path.display())?;
    Ok(())
}
