//! Runs a broker by hand until it is interrupted: `--libs DIR --data DIR --port PORT`.

use clap::Parser;
use embedded_kafka::{Broker, Config, Node, RawConfig, archive_path, create_archive};
use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long a broker may take to end.
const STOP: Duration = Duration::from_secs(20);

/// Runs Apache Kafka on 127.0.0.1 until Ctrl-C.
#[derive(Parser)]
struct Arguments {
    /// Directory of the jars of deploy/kafka/pom.xml.
    #[arg(long)]
    libs: PathBuf,
    /// Directory for everything the broker writes.
    #[arg(long)]
    data: PathBuf,
    /// Port for clients; the controller takes the next one.
    #[arg(long)]
    port: u16,
    /// Start this many brokers as a cluster, on ports of `port`, `port + 2`, …
    #[arg(long, default_value_t = 1)]
    brokers: u16,
    /// Make Java's class archive beside `libs` and end.
    #[arg(long)]
    archive: bool,
}

fn main() -> Result<(), embedded_kafka::Error> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    if arguments.archive {
        create_archive(&config(&arguments, 0)?)?;
        tracing::info!(path = %archive_path(&arguments.libs).display(), "archive made");
        return Ok(());
    }
    let arguments = &arguments;
    let brokers: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..arguments.brokers)
            .map(|index| scope.spawn(move || Broker::start(&config(arguments, index)?)))
            .collect();
        let joined = starts.into_iter().map(|start| start.join().expect("no panic"));
        joined.collect::<Result<_, _>>()
    })?;
    wait_for_signal();
    for broker in &brokers {
        broker.stop(STOP);
    }
    Ok(())
}

fn wait_for_signal() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let mut term = signal(SignalKind::terminate()).expect("signals");
        tokio::select! {
            _ = term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    });
}

fn config(arguments: &Arguments, index: u16) -> Result<Config, embedded_kafka::Error> {
    let node = |index: u16| {
        let port = arguments.port + 2 * index;
        Node { port, controller_port: port + 1 }
    };
    let own = node(index);
    let data = arguments.data.join(format!("broker-{}", index + 1));
    let mut raw = RawConfig::new(&arguments.libs, data, own.port, own.controller_port);
    raw.node = usize::from(index) + 1;
    raw.nodes = (0..arguments.brokers).map(node).collect();
    Config::new(raw)
}
