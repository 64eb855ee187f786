//! `prohori normalize --stdin`: the mix by threads, by size, by source, and hostile records.

use crate::Bench;
use crate::lines::{by_source, hostile, of_size, write_repeated};
use crate::measure::{Run, run};
use anyhow::Context as _;
use std::fmt::Write as _;
use std::path::Path;

/// How often each is run; the run with the least processor time counts.
const ROUNDS: usize = 3;
/// Sources with fewer lines than this are too few to tell.
const SOURCE_LINES_MIN: usize = 10;
/// Lines of the mix that are sorted by source.
const SORTED_LINES_MAX: usize = 60_000;
/// How often a hostile record follows itself.
const HOSTILE_ROUNDS: usize = 8;

pub(super) fn run_all(bench: &Bench) -> anyhow::Result<String> {
    let lines = std::fs::read_to_string(&bench.lines).context("lines")?;
    let nothing = best(bench, Path::new("/dev/null"), 1)?;
    let mut table = String::from(
        "Processor time and memory of the whole program; rates net of its start, the best of three runs.\n\n\
         | input | threads | bytes a line | lines/s a core | MB/s a core | µs a line | wall, lines/s | peak MiB |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let count = lines.lines().count();
    for threads in [1, 2] {
        let whole = best(bench, &bench.lines, threads)?;
        row("the mix", threads, (count, lines.len()), nothing, whole, &mut table)?;
    }
    let path = bench.scratch.path().join("lines");
    for size in [200, 500, 1000, 2000, 4000, 8000] {
        let name = format!("of about {size} bytes");
        repeated(bench, &name, &of_size(&lines, size), &path, nothing, &mut table)?;
    }
    let some: String = lines.lines().take(SORTED_LINES_MAX).flat_map(|l| [l, "\n"]).collect();
    for (source, lines) in by_source(&bench.prohori, &some, bench.scratch.path())? {
        if lines.len() >= SOURCE_LINES_MIN {
            repeated(bench, &source, &lines, &path, nothing, &mut table)?;
        }
    }
    for (name, record) in hostile() {
        let lines = [record.as_str(); HOSTILE_ROUNDS];
        std::fs::write(&path, lines.join("\n") + "\n")?;
        let whole = best(bench, &path, 1)?;
        row(name, 1, (lines.len(), record.len() * lines.len()), nothing, whole, &mut table)?;
    }
    Ok(table)
}

/// A row for lines that are repeated until they are enough.
fn repeated(
    bench: &Bench,
    name: &str,
    lines: &[&str],
    path: &Path,
    nothing: Run,
    table: &mut String,
) -> anyhow::Result<()> {
    let count = write_repeated(lines, path)?;
    if count == 0 {
        writeln!(table, "| {name}: no such line | | | | | | | |")?;
        return Ok(());
    }
    let bytes = std::fs::metadata(path)?.len() as usize;
    let whole = best(bench, path, 1)?;
    row(name, 1, (count, bytes), nothing, whole, table)
}

fn row(
    name: &str,
    threads: usize,
    (count, bytes): (usize, usize),
    nothing: Run,
    whole: Run,
    table: &mut String,
) -> anyhow::Result<()> {
    let cpu_s = (whole.cpu_s - nothing.cpu_s).max(0.001);
    let wall_s = (whole.wall_s - nothing.wall_s).max(0.001);
    writeln!(
        table,
        "| {name} | {threads} | {} | {:.0} | {:.0} | {:.2} | {:.0} | {:.0} |",
        bytes / count.max(1),
        count as f64 / cpu_s,
        bytes as f64 / cpu_s / 1e6,
        cpu_s * 1e6 / count as f64,
        count as f64 / wall_s,
        whole.peak_mib,
    )?;
    Ok(())
}

fn best(bench: &Bench, input: &Path, threads: usize) -> anyhow::Result<Run> {
    let arguments = ["normalize", "--stdin", "--threads"].map(str::to_owned);
    let arguments = [arguments.as_slice(), &[threads.to_string()]].concat();
    let mut best: Option<Run> = None;
    for _ in 0..ROUNDS {
        let run = run(&bench.prohori, &arguments, input)?;
        best = Some(best.filter(|best| best.cpu_s <= run.cpu_s).unwrap_or(run));
    }
    best.context("no round")
}
