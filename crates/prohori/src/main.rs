//! `prohori`: every server part of the platform as a subcommand of one binary.

mod audit;
mod backup;
mod cli;
mod config;
mod dead_letters;
mod doctor;
mod enrol;
mod hunt;
mod ledger;
mod login;
mod parsers;
mod privacy_keys;
mod replayer;
mod rules;
mod services;
mod topics;
mod up;

use clap::Parser as _;
use cli::Command;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(cli::Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("prohori: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up(args) => up::run(&args),
        Command::Collect(args) => services::collect(&args.config),
        Command::Normalize(args) => services::normalize(&args),
        Command::Detect(args) => services::detect(&args),
        Command::Load(args) => services::load(&args.config),
        Command::Serve(args) => services::serve(&args.config),
        Command::Hunt(args) => hunt::run(&args),
        Command::Rules(command) => return Ok(rules::run(&command)),
        Command::DeadLetters(command) => return Ok(dead_letters::run(&command)),
        Command::Ledger(args) => return Ok(ledger::run(&args)),
        Command::Parsers(command) => return Ok(parsers::run(&command)),
        Command::ClickhouseEngine(args) => services::clickhouse_engine(&args.config),
        Command::Kafka(args) => services::kafka(&args.config),
        Command::Privacy(command) => privacy_keys::run(&command),
        Command::Audit(command) => audit::run(&command),
        Command::Login(args) => login::run(&args),
        Command::Agency(command) => enrol::agency(&command),
        Command::EnrolToken(command) => enrol::token(&command),
        Command::Enrol(command) => enrol::enrol(&command),
        Command::Topics(args) => topics::run(&args),
        Command::Config(command) => return Ok(config::run(&command)),
        Command::Doctor(args) => return Ok(doctor::run(&args)),
        Command::Backup(args) => backup::back_up(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Openapi => services::openapi(),
    }?;
    Ok(ExitCode::SUCCESS)
}
