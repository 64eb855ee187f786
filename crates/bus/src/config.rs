//! Which Kafka cluster, and how to prove to it who we are.

use crate::Error;
use crate::wire::Hash;
use rdkafka::config::ClientConfig;
use std::path::{Path, PathBuf};

/// The `[bus]` table of every service.
///
/// With `tls`, brokers must show a certificate of the given authority, and we show ours where
/// one is named; with `sasl`, we log in by password. Both together are the usual production set-up.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Brokers to begin with, as `host:port[,host:port…]`.
    pub brokers: String,
    /// Encryption, and our certificate.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// Login by user and password.
    #[serde(default)]
    pub sasl: Option<Sasl>,
}

/// Encryption of the connections.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM file of the authorities that may have signed a broker's certificate; without it, the
    /// system's own.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Our certificate and its key, for brokers that ask for one.
    #[serde(default)]
    pub identity: Option<Identity>,
}

/// A client certificate.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// PEM file of the certificate and what lies between it and the authority.
    pub certificate_file: PathBuf,
    /// PEM file of its private key.
    pub key_file: PathBuf,
}

/// Login by user and password.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sasl {
    /// How the password is proved.
    #[serde(default)]
    pub mechanism: Mechanism,
    /// The user.
    pub user: String,
    /// File whose first line is the password.
    pub password_file: PathBuf,
}

/// Ways to prove a password without sending it.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
pub enum Mechanism {
    /// SCRAM with SHA-512.
    #[default]
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
    /// SCRAM with SHA-256.
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
}

impl Config {
    /// A cluster reached without encryption or login, as on one machine.
    pub fn new(brokers: impl Into<String>) -> Self {
        Self { brokers: brokers.into(), tls: None, sasl: None }
    }

    /// The files that are read when a client is opened: authorities, certificate, key, password.
    /// Who wants to follow their renewal opens another client when one of them has changed.
    pub fn files(&self) -> Vec<&Path> {
        let tls = self.tls.iter();
        let authorities = tls.clone().filter_map(|tls| tls.ca_file.as_deref());
        let identity = tls.filter_map(|tls| tls.identity.as_ref()).flat_map(|identity| {
            [identity.certificate_file.as_path(), identity.key_file.as_path()]
        });
        let passwords = self.sasl.iter().map(|sasl| sasl.password_file.as_path());
        authorities.chain(identity).chain(passwords).collect()
    }

    /// What all of our clients have in common. Reads the password file.
    pub(crate) fn client(&self, client_id: &str) -> Result<ClientConfig, Error> {
        check_brokers(&self.brokers)?;
        let mut client = ClientConfig::new();
        client
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", client_id)
            // A broker that restarts on the same machine is back within a second or two.
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "2000")
            // Links to distant brokers die without a word behind some firewalls.
            .set("socket.keepalive.enable", "true")
            .set("socket.nagle.disable", "true")
            // A broker that hangs is asked again, or left, after this long and not after a minute.
            .set("socket.timeout.ms", "15000");
        let protocol = match (&self.tls, &self.sasl) {
            (None, None) => "plaintext",
            (Some(_), None) => "ssl",
            (None, Some(_)) => "sasl_plaintext",
            (Some(_), Some(_)) => "sasl_ssl",
        };
        client.set("security.protocol", protocol);
        if let Some(tls) = &self.tls {
            tls.apply(&mut client);
        }
        if let Some(sasl) = &self.sasl {
            sasl.apply(&mut client)?;
        }
        Ok(client)
    }
}

impl Tls {
    fn apply(&self, client: &mut ClientConfig) {
        if let Some(file) = &self.ca_file {
            client.set("ssl.ca.location", file.to_string_lossy());
        }
        if let Some(identity) = &self.identity {
            client
                .set("ssl.certificate.location", identity.certificate_file.to_string_lossy())
                .set("ssl.key.location", identity.key_file.to_string_lossy());
        }
    }
}

impl Mechanism {
    /// Its name in Kafka's protocol, and its hash.
    pub(crate) fn wire(self) -> (&'static str, Hash) {
        match self {
            Self::ScramSha512 => ("SCRAM-SHA-512", Hash::Sha512),
            Self::ScramSha256 => ("SCRAM-SHA-256", Hash::Sha256),
        }
    }
}

impl Sasl {
    /// The first line of the password file.
    pub(crate) fn password(&self) -> Result<String, Error> {
        let path = &self.password_file;
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::Password { path: path.clone(), source })?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }

    fn apply(&self, client: &mut ClientConfig) -> Result<(), Error> {
        client
            .set("sasl.mechanism", self.mechanism.wire().0)
            .set("sasl.username", &self.user)
            .set("sasl.password", self.password()?);
        Ok(())
    }
}

/// librdkafka passes over what it cannot parse, and would then wait for ever for a broker.
fn check_brokers(brokers: &str) -> Result<(), Error> {
    let legal = |broker: &str| {
        let (host, port) = broker.trim().rsplit_once(':')?;
        let named = !host.is_empty() && !host.contains(char::is_whitespace);
        (named && port.parse::<u16>().is_ok_and(|port| port > 0)).then_some(())
    };
    match brokers.split(',').find(|broker| legal(broker).is_none()) {
        None => Ok(()),
        Some(broker) => Err(Error::Brokers { broker: broker.trim().into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_are_host_and_port() {
        for (brokers, valid) in [
            ("127.0.0.1:19092", true),
            ("a.gov.bd:9092, b.gov.bd:9092", true),
            ("[::1]:9092", true),
            ("", false),
            ("localhost", false),
            ("localhost:", false),
            (":9092", false),
            ("a:9092,,b:9092", false),
            ("a:70000", false),
            ("a b:1", false),
        ] {
            assert_eq!(Config::new(brokers).client("test").is_ok(), valid, "{brokers:?}");
        }
    }

    #[test]
    fn protocol_follows_tls_and_sasl() {
        let password = std::env::temp_dir().join(format!("bus-password-{}", std::process::id()));
        std::fs::write(&password, "secret\n").unwrap();
        let tls = Some(Tls { ca_file: None, identity: None });
        let sasl = Some(Sasl {
            mechanism: Mechanism::default(),
            user: "u".into(),
            password_file: password.clone(),
        });
        for (tls, sasl, protocol) in [
            (None, None, "plaintext"),
            (tls.clone(), None, "ssl"),
            (None, sasl.clone(), "sasl_plaintext"),
            (tls, sasl, "sasl_ssl"),
        ] {
            let config = Config { tls, sasl, ..Config::new("a:1") };
            let client = config.client("test").unwrap();
            assert_eq!(client.get("security.protocol"), Some(protocol));
            if config.sasl.is_some() {
                assert_eq!(client.get("sasl.password"), Some("secret"));
            }
        }
        std::fs::remove_file(password).unwrap();
    }
}
