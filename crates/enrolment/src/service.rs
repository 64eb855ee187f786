//! The enrolment's server: `POST /enrol` with a token, `POST /renew` with a certificate.
//!
//! Both take and give JSON. A collector knows the server by the authority that the token names, and
//! a renewal is known by the certificate that the connection was made with.

use crate::{Config, Error, Office};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::json;
use service::Shutdown;
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Connections at a time. Others are closed; a collector tries again.
const CONNECTIONS_MAX: usize = 64;
/// The longest body: a token and a signing request.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// How long a handshake and a request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pause after an accept that failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long requests under way have at the shutdown.
const DRAIN: Duration = Duration::from_secs(5);

/// A bound server.
pub struct Server {
    office: Arc<Office>,
    listener: TcpListener,
    tls: TlsAcceptor,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Enrol {
    token: String,
    csr: String,
    #[serde(default)]
    host: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Renew {
    csr: String,
}

/// Serves until the shutdown.
pub async fn run(config: Config, shutdown: Shutdown) -> Result<(), Error> {
    Server::bind(Arc::new(Office::open(config)?)).await?.serve(shutdown).await
}

impl Server {
    /// Binds the office's address, with a certificate of the office's own authority.
    pub async fn bind(office: Arc<Office>) -> Result<Self, Error> {
        let address = office.config().listen;
        let tls = acceptor(&office)?;
        let listener =
            TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })?;
        Ok(Self { office, listener, tls })
    }

    /// The bound address.
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap_or(self.office.config().listen)
    }

    /// Answers until the shutdown.
    pub async fn serve(self, shutdown: Shutdown) -> Result<(), Error> {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut connections = JoinSet::new();
        loop {
            // Cancel safety: `accept`, `join_next` and `begun` lose nothing when dropped.
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                Some(_) = connections.join_next() => continue,
                () = shutdown.begun() => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let Ok(place) = places.clone().try_acquire_owned() else { continue };
                    let (office, tls) = (self.office.clone(), self.tls.clone());
                    connections.spawn(async move {
                        let _place = place;
                        let served = connection(stream, tls, office);
                        if tokio::time::timeout(2 * PATIENCE, served).await.is_err() {
                            tracing::debug!(%peer, "a connection took too long");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        let drained = async { while connections.join_next().await.is_some() {} };
        // Who has no answer by then tries again.
        let _ = tokio::time::timeout(DRAIN, drained).await;
        Ok(())
    }
}

fn acceptor(office: &Office) -> Result<TlsAcceptor, Error> {
    let failed = |reason: String| Error::Certificate { what: "serve tls", reason };
    let issued = office.authority().server(&office.config().names, OffsetDateTime::now_utc())?;
    let chain = CertificateDer::pem_slice_iter(issued.chain.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes())
        .map_err(|error| failed(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(office.authority().pem().as_bytes())
        .map_err(|error| failed(error.to_string()))?;
    roots.add(authority).map_err(|error| failed(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // Who enrols has no certificate yet; one that is shown must be ours, and not too old.
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
        .allow_unauthenticated()
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(|error| failed(error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn connection(stream: TcpStream, tls: TlsAcceptor, office: Arc<Office>) {
    let stream = match tokio::time::timeout(PATIENCE, tls.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a tls handshake failed"),
        Err(_) => return,
    };
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let shown = shown.map(|certificate| crate::token::hex(&Sha256::digest(certificate)));
    let service = service_fn(|request| {
        let (office, shown) = (office.clone(), shown.clone());
        async move { Ok::<_, Infallible>(answer(request, office, shown).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection failed");
    }
}

async fn answer(
    request: Request<Incoming>,
    office: Arc<Office>,
    shown: Option<String>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let enrols = match head.uri.path() {
        "/enrol" => true,
        "/renew" => false,
        _ => return refusal(StatusCode::NOT_FOUND, "there are /enrol and /renew"),
    };
    if head.method != Method::POST {
        return refusal(StatusCode::METHOD_NOT_ALLOWED, "only POST is understood");
    }
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long or ends early");
    };
    let body = body.to_bytes();
    // Registry, signatures and Kafka block.
    let done = tokio::task::spawn_blocking(move || match enrols {
        true => match serde_json::from_slice::<Enrol>(&body) {
            Ok(Enrol { token, csr, host }) => office.enrol(&token, &csr, &host).map_err(Some),
            Err(_) => Err(None),
        },
        false => match (serde_json::from_slice::<Renew>(&body), shown) {
            (Ok(Renew { csr }), Some(shown)) => office.renew(&shown, &csr).map_err(Some),
            (Ok(_), None) => Err(Some(Error::Token)),
            (Err(_), _) => Err(None),
        },
    });
    match done.await {
        Ok(Ok(enrolled)) => reply(StatusCode::OK, &json!(enrolled)),
        Ok(Err(None)) => refusal(StatusCode::BAD_REQUEST, "the body is not understood"),
        Ok(Err(Some(error))) => refused(&error),
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "it failed"),
    }
}

fn refused(error: &Error) -> Response<Full<Bytes>> {
    let status = match error {
        Error::Token | Error::NoCollector { .. } => StatusCode::FORBIDDEN,
        Error::Certificate { .. } | Error::Config { .. } => StatusCode::BAD_REQUEST,
        _ => {
            let error = service::telemetry::chain(error);
            tracing::error!(error, "a collector could not be enrolled");
            return refusal(StatusCode::SERVICE_UNAVAILABLE, "not now: try again in a minute");
        }
    };
    refusal(status, &error.to_string())
}

fn refusal(status: StatusCode, error: &str) -> Response<Full<Bytes>> {
    reply(status, &json!({ "error": error }))
}

fn reply(status: StatusCode, body: &serde_json::Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    response
}
