//! `prohori topics`: the topics of an installation, made where they are not there.

use anyhow::Context as _;
use bus::TopicSpec;
use clap::Args;
use model::Agency;
use serde::Deserialize;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// How long a cluster that starts may take to answer.
const KAFKA_READY: Duration = Duration::from_secs(60);

/// Topics that are made where they are not there.
#[derive(Debug, Args)]
pub(crate) struct Topics {
    /// A TOML file with a table [bus], such as a service's own
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The agencies whose raw topics are made; may be given several times
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    agency: Vec<String>,
    /// Partitions of each topic; all have the same number, which stays (docs/scale.md says how many)
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    partitions: i32,
}

/// Of a service's file only this.
#[derive(Deserialize)]
struct WithBus {
    bus: bus::Config,
}

/// Makes them, and prints each with its partitions.
pub(crate) fn run(args: &Topics) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(&args.config)
        .with_context(|| format!("cannot read {}", args.config.display()))?;
    let WithBus { bus } =
        toml::from_str(&text).with_context(|| args.config.display().to_string())?;
    let agencies: Vec<Agency> =
        args.agency.iter().map(|name| Agency::new(name)).collect::<Result<_, _>>()?;
    bus::admin::wait_ready(&bus, 1, KAFKA_READY).context("Kafka does not answer")?;
    let raw = agencies.iter().map(|agency| TopicSpec::raw(agency, args.partitions));
    let topics: Vec<_> = raw.chain(TopicSpec::shared(args.partitions)).collect();
    bus::admin::ensure_topics(&bus, &topics).context("cannot make the topics")?;
    let mut out = std::io::stdout();
    for topic in topics {
        writeln!(out, "{} {}", topic.name, topic.partitions).context("cannot print")?;
    }
    Ok(())
}
