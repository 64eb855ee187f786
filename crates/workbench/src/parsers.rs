//! `prohori parsers check|test`: parsers that users write, looked at and tried on their samples.

mod samples;

use crate::{Error, Format, Verdict};
use custom::{File, Problem, Severity};
use samples::{Sample, Tried};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How much of a sample's line is shown.
const SHOWN_CHARS_MAX: usize = 100;

/// What the command line asks for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folders of parsers, or files.
    pub paths: Vec<PathBuf>,
    /// Whether warnings, and parsers without samples, are bad too.
    pub strict: bool,
    /// For whom to write.
    pub format: Format,
}

/// Looks at the parsers and writes what was found to `out`.
pub fn check(options: &Options, out: &mut impl Write) -> Result<Verdict, Error> {
    let files = normalizer::parsers::files(&options.paths)?;
    let mut read = custom::read(&files);
    for (name, _) in &files {
        if !samples::path(Path::new(name)).is_file() {
            read.problems.push(no_samples(name));
        }
    }
    let (errors, warnings) = (read.count(Severity::Error), read.count(Severity::Warning));
    let parsers = read.set.parsers().len();
    let written = match options.format {
        Format::Text => {
            let lines = read.problems.iter().try_for_each(|problem| writeln!(out, "{problem}"));
            let files = files.len();
            lines.and_then(|()| {
                writeln!(
                    out,
                    "{files} files: {parsers} parsers, {errors} errors, {warnings} warnings"
                )
            })
        }
        Format::Json => {
            let found: Vec<Value> = read.problems.iter().map(document).collect();
            let all = json!({
                "files": files.len(),
                "parsers": parsers,
                "errors": errors,
                "warnings": warnings,
                "findings": found,
            });
            writeln!(out, "{all:#}")
        }
    };
    written.map_err(Error::Write)?;
    Ok(Verdict::of(errors == 0 && !(options.strict && warnings > 0)))
}

fn no_samples(name: &str) -> Problem {
    Problem {
        severity: Severity::Warning,
        code: "no-samples",
        file: name.to_owned(),
        at: yaml::Position { line: 1, column: 1 },
        message: "no samples stand beside it".to_owned(),
        mend: format!("write {}", samples::path(Path::new(name)).display()),
    }
}

fn document(problem: &Problem) -> Value {
    json!({
        "severity": problem.severity.as_str(),
        "code": problem.code,
        "file": problem.file,
        "line": problem.at.line,
        "column": problem.at.column,
        "message": problem.message,
        "mend": problem.mend,
    })
}

/// What became of one parser's samples.
struct Tested {
    file: String,
    parser: String,
    errors: Vec<String>,
    samples: Vec<(Sample, Tried)>,
}

impl Tested {
    fn passes(&self) -> bool {
        self.errors.is_empty() && self.samples.iter().all(|(_, tried)| tried.why.is_empty())
    }

    /// Whether there are lines that it must read and lines that it must not.
    fn is_whole(&self) -> bool {
        let has = |miss| self.samples.iter().any(|(sample, _)| sample.miss == miss);
        has(false) && has(true)
    }
}

/// Runs the samples beside each parser through the normalizer, with all the parsers in force.
pub fn test(options: &Options, out: &mut impl Write) -> Result<Verdict, Error> {
    let files = normalizer::parsers::files(&options.paths)?;
    let read = custom::read(&files);
    let mut tested: Vec<Tested> = files.iter().map(|file| entry(file, &read.problems)).collect();
    let mut bench = samples::Bench::new(read.set)?;
    for entry in &mut tested {
        let path = samples::path(Path::new(&entry.file));
        if !path.is_file() {
            continue;
        }
        match samples::read(&path)? {
            Ok(samples) => {
                let tried = |sample: Sample| {
                    let tried = bench.run(&sample, &entry.parser);
                    (sample, tried)
                };
                entry.samples = samples.into_iter().map(tried).collect();
            }
            Err(error) => entry.errors.push(error),
        }
    }
    let written = match options.format {
        Format::Text => text(&tested, out),
        Format::Json => {
            let list: Vec<Value> = tested.iter().map(tested_document).collect();
            let passes = tested.iter().all(Tested::passes);
            writeln!(out, "{:#}", json!({ "passes": passes, "parsers": list }))
        }
    };
    written.map_err(Error::Write)?;
    let good = |tested: &Tested| tested.passes() && (tested.is_whole() || !options.strict);
    Ok(Verdict::of(tested.iter().all(good)))
}

/// A parser's entry, with what keeps it from running.
fn entry((file, text): &File, problems: &[Problem]) -> Tested {
    let own = |problem: &&Problem| problem.file == *file && problem.severity == Severity::Error;
    // By itself, so that its name is known though another file has the same.
    let alone = custom::read(&[(file.clone(), text.clone())]);
    Tested {
        file: file.clone(),
        parser: alone.set.parsers().first().map_or(String::new(), |p| p.label.to_owned()),
        errors: problems.iter().filter(own).map(ToString::to_string).collect(),
        samples: Vec::new(),
    }
}

fn text(tested: &[Tested], out: &mut impl Write) -> std::io::Result<()> {
    for entry in tested {
        for error in &entry.errors {
            writeln!(out, "FAIL {error}")?;
        }
        let samples = samples::path(Path::new(&entry.file));
        for (sample, tried) in entry.samples.iter().filter(|(_, tried)| !tried.why.is_empty()) {
            let shown: String = sample.raw.chars().take(SHOWN_CHARS_MAX).collect();
            writeln!(out, "FAIL {}:{}: {shown}", samples.display(), sample.line)?;
            for why in &tried.why {
                writeln!(out, "     {why}")?;
            }
        }
        if entry.errors.is_empty() && entry.samples.is_empty() {
            writeln!(out, "untested {}: no samples in {}", entry.file, samples.display())?;
        }
    }
    let samples = || tested.iter().flat_map(|entry| &entry.samples);
    let failed = samples().filter(|(_, tried)| !tried.why.is_empty()).count();
    let errors: usize = tested.iter().map(|entry| entry.errors.len()).sum();
    writeln!(
        out,
        "{} parsers: {} samples, {failed} failed; {errors} errors",
        tested.len(),
        samples().count()
    )
}

fn tested_document(tested: &Tested) -> Value {
    let sample = |(sample, tried): &(Sample, Tried)| {
        json!({
            "line": sample.line,
            "kind": if sample.miss { "miss" } else { "match" },
            "passes": tried.why.is_empty(),
            "read_by": tried.parser,
            "why": tried.why,
        })
    };
    json!({
        "file": tested.file,
        "parser": tested.parser,
        "errors": tested.errors,
        "passes": tested.passes(),
        "whole": tested.is_whole(),
        "samples": tested.samples.iter().map(sample).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
