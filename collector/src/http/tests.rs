//! Real requests on loopback.

use super::*;
use crate::queue::testing;
use service::{Registry, Tasks};
use std::io::Write as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

struct Lab {
    _dir: tempfile::TempDir,
    queue: Arc<Queue>,
    stream: StreamId,
    address: SocketAddr,
    metrics: HttpMetrics,
    shutdown: Shutdown,
    tasks: Tasks,
}

impl Lab {
    async fn new(token: Option<&str>) -> Self {
        let (dir, queue, stream) = testing::queue("http");
        let token = token.map(Into::into);
        let http = Http::bind(([127, 0, 0, 1], 0).into(), None, token).await.unwrap();
        let (address, shutdown) = (http.address(), Shutdown::new());
        let metrics = HttpMetrics::register(&Registry::new()).unwrap();
        let mut tasks = Tasks::new(&shutdown);
        tasks.spawn("http", http.run(queue.clone(), stream, metrics.clone(), shutdown.clone()));
        Self { _dir: dir, queue, stream, address, metrics, shutdown, tasks }
    }

    /// The answer's status, and all of it.
    async fn post(&self, path: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // A body that is refused early may meet a closed connection.
        let _ = stream.write_all(body).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or(0), answer)
    }

    async fn end(self) {
        self.shutdown.begin();
        self.tasks.join(Duration::from_secs(5)).await.unwrap();
    }
}

#[tokio::test]
async fn lines_and_otlp_logs_are_taken_packed_or_not() {
    let lab = Lab::new(None).await;
    let (status, answer) = lab.post("/", "", b"{\"a\":1}\n\n{\"a\":2}").await;
    assert!(status == 200 && answer.ends_with("{\"accepted\":2}"), "{answer}");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"three\n").unwrap();
    let mut packed = packed.finish().unwrap();
    // A second member.
    let mut second = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    second.write_all(b"four\n").unwrap();
    packed.extend(second.finish().unwrap());
    let (status, answer) = lab.post("/ndjson", "Content-Encoding: gzip\r\n", &packed).await;
    assert!(status == 200 && answer.ends_with("{\"accepted\":2}"), "{answer}");
    let export = br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{}},{"body":{}}]}]}]}"#;
    let (status, answer) = lab.post("/v1/logs", "", export).await;
    assert!(status == 200 && answer.ends_with("{\"partialSuccess\":{}}"), "{answer}");
    assert_eq!(lab.queue.left(), (6, 0));
    lab.end().await;
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_whole() {
    let lab = Lab::new(Some("secret")).await;
    let token = "Authorization: Bearer secret\r\n";
    for (path, headers, body, expected) in [
        ("/", "", &b"x"[..], 401),
        ("/", "Authorization: Bearer secre\r\n", b"x", 401),
        ("/", "Authorization: Bearer secretx\r\n", b"x", 401),
        ("/elsewhere", token, b"x", 404),
        ("/", &format!("{token}Content-Encoding: br\r\n"), b"x", 415),
        ("/", &format!("{token}Content-Encoding: gzip\r\n"), b"x", 400),
        ("/", token, &vec![b'x'; body::PACKED_BYTES_MAX + 1], 413),
        ("/v1/logs", token, b"not json", 400),
    ] {
        let (status, answer) = lab.post(path, headers, body).await;
        assert_eq!(status, expected, "{path} {headers} {answer}");
    }
    assert_eq!(lab.queue.left(), (0, 0));
    assert_eq!((lab.metrics.unauthorized.get(), lab.metrics.bad.get()), (3, 5));
    assert_eq!(lab.post("/", token, b"x").await.0, 200);
    lab.end().await;
}

#[tokio::test]
async fn under_pressure_the_sender_is_told_to_come_again() {
    let lab = Lab::new(None).await;
    let body = vec![b'x'; 1_000_000];
    let mut taken = 0;
    let answer = loop {
        match lab.post("/", "", &body).await {
            (200, _) => taken += 1,
            (_, answer) => break answer,
        }
    };
    assert!(answer.starts_with("HTTP/1.1 429") && answer.contains("retry-after: 5"), "{answer}");
    assert!((10..=16).contains(&taken));
    assert_eq!(lab.queue.left().0, taken);
    assert!(!lab.queue.has_room(lab.stream, body.len()));
    lab.end().await;
}
