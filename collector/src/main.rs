//! The command `prohori-collector`.

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use collector::Config;
use service::{Registry, Shutdown, telemetry};
use std::io::Write as _;
use std::path::PathBuf;

/// Collects logs on this host and writes them to Kafka.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, arg_required_else_help = true)]
struct Args {
    /// The configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Checks a configuration file and says what it would collect.
    Check {
        /// The configuration file.
        file: PathBuf,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(Command::Check { file }) = args.command {
        return Ok(std::io::stdout().write_all(Config::load(&file)?.try_out()?.as_bytes())?);
    }
    telemetry::init();
    let config = Config::load(&args.config.context("give --config FILE")?)?;
    let shutdown = Shutdown::new();
    let run = async {
        let done = collector::run(config, &Registry::new(), shutdown.clone()).await;
        shutdown.begin();
        done
    };
    let (done, signals) = tokio::join!(run, shutdown.clone().on_signals());
    done?;
    Ok(signals?)
}
