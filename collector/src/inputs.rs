//! The inputs that cannot be read again: opened together, drained together.

use crate::checkpoint::State;
use crate::config::Config;
use crate::files::Labels;
use crate::http::Http;
use crate::kafka::{Link, Sender};
use crate::metrics::{HttpMetrics, NetflowMetrics, SyslogMetrics};
use crate::netflow::{self, Netflow};
use crate::queue::{Limits, Queue, StreamId, StreamOptions};
use crate::syslog::rate::Rate;
use crate::syslog::tcp::Tcp;
use crate::syslog::udp::Udp;
use crate::syslog::{Receiver, now_ms};
use crate::{Error, state, stdin};
use service::{Part, Registry, Shutdown, Tasks};
use spool::WhenFull;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Wait while the producer is full.
const FULL_WAIT: Duration = Duration::from_millis(5);
/// Longest wait for something to send.
const IDLE_WAIT: Duration = Duration::from_millis(200);
/// How often the spools are tended.
const TICK: Duration = Duration::from_secs(1);
/// How long the queue may drain at the shutdown. Longer than connections have for their last
/// bytes, shorter than the whole shutdown. What is not confirmed by then stays on disk.
const DRAIN: Duration = Duration::from_secs(4);

/// Everything that is received into the queue.
pub(crate) struct Sockets {
    queue: Arc<Queue>,
    metrics: SyslogMetrics,
    http_metrics: HttpMetrics,
    netflow_metrics: NetflowMetrics,
    open: Vec<(Open, StreamId)>,
}

enum Open {
    Udp(Udp, Option<u32>),
    Tcp(Tcp, Option<u32>),
    Http(Http),
    Netflow(Box<Netflow>),
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
        let mut open: Vec<Bound<'_>> = Vec::new();
        open_syslog(config, &mut open).await?;
        for input in &config.http_inputs {
            let token = input.token()?;
            let http = Http::bind(input.listen, input.tls.as_ref(), token).await?;
            let name = format!("http:{}", http.address());
            // Whoever asks is told to come again.
            let limits =
                Limits { when_full: WhenFull::Block, ..input.spool.limits(WhenFull::Block) };
            open.push((Open::Http(http), name, input.source.as_deref(), limits));
        }
        for input in &config.netflow {
            let netflow = Netflow::bind(input.listen).await?;
            let name = format!("netflow:{}", netflow.address());
            // Whoever sends datagrams cannot be made to wait.
            let limits = input.spool.limits(WhenFull::DropNewest);
            let source = input.source.as_deref().or(Some(netflow::SOURCE));
            open.push((Open::Netflow(Box::new(netflow)), name, source, limits));
        }
        if let Some(input) = &config.stdin {
            let limits = input.spool.limits(WhenFull::Block);
            open.push((Open::Stdin, "stdin".to_owned(), input.source.as_deref(), limits));
        }
        let names: Vec<String> = open.iter().map(|(_, name, ..)| name.clone()).collect();
        let generations = state::begin_streams(state, &names, now_ms());
        let options = |name: &str, generation, source: Option<&str>, limits| StreamOptions {
            name: name.into(),
            generation,
            collector: labels.collector.clone(),
            source: source.map(Into::into),
            host: labels.host.clone(),
            limits,
        };
        let open =
            open.into_iter().zip(generations).map(|((open, name, source, limits), generation)| {
                let stream = queue.stream(options(&name, generation, source, limits))?;
                Ok((open, stream))
            });
        let open = open.collect::<Result<_, Error>>()?;
        let limits = Limits { bytes_max: spool::BYTES_MAX_MIN, when_full: WhenFull::Block };
        queue.adopt(&options("", 0, None, limits))?;
        let metrics = SyslogMetrics::register(registry)?;
        let http_metrics = HttpMetrics::register(registry)?;
        let netflow_metrics = NetflowMetrics::register(registry)?;
        Ok(Self { queue: queue.clone(), metrics, http_metrics, netflow_metrics, open })
    }

    /// Starts receiving and sending. `alone`: there are no other inputs, so that the collector has
    /// done when standard input ends and nothing else is open.
    pub(crate) fn spawn(
        self,
        tasks: &mut Tasks,
        link: &Arc<Link>,
        shutdown: &Shutdown,
        part: Part,
        alone: bool,
    ) {
        if self.open.is_empty() && self.queue.is_empty() {
            return part.up();
        }
        let live = Arc::new(AtomicUsize::new(self.open.len()));
        let pump = Pump {
            queue: self.queue.clone(),
            link: link.clone(),
            live: live.clone(),
            shutdown: shutdown.clone(),
            part,
            alone,
        };
        tasks.spawn_blocking("queue", move || {
            pump.run();
            Ok::<_, Infallible>(())
        });
        for (open, stream) in self.open {
            let receiver = |rate: Option<u32>| Receiver {
                queue: self.queue.clone(),
                stream,
                metrics: self.metrics.clone(),
                rate: rate.map(|per_second| Arc::new(Mutex::new(Rate::new(per_second)))),
            };
            let (live, shutdown) = (Live(live.clone()), shutdown.clone());
            match open {
                Open::Udp(udp, rate) => {
                    let receiver = receiver(rate);
                    tasks.spawn("syslog udp", async move {
                        let _live = live;
                        udp.run(receiver, shutdown).await
                    });
                }
                Open::Tcp(tcp, rate) => {
                    let receiver = receiver(rate);
                    tasks.spawn("syslog tcp", async move {
                        let _live = live;
                        tcp.run(receiver, shutdown).await
                    });
                }
                Open::Http(http) => {
                    let (queue, metrics) = (self.queue.clone(), self.http_metrics.clone());
                    tasks.spawn("http", async move {
                        let _live = live;
                        http.run(queue, stream, metrics, shutdown).await
                    });
                }
                Open::Netflow(netflow) => {
                    let (queue, metrics) = (self.queue.clone(), self.netflow_metrics.clone());
                    tasks.spawn("netflow", async move {
                        let _live = live;
                        netflow.run(queue, stream, metrics, shutdown).await
                    });
                }
                Open::Stdin => {
                    let queue = self.queue.clone();
                    tasks.spawn_blocking("stdin", move || {
                        let _live = live;
                        stdin::run(&std::io::stdin(), &queue, stream, &shutdown)
                    });
                }
            }
        }
    }
}

