//! Real sockets on loopback.

#[path = "../../tests/kafka/certificates.rs"]
mod certificates;
mod client;

use super::tcp::Tcp;
use super::udp::Udp;
use super::*;
use crate::header;
use crate::output::{Output, Record};
use crate::queue::testing;
use model::RAW_BYTES_MAX;
use prometheus::IntCounter;
use service::{Registry, Shutdown, Tasks};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UdpSocket};

/// A socket under test, and what came through it.
struct Lab {
    _dir: tempfile::TempDir,
    receiver: Receiver,
    /// How often the queue was full.
    full: IntCounter,
    taker: Taker,
    shutdown: Shutdown,
    tasks: Tasks,
}

#[derive(Default)]
struct Taker {
    texts: Vec<String>,
    senders: Vec<String>,
    cut: Vec<Option<u64>>,
    tags: Vec<u64>,
}

impl Output for Taker {
    fn send(&mut self, record: &Record<'_>) -> bool {
        let origin = header::read(record.origin);
        assert_eq!(origin.sequence, self.texts.len() as u64);
        self.texts.push(String::from_utf8_lossy(record.bytes).into_owned());
        self.senders.push(origin.sender.unwrap_or_default().to_owned());
        self.cut.push(origin.cut.map(|cut| cut.bytes));
        self.tags.push(record.tag);
        true
    }
}

impl Lab {
    fn new() -> Self {
        let registry = Registry::new();
        let (dir, queue, stream) = testing::queue("x");
        let full = queue.metrics().full.clone();
        let metrics = SyslogMetrics::register(&registry).unwrap();
        let shutdown = Shutdown::new();
        Self {
            _dir: dir,
            receiver: Receiver { queue, stream, metrics, rate: None },
            full,
            taker: Taker::default(),
            tasks: Tasks::new(&shutdown),
            shutdown,
        }
    }

    async fn tcp(&mut self) -> SocketAddr {
        let tcp = Tcp::bind((Ipv4Addr::LOCALHOST, 0).into(), None).await.unwrap();
        let address = tcp.address();
        self.tasks.spawn("tcp", tcp.run(self.receiver.clone(), self.shutdown.clone()));
        address
    }

    async fn tls(&mut self, tls: &tls::Files) -> SocketAddr {
        let tcp = Tcp::bind((Ipv4Addr::LOCALHOST, 0).into(), Some(tls)).await.unwrap();
        let address = tcp.address();
        self.tasks.spawn("tls", tcp.run(self.receiver.clone(), self.shutdown.clone()));
        address
    }

    fn limit(&mut self, per_second: u32) {
        self.receiver.rate = Some(Arc::new(Mutex::new(Rate::new(per_second))));
    }

    async fn udp(&mut self, address: SocketAddr) -> SocketAddr {
        let udp = Udp::bind(address).await.unwrap();
        let address = udp.address();
        self.tasks.spawn("udp", udp.run(self.receiver.clone(), self.shutdown.clone()));
        address
    }

    /// Waits until `records` have come through, confirming what does.
    async fn take(&mut self, records: usize) {
        let taking = async {
            while self.taker.texts.len() < records {
                tokio::task::yield_now().await;
                let from = self.taker.tags.len();
                self.receiver.queue.send(&mut self.taker, &mut String::new());
                for tag in &self.taker.tags[from..] {
                    self.receiver.queue.confirm(*tag);
                }
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(20), taking).await;
        assert!(in_time.is_ok(), "only {} of {records} came", self.taker.texts.len());
    }

    async fn end(self) -> Taker {
        self.shutdown.begin();
        self.tasks.join(Duration::from_secs(5)).await.unwrap();
        assert!(self.receiver.queue.is_empty());
        self.taker
    }
}

#[tokio::test]
async fn datagrams_are_messages_with_their_sender() {
    let mut lab = Lab::new();
    let address = lab.udp((Ipv4Addr::LOCALHOST, 0).into()).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for message in ["<13>one", "<13>two\n", "\n", "", "<13>th\nree\0"] {
        socket.send_to(message.as_bytes(), address).await.unwrap();
    }
    let longest = "x".repeat(65_507);
    socket.send_to(longest.as_bytes(), address).await.unwrap();
    lab.take(4).await;
    assert_eq!(lab.receiver.metrics.datagrams.get(), 4);
    let taken = lab.end().await;
    assert_eq!(taken.texts, ["<13>one", "<13>two", "<13>th\nree", &longest]);
    assert!(taken.senders.iter().all(|sender| sender == "127.0.0.1"));
}

#[tokio::test]
async fn an_ipv4_sender_on_an_ipv6_socket_has_its_ipv4_address() {
    let mut lab = Lab::new();
    let address = lab.udp((Ipv6Addr::UNSPECIFIED, 0).into()).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(b"<13>one", ("127.0.0.1", address.port())).await.unwrap();
    lab.take(1).await;
    assert_eq!(lab.end().await.senders, ["127.0.0.1"]);
}

#[tokio::test]
async fn both_framings_on_one_connection_in_any_pieces() {
    let mut lab = Lab::new();
    let address = lab.tcp().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in ["7 <1", "3>one<", "13>two\r", "\n12 <13>th\nree!!<13>un", "finished"] {
        stream.write_all(piece.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    }
    drop(stream);
    lab.take(4).await;
    let taken = lab.end().await;
    assert_eq!(taken.texts, ["<13>one", "<13>two", "<13>th\nree!!", "<13>unfinished"]);
}

#[tokio::test]
async fn connections_share_the_stream_and_keep_their_own_order() {
    let mut lab = Lab::new();
    let address = lab.tcp().await;
    let send = |name: &'static str| async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        for n in 0..500 {
            stream.write_all(format!("<13>{name} {n}\n").as_bytes()).await.unwrap();
        }
    };
    tokio::join!(send("a"), send("b"), send("c"), lab.take(1500));
    assert_eq!(lab.receiver.metrics.accepted.get(), 3);
    let taken = lab.end().await;
    for name in ["a", "b", "c"] {
        let of_one = taken.texts.iter().filter(|text| text.starts_with(&format!("<13>{name}")));
        let expected: Vec<_> = (0..500).map(|n| format!("<13>{name} {n}")).collect();
        assert!(of_one.eq(&expected));
    }
}

