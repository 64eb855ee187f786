//! Whom to believe: before enrolment the authority whose hash the token holds, then our own.

use crate::Error;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use tls::{Judge, Judged, Shown, certificates};

pub(super) enum Trust {
    /// The authority's certificate has this SHA-256, in hex, and the server sends it along.
    Pinned(String),
    /// We have the authority's certificate, and one of our own.
    Known { authority: PathBuf, certificate: PathBuf, key: PathBuf },
}

impl Trust {
    pub(super) fn client(&self) -> Result<Arc<ClientConfig>, Error> {
        let failed = |reason: String| Error::Enrol { what: "set up tls", reason };
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(error.to_string()))?;
        let config = match self {
            Self::Pinned(pin) => {
                let verifier = Pinned { pin: pin.to_ascii_lowercase(), provider };
                builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(Judged::by(verifier)))
                    .with_no_client_auth()
            }
            Self::Known { authority, certificate, key } => {
                let mut roots = RootCertStore::empty();
                for root in certificates(authority)? {
                    roots.add(root).map_err(|error| failed(error.to_string()))?;
                }
                let key = PrivateKeyDer::from_pem_file(key)
                    .map_err(|error| failed(format!("{}: {error}", key.display())))?;
                builder
                    .with_root_certificates(roots)
                    .with_client_auth_cert(certificates(certificate)?, key)
                    .map_err(|error| failed(error.to_string()))?
            }
        };
        Ok(Arc::new(config))
    }
}

/// Verifies as usual, with the one authority that the token names.
#[derive(Debug)]
struct Pinned {
    pin: String,
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    fn verifier(
        &self,
        authority: &CertificateDer<'_>,
    ) -> Result<Arc<WebPkiServerVerifier>, rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(roots.into(), self.provider.clone())
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Judge for Pinned {
    fn judge(&self, shown: &Shown<'_>) -> Result<(), rustls::Error> {
        let pinned = shown.chain.iter().find(|der| hex(&Sha256::digest(der)) == self.pin);
        let authority = pinned.ok_or_else(|| {
            rustls::Error::General("the server is not of the authority that the token names".into())
        })?;
        let Shown { certificate, chain, name, ocsp, now } = *shown;
        self.verifier(authority)?.verify_server_cert(certificate, chain, name, ocsp, now).map(drop)
    }
}
