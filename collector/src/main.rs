//! The command `prohori-collector`.

mod args;
mod commands;

use args::{Args, Command};
use clap::Parser as _;
use service::telemetry;
use std::io::Write as _;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    let done = match (args.command, args.config) {
        (Some(Command::Check { file }), _) => commands::check(&file),
        (Some(Command::Doctor { file, language }), _) => commands::doctor(&file, language),
        (Some(Command::Enrol { server, token, dir }), _) => commands::enrol(&server, &token, &dir),
        (Some(Command::Renew { dir, now }), _) => commands::renew(&dir, now),
        (None, config) => commands::collect(&config.unwrap_or_default()).await,
    };
    let error = match done {
        Ok(code) => return code,
        Err(error) => telemetry::chain(&error),
    };
    // Nothing is left to be done where standard error is closed too.
    let _ = writeln!(std::io::stderr(), "prohori-collector: {error}");
    ExitCode::FAILURE
}
