//! The service: from configuration to an orderly end.

use crate::correlator::{Correlator, Setting};
use crate::listed;
use crate::live::{Live, Source, watch};
use crate::quiet::Quiet;
use crate::stage::Detector;
use crate::watchlist::Watchlist;
use crate::{Config, Error, Metrics};
use bus::relay::Options;
use bus::{ConsumerOptions, Subscription, TopicSpec};
use model::topic;
use service::status::{Server, router};
use service::{Part, Registry, Shutdown, Status, Tasks};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The consumer group of all detectors.
const GROUP: &str = "detector";
/// The consumer group of those that correlate.
const CORRELATORS: &str = "correlator";
/// Pause between two looks for the topics.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long the end may take: the relay's own drain and a little.
const DEADLINE: Duration = Duration::from_secs(15);

/// Runs the detector until `shutdown` begins. Rules that do not compile at the start are told of
/// and left out; later, they refuse the change and the rules in force stay.
pub async fn run(config: Config, registry: &Registry, shutdown: Shutdown) -> Result<(), Error> {
    let server = Server::bind(config.http.listen).await?;
    let status = Status::new();
    let (rules_part, relay_part) = (status.part("rules"), status.part("kafka"));
    let feeds_part = status.part("indicators");
    let metrics = Metrics::register(registry)?;
    let relay_metrics = bus::relay::Metrics::register(registry)?;
    let mut tasks = Tasks::new(&shutdown);
    let router = router(registry.clone(), status);
    tasks.spawn("status", server.serve(router, shutdown.clone()));

    let source = Source::new(config.origin.clone(), config.placeholders.clone())?;
    let found = first(&source, &metrics, &rules_part, &shutdown).await?;
    let Some((live, seen)) = found else { return Ok(tasks.join(DEADLINE).await?) };
    rules_part.up();
    let watching = watch(
        Arc::clone(&live),
        source,
        seen,
        config.reload,
        rules_part,
        metrics.clone(),
        shutdown.clone(),
    );
    tasks.spawn("rules", watching);

    let found = listed::first(&config, &metrics, &feeds_part, &shutdown).await?;
    let Some((feeds, feeds_seen)) = found else { return Ok(tasks.join(DEADLINE).await?) };
    feeds_part.up();
    let feeds_live = Arc::clone(&feeds);
    let stop = shutdown.clone();
    tasks.spawn(
        "indicators",
        listed::watch(feeds_live, &config, feeds_seen, feeds_part, &metrics, stop),
    );

    relay_part.up();
    let quiet = Arc::default();
    let work = Work { config, live, feeds, quiet, metrics, relay: relay_metrics, shutdown };
    let (other, looks) = (work.clone(), work.clone());
    tasks.spawn_blocking("quiet", move || looks.watch_quiet());
    tasks.spawn_blocking("match", move || work.detect());
    tasks.spawn_blocking("correlate", move || other.correlate());
    Ok(tasks.join(DEADLINE).await?)
}

/// What both stages need.
#[derive(Clone)]
struct Work {
    config: Config,
    live: Arc<Live>,
    feeds: Arc<service::reload::Live<indicators::Set>>,
    quiet: Arc<Quiet>,
    metrics: Metrics,
    relay: bus::relay::Metrics,
    shutdown: Shutdown,
}

impl Work {
    /// Stage one: events to alerts and matches.
    fn detect(self) -> Result<(), bus::Error> {
        let Some(topics) = self.topics() else { return Ok(()) };
        let consumer = ConsumerOptions::new(GROUP, Subscription::topic(topic::EVENTS));
        let options = Options::new(self.config.bus.clone(), consumer, self.config.threads);
        let stage = |_| {
            let (live, metrics) = (Arc::clone(&self.live), self.metrics.clone());
            let watchlist = Watchlist::new(Arc::clone(&self.feeds));
            let quiet = Arc::clone(&self.quiet);
            Detector::new(live, watchlist, metrics, topics.matches, unix_ms, quiet)
        };
        let stop = || self.shutdown.has_begun();
        bus::relay::run(&options, &self.relay, &stop, &stage)
    }

    /// Tells stage one which partitions are quiet.
    fn watch_quiet(self) -> Result<(), bus::Error> {
        let stop = || self.shutdown.has_begun();
        self.quiet.watch(&self.config.bus, GROUP, unix_ms, &stop);
        Ok(())
    }

    /// Stage two: matches to alerts of correlations.
    fn correlate(self) -> Result<(), bus::Error> {
        let Some(topics) = self.topics() else { return Ok(()) };
        let consumer = ConsumerOptions::new(CORRELATORS, Subscription::topic(topic::MATCHES));
        let options = Options::new(self.config.bus.clone(), consumer, self.config.correlators);
        let correlation = correlate::Options {
            lateness_ms: self.config.lateness_ms,
            sources: usize::try_from(topics.events).unwrap_or(1),
            ..correlate::Options::default()
        };
        let setting = Setting { options: correlation, shards: topics.matches };
        let stage =
            |_| Correlator::new(Arc::clone(&self.live), setting.clone(), self.metrics.clone());
        let stop = || self.shutdown.has_begun();
        bus::relay::run(&options, &self.relay, &stop, &stage)
    }

