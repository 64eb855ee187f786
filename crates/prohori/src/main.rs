//! `prohori`: every server part of the platform as a subcommand of one binary.

mod cli;
mod services;
mod up;

use clap::Parser as _;
use cli::Command;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(cli::Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("prohori: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Up(args) => up::run(&args),
        Command::Collect(args) => services::collect(&args.config),
        Command::Normalize(args) => services::normalize(&args),
        Command::Detect(args) => services::detect(&args),
        Command::Load(args) => services::load(&args.config),
        Command::Serve(args) => services::serve(&args.config),
        Command::ClickhouseEngine(args) => services::clickhouse_engine(&args.config),
        Command::Kafka(args) => services::kafka(&args.config),
        Command::Openapi => services::openapi(),
    }
}
