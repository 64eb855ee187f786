//! NetFlow 5, 9 and IPFIX over UDP: each flow becomes one record, JSON under IANA's names.
//!
//! Templates are kept in memory: after a start, flows of NetFlow 9 and IPFIX wait until their
//! exporter sends its templates again, as it does every few minutes.

use crate::Error;
use crate::metrics::NetflowMetrics;
use crate::queue::{Queue, Received, StreamId};
use crate::syslog::drops::Drops;
use crate::syslog::now_ms;
use flows::Decoder;
use rustix::net::sockopt;
use service::Shutdown;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;

/// The source type of the records, where none is configured.
pub(crate) const SOURCE: &str = "netflow";

/// The largest datagram there can be.
const DATAGRAM_BYTES_MAX: usize = 65_535;
/// Datagrams that are decoded before their flows are handed on.
const BATCH_MAX: usize = 64;
/// Flows that are handed on together: a datagram more than this is not begun.
const BATCH_BYTES: usize = 1024 * 1024;
/// The kernel's buffer that is asked for.
const KERNEL_BYTES: usize = 8 * 1024 * 1024;
/// How often the kernel's counter of drops is read.
const LOOK: Duration = Duration::from_secs(5);

/// A bound socket.
pub(crate) struct Netflow {
    socket: UdpSocket,
    address: SocketAddr,
    decoder: Decoder,
    /// The flows of a batch, and which of the text is whose.
    text: Vec<u8>,
    flows: Vec<(Range<usize>, IpAddr)>,
}

impl Netflow {
    /// Binds `address`.
    pub(crate) async fn bind(address: SocketAddr) -> Result<Self, Error> {
        let failed = |source| Error::Listen { protocol: "netflow", address, source };
        let socket = UdpSocket::bind(address).await.map_err(failed)?;
        if let Err(error) = sockopt::set_socket_recv_buffer_size(&socket, KERNEL_BYTES) {
            tracing::warn!(%address, %error, "cannot enlarge the receive buffer");
        }
        let address = socket.local_addr().map_err(failed)?;
        tracing::info!(%address, "receiving netflow");
        let (decoder, text, flows) = (Decoder::default(), Vec::new(), Vec::new());
        Ok(Self { socket, address, decoder, text, flows })
    }

    /// The bound address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Receives until the shutdown.
    pub(crate) async fn run(
        mut self,
        queue: Arc<Queue>,
        stream: StreamId,
        metrics: NetflowMetrics,
        shutdown: Shutdown,
    ) -> Result<(), Error> {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        let mut drops = Drops::new(&self.socket, metrics.kernel_drops.clone());
        let mut look = tokio::time::interval(LOOK);
        loop {
            // Cancel safety: `readable`, `tick` and `begun` lose nothing when dropped.
            tokio::select! {
                ready = self.socket.readable() => {
                    ready.map_err(|source| self.failed(source))?;
                    self.receive(&mut buffer, &metrics)?;
                }
                _ = look.tick() => drops.look(),
                () = shutdown.begun() => break,
            }
            let collected_ms = now_ms();
            let received = |(range, sender): &(Range<usize>, IpAddr)| Received {
                bytes: &self.text[range.clone()],
                cut: None,
                sender: Some(*sender),
                collected_ms,
            };
            let received: Vec<_> = self.flows.iter().map(received).collect();
            // Cancel safety: at the shutdown the process ends, and what was not taken is lost as
            // what the network still held is.
            tokio::select! {
                () = queue.push_all(stream, &received) => {}
                () = shutdown.begun() => break,
            }
            self.text.clear();
            self.flows.clear();
        }
        drops.look();
        Ok(())
    }

    /// Takes and decodes what is there, as much as there is room for.
    fn receive(&mut self, buffer: &mut [u8], metrics: &NetflowMetrics) -> Result<(), Error> {
        for _ in 0..BATCH_MAX {
            if self.text.len() >= BATCH_BYTES {
                break;
            }
            match self.socket.try_recv_from(buffer) {
                Ok((bytes, sender)) => {
                    self.decode(&buffer[..bytes], sender.ip().to_canonical(), metrics);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // An answer to something sent from this port, which we never do.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(())
    }

    fn decode(&mut self, datagram: &[u8], sender: IpAddr, metrics: &NetflowMetrics) {
        let Self { decoder, text, flows, .. } = self;
        let counts = decoder.decode(sender, datagram, |flow| {
            let begin = text.len();
            text.extend_from_slice(flow.as_bytes());
            flows.push((begin..text.len(), sender));
        });
        metrics.datagrams.inc();
        metrics.flows.inc_by(counts.flows);
        metrics.waiting.inc_by(counts.waiting);
        metrics.given_up.inc_by(counts.given_up);
        metrics.missed.inc_by(counts.missed);
        metrics.damaged.inc_by(u64::from(counts.damaged));
    }

    fn failed(&self, source: std::io::Error) -> Error {
        Error::Socket { protocol: "netflow", address: self.address, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::testing;
    use service::{Registry, Tasks};
    use std::time::Instant;

    #[tokio::test]
    async fn a_flow_of_a_datagram_is_a_record_and_what_is_none_is_counted() {
        let (_dir, queue, stream) = testing::queue("netflow");
        let netflow = Netflow::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let (address, shutdown) = (netflow.address(), Shutdown::new());
        let metrics = NetflowMetrics::register(&Registry::new()).unwrap();
        let mut tasks = Tasks::new(&shutdown);
        tasks.spawn(
            "netflow",
            netflow.run(queue.clone(), stream, metrics.clone(), shutdown.clone()),
        );
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut datagram = [0; 24 + 2 * 48];
        datagram[..4].copy_from_slice(&[0, 5, 0, 2]);
        for bytes in [&datagram[..], b"no netflow", &datagram[..]] {
            socket.send_to(bytes, address).await.unwrap();
        }
        let begun = Instant::now();
        while metrics.datagrams.get() < 3 || queue.left().0 < 4 {
            assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", queue.left());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!((metrics.flows.get(), metrics.damaged.get()), (4, 1));
        shutdown.begin();
        tasks.join(Duration::from_secs(5)).await.unwrap();
    }
}
