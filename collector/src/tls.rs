//! Certificates for the inputs that listen.

use crate::Error;
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// `tls = { … }` of an input: who we are, and whom we let in.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    /// PEM file of our certificate and what lies between it and its authority.
    pub(crate) certificate_file: PathBuf,
    /// PEM file of its private key.
    pub(crate) key_file: PathBuf,
    /// PEM file of the authorities of which a client must show a certificate; without it, anybody
    /// may connect.
    pub(crate) client_ca_file: Option<PathBuf>,
}

impl Tls {
    /// Reads the files.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, Error> {
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
        let config = builder
            .with_single_cert(chain, key)
            .map_err(|error| failed(&self.certificate_file, error))?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

pub(crate) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(file, error))?;
    if found.is_empty() {
        return Err(failed(file, "it holds no certificate"));
    }
    Ok(found)
}

fn failed(path: &Path, problem: impl ToString) -> Error {
    Error::Certificate { path: path.into(), problem: problem.to_string() }
}
