//! The inputs that cannot be read again: opened together, drained together.

use crate::checkpoint::State;
use crate::config::Config;
use crate::files::Labels;
use crate::header::Header;
use crate::kafka::{Link, Sender};
use crate::metrics::SyslogMetrics;
use crate::queue::{Queue, StreamId};
use crate::syslog::tcp::Tcp;
use crate::syslog::udp::Udp;
use crate::syslog::{Receiver, now_ms};
use crate::{Error, state, stdin};
use service::{Registry, Shutdown, Tasks};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Wait while the producer is full.
const FULL_WAIT: Duration = Duration::from_millis(5);
/// Longest wait for something to send.
const IDLE_WAIT: Duration = Duration::from_millis(200);
/// How long the queue may drain at the shutdown. Longer than connections have for their last
/// bytes, shorter than the whole shutdown.
const DRAIN: Duration = Duration::from_secs(6);

/// Everything that is received into the queue.
pub(crate) struct Sockets {
    queue: Arc<Queue>,
    metrics: SyslogMetrics,
    open: Vec<(Open, StreamId)>,
}

enum Open {
    Udp(Udp),
    Tcp(Tcp),
    Stdin,
}

impl Sockets {
    /// Binds what `config` names, and begins the streams in `state`.
    pub(crate) async fn open(
        config: &Config,
        labels: &Labels,
        queue: &Arc<Queue>,
        state: &mut State,
        registry: &Registry,
    ) -> Result<Self, Error> {
        let mut open = Vec::new();
        for input in &config.syslog {
            if let Some(address) = input.udp {
                let udp = Udp::bind(address).await?;
                let name = format!("udp:{}", udp.address());
                open.push((Open::Udp(udp), name, input.source.as_deref()));
            }
            if let Some(address) = input.tcp {
                let tcp = Tcp::bind(address).await?;
                let name = format!("tcp:{}", tcp.address());
                open.push((Open::Tcp(tcp), name, input.source.as_deref()));
            }
        }
        if let Some(input) = &config.stdin {
            open.push((Open::Stdin, "stdin".to_owned(), input.source.as_deref()));
        }
        let names: Vec<String> = open.iter().map(|(_, name, _)| name.clone()).collect();
        let generations = state::begin_streams(state, &names, now_ms());
        let open = open.into_iter().zip(generations).map(|((open, name, source), generation)| {
            let host = labels.host.as_deref();
            let header = Header::new(&labels.collector, &name, generation, source, host);
            (open, queue.stream(&name, header))
        });
        let open = open.collect();
        Ok(Self { queue: queue.clone(), metrics: SyslogMetrics::register(registry)?, open })
    }

    /// Starts receiving and sending. `alone`: there are no other inputs, so that the collector has
    /// done when standard input ends and nothing else is open.
    pub(crate) fn spawn(
        self,
        tasks: &mut Tasks,
        link: &Arc<Link>,
        shutdown: &Shutdown,
        alone: bool,
    ) {
        if self.open.is_empty() {
            return;
        }
        let live = Arc::new(AtomicUsize::new(self.open.len()));
        let pump = Pump {
            queue: self.queue.clone(),
            link: link.clone(),
            live: live.clone(),
            shutdown: shutdown.clone(),
            alone,
        };
        tasks.spawn_blocking("queue", move || {
            pump.run();
            Ok::<_, Infallible>(())
        });
        for (open, stream) in self.open {
            let receiver =
                Receiver { queue: self.queue.clone(), stream, metrics: self.metrics.clone() };
            let (live, shutdown) = (Live(live.clone()), shutdown.clone());
            match open {
                Open::Udp(udp) => tasks.spawn("syslog udp", async move {
                    let _live = live;
                    udp.run(receiver, shutdown).await
                }),
                Open::Tcp(tcp) => tasks.spawn("syslog tcp", async move {
                    let _live = live;
                    tcp.run(receiver, shutdown).await
                }),
                Open::Stdin => tasks.spawn_blocking("stdin", move || {
                    let _live = live;
                    stdin::run(&std::io::stdin(), &receiver.queue, stream, &shutdown)
                }),
            }
        }
    }
}

/// Counts one input as open as long as it lives.
struct Live(Arc<AtomicUsize>);

impl Drop for Live {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// Hands what is in the queue to the producer.
struct Pump {
    queue: Arc<Queue>,
    link: Arc<Link>,
    live: Arc<AtomicUsize>,
    shutdown: Shutdown,
    alone: bool,
}

impl Pump {
    fn run(self) {
        let mut sender = self.link.sender();
        let mut origin = String::new();
        while !self.shutdown.has_begun() {
            self.turn(&mut sender, &mut origin);
            if self.alone && self.is_over() {
                tracing::info!("every input has ended and everything is confirmed");
                self.shutdown.begin();
            }
        }
        let until = Instant::now() + DRAIN;
        while !self.is_over() && Instant::now() < until {
            self.turn(&mut sender, &mut origin);
        }
        let lost = self.queue.len();
        if lost > 0 {
            tracing::error!(records = lost, "lost: kafka did not confirm them before the end");
        }
    }

    fn turn(&self, sender: &mut Sender, origin: &mut String) {
        if sender.renewed() {
            self.queue.rewind();
        }
        if self.queue.send(sender, origin) {
            self.queue.wait(IDLE_WAIT);
        } else {
            std::thread::sleep(FULL_WAIT);
        }
    }

    fn is_over(&self) -> bool {
        self.live.load(Ordering::Acquire) == 0 && self.queue.is_empty()
    }
}
