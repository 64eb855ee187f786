//! The mail server.

use crate::config::{Mail, MailTls};
use crate::senders::{PATIENCE, each};
use crate::{Failure, Message};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{SmtpTransport, Transport as _};
use std::path::Path;

/// A mail server, not yet connected to.
pub(crate) struct Post {
    transport: SmtpTransport,
    from: Mailbox,
}

impl Post {
    pub(crate) fn open(mail: &Mail, ca_file: &Path) -> Result<Self, Failure> {
        let refused = |what: &str, why: &dyn std::fmt::Display| {
            Failure::of(format_args!("[notice.mail] {what}: {why}"))
        };
        let from = mail.from.parse::<Mailbox>().map_err(|error| refused("from", &error))?;
        let usual = match mail.tls {
            MailTls::Starttls => 587,
            MailTls::Tls => 465,
            MailTls::None => 25,
        };
        let (host, port) = match mail.server.rsplit_once(':') {
            None => (mail.server.as_str(), usual),
            Some((host, port)) => (host, port.parse().map_err(|error| refused("server", &error))?),
        };
        let tls = match mail.tls {
            MailTls::None => Tls::None,
            MailTls::Starttls => Tls::Required(trusting(host, ca_file)?),
            MailTls::Tls => Tls::Wrapper(trusting(host, ca_file)?),
        };
        let mut builder =
            SmtpTransport::builder_dangerous(host).port(port).tls(tls).timeout(Some(PATIENCE));
        if let Some(user) = &mail.user {
            let file = mail.password_file.as_ref();
            let file = file.ok_or_else(|| refused("password_file", &"a user has one"))?;
            let password =
                std::fs::read_to_string(file).map_err(|error| refused("password_file", &error))?;
            let password = password.trim_end_matches(['\n', '\r']).to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// A mail to each, so that one wrong address keeps it from nobody else.
    pub(crate) fn send(
        &self,
        to: &[String],
        message: &Message,
        base: &str,
    ) -> Result<Option<Failure>, Failure> {
        each(to, |address| self.send_one(address, message, base))
    }

    fn send_one(&self, to: &str, message: &Message, base: &str) -> Result<(), Failure> {
        let host = self.from.email.domain();
        let mut mail = lettre::Message::builder()
            .from(self.from.clone())
            .to(to.parse().map_err(Failure::of)?)
            .subject(message.headline())
            .message_id(Some(format!("<{}@{host}>", message.id)))
            .header(ContentType::TEXT_PLAIN)
            .body(message.text(base))
            .map_err(Failure::of)?;
        // So that nobody's out-of-office answers.
        mail.headers_mut().insert_raw(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
        self.transport.send(&mail).map(drop).map_err(Failure::of)
    }
}

/// TLS that trusts the authorities of the file and no others.
fn trusting(host: &str, ca_file: &Path) -> Result<TlsParameters, Failure> {
    let mut tls = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::None);
    for der in tls::certificates(ca_file).map_err(Failure::of)? {
        tls = tls.add_root_certificate(Certificate::from_der(der.to_vec()).map_err(Failure::of)?);
    }
    tls.build().map_err(Failure::of)
}
