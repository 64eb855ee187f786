//! What keeps the engine's process from starting, or ends it.

use std::net::SocketAddr;
use std::path::PathBuf;

/// A failure of the process; what goes wrong with one query is an answer to its client instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is reachable from other machines.
    #[error(
        "cannot listen on {address}: the engine serves this machine only, use 127.0.0.1 or [::1]"
    )]
    NotLoopback {
        /// What was asked for.
        address: SocketAddr,
    },
    /// A number in the configuration that makes no sense.
    #[error("{key} = {value} is not valid: {expected}")]
    Setting {
        /// Its key.
        key: &'static str,
        /// What was given.
        value: u64,
        /// What would be.
        expected: &'static str,
    },
    /// A text in the configuration that makes no sense.
    #[error("{key} = {value:?} is not valid: {expected}")]
    Text {
        /// Its key.
        key: &'static str,
        /// What was given.
        value: String,
        /// What would be.
        expected: &'static str,
    },
    /// The file with the password.
    #[error("cannot read the password file {path}", path = path.display())]
    Password {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The engine's library is not there or cannot be read.
    #[error("cannot read the engine library {path}: run `make setup`", path = path.display())]
    LibraryRead {
        /// Where it should be.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another file than the pinned one.
    #[error("engine library {path} has sha256 {found}, not {expected}: run `make setup`", path = path.display())]
    LibraryChecksum {
        /// The file.
        path: PathBuf,
        /// What the configuration names.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// The file is no shared library, or one for another machine.
    #[error("cannot load the engine library {path}: run `make setup`", path = path.display())]
    LibraryLoad {
        /// The file.
        path: PathBuf,
        /// What the loader says.
        #[source]
        source: libloading::Error,
    },
    /// A shared library, but not the engine's, or too old a version.
    #[error("engine library {path} lacks {symbol}: run `make setup`", path = path.display())]
    LibrarySymbol {
        /// The file.
        path: PathBuf,
        /// The function that is missing.
        symbol: &'static str,
        /// What the loader says.
        #[source]
        source: libloading::Error,
    },
    /// The data directory, or a file in it, cannot be made.
    #[error("cannot write {path}: check its owner and the free space", path = path.display())]
    Data {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another engine has the data directory open.
    #[error("data directory {path} is in use by process {pid}: stop it, or choose another [engine] data", path = path.display())]
    DataInUse {
        /// The directory.
        path: PathBuf,
        /// Who wrote its number into the lock file.
        pid: String,
    },
    /// The engine refused to start on the data directory.
    #[error("engine does not start on {path}: {message}", path = path.display())]
    Start {
        /// The directory.
        path: PathBuf,
        /// What the engine says, as far as it says anything.
        message: String,
    },
    /// A worker thread cannot be started.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
    /// The address cannot be bound.
    #[error("cannot listen on {address}: is the port taken? choose another listen address")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A metric was registered twice.
    #[error("cannot register metrics")]
    Metrics(#[from] prometheus::Error),
}
