//! The host agent: reads files and receives syslog, and writes every record to `raw.<agency>`.
//!
//! In the order of the flow: [`files`] are read again after a crash from the last confirmed
//! offset, so they are their own spool; what [`syslog`] and [`stdin`] deliver cannot be read again
//! and waits in the [`queue`]; both hand records to the one producer of [`kafka`]. What Kafka has
//! confirmed moves the [`checkpoint`]. **A line counts as collected only then.**

mod checkpoint;
mod config;
mod error;
mod files;
mod flight;
mod header;
mod inputs;
mod kafka;
mod metrics;
mod output;
mod queue;
mod state;
mod stdin;
mod stream;
mod syslog;

pub use config::Config;
pub use error::{Error, PatternError};

use checkpoint::State;
use files::agent::{Agent, Receipts};
use files::{Labels, Tailer};
use inputs::Sockets;
use kafka::{Confirmed, Link, QUEUE_TAG};
use metrics::{FileMetrics, KafkaMetrics, QueueMetrics};
use queue::Queue;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use service::status::{Server, router};
use service::{Registry, Shutdown, Status, Tasks};
use state::StateDir;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// How long the collector has to end: the queue drains, confirmations come in, the last checkpoint
/// is written. Shorter than the ten seconds after which supervisors kill.
const SHUTDOWN: Duration = Duration::from_secs(9);

/// Collects until `shutdown`, or until its inputs have ended where they can.
pub async fn run(config: Config, registry: &Registry, shutdown: Shutdown) -> Result<(), Error> {
    let status = Status::new();
    let server = Server::bind(config.http.listen).await?;
    let dir = StateDir::open(&config.state_dir, config.id.clone())?;
    let mut state = dir.load(config.files.iter().map(|input| input.name.as_str()))?;
    let host = config.host.clone().or_else(state::host_name).map(Into::into);
    let labels = Labels { collector: dir.collector.as_str().into(), host };

    let queue = Arc::new(Queue::new(QueueMetrics::register(registry)?));
    let sockets = Sockets::open(&config, &labels, &queue, &mut state, registry).await?;
    // The generations of sockets and standard input are on disk before anything is received.
    dir.store.save(&state)?;

    let told = Arc::new(Told { receipts: Arc::default(), queue: queue.clone() });
    let (bus, agency) = (&config.bus, &config.agency);
    let metrics = KafkaMetrics::register(registry)?;
    let link = Link::open(bus, &dir.collector, agency, told.clone(), metrics)?;
    let mut tasks = Tasks::new(&shutdown);
    if !config.files.is_empty() {
        let agent = agent(&config, labels, state, &dir, &link, &told, &status, registry)?;
        let shutdown = shutdown.clone();
        tasks.spawn_blocking("files", move || agent.run(&shutdown));
    }
    sockets.spawn(&mut tasks, &link, &shutdown, config.files.is_empty());
    let (keeper, part, until) = (link.clone(), status.part("kafka"), shutdown.clone());
    tasks.spawn_blocking("kafka", move || {
        keeper.keep(&part, &until);
        Ok::<_, Infallible>(())
    });
    tasks.spawn("status", server.serve(router(registry.clone(), status), shutdown.clone()));
    tracing::info!(collector = dir.collector, topic = link.topic(), "collecting");
    Ok(tasks.join(SHUTDOWN).await?)
}

#[expect(clippy::too_many_arguments, reason = "it only puts together what run has made")]
fn agent(
    config: &Config,
    labels: Labels,
    state: State,
    dir: &StateDir,
    link: &Arc<Link>,
    told: &Told,
    status: &Status,
    registry: &Registry,
) -> Result<Agent, Error> {
    raise_file_limit();
    let metrics = FileMetrics::register(registry)?;
    Ok(Agent {
        tailer: Tailer::new(config.files.clone(), labels, metrics.clone(), state),
        store: dir.store.clone(),
        sender: link.sender(),
        receipts: told.receipts.clone(),
        rescan: config.rescan,
        metrics,
        part: status.part("files"),
    })
}

/// Files are held open until they are read and confirmed; the usual soft limit of 1,024 is for
/// programs that call `select`.
fn raise_file_limit() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

/// Tells inputs of their confirmed records.
struct Told {
    receipts: Arc<Receipts>,
    queue: Arc<Queue>,
}

impl Confirmed for Told {
    fn confirmed(&self, tag: u64) {
        if tag & QUEUE_TAG == 0 {
            self.receipts.add(tag);
        } else {
            self.queue.confirm(tag & !QUEUE_TAG);
        }
    }
}
