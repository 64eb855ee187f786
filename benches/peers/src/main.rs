//! Other Sigma engines as filters, so that they can be timed beside `prohori detect --stdin`.
//!
//! * `peers flatten <RAW >FLAT`: Windows events in the shape that these engines want: native field names at
//!   the top, and the log source as `product`, `service` and `category`, so that each may leave rules out by it.
//! * `peers rsigma|sigma-rust RULES… <FLAT`: loads the rules, evaluates each event, and writes each match as a
//!   line: RSigma's with the event in it, as our alerts have it, sigma-rust's the rule's name.

mod flat;
mod rsigma;
mod sigma_rust;

use anyhow::{Context as _, bail};
use std::io::{BufRead as _, BufWriter, Write};
use std::path::{Path, PathBuf};

/// One engine with its rules loaded.
trait Engine {
    /// Evaluates an event, a line of JSON; writes each match as a line.
    fn matches(&mut self, line: &str, out: &mut dyn Write) -> anyhow::Result<()>;
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name =
        arguments.next().context("usage: peers flatten | rsigma RULES… | sigma-rust RULES…")?;
    if name == "flatten" {
        return flat::flatten();
    }
    let mut rules = Vec::new();
    for folder in arguments {
        walk(Path::new(&folder), &mut rules)?;
    }
    rules.sort();
    let mut engine: Box<dyn Engine> = match name.as_str() {
        "rsigma" => Box::new(rsigma::load(&rules)?),
        "sigma-rust" => Box::new(sigma_rust::load(&rules)?),
        other => bail!("no engine {other}"),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        engine.matches(&line?, &mut out)?;
    }
    Ok(out.flush()?)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else if path.extension() == Some("yml".as_ref()) {
            files.push(path);
        }
    }
    Ok(())
}
