//! The host agent: reads files and receives syslog, and writes every record to `raw.<agency>`.
//!
//! In the order of the flow: [`files`] are read again after a crash from the last confirmed
//! offset, so they are their own spool, and so is the [`journal`]; what [`syslog`] and [`stdin`] deliver cannot be read again
//! and waits on disk in the [`queue`]; both hand records to the one producer of [`kafka`]. What Kafka has
//! confirmed moves the [`checkpoint`]. **A line counts as collected only then.**

mod checkpoint;
mod config;
pub mod doctor;
pub mod enrol;
mod error;
mod files;
mod flight;
mod header;
mod heartbeat;
mod http;
mod inputs;
mod journal;
mod kafka;
mod metrics;
mod netflow;
mod output;
mod queue;
mod reload;
mod state;
mod stdin;
mod stream;
mod syslog;

pub use config::Config;
pub use error::{Error, PatternError};
pub use reload::run_file;

use checkpoint::State;
use files::agent::{Agent, Receipts};
use files::{Labels, Tailer};
use heartbeat::{Board, Heart};
use inputs::Sockets;
use journal::{JOURNAL_TAG, Journal};
use kafka::{Confirmed, Link, QUEUE_TAG};
use metrics::{FileMetrics, HeartbeatMetrics, JournalMetrics, KafkaMetrics, QueueMetrics};
use queue::Queue;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use service::status::{Server, router};
use service::{Registry, Shutdown, Status, Tasks};
use state::StateDir;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use syslog::now_ms;

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

    let queue = Arc::new(Queue::new(&config.spool_dir(), QueueMetrics::register(registry)?));
    let sockets = Sockets::open(&config, &labels, &queue, &mut state, registry).await?;
    let journal = journal::STREAM.to_owned();
    let journal_generation = match &config.journal {
        Some(_) => state::begin_streams(&mut state, &[journal], now_ms()).first().copied(),
        None => None,
    };
    // The generations of sockets and standard input are on disk before anything is received.
    dir.store.save(&state)?;

    let told =
        Arc::new(Told { receipts: Arc::default(), journal: Arc::default(), queue: queue.clone() });
    let (bus, agency) = (&config.bus, &config.agency);
    let metrics = KafkaMetrics::register(registry)?;
    let link =
        Link::open(bus, &dir.collector, agency, config.bytes_per_second, told.clone(), metrics)?;
    let mut tasks = Tasks::new(&shutdown);
    let board = Arc::new(Board::default());
    if let Some(heart) = heart(&config, &labels, &board, &queue, registry)? {
        let until = shutdown.clone();
        tasks.spawn_blocking("heartbeat", move || {
            heart.run(&until);
            Ok::<_, Infallible>(())
        });
    }
    if let (Some(input), Some(generation)) = (config.journal.clone(), journal_generation) {
        let (collector, host) = (&*labels.collector, labels.host.as_deref());
        let board = board.clone();
        let origin = journal::Origin { board, collector, host, generation };
        let metrics = JournalMetrics::register(registry)?;
        let (receipts, sender) = (told.journal.clone(), link.sender());
        let state_dir = &config.state_dir;
        let journal = Journal::open(input, state_dir, &origin, receipts, metrics, sender)?;
        let (part, until) = (status.part("journal"), shutdown.clone());
        tasks.spawn_blocking("journal", move || journal.run(&part, &until));
    }
    if !config.files.is_empty() {
        let agent = agent(&config, labels, state, &dir, &link, &told, &status, registry, board)?;
        let shutdown = shutdown.clone();
        tasks.spawn_blocking("files", move || agent.run(&shutdown));
    }
    let alone = config.files.is_empty() && config.journal.is_none();
    sockets.spawn(&mut tasks, &link, &shutdown, status.part("spool"), alone);
    let (keeper, part, until) = (link.clone(), status.part("kafka"), shutdown.clone());
    tasks.spawn_blocking("kafka", move || {
        keeper.keep(&part, &until);
        Ok::<_, Infallible>(())
    });
    tasks.spawn("status", server.serve(router(registry.clone(), status), shutdown.clone()));
    tracing::info!(collector = dir.collector, topic = link.topic(), "collecting");
    Ok(tasks.join(SHUTDOWN).await?)
}

fn heart(
    config: &Config,
    labels: &Labels,
    board: &Arc<Board>,
    queue: &Arc<Queue>,
    registry: &Registry,
) -> Result<Option<Heart>, Error> {
    let Some(interval) = config.heartbeat else { return Ok(None) };
    Ok(Some(Heart {
        bus: config.bus.clone(),
        agency: config.agency.clone(),
        collector: labels.collector.clone(),
        host: labels.host.clone(),
        interval,
        board: board.clone(),
        queue: queue.clone(),
        registry: registry.clone(),
        metrics: HeartbeatMetrics::register(registry)?,
        clock: now_ms,
    }))
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
    board: Arc<Board>,
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
        board,
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
    journal: Arc<journal::Receipts>,
    queue: Arc<Queue>,
}

impl Confirmed for Told {
    fn confirmed(&self, tag: u64) {
        if tag & QUEUE_TAG != 0 {
            self.queue.confirm(tag);
        } else if tag & JOURNAL_TAG != 0 {
            self.journal.add(tag);
        } else {
            self.receipts.add(tag);
        }
    }
}
