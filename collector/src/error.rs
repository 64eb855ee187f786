//! What keeps the collector from starting, or ends it.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A failure that the collector cannot work around. Files that cannot be read, brokers that do
/// not answer and checkpoints that cannot be written are not among them: those are counted,
/// logged and tried again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value in the configuration cannot work.
    #[error("configuration {path}: line {line}: {key}: {problem}", path = path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: &'static str,
        /// What is wrong and how to mend it.
        problem: String,
    },
    /// The scaffolding failed: configuration file, status server, a task.
    #[error(transparent)]
    Service(#[from] service::Error),
    /// The Kafka client could not be made.
    #[error(transparent)]
    Bus(#[from] bus::Error),
    /// The state directory cannot be used.
    #[error("cannot use state directory {path}: is it writable for this user?", path = path.display())]
    StateDir {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another process holds the state directory.
    #[error(
        "state directory {path} is in use by another collector: stop it, or give this one a state_dir of its own",
        path = path.display()
    )]
    StateLocked {
        /// The directory.
        path: PathBuf,
    },
    /// The spool of a stream cannot be opened.
    #[error(transparent)]
    Spool(#[from] spool::Error),
    /// A file of the state directory cannot be read.
    #[error("cannot read {path}", path = path.display())]
    ReadState {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of the state directory cannot be written.
    #[error("cannot write {path}: is the disk full?", path = path.display())]
    WriteState {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The checkpoint was written by a later version of the collector.
    #[error(
        "checkpoint {path} has version {version}, which this collector does not know: install the newer collector again, or move the file away to read everything anew",
        path = path.display()
    )]
    NewerCheckpoint {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// The collector's identity is malformed.
    #[error("collector id in {path} is not valid: remove the file to get a new one", path = path.display())]
    Identity {
        /// The file that holds it.
        path: PathBuf,
        /// Why.
        #[source]
        source: model::Error,
    },
    /// An address cannot be bound.
    #[error(
        "cannot receive on {protocol} {address}: is the port taken, or below 1024 without the right to it?"
    )]
    Listen {
        /// `udp`, `tcp`, `tls`, `http` or `https`.
        protocol: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file that holds a token cannot be read.
    #[error("cannot read token file {path}", path = path.display())]
    ReadToken {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A token that anybody could guess.
    #[error("token file {path} is empty: put a long random word into its first line", path = path.display())]
    EmptyToken {
        /// The file.
        path: PathBuf,
    },
    /// A certificate or key cannot be used.
    #[error(transparent)]
    Certificate(#[from] tls::Error),
    /// This host could not be enrolled, or its certificate not renewed.
    #[error("cannot {what}: {reason}")]
    Enrol {
        /// What was to be done.
        what: &'static str,
        /// Why not.
        reason: String,
    },
    /// A file of the enrolment cannot be read or written.
    #[error("cannot {what} {path}", path = path.display())]
    EnrolFile {
        /// What was to be done.
        what: &'static str,
        /// With which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A syslog socket failed after it was opened.
    #[error("{protocol} socket {address} failed")]
    Socket {
        /// `udp` or `tcp`.
        protocol: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Standard input cannot be read.
    #[error("cannot read standard input")]
    Stdin(#[source] std::io::Error),
    /// Standard output cannot be written.
    #[error("cannot write to standard output")]
    Stdout(#[source] std::io::Error),
    /// The kernel offers no way to watch directories.
    #[error("cannot watch directories: is fs.inotify.max_user_instances used up?")]
    Watch(#[source] std::io::Error),
    /// The signal to read the configuration again cannot be waited for.
    #[error("cannot wait for SIGHUP")]
    Hangups(#[source] std::io::Error),
    /// A metric's name is taken.
    #[error("cannot register metrics")]
    Metrics(#[from] prometheus::Error),
}

/// A glob pattern that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pattern {pattern:?} {reason}")]
pub struct PatternError {
    pattern: String,
    reason: String,
}

impl PatternError {
    pub(crate) fn new(pattern: &str, reason: impl Display) -> Self {
        Self { pattern: pattern.into(), reason: reason.to_string() }
    }
}
