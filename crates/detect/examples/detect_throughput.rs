//! The engine alone, in memory, on one thread: `throughput EVENTS [shuffle] RULES…`.
//!
//! Events are lines as the normalizer writes them. The first pass meets every value for the first
//! time, as a stream does; later passes know them all. Times are the thread's processor time.

use detect::{Engine, Session};
use mapping::Tables;
use rustix::time::{ClockId, clock_gettime};
use sigma::{Document, Placeholders, Rule};
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const PASSES: usize = 3;

fn cpu_s() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

fn walk(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() || path.extension() == Some("yml".as_ref()) {
            walk(&path, files)?;
        }
    }
    Ok(())
}

fn rules(paths: &[String]) -> Result<Vec<Rule>, Box<dyn Error>> {
    let (mut files, mut rules) = (Vec::new(), Vec::new());
    for path in paths {
        walk(Path::new(path), &mut files)?;
    }
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let parsed = sigma::parse(&file.to_string_lossy(), &text, &Placeholders::new());
        rules.extend(parsed.documents.into_iter().filter_map(|document| match document {
            Document::Rule(rule) => Some(*rule),
            _ => None,
        }));
    }
    Ok(rules)
}

fn shuffle<T>(items: &mut [T]) {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    for last in (1..items.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        items.swap(last, state as usize % (last + 1));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mixed = arguments.iter().position(|argument| argument == "shuffle");
    if let Some(at) = mixed {
        arguments.remove(at);
    }
    let (events, paths) =
        arguments.split_first().ok_or("usage: throughput EVENTS [shuffle] RULES…")?;
    let text = std::fs::read(events)?;
    let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    lines.retain(|line| !line.is_empty());
    if mixed.is_some() {
        shuffle(&mut lines);
    }
    let mut out = std::io::stdout();
    let began = cpu_s();
    let rules = rules(paths)?;
    let count = rules.len();
    let engine = Arc::new(Engine::new(rules, Arc::new(Tables::builtin()?))?);
    writeln!(out, "{count} rules loaded in {:.2} s", cpu_s() - began)?;
    let mut session = Session::new(engine);
    let bytes = lines.iter().map(|line| line.len()).sum::<usize>() / lines.len().max(1);
    for pass in 1..=PASSES {
        let began = cpu_s();
        let mut matches = 0;
        for line in &lines {
            matches += session.matches(line)?.len();
        }
        let (took, count) = (cpu_s() - began, lines.len() as f64);
        writeln!(
            out,
            "pass {pass}: {count} events of {bytes} bytes, {matches} matches, {:.0} events/s, {:.0} ns each",
            count / took,
            took * 1e9 / count
        )?;
    }
    Ok(())
}
