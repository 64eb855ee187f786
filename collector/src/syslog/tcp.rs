//! Syslog over TCP, with and without TLS: both framings on one port.

use super::{Receiver, now_ms};
use crate::Error;
use crate::queue::Received;
use frame::SyslogStream;
use model::RAW_BYTES_MAX;
use rustix::net::sockopt;
use service::Shutdown;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tracing::Instrument as _;

/// Connections at a time. Each may hold a record that is being received, but hardly any do.
const CONNECTIONS_MAX: usize = 1024;
/// Bytes read at a time. The buffer is there only while there is something to read: a thousand
/// silent connections cost no memory.
const READ_BYTES: usize = 32 * 1024;
/// A peer that is silent for so long is asked whether it is still there: firewalls forget
/// connections without a word, and each dead one keeps a place.
const ASK_AFTER: Duration = Duration::from_secs(300);
/// Pause after an accept that failed, as it does while file descriptors are short.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a TLS handshake may take: who connects and says nothing keeps no place.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long open connections have for their last bytes at the shutdown.
const DRAIN: Duration = Duration::from_secs(2);

/// A bound listener.
pub(crate) struct Tcp {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
}

impl Tcp {
    /// Binds `address`; with `tls`, for TLS alone.
    pub(crate) async fn bind(address: SocketAddr, tls: Option<&tls::Files>) -> Result<Self, Error> {
        let tls = tls.map(tls::Files::acceptor).transpose()?;
        let protocol = if tls.is_some() { "tls" } else { "tcp" };
        let failed = |source| Error::Listen { protocol, address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        tracing::info!(%address, "receiving syslog on {protocol}");
        Ok(Self { listener, address, tls })
    }

    /// The bound address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts and receives until the shutdown.
    pub(crate) async fn run(self, receiver: Receiver, shutdown: Shutdown) -> Result<(), Error> {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut connections = JoinSet::new();
        loop {
            // Cancel safety: `accept`, `join_next` and `begun` lose nothing when dropped.
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                Some(ended) = connections.join_next() => {
                    note(ended);
                    continue;
                }
                () = shutdown.begun() => break,
            };
            match accepted {
                Ok((stream, peer)) => match places.clone().try_acquire_owned() {
                    Ok(place) => {
                        let tls = self.tls.clone();
                        let connection = Connection::new(stream, tls, peer, place, &receiver);
                        let span = tracing::info_span!("connection", %peer);
                        connections.spawn(connection.run(shutdown.clone()).instrument(span));
                    }
                    Err(_) => receiver.metrics.turned_away.inc(),
                },
                Err(error) => {
                    tracing::warn!(%error, address = %self.address, "cannot accept");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        // Who misses the deadline is waiting for its peer, and is aborted when the set is dropped.
        let _ = tokio::time::timeout(DRAIN, async {
            while let Some(ended) = connections.join_next().await {
                note(ended);
            }
        })
        .await;
        Ok(())
    }
}

fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a syslog connection panicked");
    }
}

struct Connection {
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    peer: IpAddr,
    receiver: Receiver,
    /// Given back when the connection ends.
    _place: OwnedSemaphorePermit,
}

impl Connection {
    fn new(
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        peer: SocketAddr,
        place: OwnedSemaphorePermit,
        receiver: &Receiver,
    ) -> Self {
        receiver.metrics.accepted.inc();
        receiver.metrics.connections.inc();
        // Where it cannot be set, dead peers stay until the process ends: no reason to refuse.
        let _ = sockopt::set_socket_keepalive(&stream, true)
            .and_then(|()| sockopt::set_tcp_keepidle(&stream, ASK_AFTER));
        let peer = peer.ip().to_canonical();
        Self { stream, tls, peer, receiver: receiver.clone(), _place: place }
    }

    async fn run(mut self, shutdown: Shutdown) {
        let mut framer = SyslogStream::new(RAW_BYTES_MAX);
        let tls = self.tls.take();
        // Cancel safety: at the shutdown the rest of what was read is given up with the connection.
        let ended = tokio::select! {
            ended = self.read_with(tls, &mut framer) => ended,
            () = shutdown.begun() => Ok(()),
        };
        if let Err(error) = ended {
            self.receiver.metrics.read_errors.inc();
            tracing::debug!(%error, "syslog connection failed");
        }
        // What a cancelled wait for room left pushed.
        self.receiver.queue.flush(self.receiver.stream);
        if let Some(frame) = framer.finish() {
            let last = [received(&frame, self.peer, now_ms())];
            // Cancel safety: at the shutdown nobody waits for a full queue.
            tokio::select! {
                biased;
                () = self.receiver.queue.push_all(self.receiver.stream, &last) => {}
                () = shutdown.begun() => {}
            }
        }
    }

    async fn read_with(
        &mut self,
        tls: Option<TlsAcceptor>,
        framer: &mut SyslogStream,
    ) -> io::Result<()> {
        let Some(tls) = tls else { return self.read(framer).await };
        let Self { stream, peer, receiver, .. } = self;
        let mut stream = match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                receiver.metrics.tls_errors.inc();
                tracing::warn!(%error, "a tls handshake failed");
                return Ok(());
            }
            Err(_) => {
                receiver.metrics.tls_errors.inc();
                return Ok(());
            }
        };
        let mut buffer = vec![0; READ_BYTES];
        loop {
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                bytes => receive(receiver, *peer, framer, &buffer[..bytes]).await,
            }
        }
    }

    /// Reads until the peer has done.
    async fn read(&self, framer: &mut SyslogStream) -> io::Result<()> {
        loop {
            self.stream.readable().await?;
            let mut buffer = vec![0; READ_BYTES];
            loop {
                match self.stream.try_read(&mut buffer) {
                    Ok(0) => return Ok(()),
                    Ok(bytes) => receive(&self.receiver, self.peer, framer, &buffer[..bytes]).await,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

/// Hands on the messages in `input`. While the queue is full, or the sender sends more than it may,
/// nothing more is read, and the sender's writes come to wait.
async fn receive(receiver: &Receiver, peer: IpAddr, framer: &mut SyslogStream, mut input: &[u8]) {
    let collected_ms = now_ms();
    while let Some(frame) = framer.next(&mut input) {
        while let Err(wait) = receiver.admit(peer) {
            receiver.metrics.rate_waits.inc();
            receiver.queue.flush(receiver.stream);
            tokio::time::sleep(wait).await;
        }
        let received = [received(&frame, peer, collected_ms)];
        receiver.queue.push_room(receiver.stream, &received).await;
    }
    receiver.queue.flush(receiver.stream);
}

fn received<'f>(frame: &frame::Frame<'f>, peer: IpAddr, collected_ms: i64) -> Received<'f> {
    Received { bytes: frame.bytes, cut: frame.cut, sender: Some(peer), collected_ms }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.receiver.metrics.connections.dec();
    }
}