#[tokio::test]
async fn a_full_queue_makes_the_sender_wait_and_loses_nothing() {
    let mut lab = Lab::new();
    let address = lab.tcp().await;
    let messages = 3 * spool::BYTES_MAX_MIN as usize / 10_000;
    let send = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let message = format!("10004 <13>{}", "x".repeat(10_000));
        for _ in 0..messages {
            stream.write_all(message.as_bytes()).await.unwrap();
        }
    };
    tokio::pin!(send);
    // Nobody takes anything: the queue comes to be full, and the sender to wait.
    let full = async {
        while lab.full.get() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = &mut send => panic!("{messages} messages went through without room for them"),
        () = full => {}
    }
    assert!(lab.receiver.queue.left().0 < messages as u64 / 2);
    tokio::join!(send, lab.take(messages));
    assert!(lab.end().await.texts.iter().all(|text| text.len() == 10_004));
}

#[tokio::test]
async fn a_long_message_is_cut_and_the_connection_goes_on() {
    let mut lab = Lab::new();
    let address = lab.tcp().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let long = "x".repeat(3 * RAW_BYTES_MAX);
    let send = async {
        stream.write_all(format!("<13>{long}\n<13>next\n").as_bytes()).await.unwrap();
        drop(stream);
    };
    tokio::join!(send, lab.take(2));
    let taken = lab.end().await;
    assert_eq!((taken.texts[0].len(), taken.texts[1].as_str()), (RAW_BYTES_MAX, "<13>next"));
    assert_eq!(taken.cut, [Some(4 + 3 * RAW_BYTES_MAX as u64), None]);
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let first = Tcp::bind((Ipv4Addr::LOCALHOST, 0).into(), None).await.unwrap();
    let error = Tcp::bind(first.address(), None).await.err().unwrap().to_string();
    assert!(error.contains(&first.address().to_string()) && error.contains("tcp"), "{error}");
}

#[tokio::test]
async fn a_sender_beyond_its_rate_waits_on_tcp_and_is_cut_on_udp() {
    let mut lab = Lab::new();
    lab.limit(50);
    let udp = lab.udp((Ipv4Addr::LOCALHOST, 0).into()).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for n in 0..500 {
        socket.send_to(format!("<13>{n}").as_bytes(), udp).await.unwrap();
    }
    lab.take(50).await;
    let metrics = lab.receiver.metrics.clone();
    while metrics.datagrams.get() < 500 {
        tokio::task::yield_now().await;
    }
    let dropped = metrics.rate_dropped.get();
    let kept = 500 - usize::try_from(dropped).unwrap();
    assert!(dropped > 0);
    lab.take(kept).await;

    let tcp = lab.tcp().await;
    let text: String = (0..100).map(|n| format!("<13>{n}\n")).collect();
    TcpStream::connect(tcp).await.unwrap().write_all(text.as_bytes()).await.unwrap();
    lab.take(kept + 100).await;
    assert!(metrics.rate_waits.get() > 0);
    lab.end().await;
}

#[tokio::test]
async fn tls_lets_in_who_shows_a_certificate_and_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let authority = certificates::Authority::new();
    let ca = authority.write(dir.path());
    let server = authority.issue("127.0.0.1", dir.path(), "server");
    let device = authority.issue("device-7", dir.path(), "device");
    let stranger = certificates::Authority::new().issue("device-7", dir.path(), "stranger");
    let tls = tls::Files {
        certificate_file: server.certificate,
        key_file: server.key,
        client_ca_file: Some(ca.clone()),
    };
    let mut lab = Lab::new();
    let address = lab.tls(&tls).await;
    for refused in [None, Some(&stranger)] {
        // With TLS 1.3 a client learns only when it reads that it was not let in.
        if let Ok(mut stream) = client::connect(&ca, refused, address).await {
            let _ = stream.write_all(b"<13>forged\n").await;
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut [0]).await;
        }
    }
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"<13>no tls at all, for as long as it takes\n").await.unwrap();
    let mut stream = client::connect(&ca, Some(&device), address).await.unwrap();
    stream.write_all(b"<13>one\n7 <13>two").await.unwrap();
    stream.shutdown().await.unwrap();
    lab.take(2).await;
    while lab.receiver.metrics.tls_errors.get() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(lab.end().await.texts, ["<13>one", "<13>two"]);
}
