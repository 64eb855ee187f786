//! Syslog over UDP: a datagram is a message.

use super::{Receiver, drops, now_ms};
use crate::Error;
use crate::queue::Received;
use rustix::net::sockopt;
use service::Shutdown;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::time::Duration;
use tokio::net::UdpSocket;

/// The largest datagram there can be.
const DATAGRAM_BYTES_MAX: usize = 65_535;
/// Datagrams that are handed on together, and the room for them.
const BATCH_MAX: usize = 64;
const BATCH_BYTES: usize = 4 * DATAGRAM_BYTES_MAX;
/// The kernel's buffer that is asked for: what comes in while we are busy. The kernel gives at
/// most `net.core.rmem_max`.
const KERNEL_BYTES: usize = 8 * 1024 * 1024;
/// How often the kernel's counter of drops is read.
const LOOK: Duration = Duration::from_secs(5);

/// A bound socket.
pub(crate) struct Udp {
    socket: UdpSocket,
    address: SocketAddr,
}

impl Udp {
    /// Binds `address`.
    pub(crate) async fn bind(address: SocketAddr) -> Result<Self, Error> {
        let failed = |source| Error::Listen { protocol: "udp", address, source };
        let socket = UdpSocket::bind(address).await.map_err(failed)?;
        if let Err(error) = sockopt::set_socket_recv_buffer_size(&socket, KERNEL_BYTES) {
            tracing::warn!(%address, %error, "cannot enlarge the receive buffer");
        }
        let address = socket.local_addr().map_err(failed)?;
        let kernel_bytes = sockopt::socket_recv_buffer_size(&socket).unwrap_or_default();
        tracing::info!(%address, kernel_bytes, "receiving syslog on udp");
        Ok(Self { socket, address })
    }

    /// The bound address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Receives until the shutdown. While a full spool is to block, nothing is received: the kernel
    /// holds what fits its buffer and counts what does not.
    pub(crate) async fn run(self, receiver: Receiver, shutdown: Shutdown) -> Result<(), Error> {
        let metrics = &receiver.metrics;
        let mut buffer = vec![0; BATCH_BYTES];
        let mut batch = Vec::with_capacity(BATCH_MAX);
        let mut drops = drops::Drops::new(&self.socket, metrics.kernel_drops.clone());
        let mut look = tokio::time::interval(LOOK);
        loop {
            // Cancel safety: `readable`, `tick` and `begun` lose nothing when dropped.
            tokio::select! {
                ready = self.socket.readable() => {
                    ready.map_err(|source| self.failed(source))?;
                    self.receive(&mut buffer, &mut batch)?;
                    metrics.datagrams.inc_by(batch.len() as u64);
                }
                _ = look.tick() => drops.look(),
                () = shutdown.begun() => break,
            }
            let sent = batch.len();
            batch.retain(|datagram| receiver.admit(datagram.sender).is_ok());
            metrics.rate_dropped.inc_by((sent - batch.len()) as u64);
            let received: Vec<_> =
                batch.iter().map(|datagram| datagram.received(&buffer)).collect();
            // Cancel safety: at the shutdown the process ends, and what was not taken is lost as
            // what the network still held is.
            tokio::select! {
                () = receiver.queue.push_all(receiver.stream, &received) => {}
                () = shutdown.begun() => break,
            }
            batch.clear();
        }
        drops.look();
        Ok(())
    }

    /// Takes what is there, as much as there is room for.
    fn receive(&self, buffer: &mut [u8], batch: &mut Vec<Datagram>) -> Result<(), Error> {
        let mut at = 0;
        let collected_ms = now_ms();
        while batch.len() < BATCH_MAX && buffer.len() - at >= DATAGRAM_BYTES_MAX {
            match self.socket.try_recv_from(&mut buffer[at..]) {
                Ok((bytes, sender)) => {
                    let message = frame::datagram(&buffer[at..at + bytes]).len();
                    if message > 0 {
                        let sender = sender.ip().to_canonical();
                        batch.push(Datagram { bytes: at..at + message, sender, collected_ms });
                    }
                    at += bytes;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // An answer to something sent from this port, which we never do.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(())
    }

    fn failed(&self, source: std::io::Error) -> Error {
        Error::Socket { protocol: "udp", address: self.address, source }
    }
}

struct Datagram {
    bytes: Range<usize>,
    sender: IpAddr,
    collected_ms: i64,
}

impl Datagram {
    fn received<'b>(&self, buffer: &'b [u8]) -> Received<'b> {
        let Self { bytes, sender, collected_ms } = self;
        let (bytes, sender) = (&buffer[bytes.clone()], Some(*sender));
        Received { bytes, cut: None, sender, collected_ms: *collected_ms }
    }
}
