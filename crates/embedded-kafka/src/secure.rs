//! Listeners for clients of other hosts: encrypted, with login by certificate or by password.
//!
//! Whoever comes in there may do only what Kafka's access rules allow it ([`Secure::users`] and the
//! common names of certificates are the rules' principals). Who comes in on loopback is the stack
//! itself and may do everything.

use crate::Error;
use std::fmt::Display;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// What those listeners need.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secure {
    /// Where clients with a certificate of `client_ca_file` connect.
    pub tls: SocketAddr,
    /// Where clients with a password connect, encrypted as well.
    #[serde(default)]
    pub scram: Option<SocketAddr>,
    /// The name or address by which clients reach this host; without it, the listeners' own.
    #[serde(default)]
    pub advertised_host: Option<String>,
    /// PEM file of the broker's certificate and what lies between it and its authority.
    pub certificate_file: PathBuf,
    /// PEM file of its private key (PKCS #8).
    pub key_file: PathBuf,
    /// PEM file of the authorities of which a client must show a certificate.
    pub client_ca_file: PathBuf,
    /// Who may log in by password. They are made when the data directory is formatted, and stay.
    #[serde(default)]
    pub users: Vec<User>,
}

/// Somebody who logs in by password (SCRAM-SHA-512).
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name.
    pub name: String,
    /// File whose first line is the password.
    pub password_file: PathBuf,
}

impl Secure {
    /// Names, protocols and addresses of the listeners.
    fn listeners(&self) -> impl Iterator<Item = (&'static str, &'static str, SocketAddr)> {
        let scram = self.scram.map(|address| ("SCRAM", "SASL_SSL", address));
        std::iter::once(("TLS", "SSL", self.tls)).chain(scram)
    }

    /// What stands in a list of the broker's settings, after that of the other listeners.
    pub(crate) fn listen(&self) -> String {
        self.listeners().map(|(name, _, address)| format!(",{name}://{address}")).collect()
    }

    pub(crate) fn advertise(&self) -> String {
        let one = |(name, _, address): (_, _, SocketAddr)| match &self.advertised_host {
            Some(host) => format!(",{name}://{host}:{}", address.port()),
            None => format!(",{name}://{address}"),
        };
        self.listeners().map(one).collect()
    }

    pub(crate) fn protocols(&self) -> String {
        self.listeners().map(|(name, protocol, _)| format!(",{name}:{protocol}")).collect()
    }

    /// The settings of these listeners alone. `data` is the broker's directory.
    pub(crate) fn set(&self, data: &Path, set: &mut impl FnMut(&str, &dyn Display)) {
        set("ssl.keystore.type", &"PEM");
        set("ssl.keystore.location", &keystore(data).display());
        set("ssl.truststore.type", &"PEM");
        set("ssl.truststore.location", &self.client_ca_file.display());
        set("listener.name.tls.ssl.client.auth", &"required");
        // A certificate's principal is its common name, as a user's is its name.
        set("ssl.principal.mapping.rules", &"RULE:^CN=([A-Za-z0-9._-]+)(,.*)?$/$1/,DEFAULT");
        set("listener.name.scram.sasl.enabled.mechanisms", &"SCRAM-SHA-512,SCRAM-SHA-256");
        for mechanism in ["scram-sha-512", "scram-sha-256"] {
            set(
                &format!("listener.name.scram.{mechanism}.sasl.jaas.config"),
                &"org.apache.kafka.common.security.scram.ScramLoginModule required;",
            );
        }
        set("authorizer.class.name", &"org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        // Who needs no login: loopback.
        set("super.users", &"User:ANONYMOUS");
        set("allow.everyone.if.no.acl.found", &false);
    }

    /// Writes key and certificate into one file, as Kafka wants them.
    pub(crate) fn write(&self, data: &Path) -> Result<(), Error> {
        let read = |path: &Path| fs::read_to_string(path).map_err(Error::file("read", path));
        let text = format!("{}\n{}", read(&self.key_file)?, read(&self.certificate_file)?);
        let path = keystore(data);
        let write = || {
            let mut options = fs::OpenOptions::new();
            let mut file =
                options.write(true).create(true).truncate(true).mode(0o600).open(&path)?;
            std::io::Write::write_all(&mut file, text.as_bytes())
        };
        write().map_err(Error::file("write", &path))
    }

    /// What the tool that formats the directory is told of the users. Passwords show in the
    /// system's list of processes for the second that it runs.
    pub(crate) fn format_flags(&self) -> Result<Vec<String>, Error> {
        let mut flags = Vec::new();
        for User { name, password_file } in &self.users {
            let text =
                fs::read_to_string(password_file).map_err(Error::file("read", password_file))?;
            let password = text.lines().next().unwrap_or_default();
            let legal = |text: &str| !text.is_empty() && !text.contains([',', '[', ']', '=', '"']);
            if !legal(name) || !legal(password) {
                let reason =
                    format!("name or password of {name:?} is empty or holds one of ,[]=\"");
                return Err(Error::Config { field: "users", reason });
            }
            for mechanism in ["SCRAM-SHA-512", "SCRAM-SHA-256"] {
                let user = format!("{mechanism}=[name={name},password={password}]");
                flags.extend(["--add-scram".to_owned(), user]);
            }
        }
        Ok(flags)
    }
}

/// Where the broker finds its key and certificate.
fn keystore(data: &Path) -> PathBuf {
    data.join("keystore.pem")
}