    /// The partitions of the topics, once they are there; nothing when the end came first. A
    /// cluster set up by an earlier version has no `matches` yet: it is made.
    fn topics(&self) -> Option<Topics> {
        while !self.shutdown.has_begun() {
            match self.look() {
                Ok(Some(topics)) => return Some(topics),
                Ok(None) => tracing::warn!(topic = topic::EVENTS, "topic is not there yet"),
                Err(error) => {
                    let error = service::telemetry::chain(&error);
                    tracing::warn!(error, "cannot ask Kafka for its topics; trying again");
                }
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        None
    }

    fn look(&self) -> Result<Option<Topics>, bus::Error> {
        let bus = &self.config.bus;
        let known = bus::admin::topics(bus)?;
        let partitions = |name| known.get(name).and_then(|count| i32::try_from(*count).ok());
        let Some(events) = partitions(topic::EVENTS) else { return Ok(None) };
        if let Some(matches) = partitions(topic::MATCHES) {
            return Ok(Some(Topics { events, matches }));
        }
        let shared = TopicSpec::shared(events).into_iter();
        let absent: Vec<TopicSpec> = shared.filter(|spec| spec.name == topic::MATCHES).collect();
        bus::admin::ensure_topics(bus, &absent)?;
        Ok(Some(Topics { events, matches: events }))
    }
}

/// How many partitions the topics have.
#[derive(Debug, Clone, Copy)]
struct Topics {
    events: i32,
    matches: i32,
}

fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The first ruleset and its fingerprint. While Kafka, which has it, is away, and while none is
/// published, it is waited for; nothing where the end came first.
///
/// # Cancel safety
/// Neither the sleep nor `begun` loses anything when dropped.
async fn first(
    source: &Source,
    metrics: &Metrics,
    part: &Part,
    shutdown: &Shutdown,
) -> Result<Option<(Arc<Live>, u64)>, Error> {
    loop {
        match compiled(source.clone(), metrics.clone()).await {
            Err(error @ (Error::Bus(_) | Error::NotPublished)) => {
                let error = service::telemetry::chain(&error);
                tracing::warn!(error, "no rules to begin with; trying again");
                part.down(error);
            }
            other => return other.map(Some),
        }
        tokio::select! {
            () = shutdown.begun() => return Ok(None),
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// A ruleset, compiled where it may block, and the fingerprint of its files.
async fn compiled(source: Source, metrics: Metrics) -> Result<(Arc<Live>, u64), Error> {
    let compile = move || {
        // Before the files are read: a change in between is then seen as one.
        let seen = source.fingerprint()?;
        let mut errors = 0;
        let ruleset = source.compile(|told| {
            errors += 1;
            tracing::error!(rule = told, "not in force");
        })?;
        metrics.rules.set(ruleset.policy.rules() as i64);
        metrics.rule_errors.set(errors);
        tracing::info!(rules = metrics.rules.get(), version = ruleset.version, "rules in force");
        Ok((Arc::new(Live::new(ruleset)), seen))
    };
    tokio::task::spawn_blocking(compile).await.map_err(Error::Compiler)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::Origin;

    #[tokio::test]
    async fn rules_in_kafka_are_waited_for() {
        let [port] = embedded_kafka::testing::free_ports();
        let brokers = format!("127.0.0.1:{port}");
        let away = Origin::Control(bus::Config { brokers, tls: None, sasl: None });
        let source = Source::new(away, sigma::Placeholders::new()).unwrap();
        let metrics = Metrics::register(&Registry::new()).unwrap();
        let (status, shutdown) = (Status::new(), Shutdown::new());
        let part = status.part("rules");
        part.up();
        let waiting = first(&source, &metrics, &part, &shutdown);
        let stop = async {
            while status.down().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            shutdown.begin();
        };
        let (found, ()) = tokio::join!(waiting, stop);
        assert!(found.unwrap().is_none(), "the end came first");
    }

    #[tokio::test]
    async fn no_event_is_read_before_there_are_rules() {
        let broker = tokio::task::spawn_blocking(embedded_kafka::testing::broker).await.unwrap();
        let config = bus::Config { brokers: broker.address(), tls: None, sasl: None };
        bus::admin::ensure_topics(&config, &TopicSpec::shared(1)).unwrap();
        let source =
            Source::new(Origin::Control(config.clone()), sigma::Placeholders::new()).unwrap();
        let metrics = Metrics::register(&Registry::new()).unwrap();
        let (status, shutdown) = (Status::new(), Shutdown::new());
        let part = status.part("rules");
        let waiting = first(&source, &metrics, &part, &shutdown);
        let publishing = async {
            while !status.down().iter().any(|(_, why)| why.starts_with("no rules are published")) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let rule = "title: t\nid: a\nlogsource: {product: linux}\n\
                        detection: {s: [evil], condition: s}\n";
            let bundle = ruleset::Bundle::new(vec![("a.yml".to_owned(), rule.to_owned())]);
            let publish = move || control::publish(&config, ruleset::Content::Rules, &bundle);
            tokio::task::spawn_blocking(publish).await.unwrap().unwrap();
        };
        let (found, ()) = tokio::join!(waiting, publishing);
        let (live, _) = found.unwrap().expect("rules");
        assert_eq!(live.ruleset().policy.rules(), 1);
    }

    #[tokio::test]
    async fn a_wrong_folder_is_not_waited_for() {
        let metrics = Metrics::register(&Registry::new()).unwrap();
        let part = Status::new().part("rules");
        let nowhere = Origin::Folders(vec!["/nowhere/rules".into()]);
        let source = Source::new(nowhere, sigma::Placeholders::new()).unwrap();
        let found = first(&source, &metrics, &part, &Shutdown::new()).await;
        assert!(matches!(found, Err(Error::Read { .. })));
    }
}
