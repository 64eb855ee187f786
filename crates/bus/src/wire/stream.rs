//! A connection to a broker, encrypted or not.

use crate::Error;
use crate::config::Tls;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long connecting, and each wait for an answer, may take.
const ANSWER: Duration = Duration::from_secs(15);
/// Debian's authorities, where none are named.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    /// Connects to `broker`, `host:port`.
    pub(super) fn connect(tls: Option<&Tls>, broker: &str) -> Result<Self, Error> {
        let failed = |source| Error::Wire { what: "connect", source };
        let address = broker.to_socket_addrs().map_err(failed)?.next();
        let address = address.ok_or_else(|| Error::Brokers { broker: broker.into() })?;
        let tcp = TcpStream::connect_timeout(&address, ANSWER).map_err(failed)?;
        tcp.set_nodelay(true).map_err(failed)?;
        tcp.set_read_timeout(Some(ANSWER)).map_err(failed)?;
        tcp.set_write_timeout(Some(ANSWER)).map_err(failed)?;
        let Some(tls) = tls else { return Ok(Self::Plain(tcp)) };
        let host = broker.rsplit_once(':').map_or(broker, |(host, _)| host);
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|_| Error::Brokers { broker: broker.into() })?;
        let client = ClientConnection::new(Arc::new(client(tls)?), name)
            .map_err(|error| failed(std::io::Error::other(error)))?;
        Ok(Self::Tls(Box::new(StreamOwned::new(client, tcp))))
    }
}

fn client(tls: &Tls) -> Result<ClientConfig, Error> {
    let authorities = tls.ca_file.as_deref().unwrap_or_else(|| Path::new(SYSTEM_AUTHORITIES));
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authorities)? {
        roots.add(certificate).map_err(|error| unusable(authorities, error))?;
    }
    let builder =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(authorities, error))?
            .with_root_certificates(roots);
    let Some(identity) = &tls.identity else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates(&identity.certificate_file)?;
    let key = PrivateKeyDer::from_pem_file(&identity.key_file)
        .map_err(|error| unusable(&identity.key_file, error))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|error| unusable(&identity.certificate_file, error))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(file, error))
}

fn unusable(path: &Path, problem: impl ToString) -> Error {
    Error::Certificate { path: path.into(), problem: problem.to_string() }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
