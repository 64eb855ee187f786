//! Serves a ClickHouse HTTP interface on loopback until Ctrl-C:
//! `cargo run -p embedded-clickhouse --example engine -- --library libchdb.so --data DIR --listen 127.0.0.1:18123`
//!
//! With `--listen 127.0.0.1:0` it takes a free port. The address stands on the first line of
//! standard output, `http://127.0.0.1:PORT`, once requests are answered. `--config FILE` reads
//! the same TOML as `prohori clickhouse-engine`. `--until-eof` also ends it when its standard
//! input does, so that it never outlives who started it.

use clap::Parser;
use embedded_clickhouse::{Config, Engine, Limits};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// The embedded ClickHouse engine as a server.
#[derive(Parser)]
struct Options {
    /// Read everything from this file instead.
    #[arg(long, conflicts_with_all = ["library", "data", "listen"])]
    config: Option<PathBuf>,
    /// libchdb.so
    #[arg(long, required_unless_present = "config")]
    library: Option<PathBuf>,
    /// The data directory, made when missing.
    #[arg(long, required_unless_present = "config")]
    data: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// A file with the password.
    #[arg(long)]
    password_file: Option<PathBuf>,
    /// End with standard input.
    #[arg(long)]
    until_eof: bool,
}

impl Options {
    fn config(self) -> Result<Config, service::Error> {
        if let Some(path) = &self.config {
            return service::load(path);
        }
        Ok(Config {
            engine: Engine {
                listen: self.listen,
                library: self.library.unwrap_or_default(),
                library_sha256: None,
                data: self.data.unwrap_or_default(),
                user: "default".to_owned(),
                password_file: self.password_file,
                backups: None,
                limits: Limits::default(),
            },
        })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    service::telemetry::init();
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = service::telemetry::chain(&*error), "engine ended");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let (registry, shutdown) = (service::Registry::new(), service::Shutdown::new());
    if options.until_eof {
        let shutdown = shutdown.clone();
        // A thread of its own: a read of standard input cannot be cancelled, and must not keep
        // the runtime from ending.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            shutdown.begin();
        });
    }
    let config = options.config()?;
    let mut tasks = service::Tasks::new(&shutdown);
    tasks.spawn("signals", shutdown.clone().on_signals());
    embedded_clickhouse::run_with(config, &registry, shutdown.clone(), |address| {
        // Who started us may have closed the pipe; the log has the address too.
        let _ = writeln!(std::io::stdout(), "http://{address}");
    })
    .await?;
    shutdown.begin();
    tasks.join(std::time::Duration::from_secs(1)).await?;
    Ok(())
}
