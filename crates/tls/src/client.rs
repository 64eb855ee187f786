//! A client of servers that an authority vouches for.

use crate::{Error, certificates, failed};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Who a client is, for servers that ask.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientFiles {
    /// PEM file of its certificate and what lies between it and its authority.
    pub certificate_file: PathBuf,
    /// PEM file of its private key.
    pub key_file: PathBuf,
}

/// Speaks TLS 1.2 and 1.3 with servers that an authority of `ca_file` vouches for, by HTTP/1.1.
pub fn client(ca_file: &Path, identity: Option<&ClientFiles>) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca_file)? {
        roots.add(certificate).map_err(|error| failed(ca_file, error))?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(ca_file, error))?
        .with_root_certificates(roots);
    let Some(ClientFiles { certificate_file, key_file }) = identity else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(certificate_file)?;
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| failed(key_file, error))?;
    builder.with_client_auth_cert(chain, key).map_err(|error| failed(certificate_file, error))
}
