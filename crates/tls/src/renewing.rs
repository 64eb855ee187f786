//! An acceptor that takes up what its files became.

use crate::{Error, Files};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_rustls::TlsAcceptor;

/// What the files held when they were read last.
type Held = Vec<Option<Vec<u8>>>;

/// An acceptor whose certificate may be renewed while it listens; clones share it.
///
/// Connections that stand keep the certificate with which they began.
#[derive(Clone)]
pub struct Renewing {
    files: Arc<Files>,
    now: Arc<Mutex<(Held, TlsAcceptor)>>,
}

impl Renewing {
    /// Reads the files.
    pub fn open(files: Files) -> Result<Self, Error> {
        let held = held(&files);
        let acceptor = files.acceptor()?;
        Ok(Self { files: Arc::new(files), now: Arc::new(Mutex::new((held, acceptor))) })
    }

    /// The acceptor for the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Looks at the files again, and tells whether they were taken up. Blocks.
    ///
    /// Where they cannot be used the acceptor stays as it was, and the next look tries again: a
    /// certificate and its key are two files, which somebody writes one after the other.
    pub fn look(&self) -> Result<bool, Error> {
        let held = held(&self.files);
        if self.now.lock().unwrap_or_else(PoisonError::into_inner).0 == held {
            return Ok(false);
        }
        let acceptor = self.files.acceptor()?;
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = (held, acceptor);
        Ok(true)
    }
}

fn held(files: &Files) -> Held {
    files.paths().map(|path| std::fs::read(path).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, RootCertStore};
    use std::path::Path;
    use tokio_rustls::TlsConnector;

    /// A certificate and key for `soc.example`, with the certificate as it is sent.
    fn made() -> (String, String, CertificateDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["soc.example".into()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem(), certificate.der().clone())
    }

    fn write(dir: &Path, certificate: &str, key: &str) -> Files {
        let files = Files {
            certificate_file: dir.join("soc.pem"),
            key_file: dir.join("soc.key"),
            client_ca_file: None,
        };
        std::fs::write(&files.certificate_file, certificate).unwrap();
        std::fs::write(&files.key_file, key).unwrap();
        files
    }

    /// Whether a client that trusts only `certificate` gets through.
    async fn trusts(acceptor: TlsAcceptor, certificate: CertificateDer<'static>) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let (here, there) = tokio::io::duplex(64 * 1024);
        let name = ServerName::try_from("soc.example").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let (client, _) = tokio::join!(connector.connect(name, here), acceptor.accept(there));
        client.is_ok()
    }

    #[tokio::test]
    async fn new_files_are_taken_up_and_broken_ones_leave_it_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let ((old, old_key, old_der), (new, new_key, new_der)) = (made(), made());
        let renewing = Renewing::open(write(dir.path(), &old, &old_key)).unwrap();
        assert!(!renewing.look().unwrap(), "nothing changed");
        assert!(trusts(renewing.acceptor(), old_der.clone()).await);
        // The new certificate is there, its key not yet.
        let files = write(dir.path(), &new, &old_key);
        let error = renewing.look().unwrap_err();
        assert!(error.to_string().contains("soc.pem"), "{error}");
        assert!(trusts(renewing.acceptor(), old_der.clone()).await);
        std::fs::write(&files.key_file, &new_key).unwrap();
        assert!(renewing.look().unwrap());
        assert!(trusts(renewing.acceptor(), new_der.clone()).await);
        assert!(!trusts(renewing.acceptor(), old_der).await);
        // Both gone: what was taken up still serves.
        std::fs::remove_file(&files.certificate_file).unwrap();
        assert!(renewing.look().is_err());
        assert!(trusts(renewing.acceptor(), new_der).await);
    }

    #[test]
    fn what_is_no_certificate_is_told_with_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key, _) = made();
        for (certificate, key, file) in
            [("", key.as_str(), "soc.pem"), (certificate.as_str(), "no key", "soc.key")]
        {
            let error = Renewing::open(write(dir.path(), certificate, key)).err().unwrap();
            assert!(error.to_string().contains(file), "{error}");
        }
    }
}
