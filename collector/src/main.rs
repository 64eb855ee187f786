//! The command `prohori-collector`.

mod args;

use args::{Args, Command};
use clap::Parser as _;
use collector::{Config, Error};
use service::{Shutdown, telemetry};
use std::io::Write as _;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    let done = match (args.command, args.config) {
        (Some(Command::Check { file }), _) => Config::load(&file).and_then(|config| check(&config)),
        (None, config) => collect(&config.unwrap_or_default()).await,
    };
    let Err(error) = done else { return ExitCode::SUCCESS };
    // Nothing is left to be done where standard error is closed too.
    let _ = writeln!(std::io::stderr(), "prohori-collector: {}", telemetry::chain(&error));
    ExitCode::FAILURE
}

fn check(config: &Config) -> Result<(), Error> {
    let text = config.try_out()?;
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::Stdout)
}

async fn collect(file: &std::path::Path) -> Result<(), Error> {
    telemetry::init();
    let shutdown = Shutdown::new();
    let run = async {
        let done = collector::run_file(file, shutdown.clone()).await;
        shutdown.begin();
        done
    };
    let (done, signals) = tokio::join!(run, shutdown.clone().on_signals());
    done.and(signals.map_err(Error::from))
}
