//! Whom to believe: before enrolment the authority whose hash the token holds, then our own.

use crate::Error;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use tls::certificates;

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
                    .with_custom_certificate_verifier(Arc::new(verifier))
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

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let pinned = intermediates.iter().find(|der| hex(&Sha256::digest(der)) == self.pin);
        let authority = pinned.ok_or_else(|| {
            rustls::Error::General("the server is not of the authority that the token names".into())
        })?;
        self.verifier(authority)?.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
