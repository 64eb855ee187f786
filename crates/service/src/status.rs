//! Whether the service works: `/live`, `/ready` and `/metrics`.

use crate::{Error, Shutdown};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::{Encoder, Registry, TextEncoder};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;

/// What each part of a service says of itself; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Status(Arc<Mutex<BTreeMap<&'static str, Result<(), String>>>>);

/// One part's handle.
#[derive(Debug, Clone)]
pub struct Part {
    name: &'static str,
    status: Status,
}

impl Status {
    /// A status without parts: ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part, which is not ready until it says so.
    pub fn part(&self, name: &'static str) -> Part {
        let part = Part { name, status: self.clone() };
        part.down("starting");
        part
    }

    /// The parts that do not work, with what they say.
    pub fn down(&self) -> Vec<(&'static str, String)> {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.iter().filter_map(|(name, s)| Some((*name, s.clone().err()?))).collect()
    }
}

impl Part {
    /// This part works.
    pub fn up(&self) {
        self.set(Ok(()));
    }

    /// This part does not work, and why.
    pub fn down(&self, why: impl Into<String>) {
        self.set(Err(why.into()));
    }

    fn set(&self, state: Result<(), String>) {
        let mut parts = self.status.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.insert(self.name, state);
    }
}

/// The three routes, for a service's own server or to be merged into a larger one.
pub fn router(registry: Registry, status: Status) -> Router {
    Router::new()
        .route("/live", get(|| async { "live\n" }))
        .route("/ready", get(ready).with_state(status))
        .route("/metrics", get(metrics).with_state(registry))
}

async fn ready(State(status): State<Status>) -> Response {
    let down = status.down();
    if down.is_empty() {
        return "ready\n".into_response();
    }
    let lines: String = down.iter().map(|(name, why)| format!("{name}: {why}\n")).collect();
    (StatusCode::SERVICE_UNAVAILABLE, lines).into_response()
}

async fn metrics(State(registry): State<Registry>) -> Response {
    let mut text = Vec::new();
    let encoder = TextEncoder::new();
    match encoder.encode(&registry.gather(), &mut text) {
        Ok(()) => {
            ([(header::CONTENT_TYPE, encoder.format_type().to_owned())], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// A bound server for the three routes. Binding is apart from serving, so that a taken port stops
/// a service before it does anything else.
pub struct Server {
    listener: TcpListener,
}

impl Server {
    /// Binds `address`.
    pub async fn bind(address: SocketAddr) -> Result<Self, Error> {
        let listener =
            TcpListener::bind(address).await.map_err(|source| Error::Bind { address, source })?;
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "serving /metrics, /live and /ready");
        }
        Ok(Self { listener })
    }

    /// The bound address.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the shutdown begins.
    pub async fn serve(self, router: Router, shutdown: Shutdown) -> Result<(), Error> {
        axum::serve(self.listener, router)
            .with_graceful_shutdown(async move { shutdown.begun().await })
            .await
            .map_err(Error::Serve)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tasks;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn ready_names_the_part_that_is_down() {
        let registry = Registry::new();
        let counter = prometheus::IntCounter::new("seen_total", "Seen.").unwrap();
        registry.register(Box::new(counter.clone())).unwrap();
        counter.inc();
        let (status, shutdown) = (Status::new(), Shutdown::new());
        let kafka = status.part("kafka");
        let server = Server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = server.address().unwrap();
        let mut tasks = Tasks::new(&shutdown);
        tasks.spawn("status", server.serve(router(registry, status), shutdown.clone()));

        let answer = get(address, "/ready").await;
        assert!(answer.starts_with("HTTP/1.1 503") && answer.ends_with("kafka: starting\n"));
        kafka.up();
        assert!(get(address, "/ready").await.starts_with("HTTP/1.1 200"));
        assert!(get(address, "/live").await.ends_with("live\n"));
        assert!(get(address, "/metrics").await.contains("seen_total 1"));
        shutdown.begin();
        tasks.join(Duration::from_secs(5)).await.unwrap();
    }

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let first = Server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = first.address().unwrap();
        let error = Server::bind(address).await.err().unwrap();
        assert!(error.to_string().contains(&address.to_string()));
    }
}
