//! The normalizer: raw records in, OCSF events out, nothing lost.
//!
//! [`Normalizer`] is the engine, pure but for its buffers: bytes and their origin in, JSON out. The
//! [`filter`] puts it between standard input and output, the service ([`run`]) between Kafka's
//! topics, so what a rule writer sees is what production does.

pub mod config;
pub mod dead_letters;
pub mod engine;
pub mod enrichment;
pub mod error;
pub mod filter;
pub mod masks;
mod metrics;
pub mod parsers;
mod repeats;
mod stage;
mod text;
mod unknown;
pub mod zones;

pub use config::{Config, RawConfig};
pub use engine::{Dead, Events, Normalized, Normalizer, Settings};
pub use enrichment::Enrichment;
pub use error::Error;
pub use masks::Masks;
pub use parsers::Parsers;
pub use zones::Zones;

use bus::relay::{self, Options};
use bus::{ConsumerOptions, Subscription};
use service::{Registry, Shutdown, Status, Tasks};
use std::sync::Arc;
use std::time::Duration;

/// The consumer group of all normalizers.
pub const GROUP: &str = model::topic::NORMALIZERS;

/// How long the end may take: the relay's own drain, and a margin.
const JOIN: Duration = Duration::from_secs(15);

/// Runs the service until `shutdown` begins, then drains it.
pub async fn run(config: Config, registry: &Registry, shutdown: Shutdown) -> Result<(), Error> {
    let tables = Arc::new(mapping::Tables::builtin().map_err(Error::Mapping)?);
    let relay_metrics = relay::Metrics::register(registry)?;
    let metrics = metrics::Metrics::register(registry)?;
    let status = Status::new();
    let kafka = status.part("kafka");
    let parsers_part = status.part("parsers");
    let (parsers, seen) = parsers::first(&config.parsers, &parsers_part)?;
    let parts = enrichment::Parts {
        geo: status.part("geoip"),
        directory: status.part("directory"),
        indicators: status.part("indicators"),
    };
    let server = service::status::Server::bind(config.listen).await?;
    let mut tasks = Tasks::new(&shutdown);
    let router = service::status::router(registry.clone(), status);
    tasks.spawn("status", server.serve(router, shutdown.clone()));
    let watching = parsers::watch(
        parsers.clone(),
        config.parsers,
        seen,
        config.reload,
        parsers_part,
        shutdown.clone(),
    );
    tasks.spawn("parsers", watching);
    let watched = enrichment::Watched { files: config.enrich, cluster: config.bus.clone() };
    let (enrichment, enriched_from) = enrichment::first(&watched, &metrics).await?;
    [&parts.geo, &parts.directory, &parts.indicators].into_iter().for_each(service::Part::up);
    let watch = enrichment::watch(
        enrichment.clone(),
        watched,
        enriched_from,
        config.reload,
        parts,
        metrics.clone(),
        shutdown.clone(),
    );
    tasks.spawn("enrichment", watch);
    let settings = Settings { parsers, enrichment, ..config.settings };
    let stop = shutdown.clone();
    tasks.spawn_blocking("relay", move || {
        let subscription = Subscription::Pattern(model::topic::RAW_PATTERN.to_owned());
        let consumer = ConsumerOptions::new(GROUP, subscription);
        let options = Options::new(config.bus, consumer, config.threads);
        kafka.up();
        relay::run(&options, &relay_metrics, &|| stop.has_begun(), &|_| {
            stage::Normalize::new(Arc::clone(&tables), settings.clone(), metrics.clone())
        })
    });
    Ok(tasks.join(JOIN).await?)
}
