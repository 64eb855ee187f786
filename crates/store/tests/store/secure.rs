//! ClickHouse by https: a server that the authority vouches for, and that asks who we are.

use crate::engine;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use store::{RawConfig, Store};
use tokio::net::{TcpListener, TcpStream};

/// An authority, and certificates of it as files.
struct Lab {
    folder: tempfile::TempDir,
    authority: Issuer<'static, KeyPair>,
}

impl Lab {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let own = params.self_signed(&key).unwrap();
        let authority = Issuer::new(params, key);
        let lab = Self { folder: tempfile::tempdir().unwrap(), authority };
        std::fs::write(lab.path("ca.pem"), own.pem()).unwrap();
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A certificate for that name with its key.
    fn issue(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        let paths = (self.path(&format!("{name}.pem")), self.path(&format!("{name}.key")));
        std::fs::write(&paths.0, certificate.pem()).unwrap();
        std::fs::write(&paths.1, key.serialize_pem()).unwrap();
        paths
    }
}

/// Ends TLS before the engine, for who shows a certificate of the authority; where it listens.
async fn front(lab: &Lab) -> SocketAddr {
    let (certificate_file, key_file) = lab.issue("localhost");
    let client_ca_file = Some(lab.path("ca.pem"));
    let acceptor = tls::Files { certificate_file, key_file, client_ca_file }.acceptor().unwrap();
    let engine = engine::url().strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    #[allow(clippy::disallowed_methods, reason = "it ends with the test")]
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, engine) = (acceptor.clone(), engine.clone());
            #[allow(clippy::disallowed_methods, reason = "it ends with the test")]
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let mut behind = TcpStream::connect(engine).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut behind).await;
                }
            });
        }
    });
    address
}

fn store(url: &str, ca_file: &Path, identity: Option<(PathBuf, PathBuf)>) -> Store {
    let identity = identity
        .map(|(certificate_file, key_file)| tls::ClientFiles { certificate_file, key_file });
    let raw = RawConfig {
        url: url.into(),
        user: "default".into(),
        password_file: None,
        ca_file: ca_file.into(),
        identity,
        database: "secure".into(),
    };
    Store::connect(&raw.try_into().unwrap())
}

#[tokio::test]
async fn by_https_both_sides_are_known() {
    let lab = Lab::new();
    let url = format!("https://localhost:{}", front(&lab).await.port());
    let (ca, identity) = (lab.path("ca.pem"), lab.issue("loader"));
    let known = store(&url, &ca, Some(identity.clone()));
    known.ping().await.unwrap();
    known.migrate().await.unwrap();
    assert!(store(&url, &ca, None).ping().await.is_err(), "who shows nothing is not let in");
    // Another authority than the server's.
    let other = Lab::new();
    let wary = store(&url, &other.path("ca.pem"), Some(identity.clone()));
    let error = service::telemetry::chain(&wary.ping().await.unwrap_err());
    assert!(error.contains("invalid peer certificate: "), "{error}");
    // Another name than the certificate's.
    let by_address = url.replace("localhost", "127.0.0.1");
    let error = service::telemetry::chain(
        &store(&by_address, &ca, Some(identity)).ping().await.unwrap_err(),
    );
    assert!(error.contains("not valid for name"), "{error}");
}
