//! `prohori detect --stdin`: events a second by number of rules, size, order and threads.

use crate::Bench;
use crate::input::Events;
use crate::measure::{Run, run};
use anyhow::Context as _;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How often each is run; the run with the least processor time counts.
const ROUNDS: usize = 3;

/// One row of the table.
struct Case {
    rules: Option<usize>,
    bytes: Option<usize>,
    natural: bool,
    threads: usize,
}

pub(super) fn run_all(bench: &Bench) -> anyhow::Result<String> {
    let case = |rules, bytes, natural, threads| Case { rules, bytes, natural, threads };
    let cases = [
        case(None, Some(1100), false, 1),
        case(None, Some(1100), true, 1),
        case(None, Some(1100), false, 2),
        case(None, Some(1100), true, 2),
        case(Some(100), Some(1100), false, 1),
        case(Some(1000), Some(1100), false, 1),
        case(None, Some(300), false, 1),
        case(None, Some(4000), false, 1),
        case(None, None, false, 1),
        case(None, None, true, 1),
        case(None, None, false, 2),
    ];
    let lines = std::fs::read_to_string(&bench.events).context("events")?;
    let mut table = String::from(
        "Processor time and memory of the whole program; rates net of start and of loading rules.\n\n\
         | rules | bytes an event | order | threads | events/s a core | µs an event | wall, events/s | load s | peak MiB |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for case in cases {
        row(bench, &lines, &case, &mut table)?;
    }
    Ok(table)
}

fn row(bench: &Bench, lines: &str, case: &Case, table: &mut String) -> anyhow::Result<()> {
    let mut events = Events::new(lines, case.bytes);
    match case.natural {
        true => events.natural(),
        false => events.shuffled(),
    }
    let (count, bytes) = (events.count(), events.bytes());
    if count == 0 {
        let wanted = case.bytes.unwrap_or_default();
        writeln!(table, "| – | {wanted}: no event can be made so | | | | | | | |")?;
        return Ok(());
    }
    let input = bench.scratch.path().join("events.ndjson");
    std::fs::write(&input, events.text())?;
    drop(events);
    let (rules, folders) = rules(bench, case.rules)?;
    let mut arguments = vec!["detect".to_owned(), "--stdin".into()];
    arguments.extend(["--threads".to_owned(), case.threads.to_string()]);
    for folder in folders {
        arguments.extend(["--rules".to_owned(), folder.display().to_string()]);
    }
    let load = best(bench, &arguments, Path::new("/dev/null"))?;
    let whole = best(bench, &arguments, &input)?;
    let cpu_s = (whole.cpu_s - load.cpu_s).max(0.001);
    writeln!(
        table,
        "| {rules} | {bytes} | {} | {} | {:.0} | {:.2} | {:.0} | {:.2} | {:.0} |",
        if case.natural { "natural" } else { "shuffled" },
        case.threads,
        count as f64 / cpu_s,
        cpu_s * 1e6 / count as f64,
        count as f64 / (whole.wall_s - load.wall_s).max(0.001),
        load.cpu_s,
        whole.peak_mib,
    )?;
    Ok(())
}

fn best(bench: &Bench, arguments: &[String], input: &Path) -> anyhow::Result<Run> {
    let mut best: Option<Run> = None;
    for _ in 0..ROUNDS {
        let run = run(&bench.prohori, arguments, input)?;
        best = Some(best.filter(|best| best.cpu_s <= run.cpu_s).unwrap_or(run));
    }
    best.context("no round")
}

/// The folders with about `count` of the rules, spread evenly; all of them where no count is given.
fn rules(bench: &Bench, count: Option<usize>) -> anyhow::Result<(usize, Vec<PathBuf>)> {
    let mut files = Vec::new();
    for folder in &bench.rules {
        walk(folder, &mut files)?;
    }
    files.sort();
    let Some(count) = count.filter(|count| *count < files.len()) else {
        return Ok((files.len(), bench.rules.clone()));
    };
    let folder = bench.scratch.path().join(format!("rules-{count}"));
    if !folder.exists() {
        std::fs::create_dir(&folder)?;
        for number in 0..count {
            let file = std::fs::canonicalize(&files[number * files.len() / count])?;
            std::os::unix::fs::symlink(file, folder.join(format!("{number}.yml")))?;
        }
    }
    Ok((count, vec![folder]))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() && path.file_name() != Some("mappings".as_ref()) {
            walk(&path, files)?;
        } else if path.extension() == Some("yml".as_ref()) {
            files.push(path);
        }
    }
    Ok(())
}
