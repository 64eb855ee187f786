//! Servers that are known otherwise than by an authority and a name.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use std::sync::Arc;

/// What a server shows of itself.
#[derive(Debug)]
pub struct Shown<'a> {
    /// Its certificate.
    pub certificate: &'a CertificateDer<'a>,
    /// What lies between it and its authority, as it sends it.
    pub chain: &'a [CertificateDer<'a>],
    /// Under which name it was called.
    pub name: &'a ServerName<'a>,
    /// What it says of its certificate's revocation.
    pub ocsp: &'a [u8],
    /// When that is.
    pub now: UnixTime,
}

/// Says whether a certificate is the right one. That the server holds the certificate's key is
/// verified beside it, as ever.
pub trait Judge: std::fmt::Debug + Send + Sync {
    /// An error ends the handshake.
    fn judge(&self, shown: &Shown<'_>) -> Result<(), rustls::Error>;
}

/// A verifier that asks a [`Judge`].
#[derive(Debug)]
pub struct Judged<J> {
    judge: J,
    provider: Arc<CryptoProvider>,
}

impl<J: Judge> Judged<J> {
    /// With the usual cryptography.
    pub fn by(judge: J) -> Self {
        Self { judge, provider: Arc::new(ring::default_provider()) }
    }
}

impl<J: Judge> ServerCertVerifier for Judged<J> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Shown {
            certificate: end_entity,
            chain: intermediates,
            name: server_name,
            ocsp: ocsp_response,
            now,
        };
        self.judge.judge(&shown).map(|()| ServerCertVerified::assertion())
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
