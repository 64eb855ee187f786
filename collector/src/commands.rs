//! What each command does.

use collector::{Config, Error, doctor, enrol};
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

/// Enrols this host, and prints what to write into its configuration.
pub(crate) fn enrol(server: &str, token: &str, dir: &Path) -> Result<ExitCode, Error> {
    print(&enrol::enrol(server, token, dir, now_ms())?)?;
    Ok(ExitCode::SUCCESS)
}

/// Renews this host's certificate where that is due, or always.
pub(crate) fn renew(dir: &Path, always: bool) -> Result<ExitCode, Error> {
    print(&enrol::renew(dir, always, now_ms())?)?;
    Ok(ExitCode::SUCCESS)
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
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
