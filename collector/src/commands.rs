//! What each command does.

use collector::{Config, Error, doctor};
use service::{Shutdown, telemetry};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// Checks a configuration file and says what it would collect.
pub(crate) fn check(file: &Path) -> Result<ExitCode, Error> {
    print(&Config::load(file)?.try_out()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Examines the host, in `language` or that of the environment.
pub(crate) fn doctor(file: &Path, language: Option<String>) -> Result<ExitCode, Error> {
    let language = language.or_else(|| std::env::var("LANG").ok()).unwrap_or_default();
    let (report, healthy) = doctor::examine(file, doctor::Language::of_tag(&language));
    print(&report)?;
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Collects until a signal ends it, or its inputs do.
pub(crate) async fn collect(file: &Path) -> Result<ExitCode, Error> {
    telemetry::init();
    let shutdown = Shutdown::new();
    let run = async {
        let done = collector::run_file(file, shutdown.clone()).await;
        shutdown.begin();
        done
    };
    let (done, signals) = tokio::join!(run, shutdown.clone().on_signals());
    done.and(signals.map_err(Error::from)).map(|()| ExitCode::SUCCESS)
}

fn print(text: &str) -> Result<(), Error> {
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::Stdout)
}