/// What was bound: the stream's name, its records' source type, what its spool may hold.
type Bound<'c> = (Open, String, Option<&'c str>, Limits);

async fn open_syslog<'c>(config: &'c Config, open: &mut Vec<Bound<'c>>) -> Result<(), Error> {
    for input in &config.syslog {
        if let Some(address) = input.udp {
            let udp = Udp::bind(address).await?;
            let name = format!("udp:{}", udp.address());
            // Whoever sends datagrams cannot be made to wait.
            let limits = input.spool.limits(WhenFull::DropNewest);
            let open_as = Open::Udp(udp, input.rate_max);
            open.push((open_as, name, input.source.as_deref(), limits));
        }
        if let Some(address) = input.tcp {
            let tcp = Tcp::bind(address, None).await?;
            let name = format!("tcp:{}", tcp.address());
            let limits = input.spool.limits(WhenFull::Block);
            let open_as = Open::Tcp(tcp, input.rate_max);
            open.push((open_as, name, input.source.as_deref(), limits));
        }
        if let Some((address, tls)) = &input.tls {
            let tcp = Tcp::bind(*address, Some(tls)).await?;
            let name = format!("tls:{}", tcp.address());
            let limits = input.spool.limits(WhenFull::Block);
            let open_as = Open::Tcp(tcp, input.rate_max);
            open.push((open_as, name, input.source.as_deref(), limits));
        }
    }
    Ok(())
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
    part: Part,
    alone: bool,
}

impl Pump {
    fn run(self) {
        let mut sender = self.link.sender();
        let mut origin = String::new();
        let mut next_tick = Instant::now();
        while !self.shutdown.has_begun() {
            self.turn(&mut sender, &mut origin);
            if Instant::now() >= next_tick {
                next_tick = Instant::now() + TICK;
                self.queue.tend(&self.part);
            }
            if self.alone && self.is_over() {
                tracing::info!("every input has ended and everything is confirmed");
                self.shutdown.begin();
            }
        }
        let until = Instant::now() + DRAIN;
        while !self.is_over() && Instant::now() < until {
            self.turn(&mut sender, &mut origin);
        }
        self.queue.close();
        let (records, bytes) = self.queue.left();
        if bytes > 0 {
            tracing::error!(bytes, "lost: the spool could not be written before the end");
        } else if records > 0 {
            tracing::info!(records, "not confirmed in time; they wait on disk for the next start");
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

    /// Everything has ended, and all of it is confirmed.
    fn is_over(&self) -> bool {
        self.live.load(Ordering::Acquire) == 0 && self.queue.is_empty()
    }
}
