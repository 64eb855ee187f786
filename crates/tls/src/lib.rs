//! TLS of our own listeners, certificates from files that are taken up anew when they change, of
//! clients that ask an authority, and of such as know a server otherwise.

mod client;
mod judge;
mod own;
mod renewing;

pub use client::{ClientFiles, client};
pub use judge::{Judge, Judged, Shown};
pub use renewing::Renewing;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Debian's bundle of authorities.
pub const CA_FILE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A certificate or key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {path}: {problem}", path = path.display())]
pub struct Error {
    /// The PEM file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

/// Who a listener is, and whom it lets in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// PEM file of its certificate and what lies between it and its authority.
    pub certificate_file: PathBuf,
    /// PEM file of its private key.
    pub key_file: PathBuf,
    /// PEM file of the authorities of which a client must show a certificate; without it, anybody
    /// may connect.
    #[serde(default)]
    pub client_ca_file: Option<PathBuf>,
}

impl Files {
    /// Reads the files.
    pub fn acceptor(&self) -> Result<TlsAcceptor, Error> {
        Ok(TlsAcceptor::from(Arc::new(self.config()?)))
    }

    /// When the certificate ends.
    pub fn ends(&self) -> Result<SystemTime, Error> {
        let der = certificates(&self.certificate_file)?.swap_remove(0);
        let (_, certificate) = X509Certificate::from_der(&der)
            .map_err(|error| failed(&self.certificate_file, error))?;
        // One that ends before 1970 has ended.
        let seconds = u64::try_from(certificate.validity().not_after.timestamp()).unwrap_or(0);
        Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }

    fn config(&self) -> Result<ServerConfig, Error> {
        let chain = certificates(&self.certificate_file)?;
        let key = PrivateKeyDer::from_pem_file(&self.key_file)
            .map_err(|error| failed(&self.key_file, error))?;
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&self.certificate_file, error))?;
        let builder = match &self.client_ca_file {
            None => builder.with_no_client_auth(),
            Some(file) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(file)? {
                    roots.add(certificate).map_err(|error| failed(file, error))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                builder.with_client_cert_verifier(verifier.build().map_err(|e| failed(file, e))?)
            }
        };
        builder.with_single_cert(chain, key).map_err(|error| failed(&self.certificate_file, error))
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        let files = [Some(&self.certificate_file), Some(&self.key_file)];
        files.into_iter().chain([self.client_ca_file.as_ref()]).flatten().map(PathBuf::as_path)
    }
}

/// The certificates of a PEM file, at least one.
pub fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(file, error))?;
    if found.is_empty() {
        return Err(failed(file, "it holds no certificate"));
    }
    Ok(found)
}

fn failed(path: &Path, problem: impl ToString) -> Error {
    Error { path: path.into(), problem: problem.to_string() }
}
