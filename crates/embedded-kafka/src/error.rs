//! What keeps a broker from starting.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// A broker that did not start, or could not be stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value of the configuration is not possible.
    #[error("kafka: {field}: {reason}")]
    Config {
        /// The field of [`crate::RawConfig`].
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The system gave no random bytes for the cluster's id.
    #[error("the system gives no random bytes")]
    Random {
        /// Why.
        #[source]
        source: getrandom::Error,
    },
    /// There is no Java.
    #[error(
        "kafka needs Java 17 or newer, and {tried} cannot be run: install it \
         (Debian: apt-get install openjdk-17-jre-headless) or set `java`"
    )]
    NoJava {
        /// What was tried.
        tried: String,
        /// Why it did not run.
        #[source]
        source: std::io::Error,
    },
    /// Java is too old, or does not say how old it is.
    #[error(
        "kafka needs Java 17 or newer, and {java} says {version:?}: install a newer one \
         (Debian: apt-get install openjdk-17-jre-headless) or set `java`"
    )]
    OldJava {
        /// The program.
        java: PathBuf,
        /// The first line of what it says of itself.
        version: String,
    },
    /// A program of the system that the start needs is missing.
    #[error("cannot run {program}: install it (Debian: apt-get install {package})")]
    NoProgram {
        /// The program.
        program: &'static str,
        /// The Debian package it is in.
        package: &'static str,
        /// Why it did not run.
        #[source]
        source: std::io::Error,
    },
    /// The broker's jars are not there.
    #[error("no kafka jars in {libs}: run `make setup`", libs = libs.display())]
    NoJars {
        /// Where they should be.
        libs: PathBuf,
    },
    /// Jars of several versions lie side by side.
    #[error("jars of several kafka versions in {libs}: empty it and run `make setup`", libs = libs.display())]
    MixedJars {
        /// Where they are.
        libs: PathBuf,
    },
    /// Another program listens on a port that the broker needs.
    #[error("port {port} is taken by another program: stop that, or choose another {field}")]
    PortTaken {
        /// The port.
        port: u16,
        /// The field of [`crate::RawConfig`] that holds it.
        field: &'static str,
        /// Why it cannot be had.
        #[source]
        source: std::io::Error,
    },
    /// The disk is full, or nearly so.
    #[error(
        "only {free_mib} MiB free on the disk of {path}, kafka needs {needed_mib}: free some, or \
         choose another data directory",
        path = path.display()
    )]
    DiskFull {
        /// The data directory.
        path: PathBuf,
        /// What is free.
        free_mib: u64,
        /// What there must be.
        needed_mib: u64,
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
    /// Kafka's own tool could not format the data directory.
    #[error("cannot format {path} for kafka: {output}", path = path.display())]
    Format {
        /// The data directory.
        path: PathBuf,
        /// The end of what the tool said.
        output: String,
    },
    /// The broker ended before it was ready.
    #[error("kafka ended while starting ({status}); the end of {log}:\n{tail}", log = log.display())]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// Its log.
        log: PathBuf,
        /// The log's last warnings and errors.
        tail: String,
    },
    /// The broker runs but does not answer.
    #[error("kafka did not answer within {waited:?}; see {log}", log = log.display())]
    NotReady {
        /// For how long.
        waited: Duration,
        /// Its log.
        log: PathBuf,
    },
    /// The broker listens but does not speak as it should.
    #[error("kafka listens but does not serve; see {log}", log = log.display())]
    NotServing {
        /// Its log.
        log: PathBuf,
        /// What the client says.
        #[source]
        source: Box<bus::Error>,
    },
}

impl Error {
    pub(crate) fn file(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { what, path: path.into(), source }
    }
}
