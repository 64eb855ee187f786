//! `prohori parsers`: the tools of those who write parsers.

use crate::rules::{Format, verdict, written};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use workbench::parsers;

/// What to do with parsers.
#[derive(Debug, Subcommand)]
pub(crate) enum Parsers {
    /// Find what is wrong with parsers, and say how to mend it
    Check(Asked),
    /// Run the samples beside each parser through the normalizer
    Test(Asked),
}

/// Exits with 0 if nothing is wrong, with 1 if something is, with 2 if it could not look.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// Folders of parsers, or parser files
    #[arg(value_name = "PATH", default_value = "rules/parsers")]
    paths: Vec<PathBuf>,
    /// How to write what is found
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Exit with 1 for warnings as well, and where a parser has no samples to match or none to miss
    #[arg(long)]
    strict: bool,
}

/// Does it, and makes the exit code of the verdict; 2 where it could not be done.
pub(crate) fn run(command: &Parsers) -> ExitCode {
    let options = |asked: &Asked| parsers::Options {
        paths: asked.paths.clone(),
        strict: asked.strict,
        format: asked.format.into(),
    };
    verdict(
        "prohori parsers",
        match command {
            Parsers::Check(asked) => written(|out| parsers::check(&options(asked), out)),
            Parsers::Test(asked) => written(|out| parsers::test(&options(asked), out)),
        },
    )
}
