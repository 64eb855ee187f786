//! What can go wrong with agencies, tokens and certificates.

use std::net::SocketAddr;
use std::path::PathBuf;

/// A request that cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value of the configuration is not possible.
    #[error("{field}: {reason}")]
    Config {
        /// The key.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A file or directory cannot be read or written.
    #[error("cannot {what} {path}", path = path.display())]
    File {
        /// What was to be done.
        what: &'static str,
        /// With which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A certificate, key or signing request cannot be made or read.
    #[error("cannot {what}: {reason}")]
    Certificate {
        /// What was to be done.
        what: &'static str,
        /// Why not.
        reason: String,
    },
    /// The registry cannot be read or written.
    #[error("registry: cannot {what}")]
    Registry {
        /// What was to be done.
        what: &'static str,
        /// Why not.
        #[source]
        source: rusqlite::Error,
    },
    /// No random numbers.
    #[error("the system gives no random numbers")]
    Random {
        /// Why not.
        source: getrandom::Error,
    },
    /// The token is unknown, used up or too old, or its agency was removed.
    #[error("the token is not valid: ask the SOC for another")]
    Token,
    /// There is no such agency, or it was removed.
    #[error("there is no agency {name}: add it with `prohori agency add {name}`")]
    NoAgency {
        /// Its name.
        name: String,
    },
    /// There is no such collector, or it was revoked.
    #[error("there is no collector {id} that is not revoked")]
    NoCollector {
        /// Its id, or what its certificate hashes to.
        id: String,
    },
    /// Kafka refuses, or is away.
    #[error(transparent)]
    Bus(#[from] bus::Error),
    /// The listener cannot be opened.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A task of the service failed.
    #[error(transparent)]
    Service(#[from] service::Error),
}

impl Error {
    pub(crate) fn file(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { what, path: path.into(), source }
    }

    pub(crate) fn certificate(what: &'static str) -> impl FnOnce(rcgen::Error) -> Self {
        move |error| Self::Certificate { what, reason: error.to_string() }
    }
}
