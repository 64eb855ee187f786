//! A client that knows the listener by its own certificate, as on the host where the files are.

use crate::{Error, Files, Judge, Judged, Shown, certificates, failed};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::net::TcpStream;
use std::sync::Arc;

impl Files {
    /// Speaks TLS on `stream` with a listener that must show just this certificate; neither its name
    /// nor its authority matters. Handshakes with the first byte.
    pub fn speak(
        &self,
        stream: TcpStream,
    ) -> Result<StreamOwned<ClientConnection, TcpStream>, Error> {
        let failed = |error: rustls::Error| failed(&self.certificate_file, error);
        let own = certificates(&self.certificate_file)?.swap_remove(0);
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Judged::by(Own(own))))
            .with_no_client_auth();
        let name = ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into());
        let client = ClientConnection::new(Arc::new(config), name).map_err(failed)?;
        Ok(StreamOwned::new(client, stream))
    }
}

#[derive(Debug)]
struct Own(CertificateDer<'static>);

impl Judge for Own {
    fn judge(&self, shown: &Shown<'_>) -> Result<(), rustls::Error> {
        if *shown.certificate == self.0 {
            return Ok(());
        }
        Err(rustls::Error::General("it shows another certificate than its file holds".into()))
    }
}
